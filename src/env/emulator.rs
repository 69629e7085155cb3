//! The console with a game in it.

use anyhow::{Result, ensure};

use super::ale;
use super::catch::Catch;
use super::rom::Rom;
use crate::game::{Game, RAM};

/// Pixels in a row of every screen. The number of rows depends on the game: 210 for most.
pub const SCREEN_WIDTH: usize = 160;

/// A game that is played frame by frame. Its behaviour depends only on the actions since [`Emulator::reset`].
pub trait Emulator: Send {
    /// Rows of the screen.
    fn height(&self) -> usize;
    /// Starts the game anew, whatever state it is in.
    fn reset(&mut self);
    /// Plays one frame with the joystick in the position `action` (an ALE action id), and returns the change of the
    /// score. After the game's end it does nothing.
    fn act(&mut self, action: i32) -> f64;
    /// Whether the game has ended; a new one needs [`Emulator::reset`].
    fn game_over(&self) -> bool;
    /// Lives left; 0 in games without lives.
    fn lives(&self) -> u32;
    /// Writes the screen as numbers of the console's colours, row by row, into `screen` of [`SCREEN_WIDTH`] ×
    /// [`Emulator::height`] bytes. Equal numbers have equal grey values as long as the emulator lives.
    fn colours(&self, screen: &mut [u8]);
    /// The console's memory.
    fn ram(&self) -> [u8; RAM];
    /// The colours as grey values.
    fn grey(&self, screen: &mut [u8]);
    /// The screen as red, green and blue: three bytes for each pixel.
    fn rgb(&self, screen: &mut [u8]);
    /// Everything that the rest of the play depends on.
    fn save(&self) -> Vec<u8>;
    /// Continues exactly where [`Emulator::save`] was called on an emulator with the same game.
    ///
    /// # Errors
    /// If the state is damaged, or of another ROM or version of the emulator.
    fn restore(&mut self, state: &[u8]) -> Result<()>;
}

/// An emulator with `game` in it. `rom` is the result of [`Rom::find`] for the game; `None` for the built-in one.
///
/// # Errors
/// If the ROM cannot be put where the emulator reads it, or the game is none of the console's.
pub fn load(game: Game, rom: Option<&Rom>) -> Result<Box<dyn Emulator>> {
    ensure!(!game.is_classic_control(), "{game}: not a game of the console; it has no screen");
    ensure!(rom.is_some() != game.is_built_in(), "{game}: its ROM is missing, or it has none and one was given");
    Ok(match rom {
        Some(rom) => Box::new(ale::load(game, rom)?),
        None => Box::new(Catch::new()),
    })
}

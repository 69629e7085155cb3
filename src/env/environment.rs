//! A game as an agent plays it.

use anyhow::Result;

use super::classic::Classic;
use super::emulator::load;
use super::rom::Rom;
use super::step::{Env, Rules, Step};
use crate::game::Game;
use crate::spec::Shape;
use crate::units::Seed;

/// A game that is played step by step.
pub trait Environment: Send {
    /// Shapes of the observations, one for each view of the game. There is at least one view.
    fn views(&self) -> Vec<Shape>;
    /// Begins an episode. All that is random in it comes from `seed` alone.
    fn begin(&mut self, seed: Seed);
    /// Plays the action with that index in the environment's list. After the episode's end, [`Environment::begin`] the
    /// next.
    fn step(&mut self, action: usize) -> Step;
    /// The newest part of a view's observation: [`Shape::frame_bytes`] bytes. `view` is an index into
    /// [`Environment::views`].
    fn frame(&self, view: usize) -> &[u8];
    /// Frames of the episode so far; in a game without frames, steps.
    fn frames(&self) -> u64;
    /// From now on pictures will be taken.
    fn take_pictures(&mut self);
    /// The screen in colour; `None` in a game without one. After [`Environment::take_pictures`] each pixel has the brighter
    /// of its values in the step's last two frames, because a console draws some objects in every other frame only.
    fn picture(&self) -> Option<Picture>;
    /// Everything that the rest of the episode depends on.
    fn save(&self) -> Vec<u8>;
    /// Continues where [`Environment::save`] was called, also in another process. [`Environment::frame`] is valid again
    /// after the next step.
    ///
    /// # Errors
    /// If the state is not of such an environment.
    fn restore(&mut self, state: &[u8]) -> Result<()>;
}

/// A screen in colour.
pub struct Picture {
    pub width: usize,
    /// Red, green and blue of each pixel, row by row.
    pub rgb: Vec<u8>,
}

/// An environment with `game` in it. `rom` is the result of [`Rom::find`] for the game; `None` for games that need no
/// ROM.
///
/// # Errors
/// As [`load`].
pub fn make(game: Game, rom: Option<&Rom>, rules: &Rules) -> Result<Box<dyn Environment>> {
    Ok(match game.is_classic_control() {
        true => Box::new(Classic::new(game, rules)?),
        false => Box::new(Env::new(load(game, rom)?, rules.clone())),
    })
}

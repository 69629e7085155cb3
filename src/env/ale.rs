//! The Arcade Learning Environment behind [`Emulator`].
//!
//! ALE's sticky actions are off: stickiness is [`super::Env`]'s, whose generator is saved with the episode.

use ale_rs::{Ale, State};
use anyhow::{Context, Result, ensure};

use super::emulator::{Emulator, SCREEN_WIDTH};
use super::rom::Rom;
use crate::game::{Game, RAM};

/// A console with the game of `rom` in it, at its start.
pub fn load(game: Game, rom: &Rom) -> Result<Ale> {
    let ale = Ale::load(&rom.bytes, game.name()).with_context(|| format!("{game} cannot be played"))?;
    ensure!(ale.width() == SCREEN_WIDTH, "{game}: its screen is {} pixels wide instead of {SCREEN_WIDTH}", ale.width());
    Ok(ale)
}

impl Emulator for Ale {
    fn height(&self) -> usize {
        Ale::height(self)
    }

    fn reset(&mut self) {
        Ale::reset(self);
    }

    fn act(&mut self, action: i32) -> f64 {
        f64::from(Ale::act(self, u8::try_from(action).expect("actions were checked against the game's")))
    }

    fn game_over(&self) -> bool {
        Ale::game_over(self)
    }

    fn lives(&self) -> u32 {
        Ale::lives(self)
    }

    fn ram(&self) -> [u8; RAM] {
        *Ale::ram(self)
    }

    fn colours(&self, screen: &mut [u8]) {
        screen.copy_from_slice(self.screen());
    }

    fn grey(&self, screen: &mut [u8]) {
        Ale::grey(self, screen);
    }

    fn rgb(&self, screen: &mut [u8]) {
        Ale::rgb(self, screen);
    }

    fn save(&self) -> Vec<u8> {
        Ale::save(self).to_bytes()
    }

    fn restore(&mut self, state: &[u8]) -> Result<()> {
        Ok(Ale::restore(self, &State::from_bytes(state)?)?)
    }
}

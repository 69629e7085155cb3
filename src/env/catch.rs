//! The built-in game: balls fall, and a paddle at the bottom catches them. It needs no ROM and its best score is known,
//! so that the whole path from emulator to report can be tried in seconds.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::emulator::{Emulator, SCREEN_WIDTH};
use crate::game::RAM;

const HEIGHT: usize = 210;
const RIGHT: i32 = 3;
const LEFT: i32 = 4;
/// Balls in a game: the score of best play.
pub const BALLS: u32 = 10;
const LIVES: u32 = 3;
const BALL: usize = 12;
const PADDLE: usize = 28;
const FALL: usize = 6;
const SPEED: usize = 6;
const BOTTOM: usize = 192;

/// The state of a game; positions are the left and upper edges in pixels.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catch {
    /// Frames since the reset. Where the next ball falls depends on it, so that null-ops at the start change the game.
    clock: u64,
    ball: (usize, usize),
    paddle: usize,
    balls: u32,
    lives: u32,
}

impl Catch {
    pub fn new() -> Catch {
        let mut game = Catch::default();
        game.reset();
        game
    }

    fn drop_ball(&mut self) {
        let mixed = (self.clock + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
        self.ball = (mixed as usize % (SCREEN_WIDTH - BALL), 0);
    }

    fn is_caught(&self) -> bool {
        self.ball.0 + BALL > self.paddle && self.ball.0 < self.paddle + PADDLE
    }

    fn draw(&self, mut paint: impl FnMut(usize)) {
        let (x, y) = self.ball;
        for (left, top, width, height) in [(x, y, BALL, BALL), (self.paddle, BOTTOM, PADDLE, BALL)] {
            for row in top..(top + height).min(HEIGHT) {
                (left..left + width).for_each(|column| paint(row * SCREEN_WIDTH + column));
            }
        }
    }
}

impl Emulator for Catch {
    fn height(&self) -> usize {
        HEIGHT
    }

    fn reset(&mut self) {
        *self = Catch { lives: LIVES, paddle: (SCREEN_WIDTH - PADDLE) / 2, ..Catch::default() };
        self.drop_ball();
    }

    fn act(&mut self, action: i32) -> f64 {
        if self.game_over() {
            return 0.0;
        }
        self.clock += 1;
        self.paddle = match action {
            RIGHT => (self.paddle + SPEED).min(SCREEN_WIDTH - PADDLE),
            LEFT => self.paddle.saturating_sub(SPEED),
            _ => self.paddle,
        };
        self.ball.1 += FALL;
        if self.ball.1 < BOTTOM {
            return 0.0;
        }
        let caught = self.is_caught();
        self.balls += 1;
        self.lives -= u32::from(!caught);
        self.drop_ball();
        f64::from(u8::from(caught))
    }

    fn game_over(&self) -> bool {
        self.lives == 0 || self.balls == BALLS
    }

    fn lives(&self) -> u32 {
        self.lives
    }

    /// Ball, paddle, balls and lives; the rest is 0.
    fn ram(&self) -> [u8; RAM] {
        let mut ram = [0; RAM];
        let values = [self.ball.0, self.ball.1, self.paddle, self.balls as usize, self.lives as usize];
        ram.iter_mut().zip(values).for_each(|(byte, value)| *byte = value as u8);
        ram
    }

    fn colours(&self, screen: &mut [u8]) {
        screen.fill(0);
        self.draw(|pixel| screen[pixel] = 255);
    }

    fn grey(&self, screen: &mut [u8]) {
        self.colours(screen);
    }

    fn rgb(&self, screen: &mut [u8]) {
        screen.fill(0);
        self.draw(|pixel| screen[3 * pixel..3 * pixel + 3].fill(255));
    }

    fn save(&self) -> Vec<u8> {
        postcard::to_stdvec(self).expect("a state in memory can be written")
    }

    fn restore(&mut self, state: &[u8]) -> Result<()> {
        *self = postcard::from_bytes(state).context("the saved state of the built-in game is damaged")?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn following_the_ball_scores_every_ball_and_standing_still_loses_the_lives() {
        let play = |policy: fn(&Catch) -> i32| {
            let mut game = Catch::new();
            let mut score = 0.0;
            while !game.game_over() {
                let action = policy(&game);
                score += game.act(action);
            }
            (score, game.lives())
        };
        let follow = |game: &Catch| if game.ball.0 + BALL / 2 > game.paddle + PADDLE / 2 { RIGHT } else { LEFT };
        assert_eq!(play(follow), (f64::from(BALLS), LIVES));
        assert_eq!(play(|_| 0).1, 0);
    }
}

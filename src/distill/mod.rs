//! Fits students to teachers read from their weights, as in Rusu et al. (2016).
//!
//! The students of a game and seed form a [`Group`]: the teacher plays once, into one memory, and each student learns
//! from it with draws of its own, so that a student's weights do not depend on which others are distilled beside it.

mod checkpoint;
mod group;
mod loss;
mod play;
mod student;

pub use group::{Group, distill};
pub use loss::{entropy, loss, softened};

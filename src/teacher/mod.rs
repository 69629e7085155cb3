//! Learns Q-values for one game.
//!
//! [`Dqn`] is the algorithm: what to do with a minibatch. [`train()`] is the loop around it: play, learn, log, evaluate,
//! save. Evaluation is handed in, so that a teacher is scored as everything else is.

mod checkpoint;
mod dqn;
mod schedule;
mod train;

pub use dqn::{Dqn, UpdateSums, td_targets};
pub use schedule::Epsilon;
pub use train::{Training, train};

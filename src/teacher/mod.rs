//! Learns Q-values for one game.
//!
//! [`train()`] is the loop: advance, log, evaluate, save. An algorithm, DQN or PQN, is a `Learner`: what it does with
//! the workers' play. Evaluation is handed in, so that a teacher is scored as everything else is.

mod checkpoint;
mod dqn;
mod learner;
mod loss;
mod play;
mod pqn;
mod schedule;
mod train;

pub use dqn::{Networks, td_targets};
pub use schedule::TrainingSchedule;
pub use train::{Training, train};

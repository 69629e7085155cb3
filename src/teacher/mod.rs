//! Learns Q-values of games from rewards.
//!
//! [`train()`] is the loop: advance, log, evaluate, save. An algorithm, DQN or PQN, is a `Learner`: it plays with the
//! workers and makes updates. The caller passes the evaluation in, so that teachers are scored like all other agents.

mod checkpoint;
mod dqn;
mod learner;
mod loss;
mod messages;
mod play;
mod pqn;
mod schedule;
mod train;

pub use dqn::{Networks, n_step, td_targets};
pub use schedule::TrainingSchedule;
pub use train::{Training, train};

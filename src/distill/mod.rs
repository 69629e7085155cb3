//! Fits students to teachers read from their weights, as in Rusu et al. (2016).
//!
//! Students that learn from the same play form a [`StudentGroup`]: a teacher plays, once, into a memory, and each student
//! learns from it with draws of its own, so that a student's weights do not depend on which others are distilled beside
//! it. Students of several games learn from a memory for each. [`distill()`] learns from teachers that have finished, or
//! from the history of one that has; [`follow()`] from one that is still being trained by somebody else.

mod average;
mod checkpoint;
mod follow;
mod group;
mod initialization;
mod inspection;
mod schedule;
mod state_source;
mod student;
mod sweep;
mod teacher_source;

pub use follow::follow;
pub use group::{StudentGroup, distill};
pub use state_source::mean_action_gap;
pub use sweep::choose;
pub use teacher_source::{Teacher, TeacherSource};

//! Fits students to teachers that are read from their weights, as in Rusu et al. (2016).
//!
//! Students that learn from the same play form a [`StudentGroup`]. A teacher plays into one memory, and each student
//! learns from it with its own draws, so that a student's weights do not depend on the other students of the group.
//! Students of several games have one memory per game. Students may see the game otherwise than their teacher: both
//! then have their own view of the same states. [`distill()`] learns from teachers that have finished, or from the
//! recorded history of one. [`follow()`] learns from a teacher that another process is still training.

mod action_gap;
mod average;
mod checkpoint;
mod follow;
mod group;
mod initialization;
mod inspection;
mod run;
mod schedule;
mod state_source;
mod student;
mod student_state;
mod sweep;
mod teacher_source;

pub use checkpoint::students_in;
pub use follow::follow;
pub use group::{StudentGroup, group_name, group_names};
pub use run::distill;
pub use student::Diverged;
pub use sweep::choose;
pub use teacher_source::{Teacher, TeacherSource};

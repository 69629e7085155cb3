//! The line of explanations: base model → teacher's warm-up → teachers → their explanations → students → answers →
//! report, as tasks for the same scheduler as the Atari line's.

mod answers;
mod job;
mod learn;
mod list;
mod open;
mod plan;

pub use open::{ExplainPipeline, scored};
pub use plan::plan as plan_explanations;

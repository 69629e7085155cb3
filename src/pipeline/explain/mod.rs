//! The line of explanations: base model → teacher's warm-up → teachers → their explanations → students → answers →
//! report, as tasks for the same scheduler as the Atari line's.

mod amounts;
mod answers;
mod learn;
mod list;
mod merge;
mod open;
mod plan;
mod state;
mod work;

pub use merge::merge;
pub use open::{ExplainPipeline, read, scored};
pub use plan::{ModelDetails, ModelPlan, plan as plan_explanations};
pub use work::ModelWork;

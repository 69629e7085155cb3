//! The line of games: teachers → students → evaluation → report, as tasks for the scheduler.

mod agents;
mod checks;
mod clean;
mod distill;
mod effect;
mod episodes;
mod evaluate;
mod evaluator;
mod follow;
mod leftovers;
mod list;
mod memory;
mod merge;
mod open;
mod perform;
mod plan;
mod recorded;
mod resources;
mod scores;
mod settings;
mod source;
mod state;
mod sweep;
mod train;
mod work;

pub use list::{Teaching, tasks};
pub use merge::merge;
pub use open::{AtariPipeline, read, scored};
pub use plan::{AgentDetails, AgentPlan, PlannedNetwork, plan};
pub use work::AgentWork;

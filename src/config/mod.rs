//! An experiment file plus overrides → one checked value.
//!
//! Reading has two steps. [`read()`] lays defaults, preset, file and `--set` values over one another, and refuses
//! unknown keys and wrong types with their line. Then the module `check` refuses values out of range.

mod check;
mod deserialize;
mod experiment;
pub mod explanations;
mod form;
mod ineffective;
mod line;
mod locate;
mod network;
mod option;
mod read;
mod rules;
mod settings;
mod source;
mod student;
mod teacher;
#[cfg(test)]
mod tests;

pub use check::{MOST_FRAME_SKIP, MOST_NO_OPS, MOST_WORKERS};
pub use experiment::{Data, Distillation, EnvironmentSettings, Evaluation, Experiment, Initialization};
pub use line::{LineName, line_of};
pub use network::{Layers, Mlp, NamedNetwork, NetworkChoice, Widths};
pub use read::{Overrides, read, read_text};
pub use rules::is_name;
pub use settings::{OF_EVERY_PLAY, PROTOCOL, Settings, is_of_scored_play, settings, student_setting};
pub use source::{Collection, EXPERIMENT_FILE, shipped_folders};
pub use student::{
    AutomaticTemperature, Games, Objective, RelativeTemperature, StudentRate, StudentSettings, StudentView, Temperature,
};
pub use teacher::{Algorithm, Keep, MUNCHAUSEN_ALPHA, OptimizerRule, StepSpan, TdError, TeacherSettings};

/// The wrong key, and the requirement on its value.
type Fault = (String, String);

/// An error in an experiment: the problem, its place, and the way out.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct ConfigError {
    /// File and line, or the `--set` option.
    pub place: String,
    /// The problem, and the way out.
    pub problem: String,
}

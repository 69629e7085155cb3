//! An experiment file plus overrides → one checked value.
//!
//! Reading has two steps: [`read()`] lays defaults, preset, file and `--set` values over one another and refuses keys
//! and types that the defaults do not know, with the line that they stand on; the module `check` refuses values out of range.

mod check;
mod experiment;
mod locate;
mod option;
mod read;
mod student;

pub use experiment::{
    Algorithm, Data, Distillation, EnvironmentSettings, Evaluation, Experiment, Initialization, Keep, OptimizerRule,
    TdError, TeacherSettings,
};
pub use read::{Overrides, read, read_text};
pub use student::{
    AutomaticTemperature, Games, Layers, Mlp, NamedNetwork, NetworkChoice, Objective, RelativeTemperature,
    StudentSettings, Temperature, Widths,
};

/// What is wrong with an experiment, where, and what would be right.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct ConfigError {
    /// File and line, or the `--set` option.
    pub place: String,
    /// What is wrong there, and the way out.
    pub problem: String,
}

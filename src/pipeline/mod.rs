//! An experiment as a list of tasks: their states, their order, and their execution.
//!
//! One list ([`tasks`]) serves every command: `pd run` does the tasks that are not done, `pd plan` prints them,
//! `--fresh` removes their outputs. A task's [`Key`] says what its result depends on. The experiment file in a folder
//! records the settings of all results there: a command with other settings is refused, or makes the results anew.

mod activity;
mod atari;
mod batch;
mod board;
mod checks;
mod command;
mod digests;
mod explain;
mod heartbeat;
mod key;
mod leftovers;
mod line;
mod lock;
mod manifest;
mod merge;
mod opening;
mod owner;
mod planned;
mod progress;
mod request;
mod run;
mod schedule;
mod scope;
mod task;

use std::fmt;

use anyhow::Error;

pub use atari::{AgentDetails, AgentPlan, AgentWork, PlannedNetwork, Teaching, plan, read as read_experiment, tasks};
pub use explain::{ModelDetails, ModelPlan, ModelWork, plan_explanations, read as read_explanations};
pub use key::{Key, SettingChange};
pub use lock::DEAD_AFTER;
pub use merge::merge;
pub use planned::{Plan, PlannedStage, PlannedTask};
pub use progress::CommandProgress;
pub use request::{Request, scored};
pub use run::{STACK_BYTES, run};
pub use scope::Scope;
pub use task::{Amount, Stage, Task, TaskId, TaskState, Work};

use crate::progress::Progress;
use crate::report::TerminalReport;
use crate::{agent, config, env, explain as explanation, game, record};

/// Watches the tasks of a command. The terminal is one.
pub trait Observer: Sync {
    /// The request is checked, and the folder is prepared: work begins, and from now on [`Observer::stop`] is asked.
    fn ready(&self);

    /// Begins to watch a task; `total` is in `unit`.
    fn begin(&self, task: &str, total: u64, unit: &'static str) -> Box<dyn Progress + '_>;

    /// How far the command is; called several times a second.
    fn whole(&self, whole: &CommandProgress);

    /// Shows the report with which the command ends.
    fn report(&self, report: &TerminalReport);

    /// Passes a problem to the person at the terminal.
    fn say(&self, message: &str);

    /// Tells a fact about the work, such as where a teacher is from.
    fn note(&self, _message: &str) {}

    /// Whether the command must end at the next safe moment.
    fn stop(&self) -> bool;
}

/// A request that cannot be carried out. Nothing was begun, and nothing on disk was changed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(String);

/// Marks a problem as a fault of the request.
pub fn refused(problem: impl fmt::Display) -> anyhow::Error {
    Refusal(format!("{problem:#}")).into()
}

/// Items as text, with commas between them.
pub fn with_commas(items: &[impl ToString]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// A word of a command line as a POSIX shell reads it.
pub fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/=,".contains(c);
    let is_whole = !word.is_empty() && word.chars().all(is_plain);
    if is_whole { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// Whether an error is a fault of the command or of its files.
pub fn is_fault_of_request(error: &Error) -> bool {
    error.chain().any(|cause| {
        cause.is::<Refusal>()
            || cause.is::<config::ConfigError>()
            || cause.is::<game::UnknownGame>()
            || cause.is::<env::RomError>()
            || cause.is::<agent::WeightsError>()
            || cause.is::<record::DamagedFile>()
            || cause.is::<explanation::ExplanationsError>()
            || cause.is::<explanation::ModelError>()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_quoted_as_a_shell_needs_it() {
        let words = ["results/x-1.toml", "", "two words", "games=['pong']", "$HOME"].map(quoted);
        assert_eq!(words, ["results/x-1.toml", "''", "'two words'", r"'games=['\''pong'\'']'", "'$HOME'"]);
    }
}

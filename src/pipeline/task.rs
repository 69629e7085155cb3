//! The unit of an experiment's work: a task makes files from files.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::key::Key;
use super::scope::Scope;
use crate::record::{Folder, read_rows};

/// Identifies a task within its experiment, such as `train/teacher/pong/seed-1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskId(pub String);

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A part of an experiment with its own command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Networks that learn from rewards.
    Train,
    Distill,
    Evaluate,
    Report,
}

impl Stage {
    /// The name on the command line and in the manifest.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Train => "train",
            Stage::Distill => "distill",
            Stage::Evaluate => "evaluate",
            Stage::Report => "report",
        }
    }
}

/// The amount of a task's work, with its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Amount {
    pub amount: u64,
    pub unit: &'static str,
}

/// The work of a task in a line of experiments.
pub trait Work: fmt::Display + Clone + PartialEq + Send + Sync {
    /// The first part of the task's id.
    fn kind(&self) -> &'static str;

    /// The stage of the work.
    fn stage(&self) -> Stage;

    /// Whether a command of that scope does the work.
    fn is_in(&self, scope: Scope) -> bool;

    /// A rough estimate of the seconds on one core for a unit of its amount.
    fn seconds(&self) -> f64;

    /// Units of `amount` that unfinished work in the folder has done, by its log; 0 if it has no checkpoint. Work since
    /// the last row of the log is not counted, and a log that cannot be read says nothing.
    fn begun(&self, folder: &Folder, amount: Amount) -> u64;
}

/// A task of an experiment.
#[derive(Debug, Clone)]
pub struct Task<W> {
    pub id: TaskId,
    pub work: W,
    /// The tasks whose outputs it reads.
    pub inputs: Vec<TaskId>,
    /// The key of the task's result.
    pub key: Key,
    /// The files that exist when the task is done. For a file that several tasks share, a task's output is its rows.
    pub outputs: Vec<PathBuf>,
    pub amount: Amount,
    /// Name of the lock under which the task is done. Tasks with the same lock are done together: students that learn
    /// from the same play.
    pub lock: String,
}

impl<W: Work> Task<W> {
    /// A rough estimate of the work in seconds on one core. It serves only to compute shares of a whole.
    pub fn weight(&self) -> f64 {
        self.amount.amount as f64 * self.work.seconds()
    }
}

/// The state of a task's outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskState {
    /// Its outputs are there.
    Done,
    /// Its outputs are there, but were made from other inputs or with other settings.
    Stale,
    /// Its outputs are not there.
    Missing,
}

/// The tasks that `chosen` accepts, and all tasks that depend on them, directly or indirectly.
pub fn closure<W>(tasks: &[Task<W>], chosen: impl Fn(&Task<W>) -> bool) -> Vec<&Task<W>> {
    let mut reached: Vec<&Task<W>> = Vec::new();
    for task in tasks {
        let depends = task.inputs.iter().any(|input| reached.iter().any(|other| other.id == *input));
        if depends || chosen(task) {
            reached.push(task);
        }
    }
    reached
}

/// A number of the last row of a log; 0 without one, or if it cannot be read.
pub fn logged<Row: DeserializeOwned>(log: &Path, number: impl Fn(&Row) -> u64) -> u64 {
    read_rows(log).ok().and_then(|rows| rows.last().map(number)).unwrap_or(0)
}

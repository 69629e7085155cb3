//! The unit of an experiment's work: a task makes files from files.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::key::Key;
use super::scope::Scope;
use crate::record::AgentId;

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

/// The work of a task.
#[derive(Debug, Clone, PartialEq)]
pub enum Work {
    /// A network learns from rewards: a teacher, or a baseline beside the students.
    Train(AgentId),
    /// A teacher is copied from another experiment's folder.
    Take(AgentId),
    /// The temperature of a student is chosen among several.
    Sweep(AgentId),
    /// A student learns from its teachers.
    Distill(AgentId),
    /// A student learns from a teacher that another process trains.
    Follow(AgentId),
    /// An agent plays the episodes of the final evaluation.
    Evaluate(AgentId),
    /// Scores become tables, plots and a page.
    Report,
}

impl Job for Work {
    fn kind(&self) -> &'static str {
        match self {
            Work::Train(_) => "train",
            Work::Take(_) => "take",
            Work::Sweep(_) => "sweep",
            Work::Distill(_) => "distill",
            Work::Follow(_) => "follow",
            Work::Evaluate(_) => "evaluate",
            Work::Report => "report",
        }
    }

    fn stage(&self) -> Stage {
        match self {
            Work::Train(_) | Work::Take(_) => Stage::Train,
            Work::Sweep(_) | Work::Distill(_) | Work::Follow(_) => Stage::Distill,
            Work::Evaluate(_) => Stage::Evaluate,
            Work::Report => Stage::Report,
        }
    }

    fn is_in(&self, scope: Scope) -> bool {
        match scope {
            Scope::Follow => matches!(self, Work::Follow(_) | Work::Take(_)),
            // A distillation from another experiment's teachers copies them first.
            Scope::Distill => self.stage() == Stage::Distill || matches!(self, Work::Take(_)),
            scope => scope.is_of(self.stage()),
        }
    }

    fn seconds(&self) -> f64 {
        match self {
            Work::Train(_) => 0.004,
            Work::Sweep(_) | Work::Distill(_) | Work::Follow(_) => 0.01,
            Work::Evaluate(_) => 0.5,
            Work::Take(_) | Work::Report => 1.0,
        }
    }
}

impl Work {
    /// The agent that is trained or scored; `None` for a report. A network for several games is represented by its
    /// first player.
    pub fn agent(&self) -> Option<&AgentId> {
        match self {
            Work::Train(agent) | Work::Take(agent) | Work::Sweep(agent) => Some(agent),
            Work::Distill(agent) | Work::Follow(agent) | Work::Evaluate(agent) => Some(agent),
            Work::Report => None,
        }
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.agent() {
            Some(agent) => agent.fmt(f),
            None => f.write_str("report"),
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
pub trait Job: fmt::Display + Clone + PartialEq + Send + Sync {
    /// The first part of the task's id.
    fn kind(&self) -> &'static str;

    /// The stage of the work.
    fn stage(&self) -> Stage;

    /// Whether a command of that scope does the work.
    fn is_in(&self, scope: Scope) -> bool;

    /// A rough estimate of the seconds on one core for a unit of its amount.
    fn seconds(&self) -> f64;
}

/// A task of an experiment.
#[derive(Debug, Clone)]
pub struct Task<J = Work> {
    pub id: TaskId,
    pub work: J,
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

impl<J: Job> Task<J> {
    /// A rough estimate of the work in seconds on one core. It serves only to compute shares of a whole.
    pub fn weight(&self) -> f64 {
        self.amount.amount as f64 * self.work.seconds()
    }
}

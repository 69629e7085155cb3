//! The kinds of work of the line.

use std::collections::BTreeMap;
use std::fmt;

use crate::distill::group_names;
use crate::pipeline::scope::Scope;
use crate::pipeline::task::{Amount, Stage, Task, Work, logged};
use crate::record::{AgentId, DistillRow, Folder, TrainRow, has_checkpoint, read_rows};

/// A task of the line.
pub type AgentTask = Task<AgentWork>;

/// The work of a task.
#[derive(Debug, Clone, PartialEq)]
pub enum AgentWork {
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

impl Work for AgentWork {
    fn kind(&self) -> &'static str {
        match self {
            AgentWork::Train(_) => "train",
            AgentWork::Take(_) => "take",
            AgentWork::Sweep(_) => "sweep",
            AgentWork::Distill(_) => "distill",
            AgentWork::Follow(_) => "follow",
            AgentWork::Evaluate(_) => "evaluate",
            AgentWork::Report => "report",
        }
    }

    fn stage(&self) -> Stage {
        match self {
            AgentWork::Train(_) | AgentWork::Take(_) => Stage::Train,
            AgentWork::Sweep(_) | AgentWork::Distill(_) | AgentWork::Follow(_) => Stage::Distill,
            AgentWork::Evaluate(_) => Stage::Evaluate,
            AgentWork::Report => Stage::Report,
        }
    }

    fn is_in(&self, scope: Scope) -> bool {
        match scope {
            Scope::Follow => matches!(self, AgentWork::Follow(_) | AgentWork::Take(_)),
            // A distillation from another experiment's teachers copies them first.
            Scope::Distill => self.stage() == Stage::Distill || matches!(self, AgentWork::Take(_)),
            scope => scope.is_of(self.stage()),
        }
    }

    fn seconds(&self) -> f64 {
        match self {
            AgentWork::Train(_) => 0.004,
            AgentWork::Sweep(_) | AgentWork::Distill(_) | AgentWork::Follow(_) => 0.01,
            AgentWork::Evaluate(_) => 0.5,
            AgentWork::Take(_) | AgentWork::Report => 1.0,
        }
    }

    fn begun(&self, folder: &Folder, amount: Amount) -> u64 {
        let done = match self {
            AgentWork::Train(agent) if has_checkpoint(&folder.checkpoint(agent)) => {
                let rows: Vec<TrainRow> = read_rows(&folder.train(agent)).unwrap_or_default();
                // A network for several games has rows of each.
                let of_games: BTreeMap<&str, u64> = rows.iter().map(|row| (row.game.as_str(), row.steps)).collect();
                of_games.values().sum()
            }
            AgentWork::Distill(agent) | AgentWork::Follow(agent) if is_distilled(folder, agent) => {
                logged(&folder.train(agent), |row: &DistillRow| row.updates)
            }
            _ => 0,
        };
        done.min(amount.amount)
    }
}

impl AgentWork {
    /// The agent that is trained or scored; `None` for a report. A network for several games is represented by its
    /// first player.
    pub fn agent(&self) -> Option<&AgentId> {
        match self {
            AgentWork::Train(agent) | AgentWork::Take(agent) | AgentWork::Sweep(agent) => Some(agent),
            AgentWork::Distill(agent) | AgentWork::Follow(agent) | AgentWork::Evaluate(agent) => Some(agent),
            AgentWork::Report => None,
        }
    }
}

impl fmt::Display for AgentWork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.agent() {
            Some(agent) => agent.fmt(f),
            None => f.write_str("report"),
        }
    }
}

/// Whether a distillation of the student was begun and is not over.
fn is_distilled(folder: &Folder, student: &AgentId) -> bool {
    let mut groups = group_names(&student.name, student.place()).into_iter();
    !folder.weights(student).exists() && groups.any(|group| has_checkpoint(&folder.distillation(&group, student.seed)))
}

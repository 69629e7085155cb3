//! The part of an experiment that a command works on.

use std::path::Path;

use super::quoted;
use super::task::{Stage, Task, Work, closure};

/// The part of an experiment that a command works on. A later variant makes less anew with `--fresh`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    Run,
    Train,
    /// Distillation from a teacher that another process trains in another folder.
    Follow,
    Distill,
    Evaluate,
    Report,
}

impl Scope {
    /// Whether the command does tasks of that stage.
    pub fn is_of(self, stage: Stage) -> bool {
        match self {
            Scope::Run => true,
            Scope::Train => stage == Stage::Train,
            Scope::Follow | Scope::Distill => stage == Stage::Distill,
            Scope::Evaluate => stage == Stage::Evaluate,
            Scope::Report => stage == Stage::Report,
        }
    }

    /// The tasks that the command makes anew with `--fresh`, and those that become stale by it.
    pub fn renews<W: Work>(self, tasks: &[Task<W>]) -> Vec<&Task<W>> {
        closure(tasks, |task| self.is_of(task.work.stage()))
    }

    /// The cheapest command that satisfies `holds`, given that `self` is running.
    pub fn cheapest(self, holds: impl Fn(Scope) -> bool) -> Scope {
        let (candidates, last): (&[Scope], _) = match self {
            Scope::Follow => (&[Scope::Evaluate], Scope::Follow),
            _ => (&[Scope::Evaluate, Scope::Distill], Scope::Run),
        };
        candidates.iter().copied().find(|&scope| holds(scope)).unwrap_or(last)
    }

    /// The command line of this scope.
    pub fn command(self, file: &Path) -> String {
        let file = quoted(&file.display().to_string());
        match self {
            Scope::Run => format!("run {file}"),
            Scope::Train => format!("train {file}"),
            Scope::Follow => format!("follow {file} --from DIR"),
            Scope::Distill => format!("distill {file}"),
            Scope::Evaluate => format!("evaluate {file}"),
            Scope::Report => format!("report {file}"),
        }
    }
}

//! The kinds of work of the line.

use std::fmt;

use serde::Deserialize;

use crate::pipeline::scope::Scope;
use crate::pipeline::task::{Amount, Stage, Task, Work, logged};
use crate::record::{Folder, ModelId, has_checkpoint};

/// A row of a language model's `train.csv`.
#[derive(Deserialize)]
struct ModelRow {
    step: u64,
    /// Tokens so far, in the log of a model that learns from texts.
    tokens: f64,
}

/// A task of the line.
pub type ModelTask = Task<ModelWork>;

/// The work of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelWork {
    /// A model learns: the base model, a teacher or a student.
    Learn(ModelId),
    /// A teacher explains questions.
    Explain { teacher: String, seed: u64 },
    /// A model answers the questions of the evaluation.
    Answer(ModelId),
    /// Answers become tables, plots and a page.
    Report,
}

impl Work for ModelWork {
    fn kind(&self) -> &'static str {
        match self {
            ModelWork::Learn(_) => "learn",
            ModelWork::Explain { .. } => "explain",
            ModelWork::Answer(_) => "answer",
            ModelWork::Report => "report",
        }
    }

    fn stage(&self) -> Stage {
        match self {
            ModelWork::Learn(ModelId::Student { .. } | ModelId::ColdStart { .. }) | ModelWork::Explain { .. } => {
                Stage::Distill
            }
            ModelWork::Learn(_) => Stage::Train,
            ModelWork::Answer(_) => Stage::Evaluate,
            ModelWork::Report => Stage::Report,
        }
    }

    fn is_in(&self, scope: Scope) -> bool {
        scope.is_of(self.stage())
    }

    fn seconds(&self) -> f64 {
        match self {
            ModelWork::Learn(ModelId::Teacher { .. } | ModelId::ColdStart { .. }) => 0.5,
            ModelWork::Learn(_) => 0.15,
            ModelWork::Explain { .. } => 0.004,
            ModelWork::Answer(_) => 0.003,
            ModelWork::Report => 1.0,
        }
    }

    fn begun(&self, folder: &Folder, amount: Amount) -> u64 {
        let ModelWork::Learn(model) = self else { return 0 };
        let run = folder.run(model);
        if !has_checkpoint(&run.checkpoint()) {
            return 0;
        }
        let done = match amount.unit {
            "tokens" => logged(&run.train(), |row: &ModelRow| row.tokens as u64),
            _ => logged(&run.train(), |row: &ModelRow| row.step),
        };
        done.min(amount.amount)
    }
}

impl ModelWork {
    /// The id of the task.
    pub fn id(&self) -> String {
        match self {
            ModelWork::Learn(model) => format!("learn/{}", model.path()),
            ModelWork::Explain { teacher, seed } => format!("explain/{teacher}/seed-{seed}"),
            ModelWork::Answer(model) => format!("answer/{}", model.path()),
            ModelWork::Report => "report".into(),
        }
    }
}

impl fmt::Display for ModelWork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ModelWork::Learn(model) => model.fmt(f),
            ModelWork::Explain { teacher, seed } => write!(f, "explanations of {teacher}, seed {seed}"),
            ModelWork::Answer(model) => write!(f, "answers of {model}"),
            ModelWork::Report => f.write_str("report"),
        }
    }
}

//! The kinds of work of the line.

use std::fmt;

use crate::pipeline::scope::Scope;
use crate::pipeline::task::{self, Stage};
use crate::record::ModelId;

/// The work of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelJob {
    /// A model learns: the base model, a teacher or a student.
    Learn(ModelId),
    /// A teacher explains questions.
    Explain { teacher: String, seed: u64 },
    /// A model answers the questions of the evaluation.
    Answer(ModelId),
    /// Answers become tables, plots and a page.
    Report,
}

impl task::Job for ModelJob {
    fn kind(&self) -> &'static str {
        match self {
            ModelJob::Learn(_) => "learn",
            ModelJob::Explain { .. } => "explain",
            ModelJob::Answer(_) => "answer",
            ModelJob::Report => "report",
        }
    }

    fn stage(&self) -> Stage {
        match self {
            ModelJob::Learn(ModelId::Student { .. } | ModelId::ColdStart { .. }) | ModelJob::Explain { .. } => {
                Stage::Distill
            }
            ModelJob::Learn(_) => Stage::Train,
            ModelJob::Answer(_) => Stage::Evaluate,
            ModelJob::Report => Stage::Report,
        }
    }

    fn is_in(&self, scope: Scope) -> bool {
        scope.is_of(self.stage())
    }

    fn seconds(&self) -> f64 {
        match self {
            ModelJob::Learn(ModelId::Teacher { .. } | ModelId::ColdStart { .. }) => 0.5,
            ModelJob::Learn(_) => 0.15,
            ModelJob::Explain { .. } => 0.004,
            ModelJob::Answer(_) => 0.003,
            ModelJob::Report => 1.0,
        }
    }
}

impl ModelJob {
    /// The id of the task.
    pub fn id(&self) -> String {
        match self {
            ModelJob::Learn(model) => format!("learn/{}", model.path()),
            ModelJob::Explain { teacher, seed } => format!("explain/{teacher}/seed-{seed}"),
            ModelJob::Answer(model) => format!("answer/{}", model.path()),
            ModelJob::Report => "report".into(),
        }
    }
}

impl fmt::Display for ModelJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ModelJob::Learn(model) => model.fmt(f),
            ModelJob::Explain { teacher, seed } => write!(f, "explanations of {teacher}, seed {seed}"),
            ModelJob::Answer(model) => write!(f, "answers of {model}"),
            ModelJob::Report => f.write_str("report"),
        }
    }
}

//! The kinds of work of the line.

use std::fmt;

use crate::pipeline::scope::Scope;
use crate::pipeline::task::{self, Stage};
use crate::record::ModelId;

/// The work of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Job {
    /// A model learns: the base model, a teacher or a student.
    Learn(ModelId),
    /// A teacher explains questions.
    Explain { teacher: String, seed: u64 },
    /// A model answers the questions of the evaluation.
    Answer(ModelId),
    /// Answers become tables, plots and a page.
    Report,
}

impl task::Job for Job {
    fn kind(&self) -> &'static str {
        match self {
            Job::Learn(_) => "learn",
            Job::Explain { .. } => "explain",
            Job::Answer(_) => "answer",
            Job::Report => "report",
        }
    }

    fn stage(&self) -> Stage {
        match self {
            Job::Learn(ModelId::Student { .. } | ModelId::ColdStart { .. }) | Job::Explain { .. } => Stage::Distill,
            Job::Learn(_) => Stage::Train,
            Job::Answer(_) => Stage::Evaluate,
            Job::Report => Stage::Report,
        }
    }

    fn is_in(&self, scope: Scope) -> bool {
        scope.is_of(self.stage())
    }

    fn seconds(&self) -> f64 {
        match self {
            Job::Learn(ModelId::Teacher { .. } | ModelId::ColdStart { .. }) => 0.5,
            Job::Learn(_) => 0.15,
            Job::Explain { .. } => 0.004,
            Job::Answer(_) => 0.003,
            Job::Report => 1.0,
        }
    }
}

impl Job {
    /// The id of the task.
    pub fn id(&self) -> String {
        match self {
            Job::Learn(model) => format!("learn/{}", model.path()),
            Job::Explain { teacher, seed } => format!("explain/{teacher}/seed-{seed}"),
            Job::Answer(model) => format!("answer/{}", model.path()),
            Job::Report => "report".into(),
        }
    }
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Job::Learn(model) => model.fmt(f),
            Job::Explain { teacher, seed } => write!(f, "explanations of {teacher}, seed {seed}"),
            Job::Answer(model) => write!(f, "answers of {model}"),
            Job::Report => f.write_str("report"),
        }
    }
}

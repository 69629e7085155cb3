//! The results of an experiment of the line: read from its folder, and asked by tables, figures and claims.

mod queries;
mod read;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use queries::difference;

use crate::config::explanations::Explanations;
use crate::explain::{AnswerRow, ExplanationRecord, ExplanationsHeader, ReinforceRow};
use crate::questions::{Quality, QuestionTask};
use crate::record::Manifest;
use crate::units::Seed;

/// The seed of all bootstraps of a report.
pub const BOOTSTRAP: Seed = Seed(0);

/// Everything that a report says.
pub struct ExplanationResults<'a> {
    pub experiment: &'a Explanations,
    /// The folder's name, below `results/` if it is there.
    pub folder: PathBuf,
    pub manifest: Option<Manifest>,
    /// The resolved experiment as text.
    pub settings: String,
    answers: BTreeMap<Answerer, BTreeMap<u64, Vec<AnswerRow>>>,
    /// Learning of each teacher that learns from rewards, by name, then seed.
    pub learning: BTreeMap<String, BTreeMap<u64, Vec<ReinforceRow>>>,
    /// Explanations of each teacher, by name, then seed.
    pub lessons: BTreeMap<String, BTreeMap<u64, Lessons>>,
    /// CPU seconds of finished tasks, by what they made, each with their number.
    pub seconds: BTreeMap<String, (f64, u64)>,
    pub task: QuestionTask,
}

/// A model without its seed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answerer {
    Base,
    /// A solver.
    Teacher(String),
    Student {
        name: String,
        teacher: String,
    },
    /// A student that went on to learn from right answers.
    ColdStart(String),
}

impl Answerer {
    /// The name in tables.
    pub fn name(&self) -> String {
        match self {
            Answerer::Base => "base model".into(),
            Answerer::Teacher(name) => format!("{name} itself"),
            Answerer::Student { teacher, .. } => teacher.clone(),
            Answerer::ColdStart(name) => format!("cold start {name}"),
        }
    }

    /// The way in which it learned, for tables.
    pub fn student(&self) -> String {
        match self {
            Answerer::Student { name, .. } => name.clone(),
            _ => String::new(),
        }
    }
}

/// The explanations of one teacher and seed.
pub struct Lessons {
    pub header: ExplanationsHeader,
    pub traces: Vec<ExplanationRecord>,
    pub qualities: Vec<Quality>,
}

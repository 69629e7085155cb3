//! An experiment of the line "explanations": teachers that explain, and students that learn from explanations.

mod check;
mod keys;
mod read;

use serde::{Deserialize, Serialize};

pub use keys::settings;
pub use read::{read, read_text};

use crate::questions::TaskSettings;

/// A checked experiment file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explanations {
    pub line: super::LineName,
    pub name: String,
    pub seeds: Vec<u64>,
    pub task: TaskSettings,
    pub model: ModelSettings,
    pub base: BaseSettings,
    pub warmup: FitSettings,
    pub traces: TraceSettings,
    pub evaluation: EvaluationSettings,
    pub teachers: Vec<TeacherModelSettings>,
    pub students: Vec<StudentModelSettings>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cold_starts: Vec<ColdStartSettings>,
}

/// `[model]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSettings {
    pub width: usize,
    pub layers: usize,
    pub heads: usize,
}

/// Budget and rates of learning from texts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FitSettings {
    pub steps: u64,
    /// Texts of a step.
    pub batch: usize,
    pub learning_rate: f64,
    /// Share of the steps in which the learning rate rises.
    pub warmup: f64,
    pub weight_decay: f64,
}

/// Budget and constants of learning from rewards (GRPO).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ReinforceSettings {
    pub steps: u64,
    /// Questions of a step.
    pub questions: usize,
    /// Completions of a question.
    pub group: usize,
    /// Temperature of drawing and of all log-probabilities.
    pub temperature: f64,
    pub learning_rate: f64,
    /// Weight of the divergence from the reference.
    pub beta: f64,
    /// Steps after which the reference takes over from the policy.
    pub reference_every: u64,
    /// Share of the policy in the new reference.
    pub reference_share: f64,
}

/// `[base]`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BaseSettings {
    #[serde(flatten)]
    pub fit: FitSettings,
    /// Share of texts in the teacher's order.
    pub teacher_share: f64,
    /// Share of the steps, at the beginning, whose texts are the task's own worked steps.
    pub worked: f64,
}

/// `[traces]`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TraceSettings {
    pub count: usize,
    pub temperature: f64,
}

/// `[evaluation]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvaluationSettings {
    pub questions: usize,
    pub temperatures: Vec<f64>,
    pub samples: usize,
    pub out_of_domain: bool,
}

/// The way in which explanations are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// A teacher that learned from the reward.
    Grpo,
    /// The teacher after its warm-up.
    Untrained,
    /// A student that learned from right answers.
    Solver,
    /// The untrained teacher's explanations of one rank by reward.
    Ranked,
    /// The task's own fine steps.
    Program,
    /// Texts like those that the base model read.
    Mixture,
    /// No explanation.
    None,
}

impl Method {
    /// Whether it learns from rewards.
    pub fn learns(self) -> bool {
        matches!(self, Method::Grpo | Method::Solver)
    }

    /// Whether a model writes the explanations.
    pub fn writes(self) -> bool {
        matches!(self, Method::Grpo | Method::Solver | Method::Untrained | Method::Ranked)
    }
}

/// Explanations that students read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeptTraces {
    All,
    /// Those that end with the right answer.
    Right,
    /// Those with every step, all right.
    Complete,
}

/// Coefficients of the solution's log-probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfSolution {
    pub mean: f64,
    pub min: f64,
}

/// Coefficients of the log-ratios of the explanation's tokens, as they enter the reward.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfDivergence {
    pub mean: f64,
    pub max: f64,
}

/// Coefficients of the reward r = r_SS − r_KL + match.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Coefficients {
    pub solution: OfSolution,
    pub divergence: OfDivergence,
    /// Added if the explanation has no end.
    pub unclosed: f64,
}

impl Coefficients {
    /// Those of the published program.
    pub const PUBLISHED: Coefficients = Coefficients {
        solution: OfSolution { mean: 1.0, min: 0.01 },
        divergence: OfDivergence { mean: 3.0, max: 0.03 },
        unclosed: -1.0,
    };
}

/// One of `[[teachers]]`: a way to make explanations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TeacherModelSettings {
    pub name: String,
    pub method: Method,
    #[serde(flatten)]
    pub learning: ReinforceSettings,
    pub solution: OfSolution,
    pub divergence: OfDivergence,
    pub unclosed: f64,
    pub rank: usize,
    pub traces: usize,
    pub keep: KeptTraces,
}

impl TeacherModelSettings {
    pub fn coefficients(&self) -> Coefficients {
        Coefficients { solution: self.solution, divergence: self.divergence, unclosed: self.unclosed }
    }
}

/// The initial weights of a student.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Start {
    Base,
    Scratch,
}

/// The teachers of a student: all, or some by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "must be \"all\" or a list of teachers' names")]
pub enum ChosenTeachers {
    All(All),
    Named(Vec<String>),
}

impl ChosenTeachers {
    /// The teachers of both choices.
    pub fn union(self, other: ChosenTeachers) -> ChosenTeachers {
        match (self, other) {
            (ChosenTeachers::Named(mut names), ChosenTeachers::Named(others)) => {
                let new: Vec<String> = others.into_iter().filter(|name| !names.contains(name)).collect();
                names.extend(new);
                ChosenTeachers::Named(names)
            }
            _ => ChosenTeachers::All(All::All),
        }
    }
}

/// The word `all`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum All {
    All,
}

/// One of `[[students]]`: a way to learn from the explanations of each of its teachers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StudentModelSettings {
    pub name: String,
    pub teachers: ChosenTeachers,
    #[serde(flatten)]
    pub fit: FitSettings,
    /// The budget instead of steps, if it is above 0.
    pub tokens: u64,
    pub from: Start,
    pub width: usize,
    pub layers: usize,
    pub heads: usize,
}

/// One of `[[cold_starts]]`: a student that goes on to learn from right answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColdStartSettings {
    pub name: String,
    pub student: String,
    pub teacher: String,
    #[serde(flatten)]
    pub learning: ReinforceSettings,
}

impl Explanations {
    /// The cold start with that name.
    pub fn cold_start(&self, name: &str) -> Option<&ColdStartSettings> {
        self.cold_starts.iter().find(|own| own.name == name)
    }

    /// The teachers of a student, in the order of the file.
    pub fn teachers_of(&self, student: &StudentModelSettings) -> Vec<&TeacherModelSettings> {
        let teaches = |name: &String| match &student.teachers {
            ChosenTeachers::All(_) => true,
            ChosenTeachers::Named(names) => names.contains(name),
        };
        self.teachers.iter().filter(|teacher| teaches(&teacher.name)).collect()
    }

    /// The teacher with that name.
    pub fn teacher(&self, name: &str) -> Option<&TeacherModelSettings> {
        self.teachers.iter().find(|teacher| teacher.name == name)
    }

    /// The student with that name.
    pub fn student(&self, name: &str) -> Option<&StudentModelSettings> {
        self.students.iter().find(|student| student.name == name)
    }

    /// The widths of a student.
    pub fn model_of(&self, student: &StudentModelSettings) -> ModelSettings {
        let or = |own: usize, base: usize| if own == 0 { base } else { own };
        ModelSettings {
            width: or(student.width, self.model.width),
            layers: or(student.layers, self.model.layers),
            heads: or(student.heads, self.model.heads),
        }
    }
}

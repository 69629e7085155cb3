//! Paths and records of the line of explanations.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::{Deserialize, Serialize};
use toml::Value;

use super::{Folder, WEIGHTS, is_there, read_json, remove_file, write_json};

/// A model of an experiment that answers questions, or learns to explain them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ModelId {
    /// The base model.
    Base { seed: u64 },
    /// The teacher after its warm-up.
    Warmup { seed: u64 },
    /// A teacher that learned from rewards.
    Teacher { name: String, seed: u64 },
    /// A student of a teacher's explanations.
    Student { name: String, teacher: String, seed: u64 },
    /// A student that went on to learn from right answers.
    ColdStart { name: String, seed: u64 },
}

impl ModelId {
    pub fn seed(&self) -> u64 {
        match self {
            ModelId::Base { seed } | ModelId::Warmup { seed } => *seed,
            ModelId::Teacher { seed, .. } | ModelId::Student { seed, .. } => *seed,
            ModelId::ColdStart { seed, .. } => *seed,
        }
    }

    /// The path of its run below the experiment's folder, which is also a part of its tasks' ids.
    pub fn path(&self) -> String {
        match self {
            ModelId::Base { seed } => format!("base/seed-{seed}"),
            ModelId::Warmup { seed } => format!("warmup/seed-{seed}"),
            ModelId::Teacher { name, seed } => format!("teachers/{name}/seed-{seed}"),
            ModelId::Student { name, teacher, seed } => format!("students/{name}/{teacher}/seed-{seed}"),
            ModelId::ColdStart { name, seed } => format!("cold-starts/{name}/seed-{seed}"),
        }
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ModelId::Base { seed } => write!(f, "base model, seed {seed}"),
            ModelId::Warmup { seed } => write!(f, "teacher's warm-up, seed {seed}"),
            ModelId::Teacher { name, seed } => write!(f, "teacher {name}, seed {seed}"),
            ModelId::Student { name, teacher, seed } => write!(f, "student {name} of {teacher}, seed {seed}"),
            ModelId::ColdStart { name, seed } => write!(f, "cold start {name}, seed {seed}"),
        }
    }
}

/// The folder of one run.
#[derive(Debug, Clone)]
pub struct RunFolder(PathBuf);

impl RunFolder {
    pub fn root(&self) -> &Path {
        &self.0
    }

    pub fn weights(&self) -> PathBuf {
        self.0.join(WEIGHTS)
    }

    pub fn train(&self) -> PathBuf {
        self.0.join("train.csv")
    }

    pub fn checkpoint(&self) -> PathBuf {
        self.0.join("checkpoint")
    }

    pub fn answers(&self) -> PathBuf {
        self.0.join("answers.csv")
    }

    pub fn traces(&self) -> PathBuf {
        self.0.join("traces.jsonl")
    }
}

impl Folder {
    /// The folder of a model's run.
    pub fn run(&self, model: &ModelId) -> RunFolder {
        RunFolder(self.root().join(model.path()))
    }

    /// The folder of a teacher's explanations.
    pub fn explanations(&self, teacher: &str, seed: u64) -> RunFolder {
        RunFolder(self.root().join("traces").join(teacher).join(format!("seed-{seed}")))
    }
}

/// A finished task's record, beside its output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskRecord {
    pub id: String,
    /// The key that the result was made with.
    pub key: String,
    pub settings: BTreeMap<String, Value>,
    /// Seconds that the task's threads computed, where the kernel counts them. A task that was stopped has those of all
    /// its parts.
    pub cpu_seconds: Option<f64>,
}

impl TaskRecord {
    /// The record beside an output: `weights.safetensors` → `weights.json`.
    pub fn path(output: &Path) -> PathBuf {
        output.with_extension("json")
    }

    /// Reads the record beside an output, if there is one.
    ///
    /// # Errors
    /// If it is damaged or cannot be read.
    pub fn read(output: &Path) -> Result<Option<TaskRecord>> {
        let path = TaskRecord::path(output);
        if is_there(&path)? { read_json(&path).map(Some) } else { Ok(None) }
    }

    /// Writes the record beside an output.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, output: &Path) -> Result<()> {
        write_json(&TaskRecord::path(output), self)
    }

    /// Removes an output and its record, where they are.
    ///
    /// # Errors
    /// The path and the system's reason.
    pub fn remove(output: &Path) -> Result<()> {
        [TaskRecord::path(output), output.to_owned()].iter().try_for_each(|path| remove_file(path))
    }
}

//! Explanations on disk: JSON lines, first a header, last a digest.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::digest::Ending;
use crate::limited::read_text_limited;
use crate::questions::TaskSettings;
use crate::record::write_file;

/// Maximum number of bytes of a file of explanations.
const MOST_BYTES: u64 = 1 << 30;

/// The first line of a file of explanations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExplanationsHeader {
    pub task: TaskSettings,
    pub teacher: String,
    pub seed: u64,
    /// Explanations that the teacher gave, whether they are kept or not.
    pub drawn: u64,
    /// Lines after this one.
    pub traces: u64,
}

/// One explanation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExplanationRecord {
    pub question: String,
    pub solution: String,
    pub explanation: String,
    /// Whether the teacher ended it.
    pub closed: bool,
    /// The published reward, with the log-probabilities of the teacher that wrote it; of the teacher after its warm-up
    /// if no teacher did.
    pub r_ss: f64,
    pub r_kl: f64,
    pub reward: f64,
}

/// Explanations that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ExplanationsError {
    #[error("{path}, line {line}: {problem}; bring back a copy, or remove it to make it again alone")]
    Damaged { path: PathBuf, line: usize, problem: String },
    #[error(
        "{path}: holds explanations of another task ({difference}); choose another folder with --out or make it anew with --fresh"
    )]
    OtherTask { path: PathBuf, difference: String },
}

impl ExplanationsError {
    /// A line, by its number from 1, whose question or explanation is none of the task.
    pub fn foreign_line(path: &Path, line: usize) -> ExplanationsError {
        ExplanationsError::Damaged { path: path.to_owned(), line, problem: "not of this task".into() }
    }
}

/// Writes explanations, whole or not at all.
///
/// # Errors
/// If the file cannot be written.
pub fn save_explanations(path: &Path, header: &ExplanationsHeader, explanations: &[ExplanationRecord]) -> Result<()> {
    let mut text = serde_json::to_string(header)? + "\n";
    for explanation in explanations {
        text += &serde_json::to_string(explanation)?;
        text.push('\n');
    }
    write_file(path, Ending::JSON_LINES.close(&text).as_bytes())
}

/// Reads explanations of a task.
///
/// # Errors
/// [`ExplanationsError`] with the line, also if lines are missing at the end.
pub fn load_explanations(path: &Path, task: &TaskSettings) -> Result<(ExplanationsHeader, Vec<ExplanationRecord>)> {
    let text = read_text_limited(path, MOST_BYTES).with_context(|| format!("{}: cannot be read", path.display()))?;
    let damaged =
        |line: usize, problem: String| ExplanationsError::Damaged { path: path.to_owned(), line: line + 1, problem };
    let whole = Ending::JSON_LINES.open(&text);
    let body = whole.ok_or_else(|| {
        damaged(text.lines().count().saturating_sub(1), "the lines before are not what was written".into())
    })?;
    let mut lines = body.lines();
    let first = lines.next().unwrap_or_default();
    let header: ExplanationsHeader = serde_json::from_str(first).map_err(|error| damaged(0, error.to_string()))?;
    if header.task != *task {
        let difference = format!(
            "family {:?}, length {:?} instead of {:?}, {:?}",
            header.task.family, header.task.length, task.family, task.length
        );
        return Err(ExplanationsError::OtherTask { path: path.to_owned(), difference }.into());
    }
    let mut explanations = Vec::new();
    for (number, line) in lines.enumerate() {
        explanations.push(serde_json::from_str(line).map_err(|error| damaged(number + 1, error.to_string()))?);
    }
    if explanations.len() as u64 != header.traces {
        let problem = format!("{} explanations where the first line counts {}", explanations.len(), header.traces);
        return Err(damaged(explanations.len(), problem).into());
    }
    Ok((header, explanations))
}

//! Finds out from the folder whether a task is done.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Deserialize;

use super::work::ModelTask;
use crate::config::explanations::Explanations;
use crate::eval::statistics::mean;
use crate::pipeline::task::TaskState;
use crate::questions::QuestionSplit;
use crate::record::{Folder, TaskRecord, read_rows};
use crate::report::explanations::ExplanationResults;

/// The state of a task that makes a file, by that file and the record beside it, which is written last: without it the
/// file is not finished.
///
/// # Errors
/// If the record is damaged.
pub fn state(task: &ModelTask) -> Result<TaskState> {
    let output = &task.outputs[0];
    Ok(match TaskRecord::read(output)?.filter(|_| output.exists()) {
        None => TaskState::Missing,
        Some(record) if record.key == task.key.to_string() => TaskState::Done,
        Some(_) => TaskState::Stale,
    })
}

/// The state of the report. It describes the files that exist, and has no record.
pub fn state_of_report(folder: &Folder, experiment: &Explanations) -> TaskState {
    if !folder.scores().exists() || !folder.report().join("index.html").exists() {
        return TaskState::Missing;
    }
    // A report is derived: where a file is damaged, it is written anew.
    match is_current(folder, experiment).inspect_err(|error| log::warn!("{error:#}")) {
        Ok(true) => TaskState::Done,
        Ok(false) | Err(_) => TaskState::Stale,
    }
}

/// The columns of `scores.csv` that follow from answers at once; its intervals take a bootstrap of half a minute.
#[derive(Debug, PartialEq, Deserialize)]
struct Scored {
    student: String,
    teacher: String,
    split: QuestionSplit,
    temperature: f64,
    seeds: u64,
    questions: u64,
    accuracy: f64,
}

/// Whether `scores.csv` agrees with the answers in the folder.
fn is_current(folder: &Folder, experiment: &Explanations) -> Result<bool> {
    let reported: Vec<Scored> = read_rows(&folder.scores())?;
    let results = ExplanationResults::read(folder, experiment)?;
    let mut scored = Vec::new();
    for answerer in results.answerers() {
        for split in [QuestionSplit::Test, QuestionSplit::OutOfDomain] {
            for &temperature in &experiment.evaluation.temperatures {
                let shares = results.shares(&answerer, split, temperature);
                scored.extend(means(&shares).map(|(questions, accuracy)| Scored {
                    student: answerer.student(),
                    teacher: answerer.name(),
                    split,
                    temperature,
                    seeds: shares.len() as u64,
                    questions,
                    accuracy,
                }));
            }
        }
    }
    Ok(reported == scored)
}

/// The questions of a seed, and the mean over seeds of the share of right answers.
fn means(shares: &BTreeMap<u64, Vec<f64>>) -> Option<(u64, f64)> {
    let of_seeds: Vec<f64> = shares.values().filter_map(|shares| mean(shares)).collect();
    Some((shares.values().next()?.len() as u64, mean(&of_seeds)?))
}

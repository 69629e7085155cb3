//! How far unfinished work is, by its log.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::explain::ModelJob;
use super::task::{Job, Task, Work};
use crate::distill::group_names;
use crate::record::{AgentId, DistillRow, Folder, TrainRow, has_checkpoint, read_rows};

/// A row of a language model's `train.csv`.
#[derive(Deserialize)]
struct ModelRow {
    step: u64,
    /// Tokens so far, in the log of a model that learns from texts.
    tokens: f64,
}

/// Work whose log says how far it is.
pub trait Logged: Job {
    /// Units of the task's amount that were done in an unfinished task; 0 if it has no checkpoint. Work since the last row of the log
    /// is not counted, and a log that cannot be read says nothing.
    fn begun(folder: &Folder, task: &Task<Self>) -> u64
    where
        Self: Sized;
}

impl Logged for Work {
    fn begun(folder: &Folder, task: &Task) -> u64 {
        let done = match &task.work {
            Work::Train(agent) if has_checkpoint(&folder.checkpoint(agent)) => {
                let rows: Vec<TrainRow> = read_rows(&folder.train(agent)).unwrap_or_default();
                // A network for several games has rows of each.
                let of_games: BTreeMap<&str, u64> = rows.iter().map(|row| (row.game.as_str(), row.steps)).collect();
                of_games.values().sum()
            }
            Work::Distill(agent) | Work::Follow(agent) if is_distilled(folder, agent) => {
                last(&folder.train(agent), |row: &DistillRow| row.updates)
            }
            _ => 0,
        };
        done.min(task.amount.amount)
    }
}

/// Whether a distillation of the student was begun and is not over.
fn is_distilled(folder: &Folder, student: &AgentId) -> bool {
    let mut groups = group_names(&student.name, student.place()).into_iter();
    !folder.weights(student).exists() && groups.any(|group| has_checkpoint(&folder.distillation(&group, student.seed)))
}

impl Logged for ModelJob {
    fn begun(folder: &Folder, task: &Task<ModelJob>) -> u64 {
        let ModelJob::Learn(model) = &task.work else { return 0 };
        let run = folder.run(model);
        if !has_checkpoint(&run.checkpoint()) {
            return 0;
        }
        let done = match task.amount.unit {
            "tokens" => last(&run.train(), |row: &ModelRow| row.tokens as u64),
            _ => last(&run.train(), |row: &ModelRow| row.step),
        };
        done.min(task.amount.amount)
    }
}

/// A number of the log's last row.
fn last<Row: DeserializeOwned>(log: &Path, number: impl Fn(&Row) -> u64) -> u64 {
    read_rows(log).ok().and_then(|rows| rows.last().map(number)).unwrap_or(0)
}

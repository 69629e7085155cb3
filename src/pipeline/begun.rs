//! How far unfinished work is, by its log.

use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::explain::ModelJob;
use super::task::{Job, Task, Work};
use crate::record::{DistillRow, Folder, TrainRow, has_checkpoint, read_rows};

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
                last(&folder.train(agent), |row: &TrainRow| row.steps)
            }
            // Students that learn from the same play have a checkpoint together, which is gone when all of them are done.
            Work::Distill(agent) | Work::Follow(agent) if !folder.weights(agent).exists() => {
                last(&folder.train(agent), |row: &DistillRow| row.updates)
            }
            _ => 0,
        };
        done.min(task.amount.amount)
    }
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

//! The plan of an experiment of the line.

use anyhow::Result;
use serde::Serialize;

use super::list::tasks;
use super::open::{check_made_alike, read};
use super::state::{state, state_of_report};
use super::work::{ModelTask, ModelWork};
use crate::config::explanations::Explanations;
use crate::nn::language::Size;
use crate::pipeline::planned::{Plan, PlannedStage, PlannedTask};
use crate::pipeline::request::Request;
use crate::pipeline::task::{Stage, Task, TaskState, Work as _};
use crate::record::Folder;
use crate::task;

/// The plan of an experiment with explanations.
pub type ModelPlan = Plan<ModelWork, ModelDetails>;

/// The part of a plan that only experiments with explanations have.
#[derive(Debug, Serialize)]
pub struct ModelDetails {
    /// Each model's name and size.
    pub models: Vec<(String, String)>,
}

/// The plan of an experiment; nothing is changed.
///
/// # Errors
/// If the experiment or a record of its results is damaged.
pub fn plan(request: &Request) -> Result<ModelPlan> {
    let (experiment, folder) = read(request)?;
    let list = tasks(&experiment, &folder)?;
    let states = states(request, &experiment, &folder, &list)?;
    let refused = check_made_alike(request, &folder, &list).err().map(|error| format!("{error:#}"));
    let vocabulary = task::QuestionTask::new(&experiment.task).alphabet().len();
    let size = |model| Size::new(model, vocabulary).to_string();
    let mut models = vec![("base, teachers".to_owned(), size(experiment.model))];
    models.extend(experiment.students.iter().map(|own| (own.name.clone(), size(experiment.model_of(own)))));
    let planned = |(task, &state): (&Task<_>, &TaskState)| PlannedTask::of(request, &folder, task, state);
    let planned: Vec<PlannedTask> = list.iter().zip(&states).map(planned).collect();
    let mut stages: Vec<PlannedStage> = list
        .iter()
        .zip(&planned)
        .filter(|(task, _)| task.work.stage() < Stage::Evaluate)
        .map(|(task, own)| PlannedStage {
            stage: task.work.stage().name(),
            agent: task.work.to_string(),
            done: own.state == TaskState::Done,
            work: own.in_words(),
        })
        .collect();
    stages.extend(PlannedStage::last(&planned, "models"));
    Ok(Plan {
        experiment: experiment.name.clone(),
        folder: folder.root().display().to_string(),
        details: ModelDetails { models },
        tasks: planned,
        work: list.into_iter().map(|task| task.work).collect(),
        stages,
        refused,
    })
}

/// The state of each task. A report is the last one, and is stale until all others are done.
fn states(request: &Request, experiment: &Explanations, folder: &Folder, list: &[ModelTask]) -> Result<Vec<TaskState>> {
    let mut states: Vec<TaskState> = Vec::with_capacity(list.len());
    for task in list {
        let is_whole = || states.iter().all(|&state| state == TaskState::Done);
        states.push(match task.work {
            _ if request.fresh => TaskState::Missing,
            ModelWork::Report if is_whole() => state_of_report(folder, experiment),
            ModelWork::Report if task.outputs.iter().all(|output| output.exists()) => TaskState::Stale,
            ModelWork::Report => TaskState::Missing,
            _ => state(task)?,
        });
    }
    Ok(states)
}

//! The plan of an experiment of the line.

use anyhow::Result;
use serde::Serialize;

use super::open::ModelOpening;
use super::state::{state, state_of_report};
use super::work::ModelWork;
use crate::nn::language::Size;
use crate::pipeline::opening::{Opening, Prepare};
use crate::pipeline::planned::{Plan, PlannedStage, PlannedTask};
use crate::pipeline::request::Request;
use crate::pipeline::task::{Stage, Task, TaskState, Work as _};
use crate::questions::QuestionTask;

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
    let opening = ModelOpening::read(request)?;
    let states = states(&opening)?;
    let refused = opening.check_settings().err().map(|error| format!("{error:#}"));
    let Opening { experiment, folder, tasks: list, .. } = opening;
    let vocabulary = QuestionTask::new(&experiment.task).alphabet().len();
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
fn states(opening: &ModelOpening) -> Result<Vec<TaskState>> {
    let Opening { request, experiment, folder, tasks } = opening;
    let mut states: Vec<TaskState> = Vec::with_capacity(tasks.len());
    for task in tasks {
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

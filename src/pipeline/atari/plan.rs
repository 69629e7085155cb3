//! The plan of a command: its tasks and the resources that they need.

use std::collections::BTreeSet;

use anyhow::Result;
use serde::Serialize;

use super::agents::{architecture, networks, student, teachers};
use super::checks::check;
use super::open::AgentOpening;
use super::resources::Resources;
use super::state::Inspection;
use super::work::{AgentTask, AgentWork};
use crate::config::{Experiment, Settings};
use crate::nn::{Architecture, Outputs};
use crate::pipeline::digests::Digests;
use crate::pipeline::opening::Opening;
use crate::pipeline::planned::{Plan, PlannedStage, PlannedTask};
use crate::pipeline::request::Request;
use crate::pipeline::task::{Stage, TaskId, TaskState, Work as _};
use crate::pipeline::{key, with_commas};
use crate::record::{AgentId, SHARED};
use crate::units::grouped;

/// The plan of an experiment of games.
pub type AgentPlan = Plan<AgentWork, AgentDetails>;

/// The part of a plan that only experiments of games have.
#[derive(Debug, Serialize)]
pub struct AgentDetails {
    pub networks: Vec<PlannedNetwork>,
    /// Settings of the file or the command that have no effect, each with the reason.
    pub ineffective: Vec<String>,
    /// Files that `pd run` could not use, with the way out.
    pub problems: BTreeSet<String>,
    /// Memory in bytes of the largest tasks that run at the same time: replay or memory, networks and minibatches.
    pub memory_bytes: u64,
    /// Disk space in bytes: two of the largest checkpoints, as the new one is written beside the old, and the best
    /// teachers that are kept for followers. Like `memory_bytes` it is an estimate, since the size of screens depends
    /// on the game.
    pub disk_bytes: u64,
    /// Whether students follow their teachers' trainings, whose bests are kept.
    #[serde(skip)]
    pub is_followed: bool,
}

/// A network of one seed.
#[derive(Debug, Serialize)]
pub struct PlannedNetwork {
    pub name: String,
    pub game: String,
    pub parameters: u64,
    /// Number of parameters with all 18 actions, as the paper counts networks for one game; `None` for several games.
    pub parameters_18_actions: Option<u64>,
}

/// The plan of an experiment; nothing is changed.
///
/// # Errors
/// If the experiment or a file of its results is damaged.
pub fn plan(request: &Request) -> Result<AgentPlan> {
    let opening = AgentOpening::read(request)?;
    let begins = check(&opening);
    let Opening { experiment, folder, tasks: list, .. } = opening;
    let digests = Digests::default();
    let inspection = Inspection::new(&experiment, &folder, &digests);
    let (states, problems) = states(request, &list, &inspection)?;
    let tasks: Vec<PlannedTask> =
        list.iter().zip(&states).map(|(task, &state)| PlannedTask::of(request, &folder, task, state)).collect();
    let resources = Resources::of(&experiment, request.jobs());
    let details = AgentDetails {
        networks: planned_networks(&experiment),
        ineffective: experiment.ineffective.clone(),
        problems,
        memory_bytes: resources.training.max(resources.distilling),
        disk_bytes: resources.disk,
        is_followed: experiment.distillation.online,
    };
    Ok(Plan {
        experiment: experiment.name.clone(),
        folder: folder.root().display().to_string(),
        details,
        stages: stages(&experiment, &list, &tasks),
        tasks,
        work: list.into_iter().map(|task| task.work).collect(),
        refused: begins.err().map(|error| format!("{error:#}")),
    })
}

/// The state of each task, and the problems with files. Outputs that were made with other settings or are damaged are
/// stale, and so is everything that was made from stale inputs.
fn states(
    request: &Request,
    list: &[AgentTask],
    inspection: &Inspection,
) -> Result<(Vec<TaskState>, BTreeSet<String>)> {
    let mut problems = BTreeSet::new();
    if request.fresh {
        return Ok((vec![TaskState::Missing; list.len()], problems));
    }
    let has_results = inspection.folder.experiment().exists();
    let old = if has_results { key::settings_in(inspection.folder)? } else { Settings::new() };
    let mut own = |task: &AgentTask| match task.key.changes(&old).is_empty() {
        true => inspection.state(task).unwrap_or_else(|error| {
            problems.insert(format!("{error:#}"));
            TaskState::Stale
        }),
        false if task.outputs.iter().all(|output| output.exists()) => TaskState::Stale,
        false => TaskState::Missing,
    };
    let mut states: Vec<TaskState> = Vec::new();
    for task in list {
        let own = own(task);
        let is_stale = |input: &TaskId| {
            let state = list.iter().zip(&states).find(|(task, _)| task.id == *input).map(|(_, state)| *state);
            // The inputs of a network need not exist any more; a report describes the files that exist.
            state == Some(TaskState::Stale) || task.work == AgentWork::Report && state != Some(TaskState::Done)
        };
        states.push(if own == TaskState::Done && task.inputs.iter().any(is_stale) { TaskState::Stale } else { own });
    }
    Ok((states, problems))
}

/// Every network of one seed. One for several games is listed once.
fn planned_networks(experiment: &Experiment) -> Vec<PlannedNetwork> {
    let mut one_seed = Experiment { seeds: experiment.seeds[..1].to_vec(), ..experiment.clone() };
    one_seed.teacher.seeds.truncate(1);
    let agents = [teachers(&one_seed), networks(&one_seed, |_| true)].concat();
    let planned = |agent: AgentId| {
        let architecture = architecture(experiment, &agent)?;
        let with_all_actions = Architecture { outputs: Outputs::One(18), ..architecture.clone() };
        Some(PlannedNetwork {
            name: agent.name.clone(),
            game: if agent.shared { SHARED.into() } else { agent.game.name().into() },
            parameters: architecture.parameters(),
            parameters_18_actions: (!agent.shared).then(|| with_all_actions.parameters()),
        })
    };
    let mut networks: Vec<_> = agents.into_iter().filter_map(planned).collect();
    let place = |network: &PlannedNetwork| experiment.games.iter().position(|game| game.name() == network.game);
    networks.sort_by_key(|network| place(network).unwrap_or(usize::MAX));
    networks
}

/// An agent in words, whatever its seed; a network of several games stands for all of them.
fn name(experiment: &Experiment, agent: &AgentId) -> String {
    let Some(section) = student(experiment, agent) else { return agent.of_any_seed() };
    let role = if section.is_baseline() { "baseline" } else { "student" };
    match agent.shared {
        true => format!("{role} {} of {} games", agent.name, experiment.games.len()),
        false => format!("{role} {} of {}", agent.name, agent.game),
    }
}

fn stages(experiment: &Experiment, list: &[AgentTask], planned: &[PlannedTask]) -> Vec<PlannedStage> {
    let mut lines: Vec<(_, Vec<u64>)> = Vec::new();
    let is_done = |own: &PlannedTask| own.state == TaskState::Done;
    for (task, own) in list.iter().zip(planned) {
        let Some(agent) = task.work.agent().filter(|_| task.work.stage() < Stage::Evaluate) else { continue };
        let work = match task.work {
            AgentWork::Take(_) => {
                let from = experiment.teacher_source(agent.game).unwrap_or_default();
                format!("taken from {}", from.display())
            }
            AgentWork::Sweep(_) => format!("{} updates, to choose the temperature", grouped(task.amount.amount)),
            AgentWork::Train(_) => {
                format!("{} by {}", own.in_words(), experiment.teacher.algorithm.section().to_uppercase())
            }
            _ => own.in_words(),
        };
        // The seeds of an agent share a line.
        let line = (task.work.stage().name(), name(experiment, agent), is_done(own), work);
        match lines.iter_mut().find(|(own, _)| *own == line) {
            Some((_, seeds)) => seeds.push(agent.seed),
            None => lines.push((line, vec![agent.seed])),
        }
    }
    let mut stages: Vec<PlannedStage> = Vec::new();
    for ((stage, agent, done, work), seeds) in lines {
        let in_a_row = seeds.windows(2).all(|pair| pair[0] + 1 == pair[1]);
        let seeds = match seeds.as_slice() {
            [seed] => format!("seed {seed}"),
            [first, .., last] if in_a_row => format!("seeds {first} to {last}"),
            seeds => format!("seeds {}", with_commas(seeds)),
        };
        stages.push(PlannedStage { stage, agent: format!("{agent}, {seeds}"), done, work });
    }
    stages.extend(PlannedStage::last(planned, "agents"));
    stages
}

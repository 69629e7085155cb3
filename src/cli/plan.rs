//! `pd plan`: what would run, and what it needs.

use std::path::Path;

use anyhow::Result;
use serde::Serialize;

use super::arguments::Common;
use super::experiment::{Stage, read};
use super::needs::Needs;
use super::scores::{self, Scores};
use super::settings::earlier;
use super::train::check_source;
use crate::agent;
use crate::config::Experiment;
use crate::nn::{Architecture, Outputs};
use crate::progress::Ended;
use crate::record::{Agent, Folder, SHARED};
use crate::replay::TYPICAL_STEP;
use crate::report;
use crate::units::{Frames, grouped};

#[derive(Serialize)]
struct Plan {
    experiment: String,
    folder: String,
    networks: Vec<PlannedNetwork>,
    stages: Vec<PlannedStage>,
    /// Why `pd run` would not begin.
    refused: Option<String>,
    /// Largest need of one run, in bytes: replay or memory, networks and minibatches.
    memory_bytes: u64,
    /// Two of the largest checkpoints, as the new one is written beside the old, and the best teachers that are kept for
    /// followers; like `memory_bytes` an estimate, as screens take more or less with the game.
    disk_bytes: u64,
}

#[derive(Serialize)]
struct PlannedNetwork {
    name: String,
    game: String,
    parameters: u64,
    /// With all 18 actions, as the paper counts those of networks for one game; none of one for several.
    parameters_18_actions: Option<u64>,
}

#[derive(Serialize)]
struct PlannedStage {
    stage: &'static str,
    agent: String,
    done: bool,
    work: String,
}

/// Prints the plan of an experiment; nothing is changed.
pub fn plan(file: &Path, common: &Common, json: bool) -> Result<Ended> {
    let (experiment, folder) = read(file, common)?;
    let needs = Needs::of(&experiment);
    let begins = earlier(file, common, &folder, &experiment, Stage::Run)
        .and_then(|_| check_source(&experiment, &folder, common.fresh));
    let plan = Plan {
        experiment: experiment.name.clone(),
        folder: folder.root().display().to_string(),
        networks: networks(&experiment),
        stages: stages(&experiment, &folder, common.fresh)?,
        refused: begins.err().map(|error| format!("{error:#}")),
        memory_bytes: needs.memory,
        disk_bytes: needs.disk,
    };
    if json {
        println!("{}", serde_json::to_string_pretty(&plan)?);
    } else {
        print(&plan);
    }
    Ok(Ended::Done)
}

fn print(plan: &Plan) {
    println!("experiment {}, in {}\n", plan.experiment, plan.folder);
    println!("{:<12} {:<20} {:>12} {:>20}", "network", "game", "parameters", "with 18 actions");
    for network in &plan.networks {
        let own = grouped(network.parameters);
        let all = network.parameters_18_actions.map_or("".to_owned(), grouped);
        println!("{:<12} {:<20} {own:>12} {all:>20}", network.name, network.game);
    }
    println!("\n{:<10} {:<6} {:<44} work", "stage", "done", "agent");
    for stage in &plan.stages {
        println!("{:<10} {:<6} {:<44} {}", stage.stage, if stage.done { "yes" } else { "no" }, stage.agent, stage.work);
    }
    println!(
        "\nmemory: about {}; disk: at most about {}, for checkpoints and the best teachers that students \
         follow (with {TYPICAL_STEP} bytes for a step of play, the mean of ten games; Pong takes less than half of it, \
         Beam Rider two and a half times as many)",
        size(plan.memory_bytes),
        size(plan.disk_bytes)
    );
    if let Some(refused) = &plan.refused {
        println!("\n`pd run` would refuse: {refused}");
    }
}

fn size(bytes: u64) -> String {
    let mib = bytes as f64 / f64::from(1 << 20);
    if mib < 1024.0 { format!("{mib:.0} MiB") } else { format!("{:.1} GiB", mib / 1024.0) }
}

/// Every network of one seed. One for several games is listed once.
fn networks(experiment: &Experiment) -> Vec<PlannedNetwork> {
    let one_seed = Experiment { seeds: experiment.seeds[..1].to_vec(), ..experiment.clone() };
    let agents = [scores::teachers(&one_seed), scores::networks(&one_seed, |_| true)].concat();
    let planned = |agent: Agent| {
        let own = scores::architecture(experiment, &agent)?;
        let all = Architecture { outputs: Outputs::One(18), ..own.clone() };
        Some(PlannedNetwork {
            name: agent.name.clone(),
            game: if agent.shared { SHARED.into() } else { agent.game.name().into() },
            parameters: own.parameters(),
            parameters_18_actions: (!agent.shared).then(|| all.parameters()),
        })
    };
    let mut networks: Vec<_> = agents.into_iter().filter_map(planned).collect();
    let place = |network: &PlannedNetwork| experiment.games.iter().position(|game| game.name() == network.game);
    networks.sort_by_key(|network| place(network).unwrap_or(usize::MAX));
    networks
}

fn stages(experiment: &Experiment, folder: &Folder, fresh: bool) -> Result<Vec<PlannedStage>> {
    let stage = |stage: &'static str, agent: Agent, work: String| {
        let path = folder.weights(&agent);
        let done = path.exists() && scores::is_of_teachers(experiment, folder, &agent, &agent::metadata(&path)?)?;
        anyhow::Ok(PlannedStage { stage, done, agent: agent.to_string(), work })
    };
    let frames = Frames(experiment.teacher.frames);
    let mut stages = Vec::new();
    for agent in scores::teachers(experiment) {
        let work = match experiment.teacher.from.as_os_str().is_empty() {
            true => format!("{frames} frames"),
            false => format!("taken from {}", experiment.teacher.from.display()),
        };
        stages.push(stage("train", agent, work)?);
    }
    for agent in scores::networks(experiment, |student| student.is_baseline()) {
        let each = if agent.shared { " of each game" } else { "" };
        stages.push(stage("train", agent, format!("{frames} frames{each}"))?);
    }
    let settings = &experiment.distillation;
    let updates = settings.hours * settings.updates_per_hour;
    for agent in scores::networks(experiment, |student| !student.is_baseline()) {
        let games = if agent.shared { experiment.games.len() as u64 } else { 1 };
        let mut work = format!("{} updates", grouped(updates * games));
        let automatic = scores::student(experiment, &agent).is_some_and(|student| student.chooses_temperature());
        if automatic && !folder.sweep(&agent).exists() {
            let tried = settings.sweep_gaps.len() as u64 * settings.sweep_hours * settings.updates_per_hour;
            work += &format!(", after {} to choose the temperature", grouped(tried * games));
        }
        stages.push(stage("distill", agent, work)?);
    }
    stages.extend(results(experiment, folder)?);
    stages.iter_mut().for_each(|stage| stage.done &= !fresh);
    Ok(stages)
}

/// Evaluation and report: done when they hold every agent of the experiment, as it is now.
fn results(experiment: &Experiment, folder: &Folder) -> Result<[PlannedStage; 2]> {
    let scores = Scores::read(experiment, folder)?;
    let agents = scores::agents(experiment);
    let mut left = 0;
    for agent in &agents {
        let is_scored = scores.hash(agent).is_some_and(|hash| scores.holds(agent, hash));
        left += usize::from(!is_scored);
    }
    let done = left == 0;
    let work = format!("{} episodes each", experiment.evaluation.episodes);
    let agent =
        if done { format!("{} agents", agents.len()) } else { format!("{left} of {} agents left", agents.len()) };
    let reported = done && report::is_current(folder, experiment)?;
    Ok([
        PlannedStage { stage: "evaluate", done, agent, work },
        PlannedStage {
            stage: "report",
            done: reported,
            agent: String::new(),
            work: "summary.csv, index.html, plots".into(),
        },
    ])
}

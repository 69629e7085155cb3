//! `pd plan`: what would run, and what it needs.

use std::path::Path;

use anyhow::Result;
use serde::Serialize;

use super::arguments::Common;
use super::experiment::read;
use super::scores::{self, Scores};
use crate::config::Experiment;
use crate::frame::OBSERVATION;
use crate::nn::Architecture;
use crate::progress::Ended;
use crate::record::{Agent, Folder};
use crate::replay::TYPICAL_STEP;
use crate::report;
use crate::units::{Frames, grouped};

#[derive(Serialize)]
struct Plan {
    experiment: String,
    folder: String,
    networks: Vec<PlannedNetwork>,
    stages: Vec<PlannedStage>,
    /// Largest need of one run, in bytes: replay or memory, networks and minibatches.
    memory_bytes: u64,
    /// Replay and memory in checkpoints; like `memory_bytes` an estimate, as screens take more or less with the game.
    disk_bytes: u64,
}

#[derive(Serialize)]
struct PlannedNetwork {
    name: String,
    game: String,
    parameters: u64,
    /// With all 18 actions, as the paper counts.
    parameters_18_actions: u64,
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
    let (memory_bytes, disk_bytes) = needs(&experiment);
    let plan = Plan {
        experiment: experiment.name.clone(),
        folder: folder.root().display().to_string(),
        networks: networks(&experiment),
        stages: stages(&experiment, &folder)?,
        memory_bytes,
        disk_bytes,
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
        let (own, all) = (grouped(network.parameters), grouped(network.parameters_18_actions));
        println!("{:<12} {:<20} {own:>12} {all:>20}", network.name, network.game);
    }
    println!("\n{:<10} {:<6} {:<44} work", "stage", "done", "agent");
    for stage in &plan.stages {
        println!("{:<10} {:<6} {:<44} {}", stage.stage, if stage.done { "yes" } else { "no" }, stage.agent, stage.work);
    }
    let gib = |bytes: u64| bytes as f64 / f64::from(1 << 30);
    println!(
        "\nmemory: about {:.1} GiB; checkpoints on disk: about {:.1} GiB (with {TYPICAL_STEP} bytes for a step of play, the \
         mean of ten games; Pong takes a third of it, Beam Rider two and a half times as many)",
        gib(plan.memory_bytes),
        gib(plan.disk_bytes)
    );
}

/// Names and architectures: the teacher's, then the students'.
fn architectures(experiment: &Experiment, actions: usize) -> Vec<(String, Architecture)> {
    let teacher = ("teacher".to_owned(), Architecture::teacher(&experiment.teacher, actions));
    let students = experiment.students.iter();
    let students = students.map(|student| (student.name.clone(), Architecture::new(student.network, actions)));
    std::iter::once(teacher).chain(students).collect()
}

fn networks(experiment: &Experiment) -> Vec<PlannedNetwork> {
    let of_game = |&game: &crate::game::Game| {
        let actions = game.actions(experiment.environment.action_set).len();
        let all = architectures(experiment, 18);
        let own = architectures(experiment, actions);
        own.into_iter().zip(all).map(move |((name, own), (_, all))| PlannedNetwork {
            name,
            game: game.name().into(),
            parameters: own.parameters(),
            parameters_18_actions: all.parameters(),
        })
    };
    experiment.games.iter().flat_map(of_game).collect()
}

fn stages(experiment: &Experiment, folder: &Folder) -> Result<Vec<PlannedStage>> {
    let is_done = |agent: &Agent| folder.weights(agent).exists();
    let mut stages = Vec::new();
    let pairs = || experiment.seeds.iter().flat_map(|&seed| experiment.games.iter().map(move |&game| (game, seed)));
    for (game, seed) in pairs() {
        let agent = Agent::teacher(game, seed);
        let frames = Frames(experiment.teacher.frames);
        stages.push(PlannedStage {
            stage: "train",
            done: is_done(&agent),
            agent: agent.to_string(),
            work: format!("{frames} frames"),
        });
    }
    let settings = &experiment.distillation;
    let updates = grouped(settings.hours * settings.updates_per_hour);
    for (game, seed) in pairs() {
        for student in &experiment.students {
            let agent = Agent::student(&student.name, game, seed);
            let work = format!("{updates} updates");
            stages.push(PlannedStage { stage: "distill", done: is_done(&agent), agent: agent.to_string(), work });
        }
    }
    stages.extend(results(experiment, folder)?);
    Ok(stages)
}

/// Evaluation and report: done when they hold every agent of the experiment, as it is now.
fn results(experiment: &Experiment, folder: &Folder) -> Result<[PlannedStage; 2]> {
    let scores = Scores::read(experiment, folder)?;
    let agents = scores::agents(experiment);
    let mut left = 0;
    for agent in &agents {
        let is_scored = scores::hash(folder, agent)?.is_some_and(|hash| scores.holds(agent, &hash));
        left += usize::from(!is_scored);
    }
    let done = left == 0;
    let work = format!("{} episodes each", experiment.evaluation.episodes);
    let agent =
        if done { format!("{} agents", agents.len()) } else { format!("{left} of {} agents left", agents.len()) };
    let reported = done && report::is_current(folder)?;
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

/// Memory and disk of the largest run, in bytes.
fn needs(experiment: &Experiment) -> (u64, u64) {
    let actions = experiment.games.iter().map(|game| game.actions(experiment.environment.action_set).len());
    let actions = actions.max().unwrap_or(18);
    let networks = architectures(experiment, actions);
    // Weights, gradient and the optimiser's two averages; a teacher also has a target network and its best weights.
    let bytes = |(_, network): &(String, Architecture)| network.bytes();
    let teacher = 6 * bytes(&networks[0]);
    let students = 4 * networks[1..].iter().map(bytes).sum::<u64>() + bytes(&networks[0]);
    let batch = |size: usize| 12 * (size * OBSERVATION) as u64;
    let played = Frames(experiment.teacher.frames).steps(experiment.environment.frame_skip).0;
    let replay = experiment.teacher.replay.min(played) * TYPICAL_STEP;
    let distillation = &experiment.distillation;
    let steps = distillation.memory.min(distillation.hours * distillation.steps_per_hour);
    let memory = steps * (TYPICAL_STEP + (actions * size_of::<f32>()) as u64);
    let train = replay + teacher + batch(experiment.teacher.batch);
    let distill = memory + students + batch(distillation.batch);
    (train.max(distill), replay + memory)
}

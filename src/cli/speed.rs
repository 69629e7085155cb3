//! How long an experiment takes on this machine, from its speed in a few seconds.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use super::bench::measure::per_second;
use super::bench::{steps_per_second, updates_per_second};
use crate::agent::{Player, Policy};
use crate::config::{Data, Experiment, StudentSettings, Temperature};
use crate::env::{EpisodeSeeds, Pool, Rom, Rules};
use crate::eval::statistics::mean;
use crate::game::Game;
use crate::nn::{Architecture, Device, Network};
use crate::pipeline::{AgentPlan, AgentWork, PlannedTask, Stage, TaskState, Work as _};
use crate::record::{AgentId, EpisodeRow, Folder, read_rows};
use crate::units::Seed;

/// Time of one measurement.
const SPAN: Duration = Duration::from_secs(1);
/// Cadence of what must not happen in a measurement.
const NEVER: u64 = 1_000_000_000;
/// Most steps of a replay, and of play, that a measurement fills.
const MOST: u64 = 20_000;
/// Agent steps of an episode where none is recorded: of a console's game, and of a built-in one.
const EPISODE_STEPS: f64 = 2_000.0;
const BUILT_IN_EPISODE_STEPS: f64 = 200.0;

/// The speed of one task, in the first game of the experiment, and the time that follows for what is left.
#[derive(Debug, Default, Serialize)]
pub struct PlannedTime {
    /// Agent steps per second of a teacher's training; none if no teacher is trained.
    pub training_steps_per_second: Option<f64>,
    /// Updates per second of each student.
    pub updates_per_second: BTreeMap<String, f64>,
    /// Agent steps per second of an evaluation, and of the play that students learn from.
    pub evaluation_steps_per_second: Option<f64>,
    /// Students whose learning is not in the hours, since they have a view of their own.
    pub not_measured: Vec<String>,
    /// Hours of each stage, with as many tasks at once as `pd run` would do.
    pub hours: BTreeMap<Stage, f64>,
}

/// Measures the speed of each kind of work that is left, and estimates its time.
///
/// # Errors
/// If a game cannot be played here.
pub fn planned_time(experiment: &Experiment, plan: &AgentPlan, device: Device, jobs: usize) -> Result<PlannedTime> {
    let tasks = plan.work.iter().zip(&plan.tasks);
    let left: Vec<(&AgentWork, &PlannedTask)> = tasks.filter(|(_, task)| task.state != TaskState::Done).collect();
    let machine = Machine { experiment, game: experiment.games[0], device };
    let mut time = PlannedTime::default();
    if left.iter().any(|(work, _)| matches!(work, AgentWork::Train(_))) {
        time.training_steps_per_second = Some(machine.training()?);
    }
    let learns = |student: &&StudentSettings| left.iter().any(|(work, _)| learner(work) == Some(&student.name));
    for student in experiment.students.iter().filter(learns) {
        match student.observation.is_teachers() {
            true => _ = time.updates_per_second.insert(student.name.clone(), machine.distillation(student)?),
            false => time.not_measured.push(student.name.clone()),
        }
    }
    if left.iter().any(|(work, _)| learner(work).is_some() || matches!(work, AgentWork::Evaluate(_))) {
        time.evaluation_steps_per_second = Some(machine.evaluation()?);
    }
    let of_task = |(work, task): &(&AgentWork, &PlannedTask)| {
        Some((work.stage(), seconds_of(experiment, &time, work, task.left())?))
    };
    let stages = left.iter().filter_map(of_task).collect();
    time.hours = hours(stages, jobs);
    Ok(time)
}

/// Hours of each stage, from the stage and the seconds alone of each task, of which `jobs` are done at once.
pub fn hours(tasks: Vec<(Stage, f64)>, jobs: usize) -> BTreeMap<Stage, f64> {
    let mut stages: BTreeMap<Stage, (f64, usize)> = BTreeMap::new();
    for (stage, seconds) in tasks {
        let (sum, count) = stages.entry(stage).or_default();
        (*sum, *count) = (*sum + seconds, *count + 1);
    }
    let hours = |(sum, count): (f64, usize)| sum / jobs.min(count).max(1) as f64 / 3600.0;
    stages.into_iter().map(|(stage, own)| (stage, hours(own))).collect()
}

/// The student that learns from a teacher.
fn learner(work: &AgentWork) -> Option<&str> {
    match work {
        AgentWork::Sweep(agent) | AgentWork::Distill(agent) | AgentWork::Follow(agent) => Some(&agent.name),
        AgentWork::Train(_) | AgentWork::Take(_) | AgentWork::Evaluate(_) | AgentWork::Report => None,
    }
}

/// The seconds alone of an amount of work; `None` if its speed was not measured.
fn seconds_of(experiment: &Experiment, time: &PlannedTime, work: &AgentWork, amount: u64) -> Option<f64> {
    let amount = amount as f64;
    Some(match work {
        AgentWork::Train(_) => amount / time.training_steps_per_second?,
        AgentWork::Evaluate(agent) => amount * episode_steps(experiment, agent) / time.evaluation_steps_per_second?,
        _ => {
            let name = learner(work)?;
            let student = experiment.students.iter().find(|student| student.name == name)?;
            let steps = amount * steps_per_update(experiment, work, student);
            amount / time.updates_per_second.get(name)? + steps / time.evaluation_steps_per_second?
        }
    })
}

/// Steps of play for an update of work on a student. What learns from the same play shares its time.
fn steps_per_update(experiment: &Experiment, work: &AgentWork, student: &StudentSettings) -> f64 {
    let settings = &experiment.distillation;
    let learns_beside = |own: &&StudentSettings| {
        !own.is_baseline() && own.is_shared() == student.is_shared() && own.observation == student.observation
    };
    let sharing = match (work, settings.data) {
        (AgentWork::Sweep(_), _) => settings.sweep_gaps.len(),
        (_, Data::Teacher) => experiment.students.iter().filter(learns_beside).count(),
        (_, Data::Student | Data::Mixed) => 1,
    };
    settings.steps_per_hour as f64 / (settings.updates_per_hour * sharing.max(1) as u64) as f64
}

/// Mean agent steps of an episode of the agent's game, as its teacher played them where it comes from. Those of the
/// teacher itself and of random play are taken from there.
fn episode_steps(experiment: &Experiment, agent: &AgentId) -> f64 {
    let game = agent.game;
    let source = experiment.teacher_source(game);
    let rows: Vec<EpisodeRow> =
        source.map_or(Vec::new(), |source| read_rows(&Folder::at(source).episodes()).unwrap_or_default());
    let of_game = rows.iter().filter(|row| row.game == game.name() && row.agent == "teacher");
    let frames: Vec<f64> = of_game.map(|row| row.frames as f64).collect();
    match mean(&frames) {
        Some(_) if !agent.is_student() => 0.0,
        Some(frames) => frames / f64::from(experiment.environment.frame_skip),
        None if game.is_built_in() => BUILT_IN_EPISODE_STEPS,
        None => EPISODE_STEPS,
    }
}

/// The experiment, game and device whose speed is measured.
struct Machine<'a> {
    experiment: &'a Experiment,
    game: Game,
    device: Device,
}

impl Machine<'_> {
    fn pool(&self, rules: &Rules, workers: usize) -> Result<Pool> {
        Pool::load(self.game, Rom::find(self.game)?.as_ref(), rules, workers)
    }

    fn teacher(&self) -> Architecture {
        let own = self.experiment.teacher_settings(self.game);
        Architecture::teacher(own, &self.experiment.environment.spec(self.game))
    }

    /// Agent steps per second of a training from its warm-up on, without logs, evaluations and checkpoints.
    fn training(&self) -> Result<f64> {
        let mut experiment = self.experiment.clone();
        let workers = experiment.environment.workers;
        let own = &mut experiment.teacher;
        (own.log_every, own.evaluation_every, own.checkpoint_every) = (NEVER, NEVER, NEVER);
        // The clock ends it, before its own end, which is evaluated.
        own.frames = 4 * NEVER;
        (own.replay, own.warmup) = (own.replay.min(MOST), own.warmup.min(16 * workers as u64));
        let pool = self.pool(&Rules::of_training(&experiment.environment, self.game), workers)?;
        steps_per_second(&experiment, self.teacher(), self.device, pool, SPAN)
    }

    /// Updates per second of a student of a teacher with random weights.
    fn distillation(&self, student: &StudentSettings) -> Result<f64> {
        let mut experiment = self.experiment.clone();
        let workers = experiment.environment.workers;
        experiment.games = vec![self.game];
        experiment.students = vec![StudentSettings { temperature: Temperature::Absolute(0.1), ..student.clone() }];
        let own = &mut experiment.distillation;
        (own.hours, own.updates_per_hour, own.steps_per_hour) = (1, NEVER, 16 * workers as u64);
        (own.online, own.evaluation_every, own.memory) = (false, 0, own.memory.min(MOST));
        let teacher = Network::new(&self.teacher(), Seed(0), self.device);
        let pool = self.pool(&Rules::of_training(&experiment.environment, self.game), workers)?;
        updates_per_second(&experiment, &teacher, pool, SPAN)
    }

    /// Agent steps per second of an evaluation of a network of the teacher's size.
    fn evaluation(&self) -> Result<f64> {
        let workers = self.experiment.evaluation.workers.min(self.experiment.evaluation.episodes).max(1);
        let mut pool = self.pool(&Rules::of_evaluation(self.experiment, self.game), workers)?;
        let network = Network::new(&self.teacher(), Seed(0), self.device);
        let player = Player::new(&network, 0);
        let mut seeds = EpisodeSeeds::new(Seed(0), workers);
        let mut generators: Vec<_> = (0..workers as u64).map(|i| Seed(0).derive("play", i).generator()).collect();
        pool.begin_ended(&mut seeds);
        Ok(per_second(SPAN, || {
            let actions = player.act(pool.observations(), self.experiment.evaluation.epsilon, &mut generators);
            pool.step(&actions);
            pool.begin_ended(&mut seeds);
            workers
        }))
    }
}

//! Estimates the memory and disk that an experiment needs from its settings.

use super::agents::{architecture, environment, games, networks, teacher_of, teachers};
use crate::config::{Algorithm, Data, Experiment};
use crate::game::View;
use crate::record::{AgentId, Role};
use crate::replay::TYPICAL_STEP;
use crate::spec::Shape;

/// Bytes that the largest runs of an experiment need. The estimate assumes a typical size of screens; the true size
/// depends on the game.
pub struct Resources {
    /// Replay or memory, networks and minibatches of the largest trainings, and of the largest distillations.
    pub training: u64,
    pub distilling: u64,
    /// Checkpoints, and the best teachers that are kept for followers.
    pub disk: u64,
}

impl Resources {
    /// The need of `jobs` runs at once.
    pub fn of(experiment: &Experiment, jobs: usize) -> Resources {
        let (learning, distilling) = (trainings(experiment), [distillations(experiment), sweeps(experiment)].concat());
        let largest = |runs: &[RunSize], need: fn(&RunSize) -> u64| {
            let mut each: Vec<u64> = runs.iter().map(need).collect();
            each.sort_unstable();
            each.iter().rev().take(jobs).sum::<u64>()
        };
        let memory = |runs: &[RunSize]| largest(runs, |run| run.networks + run.play);
        // A new checkpoint is complete before the old one is removed.
        let checkpoints = |runs: &[RunSize]| 2 * largest(runs, |run| run.play);
        let kept = learning.iter().map(|run| run.play).sum::<u64>();
        let disk = match experiment.teacher.can_go_on() {
            // Every training leaves its last checkpoint.
            true => kept + (checkpoints(&learning) / 2).max(checkpoints(&distilling)),
            false => checkpoints(&learning).max(checkpoints(&distilling)),
        };
        Resources { training: memory(&learning), distilling: memory(&distilling), disk: disk + bests(experiment) }
    }
}

/// Memory of a run in bytes. On disk, only its play is large.
#[derive(Clone)]
struct RunSize {
    networks: u64,
    play: u64,
}

fn bytes(experiment: &Experiment, agent: &AgentId) -> u64 {
    architecture(experiment, agent).map_or(0, |network| network.bytes())
}

fn batch(size: usize, experiment: &Experiment, agent: &AgentId) -> u64 {
    12 * (size * observation(experiment, agent).bytes()) as u64
}

fn observation(experiment: &Experiment, agent: &AgentId) -> Shape {
    environment(experiment, agent).spec(agent.game).observation
}

/// Bytes of a step in a replay, without its payload.
fn step(shape: Shape) -> u64 {
    match shape {
        Shape::Image { .. } => TYPICAL_STEP,
        // The vector, and a transition of 16 bytes.
        Shape::Vector { .. } => shape.bytes() as u64 + 16,
    }
}

/// Steps of a training in each of its games.
fn steps(experiment: &Experiment) -> u64 {
    experiment.teacher.steps(experiment.environment.frame_skip).0
}

/// Every network that learns from rewards.
fn learners(experiment: &Experiment) -> Vec<AgentId> {
    [teachers(experiment), networks(experiment, |student| student.is_baseline())].concat()
}

fn trainings(experiment: &Experiment) -> Vec<RunSize> {
    let teacher = &experiment.teacher;
    let replay = |agent: &AgentId| match teacher.algorithm {
        Algorithm::Dqn => teacher.replay.min(steps(experiment)) * step(observation(experiment, agent)),
        Algorithm::Pqn => 0,
    };
    let rollout = |agent: &AgentId| match teacher.algorithm {
        Algorithm::Dqn => 0,
        Algorithm::Pqn => {
            let steps = teacher.rollout * experiment.environment.workers as u64;
            steps * (observation(experiment, agent).bytes() as u64 + 32)
        }
    };
    let is_trained = |agent: &AgentId| agent.role != Role::Teacher || teacher.from.as_os_str().is_empty();
    let run = |agent: AgentId| RunSize {
        // Weights, gradient and the optimiser's two averages; a target network and the best weights.
        networks: 6 * bytes(experiment, &agent) + batch(teacher.batch, experiment, &agent) + rollout(&agent),
        play: games(experiment, &agent).len() as u64 * replay(&agent),
    };
    learners(experiment).into_iter().filter(is_trained).map(run).collect()
}

/// The distillations of each seed. On the teacher's states, students of a game, or those of all games, learn together if
/// they have one view; otherwise each has its own play and memory.
fn distillations(experiment: &Experiment) -> Vec<RunSize> {
    let students = networks(experiment, |student| !student.is_baseline());
    let together = |agents: &[AgentId]| distillation(experiment, agents, experiment.distillation.hours);
    let runs_of = |agents: Vec<AgentId>| -> Vec<RunSize> {
        let size = match experiment.distillation.data {
            Data::Teacher => agents.len().max(1),
            Data::Student | Data::Mixed => 1,
        };
        agents.chunks(size).filter_map(together).collect()
    };
    let mut runs = Vec::new();
    for (&seed, view) in experiment.seeds.iter().flat_map(|seed| View::ALL.map(|view| (seed, view))) {
        let sees = |agent: &AgentId| environment(experiment, agent).observation == view;
        let of_seed = |shared: bool| {
            students.iter().filter(move |agent| agent.seed == seed && agent.shared == shared && sees(agent))
        };
        for &game in &experiment.games {
            runs.extend(runs_of(of_seed(false).filter(|agent| agent.game == game).cloned().collect()));
        }
        runs.extend(runs_of(of_seed(true).cloned().collect()));
    }
    runs
}

/// The networks of a sweep: one for each temperature that is tried for a student, all at the same time.
fn sweeps(experiment: &Experiment) -> Vec<RunSize> {
    let settings = &experiment.distillation;
    let sweep = |agent| distillation(experiment, &vec![agent; settings.sweep_gaps.len()], settings.sweep_hours);
    networks(experiment, |student| student.chooses_temperature()).into_iter().filter_map(sweep).collect()
}

/// The distillation of these students, with a teacher for each of their games; `None` without students.
fn distillation(experiment: &Experiment, students: &[AgentId], hours: u64) -> Option<RunSize> {
    let settings = &experiment.distillation;
    let first = students.first()?;
    let games = games(experiment, first).len() as u64;
    let steps = settings.memory.min(hours * settings.steps_per_hour);
    let actions = experiment.games.iter().map(|game| game.actions(experiment.environment.action_set).len());
    let teacher = teacher_of(experiment, first.game, first.seed);
    let (own, teachers) = (observation(experiment, first), observation(experiment, &teacher));
    // The teacher's view is kept too if there will be another teacher.
    let view = if experiment.distillation.online && own != teachers { step(teachers) } else { 0 };
    // A step's Q-values lie in a block of their own.
    let step = step(own) + view + 32 + (actions.max().unwrap_or(18) * size_of::<f32>()) as u64;
    let teachers = games * bytes(experiment, &teacher);
    let networks = students.iter().map(|agent| 4 * bytes(experiment, agent)).sum::<u64>() + teachers;
    Some(RunSize { networks: networks + batch(settings.batch, experiment, first), play: games * steps * step })
}

/// Size of the best weights for followers: at most one file per evaluation.
fn bests(experiment: &Experiment) -> u64 {
    if !experiment.distillation.online {
        return 0;
    }
    let evaluations = steps(experiment).div_ceil(experiment.teacher.evaluation_every);
    teachers(experiment).iter().map(|agent| evaluations * bytes(experiment, agent)).sum()
}

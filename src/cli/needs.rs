//! The memory and disk that an experiment takes, estimated from its settings.

use super::scores;
use crate::config::{Algorithm, Experiment};
use crate::record::{Agent, Role};
use crate::replay::TYPICAL_STEP;
use crate::spec::Shape;
use crate::units::Frames;

/// In bytes; screens take more or less than is assumed with the game.
pub struct Needs {
    /// Of the largest run: replay or memory, networks and minibatches.
    pub memory: u64,
    /// Of the largest run's checkpoints, and of the best teachers that are kept for who follows them.
    pub disk: u64,
}

impl Needs {
    pub fn of(experiment: &Experiment) -> Needs {
        let runs = [trainings(experiment), distillations(experiment), sweeps(experiment)].concat();
        let most = |of: fn(&Run) -> u64| runs.iter().map(of).max().unwrap_or(0);
        // A new checkpoint is whole before the old one is removed.
        Needs { memory: most(|run| run.networks + run.play), disk: 2 * most(|run| run.play) + bests(experiment) }
    }
}

/// What a run has in memory, in bytes. Only its play is large on disk.
#[derive(Clone)]
struct Run {
    networks: u64,
    play: u64,
}

fn bytes(experiment: &Experiment, agent: &Agent) -> u64 {
    scores::architecture(experiment, agent).map_or(0, |network| network.bytes())
}

fn batch(size: usize, experiment: &Experiment, agent: &Agent) -> u64 {
    12 * (size * observation(experiment, agent).bytes()) as u64
}

fn observation(experiment: &Experiment, agent: &Agent) -> Shape {
    experiment.environment.spec(agent.game).observation
}

/// Bytes of a step in a replay, but for what was recorded with it.
fn step(shape: Shape) -> u64 {
    match shape {
        Shape::Image { .. } => TYPICAL_STEP,
        // A transition beside the vector.
        Shape::Vector { .. } => shape.bytes() as u64 + 16,
    }
}

/// Steps of a training in each of its games.
fn steps(experiment: &Experiment) -> u64 {
    Frames(experiment.teacher.frames).steps(experiment.environment.frame_skip).0
}

/// Every network that learns from rewards.
fn learners(experiment: &Experiment) -> Vec<Agent> {
    [scores::teachers(experiment), scores::networks(experiment, |student| student.is_baseline())].concat()
}

fn trainings(experiment: &Experiment) -> Vec<Run> {
    let teacher = &experiment.teacher;
    let replay = |agent: &Agent| match teacher.algorithm {
        Algorithm::Dqn => teacher.replay.min(steps(experiment)) * step(observation(experiment, agent)),
        Algorithm::Pqn => 0,
    };
    let is_trained = |agent: &Agent| agent.role != Role::Teacher || teacher.from.as_os_str().is_empty();
    let run = |agent: Agent| Run {
        // Weights, gradient and the optimiser's two averages; a target network and the best weights.
        networks: 6 * bytes(experiment, &agent) + batch(teacher.batch, experiment, &agent),
        play: scores::games(experiment, &agent).len() as u64 * replay(&agent),
    };
    learners(experiment).into_iter().filter(is_trained).map(run).collect()
}

/// A seed's students of a game, or those of all games, which are distilled together.
fn distillations(experiment: &Experiment) -> Vec<Run> {
    let students = scores::networks(experiment, |student| !student.is_baseline());
    let together = |shared: bool| {
        let one = |agent: &&Agent| {
            agent.shared == shared && (shared || agent.game == experiment.games[0]) && agent.seed == experiment.seeds[0]
        };
        let own: Vec<_> = students.iter().filter(one).cloned().collect();
        distillation(experiment, &own, experiment.distillation.hours)
    };
    [false, true].into_iter().filter_map(together).collect()
}

/// A network for each temperature that is tried for a student, all of them at once.
fn sweeps(experiment: &Experiment) -> Vec<Run> {
    let settings = &experiment.distillation;
    let sweep = |agent| distillation(experiment, &vec![agent; settings.sweep_gaps.len()], settings.sweep_hours);
    scores::networks(experiment, |student| student.chooses_temperature()).into_iter().filter_map(sweep).collect()
}

/// The distillation of these students, with a teacher for each of their games; none without students.
fn distillation(experiment: &Experiment, students: &[Agent], hours: u64) -> Option<Run> {
    let settings = &experiment.distillation;
    let first = students.first()?;
    let games = scores::games(experiment, first).len() as u64;
    let steps = settings.memory.min(hours * settings.steps_per_hour);
    let actions = experiment.games.iter().map(|game| game.actions(experiment.environment.action_set).len());
    // A step's Q-values lie in a block of their own.
    let step = step(observation(experiment, first)) + 32 + (actions.max().unwrap_or(18) * size_of::<f32>()) as u64;
    let teachers = games * bytes(experiment, &Agent::teacher(first.game, first.seed));
    let networks = students.iter().map(|agent| 4 * bytes(experiment, agent)).sum::<u64>() + teachers;
    Some(Run { networks: networks + batch(settings.batch, experiment, first), play: games * steps * step })
}

/// Weights for followers: at most those of every evaluation.
fn bests(experiment: &Experiment) -> u64 {
    if !experiment.distillation.online {
        return 0;
    }
    let evaluations = steps(experiment).div_ceil(experiment.teacher.evaluation_every);
    let of_one_game = learners(experiment).into_iter().filter(|agent| !agent.shared);
    of_one_game.map(|agent| evaluations * bytes(experiment, &agent)).sum()
}

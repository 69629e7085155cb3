//! Progress of each run that has no score yet.

use super::format::percent;
use super::read::{AgentLog, Results, runs};
use crate::config::Distillation;
use crate::record::{AgentId, Role};

const NOT_STARTED: &str = "not started";

/// The runs of the experiment without a score, each with its progress. Runs that have started come first.
pub fn unscored(results: &Results) -> Vec<String> {
    let total = results.experiment.teacher.frames;
    let Distillation { hours, updates_per_hour, .. } = results.experiment.distillation;
    let random = runs(&results.experiment).map(|(game, seed)| (AgentId::random(game, seed), "not scored".to_owned()));
    let teachers = results.teachers.iter().map(|teacher| {
        let total = results.experiment.teacher_settings(teacher.agent.game).frames;
        (teacher.agent.clone(), state(teacher, teacher.train.last().map(|row| row.frames as f64 / total as f64)))
    });
    let students = results.students.iter().map(|student| {
        let games = if student.agent.shared { results.experiment.games.len() as u64 } else { 1 };
        let updates = (hours * updates_per_hour * games) as f64;
        (student.agent.clone(), state(student, student.train.last().map(|row| row.updates as f64 / updates)))
    });
    let baselines = results.baselines.iter().map(|baseline| {
        (baseline.agent.clone(), state(baseline, baseline.train.last().map(|row| row.frames as f64 / total as f64)))
    });
    let mut runs: Vec<_> =
        teachers.chain(baselines).chain(students).chain(random).filter(|(agent, _)| !scored(results, agent)).collect();
    runs.sort_by_key(|(_, state)| state == NOT_STARTED);
    runs.into_iter().map(|(agent, state)| format!("{agent} ({state})")).collect()
}

fn state<Row>(learner: &AgentLog<Row>, share: Option<f64>) -> String {
    match share {
        _ if learner.finished => "learned, not scored".to_owned(),
        Some(share) => format!("{} learned", percent(share.min(1.0))),
        None => NOT_STARTED.to_owned(),
    }
}

fn scored(results: &Results, agent: &AgentId) -> bool {
    results.scores.iter().any(|row| {
        row.role == agent.role
            && row.game == agent.game.name()
            && row.seed == agent.seed
            && (row.role != Role::Student || row.agent == agent.name)
    })
}

//! Finds the warnings that apply to results.

use super::Warning;
use crate::config::TeacherSettings;
use crate::eval::statistics::{Estimate, Interval};
use crate::game::Game;
use crate::record::{Role, SummaryRow, TrainRow};
use crate::report::agent_result::{AgentResult, AgentResults};
use crate::report::format::{listed, number, percent};
use crate::report::prose::not_above_0;
use crate::report::read::{AgentLog, Results};
use crate::report::unscored;

/// Fewer seeds than this say little about another training.
pub const SEEDS: usize = 3;
/// Fewer episodes than this give wide intervals that the bootstrap makes too narrow.
const EPISODES: usize = 30;

/// A teacher with less than this share of published DQN's score is far below it.
const WEAK: f64 = 0.5;

/// All warnings that apply, the most serious first.
pub fn warnings(results: &Results, agent_results: &AgentResults) -> Vec<Warning> {
    let scored = !agent_results.each.is_empty();
    let seeds = results.experiment.seeds.len();
    let episodes = results.scores.iter().map(|row| row.episodes).min().filter(|&least| least < EPISODES as u64);
    let students = agent_results.each.iter().filter(|agent_result| agent_result.role() == Role::Student);
    let named = |agent_result: &AgentResult| format!("{} in {}", agent_result.agent(), agent_result.game);
    let better = |agent_result: &&AgentResult| agent_result.relative.is_some_and(|share| share.is_above(1.0));
    let candidates = [
        some(unscored::unscored(results), |runs| Warning::Unfinished { runs }),
        some(non_finite(results), |files| Warning::NonFinite { files }),
        some(beyond_rewards(results), |runs| Warning::BeyondRewards { runs }),
        (scored && seeds < SEEDS).then_some(Warning::FewSeeds { seeds }),
        episodes.map(|episodes| Warning::FewEpisodes { episodes }),
        some(near_random(results, agent_results), |games| Warning::TeacherNearRandom { games }),
        some(weak_teachers(results, agent_results), |games| Warning::WeakTeacher { games }),
        some(not_above_random(agent_results), |students| Warning::StudentNotAboveRandom { students }),
        some(students.filter(better).map(named).collect(), |students| Warning::StudentAboveTeacher { students }),
        some(without_geometric_mean(agent_results), |students| Warning::NoGeometricMean { students }),
        some(truncated(results, agent_results), |agents| Warning::Truncated { agents }),
        (results.foreign_scores > 0).then_some(Warning::Foreign { rows: results.foreign_scores }),
    ];
    candidates.into_iter().flatten().collect()
}

fn some(items: Vec<String>, warning: impl FnOnce(Vec<String>) -> Warning) -> Option<Warning> {
    (!items.is_empty()).then(|| warning(items))
}

fn near_random(results: &Results, agent_results: &AgentResults) -> Vec<String> {
    let near = |teacher: Interval, random: Interval| teacher.overlaps(random) || teacher.high < random.low;
    let width = |result: &AgentResult| {
        let Estimate { value, interval } = result.score;
        interval.unwrap_or(Interval { low: value, high: value })
    };
    let games = results.experiment.games.iter();
    games
        .filter_map(|&game| {
            let teacher = agent_results.reference(Role::Teacher, game)?;
            let random = agent_results.reference(Role::Random, game)?;
            near(width(teacher), width(random))
                .then(|| format!("{game} ({} against {})", number(teacher.score.value), number(random.score.value)))
        })
        .collect()
}

/// The games in which the teacher's score above random play is less than [`WEAK`] of published DQN's.
fn weak_teachers(results: &Results, agent_results: &AgentResults) -> Vec<String> {
    let is_weak = |&&game: &&Game| {
        let entry = game.entry();
        let teacher = agent_results.reference(Role::Teacher, game).map(|teacher| teacher.score.value);
        let shares = teacher.zip(entry.random).zip(entry.dqn);
        // Where the frame limit ends most episodes, the score says little of the teacher.
        let own = results.episodes.iter().filter(|row| row.role == Role::Teacher && row.game == game.name());
        let (cut, all) = own.fold((0, 0), |(cut, all), row| (cut + usize::from(row.truncated), all + 1));
        2 * cut <= all && shares.is_some_and(|((teacher, random), dqn)| teacher - random < WEAK * (dqn - random))
    };
    results.experiment.games.iter().filter(is_weak).map(ToString::to_string).collect()
}

fn not_above_random(agent_results: &AgentResults) -> Vec<String> {
    let warning_for = |student: &AgentResult| {
        let random = agent_results.reference(Role::Random, student.game)?.score.value;
        let (agent, game, mean) = (student.agent(), student.game, number(student.score.value));
        (student.score.value <= random).then(|| format!("{agent} in {game} ({mean} against {})", number(random)))
    };
    agent_results
        .each
        .iter()
        .filter(|agent_result| agent_result.role() == Role::Student)
        .filter_map(warning_for)
        .collect()
}

fn without_geometric_mean(agent_results: &AgentResults) -> Vec<String> {
    let warning_for = |row: &SummaryRow| {
        let games = not_above_0(agent_results, &row.agent);
        (row.games > 1 && !games.is_empty()).then(|| format!("{} in {}", row.agent, listed(&games)))
    };
    agent_results.overall.iter().filter_map(warning_for).collect()
}

fn truncated(results: &Results, agent_results: &AgentResults) -> Vec<String> {
    let share = |agent_result: &AgentResult| {
        let episodes = results.episodes.iter().filter(|row| {
            row.role == agent_result.role() && row.agent == agent_result.agent() && row.game == agent_result.game.name()
        });
        let ended = episodes.clone().filter(|row| row.truncated).count();
        (ended > 0).then(|| {
            format!(
                "{} in {} ({})",
                agent_result.agent(),
                agent_result.game,
                percent(ended as f64 / episodes.count() as f64)
            )
        })
    };
    agent_results.each.iter().filter_map(share).collect()
}

fn non_finite(results: &Results) -> Vec<String> {
    let bad = |value: Option<f64>| value.is_some_and(|value| !value.is_finite());
    let scores = results.scores.iter().any(|row| bad(Some(row.mean)) || bad(row.relative_to_teacher));
    let teachers = results.teachers.iter().chain(&results.baselines).filter(|teacher| {
        teacher.train.iter().any(|row| bad(row.loss) || bad(row.q_mean) || bad(row.return_mean))
            || teacher.eval.iter().any(|row| bad(Some(row.mean)))
    });
    let students = results.students.iter().filter(|student| {
        student.train.iter().any(|row| bad(Some(row.loss)) || bad(Some(row.teacher_entropy)))
            || student.eval.iter().any(|row| bad(Some(row.mean)))
    });
    let logs = teachers.map(|teacher| &teacher.agent).chain(students.map(|student| &student.agent));
    let logs = logs.map(|agent| format!("the log of {agent}"));
    scores.then(|| "scores.csv".to_owned()).into_iter().chain(logs).collect()
}

/// The trainings from rewards whose mean Q-value was ever too large, with the largest and its bound.
fn beyond_rewards(results: &Results) -> Vec<String> {
    let teachers = results.teachers.iter().map(|log| (results.experiment.teacher_settings(log.agent.game), log));
    let baselines = results.baselines.iter().map(|log| (&results.experiment.teacher, log));
    let largest = |(settings, log): (&TeacherSettings, &AgentLog<TrainRow>)| {
        let q = log.train.iter().filter_map(|row| row.q_mean).filter(|q| q.is_finite());
        let (largest, most) = (q.map(f64::abs).reduce(f64::max)?, settings.most_q()?);
        let is_beyond = settings.is_beyond_rewards(largest);
        is_beyond.then(|| format!("{} ({} of at most {most:.0})", log.agent, number(largest)))
    };
    teachers.chain(baselines).filter_map(largest).collect()
}

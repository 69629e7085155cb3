//! An agent's figures over all its games, relative to its teachers: a row of `summary.csv`.

use super::agent_result::{AgentResult, mean_of, seed_for};
use super::read::Results;
use super::runs::game_runs;
use crate::eval::paper;
use crate::eval::statistics::{self, AgainstTeacher, Estimate, Figures, GameRuns, Interval, Intervals, intervals};
use crate::game::Game;
use crate::record::{Role, ScoreRow, SummaryRow};

/// A student's or teacher's row over games. It also sets the agent's relative results in `each`.
pub fn summarize(results: &Results, each: &mut [AgentResult], role: Role, agent: &str) -> Option<SummaryRow> {
    let mut agent_results: Vec<&mut AgentResult> =
        each.iter_mut().filter(|agent_result| agent_result.role() == role && agent_result.agent() == agent).collect();
    let figures = figures(&agent_results);
    let intervals = if role == Role::Student { of_student(results, &agent_results) } else { Intervals::default() };
    set(&mut agent_results, &figures, &intervals);
    agent_results.iter_mut().for_each(|own| own.otherwise = otherwise(results, own));
    let rows: Vec<ScoreRow> = agent_results.iter().flat_map(|agent_result| agent_result.rows.clone()).collect();
    let (paper, paper_note) = reported(results, &agent_results).unzip();
    // A mean of 0 says that some game's relative score is not above 0: no geometric mean exists.
    let geometric_mean = figures.geometric_mean.filter(|&mean| mean > 0.0);
    let (ci_low, ci_high) = ends(intervals.geometric_mean.filter(|_| geometric_mean.is_some()));
    let (iqm_ci_low, iqm_ci_high) = ends(intervals.interquartile_mean);
    let (mean_ci_low, mean_ci_high) = ends(intervals.mean);
    let (beats_ci_low, beats_ci_high) = ends(intervals.beats);
    Some(SummaryRow {
        experiment: results.experiment.name.clone(),
        role,
        agent: agent.to_owned(),
        games: agent_results.len() as u64,
        seeds: agent_results.iter().map(|agent_result| agent_result.rows.len() as u64).max()?,
        parameters: mean_of(&rows, |row| row.parameters.map(|count| count as f64)).map(|mean| mean.round() as u64),
        compression: mean_of(&rows, |row| row.compression),
        relative_geometric_mean: geometric_mean,
        ci_low,
        ci_high,
        relative_iqm: figures.interquartile_mean,
        paper,
        paper_note,
        iqm_ci_low,
        iqm_ci_high,
        relative_mean: figures.mean,
        mean_ci_low,
        mean_ci_high,
        beats_teacher: figures.beats,
        beats_ci_low,
        beats_ci_high,
    })
}

fn set(own: &mut [&mut AgentResult], figures: &Figures, intervals: &Intervals) {
    let none = std::iter::repeat(&(None, None));
    for ((agent_result, against_teacher), &(relative, beats)) in
        own.iter_mut().zip(&figures.games).zip(intervals.games.iter().chain(none))
    {
        let estimate = |value: Option<f64>, interval| value.map(|value| Estimate { value, interval });
        agent_result.relative = estimate(against_teacher.relative, relative);
        agent_result.beats = estimate(against_teacher.beats, beats);
    }
}

/// An agent's score in a game relative to its teachers by the definition that is not the game's: the mean over its
/// seeds.
fn otherwise(results: &Results, own: &AgentResult) -> Option<f64> {
    let mean = |role, agent: &str, seed| statistics::mean(results.episode_scores(role, agent, own.game, seed));
    let of_seed = |row: &ScoreRow| {
        let teacher = mean(Role::Teacher, "teacher", results.experiment.teacher_seed(row.seed))?;
        row.ratio?.other().value(row.mean, teacher, mean(Role::Random, "random", row.seed))
    };
    mean_of(&own.rows, of_seed)
}

fn ends(interval: Option<Interval>) -> (Option<f64>, Option<f64>) {
    interval.map(|interval| (interval.low, interval.high)).unzip()
}

fn figures(own: &[&mut AgentResult]) -> Figures {
    let of_run = |row: &ScoreRow| AgainstTeacher { relative: row.relative_to_teacher, beats: row.beats_teacher };
    let of_game = |agent_result: &&mut AgentResult| agent_result.rows.iter().map(of_run).collect();
    Figures::of(&own.iter().map(of_game).collect::<Vec<_>>())
}

/// The paper's figure for the corresponding agent, with its reservations.
fn reported(results: &Results, own: &[&mut AgentResult]) -> Option<(f64, String)> {
    let row = own.first()?.rows.first()?;
    let student = results.student(&row.agent).filter(|_| row.role == Role::Student);
    let teacher = &results.experiment.teacher;
    let loss = student.and_then(|student| student.loss.loss());
    let network = student.map_or(&teacher.network, |student| &student.network);
    let figure = paper::reported(loss, network, row.network_games?)?;
    let games: Vec<Game> = own.iter().map(|agent_result| agent_result.game).collect();
    let temperature = student.filter(|student| student.loss.has_temperature()).map(|student| student.temperature);
    let mut note = figure.note(&games, temperature);
    if loss.is_none() && !teacher.is_plain_dqn() {
        note += "; by DQN with a memory of each game, here by another algorithm";
    }
    Some((figure.share, note))
}

/// The intervals of a student's figures; none if a game has a single episode.
fn of_student(results: &Results, own: &[&mut AgentResult]) -> Intervals {
    let games: Vec<GameRuns> = own.iter().map(|own| game_runs(results, own, own.ratio())).collect();
    let is_single = games.iter().any(GameRuns::is_single);
    let Some(first) = own.first().filter(|_| !is_single) else { return Intervals::default() };
    intervals(&games, results.is_shared(first.agent()), seed_for(&format!("relative {}", first.agent())))
}

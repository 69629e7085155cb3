//! The episodes of students, run by run, as statistics compare them.

use super::agent_result::AgentResult;
use super::read::Results;
use crate::eval::statistics::{GameRuns, Run};
use crate::record::{Ratio, Role};

/// The episodes of a student in a game with one seed, with those of its teacher and of random play.
fn run<'a>(results: &'a Results, own: &AgentResult, seed: u64) -> Run<'a> {
    let scores_of = |role, agent, seed| results.episode_scores(role, agent, own.game, seed);
    let teacher_seed = results.experiment.teacher_seed(seed);
    Run {
        student: scores_of(Role::Student, own.agent(), seed),
        teacher: scores_of(Role::Teacher, "teacher", teacher_seed),
        random: scores_of(Role::Random, "random", seed),
        seed,
        teacher_seed,
    }
}

/// A student's runs in a game, related to the teacher's by `ratio`.
pub fn game_runs<'a>(results: &'a Results, own: &AgentResult, ratio: Ratio) -> GameRuns<'a> {
    GameRuns { ratio, runs: own.rows.iter().map(|row| run(results, own, row.seed)).collect() }
}

/// The runs of two students in a game with the seeds that both have, related to the teacher's as the first's are;
/// `None` without one.
pub fn runs_in_both<'a>(results: &'a Results, both: [&AgentResult; 2]) -> Option<(GameRuns<'a>, GameRuns<'a>)> {
    let [first, second] = both;
    let has_both = |seed: &u64| second.rows.iter().any(|row| row.seed == *seed);
    let seeds: Vec<u64> = first.rows.iter().map(|row| row.seed).filter(has_both).collect();
    let runs = |own: &AgentResult| seeds.iter().map(|&seed| run(results, own, seed)).collect();
    let [first_runs, second_runs] = both.map(|own| GameRuns { ratio: first.ratio(), runs: runs(own) });
    (!seeds.is_empty()).then_some((first_runs, second_runs))
}

//! Two students against each other.

use super::Mean;
use crate::config::StudentSettings;
use crate::eval::statistics::{self, Interval, PairedGame, PairedRun};
use crate::record::{Ratio, Role};
use crate::report::agent_result::{AgentResult, AgentResults, seed_for};
use crate::report::overall::EpisodeScores;
use crate::report::read::Results;

/// The first student's mean relative score minus the second's, with its interval, over the games and seeds that both have.
pub fn difference(
    results: &Results,
    agent_results: &AgentResults,
    mean: Mean,
    pair: [&StudentSettings; 2],
) -> Option<(f64, Option<Interval>)> {
    let [one, other] = pair.map(|student| student.name.as_str());
    let episodes: Vec<(Ratio, Vec<[EpisodeScores; 2]>)> = agent_results
        .of_agent(Role::Student, one)
        .filter_map(|first| {
            let second = agent_results.of_agent(Role::Student, other).find(|own| own.game == first.game)?;
            Some((first.ratio(), in_both(results, first, second)))
        })
        .filter(|(_, runs)| !runs.is_empty())
        .collect();
    let games: Vec<PairedGame> = episodes
        .iter()
        .map(|(ratio, runs)| PairedGame {
            ratio: *ratio,
            runs: runs.iter().map(|pair| paired_run(pair.each_ref())).collect(),
        })
        .collect();
    let is_single = |game: &PairedGame| matches!(&game.runs[..], [run] if run.students.iter().any(|own| own.len() < 2));
    let one_network = pair.iter().any(|student| student.is_shared());
    let (by, interval) =
        statistics::difference(&games, mean.figure(), one_network, seed_for(&format!("{one} − {other}")))?;
    Some((by, interval.filter(|_| !games.iter().any(is_single))))
}

fn in_both(results: &Results, first: &AgentResult, second: &AgentResult) -> Vec<[EpisodeScores; 2]> {
    let seeds = first.rows.iter().map(|row| row.seed).filter(|seed| second.rows.iter().any(|row| row.seed == *seed));
    seeds.map(|seed| [first, second].map(|own| EpisodeScores::of(results, own, seed))).collect()
}

/// Two students' run with the teacher and the random play of the first.
pub fn paired_run<'a>([one, other]: [&'a EpisodeScores; 2]) -> PairedRun<'a> {
    PairedRun {
        students: [&one.student, &other.student],
        teacher: &one.teacher,
        random: &one.random,
        teacher_seed: one.teacher_seed,
    }
}

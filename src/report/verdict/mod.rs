//! The answer of an experiment in a few sentences. They claim no more than 95% intervals say.

mod against_teacher;
mod among_equals;
mod mean;
mod paired;

pub use against_teacher::KEPT;
pub use mean::Mean;

use super::agent_result::AgentResults;
use super::format::{counted, games_of_all, listed, percent, shortened};
use super::read::Results;
use crate::config::StudentSettings;
use crate::eval::statistics::Estimate;
use crate::record::{Role, SummaryRow};

/// Maximum number of students that a clause names.
const NAMED: usize = 6;

/// A scored student, and its score as a share of its teacher's over the games.
struct Scored<'a> {
    student: &'a StudentSettings,
    row: &'a SummaryRow,
    share: Estimate,
}

/// The sentences of the verdict.
pub fn verdict<'a>(results: &'a Results, agent_results: &'a AgentResults) -> Vec<String> {
    let mean = Mean::over(agent_results.compared_students());
    let scored_of = |student: &'a StudentSettings| {
        let row = agent_results.compared(&student.name)?;
        Some(Scored { student, row, share: mean.of(row)? })
    };
    let scored: Vec<Scored> = results.experiment.students.iter().filter_map(scored_of).collect();
    if scored.is_empty() {
        return vec![without_shares(agent_results).to_owned()];
    }
    let mut sentences: Vec<String> = against_teacher::smallest(&scored).into_iter().collect();
    sentences.extend(against_teacher::smallest_in_games(&results.experiment.games, agent_results, &scored));
    let standings = against_teacher::standings(&scored);
    sentences.push(format!("{}: {standings}.", place(results, agent_results, mean, &scored)));
    sentences.extend(among_equals::sentences(results, agent_results, mean, &scored));
    sentences.extend(in_fewer_games(results, agent_results));
    let random = agent_results.compared_random().and_then(|row| mean.of(row)).filter(|share| share.value > 0.0);
    sentences.extend(random.map(|share| format!("Random play has {} of the teacher’s score.", percent(share.value))));
    if scored.iter().all(|one| one.row.seeds == 1) {
        sentences.push("With one seed it is not known how another training would come out.".to_owned());
    }
    sentences
}

/// The sentence where no student's score is a share of its teacher's.
fn without_shares(agent_results: &AgentResults) -> &'static str {
    let is_scored = |role| agent_results.each.iter().any(|own| own.role() == role);
    match (is_scored(Role::Student), is_scored(Role::Teacher)) {
        (false, _) => "No student is scored yet.",
        (true, false) => "Students are scored, but their teachers are not.",
        (true, true) => {
            "No student’s score is a share of its teacher’s: the teacher is no better than random play, or a score is missing."
        }
    }
}

/// The students that are scored, but not in as many games as those that are compared.
fn in_fewer_games(results: &Results, agent_results: &AgentResults) -> Option<String> {
    let (most, all) = (agent_results.most_games(), results.experiment.games.len());
    let fewer: Vec<&SummaryRow> = agent_results.rows_of(Role::Student).filter(|row| row.games < most).collect();
    let has = |row: &&SummaryRow| format!("{} is scored in {}", row.agent, games_of_all(row.games, all));
    (!fewer.is_empty()).then(|| format!("Left out here: {}.", named(&fewer, has)))
}

/// Games, mean and seeds of what follows.
fn place(results: &Results, agent_results: &AgentResults, mean: Mean, scored: &[Scored]) -> String {
    let all = &results.experiment.games;
    let seeds = scored.iter().map(|one| one.row.seeds).max().unwrap_or(0);
    let above_random: Vec<String> =
        all.iter().filter(|&&game| agent_results.are_above_random(game)).map(ToString::to_string).collect();
    let above_random = match above_random.len() {
        0 => String::new(),
        _ if all.len() == 1 => ", by the score above random play".to_owned(),
        1..=3 => format!(", in {} by the score above random play", listed(&above_random)),
        games => format!(", in {games} of them by the score above random play"),
    };
    let teacher = if seeds > 1 && results.experiment.teacher_seeds().len() == 1 { " of one teacher" } else { "" };
    let place = match all.as_slice() {
        [game] => format!("In {game}"),
        all => format!("Over {} ({})", games_of_all(agent_results.most_games(), all.len()), mean.name()),
    };
    format!("{place}, with {}{teacher}{above_random}", counted(seeds, "seed"))
}

/// Whether students have different networks.
fn differ_in_size(scored: &[Scored]) -> bool {
    scored.iter().any(|one| one.student.network != scored[0].student.network)
}

/// The first of the items, and the number of the others.
fn named<T>(items: &[T], text: impl Fn(&T) -> String) -> String {
    shortened(&items.iter().map(text).collect::<Vec<_>>(), NAMED)
}

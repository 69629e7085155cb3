//! Sentences about students of one size: which are better than which.

use super::{Mean, Scored, differ_in_size, named, paired};
use crate::config::StudentSettings;
use crate::eval::statistics::Estimate;
use crate::report::agent_result::AgentResults;
use crate::report::format::{percent, percent_with_interval};
use crate::report::read::Results;

/// A student behind the best of its size, and by how much.
struct Behind {
    name: String,
    by: Estimate,
}

/// A sentence for each size that several students have: the best, and the difference of the others to it.
pub fn sentences(results: &Results, agent_results: &AgentResults, mean: Mean, scored: &[Scored]) -> Vec<String> {
    let mut sentences = Vec::new();
    for (place, first) in scored.iter().enumerate() {
        let is_alike = |one: &&Scored| one.student.network == first.student.network;
        if !scored[..place].iter().any(|one| is_alike(&one)) {
            let alike: Vec<&Scored> = scored.iter().filter(is_alike).collect();
            let size = first.row.compression.filter(|_| differ_in_size(scored));
            let of_size = size.map_or(String::new(), |size| format!(", size {}", percent(size)));
            let sentence = sentence(results, agent_results, mean, &alike);
            sentences.extend(sentence.map(|text| format!("{}{of_size}: {text}.", what_differs(&alike))));
        }
    }
    sentences
}

/// The setting in which the students differ, if it is one.
fn what_differs(alike: &[&Scored]) -> &'static str {
    let differ = |value: fn(&StudentSettings, &StudentSettings) -> bool| {
        alike.iter().any(|one| !value(one.student, alike[0].student))
    };
    let loss = differ(|one, other| one.loss == other.loss);
    let temperature = differ(|one, other| one.temperature == other.temperature || !one.loss.has_temperature());
    let other = differ(|one, other| {
        (one.games, one.observation, one.learning_rate) == (other.games, other.observation, other.learning_rate)
    });
    match (loss, temperature, other) {
        (true, _, false) => "By loss",
        (false, true, false) => "By temperature",
        _ => "Among students of one size",
    }
}

/// `None` for fewer than two students, or without a game and seed in common.
fn sentence(results: &Results, agent_results: &AgentResults, mean: Mean, alike: &[&Scored]) -> Option<String> {
    let best = alike.iter().max_by(|one, other| one.share.value.total_cmp(&other.share.value))?;
    let behind = |one: &&Scored| {
        let by = paired::difference(results, agent_results, mean, [best.student, one.student])?;
        Some(Behind { name: one.student.name.clone(), by })
    };
    let others = alike.iter().filter(|one| one.student.name != best.student.name).filter_map(behind);
    let (worse, unclear): (Vec<Behind>, Vec<Behind>) = others.partition(|one| one.by.is_above(0.0));
    let best = &best.student.name;
    let by = |one: &Behind| percent_with_interval(one.by);
    let unclear = match unclear.as_slice() {
        [] => None,
        [one] => Some(format!("{best} and {} cannot be told apart ({})", one.name, by(one))),
        several => {
            let names = named(several, |one| format!("{} ({})", one.name, by(one)));
            Some(format!("{names} cannot be told from {best}, whose score is the highest"))
        }
    };
    let worse = (!worse.is_empty())
        .then(|| format!("{best} is better than {}", named(&worse, |one| format!("{} by {}", one.name, by(one)))));
    let clauses: Vec<String> = [unclear, worse].into_iter().flatten().collect();
    (!clauses.is_empty()).then(|| format!("{} of the teacher’s score", clauses.join("; ")))
}

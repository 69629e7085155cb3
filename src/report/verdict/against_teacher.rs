//! Sentences about students and their teacher.

use super::{Scored, differ_in_size, named};
use crate::eval::statistics::{Estimate, Interval};
use crate::game::Game;
use crate::record::Role;
use crate::report::agent_result::AgentResults;
use crate::report::format::{listed, percent, percent_with_interval};

/// A student keeps its teacher's score if its interval reaches 100% and begins no lower than this.
pub const KEPT: f64 = 0.9;

/// A student's standing, by the interval of its relative score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Above,
    Keeps,
    Unclear,
    Below,
}

impl Standing {
    /// In the order of telling.
    const ALL: [Standing; 4] = [Standing::Above, Standing::Keeps, Standing::Unclear, Standing::Below];

    fn of(share: Estimate) -> Standing {
        match share.interval {
            Some(Interval { low, .. }) if low > 1.0 => Standing::Above,
            Some(Interval { high, .. }) if high < 1.0 => Standing::Below,
            Some(Interval { low, .. }) if low >= KEPT => Standing::Keeps,
            _ => Standing::Unclear,
        }
    }

    fn is_kept(self) -> bool {
        matches!(self, Standing::Above | Standing::Keeps)
    }
}

/// The smallest student that keeps its teacher's score, where students differ in size.
pub fn smallest(scored: &[Scored]) -> Option<String> {
    if !differ_in_size(scored) {
        return None;
    }
    let smallest = least(scored.iter().filter(|one| Standing::of(one.share).is_kept()));
    Some(match smallest {
        Some(one) => format!(
            "{} is the smallest student that keeps the teacher’s score, with {} of its parameters.",
            one.student.name,
            percent(size(one))
        ),
        None => "No student is shown to keep the teacher’s score.".to_owned(),
    })
}

/// The smallest student that keeps its teacher's score in each game, where there are several and students differ in
/// size.
pub fn smallest_in_games(games: &[Game], agent_results: &AgentResults, scored: &[Scored]) -> Option<String> {
    let share = |one: &Scored, game: Game| {
        agent_results.of_agent(Role::Student, &one.student.name).find(|own| own.game == game)?.relative
    };
    let is_scored = |game: &&Game| scored.iter().any(|one| share(one, **game).is_some());
    let games: Vec<Game> = games.iter().filter(is_scored).copied().collect();
    if games.len() < 2 || !differ_in_size(scored) {
        return None;
    }
    let smallest = |game: Game| {
        let kept = scored.iter().filter(|one| share(one, game).is_some_and(|share| Standing::of(share).is_kept()));
        least(kept).map_or("none".to_owned(), |one| format!("{} ({})", one.student.name, percent(size(one))))
    };
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for game in games {
        let smallest = smallest(game);
        match found.iter_mut().find(|(other, _)| *other == smallest) {
            Some((_, games)) => games.push(game.to_string()),
            None => found.push((smallest, vec![game.to_string()])),
        }
    }
    let clauses: Vec<String> =
        found.iter().map(|(smallest, games)| format!("{smallest} in {}", listed(games))).collect();
    Some(format!("The smallest that keeps it in each game: {}.", clauses.join("; ")))
}

/// The share of the teacher's parameters.
fn size(one: &Scored) -> f64 {
    one.row.compression.unwrap_or(f64::INFINITY)
}

/// The smallest of the students.
fn least<'a>(students: impl Iterator<Item = &'a Scored<'a>>) -> Option<&'a Scored<'a>> {
    students.min_by(|one, other| size(one).total_cmp(&size(other)))
}

/// A clause for each standing that students have.
pub fn standings(scored: &[Scored]) -> String {
    let sizes = differ_in_size(scored) || scored.len() == 1;
    let of =
        |standing: Standing| scored.iter().filter(move |one| Standing::of(one.share) == standing).collect::<Vec<_>>();
    let groups: Vec<(Standing, Vec<&Scored>)> =
        Standing::ALL.into_iter().map(|standing| (standing, of(standing))).filter(|(_, own)| !own.is_empty()).collect();
    let score = |place: usize| if place == 0 { "the teacher’s score" } else { "it" };
    let clause =
        |(place, (standing, own)): (usize, &(Standing, Vec<&Scored>))| clause(*standing, own, score(place), sizes);
    groups.iter().enumerate().map(clause).collect::<Vec<_>>().join("; ")
}

/// `score` names the teacher's score.
fn clause(standing: Standing, own: &[&Scored], score: &str, sizes: bool) -> String {
    let (s, they) = if own.len() == 1 { ("s", "it") } else { ("", "they") };
    let size = |one: &Scored| one.row.compression.filter(|_| sizes).map(percent);
    let kept = |one: &&Scored| {
        let size = size(one).map_or(String::new(), |size| format!(", size {size}"));
        format!("{} ({}{size})", one.student.name, percent_with_interval(one.share))
    };
    let lost = |one: &&Scored| {
        let size = size(one).map_or(String::new(), |size| format!(" (size {size})"));
        let loses = if one.student.name == own[0].student.name { " loses" } else { "" };
        format!("{}{size}{loses} {}", one.student.name, percent_with_interval(one.share.subtracted_from(1.0)))
    };
    match standing {
        Standing::Above => format!("{} score{s} more than the teacher", named(own, kept)),
        Standing::Keeps => format!("{} keep{s} {score}", named(own, kept)),
        Standing::Unclear => format!("for {} it is not clear whether {they} lose{s} any of {score}", named(own, kept)),
        Standing::Below => format!("{} of {score}", named(own, lost)),
    }
}

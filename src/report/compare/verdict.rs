//! What can be said of the differences. It claims no more than 95% intervals say.

use std::collections::BTreeSet;

use super::Pair;
use super::over_games::OverGames;
use super::settings::SettingPair;
use super::side::Side;
use crate::eval::statistics::Interval;
use crate::game::Game;
use crate::record::{EpisodeRow, Role};
use crate::report::format::{counted, games_of_all, listed, percent, percent_with_interval};

/// Maximum number of settings that are named.
const NAMED: usize = 3;

/// Said where an experiment has one seed.
pub const ONE_SEED: &str = "With one seed it is not known how another training would come out.";

/// The sentences of the verdict.
pub fn verdict(sides: [&Side; 2], settings: &[SettingPair], over_games: &OverGames) -> Vec<String> {
    let names = sides.map(|side| side.name.as_str());
    let mut sentences = vec![what_differs(names, settings)];
    let scored_otherwise: Vec<String> =
        settings.iter().filter(|own| own.is_of_scored_play()).map(|own| own.key.clone()).collect();
    if !scored_otherwise.is_empty() {
        let verb = if scored_otherwise.len() == 1 { "differs" } else { "differ" };
        sentences.push(format!("Their scores are not comparable: {} {verb}.", listed(&scored_otherwise)));
    }
    if over_games.students.is_empty() && over_games.left_out.is_empty() {
        sentences.push("They have no scored student of one name in common.".to_owned());
    }
    let students = over_games.students.iter();
    let clauses: Vec<String> = students.filter_map(|own| Some(clause(names, &own.agent, own.of_teacher?))).collect();
    if !clauses.is_empty() && scored_otherwise.is_empty() {
        sentences.push(format!("{}, of the teacher’s score: {}.", place(sides, over_games), clauses.join("; ")));
    }
    if !over_games.left_out.is_empty() {
        let names = listed(&over_games.left_out);
        sentences.push(format!("Not compared over games, since scored in fewer or not in the same: {names}."));
    }
    sentences.extend(teachers(sides));
    if sides.iter().any(|side| side.experiment.seeds.len() == 1) {
        sentences.push(ONE_SEED.to_owned());
    }
    sentences
}

/// A sentence about the settings.
pub fn what_differs([first, second]: [&str; 2], settings: &[SettingPair]) -> String {
    let own: Vec<&SettingPair> = settings.iter().filter(|pair| pair.is_setting).collect();
    let in_words = |pair: &&SettingPair| {
        let [one, other] = &pair.values;
        format!("{} ({one} in {first}, {other} in {second})", pair.key)
    };
    match own.len() {
        0 => "Their settings are the same.".to_owned(),
        1..=NAMED => format!("They differ in {}.", listed(&own.iter().map(in_words).collect::<Vec<_>>())),
        many => format!("They differ in {many} settings."),
    }
}

fn place(sides: [&Side; 2], over_games: &OverGames) -> String {
    match sides[0].results.experiment.games.as_slice() {
        [game] => format!("In {game}"),
        all => format!("Over {} ({})", games_of_all(over_games.games, all.len()), over_games.mean.name()),
    }
}

/// A figure in both experiments, and which is better.
pub fn clause([one, other]: [&str; 2], name: &str, pair: Pair) -> String {
    let (first, second, by) = (percent(pair.first.value), percent(pair.second.value), pair.difference);
    let has = format!("{name} has {first} in {one} and {second} in {other}");
    if by.is_above(0.0) {
        format!("{has}, {other} is better by {}", percent_with_interval(by))
    } else if by.is_below(0.0) {
        format!("{has}, {one} is better by {}", percent_with_interval(by.subtracted_from(0.0)))
    } else {
        format!("{has}, which cannot be told apart ({})", percent_with_interval(by))
    }
}

/// The teacher of a side in a game.
struct Teacher<'a> {
    interval: Interval,
    /// Each seed's mean score.
    means: Vec<f64>,
    /// Digests of the weights that played; empty in older files.
    weights: BTreeSet<&'a str>,
}

/// Which teachers are better, where they are not the same.
fn teachers<'a>(sides: [&'a Side; 2]) -> Option<String> {
    let games = &sides[0].results.experiment.games;
    let scores = |side: &'a Side, game: Game| {
        let own = side.agent_in(Role::Teacher, "teacher", game)?;
        let known = |row: &&EpisodeRow| row.role == Role::Teacher && row.game == game.name() && !row.weights.is_empty();
        let weights: BTreeSet<&str> =
            side.results.episodes.iter().filter(known).map(|row| row.weights.as_str()).collect();
        let means = own.rows.iter().map(|row| row.mean).collect::<Vec<f64>>();
        Some(Teacher { interval: own.score.interval?, means, weights })
    };
    let both = games.iter().filter_map(|&game| Some((scores(sides[0], game)?, scores(sides[1], game)?)));
    // By their weights, where both are known; else by their scores.
    let is_other = |one: &Teacher, other: &Teacher| match one.weights.is_empty() || other.weights.is_empty() {
        true => one.means != other.means,
        false => one.weights != other.weights,
    };
    let differ: Vec<(Interval, Interval)> =
        both.filter(|(one, other)| is_other(one, other)).map(|(one, other)| (one.interval, other.interval)).collect();
    let apart = |better: fn(f64, f64) -> bool| {
        differ.iter().filter(|(one, other)| !one.overlaps(*other) && better(one.low, other.low)).count() as u64
    };
    let (first, second) = (apart(|one, other| one > other), apart(|one, other| one < other));
    let [one, other] = sides.map(|side| &side.name);
    (!differ.is_empty()).then(|| {
        let games = counted(differ.len() as u64, "game");
        let clearly = match (first, second) {
            (0, 0) => "their scores cannot be told apart".to_owned(),
            _ => format!("{one}’s score clearly more in {first}, {other}’s in {second}"),
        };
        format!(
            "Their teachers are not the same in {games}: {clearly}; a share of a weak teacher’s score is easier to keep."
        )
    })
}

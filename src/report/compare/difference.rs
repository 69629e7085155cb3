//! Differences between the same agents of two experiments, each with its interval.

use super::Pair;
use super::side::Side;
use crate::eval::statistics::{self, AgainstTeacher, Estimate, Figures, GameRuns, Run};
use crate::game::Game;
use crate::record::{Ratio, Role, SummaryRow};
use crate::report::agent_result::{AgentResult, seed_for};
use crate::report::runs::game_runs;
use crate::report::verdict::Mean;

/// The difference of an agent's mean scores in a game. The two are drawn apart; the difference of the same episodes is
/// 0, without an interval.
pub fn of_scores(sides: [&Side; 2], own: [&AgentResult; 2]) -> Option<Pair> {
    let runs = [0, 1].map(|side| episodes(sides[side], own[side]));
    let name = format!("{} in two experiments, {}", own[0].agent(), own[0].game);
    let difference = statistics::mean_difference([&runs[1], &runs[0]], seed_for(&name))?;
    let is_single = runs.iter().any(|runs| matches!(runs[..], [run] if run.len() < 2));
    let [first, second] = own.map(|own| own.score);
    let is_apart = runs[0] != runs[1] && !is_single;
    Some(Pair { first, second, difference: difference.known_if(is_apart) })
}

fn episodes<'a>(side: &'a Side, own: &AgentResult) -> Vec<&'a [f64]> {
    let of_seed = |seed| side.results.episode_scores(own.role(), own.agent(), own.game, seed);
    own.rows.iter().map(|row| of_seed(row.seed)).collect()
}

/// The difference of a student's scores relative to its teacher's in a game, by that definition.
pub fn of_shares(sides: [&Side; 2], own: [&AgentResult; 2], ratio: Ratio) -> Option<Pair> {
    let [first, second] = own.map(|own| share(own, ratio));
    let games = [[own[0]], [own[1]]];
    let difference = between(sides, [&games[0], &games[1]], |_| ratio, |figures| figures.mean)?;
    Some(Pair { first: first?, second: second?, difference })
}

fn share(own: &AgentResult, ratio: Ratio) -> Option<Estimate> {
    match own.ratio() == ratio {
        true => own.relative,
        false => own.otherwise.map(|value| Estimate { value, interval: None }),
    }
}

/// The definition by which scores of both experiments are related to the teacher's in a game: that of one side may be
/// another, and shares by different definitions are not to be compared.
pub fn common_ratio(sides: [&Side; 2], game: Game) -> Ratio {
    Ratio::of_game(sides.iter().all(|side| !side.agent_results.are_above_random(game)))
}

/// A student's means over the games in which both have it, whose own rows over games are these, and their difference.
pub fn over_games(sides: [&Side; 2], mean: Mean, name: &str, rows: [&SummaryRow; 2]) -> Option<Pair> {
    let games = &sides[0].results.experiment.games;
    let both = games.iter().filter_map(|&game| {
        let [first, second] = sides.map(|side| side.agent_in(Role::Student, name, game));
        first.zip(second)
    });
    let (first, second): (Vec<&AgentResult>, Vec<&AgentResult>) = both.unzip();
    let ratio = |own: &AgentResult| common_ratio(sides, own.game);
    let difference = between(sides, [&first, &second], ratio, mean.figure())?;
    let value = |games: &[&AgentResult], row| match games.iter().all(|own| own.ratio() == ratio(own)) {
        true => mean.of(row),
        false => {
            let in_game = |own: &&AgentResult| {
                let relative = share(own, ratio(own)).map(|share| share.value);
                vec![AgainstTeacher { relative, beats: None }]
            };
            let figures = Figures::of(&games.iter().map(in_game).collect::<Vec<_>>());
            mean.figure()(&figures).map(|value| Estimate { value, interval: None })
        }
    };
    Some(Pair { first: value(&first, rows[0])?, second: value(&second, rows[1])?, difference })
}

/// A figure of the second minus that of the first: against the same episodes of teacher and random play where both have
/// those, and drawn apart otherwise.
fn between(
    sides: [&Side; 2],
    own: [&[&AgentResult]; 2],
    ratio: impl Fn(&AgentResult) -> Ratio,
    figure: fn(&Figures) -> Option<f64>,
) -> Option<Estimate> {
    let first = own[0].first()?;
    let seed = seed_for(&format!("{} in two experiments", first.agent()));
    let played: [Vec<GameRuns>; 2] =
        [0, 1].map(|side| own[side].iter().map(|own| game_runs(&sides[side].results, own, ratio(own))).collect());
    let one_network = sides.iter().any(|side| side.results.is_shared(first.agent()));
    let both: [&[GameRuns]; 2] = [&played[1], &played[0]];
    let difference = match is_same_teaching(&played, own) {
        true => statistics::difference(both, figure, one_network, seed),
        false => statistics::difference_apart(both, figure, one_network, seed),
    };
    let is_single = played.iter().flatten().any(GameRuns::is_single);
    difference.map(|by| by.known_if(!is_single))
}

/// Whether both have the same seeds, and in each the same episodes of teacher and random play, by one definition.
fn is_same_teaching(played: &[Vec<GameRuns>; 2], own: [&[&AgentResult]; 2]) -> bool {
    let seeds = |own: &[&AgentResult]| own.iter().map(|own| own.rows.iter().map(|row| row.seed).collect()).collect();
    let [one, other]: [Vec<Vec<u64>>; 2] = own.map(seeds);
    let is_same = |one: &Run, other: &Run| {
        (one.teacher, one.random, one.teacher_seed) == (other.teacher, other.random, other.teacher_seed)
    };
    one == other
        && played[0].iter().zip(&played[1]).all(|(one, other)| {
            one.ratio == other.ratio && one.runs.iter().zip(&other.runs).all(|(one, other)| is_same(one, other))
        })
}

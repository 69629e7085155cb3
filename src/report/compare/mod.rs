//! Two experiments side by side: the same agents in the same games, and the settings that differ.

mod difference;
mod explanations;
mod folders;
mod over_games;
mod render;
mod settings;
mod side;
mod verdict;

use std::path::Path;

use anyhow::{Result, bail};
use serde::Serialize;
use serde_json::Value;

use super::agent_result::AgentResult;
use crate::config::LineName;
use crate::eval::statistics::Estimate;
use crate::game::Game;
use crate::record::{Ratio, Role};
pub use folders::{Place, places};
use over_games::over_games;
pub use settings::SettingPair;
use side::Side;

/// Two experiments, whatever their line.
#[derive(Debug, Serialize)]
pub struct Head {
    /// The names of their folders.
    pub experiments: [String; 2],
    /// What can be said of the differences, in sentences.
    pub verdict: Vec<String>,
    /// The settings that differ, and what else made the results.
    pub settings: Vec<SettingPair>,
    /// Students, or models, that only one of them has.
    pub alone: [Vec<String>; 2],
}

/// Two experiments of games.
#[derive(Debug, Serialize)]
pub struct Comparison {
    #[serde(flatten)]
    pub head: Head,
    /// Students over their games, by the mean that all of them have: those whose games are the same in both, and the
    /// most.
    pub over_games: Vec<ComparedAgent>,
    pub mean: &'static str,
    /// Every agent that both have, game by game.
    pub in_games: Vec<ComparedAgent>,
}

/// An agent in both experiments.
#[derive(Debug, Serialize)]
pub struct ComparedAgent {
    /// None over several games.
    pub game: Option<Game>,
    pub role: Role,
    pub agent: String,
    /// Mean scores; none over several games.
    pub score: Option<Pair>,
    /// Scores relative to the teacher's, of students; in a game by one definition for both.
    pub of_teacher: Option<Pair>,
    /// Whether that is the score above random play.
    pub above_random: bool,
}

/// A figure of the first experiment and of the second.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Pair {
    pub first: Estimate,
    pub second: Estimate,
    /// The second minus the first.
    pub difference: Estimate,
}

/// A comparison for a terminal, for a file and for programs.
pub struct Written {
    pub text: String,
    pub markdown: String,
    pub json: Value,
}

/// Compares the experiments in two folders, whose line must be the same.
///
/// # Errors
/// A folder without results, a damaged file, or nothing in common.
pub fn written(folders: [&Path; 2]) -> Result<Written> {
    let places = places(folders)?;
    Ok(match [places[0].line, places[1].line] {
        [LineName::Atari, LineName::Atari] => {
            let own = of_games(places)?;
            let [narrow, wide] = [false, true].map(|wide| own.sections(wide));
            own.head.written([&narrow, &wide], serde_json::to_value(&own)?)
        }
        [LineName::Explanations, LineName::Explanations] => {
            let own = explanations::compare(&places)?;
            let [narrow, wide] = [false, true].map(|wide| own.sections(wide));
            own.head.written([&narrow, &wide], serde_json::to_value(&own)?)
        }
        _ => bail!(
            "{} and {}: one is an experiment of games and the other of explanations, which have nothing to compare",
            places[0].name,
            places[1].name
        ),
    })
}

/// Compares experiments of games.
///
/// # Errors
/// A folder without scores, a damaged file, or no game in common.
pub fn of_games(places: [Place; 2]) -> Result<Comparison> {
    let [first, second] = Side::read(places)?;
    let games = first.results.experiment.games.clone();
    let sides = [&first, &second];
    let in_games: Vec<ComparedAgent> = games.iter().flat_map(|&game| in_game(sides, game)).collect();
    let over_games = over_games(sides);
    let settings = settings::differing(sides)?;
    let head = Head {
        experiments: sides.map(|side| side.name.clone()),
        verdict: verdict::verdict(sides, &settings, &over_games),
        settings,
        alone: [first.students_not_in(&second), second.students_not_in(&first)],
    };
    Ok(Comparison { head, mean: over_games.mean.name(), over_games: over_games.students, in_games })
}

/// The agents that both have in a game.
fn in_game(sides: [&Side; 2], game: Game) -> Vec<ComparedAgent> {
    let ratio = difference::common_ratio(sides, game);
    let compared = |first: &AgentResult| {
        let second = sides[1].agent_in(first.role(), first.agent(), game)?;
        let own = [first, second];
        let student = first.role() == Role::Student;
        Some(ComparedAgent {
            game: Some(game),
            role: first.role(),
            agent: first.agent().to_owned(),
            score: difference::of_scores(sides, own),
            of_teacher: if student { difference::of_shares(sides, own, ratio) } else { None },
            above_random: student && ratio == Ratio::AboveRandom,
        })
    };
    sides[0].agent_results.in_game(game).filter_map(compared).collect()
}

//! `pd games`: the catalogue.

use std::path::Path;

use anyhow::Result;
use serde::Serialize;

use crate::config;
use crate::env::{Rom, RomError};
use crate::game::{ActionSet, Game};
use crate::progress::Ended;
use crate::record::{Folder, Role, ScoreRow, read_rows};
use crate::report::{Table, numbers, words};
use crate::units::grouped;

/// A game, for other programs.
#[derive(Serialize)]
struct ListedGame {
    name: &'static str,
    rom: &'static str,
    actions: usize,
    random: Option<f64>,
    human: Option<f64>,
    dqn: Option<f64>,
}

impl ListedGame {
    fn of(game: Game) -> ListedGame {
        let entry = game.entry();
        ListedGame {
            name: game.name(),
            rom: rom(game),
            actions: game.actions(ActionSet::Minimal).len(),
            random: entry.random,
            human: entry.human,
            dqn: entry.dqn,
        }
    }
}

/// Prints every game with its ROM, actions and published scores.
pub fn games(json: bool) -> Result<Ended> {
    if json {
        let games: Vec<ListedGame> = Game::all().map(ListedGame::of).collect();
        out!("{}", serde_json::to_string_pretty(&games)?);
        return Ok(Ended::Done);
    }
    let of_number = |name| numbers(name, "");
    let scores = ["random", "human", "dqn"].map(of_number);
    let columns = [words("game", ""), words("rom", ""), of_number("actions")].into_iter().chain(scores).collect();
    let score = |score: Option<f64>| score.map_or("-".into(), one_decimal);
    let row = |ListedGame { name, rom, actions, random, human, dqn }| {
        vec![name.to_owned(), rom.to_owned(), actions.to_string(), score(random), score(human), score(dqn)]
    };
    out!("{}", Table::of(columns, Game::all().map(ListedGame::of).map(row)).text());
    out!("rom: listed = the dump that ALE lists, other = another dump of the game, missing = run `make setup`");
    out!("scores: null-op starts; random play and DQN: Mnih et al. (2015); a human tester: as later papers give it");
    print_teachers()?;
    Ok(Ended::Done)
}

/// A score with one decimal, as most are published.
fn one_decimal(score: f64) -> String {
    let tenths = (10.0 * score.abs()).round() as u64;
    format!("{}{}.{}", if score < 0.0 { "-" } else { "" }, grouped(tenths / 10), tenths % 10)
}

/// Prints the shipped teachers, each with its score.
fn print_teachers() -> Result<()> {
    let shipped = config::shipped_folders();
    print_collection(&shipped, &format!("shipped teachers in {}", shipped.display()), "shipped")?;
    let others = [("longer", "teachers that learned for longer"), ("dqn", "teachers that learned by DQN")];
    others.into_iter().try_for_each(|(name, title)| {
        let folder = shipped.join(name);
        print_collection(&folder, title, &folder.display().to_string())
    })
}

/// Prints the teachers of a folder with an experiment for each game, if there are any; `from` takes them.
fn print_collection(folder: &Path, title: &str, from: &str) -> Result<()> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut folders: Vec<_> = entries.map(|entry| entry.path()).collect();
    folders.sort();
    let mut rows: Vec<ScoreRow> = Vec::new();
    for path in folders {
        rows.extend(read_rows(&Folder::at(&path).scores())?);
    }
    rows.retain(|row| row.role == Role::Teacher);
    if rows.is_empty() {
        return Ok(());
    }
    out!("\n{title}, which `teacher.from = {from:?}` distils:");
    let columns = vec![words("game", ""), numbers("score [95%]", ""), numbers("episodes", "")];
    let row = |ScoreRow { game, mean, ci_low, ci_high, episodes, .. }: &ScoreRow| {
        let [mean, low, high] = [*mean, *ci_low, *ci_high].map(one_decimal);
        vec![game.to_string(), format!("{mean} [{low}, {high}]"), episodes.to_string()]
    };
    out!("{}", Table::of(columns, rows.iter().map(row)).text().trim_end());
    Ok(())
}

fn rom(game: Game) -> &'static str {
    match Rom::find(game) {
        Ok(None) => "built in",
        Ok(Some(rom)) if rom.is_listed(game) => "listed",
        Ok(Some(_)) => "other",
        Err(RomError::Missing { .. }) => "missing",
        Err(RomError::Foreign { .. }) => "unknown MD5",
        Err(RomError::Unreadable { .. }) => "unreadable",
    }
}

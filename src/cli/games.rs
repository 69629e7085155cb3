//! `pd games`: the catalogue.

use anyhow::Result;
use serde::Serialize;

use crate::config;
use crate::env::{Rom, RomError};
use crate::game::{ActionSet, Game};
use crate::progress::Ended;
use crate::record::{Folder, Role, ScoreRow, read_rows};

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
    out!("{:<20} {:<12} {:>7} {:>10} {:>10} {:>10}", "game", "rom", "actions", "random", "human", "dqn");
    for game in Game::all() {
        let score = |score: Option<f64>| score.map_or("-".into(), |score| score.to_string());
        let ListedGame { name, rom, actions, random, human, dqn } = ListedGame::of(game);
        let [random, human, dqn] = [random, human, dqn].map(score);
        out!("{name:<20} {rom:<12} {actions:>7} {random:>10} {human:>10} {dqn:>10}");
    }
    out!("\nrom: listed = the dump that ALE lists, other = another dump of the game, missing = run `make setup`");
    out!("scores: null-op starts; random play and DQN: Mnih et al. (2015); a human tester: as later papers give it");
    print_teachers()?;
    Ok(Ended::Done)
}

/// Prints the shipped teachers, each with its score.
fn print_teachers() -> Result<()> {
    let entries = std::fs::read_dir(config::shipped_folders()).into_iter().flatten().flatten();
    let mut folders: Vec<_> = entries.map(|entry| entry.path()).collect();
    folders.sort();
    if !folders.is_empty() {
        out!("\nshipped teachers, which `teacher.from = \"shipped\"` distils:");
    }
    for path in folders {
        let rows: Vec<ScoreRow> = read_rows(&Folder::at(&path).scores())?;
        for row in rows.iter().filter(|row| row.role == Role::Teacher) {
            let ScoreRow { game, mean, ci_low, ci_high, episodes, .. } = row;
            out!("{game:<20} {mean:.1} [{ci_low:.1}, {ci_high:.1}] in {episodes} episodes");
        }
    }
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

//! `pd games`: the catalogue.

use anyhow::Result;

use crate::config;
use crate::env::{Rom, RomError};
use crate::game::{ActionSet, Game};
use crate::progress::Ended;
use crate::record::{Folder, Role, ScoreRow, read_rows};

/// Prints every game with its ROM, actions and published scores.
pub fn games() -> Result<Ended> {
    out!("{:<20} {:<12} {:>7} {:>10} {:>10} {:>10}", "game", "rom", "actions", "random", "human", "dqn");
    for game in Game::all() {
        let score = |score: Option<f64>| score.map_or("-".into(), |score| score.to_string());
        let entry = game.entry();
        let actions = game.actions(ActionSet::Minimal).len();
        let scores = [entry.random, entry.human, entry.dqn].map(score);
        out!(
            "{:<20} {:<12} {actions:>7} {:>10} {:>10} {:>10}",
            game.name(),
            rom(game),
            scores[0],
            scores[1],
            scores[2]
        );
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

//! `pd games`: the catalogue.

use anyhow::Result;

use crate::env::{Rom, RomError};
use crate::game::{ActionSet, Game};
use crate::progress::Ended;

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
    Ok(Ended::Done)
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

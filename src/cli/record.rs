//! Records players side by side from the same start.

use std::cell::Cell;
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};

use anyhow::{Result, anyhow};

use super::film::Film;
use super::play::Loaded;
use super::terminal::TaskProgress;
use crate::agent::{Player, Policy};
use crate::env::{Picture, Pool};
use crate::eval::{self, Episode, Match};
use crate::pipeline::refused;
use crate::units::{Generator, Seed};

/// Plays the first episode of each player, all from the same start, and writes them side by side as an animated GIF.
/// Returns the scores; `None` if it was asked to stop.
///
/// # Errors
/// If a player cannot be read, the game has no screen, or the film cannot be written.
pub fn record(
    players: &[Loaded],
    epsilon: f64,
    seed: Seed,
    seconds: Option<u32>,
    path: &Path,
) -> Result<Option<Vec<f64>>> {
    let first = Match { episodes: 0..1, epsilon, seed };
    let limit = seconds.map(|seconds| (60 * u64::from(seconds) / u64::from(players[0].rules().frame_skip)).max(1));
    std::thread::scope(|threads| {
        let mut sides = Vec::new();
        for player in players {
            let (sender, receiver) = sync_channel(1);
            let first = &first;
            let (checkpoint, model) = (&player.path, &players[0].path);
            let (game, device) = (player.played().game.name(), player.network.device());
            // Each thread has a network of its own, since tensors belong to one thread.
            let play = move || -> Result<Option<Vec<Episode>>> {
                let player = Loaded::read(checkpoint, Some(game), device)?;
                let model = Loaded::read(model, Some(game), device)?;
                let mut pool = player.pool(1)?;
                pool.take_pictures();
                let policy = Beside::new(&player, &model);
                // Nobody listens any more once the film is long enough.
                let mut watch = |pool: &Pool| {
                    let (score, marked) = (pool.score(0), policy.differs.get());
                    _ = sender.send(pool.picture(0).map(|picture| Shot { picture, score, marked }));
                };
                let stage = TaskProgress::new("", 0, "", true);
                Ok(eval::play_watched(&mut pool, &policy, first, &stage, &mut watch))
            };
            sides.push((receiver, threads.spawn(play)));
        }
        let receivers: Vec<_> = sides.iter().map(|(receiver, _)| receiver).collect();
        film(players, &receivers, limit, path)?;
        let mut scores = Vec::new();
        for (receiver, thread) in sides {
            drop(receiver);
            let played = thread.join().map_err(|_| anyhow!("the play of a side panicked"))??;
            let Some(episodes) = played else { return Ok(None) };
            scores.extend(episodes.first().map(|episode| episode.score));
        }
        Ok(Some(scores))
    })
}

/// What one side of the film shows after a step.
struct Shot {
    picture: Picture,
    score: f64,
    /// Whether the player would choose another action there than the first one.
    marked: bool,
}

/// A player beside a model, usually its teacher.
struct Beside<'a> {
    player: Player<'a>,
    /// None if it sees the game otherwise.
    model: Option<Player<'a>>,
    /// Whether the last choices differ, random actions apart.
    differs: Cell<bool>,
}

impl<'a> Beside<'a> {
    fn new(player: &'a Loaded, model: &'a Loaded) -> Beside<'a> {
        let view = |own: &Loaded| own.metadata.environment.observation;
        let is_alike = view(player) == view(model) && player.played().actions == model.played().actions;
        Beside {
            player: player.player(),
            model: (is_alike && player.path != model.path).then(|| model.player()),
            differs: Cell::new(false),
        }
    }
}

impl Policy for Beside<'_> {
    fn act(&self, bytes: &[u8], epsilon: f64, generators: &mut [Generator]) -> Vec<usize> {
        if let Some(model) = &self.model {
            let greedy = |player: &Player| player.act(bytes, 0.0, &mut generators.to_vec());
            self.differs.set(greedy(&self.player) != greedy(model));
        }
        self.player.act(bytes, epsilon, generators)
    }
}

/// Writes what the receivers get, an image for each step, until all sides or the film have ended. The side of an
/// episode that is over stays as it was.
fn film(players: &[Loaded], sides: &[&Receiver<Option<Shot>>], limit: Option<u64>, path: &Path) -> Result<()> {
    let mut film = None;
    let mut images = 0;
    while limit.is_none_or(|limit| images < limit) {
        let mut shown = 0;
        for (side, (receiver, player)) in sides.iter().zip(players).enumerate() {
            let Ok(shot) = receiver.recv() else { continue };
            let Shot { picture, score, marked } =
                shot.ok_or_else(|| refused("--gif: the game has no screen to record; leave it out"))?;
            if film.is_none() {
                film = Some(Film::new(path, &picture, players.len(), player.rules().frame_skip)?);
            }
            let text = format!("{}: {score}", player.metadata.name);
            film.iter_mut().try_for_each(|film| film.put(side, &text, &picture, marked))?;
            shown += 1;
        }
        match &mut film {
            Some(film) if shown > 0 => film.write()?,
            _ => break,
        }
        images += 1;
    }
    film.map_or(Ok(()), Film::finish)
}

//! `pd play`: plays episodes with a network, and records one.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, sync_channel};

use anyhow::{Result, anyhow};
use clap::Args;

use super::arguments::Common;
use super::film::Film;
use super::terminal::{self, TaskProgress};
use crate::agent::{self, Metadata, Played, Player};
use crate::env::{Picture, Pool, Rom, Rules};
use crate::eval::{self, Episode, Match};
use crate::nn::{Device, Network};
use crate::pipeline::refused;
use crate::progress::Ended;
use crate::units::Seed;

/// Probability of a random action, as in evaluation; not used in classic control.
const EPSILON: f64 = 0.05;
const NO_OP_MAX: u32 = 30;
const MAX_FRAMES: u64 = 108_000;

/// Flags of `pd play`.
#[derive(Debug, Clone, Args)]
pub struct PlayOptions {
    /// A weights.safetensors, or the folder that holds one; several play one after another
    #[arg(required = true)]
    checkpoints: Vec<PathBuf>,
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    episodes: u32,
    /// The game to play, if the network plays several
    #[arg(long)]
    game: Option<String>,
    /// Record the first episode, of several networks side by side from the same start
    #[arg(long, value_name = "FILE")]
    gif: Option<PathBuf>,
    /// Chooses the episodes; 0 unless given
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Record no more than this of it
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: Option<u32>,
}

/// A network that was read to play a game.
struct Loaded {
    path: PathBuf,
    network: Network,
    metadata: Metadata,
    head: usize,
    rom: Option<Rom>,
}

impl Loaded {
    fn read(checkpoint: &Path, game: Option<&str>, device: Device) -> Result<Loaded> {
        let path = weights_at(checkpoint);
        let (network, metadata) = agent::load(&path, device)?;
        let head = head(&metadata, game)?;
        let played = &metadata.games()[head];
        let rom = Rom::find(played.game)?;
        let (made_with, here) = (played.rom.as_ref().map(|rom| &rom.md5), rom.as_ref().map(|rom| &rom.record.md5));
        if made_with != here {
            let md5 = |md5: Option<&String>| md5.map_or("none", String::as_str).to_owned();
            let (path, made_with, here) = (path.display(), md5(made_with), md5(here));
            return Err(refused(format!("{path}: it learned with the ROM {made_with}, but the one here is {here}")));
        }
        metadata.warn_of_another_ale(&path);
        Ok(Loaded { path, network, metadata, head, rom })
    }

    fn played(&self) -> &Played {
        &self.metadata.games()[self.head]
    }

    fn player(&self) -> Player<'_> {
        Player::new(&self.network, self.head)
    }

    fn rules(&self) -> Rules {
        rules(&self.metadata, self.played())
    }

    fn pool(&self, workers: usize) -> Result<Pool> {
        Pool::load(self.played().game, self.rom.as_ref(), &self.rules(), workers)
    }
}

/// Plays episodes as in evaluation and prints their scores.
pub fn play(options: &PlayOptions, common: &Common) -> Result<Ended> {
    let device = super::device(common)?;
    let read = |checkpoint: &PathBuf| Loaded::read(checkpoint, options.game.as_deref(), device);
    let players: Vec<Loaded> = options.checkpoints.iter().map(read).collect::<Result<_>>()?;
    let game = players[0].played().game;
    if let Some(other) = players.iter().find(|player| player.played().game != game) {
        let (path, first) = (other.path.display(), players[0].path.display());
        return Err(refused(format!("{path}: plays {}, but {first} plays {game}", other.played().game)));
    }
    terminal::catch_interrupts();
    let seed = Seed(options.seed).derive("play", 0);
    let epsilon = if game.is_classic_control() { 0.0 } else { EPSILON };
    let mut recorded = 0;
    if let Some(gif) = &options.gif {
        let Some(scores) = record(&players, epsilon, seed, options, gif)? else { return Ok(Ended::Stopped) };
        for (player, score) in players.iter().zip(scores) {
            out!("{}episode 0: score {score}, recorded in {}", heading(&players, player), gif.display());
        }
        recorded = 1;
    }
    let episodes = recorded..options.episodes as usize;
    for player in &players {
        let game = Match { episodes: episodes.clone(), epsilon, seed };
        if play_rest(&players, player, &game, common)? == Ended::Stopped {
            return Ok(Ended::Stopped);
        }
    }
    Ok(Ended::Done)
}

/// Plays the match and prints the score of each episode.
fn play_rest(players: &[Loaded], player: &Loaded, game: &Match, common: &Common) -> Result<Ended> {
    if game.episodes.is_empty() {
        return Ok(Ended::Done);
    }
    let mut pool = player.pool(game.episodes.len().min(player.metadata.environment.workers))?;
    let stage =
        TaskProgress::new(&player.path.display().to_string(), game.episodes.len() as u64, "episodes", common.quiet);
    let Some(played) = eval::play(&mut pool, &player.player(), game, &stage) else { return Ok(Ended::Stopped) };
    drop(stage);
    for (number, episode) in game.episodes.clone().zip(played) {
        let end = if episode.truncated { ", cut off" } else { "" };
        let heading = heading(players, player);
        out!("{heading}episode {number}: score {}, {} frames{end}", episode.score, episode.frames);
    }
    Ok(Ended::Done)
}

/// Names the player before its scores, if there are several.
fn heading(players: &[Loaded], player: &Loaded) -> String {
    if players.len() > 1 { format!("{}, ", player.path.display()) } else { String::new() }
}

/// The weights file that a path to it, or to its folder, names.
pub fn weights_at(checkpoint: &Path) -> PathBuf {
    if checkpoint.is_dir() { checkpoint.join("weights.safetensors") } else { checkpoint.to_owned() }
}

/// The head that plays the game with that name; the only head if no game is named.
fn head(metadata: &Metadata, game: Option<&str>) -> Result<usize> {
    let games: Vec<_> = metadata.games().iter().map(|played| played.game.name()).collect();
    match (game, games.as_slice()) {
        (None, [_]) => Ok(0),
        (None, games) => Err(refused(format!("the network plays several games; choose --game {}", games.join(" or ")))),
        (Some(game), games) => games
            .iter()
            .position(|played| *played == game)
            .ok_or_else(|| refused(format!("--game {game}: the network plays {}", games.join(", ")))),
    }
}

fn rules(metadata: &Metadata, played: &Played) -> Rules {
    let rules = Rules::of_training(&metadata.environment, played.game);
    Rules { no_op_max: NO_OP_MAX, max_frames: MAX_FRAMES, actions: played.actions.clone(), ..rules }
}

/// Plays the first episode of each player, all from the same start, and writes them side by side as an animated GIF.
/// Returns the scores; `None` if it was asked to stop.
fn record(
    players: &[Loaded],
    epsilon: f64,
    seed: Seed,
    options: &PlayOptions,
    path: &Path,
) -> Result<Option<Vec<f64>>> {
    let first = Match { episodes: 0..1, epsilon, seed };
    let limit = options.seconds.map(|seconds| u64::from(60 * seconds) / u64::from(players[0].rules().frame_skip));
    std::thread::scope(|threads| {
        let mut sides = Vec::new();
        for player in players {
            let (sender, receiver) = sync_channel(1);
            let first = &first;
            let (checkpoint, game, device) = (&player.path, player.played().game.name(), player.network.device());
            // Each thread has a network of its own, since tensors belong to one thread.
            let play = move || -> Result<Option<Vec<Episode>>> {
                let player = Loaded::read(checkpoint, Some(game), device)?;
                let mut pool = player.pool(1)?;
                // Nobody listens any more once the film is long enough.
                let mut watch = |pool: &Pool| _ = sender.send(pool.screen(0).map(|picture| (picture, pool.score(0))));
                let stage = TaskProgress::new("", 0, "", true);
                Ok(eval::play_watched(&mut pool, &player.player(), first, &stage, &mut watch))
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

/// Writes what the receivers get, an image for each step, until all sides or the film have ended. The side of an episode
/// that is over stays as it was.
fn film(
    players: &[Loaded],
    sides: &[&Receiver<Option<(Picture, f64)>>],
    limit: Option<u64>,
    path: &Path,
) -> Result<()> {
    let mut film = None;
    let mut images = 0;
    while limit.is_none_or(|limit| images < limit) {
        let mut shown = 0;
        for (side, (receiver, player)) in sides.iter().zip(players).enumerate() {
            let Ok(shot) = receiver.recv() else { continue };
            let (picture, score) =
                shot.ok_or_else(|| refused("--gif: the game has no screen to record; leave it out"))?;
            if film.is_none() {
                film = Some(Film::new(path, &picture, players.len(), player.rules().frame_skip)?);
            }
            let text = format!("{}: {score}", player.metadata.name);
            film.iter_mut().try_for_each(|film| film.put(side, &text, &picture))?;
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

//! `pd play`: plays episodes with a network, and records one.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, sync_channel};

use anyhow::{Result, anyhow};
use clap::Args;

use super::arguments::Common;
use super::film::Film;
use super::terminal::{self, TaskProgress};
use crate::agent::{self, Metadata, Played, Player, Policy};
use crate::env::{Picture, Pool, Rom, Rules};
use crate::eval::{self, Episode, Match};
use crate::nn::{Device, Network};
use crate::pipeline::refused;
use crate::progress::Ended;
use crate::record::Folder;
use crate::units::{Generator, Seed};

/// Probability of a random action, as in evaluation; not used in classic control.
const EPSILON: f64 = 0.05;
const NO_OP_MAX: u32 = 30;
const MAX_FRAMES: u64 = 108_000;

/// Flags of `pd play`.
#[derive(Debug, Clone, Args)]
pub struct PlayOptions {
    /// A weights.safetensors, the folder that holds one, or a folder of results with one teacher; several play one after another
    #[arg(required = true)]
    checkpoints: Vec<PathBuf>,
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    episodes: u32,
    /// The game to play, if the network plays several
    #[arg(long)]
    game: Option<String>,
    /// Record the first episode, of several networks side by side from the same start; an orange bar marks where one would choose
    /// another action than the first network
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
        let path = weights_at(checkpoint, game)?;
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

/// The weights file that a path to it, to its folder, or to a folder of results with one teacher (of `game`, if it is given) names.
///
/// # Errors
/// If a folder of results has no teacher, or several.
pub fn weights_at(checkpoint: &Path, game: Option<&str>) -> Result<PathBuf> {
    if !checkpoint.is_dir() {
        return Ok(checkpoint.to_owned());
    }
    let own = checkpoint.join("weights.safetensors");
    if own.exists() || !Folder::at(checkpoint).experiment().exists() {
        return Ok(own);
    }
    let below = |folder: PathBuf| std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let of_games = below(checkpoint.join("teachers")).filter(|folder| game.is_none_or(|game| folder.ends_with(game)));
    let seeds = of_games.flat_map(below).map(|seed| seed.join("weights.safetensors"));
    let mut teachers: Vec<PathBuf> = seeds.filter(|weights| weights.exists()).collect();
    teachers.sort();
    let place = checkpoint.display();
    match teachers.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(refused(format!("{place}: no teacher's weights there; name the folder of a network"))),
        [first, .., last] => Err(refused(format!(
            "{place}: has {} teachers, from {} to {}; name one of them",
            teachers.len(),
            first.display(),
            last.display()
        ))),
    }
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

/// Writes what the receivers get, an image for each step, until all sides or the film have ended. The side of an episode
/// that is over stays as it was.
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

//! `pd play`: plays episodes with a network, and records one.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;

use super::arguments::Common;
use super::record::record;
use super::terminal::{self, TaskProgress};
use crate::agent::{self, Metadata, Played, Player};
use crate::env::{Pool, Rom, Rules};
use crate::eval::statistics::{Estimate, mean, mean_interval};
use crate::eval::{self, Match};
use crate::nn::{Device, Network};
use crate::pipeline::refused;
use crate::progress::Ended;
use crate::record::{Folder, WEIGHTS, children, children_below, is_hidden};
use crate::report::number_with_interval;
use crate::units::Seed;

/// Probability of a random action, as in evaluation; not used in classic control.
const EPSILON: f64 = 0.05;
const NO_OP_MAX: u32 = 30;

const MAX_FRAMES: u64 = 108_000;
/// Levels of folders in which a network is looked for.
const DEEPEST: usize = 4;

/// Flags of `pd play`.
#[derive(Debug, Clone, Args)]
pub struct PlayOptions {
    /// A weights.safetensors, the folder that holds one, or a folder of results with one teacher; several play one
    /// after another
    #[arg(required = true)]
    checkpoints: Vec<PathBuf>,
    /// Number of episodes
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    episodes: u32,
    /// The game to play, if the network plays several
    #[arg(long)]
    game: Option<String>,
    /// Record the first episode, of several networks side by side from the same start; an orange bar marks where one
    /// would choose another action than the first network
    #[arg(long, value_name = "FILE")]
    gif: Option<PathBuf>,
    /// Chooses the episodes
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Record no more than this of it
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: Option<u32>,
}

/// A network that was read to play a game.
pub struct Loaded {
    pub path: PathBuf,
    pub network: Network,
    pub metadata: Metadata,
    head: usize,
    rom: Option<Rom>,
}

impl Loaded {
    pub fn read(checkpoint: &Path, game: Option<&str>, device: Device) -> Result<Loaded> {
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

    pub fn played(&self) -> &Played {
        &self.metadata.games()[self.head]
    }

    pub fn player(&self) -> Player<'_> {
        Player::new(&self.network, self.head)
    }

    pub fn rules(&self) -> Rules {
        rules(&self.metadata, self.played())
    }

    pub fn pool(&self, workers: usize) -> Result<Pool> {
        Pool::load(self.played().game, self.rom.as_ref(), &self.rules(), workers)
    }
}

/// Plays episodes as in evaluation and prints their scores, and their mean with its 95% interval.
pub fn play(options: &PlayOptions, common: &Common) -> Result<Ended> {
    let folder = options.gif.as_ref().and_then(|gif| gif.parent()).filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        return Err(refused(format!("--gif: {}: no such folder", folder.display())));
    }
    let other = |gif: &&PathBuf| gif.extension().is_some_and(|format| !format.eq_ignore_ascii_case("gif"));
    if let Some(gif) = options.gif.as_ref().filter(other) {
        return Err(refused(format!("--gif: {}: a GIF is written; give it a name in .gif", gif.display())));
    }
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
    let mut scores = vec![Vec::new(); players.len()];
    if let Some(gif) = &options.gif {
        let Some(recorded) = record(&players, epsilon, seed, options.seconds, gif)? else { return Ok(Ended::Stopped) };
        for ((player, scores), score) in players.iter().zip(&mut scores).zip(recorded) {
            out!("{}episode 0: score {score}, recorded in {}", heading(&players, player), gif.display());
            scores.push(score);
        }
    }
    for (player, mut scores) in players.iter().zip(scores) {
        let game = Match { episodes: scores.len()..options.episodes as usize, epsilon, seed };
        let Some(rest) = play_rest(&players, player, &game, common)? else { return Ok(Ended::Stopped) };
        scores.extend(rest);
        if let Some(value) = mean(&scores).filter(|_| scores.len() > 1) {
            let mean = number_with_interval(Estimate { value, interval: mean_interval(&scores, seed) });
            out!("{}mean {mean} over {} episodes", heading(&players, player), scores.len());
        }
    }
    Ok(Ended::Done)
}

/// Plays the match and prints the score of each episode. Returns the scores; `None` if it was asked to stop.
fn play_rest(players: &[Loaded], player: &Loaded, game: &Match, common: &Common) -> Result<Option<Vec<f64>>> {
    if game.episodes.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let mut pool = player.pool(game.episodes.len().min(player.metadata.environment.workers))?;
    let stage =
        TaskProgress::new(&player.path.display().to_string(), game.episodes.end as u64, "episodes", common.quiet);
    let Some(played) = eval::play(&mut pool, &player.player(), game, &stage) else { return Ok(None) };
    drop(stage);
    for (number, episode) in game.episodes.clone().zip(&played) {
        let end = if episode.truncated { ", cut off" } else { "" };
        let heading = heading(players, player);
        out!("{heading}episode {number}: score {}, {} frames{end}", episode.score, episode.frames);
    }
    Ok(Some(played.into_iter().map(|episode| episode.score).collect()))
}

/// Names the player before its scores, if there are several.
fn heading(players: &[Loaded], player: &Loaded) -> String {
    if players.len() > 1 { format!("{}, ", player.path.display()) } else { String::new() }
}

/// The weights file that a path to it, to its folder, or to a folder of results with one teacher (of `game`, if it is
/// given) names.
///
/// # Errors
/// If a folder has no weights, and is none of results with one teacher.
pub fn weights_at(checkpoint: &Path, game: Option<&str>) -> Result<PathBuf> {
    if !checkpoint.is_dir() {
        return Ok(checkpoint.to_owned());
    }
    let own = checkpoint.join(WEIGHTS);
    if own.exists() {
        return Ok(own);
    }
    let place = checkpoint.display();
    if !Folder::at(checkpoint).experiment().exists() {
        return Err(refused(match first_below(checkpoint, DEEPEST)? {
            Some(first) => {
                format!("{place}: no weights there; name the folder of a network, such as {}", first.display())
            }
            None => format!("{place}: no weights there; train or distil first"),
        }));
    }
    // teachers/GAME/seed-N
    let is_of_game =
        |seed: &&PathBuf| game.is_none_or(|game| seed.parent().is_some_and(|folder| folder.ends_with(game)));
    let seeds = children_below(&checkpoint.join("teachers"), 2)?;
    let weights = seeds.iter().filter(is_of_game).map(|seed| seed.join(WEIGHTS));
    let found: Vec<PathBuf> = weights.filter(|weights| weights.exists()).collect();
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => {
            let of_game = game.map_or(String::new(), |game| format!(" of {game}"));
            Err(refused(format!("{place}: no teacher's weights{of_game} there; name the folder of a network")))
        }
        [first, .., last] => Err(refused(format!(
            "{place}: has {} teachers, from {} to {}; name one of them",
            found.len(),
            first.display(),
            last.display()
        ))),
    }
}

/// The first folder with weights below one, at most so many levels deep. Links and hidden folders are left out.
fn first_below(folder: &Path, levels: usize) -> Result<Option<PathBuf>> {
    for path in children(folder)? {
        if levels == 0 || is_hidden(&path) || path.is_symlink() || !path.is_dir() {
            continue;
        }
        if path.join(WEIGHTS).exists() {
            return Ok(Some(path));
        }
        if let Some(found) = first_below(&path, levels - 1)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
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

//! `pd play`: plays episodes with a network, and records one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use gif::{Encoder, Frame, Repeat};

use super::arguments::Common;
use super::terminal::{self, TaskProgress};
use crate::agent::{self, Metadata, Played, Player, Policy};
use crate::env::{Picture, Pool, Rom, Rules};
use crate::eval::{self, Match};
use crate::pipeline::refused;
use crate::progress::Ended;
use crate::record::write_file;
use crate::units::Seed;

/// Probability of a random action, as in evaluation; not used in classic control.
const EPSILON: f64 = 0.05;
const NO_OP_MAX: u32 = 30;
const MAX_FRAMES: u64 = 108_000;

/// Flags of `pd play`.
#[derive(Debug, Clone, Args)]
pub struct PlayOptions {
    /// A weights.safetensors, or the folder that holds one
    checkpoint: PathBuf,
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    episodes: u32,
    /// The game to play, if the network plays several
    #[arg(long)]
    game: Option<String>,
    /// Record the first episode
    #[arg(long, value_name = "FILE")]
    gif: Option<PathBuf>,
}

/// Plays episodes as in evaluation and prints their scores.
pub fn play(options: &PlayOptions, common: &Common) -> Result<Ended> {
    let PlayOptions { checkpoint, episodes, .. } = options;
    let episodes = *episodes;
    let path = weights_at(checkpoint);
    let device = super::device(common)?;
    let (network, metadata) = agent::load(&path, device)?;
    let head = head(&metadata, options.game.as_deref())?;
    let played = &metadata.games()[head];
    let rom = Rom::find(played.game)?;
    let (made_with, here) = (played.rom.as_ref().map(|rom| &rom.md5), rom.as_ref().map(|rom| &rom.record.md5));
    if made_with != here {
        let md5 = |md5: Option<&String>| md5.map_or("none", String::as_str).to_owned();
        let path = path.display();
        return Err(refused(format!(
            "{path}: it learned with the ROM {}, but the one here is {}",
            md5(made_with),
            md5(here)
        )));
    }
    metadata.warn_of_another_ale(&path);
    terminal::catch_interrupts();
    let rules = rules(&metadata, played);
    let seed = Seed(common.seed.unwrap_or(0)).derive("play", 0);
    let epsilon = if played.game.is_classic_control() { 0.0 } else { EPSILON };
    let mut recorded = 0;
    let player = Player::new(&network, head);
    if let Some(gif) = &options.gif {
        let pool = Pool::load(played.game, rom.as_ref(), &rules, 1)?;
        let Some(score) = record(pool, &player, epsilon, seed, gif)? else { return Ok(Ended::Stopped) };
        out!("episode 0: score {score}, recorded in {}", gif.display());
        recorded = 1;
    }
    let workers = (episodes as usize).min(metadata.environment.workers);
    let mut pool = Pool::load(played.game, rom.as_ref(), &rules, workers)?;
    let stage = TaskProgress::new(&path.display().to_string(), u64::from(episodes), "episodes", common.quiet);
    let game = Match { episodes: recorded..episodes as usize, epsilon, seed };
    let Some(played) = eval::play(&mut pool, &player, &game, &stage) else { return Ok(Ended::Stopped) };
    drop(stage);
    for (number, episode) in game.episodes.zip(played) {
        let end = if episode.truncated { ", cut off" } else { "" };
        out!("episode {number}: score {}, {} frames{end}", episode.score, episode.frames);
    }
    Ok(Ended::Done)
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

/// Plays the first episode of the match and writes it as an animated GIF, with one image per step. Pixels are twice as
/// wide as high, as on a television. Returns the score.
fn record(mut pool: Pool, player: &dyn Policy, epsilon: f64, seed: Seed, path: &Path) -> Result<Option<f64>> {
    let Some(Picture { width, .. }) = pool.screen(0) else {
        return Err(refused("--gif: the game has no screen to record; leave it out"));
    };
    let first = Match { episodes: 0..1, epsilon, seed };
    let mut screens = Vec::new();
    let mut watch = |pool: &Pool| screens.extend(pool.screen(0).map(|picture| picture.rgb));
    let stage = TaskProgress::new("", 0, "", true);
    let Some(episodes) = eval::play_watched(&mut pool, player, &first, &stage, &mut watch) else { return Ok(None) };
    write_gif(path, &screens, width)?;
    Ok(episodes.first().map(|episode| episode.score))
}

fn write_gif(path: &Path, screens: &[Vec<u8>], width: usize) -> Result<()> {
    let place = || format!("{}: cannot be written", path.display());
    let colours: BTreeSet<[u8; 3]> = screens.iter().flat_map(|screen| screen.as_chunks().0).copied().collect();
    let palette: Vec<_> = colours.into_iter().collect();
    ensure!(palette.len() <= 256, "a console shows at most 128 colours, but here are {}", palette.len());
    let height = (screens[0].len() / 3 / width) as u16;
    let width = 2 * width as u16;
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, width, height, palette.as_flattened()).with_context(place)?;
    encoder.set_repeat(Repeat::Infinite).with_context(place)?;
    for screen in screens {
        let index = |pixel: &[u8; 3]| palette.binary_search(pixel).expect("the palette has every colour") as u8;
        let pixels: Vec<u8> = screen.as_chunks().0.iter().map(index).flat_map(|pixel| [pixel; 2]).collect();
        // 4 frames of 1/60 s, in hundredths.
        let frame = Frame { width, height, delay: 7, buffer: pixels.into(), ..Frame::default() };
        encoder.write_frame(&frame).with_context(place)?;
    }
    drop(encoder);
    write_file(path, &bytes)
}

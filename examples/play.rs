//! Plays three episodes with weights and prints their scores, by the protocol of the final evaluation.
//!
//!     cargo run --release --example play teachers/qbert/teachers/qbert/seed-1/weights.safetensors

use std::path::PathBuf;

use anyhow::{Context, Result};
use policy_distillation::agent::{self, Player};
use policy_distillation::env::{Pool, Rom, Rules};
use policy_distillation::eval::{Match, play};
use policy_distillation::nn::Device;
use policy_distillation::progress::Progress;
use policy_distillation::units::Seed;

/// Shows nothing, and is never asked to stop.
struct Unwatched;

impl Progress for Unwatched {
    fn at(&self, _: u64, _: &str) {}

    fn stop(&self) -> bool {
        false
    }
}

fn main() -> Result<()> {
    let path = std::env::args().nth(1).context("which weights? give the path of a weights.safetensors")?;
    let (network, metadata) = agent::load(&PathBuf::from(path), Device::Cpu)?;
    // A network for several games has a head for each, in this order.
    for (head, played) in metadata.games().iter().enumerate() {
        let rules = Rules::of_training(&metadata.environment, played.game);
        let mut pool = Pool::load(played.game, Rom::find(played.game)?.as_ref(), &rules, 3)?;
        let episodes = Match { episodes: 0..3, epsilon: 0.05, seed: Seed(1) };
        let episodes = play(&mut pool, &Player::new(&network, head), &episodes, &Unwatched).unwrap_or_default();
        let scores: Vec<f64> = episodes.iter().map(|episode| episode.score).collect();
        println!("{}: {scores:?}", played.game);
    }
    Ok(())
}

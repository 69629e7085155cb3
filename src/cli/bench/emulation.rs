//! Agent steps per second: 4 frames, preprocessing, and the observations in one batch.

use anyhow::Result;
use rand::RngExt;

use super::Options;
use super::measure::{Case, per_second};
use crate::cli::arguments::Common;
use crate::cli::experiment::threads;
use crate::env::{EpisodeSeeds, Pool, Rom, Rules};
use crate::game::{ActionSet, Game};
use crate::units::Seed;

/// Steps of all workers between two looks at the clock.
const STEPS: usize = 16;

/// Random play in every game, with every number of environments, with one thread and with as many as the command line
/// allows.
pub fn cases(options: &Options, common: &Common) -> Result<Vec<Case>> {
    let most = threads(common)?.current_num_threads() as u16;
    let counts = if common.threads.is_some() || most == 1 { vec![most] } else { vec![1, most] };
    let mut cases = Vec::new();
    for &game in &options.games {
        for &envs in &options.envs {
            for &count in &counts {
                cases.push(case(options, common, game, envs, count)?);
            }
        }
    }
    Ok(cases)
}

fn case(options: &Options, common: &Common, game: Game, envs: u16, count: u16) -> Result<Case> {
    let workers = usize::from(envs);
    let mut pool = pool(game, workers, &Common { threads: Some(count), ..common.clone() })?;
    let seed = Seed(common.seed.unwrap_or(0)).derive("bench", 0);
    let mut seeds = EpisodeSeeds::new(seed, workers);
    let mut generator = seed.derive("actions", 0).generator();
    let actions = game.actions(ActionSet::Minimal).len();
    let span = options.span();
    let measure = move || {
        per_second(span, || {
            for _ in 0..STEPS {
                pool.begin_ended(&mut seeds);
                let chosen: Vec<_> = (0..workers).map(|_| generator.random_range(0..actions)).collect();
                pool.step(&chosen);
            }
            STEPS * workers
        })
    };
    let s = |n: u16| if n == 1 { "" } else { "s" };
    let name = format!("{game}, {envs} environment{}, {count} thread{}", s(envs), s(count));
    Ok(Case::new(name, "agent steps/s", measure))
}

/// Emulators with the game as Nature DQN trains on it.
pub fn pool(game: Game, workers: usize, common: &Common) -> Result<Pool> {
    let actions = game.actions(ActionSet::Minimal);
    let rules = Rules { frame_skip: 4, no_op_max: 30, sticky_actions: 0.0, max_frames: 108_000, actions };
    Pool::load(game, Rom::find(game)?.as_ref(), &rules, workers, threads(common)?)
}

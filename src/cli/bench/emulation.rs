//! Agent steps per second: 4 frames, preprocessing, and observations in one batch.

use std::sync::Arc;

use anyhow::Result;
use rand::RngExt;
use rayon::ThreadPoolBuilder;

use super::measure::{Case, per_second};
use super::{Bench, count};
use crate::env::EpisodeSeeds;
use crate::game::{ActionSet, Game};

/// Steps of all workers between two looks at the clock.
const STEPS: usize = 16;

/// Random play in every game with every number of environments: with one thread and with all, or only with the given
/// number of threads.
pub fn cases(bench: &Bench, threads_given: bool) -> Result<Vec<Case>> {
    let most = rayon::current_num_threads();
    let counts = if threads_given || most == 1 { vec![most] } else { vec![1, most] };
    let mut cases = Vec::new();
    for threads in counts {
        let pool = Arc::new(ThreadPoolBuilder::new().num_threads(threads).build()?);
        for &game in &bench.options.games {
            for envs in bench.envs(&[1, 2, 4, 8, 16]) {
                let name = format!("{game}, {}, {}", count(envs, "environment"), count(threads, "thread"));
                let (mut play, pool) = (random_play(bench, game, envs)?, pool.clone());
                cases.push(Case::new(name, "agent steps/s", move || Ok(pool.install(&mut play))));
            }
        }
    }
    Ok(cases)
}

/// Agent steps per second of random play in `game`.
pub fn random_play(bench: &Bench, game: Game, envs: usize) -> Result<impl FnMut() -> f64 + Send + use<>> {
    let mut pool = bench.pool(&bench.experiment(game, envs, "")?, game)?;
    let mut seeds = EpisodeSeeds::new(bench.seed, envs);
    let mut generator = bench.seed.derive("actions", 0).generator();
    let actions = game.actions(ActionSet::Minimal).len();
    let span = bench.options.span();
    Ok(move || {
        per_second(span, || {
            for _ in 0..STEPS {
                pool.begin_ended(&mut seeds);
                let chosen: Vec<_> = (0..envs).map(|_| generator.random_range(0..actions)).collect();
                pool.step(&chosen);
            }
            STEPS * envs
        })
    })
}

//! Costs of a step in the replay and of a minibatch, on real play.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::Result;
use rand::RngExt;

use super::measure::{Case, milliseconds};
use super::{Bench, count};
use crate::agent::Collector;
use crate::config::Experiment;
use crate::game::{ActionSet, Game};
use crate::replay::{Ending, Replay, Transition, TransitionBatch, transitions};
use crate::teacher::n_step;

/// Steps in the replay before the measurement: enough that most minibatches miss the processor's caches.
const STEPS: usize = 20_000;
/// The same number with `--quick`.
const QUICK_STEPS: usize = 1_000;
/// Steps in Nature DQN's replay.
const PROJECTED: f64 = 1e6;
const GIB: f64 = (1 << 30) as f64;

/// Memory, push and minibatch for every game.
pub fn cases(bench: &Bench) -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    for &game in &bench.options.games {
        for envs in bench.envs(&[8]) {
            cases.extend(of_game(bench, game, envs)?);
        }
    }
    Ok(cases)
}

fn of_game(bench: &Bench, game: Game, envs: usize) -> Result<Vec<Case>> {
    let experiment = bench.experiment(game, envs, "")?;
    let (mut play, replay) = played(bench, &experiment, game)?;
    let bytes = replay.bytes() as f64 / replay.len() as f64;
    let replay = Rc::new(RefCell::new(replay));
    let pushed = replay.clone();
    let push = move || Ok(play.microseconds_per_push(&mut pushed.borrow_mut()));
    let mut batch = TransitionBatch::default();
    let mut sampler = bench.seed.derive("sampling", 0).generator();
    let (size, span) = (experiment.teacher.batch, bench.options.span());
    let returns = n_step(&experiment.teacher);
    let minibatch =
        move || Ok(milliseconds(span, || transitions(&replay.borrow(), &mut sampler, size, returns, &mut batch)));
    let name = |what: &str| format!("{game}, {}: {what}", count(envs, "environment"));
    Ok(vec![
        Case::new(name("memory of a step"), "bytes", move || Ok(bytes)),
        Case::new(name("memory of 1,000,000 steps"), "GiB", move || Ok(bytes * PROJECTED / GIB)),
        Case::new(name("push"), "microseconds", push),
        Case::new(name(&format!("minibatch of {size}")), "milliseconds", minibatch),
    ])
}

/// A replay filled with random play, and the player that continues.
pub fn played(bench: &Bench, experiment: &Experiment, game: Game) -> Result<(TimedPlay, Replay<Transition>)> {
    let mut play = TimedPlay::new(bench, experiment, game)?;
    let mut replay = Replay::new(play.collector.pool.observation(), PROJECTED as u64, experiment.environment.workers);
    let steps = if bench.options.quick { QUICK_STEPS } else { STEPS };
    while replay.len() < steps {
        play.step(&mut replay);
    }
    Ok((play, replay))
}

/// Random play.
pub struct TimedPlay {
    pub collector: Collector,
    actions: usize,
    /// Total time of the pushes.
    pushing: Duration,
}

impl TimedPlay {
    fn new(bench: &Bench, experiment: &Experiment, game: Game) -> Result<TimedPlay> {
        let actions = game.actions(ActionSet::Minimal).len();
        let collector = Collector::endless(bench.pool(experiment, game)?, bench.seed);
        Ok(TimedPlay { collector, actions, pushing: Duration::ZERO })
    }

    /// One step of every environment.
    fn step(&mut self, replay: &mut Replay<Transition>) {
        let begun = self.collector.begin();
        let pool = &self.collector.pool;
        let frames: Vec<_> = (0..pool.workers()).map(|worker| pool.frame(worker).to_vec()).collect();
        let actions = self.actions;
        let steps = self
            .collector
            .step(|_, generators| generators.iter_mut().map(|generator| generator.random_range(0..actions)).collect());
        let start = Instant::now();
        for step in steps {
            let result = step.outcome.step;
            let ending = if result.ended() { Ending::Terminated } else { Ending::No };
            let transition = Transition { action: step.action as u8, reward: result.reward as f32, ending };
            replay.push(step.worker, &frames[step.worker], begun[step.worker], Some(transition));
        }
        self.pushing += start.elapsed();
    }

    /// Microseconds per push: the mean over some thousand steps of play, of which only the pushes are timed.
    fn microseconds_per_push(&mut self, replay: &mut Replay<Transition>) -> f64 {
        let workers = self.collector.pool.workers();
        let turns = QUICK_STEPS.div_ceil(workers);
        self.pushing = Duration::ZERO;
        (0..turns).for_each(|_| self.step(replay));
        1e6 * self.pushing.as_secs_f64() / (turns * workers) as f64
    }
}

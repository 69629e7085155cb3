//! Many environments stepped in parallel, with their observations in one batch.

use std::ops::Range;

use anyhow::{Result, ensure};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::environment::{Environment, Picture, make};
use super::rom::Rom;
use super::step::{Rules, Step};
use super::view_slot::ViewSlot;
use crate::game::Game;
use crate::spec::Shape;
use crate::units::Seed;

/// The result of a worker's step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    pub step: Step,
    /// Raw score of the episode so far.
    pub score: f64,
    /// Frames of the episode so far, as [`Environment::frames`].
    pub frames: u64,
}

/// A fixed number of workers, each with its own environment, stepped on the caller's rayon threads. Workers share
/// nothing, so the number of threads changes no result.
pub struct Pool {
    views: Vec<ViewSlot>,
    workers: Vec<Worker>,
    /// A row for each worker, with the observations of all views.
    observations: Vec<u8>,
    outcomes: Vec<Option<Outcome>>,
}

struct Worker {
    env: Box<dyn Environment>,
    playing: bool,
    score: f64,
}

impl Worker {
    fn step(&mut self, action: usize) -> Option<Outcome> {
        if !self.playing {
            return None;
        }
        let step = self.env.step(action);
        self.score += step.reward;
        self.playing = !step.ended();
        Some(Outcome { step, score: self.score, frames: self.env.frames() })
    }
}

impl Pool {
    /// `workers` environments with `game` in them. `rom` is the result of [`Rom::find`] for the game.
    ///
    /// # Errors
    /// As [`make`].
    pub fn load(game: Game, rom: Option<&Rom>, rules: &Rules, workers: usize) -> Result<Pool> {
        Ok(Pool::new((0..workers).map(|_| make(game, rom, rules)).collect::<Result<_>>()?))
    }

    /// Workers with these environments, which give the same views; none of them is playing yet.
    pub fn new(envs: Vec<Box<dyn Environment>>) -> Pool {
        let views = envs.first().map_or(vec![Shape::ATARI], |env| env.views());
        let row: usize = views.iter().map(|shape| shape.bytes()).sum();
        Pool {
            views: ViewSlot::side_by_side(&views),
            observations: vec![0; envs.len() * row],
            outcomes: vec![None; envs.len()],
            workers: envs.into_iter().map(|env| Worker { env, playing: false, score: 0.0 }).collect(),
        }
    }

    /// Workers with the built-in game, by the rules of training.
    #[cfg(test)]
    pub fn of_catch(environment: &crate::config::EnvironmentSettings) -> Pool {
        let game = Game::named("catch").unwrap();
        Pool::load(game, None, &Rules::of_training(environment, game), environment.workers).unwrap()
    }

    pub fn workers(&self) -> usize {
        self.workers.len()
    }

    /// Each view that the environments give, with its place in a row of [`Pool::observations`].
    pub fn views(&self) -> &[ViewSlot] {
        &self.views
    }

    /// Shape of the first view's observations.
    pub fn observation(&self) -> Shape {
        self.views[0].shape
    }

    /// Bytes of a row: a worker's observations of all views.
    pub fn row_bytes(&self) -> usize {
        self.views.iter().map(|view| view.shape.bytes()).sum()
    }

    /// Whether `worker` is in the middle of an episode.
    pub fn is_playing(&self, worker: usize) -> bool {
        self.workers[worker].playing
    }

    /// The current observation of every worker, one row after another. With a single view, a row is its observation.
    pub fn observations(&self) -> &[u8] {
        &self.observations
    }

    /// The newest frame of `worker`'s observation, in the first view.
    pub fn frame(&self, worker: usize) -> &[u8] {
        let row = &self.observations[worker * self.row_bytes()..];
        self.observation().newest(&row[self.views[0].range()])
    }

    /// From now on pictures will be taken of every game.
    pub fn take_pictures(&mut self) {
        self.workers.iter_mut().for_each(|worker| worker.env.take_pictures());
    }

    /// A picture of `worker`'s game, as [`Environment::picture`].
    pub fn picture(&self, worker: usize) -> Option<Picture> {
        self.workers[worker].env.picture()
    }

    /// Raw score so far of the episode of `worker`.
    pub fn score(&self, worker: usize) -> f64 {
        self.workers[worker].score
    }

    /// Leaves every episode where it is: no worker is playing any more.
    pub fn abandon(&mut self) {
        (0..self.workers.len()).for_each(|worker| self.abandon_worker(worker));
    }

    /// Leaves the episode of `worker` where it is: it is not playing any more.
    pub fn abandon_worker(&mut self, worker: usize) {
        self.workers[worker].playing = false;
    }

    /// Begins an episode on each worker for which `seed` gives one.
    pub fn begin(&mut self, mut seed: impl FnMut(usize) -> Option<Seed>) {
        let seeds: Vec<_> = (0..self.workers.len()).map(&mut seed).collect();
        if seeds.iter().all(Option::is_none) {
            return;
        }
        let (views, size) = (&self.views, self.row_bytes());
        let rows = self.observations.par_chunks_mut(size);
        self.workers.par_iter_mut().zip(rows).zip(seeds).with_max_len(1).for_each(|((worker, row), seed)| {
            if let Some(seed) = seed {
                worker.env.begin(seed);
                worker.playing = true;
                worker.score = 0.0;
                for (index, view) in views.iter().enumerate() {
                    view.shape.start(&mut row[view.range()], worker.env.frame(index));
                }
            }
        });
    }

    /// Begins an episode on each worker that is not playing.
    pub fn begin_ended(&mut self, seeds: &mut EpisodeSeeds) {
        let ended: Vec<_> = self.workers.iter().map(|worker| !worker.playing).collect();
        self.begin(|worker| ended[worker].then(|| seeds.next(worker)));
    }

    /// Plays one step with each playing worker's action; `None` for those that are not playing. An episode that ends
    /// leaves its last observation in place until the worker begins another.
    pub fn step(&mut self, actions: &[usize]) -> &[Option<Outcome>] {
        self.step_some(0..self.workers.len(), actions)
    }

    /// As [`Pool::step`], for the workers in `some` only.
    pub fn step_some(&mut self, some: Range<usize>, actions: &[usize]) -> &[Option<Outcome>] {
        let (views, size) = (&self.views, self.row_bytes());
        let observations = &mut self.observations[some.start * size..some.end * size];
        let outcomes = &mut self.outcomes[some.clone()];
        let places = observations.par_chunks_mut(size).zip(outcomes.par_iter_mut());
        let workers = self.workers[some.clone()].par_iter_mut().zip(places).zip(actions).with_max_len(1);
        workers.for_each(|((worker, (row, outcome)), &action)| {
            *outcome = worker.step(action);
            if outcome.is_some() {
                for (index, view) in views.iter().enumerate() {
                    view.shape.push(&mut row[view.range()], worker.env.frame(index));
                }
            }
        });
        &self.outcomes[some]
    }

    /// Everything that the rest of the play depends on.
    pub fn save(&self) -> PoolState {
        let workers = self.workers.iter().map(|worker| WorkerState {
            env: worker.env.save(),
            playing: worker.playing,
            score: worker.score,
        });
        PoolState { workers: workers.collect(), observations: self.observations.clone() }
    }

    /// Continues where [`Pool::save`] was called.
    ///
    /// # Errors
    /// If the state is damaged, or of another game or another number of workers.
    pub fn restore(&mut self, state: &PoolState) -> Result<()> {
        ensure!(state.workers.len() == self.workers.len(), "the checkpoint has another number of workers");
        ensure!(state.observations.len() == self.observations.len(), "the checkpoint's observations are damaged");
        self.workers.par_iter_mut().zip(&state.workers).try_for_each(|(worker, state)| {
            worker.playing = state.playing;
            worker.score = state.score;
            worker.env.restore(&state.env)
        })?;
        self.observations.copy_from_slice(&state.observations);
        Ok(())
    }
}

/// A saved [`Pool`].
#[derive(Serialize, Deserialize)]
pub struct PoolState {
    workers: Vec<WorkerState>,
    observations: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct WorkerState {
    env: Vec<u8>,
    playing: bool,
    score: f64,
}

/// The seeds of a stream of episodes. The seed of a worker's k-th episode does not depend on the other workers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EpisodeSeeds {
    seed: Seed,
    begun: Vec<u64>,
}

impl EpisodeSeeds {
    pub fn new(seed: Seed, workers: usize) -> EpisodeSeeds {
        EpisodeSeeds { seed, begun: vec![0; workers] }
    }

    fn next(&mut self, worker: usize) -> Seed {
        let episode = self.begun[worker];
        self.begun[worker] += 1;
        self.seed.derive("worker", worker as u64).derive("episode", episode)
    }
}

//! Collects play of many games at once, for teachers, distillation and evaluation.

use std::borrow::BorrowMut;
use std::ops::Range;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::env::{EpisodeSeeds, Outcome, Pool, PoolState};
use crate::units::{Generator, Seed};

/// Workers that play episodes, each with its own generator for exploration. Results do not depend on the number of
/// workers that run at the same time.
pub struct Collector<P = Pool> {
    pub pool: P,
    pub state: PlayState,
}

/// The changing state of the play, without the environments.
#[derive(Clone, Serialize, Deserialize)]
pub struct PlayState {
    /// Steps of all workers.
    pub steps: u64,
    /// Number of episodes that ended.
    pub episodes_ended: u64,
    explorers: Vec<Generator>,
    episodes: EpisodeOrder,
}

/// A saved [`Collector`].
#[derive(Serialize, Deserialize)]
pub struct SavedCollector {
    pub state: PlayState,
    pub pool: PoolState,
}

/// The order in which episodes are played.
#[derive(Clone, Serialize, Deserialize)]
enum EpisodeOrder {
    /// Endless play. A worker's exploration continues from one episode to the next.
    Endless(EpisodeSeeds),
    /// The episodes with the numbers `left`. The first free worker begins the next one. Start and exploration depend
    /// only on the seed and the number.
    Numbered {
        seed: Seed,
        left: Range<usize>,
        /// The number of each worker's episode.
        played: Vec<usize>,
    },
}

/// One step of a worker.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlayedStep {
    pub worker: usize,
    /// Number of the episode; 0 if episodes have no numbers.
    pub episode: usize,
    /// Index into the game's actions.
    pub action: usize,
    pub outcome: Outcome,
}

/// Seed of the episode with the number `episode`.
pub fn episode_seed(seed: Seed, episode: usize) -> Seed {
    seed.derive("episode", episode as u64)
}

impl Collector {
    /// Everything that the rest of the play depends on.
    pub fn save(&self) -> SavedCollector {
        SavedCollector { state: self.state.clone(), pool: self.pool.save() }
    }

    /// Continues where [`Collector::save`] was called.
    ///
    /// # Errors
    /// As [`Pool::restore`].
    pub fn restore(&mut self, saved: &SavedCollector) -> Result<()> {
        self.pool.restore(&saved.pool)?;
        self.state = saved.state.clone();
        Ok(())
    }
}

impl<P: BorrowMut<Pool>> Collector<P> {
    /// A collector for endless play.
    pub fn endless(pool: P, seed: Seed) -> Collector<P> {
        let workers = pool.borrow().workers();
        let explorers = (0..workers as u64).map(|worker| seed.derive("exploration", worker).generator()).collect();
        let episodes = EpisodeOrder::Endless(EpisodeSeeds::new(seed.derive("play", 0), workers));
        Collector { pool, state: PlayState { steps: 0, episodes_ended: 0, explorers, episodes } }
    }

    /// A collector for the episodes with those numbers. Episodes that the pool had begun are abandoned.
    pub fn numbered(mut pool: P, seed: Seed, episodes: Range<usize>) -> Collector<P> {
        pool.borrow_mut().abandon();
        let workers = pool.borrow().workers();
        let episodes = EpisodeOrder::Numbered { seed, left: episodes, played: vec![0; workers] };
        let explorers = vec![seed.generator(); workers];
        Collector { pool, state: PlayState { steps: 0, episodes_ended: 0, explorers, episodes } }
    }

    /// Begins an episode on every idle worker while any are left; returns which workers began one.
    pub fn begin(&mut self) -> Vec<bool> {
        let PlayState { explorers, episodes, .. } = &mut self.state;
        let pool = self.pool.borrow_mut();
        let idle: Vec<_> = (0..pool.workers()).map(|worker| !pool.is_playing(worker)).collect();
        match episodes {
            EpisodeOrder::Endless(seeds) => {
                pool.begin_ended(seeds);
                idle
            }
            EpisodeOrder::Numbered { seed, left, played } => {
                let next = |(worker, idle): (usize, bool)| {
                    let episode = if idle { left.next() } else { None }?;
                    let start = episode_seed(*seed, episode);
                    explorers[worker] = start.derive("exploration", 0).generator();
                    played[worker] = episode;
                    Some(start)
                };
                let seeds: Vec<_> = idle.into_iter().enumerate().map(next).collect();
                pool.begin(|worker| seeds[worker]);
                seeds.iter().map(Option::is_some).collect()
            }
        }
    }

    /// Steps every worker that is in an episode. `choose` receives their rows of [`Pool::observations`], and their
    /// generators, and returns their actions.
    pub fn step(&mut self, choose: impl FnOnce(&[u8], &mut [Generator]) -> Vec<usize>) -> Vec<PlayedStep> {
        let pool = self.pool.borrow();
        let explorers = &mut self.state.explorers;
        let playing: Vec<_> = (0..pool.workers()).filter(|&worker| pool.is_playing(worker)).collect();
        if playing.len() == pool.workers() {
            let actions = choose(pool.observations(), explorers);
            return self.play(0..playing.len(), &actions);
        }
        let size = pool.row_bytes();
        let observation = |&worker: &usize| &pool.observations()[worker * size..(worker + 1) * size];
        let observations = playing.iter().map(observation).collect::<Vec<_>>().concat();
        let mut generators: Vec<_> = playing.iter().map(|&worker| explorers[worker].clone()).collect();
        let chosen = choose(&observations, &mut generators);
        // Idle workers get an action that is not played.
        let mut actions = vec![0; pool.workers()];
        for ((&worker, generator), action) in playing.iter().zip(generators).zip(chosen) {
            (explorers[worker], actions[worker]) = (generator, action);
        }
        self.play(0..actions.len(), &actions)
    }

    /// As [`Collector::step`], in several parts; all workers must be in an episode. `begin` starts a computation on the
    /// observations of a part, and `choose` receives its result; parts come in the order of their workers. A GPU can thus
    /// work on one part while the environments of the previous part run. The number of parts changes no result.
    pub fn step_in_parts<T>(
        &mut self,
        parts: usize,
        mut begin: impl FnMut(&[u8]) -> T,
        mut choose: impl FnMut(T, &mut [Generator]) -> Vec<usize>,
    ) -> Vec<PlayedStep> {
        let (workers, size) = (self.pool.borrow().workers(), self.pool.borrow().row_bytes());
        let each = workers.div_ceil(parts);
        let part = |first: usize| first..(first + each).min(workers);
        let mut begin =
            |pool: &Pool, some: Range<usize>| begin(&pool.observations()[some.start * size..some.end * size]);
        let mut steps = Vec::with_capacity(workers);
        let mut begun = Some(begin(self.pool.borrow(), part(0)));
        while let Some(found) = begun.take() {
            let some = part(steps.len());
            let actions = choose(found, &mut self.state.explorers[some.clone()]);
            begun = (some.end < workers).then(|| begin(self.pool.borrow(), part(some.end)));
            steps.extend(self.play(some, &actions));
        }
        steps
    }

    /// Steps those workers in `some` that are in an episode.
    fn play(&mut self, some: Range<usize>, actions: &[usize]) -> Vec<PlayedStep> {
        let state = &mut self.state;
        let outcomes = self.pool.borrow_mut().step_some(some.clone(), actions);
        let steps = some.zip(outcomes).zip(actions);
        let step = |((worker, outcome), &action): ((usize, &Option<Outcome>), &usize)| {
            let outcome = (*outcome)?;
            state.steps += 1;
            state.episodes_ended += u64::from(outcome.step.ended());
            let episode = match &state.episodes {
                EpisodeOrder::Endless(_) => 0,
                EpisodeOrder::Numbered { played, .. } => played[worker],
            };
            Some(PlayedStep { worker, episode, action, outcome })
        };
        steps.filter_map(step).collect()
    }
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;
    use crate::config::{Experiment, Overrides, read_text};

    fn pool() -> Pool {
        let text = "games = [\"catch\"]\n[environment]\nworkers = 5\n";
        let experiment: Experiment = read_text("x.toml", "x", text, &Overrides::default()).unwrap();
        Pool::of_catch(&experiment.environment)
    }

    /// Play by a made-up rule that depends on observations and on chance.
    fn played(parts: Option<usize>) -> Vec<PlayedStep> {
        let size = pool().observation().bytes();
        let sums = |observations: &[u8]| -> Vec<usize> {
            let sum = |observation: &[u8]| observation.iter().map(|&byte| usize::from(byte)).sum::<usize>();
            observations.chunks(size).map(|observation| sum(observation) / 7).collect()
        };
        let choose = |sums: Vec<usize>, generators: &mut [Generator]| -> Vec<usize> {
            sums.into_iter().zip(generators).map(|(sum, chance)| (sum + chance.random_range(0..2)) % 3).collect()
        };
        let mut collector = Collector::endless(pool(), Seed(4));
        let mut steps = Vec::new();
        for _ in 0..200 {
            collector.begin();
            steps.extend(match parts {
                None => collector.step(|observations, generators| choose(sums(observations), generators)),
                Some(parts) => collector.step_in_parts(parts, sums, choose),
            });
        }
        assert_eq!(collector.state.steps, 1000);
        steps
    }

    #[test]
    fn play_in_parts_is_the_same_play() {
        let whole = played(None);
        assert!(whole.iter().any(|step| step.outcome.step.reward != 0.0));
        assert!(whole.iter().any(|step| step.outcome.step.ended()));
        assert!([1, 2, 3, 5].into_iter().all(|parts| played(Some(parts)) == whole));
    }

    #[test]
    fn numbered_episodes_are_each_played_once_and_to_their_end() {
        let mut collector = Collector::numbered(pool(), Seed(4), 3..15);
        let mut ended = Vec::new();
        for _ in 0..10_000 {
            collector.begin();
            let steps = collector
                .step(|_, generators| generators.iter_mut().map(|generator| generator.random_range(0..3)).collect());
            ended.extend(steps.iter().filter(|step| step.outcome.step.ended()).map(|step| step.episode));
        }
        ended.sort_unstable();
        assert_eq!(ended, (3..15).collect::<Vec<_>>());
    }
}

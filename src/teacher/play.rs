//! The workers' play: what every algorithm learns from.

use std::ops::Range;

use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::schedule::Schedule;
use crate::config;
use crate::env::{EpisodeSeeds, Outcome, Pool, epsilon_greedy};
use crate::frame::OBSERVATION;
use crate::replay::Ending;
use crate::units::{Generator, Seed};

/// Workers that play with an exploration that changes over time.
pub struct Play {
    pub pool: Pool,
    pub state: PlayState,
    pub schedule: Schedule,
    parts: usize,
    clip_rewards: bool,
    life_loss_ends_episode: bool,
}

/// What changes of the play, besides the emulators.
#[derive(Clone, Serialize, Deserialize)]
pub struct PlayState {
    pub steps: u64,
    /// Episodes that ended.
    pub episodes_ended: u64,
    /// The same since the last row of the log, and the sum of their scores.
    pub ended: (u64, f64),
    explorers: Vec<Generator>,
    episodes: EpisodeSeeds,
}

/// What a worker's step led to, as the learner sees it.
#[derive(Debug, Clone, Copy)]
pub struct Experience {
    pub action: usize,
    /// Clipped if the teacher clips rewards.
    pub reward: f32,
    pub ending: Ending,
}

impl Play {
    /// `parts`: into how many the workers are divided in [`Play::step_greedily`].
    pub fn new(settings: &config::Teacher, pool: Pool, parts: usize, total: u64, seed: Seed) -> Play {
        let workers = pool.workers();
        Play {
            pool,
            state: PlayState {
                steps: 0,
                episodes_ended: 0,
                ended: (0, 0.0),
                explorers: (0..workers as u64).map(|i| seed.derive("exploration", i).generator()).collect(),
                episodes: EpisodeSeeds::new(seed.derive("play", 0), workers),
            },
            parts,
            schedule: Schedule::new(settings, total),
            clip_rewards: settings.clip_rewards,
            life_loss_ends_episode: settings.life_loss_ends_episode,
        }
    }

    /// Begins a game on every worker that has none; gives whether each began one.
    pub fn begin(&mut self) -> Vec<bool> {
        let begun = (0..self.pool.workers()).map(|worker| !self.pool.is_playing(worker)).collect();
        self.pool.begin_ended(&mut self.state.episodes);
        begun
    }

    /// Probability of a random action now.
    pub fn epsilon(&self) -> f64 {
        self.schedule.epsilon(self.state.steps)
    }

    /// Uniformly random actions.
    pub fn explore(&mut self, actions: usize) -> Vec<usize> {
        self.state.explorers.iter_mut().map(|explorer| explorer.random_range(0..actions)).collect()
    }

    /// One step of every worker with its greedy action out of so many, or with probability epsilon a random one. `begin`
    /// starts to find the greedy actions for the observations of some workers, `finish` waits for them: in several parts,
    /// a GPU looks at one part while the emulators of the part before it run. The number of parts changes no result.
    pub fn step_greedily<T>(
        &mut self,
        actions: usize,
        begin: impl Fn(&[u8]) -> T,
        mut finish: impl FnMut(T) -> Vec<usize>,
    ) -> Vec<Experience> {
        let (epsilon, workers) = (self.epsilon(), self.pool.workers());
        let each = workers.div_ceil(self.parts);
        let part = |first: usize| first..(first + each).min(workers);
        let begin = |pool: &Pool, some: Range<usize>| {
            begin(&pool.observations()[some.start * OBSERVATION..some.end * OBSERVATION])
        };
        let mut experiences = Vec::with_capacity(workers);
        let mut begun = Some(begin(&self.pool, part(0)));
        while let Some(found) = begun.take() {
            let greedy = finish(found);
            let some = part(experiences.len());
            begun = (some.end < workers).then(|| begin(&self.pool, part(some.end)));
            let explorers = self.state.explorers[some.clone()].iter_mut();
            let choose = |(explorer, greedy)| epsilon_greedy(explorer, epsilon, actions, greedy);
            let chosen: Vec<_> = explorers.zip(greedy).map(choose).collect();
            experiences.extend(self.step(some, &chosen));
        }
        experiences
    }

    /// One step of some workers; each has a game.
    pub fn step(&mut self, some: Range<usize>, actions: &[usize]) -> Vec<Experience> {
        let outcomes: Vec<Outcome> = self.pool.step_some(some, actions).iter().flatten().cloned().collect();
        self.state.steps += outcomes.len() as u64;
        let experience = |(outcome, &action): (&Outcome, &usize)| {
            let step = &outcome.step;
            if step.ended() {
                self.state.episodes_ended += 1;
                self.state.ended.0 += 1;
                self.state.ended.1 += outcome.score;
            }
            let ending = match () {
                () if step.terminated || self.life_loss_ends_episode && step.life_lost => Ending::Terminated,
                () if step.truncated => Ending::Truncated,
                () => Ending::No,
            };
            let reward = if self.clip_rewards { step.reward.clamp(-1.0, 1.0) } else { step.reward } as f32;
            Experience { action, reward, ending }
        };
        outcomes.iter().zip(actions).map(experience).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Experiment, Overrides, read_text};
    use crate::env::Rules;
    use crate::game::Game;

    /// Actions, rewards and endings of play by a made-up rule for what is greedy.
    fn played(parts: usize) -> Vec<(usize, f32, Ending)> {
        let text = "games = [\"catch\"]\n[environment]\nworkers = 5\n";
        let experiment: Experiment = read_text("x.toml", "x", text, &Overrides::default()).unwrap();
        let game = Game::named("catch").unwrap();
        let pool = Pool::load(game, None, &Rules::of_training(&experiment.environment, game), 5).unwrap();
        let mut play = Play::new(&experiment.teacher, pool, parts, 1000, Seed(4));
        let rule = |bytes: &[u8]| -> Vec<usize> {
            let sum = |observation: &[u8]| observation.iter().map(|&byte| usize::from(byte)).sum::<usize>();
            bytes.chunks(OBSERVATION).map(|observation| sum(observation) / 7 % 3).collect()
        };
        let mut steps = Vec::new();
        for _ in 0..200 {
            play.begin();
            steps.extend(play.step_greedily(3, rule, |greedy| greedy));
        }
        steps.into_iter().map(|step| (step.action, step.reward, step.ending)).collect()
    }

    #[test]
    fn play_in_parts_is_the_same_play() {
        let whole = played(1);
        assert_eq!(whole.len(), 1000);
        assert!(whole.iter().any(|step| step.1 != 0.0) && whole.iter().any(|step| step.2 != Ending::No));
        assert!([2, 3, 5].into_iter().all(|parts| played(parts) == whole));
    }
}

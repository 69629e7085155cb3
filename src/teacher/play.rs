//! The workers' play: what every algorithm learns from.

use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::schedule::Schedule;
use crate::config;
use crate::env::{EpisodeSeeds, Outcome, Pool, epsilon_greedy};
use crate::replay::Ending;
use crate::units::{Generator, Seed};

/// Workers that play with an exploration that changes over time.
pub struct Play {
    pub pool: Pool,
    pub state: PlayState,
    pub schedule: Schedule,
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
    pub fn new(settings: &config::Teacher, pool: Pool, total: u64, seed: Seed) -> Play {
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

    /// Each worker's greedy action, or with probability epsilon a random one.
    pub fn choose(&mut self, greedy: impl IntoIterator<Item = usize>, actions: usize) -> Vec<usize> {
        let epsilon = self.epsilon();
        let choose = |(explorer, greedy)| epsilon_greedy(explorer, epsilon, actions, greedy);
        self.state.explorers.iter_mut().zip(greedy).map(choose).collect()
    }

    /// One step of every worker; each has a game.
    pub fn step(&mut self, actions: &[usize]) -> Vec<Experience> {
        let outcomes: Vec<Outcome> = self.pool.step(actions).iter().flatten().cloned().collect();
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

//! The workers' play, in the form that teachers learn from.

use anyhow::Result;
use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::schedule::TrainingSchedule;
use crate::agent::{self, Collector, PlayState, SavedCollector, epsilon_greedy};
use crate::config;
use crate::env::{Pool, PoolState};
use crate::replay::{Ending, Transition};
use crate::units::{Generator, Seed};

/// Workers that play with an exploration that changes over time.
pub struct Play {
    pub collector: Collector,
    /// Episodes that ended since the last row of the log, and the sum of their scores.
    pub ended: (u64, f64),
    pub schedule: TrainingSchedule,
    parts: usize,
    clip_rewards: bool,
    life_loss_ends_episode: bool,
    stagger: u64,
}

/// A saved [`Play`].
#[derive(Serialize, Deserialize)]
pub struct SavedPlay {
    state: PlayState,
    ended: (u64, f64),
    pool: PoolState,
}

impl SavedPlay {
    /// Steps of all workers when it was saved.
    pub fn steps(&self) -> u64 {
        self.state.steps
    }
}

impl Play {
    /// `parts` is the number of parts into which [`Play::step_greedily`] divides the workers.
    pub fn new(settings: &config::TeacherSettings, pool: Pool, parts: usize, total: u64, seed: Seed) -> Play {
        Play {
            collector: Collector::endless(pool, seed),
            ended: (0, 0.0),
            parts,
            schedule: TrainingSchedule::new(settings, total),
            clip_rewards: settings.clip_rewards,
            life_loss_ends_episode: settings.life_loss_ends_episode,
            stagger: settings.stagger,
        }
    }

    pub fn pool(&self) -> &Pool {
        &self.collector.pool
    }

    /// Steps of all workers.
    pub fn steps(&self) -> u64 {
        self.collector.state.steps
    }

    /// Probability of a random action now.
    pub fn epsilon(&self) -> f64 {
        self.schedule.epsilon(self.steps())
    }

    /// Begins an episode on every idle worker; returns which workers began one.
    pub fn begin(&mut self) -> Vec<bool> {
        self.collector.begin()
    }

    /// Steps every worker with a random action out of `actions`.
    pub fn step_randomly(&mut self, actions: usize) -> Vec<Transition> {
        let random = |_: &[u8], explorers: &mut [Generator]| -> Vec<usize> {
            explorers.iter_mut().map(|explorer| explorer.random_range(0..actions)).collect()
        };
        let steps = self.collector.step(random);
        self.transitions(&steps)
    }

    /// Steps every worker with its greedy action, or with probability epsilon a random one out of `actions`. `begin`
    /// starts to compute the greedy actions for the observations of some workers; `finish` waits for them. See
    /// [`Collector::step_in_parts`].
    pub fn step_greedily<T>(
        &mut self,
        actions: usize,
        begin: impl FnMut(&[u8]) -> T,
        mut finish: impl FnMut(T) -> Vec<usize>,
    ) -> Vec<Transition> {
        let epsilon = self.epsilon();
        let choose = |found, explorers: &mut [Generator]| -> Vec<usize> {
            let choose = |(explorer, greedy)| epsilon_greedy(explorer, epsilon, actions, greedy);
            explorers.iter_mut().zip(finish(found)).map(choose).collect()
        };
        let steps = self.collector.step_in_parts(self.parts, begin, choose);
        self.transitions(&steps)
    }

    /// Whether the episode of `worker` is cut off after the step that all workers have just made, so that their episodes
    /// do not all end at once from then on.
    fn is_cut_off(&self, worker: usize) -> bool {
        let workers = self.pool().workers() as u64;
        let end = worker as u64 * self.stagger / workers;
        end > 0 && self.steps() == end * workers
    }

    /// The steps as the learner sees them. Episodes that are cut off now are left where they are.
    fn transitions(&mut self, steps: &[agent::PlayedStep]) -> Vec<Transition> {
        let transition = |step: &agent::PlayedStep| {
            let agent::PlayedStep { worker, action, outcome, .. } = *step;
            let step = outcome.step;
            if step.ended() {
                self.ended.0 += 1;
                self.ended.1 += outcome.score;
            }
            let is_cut_off = self.is_cut_off(worker);
            if is_cut_off {
                self.collector.pool.abandon_worker(worker);
            }
            let ending = if step.terminated || self.life_loss_ends_episode && step.life_lost {
                Ending::Terminated
            } else if step.truncated || is_cut_off {
                Ending::Truncated
            } else {
                Ending::No
            };
            let reward = if self.clip_rewards { step.reward.clamp(-1.0, 1.0) } else { step.reward } as f32;
            Transition { action: action as u8, reward, ending }
        };
        steps.iter().map(transition).collect()
    }

    /// Everything that the rest of the play depends on.
    pub fn save(&self) -> SavedPlay {
        let SavedCollector { state, pool } = self.collector.save();
        SavedPlay { state, ended: self.ended, pool }
    }

    /// Continues where [`Play::save`] was called.
    ///
    /// # Errors
    /// As [`Pool::restore`].
    pub fn restore(&mut self, saved: SavedPlay) -> Result<()> {
        let SavedPlay { state, ended, pool } = saved;
        self.collector.restore(&SavedCollector { state, pool })?;
        self.ended = ended;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Experiment, Overrides, read_text};

    const WORKERS: usize = 5;

    fn play(stagger: u64, life_loss_ends_episode: bool) -> Play {
        let text = format!(
            "games = [\"catch\"]\n[environment]\nworkers = {WORKERS}\n[teacher]\nstagger = {stagger}\n\
             life_loss_ends_episode = {life_loss_ends_episode}\n"
        );
        let experiment: Experiment = read_text("x.toml", "x", &text, &Overrides::default()).unwrap();
        Play::new(&experiment.teacher, Pool::of_catch(&experiment.environment), 1, 1000, Seed(4))
    }

    /// Plays 15 steps of every worker; returns those after which an episode was cut off, with its worker, and checks that
    /// the worker begins another.
    fn cut_off(stagger: u64) -> Vec<(usize, usize)> {
        let mut play = play(stagger, false);
        let mut cut_off = Vec::new();
        play.begin();
        for step in 1..=15 {
            let transitions = play.step_randomly(3);
            let cut: Vec<_> = transitions.iter().map(|transition| transition.ending == Ending::Truncated).collect();
            assert_eq!(play.begin(), cut);
            cut_off.extend((0..WORKERS).filter(|&worker| cut[worker]).map(|worker| (step, worker)));
        }
        cut_off
    }

    #[test]
    fn with_stagger_the_workers_episodes_end_at_different_times() {
        assert_eq!(cut_off(10), [(2, 1), (4, 2), (6, 3), (8, 4)]);
        assert_eq!(cut_off(0), []);
    }

    #[test]
    fn a_worker_that_loses_a_life_at_the_step_of_its_cut_begins_another_episode() {
        let mut alone = play(0, true);
        alone.begin();
        let loses = |_: &u64| alone.step_randomly(3)[1].ending == Ending::Terminated && !alone.begin()[1];
        let step = (1..200).find(loses).expect("random play loses lives");
        let mut play = play(step * WORKERS as u64, true);
        for _ in 1..step {
            play.begin();
            play.step_randomly(3);
        }
        play.begin();
        assert_eq!((play.step_randomly(3)[1].ending, play.begin()[1]), (Ending::Terminated, true));
    }
}

//! Deep Q-learning (Mnih et al., 2015): every step enters a replay, and updates use random minibatches from it.

mod update;

use std::path::Path;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::learner::{Learner, UpdateSums};
use super::play::Play;
use crate::config;
use crate::nn::{Architecture, Device, Network, actions_of};
use crate::progress::Patience;
use crate::record::{read_state, write_state};
use crate::replay::{Ending, NStep, Replay, Transition, TransitionBatch, transitions};
use crate::units::{Generator, Seed};

pub use update::{Networks, NetworksState, td_targets};

const STATE: &str = "learner.bin";

/// File name of a head's replay in a checkpoint.
fn file(head: usize) -> String {
    format!("replay-{head}.bin")
}

/// A network that learns by DQN. It plays one game, or several games in turn, each with a replay of its own.
pub struct Dqn {
    networks: Networks,
    /// One for each head.
    replays: Vec<Replay<Transition>>,
    /// Steps in all games.
    steps: u64,
    sampler: Generator,
    batch: TransitionBatch,
    settings: config::TeacherSettings,
}

/// A saved [`Dqn`], without its replays.
#[derive(Serialize, Deserialize)]
struct DqnState {
    networks: NetworksState,
    steps: u64,
    sampler: Generator,
}

impl Dqn {
    pub fn new(
        settings: &config::TeacherSettings,
        architecture: &Architecture,
        workers: usize,
        seed: Seed,
        device: Device,
    ) -> Dqn {
        Dqn {
            networks: Networks::new(settings, architecture, seed.derive("weights", 0), device),
            replays: architecture
                .actions()
                .iter()
                .map(|_| Replay::new(architecture.observation, settings.replay, workers))
                .collect(),
            steps: 0,
            sampler: seed.derive("sampling", 0).generator(),
            batch: TransitionBatch::default(),
            settings: settings.clone(),
        }
    }

    /// Steps every worker and stores the steps in the replay.
    fn play(&mut self, head: usize, play: &mut Play) {
        let begun = play.begin();
        let frames: Vec<_> = (0..begun.len()).map(|worker| play.pool().frame(worker).to_vec()).collect();
        let network = self.networks.online();
        let actions = network.architecture().actions()[head] as usize;
        let transitions = if play.epsilon() < 1.0 {
            play.step_greedily(actions, |observations| network.best(head, observations), actions_of)
        } else {
            play.step_randomly(actions)
        };
        for (worker, transition) in transitions.into_iter().enumerate() {
            self.replays[head].push(worker, &frames[worker], begun[worker], Some(transition));
            if transition.ending == Ending::Truncated {
                // The value after the cut is bootstrapped from this frame.
                self.replays[head].push(worker, play.pool().frame(worker), false, None);
            }
        }
    }
}

impl Learner for Dqn {
    fn network(&self) -> &Network {
        self.networks.online()
    }

    fn advance(&mut self, head: usize, play: &mut Play, _: &Patience) -> bool {
        let before = play.steps();
        self.play(head, play);
        for step in before + 1..=play.steps() {
            self.steps += 1;
            if step <= self.settings.warmup {
                continue;
            }
            if step.is_multiple_of(self.settings.update_period) {
                let kept: Vec<usize> = self.replays.iter().map(Replay::len).collect();
                let learned = head_to_learn(&kept, self.settings.warmup, head, self.updates());
                let (replay, returns) = (&self.replays[learned], n_step(&self.settings));
                transitions(replay, &mut self.sampler, self.settings.batch, returns, &mut self.batch);
                self.networks.update(learned, &self.batch, play.schedule.learning_rate(step));
            }
            if self.steps.is_multiple_of(self.settings.target_period) {
                self.networks.update_target();
            }
        }
        true
    }

    fn updates(&self) -> u64 {
        self.networks.updates()
    }

    fn take_sums(&mut self) -> UpdateSums {
        self.networks.take_sums()
    }

    fn save(&mut self, folder: &Path) -> Result<()> {
        let state = DqnState { networks: self.networks.save(), steps: self.steps, sampler: self.sampler.clone() };
        write_state(&folder.join(STATE), &state)?;
        self.replays.iter().enumerate().try_for_each(|(head, replay)| replay.save(&folder.join(file(head))))
    }

    fn load(&mut self, folder: &Path) -> Result<()> {
        let state: DqnState = read_state(&folder.join(STATE))?;
        self.networks.restore(&state.networks)?;
        (self.steps, self.sampler) = (state.steps, state.sampler);
        self.replays.iter_mut().enumerate().try_for_each(|(head, replay)| replay.load(&folder.join(file(head))))
    }
}

/// The returns of a teacher with these settings.
pub fn n_step(settings: &config::TeacherSettings) -> NStep {
    NStep { n: settings.n_step, gamma: settings.gamma }
}

/// The head that update number `update` learns, while `played` plays and is past its warm-up; `kept` are the steps in
/// each head's replay. Heads past their warm-up take turns update by update, as they do for students: a turn of play
/// lasts thousands of updates, in which the network would forget the other games.
fn head_to_learn(kept: &[usize], warmup: u64, played: usize, update: u64) -> usize {
    let learns = |head: &usize| *head == played || kept[*head] as u64 > warmup;
    let heads: Vec<usize> = (0..kept.len()).filter(learns).collect();
    heads[(update % heads.len() as u64) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn returns_are_as_the_settings_say() {
        let text = "games = [\"pong\"]\n[teacher]\ngamma = 0.98\n[teacher.dqn]\nn_step = 4\n";
        let experiment = config::read_text("x.toml", "x", text, &config::Overrides::default()).unwrap();
        let NStep { n, gamma } = n_step(&experiment.teacher);
        assert_eq!((n, gamma), (4, 0.98));
    }

    #[test]
    fn games_past_their_warmup_take_turns_of_an_update_whichever_plays() {
        let learned = |kept: &[usize], played| [0, 1, 2, 3].map(|update| head_to_learn(kept, 10, played, update));
        assert_eq!(learned(&[500, 10, 11], 0), [0, 2, 0, 2]);
        assert_eq!(learned(&[500, 11, 11], 2), [0, 1, 2, 0]);
        assert_eq!(learned(&[500], 0), [0; 4]);
    }
}

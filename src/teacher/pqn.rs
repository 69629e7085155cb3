//! Parallelised Q-network (Gallici et al., 2025, arXiv 2407.04811, algorithm 1). It repeats two phases: a short rollout
//! of all workers, then a few epochs of minibatches on its λ-returns. There is no replay and no target network.

use std::path::Path;

use anyhow::Result;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::learner::{Learner, UpdateSums};
use super::loss::{Sums, q_of_actions, td_loss};
use super::play::Play;
use crate::config;
use crate::nn::{Architecture, Device, LearningNetwork, Network, ObservationStore, OptimizerState, actions_of};
use crate::progress::Patience;
use crate::record::{read_state, write_state};
use crate::replay::{Ending, Transition};
use crate::units::{Generator, Seed};

const STATE: &str = "learner.bin";

/// A network that learns by PQN. It plays one game, or several games in turn.
pub struct Pqn {
    learning: LearningNetwork,
    shuffler: Generator,
    sums: Sums,
    rollout: Rollout,
    /// The rollout's observations, in the order of its steps.
    observations: ObservationStore,
    settings: config::TeacherSettings,
}

/// A saved [`Pqn`]. A rollout begins and ends within one advance, so none is saved.
#[derive(Serialize, Deserialize)]
struct PqnState {
    network: Vec<Vec<f32>>,
    optimizer: OptimizerState,
    shuffler: Generator,
    sums: UpdateSums,
}

/// Some steps of all workers: for each step, for each worker.
#[derive(Default)]
struct Rollout {
    steps: Vec<Transition>,
    /// max_a Q(s, a) when the step was played, and after the last step.
    values: Vec<f32>,
    /// Value of the last observation for steps at which an episode was cut off: their return continues with it.
    cut_off: Vec<Option<f32>>,
}

impl Pqn {
    pub fn new(
        settings: &config::TeacherSettings,
        architecture: &Architecture,
        workers: usize,
        seed: Seed,
        device: Device,
    ) -> Pqn {
        let network = Network::new(architecture, seed.derive("weights", 0), device);
        let learning = LearningNetwork::new(network, settings.optimizer, settings.optimizer_epsilon);
        Pqn {
            observations: ObservationStore::new(&learning.network, settings.rollout as usize * workers),
            learning: learning.clipped(settings.max_gradient_norm),
            shuffler: seed.derive("shuffling", 0).generator(),
            sums: Sums::new(device),
            rollout: Rollout::default(),
            settings: settings.clone(),
        }
    }

    /// Each observation's highest Q-value.
    fn values(&self, head: usize, observations: &[u8]) -> Vec<f32> {
        values_of(self.learning.network.forward(head, observations).max_dim(1, false).0)
    }

    /// Plays a rollout; returns whether it is complete.
    fn play(&mut self, head: usize, play: &mut Play, patience: &Patience) -> bool {
        let actions = self.learning.network.architecture().actions()[head] as usize;
        let size = self.learning.network.architecture().observation.bytes();
        self.rollout = Rollout::default();
        self.observations.clear();
        for _ in 0..self.settings.rollout {
            if patience.is_over() {
                return false;
            }
            play.begin();
            let (network, store, values) = (&self.learning.network, &mut self.observations, &mut self.rollout.values);
            let begin = |observations: &[u8]| network.forward_stored(head, observations, store).max_dim(1, false);
            let steps = play.step_greedily(actions, begin, |(best, greedy)| {
                values.extend(values_of(best));
                actions_of(greedy)
            });
            for (step, observation) in steps.iter().zip(play.pool().observations().chunks_exact(size)) {
                let cut_off = step.ending == Ending::Truncated;
                self.rollout.cut_off.push(cut_off.then(|| self.values(head, observation)[0]));
            }
            self.rollout.steps.extend(steps);
        }
        play.begin();
        let last = self.values(head, play.pool().observations());
        self.rollout.values.extend(last);
        true
    }

    /// The updates of one rollout; returns whether all were made.
    fn learn(&mut self, head: usize, targets: &[f32], learning_rate: f64, patience: &Patience) -> bool {
        let device = self.learning.network.device().of_tensors();
        let count = targets.len() / self.settings.minibatches;
        let actions: Vec<_> = self.rollout.steps.iter().map(|step| i64::from(step.action)).collect();
        let (actions, targets) =
            (Tensor::from_slice(&actions).to_device(device), Tensor::from_slice(targets).to_device(device));
        let mut order: Vec<i64> = (0..actions.numel() as i64).collect();
        for _ in 0..self.settings.epochs {
            order.shuffle(&mut self.shuffler);
            let order = Tensor::from_slice(&order).to_device(device);
            for minibatch in 0..self.settings.minibatches {
                if patience.is_over() {
                    return false;
                }
                let rows = order.narrow(0, (minibatch * count) as i64, count as i64);
                let (actions, targets) = (actions.index_select(0, &rows), targets.index_select(0, &rows));
                self.update(head, &rows, &actions, &targets, learning_rate);
            }
        }
        true
    }

    /// One step of the optimiser on the mean loss of the rollout's steps in `rows`, whose actions and targets are
    /// given.
    fn update(&mut self, head: usize, rows: &Tensor, actions: &Tensor, targets: &Tensor, learning_rate: f64) {
        let loss = self.learning.network.learn_stored(head, &mut self.observations, rows, |outputs| {
            let q = q_of_actions(outputs, actions);
            self.sums.add_q(&q);
            td_loss(self.settings.td_error, &q, targets)
        });
        self.sums.add_loss(&loss);
        self.learning.step(head, learning_rate);
    }
}

fn values_of(values: Tensor) -> Vec<f32> {
    Vec::try_from(values).expect("values are a row of floats")
}

impl Learner for Pqn {
    fn network(&self) -> &Network {
        &self.learning.network
    }

    fn advance(&mut self, head: usize, play: &mut Play, patience: &Patience) -> bool {
        let learning_rate = play.schedule.learning_rate(play.steps());
        self.play(head, play, patience) && {
            let targets = self.rollout.returns(self.settings.gamma as f32, self.settings.lambda as f32);
            self.learn(head, &targets, learning_rate, patience)
        }
    }

    fn updates(&self) -> u64 {
        self.learning.steps()
    }

    fn take_sums(&mut self) -> UpdateSums {
        self.sums.take()
    }

    fn save(&mut self, folder: &Path) -> Result<()> {
        let state = PqnState {
            network: self.learning.network.values(),
            optimizer: self.learning.save_optimizer(),
            shuffler: self.shuffler.clone(),
            sums: self.sums.get(),
        };
        write_state(&folder.join(STATE), &state)
    }

    fn load(&mut self, folder: &Path) -> Result<()> {
        let state: PqnState = read_state(&folder.join(STATE))?;
        self.learning.restore(&state.network, &state.optimizer)?;
        self.shuffler = state.shuffler;
        self.sums.set(state.sums);
        Ok(())
    }
}

impl Rollout {
    /// The return of each step, G_t = r_t + γ (λ G_{t+1} + (1 − λ) max_a Q(s_{t+1}, a)). Nothing follows the end of an
    /// episode. After the rollout's last step, and where an episode was cut off, max_a Q alone follows.
    fn returns(&self, gamma: f32, lambda: f32) -> Vec<f32> {
        let workers = self.values.len() - self.steps.len();
        let mut returns = vec![0.0; self.steps.len()];
        for index in (0..self.steps.len()).rev() {
            let next = index + workers;
            let following = match (self.steps[index].ending, returns.get(next)) {
                (Ending::Terminated, _) => 0.0,
                (Ending::Truncated, _) => self.cut_off[index].unwrap_or(0.0),
                (Ending::No, Some(following)) => lambda * following + (1.0 - lambda) * self.values[next],
                (Ending::No, None) => self.values[next],
            };
            returns[index] = self.steps[index].reward + gamma * following;
        }
        returns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(reward: f32, ending: Ending) -> Transition {
        Transition { action: 0, reward, ending }
    }

    #[test]
    fn returns_equal_those_of_cleanrls_loop() {
        // Two workers, three steps; the second loses a life at its first step. In NumPy, where dones[t + 1] is after step t:
        //   for t in (2, 1, 0): n = 1 - dones[t + 1]
        //     G[t] = r[t] + 0.9 * (v[3] if t == 2 else 0.65 * G[t + 1] + 0.35 * v[t + 1]) * n
        let rollout = Rollout {
            steps: vec![
                step(1.0, Ending::No),
                step(-1.0, Ending::Terminated),
                step(0.0, Ending::No),
                step(0.5, Ending::No),
                step(0.0, Ending::No),
                step(1.0, Ending::No),
            ],
            values: vec![0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8],
            cut_off: vec![None; 6],
        };
        let expected = [1.40223, -1.0, 0.52605, 1.6952, 0.63, 1.72];
        let returns = rollout.returns(0.9, 0.65);
        assert!(returns.iter().zip(expected).all(|(value, expected)| (value - expected).abs() < 1e-5), "{returns:?}");
    }

    #[test]
    fn where_a_game_is_cut_off_the_return_continues_with_the_value_of_its_last_observation() {
        let rollout = Rollout {
            steps: vec![step(1.0, Ending::Truncated), step(5.0, Ending::No)],
            values: vec![0.0, 9.0, 2.0],
            cut_off: vec![Some(4.0), None],
        };
        assert_eq!(rollout.returns(0.5, 0.65), [3.0, 6.0]);
    }
}

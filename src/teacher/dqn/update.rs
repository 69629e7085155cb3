//! An online network, a target network, and an update from a minibatch.

use anyhow::Result;
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use crate::config;
use crate::nn::{Architecture, Device, LearningNetwork, Network, OptimizerState};
use crate::replay::TransitionBatch;
use crate::teacher::learner::UpdateSums;
use crate::teacher::loss::{Sums, q_of_actions, td_loss};
use crate::units::Seed;

/// The policy's temperature in Munchausen-DQN (Vieillard et al., 2020).
const TAU: f64 = 0.03;
/// The bound l₀ below which the scaled log-policy is cut.
const LEAST_LOG_POLICY: f64 = -1.0;

/// The networks of a DQN teacher.
pub struct Networks {
    online: LearningNetwork,
    target: Network,
    settings: config::TeacherSettings,
    sums: Sums,
}

/// Saved [`Networks`].
#[derive(Serialize, Deserialize)]
pub struct NetworksState {
    online: Vec<Vec<f32>>,
    target: Vec<Vec<f32>>,
    optimizer: OptimizerState,
    sums: UpdateSums,
}

impl Networks {
    /// Networks with initial weights from `seed`; the target network starts equal.
    pub fn new(
        settings: &config::TeacherSettings,
        architecture: &Architecture,
        seed: Seed,
        device: Device,
    ) -> Networks {
        let online = Network::new(architecture, seed, device);
        let target = Network::new(architecture, seed, device);
        let online = LearningNetwork::new(online, settings.optimizer, settings.optimizer_epsilon);
        let online = online.clipped(settings.max_gradient_norm);
        Networks { online, target, settings: settings.clone(), sums: Sums::new(device) }
    }

    /// The network that plays and learns.
    pub fn online(&self) -> &Network {
        &self.online.network
    }

    /// Makes the target network equal to the online one.
    pub fn update_target(&mut self) {
        self.target.copy_from(&self.online.network);
    }

    /// One step of the optimiser on the mean TD loss of a minibatch from a head's game.
    pub fn update(&mut self, head: usize, batch: &TransitionBatch, learning_rate: f64) {
        let Networks { settings, target, .. } = self;
        let device = self.online.network.device().of_tensors();
        let column = |values: &[f32]| Tensor::from_slice(values).to_device(device);
        let next = target.forward(head, &batch.next_observations);
        let (rewards, discounts) = (column(&batch.rewards), column(&batch.discounts));
        let actions = Tensor::from_slice(&batch.actions).to_device(device);
        let targets = if settings.munchausen {
            let rewards = rewards + munchausen_bonus(&target.forward(head, &batch.observations), &actions);
            soft_targets(&next, &rewards, &discounts)
        } else {
            let online = settings.double.then(|| self.online.network.forward(head, &batch.next_observations));
            td_targets(&next, online.as_ref(), &rewards, &discounts)
        };
        let td_error = settings.td_error;
        let loss = self.online.network.learn(head, &batch.observations, |outputs| {
            let q = q_of_actions(outputs, &actions);
            self.sums.add_q(&q);
            td_loss(td_error, &q, &targets)
        });
        self.sums.add_loss(&loss);
        self.online.step(head, learning_rate);
    }

    /// Updates made since the start.
    pub fn updates(&self) -> u64 {
        self.online.steps()
    }

    /// The sums since the previous call.
    pub fn take_sums(&mut self) -> UpdateSums {
        self.sums.take()
    }

    /// Everything that further updates depend on.
    pub fn save(&self) -> NetworksState {
        NetworksState {
            online: self.online.network.values(),
            target: self.target.values(),
            optimizer: self.online.save_optimizer(),
            sums: self.sums.get(),
        }
    }

    /// Continues where [`Networks::save`] was called.
    ///
    /// # Errors
    /// If the state is of other networks.
    pub fn restore(&mut self, state: &NetworksState) -> Result<()> {
        self.online.restore(&state.online, &state.optimizer)?;
        self.target.set_values(&state.target);
        self.sums.set(state.sums);
        Ok(())
    }
}

/// r + discount · Q_target(s', a'), where a' is the best action by the target network itself (Mnih et al., 2015),
/// or by the online network if its values are given (Double DQN, van Hasselt et al., 2016, equation 4). Q-values are
/// `[batch, actions]`, all else `[batch]`.
pub fn td_targets(target: &Tensor, online: Option<&Tensor>, rewards: &Tensor, discounts: &Tensor) -> Tensor {
    let best = online.unwrap_or(target).argmax(1, true);
    let value = target.gather(1, &best, false).squeeze_dim(1);
    rewards + discounts * value
}

/// The bonus that Munchausen-DQN adds to the reward: α · max(τ ln π(a|s), l₀) with π = softmax(q/τ) (Vieillard et al.,
/// 2020, arXiv 2007.14430). `q` has the target network's Q-values, `[batch, actions]`; `actions` and the result are
/// `[batch]`.
fn munchausen_bonus(q: &Tensor, actions: &Tensor) -> Tensor {
    q_of_actions(&scaled_log_policy(q), actions).clamp_min(LEAST_LOG_POLICY) * config::MUNCHAUSEN_ALPHA
}

/// r + discount · Σ_a' π(a'|s') (q(s', a') − τ ln π(a'|s')), with the target network's q and π = softmax(q/τ): the
/// soft value of the next state (Vieillard et al., 2020). Q-values are `[batch, actions]`, all else `[batch]`.
fn soft_targets(next: &Tensor, rewards: &Tensor, discounts: &Tensor) -> Tensor {
    let scaled = scaled_log_policy(next);
    let policy = (&scaled / TAU).exp();
    let value = (policy * (next - scaled)).sum_dim_intlist(1, false, Kind::Float);
    rewards + discounts * value
}

/// τ ln softmax(q/τ).
fn scaled_log_policy(q: &Tensor) -> Tensor {
    (q / TAU).log_softmax(1, Kind::Float) * TAU
}

#[cfg(test)]
mod tests {
    use super::*;

    // Computed in Python's doubles by the paper's formula, with α = 0.9, τ = 0.03, l₀ = −1 and γ = 0.99. In the first
    // state the actions are close; in the second the log-policy is cut and the episode ends; in the third all actions
    // are alike.
    #[test]
    fn munchausen_targets_equal_those_of_the_paper() {
        let now = Tensor::from_slice(&[1.0_f32, 1.02, 0.5, 0.0, -1.0, 3.0, 0.2, 0.21, 0.19]).view([3, 3]);
        let next = Tensor::from_slice(&[1.0_f32, 2.0, 0.5, 0.0, -1.0, 3.0, 0.4, 0.42, 0.41]).view([3, 3]);
        let rewards = Tensor::from_slice(&[1.0_f32, -1.0, 0.0]);
        let discounts = Tensor::from_slice(&[0.99_f32, 0.0, 0.99]);
        let rewards = rewards + munchausen_bonus(&now, &Tensor::from_slice(&[0_i64, 1, 2]));
        let targets = Vec::<f32>::try_from(soft_targets(&next, &rewards, &discounts)).unwrap();
        let expected = [2.950_812_f32, -1.9, 0.399_965_3];
        assert!(targets.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-5), "{targets:?}");
    }
}

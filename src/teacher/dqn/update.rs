//! An online network, a target network, and an update from a minibatch.

use anyhow::Result;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::config;
use crate::nn::{Architecture, Device, Network, Optimizer, OptimizerState};
use crate::replay::TransitionBatch;
use crate::teacher::learner::UpdateSums;
use crate::teacher::loss::{Sums, chosen, td_loss};
use crate::units::Seed;

/// The networks of a DQN teacher and what updates them.
pub struct Networks {
    online: Network,
    target: Network,
    optimizer: Optimizer,
    settings: config::Teacher,
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
    pub fn new(settings: &config::Teacher, architecture: &Architecture, seed: Seed, device: Device) -> Networks {
        let online = Network::new(architecture, seed, device);
        let mut target = Network::new(architecture, seed, device);
        target.copy_from(&online);
        let optimizer = Optimizer::new(settings.optimizer, settings.learning_rate, settings.optimizer_epsilon, &online);
        let optimizer = optimizer.clipped(settings.max_gradient_norm);
        Networks { online, target, optimizer, settings: settings.clone(), sums: Sums::new(device) }
    }

    /// The network that plays and learns.
    pub fn online(&self) -> &Network {
        &self.online
    }

    /// Makes the target network equal to the online one.
    pub fn update_target(&mut self) {
        self.target.copy_from(&self.online);
    }

    /// One step of the optimiser on the mean TD loss of a minibatch of a head's game.
    pub fn update(&mut self, head: usize, batch: &TransitionBatch, learning_rate: f64) {
        let Networks { settings, target, .. } = self;
        let device = self.online.device().of_tensors();
        let column = |values: &[f32]| Tensor::from_slice(values).to_device(device);
        let next = target.forward(head, &batch.next_observations);
        let online = settings.double.then(|| self.online.forward(head, &batch.next_observations));
        let (rewards, continues) = (column(&batch.rewards), column(&batch.continues));
        let targets = td_targets(&next, online.as_ref(), &rewards, &continues, settings.gamma);
        let actions = Tensor::from_slice(&batch.actions).to_device(device);
        let td_error = settings.td_error;
        let loss = self.online.learn(head, &batch.observations, |outputs| {
            let q = chosen(outputs, &actions);
            self.sums.add_q(&q);
            td_loss(td_error, &q, &targets)
        });
        self.sums.add_loss(&loss);
        self.optimizer.set_learning_rate(learning_rate);
        self.optimizer.step(&mut self.online, head);
    }

    /// Updates made since the start.
    pub fn updates(&self) -> u64 {
        self.optimizer.steps()
    }

    /// The sums since the last call.
    pub fn take_sums(&mut self) -> UpdateSums {
        self.sums.take()
    }

    /// Everything that further updates depend on.
    pub fn save(&self) -> NetworksState {
        NetworksState {
            online: self.online.values(),
            target: self.target.values(),
            optimizer: self.optimizer.save(&self.online),
            sums: self.sums.get(),
        }
    }

    /// Continues where [`Networks::save`] was called.
    ///
    /// # Errors
    /// If the state is of other networks.
    pub fn restore(&mut self, state: &NetworksState) -> Result<()> {
        self.optimizer.restore(&state.optimizer, &self.online)?;
        let (architecture, device) = (self.online.architecture().clone(), self.online.device());
        self.online.copy_from(&Network::from_values(&architecture, &state.online, device));
        self.target.copy_from(&Network::from_values(&architecture, &state.target, device));
        self.sums.set(state.sums);
        Ok(())
    }
}

/// r + γ · continues · Q_target(s', a'), where a' is the best action by the target network itself (Mnih et al., 2015), or
/// by the online network if its values are given (Double DQN, van Hasselt et al., 2016, equation 4). Q-values are
/// `[batch, actions]`, all else `[batch]`.
pub fn td_targets(
    target: &Tensor,
    online: Option<&Tensor>,
    rewards: &Tensor,
    continues: &Tensor,
    gamma: f64,
) -> Tensor {
    let best = online.unwrap_or(target).argmax(1, true);
    let value = target.gather(1, &best, false).squeeze_dim(1);
    rewards + continues * value * gamma
}

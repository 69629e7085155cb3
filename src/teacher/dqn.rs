//! Deep Q-learning (Mnih et al., 2015): an online network, a target network, and an update from a minibatch.

use anyhow::Result;
use serde::{Deserialize, Serialize};
use tch::{Kind, Reduction, Tensor, no_grad};

use crate::config::{self, TdError};
use crate::nn::{Architecture, Device, Network, Optimizer, OptimizerState};
use crate::replay::TransitionBatch;
use crate::units::Seed;

/// The networks of a DQN teacher and what updates them.
pub struct Dqn {
    online: Network,
    target: Network,
    optimizer: Optimizer,
    settings: config::Teacher,
    /// Sums of loss and of chosen Q-values since they were last taken; on the device, so that no update waits for it.
    sums: Tensor,
}

/// Sums over the updates since the last row of a log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct UpdateSums {
    pub loss: f64,
    pub q: f64,
}

/// A saved [`Dqn`].
#[derive(Serialize, Deserialize)]
pub struct DqnState {
    online: Vec<Vec<f32>>,
    target: Vec<Vec<f32>>,
    optimizer: OptimizerState,
    sums: UpdateSums,
}

impl Dqn {
    /// Networks with initial weights from `seed`; the target network starts equal.
    pub fn new(settings: &config::Teacher, architecture: &Architecture, seed: Seed, device: Device) -> Dqn {
        let online = Network::new(architecture, seed, device);
        let mut target = Network::new(architecture, seed, device);
        target.copy_from(&online);
        let optimizer = Optimizer::new(settings.optimizer, settings.learning_rate, settings.optimizer_epsilon, &online);
        let sums = Tensor::zeros([2], (Kind::Double, device.of_tensors()));
        Dqn { online, target, optimizer, settings: settings.clone(), sums }
    }

    /// The network that plays and learns.
    pub fn online(&self) -> &Network {
        &self.online
    }

    /// Makes the target network equal to the online one.
    pub fn update_target(&mut self) {
        self.target.copy_from(&self.online);
    }

    /// One step of the optimiser on the mean TD loss of a minibatch.
    pub fn update(&mut self, batch: &TransitionBatch) {
        let Dqn { settings, target, .. } = self;
        let device = self.online.device().of_tensors();
        let column = |values: &[f32]| Tensor::from_slice(values).to_device(device);
        let targets = no_grad(|| {
            let target = target.forward(0, &batch.next_observations);
            let online = settings.double.then(|| self.online.forward(0, &batch.next_observations));
            let (rewards, continues) = (column(&batch.rewards), column(&batch.continues));
            td_targets(&target, online.as_ref(), &rewards, &continues, settings.gamma)
        });
        let actions = Tensor::from_slice(&batch.actions).to_device(device).unsqueeze(1);
        let mut q_mean = None;
        let loss = self.online.learn(0, &batch.observations, |outputs| {
            let q = outputs.gather(1, &actions, false).squeeze_dim(1);
            q_mean = Some(q.detach().mean(Kind::Float));
            match settings.td_error {
                TdError::Huber => q.huber_loss(&targets, Reduction::Mean, 1.0),
                TdError::Squared => q.mse_loss(&targets, Reduction::Mean),
            }
        });
        self.optimizer.step(&mut self.online, 0);
        let _ = self.sums.g_add_(&Tensor::stack(&[loss, q_mean.expect("the loss was computed")], 0));
    }

    /// The sums since the last call.
    pub fn take_sums(&mut self) -> UpdateSums {
        let sums = self.sums();
        let _ = self.sums.zero_();
        sums
    }

    fn sums(&self) -> UpdateSums {
        UpdateSums { loss: self.sums.double_value(&[0]), q: self.sums.double_value(&[1]) }
    }

    /// Everything that further updates depend on.
    pub fn save(&self) -> DqnState {
        DqnState {
            online: self.online.values(),
            target: self.target.values(),
            optimizer: self.optimizer.save(&self.online),
            sums: self.sums(),
        }
    }

    /// Continues where [`Dqn::save`] was called.
    ///
    /// # Errors
    /// If the state is of other networks.
    pub fn restore(&mut self, state: &DqnState) -> Result<()> {
        self.optimizer.restore(&state.optimizer, &self.online)?;
        let (architecture, device) = (self.online.architecture().clone(), self.online.device());
        self.online.copy_from(&Network::from_values(&architecture, &state.online, device));
        self.target.copy_from(&Network::from_values(&architecture, &state.target, device));
        self.sums.copy_(&Tensor::from_slice(&[state.sums.loss, state.sums.q]));
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

//! Functions that the updates of all algorithms share.

use tch::{Kind, Reduction, Tensor};

use super::learner::UpdateSums;
use crate::config::TdError;
use crate::nn::Device;

/// Q-values of the actions that were taken: `q` is `[batch, actions]`, `actions` and the result are `[batch]`.
pub fn q_of_actions(q: &Tensor, actions: &Tensor) -> Tensor {
    q.gather(1, &actions.unsqueeze(1), false).squeeze_dim(1)
}

/// The mean loss of Q-values against their targets, both `[batch]`.
pub fn td_loss(kind: TdError, q: &Tensor, targets: &Tensor) -> Tensor {
    match kind {
        TdError::Huber => q.huber_loss(targets, Reduction::Mean, 1.0),
        TdError::Squared => q.mse_loss(targets, Reduction::Mean),
    }
}

/// Sums over updates. They stay on the device, so that no update waits for their values.
pub struct Sums {
    updates: u64,
    /// Sums of loss and Q-values.
    sums: Tensor,
}

impl Sums {
    pub fn new(device: Device) -> Sums {
        Sums { updates: 0, sums: Tensor::zeros([2], (Kind::Double, device.of_tensors())) }
    }

    /// Counts an update with this loss.
    pub fn add_loss(&mut self, loss: &Tensor) {
        self.updates += 1;
        let _ = self.sums.get(0).g_add_(&loss.to_kind(Kind::Double));
    }

    /// Adds the mean of the minibatch's Q-values.
    pub fn add_q(&mut self, q: &Tensor) {
        let _ = self.sums.get(1).g_add_(&q.detach().mean(Kind::Double));
    }

    pub fn get(&self) -> UpdateSums {
        UpdateSums { updates: self.updates, loss: self.sums.double_value(&[0]), q: self.sums.double_value(&[1]) }
    }

    pub fn set(&mut self, sums: UpdateSums) {
        self.updates = sums.updates;
        self.sums.copy_(&Tensor::from_slice(&[sums.loss, sums.q]));
    }

    /// Returns the sums and sets them to zero.
    pub fn take(&mut self) -> UpdateSums {
        let sums = self.get();
        self.set(UpdateSums::default());
        sums
    }
}

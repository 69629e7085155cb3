//! Optimisers over a network's flat parameters, with state that can be saved.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor, no_grad};

use super::network::Network;
use crate::config;

/// Decay of both averages of RMSProp (Mnih et al., 2015: "gradient momentum", "squared gradient momentum").
const RMSPROP_DECAY: f64 = 0.95;
/// Adam's betas, PyTorch's defaults.
const BETAS: (f64, f64) = (0.9, 0.999);
/// On a CPU parameters are updated in pieces that stay in the cache from one operation to the next.
const PIECE: i64 = 1 << 15;

/// Updates the parameters of one network.
pub struct Optimizer {
    rule: config::Optimizer,
    learning_rate: f64,
    epsilon: f64,
    steps: u64,
    /// Running mean of the gradient.
    mean: Tensor,
    /// Running mean of its square.
    square: Tensor,
}

/// A saved [`Optimizer`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OptimizerState {
    steps: u64,
    mean: Vec<f32>,
    square: Vec<f32>,
}

impl Optimizer {
    /// For `network`; `epsilon` keeps the denominator away from 0.
    pub fn new(rule: config::Optimizer, learning_rate: f64, epsilon: f64, network: &Network) -> Optimizer {
        let (mean, square) = (network.flat().zeros_like(), network.flat().zeros_like());
        Optimizer { rule, learning_rate, epsilon, steps: 0, mean, square }
    }

    /// One step against `gradient`, which [`Network::gradient`] gave for this network.
    pub fn step(&mut self, network: &mut Network, gradient: &Tensor) {
        self.steps += 1;
        let length = gradient.size()[0];
        let piece = if gradient.device() == Device::Cpu { PIECE } else { length };
        no_grad(|| {
            for start in (0..length).step_by(piece as usize) {
                let part = |tensor: &Tensor| tensor.narrow(0, start, piece.min(length - start));
                let (mean, square) = (part(&self.mean), part(&self.square));
                let change = match self.rule {
                    config::Optimizer::RmsProp => self.rmsprop(&part(gradient), mean, square),
                    config::Optimizer::Adam => self.adam(&part(gradient), mean, square),
                };
                let _ = part(network.flat()).subtract_(&change);
            }
        });
    }

    /// Graves (2013), equations 38 to 41, without momentum: ε is under the root.
    fn rmsprop(&self, gradient: &Tensor, mut mean: Tensor, mut square: Tensor) -> Tensor {
        let _ = mean.lerp_(gradient, 1.0 - RMSPROP_DECAY);
        let _ = square.lerp_(&gradient.square(), 1.0 - RMSPROP_DECAY);
        let mut inverse_root = &square - mean.square();
        // A variance that rounding made negative.
        let _ = inverse_root.clamp_min_(0.0);
        let _ = inverse_root.g_add_scalar_(self.epsilon);
        let _ = inverse_root.rsqrt_();
        (gradient * inverse_root).g_mul_scalar_(self.learning_rate)
    }

    /// Kingma and Ba (2015), algorithm 1: ε is beside the root.
    fn adam(&self, gradient: &Tensor, mut mean: Tensor, mut square: Tensor) -> Tensor {
        let _ = mean.lerp_(gradient, 1.0 - BETAS.0);
        let _ = square.lerp_(&gradient.square(), 1.0 - BETAS.1);
        let correction = |beta: f64| 1.0 - beta.powf(self.steps as f64);
        let mut root = &square / correction(BETAS.1);
        // libtorch's own square root is slow near 0, where many of these lie at first.
        let _ = root.pow_(0.5);
        let _ = root.g_add_scalar_(self.epsilon);
        (mean / root).g_mul_scalar_(self.learning_rate / correction(BETAS.0))
    }

    /// Everything that further steps depend on.
    pub fn save(&self) -> OptimizerState {
        let values = |tensor: &Tensor| {
            let mut values = vec![0.0; tensor.numel()];
            tensor.to_device(Device::Cpu).copy_data(&mut values, tensor.numel());
            values
        };
        OptimizerState { steps: self.steps, mean: values(&self.mean), square: values(&self.square) }
    }

    /// Continues where [`Optimizer::save`] was called.
    ///
    /// # Errors
    /// If the state is that of a network of another size.
    pub fn restore(&mut self, state: &OptimizerState) -> Result<()> {
        let length = self.mean.numel();
        ensure!(
            state.mean.len() == length && state.square.len() == length,
            "an optimiser's state is of another network"
        );
        self.steps = state.steps;
        for (tensor, values) in [(&mut self.mean, &state.mean), (&mut self.square, &state.square)] {
            tensor.copy_(&Tensor::from_slice(values).to_kind(Kind::Float));
        }
        Ok(())
    }
}

//! AdamW (Loshchilov and Hutter, 2019) over a transformer's parameters, with state that can be saved.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};
use tch::{Tensor, no_grad};

use super::transformer::Transformer;
use crate::nn::optimizer::{OptimizerStep, Step};
use crate::nn::torch;

/// PyTorch's default.
const EPSILON: f64 = 1e-8;

/// Constants of an [`AdamW`].
#[derive(Debug, Clone, Copy)]
pub struct AdamWSettings {
    pub betas: (f64, f64),
    /// Share of each weight, times the learning rate, that a step takes away.
    pub weight_decay: f64,
    /// Gradients with a larger norm are scaled down to it.
    pub max_norm: f64,
}

/// Updates the parameters of one transformer.
pub struct AdamW {
    settings: AdamWSettings,
    steps: u64,
    mean: Tensor,
    square: Tensor,
}

/// A saved [`AdamW`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AdamWState {
    steps: u64,
    mean: Vec<f32>,
    square: Vec<f32>,
}

impl AdamW {
    pub fn new(settings: AdamWSettings, model: &Transformer) -> AdamW {
        AdamW { settings, steps: 0, mean: model.flat.zeros_like(), square: model.flat.zeros_like() }
    }

    /// One step against the gradient that [`Transformer::learn`] computed.
    pub fn step(&mut self, model: &mut Transformer, learning_rate: f64) {
        self.steps += 1;
        let AdamWSettings { betas, weight_decay, max_norm } = self.settings;
        if weight_decay > 0.0 {
            no_grad(|| drop(model.flat.g_mul_scalar_(1.0 - learning_rate * weight_decay)));
        }
        let step = OptimizerStep::adam(learning_rate, betas, EPSILON, self.steps);
        let whole = 0..model.flat.numel();
        torch::step(
            &model.flat,
            &model.gradient,
            &[(whole, Step::Elementwise(step))],
            &self.mean,
            &self.square,
            Some(max_norm),
        );
    }

    /// Everything that further steps depend on.
    pub fn save(&self) -> AdamWState {
        let values = |tensor: &Tensor| {
            Vec::<f32>::try_from(tensor.to_device(tch::Device::Cpu)).expect("averages are a row of numbers")
        };
        AdamWState { steps: self.steps, mean: values(&self.mean), square: values(&self.square) }
    }

    /// Continues where [`AdamW::save`] was called.
    ///
    /// # Errors
    /// If the state is that of a model of another size.
    pub fn restore(&mut self, state: &AdamWState) -> Result<()> {
        let fits = [&state.mean, &state.square].iter().all(|values| values.len() == self.mean.numel());
        ensure!(fits, "an optimiser's state is of a model of another size");
        let device = self.mean.device();
        self.steps = state.steps;
        self.mean = Tensor::from_slice(&state.mean).to_device(device);
        self.square = Tensor::from_slice(&state.square).to_device(device);
        Ok(())
    }
}

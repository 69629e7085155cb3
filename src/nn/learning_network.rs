//! A network with the optimiser that trains it.

use std::ops::Range;

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use super::block::TensorShape;
use super::network::{Backend, Network};
use super::optimizer::{MUON_DECAY, Matrix, OptimizerStep, OrthogonalStep, Step};
use super::{cpu, torch};
use crate::config::OptimizerRule;

/// A network and its optimiser. The running means of the gradient and of its square lie beside the network's
/// parameters.
pub struct LearningNetwork {
    pub network: Network,
    rule: OptimizerRule,
    epsilon: f64,
    /// Maximum norm; a larger gradient is scaled down to it.
    max_norm: Option<f64>,
    /// Number of steps of the shared parameters, then of each head's.
    steps: Vec<u64>,
    /// The matrices that the rule orthogonalises, in the order of the parameters.
    matrices: Vec<Matrix>,
}

/// The saved optimiser of a [`LearningNetwork`]; the running means are in PyTorch's layout, as weights are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OptimizerState {
    steps: Vec<u64>,
    mean: Vec<Vec<f32>>,
    square: Vec<Vec<f32>>,
}

impl LearningNetwork {
    /// `network` with an optimiser that has made no step; `epsilon` keeps the denominator away from 0.
    pub fn new(mut network: Network, rule: OptimizerRule, epsilon: f64) -> LearningNetwork {
        match network.backend_mut() {
            Backend::Cpu(own) => {
                (own.mean, own.square) = (vec![0.0; own.flat.len()], vec![0.0; own.flat.len()]);
            }
            Backend::Torch(own) => (own.mean, own.square) = (own.flat.zeros_like(), own.flat.zeros_like()),
        }
        let steps = vec![0; 1 + network.architecture().heads().len()];
        let matrices = if rule == OptimizerRule::Muon { network.hidden_matrices() } else { Vec::new() };
        LearningNetwork { network, rule, epsilon, max_norm: None, steps, matrices }
    }

    /// Scales gradients whose Euclidean norm is above `max_norm` down to it, as PyTorch's `clip_grad_norm_`; 0 for
    /// none.
    pub fn clipped(self, max_norm: f64) -> LearningNetwork {
        LearningNetwork { max_norm: (max_norm > 0.0).then_some(max_norm), ..self }
    }

    /// Number of steps made.
    pub fn steps(&self) -> u64 {
        self.steps[0]
    }

    /// One step against the gradient that [`Network::learn`] computed for a head.
    pub fn step(&mut self, head: usize, learning_rate: f64) {
        let counters = [Some(0), (self.steps.len() > 1).then_some(1 + head)];
        let mut parts = Vec::new();
        for (range, counter) in self.network.segments(head).into_iter().zip(counters.into_iter().flatten()) {
            self.steps[counter] += 1;
            self.split(range, learning_rate, self.steps[counter], &mut parts);
        }
        match self.network.backend_mut() {
            Backend::Cpu(network) => cpu::step(network, &parts, self.max_norm),
            Backend::Torch(torch::TorchNetwork { flat, gradient, mean, square, .. }) => {
                torch::step(flat, gradient, &parts, mean, square, self.max_norm);
            }
        }
    }

    /// Adds the steps number `t` over a range of the parameters: the orthogonal one of each matrix, and the rule's over
    /// the rest.
    fn split(&self, range: Range<usize>, learning_rate: f64, t: u64, parts: &mut Vec<(Range<usize>, Step)>) {
        let elementwise = OptimizerStep::new(self.rule, learning_rate, self.epsilon, t);
        let mut start = range.start;
        for Matrix { range: matrix, rows, columns } in &self.matrices {
            if range.start <= matrix.start && matrix.end <= range.end {
                let step = OrthogonalStep { decay: MUON_DECAY, rate: learning_rate, rows: *rows, columns: *columns };
                parts.push((start..matrix.start, Step::Elementwise(elementwise)));
                parts.push((matrix.clone(), Step::Orthogonal(step)));
                start = matrix.end;
            }
        }
        parts.push((start..range.end, Step::Elementwise(elementwise)));
    }

    /// Everything but the weights that further steps depend on.
    pub fn save_optimizer(&self) -> OptimizerState {
        let (mean, square) = match self.network.backend() {
            Backend::Cpu(network) => (network.values(&network.mean), network.values(&network.square)),
            Backend::Torch(network) => (network.values(&network.mean), network.values(&network.square)),
        };
        OptimizerState { steps: self.steps.clone(), mean, square }
    }

    /// Continues with the weights, in the order of [`Network::values`], and the optimiser that were saved together.
    ///
    /// # Errors
    /// If the optimiser is that of a network of another shape.
    pub fn restore(
        &mut self,
        weights: &[Vec<f32>],
        OptimizerState { steps, mean, square }: &OptimizerState,
    ) -> Result<()> {
        let lengths = |values: &[Vec<f32>]| values.iter().map(Vec::len).collect::<Vec<_>>();
        let tensors = self.network.architecture().tensors();
        let expected: Vec<_> = tensors.iter().map(TensorShape::count).collect();
        let fits = lengths(mean) == expected && lengths(square) == expected;
        ensure!(fits && steps.len() == self.steps.len(), "an optimiser's state is of another network");
        self.steps.clone_from(steps);
        match self.network.backend_mut() {
            Backend::Cpu(network) => {
                (network.mean, network.square) = (network.flat_of(mean), network.flat_of(square));
            }
            Backend::Torch(network) => {
                (network.mean, network.square) = (network.flat_of(mean), network.flat_of(square));
            }
        }
        self.network.set_values(weights);
        Ok(())
    }
}

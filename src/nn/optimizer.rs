//! Optimisers over a network's parameters, with state that can be saved.

use std::ops::Range;

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::network::{Backend, Network};
use super::{cpu, torch};
use crate::config;

/// Decay of both averages of RMSProp (Mnih et al., 2015: "gradient momentum", "squared gradient momentum").
const RMSPROP_DECAY: f64 = 0.95;
/// Adam's and RAdam's betas, PyTorch's defaults.
const BETAS: (f64, f64) = (0.9, 0.999);
/// Decay of Muon's running mean of the gradient (Jordan et al., 2024).
const MUON_DECAY: f64 = 0.95;
/// Rows of a matrix that Muon orthogonalises together, which bounds the cost of wide layers.
pub const MUON_ROWS: usize = 64;
/// Iterations of [`NEWTON_SCHULZ`].
pub const ITERATIONS: usize = 5;
/// Coefficients a, b and c of the iteration X ← (a I + b XXᵀ + c (XXᵀ)²) X, which brings every singular value of a matrix
/// near to 1 (Jordan et al., 2024).
pub const NEWTON_SCHULZ: (f64, f64, f64) = (3.4445, -4.7750, 2.0315);

/// Updates the parameters of one network.
pub struct Optimizer {
    rule: config::OptimizerRule,
    learning_rate: f64,
    epsilon: f64,
    /// Maximum norm; a larger gradient is scaled down to it.
    max_norm: Option<f64>,
    /// Number of steps of the shared parameters, then of each head's.
    steps: Vec<u64>,
    /// The matrices that the rule orthogonalises, in the order of the parameters.
    matrices: Vec<Matrix>,
    averages: Averages,
}

/// The weights of a hidden layer, a convolution's with a row for each filter.
#[derive(Debug, Clone)]
pub struct Matrix {
    /// The position among the network's parameters.
    pub range: Range<usize>,
    pub rows: usize,
    pub columns: usize,
}

/// One step over some of the parameters.
pub enum Step {
    /// Each parameter by itself.
    Elementwise(OptimizerStep),
    /// A matrix as a whole.
    Orthogonal(OrthogonalStep),
}

/// The step of Muon (Jordan et al., 2024) over a matrix with gradient G. The running mean M takes in `1 − decay` of G, and
/// `rate` times the orthogonalised G + decay (M − G) is subtracted: the matrix whose singular vectors are the same, and
/// whose singular values are all near 1. Each [`MUON_ROWS`] rows are orthogonalised by themselves. A factor makes the
/// root mean square of the subtracted values about `rate` (as in Liu et al., 2025, arXiv 2502.16982).
#[derive(Debug, Clone, Copy)]
pub struct OrthogonalStep {
    pub decay: f64,
    pub rate: f64,
    pub rows: usize,
    pub columns: usize,
}

impl OrthogonalStep {
    /// Factor of the orthogonalised matrix of `rows` rows.
    pub fn scale(&self, rows: usize) -> f64 {
        self.rate * (rows.max(self.columns) as f64).sqrt()
    }
}

/// Running means of the gradient and of its square, in the order of the network's parameters.
enum Averages {
    Cpu { mean: Vec<f32>, square: Vec<f32> },
    Torch { mean: Tensor, square: Tensor },
}

/// A saved [`Optimizer`]; the averages are in PyTorch's layout, as weights are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OptimizerState {
    steps: Vec<u64>,
    mean: Vec<Vec<f32>>,
    square: Vec<Vec<f32>>,
}

/// The effect of one step on each parameter. The gradient is g; the running means m of g and v of g² have already taken
/// in `1 − decay` of the new value.
#[derive(Debug, Clone, Copy)]
pub struct OptimizerStep {
    pub decay: (f64, f64),
    pub change: ParameterChange,
}

/// The amount that is subtracted from a parameter.
#[derive(Debug, Clone, Copy)]
pub enum ParameterChange {
    /// rate · g / √(v − m² + epsilon)
    Centred { rate: f64, epsilon: f64 },
    /// rate · m / (√v · root_scale + epsilon)
    Rooted { rate: f64, root_scale: f64, epsilon: f64 },
    /// rate · m
    Plain { rate: f64 },
}

impl OptimizerStep {
    /// Step number `t`, counted from 1, of Adam with the decays `betas` (Kingma and Ba, 2015, algorithm 1): ε is beside the
    /// root.
    pub fn adam(learning_rate: f64, betas: (f64, f64), epsilon: f64, t: u64) -> OptimizerStep {
        let rate = learning_rate / correction(betas.0, t);
        let root_scale = 1.0 / correction(betas.1, t).sqrt();
        OptimizerStep { decay: betas, change: ParameterChange::Rooted { rate, root_scale, epsilon } }
    }
}

/// 1 − β^t, the sum of the weights of the values in a running mean after `t` steps.
fn correction(beta: f64, t: u64) -> f64 {
    1.0 - beta.powf(t as f64)
}

impl Optimizer {
    /// An optimiser for `network`; `epsilon` keeps the denominator away from 0.
    pub fn new(rule: config::OptimizerRule, learning_rate: f64, epsilon: f64, network: &Network) -> Optimizer {
        let averages = match network.backend() {
            Backend::Cpu(cpu) => Averages::Cpu { mean: vec![0.0; cpu.flat.len()], square: vec![0.0; cpu.flat.len()] },
            Backend::Torch(torch) => Averages::Torch { mean: torch.flat.zeros_like(), square: torch.flat.zeros_like() },
        };
        let steps = vec![0; 1 + network.architecture().heads().len()];
        let matrices = if rule == config::OptimizerRule::Muon { network.hidden_matrices() } else { Vec::new() };
        Optimizer { rule, learning_rate, epsilon, max_norm: None, steps, matrices, averages }
    }

    /// Scales gradients whose Euclidean norm is above `max_norm` down to it, as PyTorch's `clip_grad_norm_`; 0 for none.
    pub fn clipped(self, max_norm: f64) -> Optimizer {
        Optimizer { max_norm: (max_norm > 0.0).then_some(max_norm), ..self }
    }

    /// Number of steps made.
    pub fn steps(&self) -> u64 {
        self.steps[0]
    }

    /// Sets the learning rate of the following steps.
    pub fn set_learning_rate(&mut self, learning_rate: f64) {
        self.learning_rate = learning_rate;
    }

    /// One step against the gradient that [`Network::learn`] computed for a head.
    pub fn step(&mut self, network: &mut Network, head: usize) {
        let counters = [Some(0), (self.steps.len() > 1).then_some(1 + head)];
        let mut parts = Vec::new();
        for (range, counter) in network.segments(head).into_iter().zip(counters.into_iter().flatten()) {
            self.steps[counter] += 1;
            self.split(range, self.at(self.steps[counter]), &mut parts);
        }
        match (network.backend_mut(), &mut self.averages) {
            (Backend::Cpu(network), Averages::Cpu { mean, square }) => {
                cpu::step(network, &parts, mean, square, self.max_norm);
            }
            (Backend::Torch(network), Averages::Torch { mean, square }) => {
                torch::step(&network.flat, &network.gradient, &parts, mean, square, self.max_norm);
            }
            _ => unreachable!("an optimiser is made for its network's device"),
        }
    }

    /// Adds the steps over a range of the parameters: the orthogonal one of each matrix, and `elementwise` over the rest.
    fn split(&self, range: Range<usize>, elementwise: OptimizerStep, parts: &mut Vec<(Range<usize>, Step)>) {
        let mut start = range.start;
        for Matrix { range: matrix, rows, columns } in &self.matrices {
            if range.start <= matrix.start && matrix.end <= range.end {
                let step =
                    OrthogonalStep { decay: MUON_DECAY, rate: self.learning_rate, rows: *rows, columns: *columns };
                parts.push((start..matrix.start, Step::Elementwise(elementwise)));
                parts.push((matrix.clone(), Step::Orthogonal(step)));
                start = matrix.end;
            }
        }
        parts.push((start..range.end, Step::Elementwise(elementwise)));
    }

    /// The step number `t`, counted from 1, of a parameter by itself.
    fn at(&self, t: u64) -> OptimizerStep {
        let Optimizer { learning_rate, epsilon, .. } = *self;
        let rate = learning_rate / correction(BETAS.0, t);
        match self.rule {
            // Graves (2013), equations 38 to 41, without momentum: ε is under the root.
            config::OptimizerRule::RmsProp => OptimizerStep {
                decay: (RMSPROP_DECAY, RMSPROP_DECAY),
                change: ParameterChange::Centred { rate: learning_rate, epsilon },
            },
            config::OptimizerRule::Adam | config::OptimizerRule::Muon => {
                OptimizerStep::adam(learning_rate, BETAS, epsilon, t)
            }
            config::OptimizerRule::RAdam => {
                let change = match rectification(t) {
                    Some(r) => ParameterChange::Rooted {
                        rate: rate * r * correction(BETAS.1, t).sqrt(),
                        root_scale: 1.0,
                        epsilon,
                    },
                    None => ParameterChange::Plain { rate },
                };
                OptimizerStep { decay: BETAS, change }
            }
        }
    }

    /// Everything that further steps depend on.
    pub fn save(&self, network: &Network) -> OptimizerState {
        let (mean, square) = match (&self.averages, network.backend()) {
            (Averages::Cpu { mean, square }, Backend::Cpu(cpu)) => (cpu.values(mean), cpu.values(square)),
            (Averages::Torch { mean, square }, Backend::Torch(torch)) => (torch.values(mean), torch.values(square)),
            _ => unreachable!("an optimiser is made for its network's device"),
        };
        OptimizerState { steps: self.steps.clone(), mean, square }
    }

    /// Continues where [`Optimizer::save`] was called.
    ///
    /// # Errors
    /// If the state is that of a network of another shape.
    pub fn restore(&mut self, state: &OptimizerState, network: &Network) -> Result<()> {
        let lengths = |values: &[Vec<f32>]| values.iter().map(Vec::len).collect::<Vec<_>>();
        let tensors = network.architecture().tensors();
        let expected: Vec<_> = tensors.iter().map(|tensor| tensor.shape.iter().product::<i64>() as usize).collect();
        let fits = lengths(&state.mean) == expected && lengths(&state.square) == expected;
        ensure!(fits && state.steps.len() == self.steps.len(), "an optimiser's state is of another network");
        self.steps.clone_from(&state.steps);
        self.averages = match network.backend() {
            Backend::Cpu(cpu) => Averages::Cpu { mean: cpu.flat_of(&state.mean), square: cpu.flat_of(&state.square) },
            Backend::Torch(torch) => {
                Averages::Torch { mean: torch.flat_of(&state.mean), square: torch.flat_of(&state.square) }
            }
        };
        Ok(())
    }
}

/// The rectification r_t of Liu et al. (2020), algorithm 2. It is `None` while the variance of the adaptive rate is
/// unbounded, as in PyTorch's `RAdam`.
fn rectification(t: u64) -> Option<f64> {
    let beta = BETAS.1.powf(t as f64);
    let most = 2.0 / (1.0 - BETAS.1) - 1.0;
    let length = most - 2.0 * t as f64 * beta / (1.0 - beta);
    let squared = (length - 4.0) * (length - 2.0) * most / ((most - 4.0) * (most - 2.0) * length);
    (length > 5.0).then(|| squared.sqrt())
}

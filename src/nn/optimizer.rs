//! The rules of optimisers: what one step subtracts from each parameter.

use std::ops::Range;

use crate::config::OptimizerRule;

/// Decay of both averages of RMSProp (Mnih et al., 2015: "gradient momentum", "squared gradient momentum").
const RMSPROP_DECAY: f64 = 0.95;
/// Adam's and RAdam's betas, PyTorch's defaults.
const BETAS: (f64, f64) = (0.9, 0.999);
/// Decay of Muon's running mean of the gradient (Jordan et al., 2024).
pub const MUON_DECAY: f64 = 0.95;
/// Rows of a matrix that Muon orthogonalises together, which bounds the cost of wide layers.
pub const MUON_ROWS: usize = 64;
/// Iterations of [`NEWTON_SCHULZ`].
pub const ITERATIONS: usize = 5;
/// Coefficients a, b and c of the iteration X ← (a I + b XXᵀ + c (XXᵀ)²) X, which brings every singular value of a
/// matrix near to 1 (Jordan et al., 2024).
pub const NEWTON_SCHULZ: (f64, f64, f64) = (3.4445, -4.7750, 2.0315);

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

/// The step of Muon (Jordan et al., 2024) over a matrix with gradient G. The running mean M takes in `1 − decay` of G,
/// and `rate` times the orthogonalised G + decay (M − G) is subtracted: the matrix whose singular vectors are the same,
/// and whose singular values are all near 1. Each [`MUON_ROWS`] rows are orthogonalised by themselves. A factor makes
/// the root mean square of the subtracted values about `rate` (as in Liu et al., 2025, arXiv 2502.16982).
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
    /// Step number `t`, counted from 1, by a rule; `epsilon` keeps the denominator away from 0.
    pub fn new(rule: OptimizerRule, learning_rate: f64, epsilon: f64, t: u64) -> OptimizerStep {
        match rule {
            // Graves (2013), equations 38 to 41, without momentum: ε is under the root.
            OptimizerRule::RmsProp => OptimizerStep {
                decay: (RMSPROP_DECAY, RMSPROP_DECAY),
                change: ParameterChange::Centred { rate: learning_rate, epsilon },
            },
            OptimizerRule::Adam | OptimizerRule::Muon => OptimizerStep::adam(learning_rate, BETAS, epsilon, t),
            OptimizerRule::RAdam => {
                let rate = learning_rate / correction(BETAS.0, t);
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

    /// Step number `t`, counted from 1, of Adam with the decays `betas` (Kingma and Ba, 2015, algorithm 1): ε is beside
    /// the root.
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

/// The rectification r_t of Liu et al. (2020), algorithm 2. It is `None` while the variance of the adaptive rate is
/// unbounded, as in PyTorch's `RAdam`.
fn rectification(t: u64) -> Option<f64> {
    let beta = BETAS.1.powf(t as f64);
    let most = 2.0 / (1.0 - BETAS.1) - 1.0;
    let length = most - 2.0 * t as f64 * beta / (1.0 - beta);
    let squared = (length - 4.0) * (length - 2.0) * most / ((most - 4.0) * (most - 2.0) * length);
    (length > 5.0).then(|| squared.sqrt())
}

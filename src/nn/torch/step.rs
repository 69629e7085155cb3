//! An optimiser's step over tensors.

use std::ops::Range;

use tch::{Tensor, no_grad};

use crate::nn::optimizer::{OptimizerStep, ParameterChange};

/// One step of the parameters `flat` against `gradient` over each of `parts`. `mean` and `square` are the running means
/// of the gradient and of its square.
pub fn step(
    flat: &Tensor,
    gradient: &Tensor,
    parts: &[(Range<usize>, OptimizerStep)],
    mean: &Tensor,
    square: &Tensor,
    max_norm: Option<f64>,
) {
    no_grad(|| {
        if let Some(max_norm) = max_norm {
            clip(gradient, parts, max_norm);
        }
        for (range, step) in parts {
            let part = |tensor: &Tensor| tensor.narrow(0, range.start as i64, range.len() as i64);
            let (gradient, mut mean, mut square) = (part(gradient), part(mean), part(square));
            let _ = mean.lerp_(&gradient, 1.0 - step.decay.0);
            let _ = square.lerp_(&gradient.square(), 1.0 - step.decay.1);
            let change = match step.change {
                ParameterChange::Centred { rate, epsilon } => {
                    gradient * rate / ((&square - mean.square()).clamp_min(0.0) + epsilon).sqrt()
                }
                ParameterChange::Rooted { rate, root_scale, epsilon } => {
                    mean * rate / (square.sqrt() * root_scale + epsilon)
                }
                ParameterChange::Plain { rate } => mean * rate,
            };
            let _ = part(flat).subtract_(&change);
        }
    });
}

/// Scales the gradient to a norm of at most `max_norm`, without waiting for the norm's value.
fn clip(gradient: &Tensor, parts: &[(Range<usize>, OptimizerStep)], max_norm: f64) {
    let part = |range: &Range<usize>| gradient.narrow(0, range.start as i64, range.len() as i64);
    let squares: Vec<_> = parts.iter().map(|(range, _)| part(range).square().sum(tch::Kind::Float)).collect();
    let norm = Tensor::stack(&squares, 0).sum(tch::Kind::Float).sqrt();
    let scale = ((norm + 1e-6).reciprocal() * max_norm).clamp_max(1.0);
    for (range, _) in parts {
        let _ = part(range).g_mul_(&scale);
    }
}

//! An optimiser's step over slices: one pass that reads and writes everything once.

use std::ops::Range;

use multiversion::multiversion;
use rayon::prelude::*;

use super::CpuNetwork;
use super::orthogonal;
use crate::nn::optimizer::{OptimizerStep, ParameterChange, Step};

/// Number of values that a thread takes at once.
const PIECE: usize = 1 << 14;

/// One step against the network's gradient over each of `parts`.
pub fn step(network: &mut CpuNetwork, parts: &[(Range<usize>, Step)], max_norm: Option<f64>) {
    let clip = max_norm.map_or(1.0, |max_norm| (max_norm / (norm(&network.gradient, parts) + 1e-6)).min(1.0)) as f32;
    for (range, step) in parts {
        let (gradient, values) = (&network.gradient[range.clone()], &mut network.flat[range.clone()]);
        let (mean, square) = (&mut network.mean[range.clone()], &mut network.square[range.clone()]);
        match step {
            Step::Elementwise(step) => {
                let values = gradient.par_chunks(PIECE).zip(values.par_chunks_mut(PIECE));
                let means = mean.par_chunks_mut(PIECE).zip(square.par_chunks_mut(PIECE));
                values.zip(means).for_each(|((gradient, values), (mean, square))| {
                    piece(step, clip, gradient, values, mean, square);
                });
            }
            Step::Orthogonal(step) => orthogonal::step(step, clip, gradient, values, mean),
        }
    }
}

/// Euclidean norm of the gradient, summed in a fixed order.
fn norm(gradient: &[f32], parts: &[(Range<usize>, Step)]) -> f64 {
    let squares = |piece: &[f32]| piece.iter().map(|&value| f64::from(value) * f64::from(value)).sum::<f64>();
    let part = |(range, _): &(Range<usize>, Step)| {
        gradient[range.clone()].par_chunks(PIECE).map(squares).collect::<Vec<_>>().into_iter().sum::<f64>()
    };
    parts.iter().map(part).sum::<f64>().sqrt()
}

#[multiversion(targets("x86_64+avx2+fma", "aarch64+neon"))]
fn piece(step: &OptimizerStep, clip: f32, gradient: &[f32], values: &mut [f32], mean: &mut [f32], square: &mut [f32]) {
    match step.change {
        ParameterChange::Centred { rate, epsilon } => {
            let (rate, epsilon) = (rate as f32, epsilon as f32);
            let change = |g: f32, m: f32, v: f32| rate * g / ((v - m * m).max(0.0) + epsilon).sqrt();
            each(step, clip, gradient, values, mean, square, change);
        }
        ParameterChange::Rooted { rate, root_scale, epsilon } => {
            let (rate, root_scale, epsilon) = (rate as f32, root_scale as f32, epsilon as f32);
            let change = |_, m: f32, v: f32| rate * m / (v.sqrt() * root_scale + epsilon);
            each(step, clip, gradient, values, mean, square, change);
        }
        ParameterChange::Plain { rate } => {
            let rate = rate as f32;
            each(step, clip, gradient, values, mean, square, |_, m, _| rate * m);
        }
    }
}

#[inline(always)]
fn each(
    step: &OptimizerStep,
    clip: f32,
    gradient: &[f32],
    values: &mut [f32],
    mean: &mut [f32],
    square: &mut [f32],
    change: impl Fn(f32, f32, f32) -> f32,
) {
    let (new, new_square) = ((1.0 - step.decay.0) as f32, (1.0 - step.decay.1) as f32);
    for (((g, value), mean), square) in gradient.iter().zip(values).zip(mean).zip(square) {
        let g = g * clip;
        *mean += new * (g - *mean);
        *square += new_square * (g * g - *square);
        *value -= change(g, *mean, *square);
    }
}

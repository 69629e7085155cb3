//! An optimiser's step over tensors.

use std::ops::Range;

use tch::{Tensor, no_grad};

use crate::nn::optimizer::{
    ITERATIONS, MUON_ROWS, NEWTON_SCHULZ, OptimizerStep, OrthogonalStep, ParameterChange, Step,
};

/// One step of the parameters `flat` against `gradient` over each of `parts`. `mean` and `square` are the running means
/// of the gradient and of its square.
pub fn step(
    flat: &Tensor,
    gradient: &Tensor,
    parts: &[(Range<usize>, Step)],
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
            let (gradient, mean, square) = (part(gradient), part(mean), part(square));
            let change = match step {
                Step::Elementwise(step) => elementwise(step, gradient, mean, square),
                Step::Orthogonal(step) => orthogonal(step, &gradient, mean),
            };
            let _ = part(flat).subtract_(&change);
        }
    });
}

/// Updates the running means, and returns what is subtracted from the parameters.
fn elementwise(step: &OptimizerStep, gradient: Tensor, mut mean: Tensor, mut square: Tensor) -> Tensor {
    let _ = mean.lerp_(&gradient, 1.0 - step.decay.0);
    let _ = square.lerp_(&gradient.square(), 1.0 - step.decay.1);
    match step.change {
        ParameterChange::Centred { rate, epsilon } => {
            gradient * rate / ((&square - mean.square()).clamp_min(0.0) + epsilon).sqrt()
        }
        ParameterChange::Rooted { rate, root_scale, epsilon } => mean * rate / (square.sqrt() * root_scale + epsilon),
        ParameterChange::Plain { rate } => mean * rate,
    }
}

/// The amount that a step subtracts from a matrix; `mean` takes in the gradient.
fn orthogonal(step: &OrthogonalStep, gradient: &Tensor, mut mean: Tensor) -> Tensor {
    let _ = mean.lerp_(gradient, 1.0 - step.decay);
    let direction = gradient.lerp(&mean, step.decay).view([step.rows as i64, step.columns as i64]);
    let blocks = direction.split(MUON_ROWS as i64, 0);
    let blocks: Vec<_> =
        blocks.iter().map(|block| orthogonalised(block) * step.scale(block.size()[0] as usize)).collect();
    Tensor::cat(&blocks, 0).view(-1)
}

/// The matrix with all its singular values brought near to 1; a matrix of zeros stays.
fn orthogonalised(matrix: &Tensor) -> Tensor {
    let (a, b, c) = NEWTON_SCHULZ;
    let mut x = matrix / matrix.norm().clamp_min(f64::from(f32::MIN_POSITIVE));
    for _ in 0..ITERATIONS {
        let gram = x.matmul(&x.transpose(0, 1));
        let polynomial = &gram * b + gram.matmul(&gram) * c;
        x = &x * a + polynomial.matmul(&x);
    }
    x
}

/// Scales the gradient to a norm of at most `max_norm`, without waiting for the norm's value.
fn clip(gradient: &Tensor, parts: &[(Range<usize>, Step)], max_norm: f64) {
    let part = |range: &Range<usize>| gradient.narrow(0, range.start as i64, range.len() as i64);
    let squares: Vec<_> = parts.iter().map(|(range, _)| part(range).square().sum(tch::Kind::Float)).collect();
    let norm = Tensor::stack(&squares, 0).sum(tch::Kind::Float).sqrt();
    let scale = ((norm + 1e-6).reciprocal() * max_norm).clamp_max(1.0);
    for (range, _) in parts {
        let _ = part(range).g_mul_(&scale);
    }
}

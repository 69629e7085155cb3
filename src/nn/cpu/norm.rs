//! Layer normalisation (Ba, Kiros and Hinton, 2016) over all values of a sample, as PyTorch's `LayerNorm`.

use std::ops::Range;

use multiversion::multiversion;

use super::kernel::{LANES, Row};
use crate::nn::block::NORM_EPSILON;

/// The position of a normalisation's parameters.
#[derive(Debug, Clone)]
pub struct Norm {
    pub gain: Range<usize>,
    pub shift: Range<usize>,
    /// Number of values that are normalised, without the zeros that pad rows.
    pub count: usize,
}

/// Sum of `row_at` over all rows, in a fixed order.
#[inline(always)]
fn sum(rows: usize, row_at: impl Fn(usize) -> Row) -> f32 {
    let mut sums = [0.0_f32; LANES];
    for row in 0..rows {
        for (sum, value) in sums.iter_mut().zip(row_at(row)) {
            *sum += value;
        }
    }
    sums.iter().sum()
}

/// The reciprocal of the standard deviation of `count` values. `squares` is the sum of their squared distances from
/// their mean, with `padding` for the zeros that pad rows.
#[inline(always)]
pub fn inverse_deviation(squares: f32, padding: f32, count: f32) -> f32 {
    let variance = (squares - padding) / count;
    // Rounding may leave a little less than nothing where all values are equal. NaN stays: a training that diverged
    // must show.
    let variance = if variance < 0.0 { 0.0 } else { variance };
    1.0 / (variance + NORM_EPSILON as f32).sqrt()
}

/// Normalises `values` in place and writes the values before gain and shift to `normal`. Returns the reciprocal of
/// their standard deviation.
#[multiversion(targets("x86_64+avx2+fma", "aarch64+neon"))]
pub fn forward(norm: &Norm, flat: &[f32], values: &mut [f32], normal: &mut [f32]) -> f32 {
    let (gain, shift) = (&flat[norm.gain.clone()], &flat[norm.shift.clone()]);
    let count = norm.count as f32;
    let filling = (values.len() - norm.count) as f32;
    let rows = values.as_chunks::<LANES>().0;
    let mean = sum(rows.len(), |row| rows[row]) / count;
    let squares = sum(rows.len(), |row| rows[row].map(|value| (value - mean) * (value - mean)));
    let inverse_deviation = inverse_deviation(squares, filling * mean * mean, count);
    for (((value, normal), gain), shift) in values.iter_mut().zip(normal).zip(gain).zip(shift) {
        *normal = (*value - mean) * inverse_deviation;
        *value = *normal * gain + shift;
    }
    inverse_deviation
}

/// Turns the gradient by the output into the gradient by the input, and adds the gradient of gain and shift to
/// `gradient`.
#[multiversion(targets("x86_64+avx2+fma", "aarch64+neon"))]
pub fn backward(
    norm: &Norm,
    flat: &[f32],
    normal: &[f32],
    inverse_deviation: f32,
    d: &mut [f32],
    gradient: &mut [f32],
) {
    for ((gradient, d), normal) in gradient[norm.gain.clone()].iter_mut().zip(d.iter()).zip(normal) {
        *gradient += d * normal;
    }
    for (gradient, d) in gradient[norm.shift.clone()].iter_mut().zip(d.iter()) {
        *gradient += d;
    }
    for (d, gain) in d.iter_mut().zip(&flat[norm.gain.clone()]) {
        *d *= gain;
    }
    let count = norm.count as f32;
    let (rows, normals) = (d.as_chunks::<LANES>().0, normal.as_chunks::<LANES>().0);
    let mean = sum(rows.len(), |row| rows[row]) / count;
    let along = sum(rows.len(), |row| std::array::from_fn(|i| rows[row][i] * normals[row][i])) / count;
    for (d, normal) in d.iter_mut().zip(normal) {
        *d = inverse_deviation * (*d - mean - normal * along);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_become_numbers_however_large_they_are() {
        let parameters = [[1.0; LANES], [0.0; LANES]].concat();
        for (count, value) in [(1, 3.7), (1, 100.3), (3, 1e4), (15, 77.7)] {
            let norm = Norm { gain: 0..LANES, shift: LANES..2 * LANES, count };
            let mut values = [0.0; LANES];
            values[..count].fill(value);
            forward(&norm, &parameters, &mut values, &mut [0.0; LANES]);
            assert!(values[..count].iter().all(|value| value.abs() < 1.0), "{count} of {value}: {values:?}");
        }
    }
    #[test]
    fn values_without_a_variance_have_no_deviation() {
        assert!(inverse_deviation(f32::INFINITY, f32::INFINITY, 3.0).is_nan());
    }
}

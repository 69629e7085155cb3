//! The parts of a transformer between its products, for rows of [`LANES`] values side by side. Every sum has a fixed
//! order, so that a result depends neither on the vector unit nor on the number of threads.

use multiversion::multiversion;

use crate::nn::cpu::kernel::{LANES, Row};
use crate::nn::cpu::norm::inverse_deviation;

/// √(2 / π), and the factor of the cube in the tanh form of GELU (Hendrycks and Gimpel, 2016, section 2).
const GELU: (f32, f32) = (0.797_884_6, 0.044_715);
/// Where e^x leaves the normal numbers of single precision.
const EXPONENTS: (f32, f32) = (-87.0, 88.0);
/// ln 2 in two parts; the first has few digits, so that its products with whole numbers are exact.
const LN_2: (f32, f32) = (0.693_359_4, -2.121_944_4e-4);
/// Coefficients of e^x around 0, from the power 7 down to 2 (Moshier's Cephes, expf).
const POWERS: [f32; 6] = [1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5];
/// A number whose last bit counts 1, so that an addition rounds to a whole number.
const WHOLE: f32 = 12_582_912.0;

/// e^x to about 2 units in the last place, without a branch; beyond [`EXPONENTS`] that of the nearer end.
#[inline(always)]
fn exp(x: f32) -> f32 {
    let x = x.clamp(EXPONENTS.0, EXPONENTS.1);
    let shifted = x.mul_add(std::f32::consts::LOG2_E, WHOLE);
    let whole = shifted - WHOLE;
    let rest = whole.mul_add(-LN_2.1, whole.mul_add(-LN_2.0, x));
    let series = POWERS.iter().fold(0.0_f32, |sum, power| sum.mul_add(rest, *power));
    let value = series.mul_add(rest * rest, rest) + 1.0;
    let exponent = shifted.to_bits().wrapping_sub(WHOLE.to_bits()).wrapping_add(127);
    value * f32::from_bits(exponent << 23)
}

/// The sum of the rows' values.
#[inline(always)]
fn sum(rows: &[Row]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    for row in rows {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += value;
        }
    }
    sums.iter().sum()
}

/// The highest of the rows' values.
#[inline(always)]
fn highest(rows: &[Row]) -> f32 {
    let mut highest = [f32::NEG_INFINITY; LANES];
    for row in rows {
        for (highest, value) in highest.iter_mut().zip(row) {
            *highest = if value > highest { *value } else { *highest };
        }
    }
    highest.iter().fold(f32::NEG_INFINITY, |one, other| one.max(*other))
}

/// The sum of the values' squared distances from `mean`.
#[inline(always)]
fn squares(rows: &[Row], mean: f32) -> f32 {
    let mut sums = [0.0_f32; LANES];
    for row in rows {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum = (value - mean).mul_add(value - mean, *sum);
        }
    }
    sums.iter().sum()
}

/// Layer normalisation without shift (Ba et al., 2016) of each stretch of `gain.len()` values, of which the first
/// `width` count and the others are 0.
#[multiversion(targets("x86_64+avx2+fma", "aarch64+neon"))]
pub fn normalize(x: &[f32], gain: &[f32], width: usize, out: &mut [f32]) {
    let count = width as f32;
    for (x, out) in x.chunks_exact(gain.len()).zip(out.chunks_exact_mut(gain.len())) {
        let rows = x.as_chunks::<LANES>().0;
        let mean = sum(rows) / count;
        let padding = (gain.len() - width) as f32 * mean * mean;
        let inverse_deviation = inverse_deviation(squares(rows, mean), padding, count);
        for ((out, x), gain) in out.iter_mut().zip(x).zip(gain) {
            *out = (x - mean) * inverse_deviation * gain;
        }
    }
}

/// GELU in its tanh form, as x · sigmoid(2u).
#[multiversion(targets("x86_64+avx2+fma", "aarch64+neon"))]
pub fn gelu(values: &mut [f32]) {
    for x in values {
        let u = GELU.0 * (GELU.1 * *x * *x).mul_add(*x, *x);
        *x /= 1.0 + exp(-2.0 * u);
    }
}

/// Rotates each pair of a head's values, number i and i + half, by the angle with that cosine and sine.
pub fn rotate(head: &mut [f32], angles: &[(f32, f32)]) {
    let (first, second) = head.split_at_mut(angles.len());
    for ((x, y), (cosine, sine)) in first.iter_mut().zip(second).zip(angles) {
        (*x, *y) = (*x * cosine - *y * sine, *y * cosine + *x * sine);
    }
}

/// `out = softmax(query · keys / √values) · values` of one head over `count` positions. `keys` has equally many positions,
/// a multiple of [`LANES`], for each of the query's values; `values` has `out.len()` values, padded to whole rows, for
/// each position. `scores` is memory that calls reuse.
#[multiversion(targets("x86_64+avx2+fma", "aarch64+neon"))]
pub fn attend(query: &[f32], keys: &[f32], values: &[Row], count: usize, scores: &mut Vec<Row>, out: &mut [f32]) {
    score(query, keys, count, scores);
    // Positions after the last have weight 0.
    let (last, seen) = (count.div_ceil(LANES) - 1, (count - 1) % LANES + 1);
    scores[last][seen..].fill(f32::NEG_INFINITY);
    let highest = highest(scores);
    let scale = 1.0 / (query.len() as f32).sqrt();
    for weight in scores.as_flattened_mut() {
        *weight = exp((*weight - highest) * scale);
    }
    scores[last][seen..].fill(0.0);
    let inverse = 1.0 / sum(scores);
    let rows = out.len().div_ceil(LANES);
    for (row, out) in out.chunks_mut(LANES).enumerate() {
        let mut sums = [0.0_f32; LANES];
        for (weight, values) in scores.as_flattened().iter().zip(values.chunks_exact(rows)).take(count) {
            for (sum, value) in sums.iter_mut().zip(&values[row]) {
                *sum = weight.mul_add(*value, *sum);
            }
        }
        out.iter_mut().zip(sums).for_each(|(out, sum)| *out = sum * inverse);
    }
}

/// The products of a query with the keys of at least `count` positions.
#[inline(always)]
fn score(query: &[f32], keys: &[f32], count: usize, scores: &mut Vec<Row>) {
    let longest = keys.len() / query.len();
    scores.clear();
    for first in (0..count).step_by(LANES) {
        let mut row = [0.0_f32; LANES];
        for (query, keys) in query.iter().zip(keys.chunks_exact(longest)) {
            let keys: &Row = keys[first..].first_chunk().expect("positions are whole rows");
            for (score, key) in row.iter_mut().zip(keys) {
                *score = query.mul_add(*key, *score);
            }
        }
        scores.push(row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponentials_and_gelu_are_near_those_in_double_precision() {
        for i in -8_600..=8_700 {
            let x = i as f32 / 100.0;
            let (found, expected) = (f64::from(exp(x)), f64::from(x).exp());
            assert!((found / expected - 1.0).abs() < 3e-7, "e^{x}: {found} instead of {expected}");
        }
        for i in -1_000..=1_000 {
            let x = f64::from(i) / 100.0;
            let mut found = [x as f32];
            gelu(&mut found);
            let expected = 0.5 * x * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3))).tanh());
            assert!((f64::from(found[0]) - expected).abs() < 1e-6, "gelu({x}): {} instead of {expected}", found[0]);
        }
    }

    #[test]
    fn values_far_outside_stay_finite() {
        assert!(exp(f32::NEG_INFINITY) < 1e-37 && exp(f32::INFINITY).is_finite());
        let mut far = [-1e4_f32, 1e4];
        gelu(&mut far);
        assert_eq!((far[0].abs() < 1e-30, far[1]), (true, 1e4));
    }
}

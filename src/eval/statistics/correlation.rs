//! Correlations of pairs, with intervals.

use super::bootstrap::{Interval, RESAMPLES, drawn, percentiles};
use crate::units::Seed;

/// Pearson's coefficient; `None` if there are fewer than three pairs or one side does not vary.
pub fn pearson(pairs: &[(f64, f64)]) -> Option<f64> {
    let count = pairs.len() as f64;
    let mean = |value: fn(&(f64, f64)) -> f64| pairs.iter().map(value).sum::<f64>() / count;
    let (x, y) = (mean(|pair| pair.0), mean(|pair| pair.1));
    let sum = |value: &dyn Fn(f64, f64) -> f64| pairs.iter().map(|pair| value(pair.0 - x, pair.1 - y)).sum::<f64>();
    let (xx, yy, xy) = (sum(&|x, _| x * x), sum(&|_, y| y * y), sum(&|x, y| x * y));
    (pairs.len() >= 3 && xx > 0.0 && yy > 0.0).then(|| xy / (xx * yy).sqrt())
}

/// Spearman's coefficient: Pearson's of the ranks, where ties share their mean rank.
pub fn spearman(pairs: &[(f64, f64)]) -> Option<f64> {
    let ranks = |values: Vec<f64>| -> Vec<f64> {
        let below = |value: f64| values.iter().filter(|&&other| other < value).count() as f64;
        let equal = |value: f64| values.iter().filter(|&&other| other == value).count() as f64;
        values.iter().map(|&value| below(value) + (equal(value) + 1.0) / 2.0).collect()
    };
    let (x, y): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
    pearson(&ranks(x).into_iter().zip(ranks(y)).collect::<Vec<_>>())
}

/// 95% interval of a coefficient by the percentile bootstrap over pairs.
pub fn correlation_interval(
    pairs: &[(f64, f64)],
    coefficient: fn(&[(f64, f64)]) -> Option<f64>,
    seed: Seed,
) -> Option<Interval> {
    let mut generator = seed.generator();
    let mut resample =
        || -> Vec<(f64, f64)> { pairs.iter().map(|_| pairs[drawn(pairs.len(), &mut generator)]).collect() };
    if pairs.is_empty() {
        return None;
    }
    percentiles((0..RESAMPLES).map(|_| coefficient(&resample())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coefficients_are_those_of_their_definitions() {
        // By hand in another language, from the definitions.
        let pairs = [(1.0, 2.0), (2.0, 1.0), (3.0, 4.0), (4.0, 3.0), (5.0, 9.0), (5.0, 4.0)];
        assert!((pearson(&pairs).unwrap() - 0.717799450754).abs() < 1e-9, "{:?}", pearson(&pairs));
        assert!((spearman(&pairs).unwrap() - 0.808823529412).abs() < 1e-9, "{:?}", spearman(&pairs));
        assert_eq!(pearson(&[(1.0, 1.0), (1.0, 2.0), (1.0, 3.0)]), None);
        assert_eq!(pearson(&pairs[..2]), None);
    }

    #[test]
    fn the_interval_of_a_straight_line_has_no_width() {
        let pairs: Vec<(f64, f64)> = (0..12).map(|i| (f64::from(i), 2.0 * f64::from(i))).collect();
        let interval = correlation_interval(&pairs, pearson, Seed(1)).unwrap();
        assert!(interval.low > 0.999 && interval.high < 1.001);
    }
}

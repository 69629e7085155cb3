//! Resampling with replacement, and its intervals.

use rand_xoshiro::rand_core::Rng;

use super::estimate::Estimate;
use crate::statistics::mean;
use crate::units::{Generator, Seed};

/// Resamples of every bootstrap.
pub const RESAMPLES: usize = 10_000;

/// Share of resamples that may be undefined before the interval is undefined too. It is the share beyond one end of a
/// 95% interval.
const TAIL: f64 = 0.025;

/// A 95% interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

impl Interval {
    /// Whether the two intervals have a value in common.
    pub fn overlaps(self, other: Interval) -> bool {
        self.low <= other.high && other.low <= self.high
    }
}

/// 95% interval of the mean of one run's episodes by the percentile bootstrap (Efron and Tibshirani, 1993, chapter 13):
/// the 2.5th and 97.5th percentile of the means of [`RESAMPLES`] resamples. One value gives an interval of no width,
/// which says nothing.
pub fn mean_interval(episodes: &[f64], seed: Seed) -> Option<Interval> {
    mean_of_runs_interval(&[episodes], seed)
}

/// Upper end of the exact 95% interval of a share of which none of `count` cases was found: 1 − 0.025^(1/count)
/// (Clopper and Pearson, 1934).
pub fn most_if_none(count: usize) -> f64 {
    1.0 - 0.025f64.powf(1.0 / count as f64)
}

/// As [`mean_interval`], for the mean of the runs' means. Runs are drawn with replacement, then the episodes of each
/// drawn run.
pub fn mean_of_runs_interval(runs: &[&[f64]], seed: Seed) -> Option<Interval> {
    if runs.is_empty() || runs.iter().any(|run| run.is_empty()) {
        return None;
    }
    let mut generator = seed.generator();
    percentiles((0..RESAMPLES).map(|_| Some(resampled_mean(runs, &mut generator))).collect())
}

/// The mean of one side's runs' means minus that of another's, with the interval of [`mean_of_runs_interval`], for
/// which the sides are drawn apart. `None` if a side or a run is empty.
pub fn mean_difference(sides: [&[&[f64]]; 2], seed: Seed) -> Option<Estimate> {
    let side = |runs: &[&[f64]]| {
        let means: Option<Vec<f64>> = runs.iter().map(|run| mean(run)).collect();
        mean(&means?)
    };
    let difference = side(sides[0])? - side(sides[1])?;
    let mut generator = seed.generator();
    let resample = |_| {
        let [one, other] = sides.map(|runs| resampled_mean(runs, &mut generator));
        Some(one - other)
    };
    Some(Estimate { value: difference, interval: percentiles((0..RESAMPLES).map(resample).collect()) })
}

/// The mean of as many runs as there are, drawn with replacement, each by the mean of its drawn episodes.
fn resampled_mean(runs: &[&[f64]], generator: &mut Generator) -> f64 {
    let mean = |generator: &mut Generator| {
        let run = runs[drawn(runs.len(), generator)];
        run.iter().map(|_| run[drawn(run.len(), generator)]).sum::<f64>() / run.len() as f64
    };
    runs.iter().map(|_| mean(generator)).sum::<f64>() / runs.len() as f64
}

/// The 2.5th and 97.5th percentile. Undefined resamples are left out; if more than 2.5% are undefined, there is no
/// interval.
pub fn percentiles(resamples: Vec<Option<f64>>) -> Option<Interval> {
    let defined: Vec<f64> = resamples.iter().flatten().copied().collect();
    let enough = (resamples.len() - defined.len()) as f64 <= TAIL * resamples.len() as f64;
    let defined = sorted(&defined);
    (enough && !defined.is_empty())
        .then(|| Interval { low: quantile(&defined, TAIL), high: quantile(&defined, 1.0 - TAIL) })
}

/// A uniformly random index below `count`; a single one takes nothing from the generator.
pub fn drawn(count: usize, generator: &mut Generator) -> usize {
    if count == 1 {
        return 0;
    }
    // The high half of a 64-bit draw times n is uniform below n, but for a part in 2^64 / n.
    ((u128::from(generator.next_u64()) * count as u128) >> 64) as usize
}

/// As many uniformly random indices below `count`, with replacement.
pub fn numbers(count: usize, generator: &mut Generator) -> Vec<usize> {
    (0..count).map(|_| drawn(count, generator)).collect()
}

pub fn sorted(values: &[f64]) -> Vec<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values
}

/// Quantile with linear interpolation between neighbours, as `numpy.quantile`. `sorted` is not empty.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let position = share * (sorted.len() - 1) as f64;
    let below = sorted[position.floor() as usize];
    let above = sorted[position.ceil() as usize];
    below + (above - below) * position.fract()
}

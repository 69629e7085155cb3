//! Means of shares of right answers, and their differences.

use super::bootstrap::{Interval, mean_difference, mean_of_runs_interval, most_if_none};
use super::estimate::Estimate;
use crate::statistics::mean;
use crate::units::Seed;

/// Shares or differences that are no further apart are the same, but for rounding.
const ROUNDING: f64 = 1e-9;

/// The mean of the runs' mean shares of right answers, each share that of one question, with its 95% interval over runs
/// and questions as of [`mean_of_runs_interval`].
///
/// Where all shares are the same, so is every resample, and an interval of no width would present the mean as certain.
/// There the interval is made of the exact one for what was never found (Clopper and Pearson, 1934): among n questions
/// none has another share, so that at most w = 1 − 0.025^(1/n) of all questions do. Those have shares from 0 to 1, and
/// so the mean is at most w times the way to either end off. For means of 0 and 1 that is Clopper and Pearson's
/// interval itself. The questions of all runs count as one sample: it covers their chance, and not that of another
/// training, of which runs that all agree show nothing.
pub fn mean_share(runs: &[&[f64]], seed: Seed) -> Option<Estimate> {
    bounded_mean(runs, [0.0, 1.0], seed)
}

/// The mean of one model's shares minus another's, question by question, with its interval as of [`mean_share`]. Each
/// pair is one run of both; differences lie between −1 and 1.
pub fn share_difference(pairs: &[[&[f64]; 2]], seed: Seed) -> Option<Estimate> {
    let by_question = |[one, other]: &[&[f64]; 2]| -> Vec<f64> { one.iter().zip(*other).map(|(a, b)| a - b).collect() };
    let runs: Vec<Vec<f64>> = pairs.iter().map(by_question).collect();
    bounded_mean(&runs.iter().map(Vec::as_slice).collect::<Vec<_>>(), [-1.0, 1.0], seed)
}

/// The mean of one model's shares minus another's, for models that were asked other questions: the sides are drawn
/// apart. A side whose shares are all the same adds nothing to the chance of the resamples, and so its own interval is
/// added at both ends.
pub fn share_difference_apart(sides: [&[&[f64]]; 2], seed: Seed) -> Option<Estimate> {
    let difference = mean_difference(sides, seed)?;
    let around = |runs: &[&[f64]]| match are_the_same(runs).then(|| mean_share(runs, seed)) {
        Some(Some(Estimate { value, interval: Some(own) })) => [value - own.low, own.high - value],
        _ => [0.0, 0.0],
    };
    let [one, other] = sides.map(around);
    let wider = |drawn: Interval| Interval { low: drawn.low - one[0] - other[1], high: drawn.high + one[1] + other[0] };
    Some(Estimate { interval: difference.interval.map(wider), ..difference })
}

fn bounded_mean(runs: &[&[f64]], [least, most]: [f64; 2], seed: Seed) -> Option<Estimate> {
    let means: Option<Vec<f64>> = runs.iter().map(|run| mean(run)).collect();
    let mean = mean(&means?)?;
    if !are_the_same(runs) {
        return Some(Estimate { value: mean, interval: mean_of_runs_interval(runs, seed) });
    }
    let others = most_if_none(runs.iter().map(|run| run.len()).sum());
    let interval = Interval { low: mean - others * (mean - least), high: mean + others * (most - mean) };
    Some(Estimate { value: mean, interval: Some(interval) })
}

fn are_the_same(runs: &[&[f64]]) -> bool {
    let mut values = runs.iter().copied().flatten();
    values.next().is_none_or(|first| values.all(|value| (value - first).abs() < ROUNDING))
}

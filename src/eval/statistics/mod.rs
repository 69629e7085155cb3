//! Means, intervals and comparisons of scores. All functions are pure: random numbers come from a given seed, and an
//! undefined number is `None`.
//!
//! Intervals are percentiles of a bootstrap. It differs from that of rliable (Agarwal et al., 2021, "Deep Reinforcement
//! Learning at the Edge of the Statistical Precipice") in four points:
//!
//! - rliable has one number per run and game, the mean of its episodes, and draws runs of each game anew. Here runs are
//!   drawn in the same way, and then the episodes of each drawn run. A single run therefore has an interval, that of its
//!   episodes, whose width in rliable is 0. With several runs, intervals are wider than rliable's by a part of the
//!   episodes' chance, which the differences between runs contain already. With one episode per run the two agree.
//! - A run is a student with its own teacher and random play, and they are drawn together. In rliable the runs of two
//!   algorithms are independent.
//! - If games share one network, a run is drawn for all of them at once, since their scores depend on each other.
//! - A probability of improvement compares episodes within each run; rliable's compares runs.
//!
//! With few runs any bootstrap interval is too narrow: from n numbers it sees the share (n − 1) / n of the variance.

mod bootstrap;
mod comparison;
mod correlation;
mod curve;
mod difference;
mod estimate;
mod figures;
mod shares;
mod summary;

pub use bootstrap::{Interval, RESAMPLES, mean_difference, mean_interval, mean_of_runs_interval};
pub use comparison::{GameRuns, Intervals, Run, difference_apart, improvement, intervals, profile};
pub use correlation::{correlation_interval, pearson, spearman};
pub use curve::deviation;
pub use difference::difference;
pub use estimate::Estimate;
pub use figures::{AgainstTeacher, Figures, win_rate};
pub use shares::{mean_share, share_difference, share_difference_apart};
pub use summary::{human_normalized, interquartile_mean, is_clearly_above_0, median, quartiles};

pub use crate::statistics::{mean, sample_std};

#[cfg(test)]
mod tests;

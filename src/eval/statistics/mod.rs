//! Means, intervals and comparisons of scores. Pure functions: what is random comes from the seed that they are given,
//! and a number that does not exist is `None`.
//!
//! Intervals are percentiles of a bootstrap. It differs from that of rliable (Agarwal et al., 2021, "Deep Reinforcement
//! Learning at the Edge of the Statistical Precipice") in four points:
//!
//! - rliable has one number per run and game, the mean of its episodes, and draws runs of each game anew. Here runs are
//!   drawn like that, then in each run its episodes. So a single run has an interval, that of its episodes, where
//!   rliable's has no width; with several runs intervals are wider than rliable's by a part of the episodes' chance,
//!   which the differences between runs hold already. With one episode per run the two are the same.
//! - A run is a student with its own teacher and random play, and they are drawn together: rliable's two algorithms
//!   have nothing in common.
//! - Where games share one network, a run is drawn for all of them at once, since their scores depend on each other.
//! - A probability of improvement compares episodes within each run, rliable's compares runs.
//!
//! With few runs any bootstrap is too narrow: of n numbers it sees the share (n − 1) / n of the variance.

mod bootstrap;
mod comparison;
mod figures;
mod summary;

pub use bootstrap::{Interval, RESAMPLES, mean_interval, mean_of_runs_interval};
pub use comparison::{ComparedRun, InGame, Intervals, intervals};
pub use figures::{AgainstTeacher, Figures, InGameFigures, win_rate};
pub use summary::{geometric_mean, human_normalized, interquartile_mean, mean, median, sample_std};

#[cfg(test)]
mod tests;

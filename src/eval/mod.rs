//! Scores any network by a fixed protocol, whatever made it.
//!
//! The protocol is that of Mnih et al. (2015) and Rusu et al. (2016): null-op starts, epsilon 0.05, at most 108,000
//! frames, raw scores.

mod latency;
pub mod paper;
mod play;
pub mod statistics;

pub use latency::milliseconds_per_decision;
pub use play::{Episode, Match, Split, play, play_watched};

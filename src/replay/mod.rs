//! Holds frames compactly, hands out stacks and minibatches; knows no emulator.
//!
//! A step costs one frame, not a stack of them, and of a screen only what is new in it (`group.rs`); vectors are kept as
//! they are. A [`WorkerBuffer`] keeps the steps of one worker in order and rebuilds observations, a [`Replay`] is a buffer per worker and
//! draws from them uniformly.

mod file;
mod frame_group;
mod frames;
mod sample;
mod spans;
mod transition;
mod worker_buffer;

pub use sample::{Place, Replay};
pub use transition::{Ending, Transition, TransitionBatch, transitions};
pub use worker_buffer::WorkerBuffer;

/// Bytes that a step takes, frame and transition together: the mean over the paper's ten games, a million steps of half
/// uniformly random play and half play that holds an action for eight steps on average. [`Replay::bytes`] has the truth.
pub const TYPICAL_STEP: u64 = 520;

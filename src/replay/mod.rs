//! Stores frames compactly and draws stacks and minibatches; it knows no emulator.
//!
//! A step costs one frame, not a stack of frames, and an image frame is stored as its difference from others
//! (`frame_group.rs`). Vectors are stored as they are. A [`WorkerBuffer`] keeps the steps of one worker in order and
//! rebuilds observations. A [`Replay`] has one buffer per worker and draws from them uniformly.

mod file;
mod frame_group;
mod frames;
mod sample;
mod spans;
mod transition;
mod worker_buffer;

pub use sample::{Place, Replay};
pub use transition::{Ending, NStep, Transition, TransitionBatch, transitions};
pub use worker_buffer::WorkerBuffer;

/// Bytes of a step, frame and transition together. This is the mean over the paper's ten games, from a million steps:
/// half uniformly random play, half play that holds an action for eight steps on average. [`Replay::bytes`] returns the
/// exact size.
pub const TYPICAL_STEP: u64 = 520;

//! Holds frames compactly, hands out stacks and minibatches; knows no emulator.
//!
//! A step costs one frame, not a stack of them: a [`Lane`] keeps the steps of one worker in order and rebuilds stacks,
//! a [`Replay`] is a lane per worker and draws from them uniformly.

mod lane;
mod sample;
mod transition;

pub use lane::Lane;
pub use sample::{Place, Replay};
pub use transition::{Ending, Transition, TransitionBatch, transitions};

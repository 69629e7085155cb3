//! ROM → a stream of preprocessed steps from many emulators at once.
//!
//! An [`Environment`] is a game that is played step by step. An [`Emulator`] is the console with a game in it. [`Env`]
//! turns its frames into an agent's steps, as Mnih et al. (2015) and Machado et al. (2018) describe. [`Classic`] needs
//! no console. [`Pool`] steps many environments in parallel and keeps their observations in one batch. An environment
//! may give several views of its game in each step, such as the screen and the console's memory. This module does not
//! know tensors.

mod ale;
mod catch;
mod classic;
mod emulator;
mod environment;
#[cfg(feature = "gym-rs")]
mod gym_rs;
mod pool;
mod preprocess;
mod rom;
mod screen;
mod step;
mod view_slot;

pub use ale_rs::version as ale_version;
pub use classic::Classic;
pub use emulator::{Emulator, SCREEN_WIDTH, load};
pub use environment::{Environment, Picture, make};
pub use pool::{EpisodeSeeds, Outcome, Pool, PoolState};
pub use rom::{Rom, RomError};
pub use step::{Env, Rules, Step};
pub use view_slot::ViewSlot;

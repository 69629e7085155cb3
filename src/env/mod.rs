//! ROM → a stream of preprocessed steps from many emulators at once.
//!
//! [`Emulator`] is the console with a game in it; [`Env`] makes an agent's steps of its frames, as Mnih et al. (2015)
//! and Machado et al. (2018) describe; [`Pool`] steps many of them in parallel and keeps their observations in one
//! batch. Nothing here knows of tensors.

mod ale;
mod catch;
mod emulator;
mod pool;
mod preprocess;
mod rom;
mod screen;
mod step;

pub use ale_rs::version as ale_version;
pub use emulator::{Emulator, SCREEN_WIDTH, load};
pub use pool::{EpisodeSeeds, Outcome, Pool, PoolState, epsilon_greedy};
pub use rom::{Rom, RomError};
pub use step::{Env, EnvState, Rules, Step};

//! Networks, optimisers whose state can be saved, policies, and weights on disk: the lowest module that sees libtorch.

mod architecture;
mod device;
mod network;
mod optimizer;
mod policy;
mod weights;

pub use architecture::Architecture;
pub use device::{DeviceChoice, LIBTORCH_VERSION, set_threads};
pub use network::{Network, observations};
pub use optimizer::{Optimizer, OptimizerState};
pub use policy::{Evaluate, Policy, RandomPlay};
pub use weights::{Metadata, WeightsError, load, load_for, save, sha256};

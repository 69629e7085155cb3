//! Networks, optimisers whose state can be saved, policies, and weights on disk.

mod architecture;
mod cpu;
mod device;
mod network;
mod optimizer;
mod policy;
mod torch;
mod weights;

pub use architecture::{Architecture, HEAD_UNITS, Head, Outputs};
pub use device::{Device, DeviceChoice, LIBTORCH_VERSION, set_threads};
pub use network::Network;
pub use optimizer::{Optimizer, OptimizerState};
pub use policy::{Evaluate, Player, Policy, RandomPlay, actions_of};
pub use weights::{Metadata, Played, WeightsError, check_for, load, load_for, metadata, save, sha256};

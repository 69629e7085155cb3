//! Networks, optimisers whose state can be saved, and weights as bytes. It knows observations by their shape, and no
//! game.

mod architecture;
mod block;
mod cpu;
mod device;
pub mod language;
mod learning_network;
mod network;
mod observation_store;
mod optimizer;
mod safetensors;
mod saved;
mod torch;

pub use architecture::{Architecture, HEAD_UNITS, Head, Outputs};
pub use block::Layer;
pub use device::{Device, DeviceChoice, LIBTORCH_VERSION, set_threads};
pub use learning_network::{LearningNetwork, OptimizerState};
pub use network::{Network, actions_of, best_action};
pub use observation_store::ObservationStore;
pub use safetensors::{Precision, Unreadable, decode, decode_tensors, encode, encode_tensors, strings, strings_of};

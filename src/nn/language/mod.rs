//! Decoder-only transformers over single characters: parallel log-probabilities, generation with a cache, and their
//! optimiser. Generation on a CPU runs on kernels of this crate, all else in libtorch; every random number comes from a
//! generator that can be saved.

mod adamw;
mod cpu_decoder;
mod decoder;
mod generate;
mod lanes;
mod size;
mod transformer;

pub use adamw::{AdamW, AdamWSettings, AdamWState};
pub use decoder::Decoder;
pub use generate::{Sampling, generate};
pub use size::Size;
pub use transformer::{Texts, Transformer};

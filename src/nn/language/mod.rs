//! Decoder-only transformers over single characters: parallel log-probabilities, generation with a cache, and their
//! optimiser. All of it runs in libtorch on the chosen device; every random number comes from a generator that can be
//! saved.

mod adamw;
mod decoder;
mod generate;
mod saved;
mod size;
mod transformer;

pub use adamw::{AdamW, AdamWSettings, AdamWState};
pub use decoder::Decoder;
pub use generate::{Sampling, generate};
pub use saved::{ModelError, Named, load, save};
pub use size::Size;
pub use transformer::{Texts, Transformer};

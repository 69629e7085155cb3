//! Agents: policies that choose actions, the collector that plays, and weights on disk with their metadata.

mod collector;
mod metadata;
mod policy;
mod weights;

pub use collector::{Collector, PlayState, PlayedStep, SavedCollector, episode_seed};
pub use metadata::{Metadata, Played};
pub use policy::{Evaluate, Player, Policy, RandomPlay, epsilon_greedy};
pub use weights::{WeightsError, check_for, load, load_for, metadata, save, save_as, sha256};

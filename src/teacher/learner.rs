//! The interface between the training loop and an algorithm.

use std::path::Path;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::play::Play;
use crate::config::{self, Algorithm};
use crate::nn::{Architecture, Device, Network};
use crate::progress::Patience;
use crate::units::Seed;

use super::dqn::Dqn;
use super::pqn::Pqn;

/// An algorithm with its networks and its memory.
pub trait Learner {
    /// The network that learns.
    fn network(&self) -> &Network;

    /// Plays some steps of a head's game (0 in a network for one game), and makes the updates that are then due.
    /// Returns whether that was done; if not, because `patience` was over, only a checkpoint can be gone on from.
    fn advance(&mut self, head: usize, play: &mut Play, patience: &Patience) -> bool;

    /// Updates made since the start of the training.
    fn updates(&self) -> u64;

    /// Sums over the updates since the last call.
    fn take_sums(&mut self) -> UpdateSums;

    /// Writes everything that further steps depend on into `folder`.
    ///
    /// # Errors
    /// The path and the system's reason.
    fn save(&mut self, folder: &Path) -> Result<()>;

    /// Continues where [`Learner::save`] was called.
    ///
    /// # Errors
    /// The path, and the fault in its content.
    fn load(&mut self, folder: &Path) -> Result<()>;
}

/// Sums over updates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct UpdateSums {
    pub updates: u64,
    pub loss: f64,
    /// Sum over updates of the mean Q-value of the minibatch's actions.
    pub q: f64,
}

/// The learner of an experiment for a network of that architecture.
pub fn learner(
    settings: &config::TeacherSettings,
    architecture: &Architecture,
    workers: usize,
    seed: Seed,
    device: Device,
) -> Box<dyn Learner> {
    match settings.algorithm {
        Algorithm::Dqn => Box::new(Dqn::new(settings, architecture, workers, seed, device)),
        Algorithm::Pqn => Box::new(Pqn::new(settings, architecture, workers, seed, device)),
    }
}

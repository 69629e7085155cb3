//! `manifest.json`: program versions, machine, seeds and ROMs behind the results of a folder.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::{Machine, read_json, write_json};

/// The ROM that a game was played with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RomRecord {
    pub md5: String,
    /// The place where it was found: a path, or the crate that bundles it.
    pub source: String,
}

/// Versions, machine, seeds and ROMs of an experiment's folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub program: String,
    /// Commit of the checkout in which the program ran, with `+changes` if there were uncommitted changes; `None`
    /// outside git.
    pub git_commit: Option<String>,
    pub libtorch: String,
    /// `None` where no game is played.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ale: Option<String>,
    pub device: String,
    /// Threads of emulation and learning.
    pub threads: usize,
    pub machine: Machine,
    pub seeds: Vec<u64>,
    pub roms: BTreeMap<String, RomRecord>,
    /// Seconds of work of each stage so far, over all runs of the command. Tasks that ran at the same time count
    /// separately.
    pub stage_seconds: BTreeMap<String, u64>,
    /// Decision times, by role, name, game and seed.
    #[serde(default)]
    pub latencies: BTreeMap<String, Latency>,
}

/// Measured time that an agent's weights take for a decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// First characters of the SHA-256 of the weights.
    pub weights: String,
    /// Median at batch 1.
    pub milliseconds: f64,
}

impl Manifest {
    /// Reads the manifest at `path`, if there is one.
    ///
    /// # Errors
    /// If it is damaged.
    pub fn read(path: &Path) -> Result<Option<Manifest>> {
        if path.exists() { read_json(path).map(Some) } else { Ok(None) }
    }

    /// Adds whole seconds of work and leaves the fractions.
    pub fn add_seconds(&mut self, seconds: &mut BTreeMap<&'static str, f64>) {
        for (stage, seconds) in seconds {
            *self.stage_seconds.entry((*stage).to_owned()).or_default() += seconds.floor() as u64;
            *seconds = seconds.fract();
        }
    }

    /// Replaces the manifest at `path`.
    ///
    /// # Errors
    /// As [`super::write_file`].
    pub fn write(&self, path: &Path) -> Result<()> {
        write_json(path, self)
    }
}

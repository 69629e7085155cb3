//! `manifest.json`: what made the results of a folder.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::{Machine, read_json, write_json};

/// The ROM that a game was played with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RomRecord {
    pub md5: String,
    /// Where it was found: a path, or the crate that bundles it.
    pub source: String,
}

/// Versions, machine, seeds and ROMs of an experiment's folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub program: String,
    /// Commit of the checkout that the program ran in, with `+changes` if it had uncommitted ones; none outside git.
    pub git_commit: Option<String>,
    pub libtorch: String,
    pub ale: String,
    pub device: String,
    /// Threads of emulation and learning.
    pub threads: usize,
    pub machine: Machine,
    pub seeds: Vec<u64>,
    pub roms: BTreeMap<String, RomRecord>,
    /// Seconds that the work of each stage has taken so far, over all runs of the command: of tasks that were done at
    /// once, each one's.
    pub stage_seconds: BTreeMap<String, u64>,
    /// How long decisions take, by role, name, game and seed.
    #[serde(default)]
    pub latencies: BTreeMap<String, Latency>,
}

/// How long some weights take for a decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// Start of the SHA-256 of the weights.
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

    /// Replaces the manifest at `path`.
    ///
    /// # Errors
    /// As [`super::write_file`].
    pub fn write(&self, path: &Path) -> Result<()> {
        write_json(path, self)
    }
}

//! Keeps the manifest of an experiment's folder.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::command::Command;
use super::task::{Task, Work};
use crate::nn;
use crate::record::{Folder, Maker, Manifest, RomRecord};
use crate::units::now;

/// The commit of which the program was built, with `+changes` if its files differed; none outside git.
const COMMIT: Option<&str> = option_env!("PD_COMMIT");

/// The facts about an experiment's results that the manifest states.
pub struct Provenance {
    pub seeds: Vec<u64>,
    /// The version of ALE; `None` where no game is played.
    pub ale: Option<String>,
    pub roms: BTreeMap<String, RomRecord>,
}

impl Command<'_> {
    /// Records in the folder's manifest that this command makes results from now on, and applies `change`. Seeds, ROMs
    /// of other games, times and latencies from before are kept.
    ///
    /// # Errors
    /// If the folder is gone, or the manifest is damaged or cannot be written.
    pub fn write_manifest(&self, change: impl FnOnce(&mut Manifest)) -> Result<()> {
        self.folder.check_there()?;
        let _lock = self.locks.wait("manifest")?;
        let mut manifest = self.added_to(Manifest::read(&self.folder.manifest())?);
        change(&mut manifest);
        manifest.write(&self.folder.manifest())
    }

    fn added_to(&self, old: Option<Manifest>) -> Manifest {
        let mut roms = old.as_ref().map(|old| old.roms.clone()).unwrap_or_default();
        roms.extend(self.provenance.roms.clone());
        let seeds: BTreeSet<u64> =
            old.iter().flat_map(|old| &old.seeds).chain(&self.provenance.seeds).copied().collect();
        let mut manifest = Manifest {
            maker: self.maker(),
            earlier: Vec::new(),
            seeds: seeds.into_iter().collect(),
            roms,
            stage_seconds: old.as_ref().map(|old| old.stage_seconds.clone()).unwrap_or_default(),
            task_seconds: old.as_ref().map(|old| old.task_seconds.clone()).unwrap_or_default(),
            latencies: old.as_ref().map(|old| old.latencies.clone()).unwrap_or_default(),
            worked_at: Some(now()),
        };
        // Where nothing is left that they made, they are forgotten.
        let made = old.filter(|old| !old.task_seconds.is_empty());
        manifest.add_earlier(made.into_iter().flat_map(|made| made.earlier.into_iter().chain([made.maker])));
        manifest
    }

    fn maker(&self) -> Maker {
        Maker {
            program: format!("policy-distillation {}", env!("CARGO_PKG_VERSION")),
            git_commit: COMMIT.map(str::to_owned),
            libtorch: nn::LIBTORCH_VERSION.into(),
            ale: self.provenance.ale.clone(),
            device: self.device.to_string(),
            threads: self.threads,
            machine: self.machine.clone(),
        }
    }
}

/// Forgets the times of tasks that are done anew.
///
/// # Errors
/// If the manifest is damaged or cannot be written.
pub fn forget_times<W: Work>(folder: &Folder, renewed: &[&Task<W>]) -> Result<()> {
    let Some(mut manifest) = Manifest::read(&folder.manifest())? else { return Ok(()) };
    renewed.iter().for_each(|task| manifest.forget_seconds(task.work.stage().name(), &task.id.0));
    manifest.write(&folder.manifest())
}

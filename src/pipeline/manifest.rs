//! Keeps the manifest of an experiment's folder.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::open::Pipeline;
use super::task::{Job, Task};
use crate::env::ale_version;
use crate::nn;
use crate::record::{Folder, Manifest, RomRecord};

/// The commit of which the program was built, with `+changes` if its files differed; none outside git.
pub const COMMIT: Option<&str> = option_env!("PD_COMMIT");

impl Pipeline<'_> {
    /// Records in the manifest that this command makes results from now on, and applies `change`. Seeds, ROMs of other
    /// games, times and latencies from before are kept.
    ///
    /// # Errors
    /// If the manifest is damaged or cannot be written.
    pub fn write_manifest(&self, change: impl FnOnce(&mut Manifest)) -> Result<()> {
        self.folder.check_there()?;
        let _lock = self.locks.wait("manifest")?;
        let mut manifest = self.made_here(Manifest::read(&self.folder.manifest())?);
        change(&mut manifest);
        manifest.write(&self.folder.manifest())
    }

    fn made_here(&self, old: Option<Manifest>) -> Manifest {
        let found =
            self.experiment.games.iter().filter_map(|&game| Some((game.name().to_owned(), self.rom_record(game)?)));
        let mut roms: BTreeMap<String, RomRecord> = old.as_ref().map(|old| old.roms.clone()).unwrap_or_default();
        roms.extend(found);
        let seeds = old.iter().flat_map(|old| &old.seeds).chain(&self.experiment.seeds);
        let seeds: BTreeSet<u64> = seeds.copied().collect();
        Manifest {
            program: format!("policy-distillation {}", env!("CARGO_PKG_VERSION")),
            git_commit: COMMIT.map(str::to_owned),
            libtorch: nn::LIBTORCH_VERSION.into(),
            ale: Some(ale_version().into()),
            device: self.device.to_string(),
            threads: self.threads,
            machine: self.machine.clone(),
            seeds: seeds.into_iter().collect(),
            roms,
            stage_seconds: old.as_ref().map(|old| old.stage_seconds.clone()).unwrap_or_default(),
            task_seconds: old.as_ref().map(|old| old.task_seconds.clone()).unwrap_or_default(),
            latencies: old.map(|old| old.latencies).unwrap_or_default(),
        }
    }
}

/// Forgets the times of tasks that are done anew.
///
/// # Errors
/// If the manifest is damaged or cannot be written.
pub fn forget_times<J: Job>(folder: &Folder, renewed: &[&Task<J>]) -> Result<()> {
    let Some(mut manifest) = Manifest::read(&folder.manifest())? else { return Ok(()) };
    renewed.iter().for_each(|task| manifest.forget_seconds(task.work.stage().name(), &task.id.0));
    manifest.write(&folder.manifest())
}

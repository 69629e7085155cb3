//! Keeps the manifest of an experiment's folder.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::open::Pipeline;
use super::scope::Scope;
use crate::config::Experiment;
use crate::env::ale_version;
use crate::nn;
use crate::record::{Folder, Manifest, RomRecord};

impl Pipeline<'_> {
    /// Records in the manifest that this command makes results from now on, and applies `change`. Seeds, ROMs of other
    /// games, times and latencies from before are kept.
    ///
    /// # Errors
    /// If the manifest is damaged or cannot be written.
    pub fn write_manifest(&self, change: impl FnOnce(&mut Manifest)) -> Result<()> {
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
            git_commit: self.git_commit.clone(),
            libtorch: nn::LIBTORCH_VERSION.into(),
            ale: Some(ale_version().into()),
            device: self.device.to_string(),
            threads: self.threads,
            machine: self.machine.clone(),
            seeds: seeds.into_iter().collect(),
            roms,
            stage_seconds: old.as_ref().map(|old| old.stage_seconds.clone()).unwrap_or_default(),
            latencies: old.map(|old| old.latencies).unwrap_or_default(),
        }
    }
}

/// With `--fresh`, resets the recorded times, unless seeds or games that stay have their share in them.
///
/// # Errors
/// If the manifest is damaged or cannot be written.
pub fn forget_times(folder: &Folder, experiment: &Experiment, scope: Scope) -> Result<()> {
    let Some(mut manifest) = Manifest::read(&folder.manifest())? else { return Ok(()) };
    let has = |name: &String| experiment.games.iter().any(|game| game.name() == name);
    let all = manifest.seeds.iter().all(|seed| experiment.seeds.contains(seed)) && manifest.roms.keys().all(has);
    let repeats = |stage: &str| match stage {
        "train" => scope <= Scope::Train,
        "distill" => scope <= Scope::Distill,
        _ => scope <= Scope::Evaluate,
    };
    manifest.stage_seconds.retain(|stage, _| !all || !repeats(stage));
    manifest.write(&folder.manifest())
}

/// The commit of the checkout in the working directory, with a mark if files differ from it; none without a checkout.
pub fn git_commit() -> Option<String> {
    let git = |arguments: &[&str]| {
        let output = std::process::Command::new("git").args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let commit = git(&["rev-parse", "HEAD"])?;
    let clean = git(&["status", "--porcelain", "--untracked-files=no"])?.is_empty();
    Some(if clean { commit } else { format!("{commit}+changes") })
}

//! What makes an experiment's results, as its manifest tells.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::experiment::Stage;
use crate::config::Experiment;
use crate::env::{Rom, ale_version};
use crate::nn::{self, Device};
use crate::record::{Folder, Machine, Manifest};

/// The manifest of a command that begins now; of what the folder's own says, other seeds, ROMs of other games and times
/// are kept.
pub fn made_by(
    experiment: &Experiment,
    folder: &Folder,
    device: Device,
    roms: &BTreeMap<&str, Option<Rom>>,
) -> Result<Manifest> {
    let old = Manifest::read(&folder.manifest())?;
    let found = roms.iter().filter_map(|(game, rom)| Some(((*game).to_owned(), rom.as_ref()?.record.clone())));
    let mut records: BTreeMap<_, _> = old.as_ref().map(|old| old.roms.clone()).unwrap_or_default();
    records.extend(found);
    let seeds: BTreeSet<u64> = old.iter().flat_map(|old| &old.seeds).chain(&experiment.seeds).copied().collect();
    Ok(Manifest {
        program: format!("policy-distillation {}", env!("CARGO_PKG_VERSION")),
        git_commit: git_commit(),
        libtorch: nn::LIBTORCH_VERSION.into(),
        ale: ale_version().into(),
        device: device.to_string(),
        threads: rayon::current_num_threads(),
        machine: Machine::this(),
        seeds: seeds.into_iter().collect(),
        roms: records,
        stage_seconds: old.map(|old| old.stage_seconds).unwrap_or_default(),
    })
}

/// With `--fresh`, times begin anew, unless they are also those of seeds or games that stay.
pub fn forget_times(manifest: &mut Manifest, experiment: &Experiment, stage: Stage) {
    let has = |name: &String| experiment.games.iter().any(|game| game.name() == name);
    let all = manifest.seeds.iter().all(|seed| experiment.seeds.contains(seed)) && manifest.roms.keys().all(has);
    manifest.stage_seconds.retain(|name, _| !all || !stage.repeats(name));
}

fn git_commit() -> Option<String> {
    let git = |arguments: &[&str]| {
        let output = std::process::Command::new("git").args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let commit = git(&["rev-parse", "HEAD"])?;
    let clean = git(&["status", "--porcelain", "--untracked-files=no"])?.is_empty();
    Some(if clean { commit } else { format!("{commit}+changes") })
}

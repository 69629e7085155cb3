//! `--fresh`: what a command makes again is removed first, and nothing else.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::experiment::Stage;
use super::scores;
use crate::config::Experiment;
use crate::record::{
    Agent, EpisodeRow, Folder, Role, SHARED, ScoreRow, SummaryRow, read_rows, remove_folder, write_rows,
};

/// Removes what the command's stage and later ones made of the experiment's games, seeds and students.
///
/// # Errors
/// The path and the system's reason, or a file that is damaged.
pub fn renew(folder: &Folder, experiment: &Experiment, stage: Stage) -> Result<()> {
    for agent in networks(experiment, stage) {
        remove_run(folder, &folder.agent(&agent))?;
    }
    if stage <= Stage::Distill {
        remove_distillations(folder, experiment)?;
    }
    if stage <= Stage::Evaluate {
        let agents = scores::agents(experiment);
        remove_rows(&folder.episodes(), |row: &EpisodeRow| is_of(&agents, row.role, &row.agent, &row.game, row.seed))?;
        remove_rows(&folder.scores(), |row: &ScoreRow| is_of(&agents, row.role, &row.agent, &row.game, row.seed))?;
        remove_rows(&folder.summary(), |_: &SummaryRow| true)?;
    }
    remove_folder(&folder.report())
}

/// What lies in the folder and would depend on the stage called `stage` or later ones, but is not of the experiment's
/// games, seeds and students, so that no command makes it anew.
///
/// # Errors
/// A folder that cannot be read, or a file that is damaged.
pub fn others(folder: &Folder, experiment: &Experiment, old: &Experiment, stage: Stage) -> Result<Vec<String>> {
    let root = folder.root();
    let own: Vec<PathBuf> = networks(experiment, stage).iter().map(|agent| folder.agent(agent)).collect();
    let mut found = Vec::new();
    if stage < Stage::Distill {
        found.extend(below(&root.join("teachers"), 2)?);
    }
    if stage <= Stage::Distill {
        found.extend(below(&root.join("students"), 3)?);
    }
    if stage == Stage::Distill {
        let all = [experiment, old].into_iter().flat_map(|of| &of.students);
        let baselines: Vec<_> = all.filter(|student| student.is_baseline()).map(|of| &of.name).collect();
        found.retain(|path| !baselines.iter().any(|name| path.starts_with(root.join("students").join(name))));
    }
    let paths = found.iter().filter(|path| !own.contains(path));
    let mut others: Vec<String> = paths.map(|path| path.display().to_string()).collect();
    let agents = scores::agents(experiment);
    let rows: Vec<EpisodeRow> = read_rows(&folder.episodes())?;
    let foreign = rows.iter().filter(|row| !is_of(&agents, row.role, &row.agent, &row.game, row.seed));
    let scored: BTreeSet<_> = foreign.map(|row| (&row.agent, &row.game, row.seed)).collect();
    others.extend(scored.iter().map(|(name, game, seed)| format!("the episodes of {name} in {game}, seed {seed}")));
    Ok(others)
}

/// The networks that the command's stage and later ones make.
fn networks(experiment: &Experiment, stage: Stage) -> Vec<Agent> {
    match stage {
        Stage::Run | Stage::Train => [scores::teachers(experiment), scores::networks(experiment, |_| true)].concat(),
        Stage::Follow | Stage::Distill => scores::networks(experiment, |student| !student.is_baseline()),
        Stage::Evaluate | Stage::Report => Vec::new(),
    }
}

fn is_of(agents: &[Agent], role: Role, name: &str, game: &str, seed: u64) -> bool {
    let is =
        |agent: &Agent| agent.role == role && agent.name == name && agent.game.name() == game && agent.seed == seed;
    agents.iter().any(is)
}

/// Removes the folder of a run, and those above it that are then empty.
fn remove_run(folder: &Folder, path: &Path) -> Result<()> {
    remove_folder(path)?;
    let mut above = path.ancestors().skip(1).take_while(|path| *path != folder.root());
    // A folder that is not empty is not removed, and that is right.
    above.try_for_each(std::fs::remove_dir).ok();
    Ok(())
}

fn remove_distillations(folder: &Folder, experiment: &Experiment) -> Result<()> {
    let games: Vec<&str> = experiment.games.iter().map(|game| game.name()).chain([SHARED]).collect();
    for &seed in &experiment.seeds {
        for game in &games {
            folder.remove_distillation(game, seed)?;
            for student in &experiment.students {
                folder.remove_distillation(&format!("{game}.{}", student.name), seed)?;
            }
        }
    }
    Ok(())
}

/// Removes some rows of a file, and the file if none are left.
fn remove_rows<Row: Serialize + DeserializeOwned>(path: &Path, is_removed: impl Fn(&Row) -> bool) -> Result<()> {
    if !path.exists() {
        return Ok(());
    }
    let mut rows: Vec<Row> = read_rows(path)?;
    rows.retain(|row| !is_removed(row));
    if rows.is_empty() {
        return std::fs::remove_file(path).with_context(|| format!("{}: cannot be removed", path.display()));
    }
    write_rows(path, &rows)
}

/// The folders so many levels below one that may be absent.
fn below(folder: &Path, levels: usize) -> Result<Vec<PathBuf>> {
    if levels == 0 {
        return Ok(vec![folder.to_owned()]);
    }
    let place = || format!("{}: cannot be read", folder.display());
    let mut found = Vec::new();
    if folder.is_dir() {
        for entry in std::fs::read_dir(folder).with_context(place)? {
            found.extend(below(&entry.with_context(place)?.path(), levels - 1)?);
        }
    }
    found.sort();
    Ok(found)
}

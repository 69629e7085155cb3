//! `--fresh`: what a command makes again, and what that makes stale, is removed first, and nothing else.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::experiment::Stage;
use super::scores;
use crate::config::Experiment;
use crate::record::{
    Agent, EpisodeRow, Folder, Role, SHARED, ScoreRow, SummaryRow, bests, read_rows, remove_folder, write_rows,
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
    let agents = stale(folder, experiment, stage);
    remove_rows(&folder.episodes(), |row: &EpisodeRow| is_of(&agents, row.role, &row.agent, &row.game, row.seed))?;
    remove_rows(&folder.scores(), |row: &ScoreRow| is_of(&agents, row.role, &row.agent, &row.game, row.seed))?;
    if stage <= Stage::Evaluate {
        remove_rows(&folder.summary(), |_: &SummaryRow| true)?;
    }
    remove_folder(&folder.report())
}

/// Checks that a distillation that starts over has its teachers, before anything is removed.
///
/// # Errors
/// The teacher that is missing.
pub fn check_teachers(file: &Path, folder: &Folder, experiment: &Experiment) -> Result<()> {
    let online = experiment.distillation.online;
    for teacher in scores::teachers(experiment) {
        let path = if online { folder.bests(&teacher) } else { folder.weights(&teacher) };
        let is_there = if online { !bests(&path)?.is_empty() } else { path.exists() };
        let (path, file) = (path.display(), file.display());
        ensure!(is_there, "{path}: not found, and no student can be made again without it; `pd train {file}` first");
    }
    Ok(())
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
    let distills = matches!(stage, Stage::Distill | Stage::Follow);
    if stage <= Stage::Train {
        found.extend(below(&root.join("teachers"), 2)?);
    }
    if stage <= Stage::Distill {
        found.extend(below(&root.join("students"), 3)?);
    }
    if distills {
        let all = [experiment, old].into_iter().flat_map(|of| &of.students);
        let baselines: Vec<_> = all.filter(|student| student.is_baseline()).map(|of| &of.name).collect();
        found.retain(|path| !baselines.iter().any(|name| path.starts_with(root.join("students").join(name))));
    }
    let paths = found.iter().filter(|path| !own.contains(path));
    let mut others: Vec<String> = paths.map(|path| path.display().to_string()).collect();
    // What is not scored anew at once is scored again when it should have played otherwise.
    let scored_again =
        if stage == Stage::Evaluate { stale(folder, experiment, stage) } else { scores::agents(experiment) };
    let depends = |row: &EpisodeRow| !distills || row.role == Role::Student || old.evaluation != experiment.evaluation;
    let rows: Vec<EpisodeRow> = read_rows(&folder.episodes())?;
    let foreign =
        rows.iter().filter(|row| depends(row) && !is_of(&scored_again, row.role, &row.agent, &row.game, row.seed));
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

/// Whose scores the command makes stale: of what it makes again, or scores again.
fn stale(folder: &Folder, experiment: &Experiment, stage: Stage) -> Vec<Agent> {
    let mut agents = scores::agents(experiment);
    let is_distilled = |agent: &Agent| scores::student(experiment, agent).is_some_and(|student| !student.is_baseline());
    agents.retain(|agent| match stage {
        Stage::Run | Stage::Train => true,
        Stage::Follow | Stage::Distill => is_distilled(agent),
        Stage::Evaluate => agent.role == Role::Random || folder.weights(agent).exists(),
        Stage::Report => false,
    });
    agents
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
pub fn remove_rows<Row: Serialize + DeserializeOwned>(path: &Path, is_removed: impl Fn(&Row) -> bool) -> Result<()> {
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

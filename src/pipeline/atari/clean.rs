//! `--fresh`: first removes exactly the outputs that a command makes again and those that become stale by it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::agents::{agents, teachers};
use super::list::renewed;
use super::open::AgentOpening;
use super::work::{AgentTask, AgentWork};
use crate::config::Experiment;
use crate::distill::group_names;
use crate::pipeline::opening::Opening;
use crate::pipeline::scope::Scope;
use crate::pipeline::task::{Stage, Work};
use crate::record::{
    AgentId, EpisodeRow, Folder, Role, SHARED, ScoreRow, SummaryRow, bests, children_below, read_rows, remove_file,
    remove_folder, write_rows,
};

/// Removes the outputs of the tasks that the command makes anew, the outputs that become stale by it, and the episodes
/// of the agents in `played_otherwise`.
///
/// # Errors
/// The path and the system's reason, or a file that is damaged.
pub fn remove_renewed(
    opening: &AgentOpening,
    renewed: &[&AgentTask],
    played_otherwise: BTreeSet<AgentId>,
) -> Result<()> {
    let Opening { experiment, folder, .. } = opening;
    let scope = opening.request.scope;
    for agent in networks(renewed) {
        remove_run(folder, &folder.agent(agent))?;
    }
    if renewed.iter().any(|task| task.work.stage() == Stage::Distill) {
        remove_distillations(folder, experiment)?;
    }
    let mut scored = unscored(folder, renewed, scope);
    scored.extend(played_otherwise);
    remove_rows(&folder.episodes(), |row: &EpisodeRow| row.id().is_ok_and(|agent| scored.contains(&agent)))?;
    remove_rows(&folder.scores(), |row: &ScoreRow| row.id().is_ok_and(|agent| scored.contains(&agent)))?;
    if scope <= Scope::Evaluate {
        remove_rows(&folder.summary(), |_: &SummaryRow| true)?;
    }
    remove_folder(&folder.report())
}

/// Checks, before anything is removed, that a distillation that starts over has its teachers.
///
/// # Errors
/// The teacher that is missing.
pub fn check_teachers(opening: &AgentOpening) -> Result<()> {
    let Opening { request, experiment, folder, .. } = opening;
    let online = experiment.distillation.online;
    for teacher in teachers(experiment) {
        let path = if online { folder.bests(&teacher) } else { folder.weights(&teacher) };
        let is_there = if online { !bests(&path)?.is_empty() } else { path.exists() };
        let train = request.command(Scope::Train);
        let path = path.display();
        ensure!(is_there, "{path}: not found, and no student can be made again without it; `pd {train}` first");
    }
    Ok(())
}

/// Results in the folder that depend on outputs which the command makes anew, but belong to no game, seed or student of
/// the experiment, so that no command can make them anew.
///
/// # Errors
/// A folder that cannot be read, or a file that is damaged.
pub fn others(opening: &AgentOpening, old: &Experiment, scope: Scope) -> Result<Vec<String>> {
    let Opening { experiment, folder, tasks, .. } = opening;
    let root = folder.root();
    let renewed = renewed(scope, tasks);
    let renewed_folders: Vec<PathBuf> = networks(&renewed).map(|agent| folder.agent(agent)).collect();
    let mut found = Vec::new();
    let distills = matches!(scope, Scope::Distill | Scope::Follow);
    if scope <= Scope::Train {
        found.extend(children_below(&root.join("teachers"), 2)?);
    }
    if scope <= Scope::Distill {
        found.extend(children_below(&root.join("students"), 3)?);
    }
    if distills {
        let students = [experiment, old].into_iter().flat_map(|experiment| &experiment.students);
        let baselines: Vec<_> = students.filter(|student| student.is_baseline()).map(|student| &student.name).collect();
        found.retain(|path| !baselines.iter().any(|name| path.starts_with(root.join("students").join(name))));
    }
    let paths = found.iter().filter(|path| !renewed_folders.contains(path));
    let mut others: Vec<String> = paths.map(|path| path.display().to_string()).collect();
    // Commands other than `evaluate` remove episodes of another protocol, so that every agent of the experiment is
    // scored again.
    let scored_again = if scope == Scope::Evaluate {
        unscored(folder, &renewed, scope)
    } else {
        agents(experiment).into_iter().collect()
    };
    let depends = |agent: &AgentId| !distills || agent.is_student() || old.evaluation != experiment.evaluation;
    let foreign = with_rows(folder)?.into_iter().filter(|agent| depends(agent) && !scored_again.contains(agent));
    others
        .extend(foreign.map(|agent| format!("the episodes of {} in {}, seed {}", agent.name, agent.game, agent.seed)));
    Ok(others)
}

/// The folder of every network in an experiment's folder.
///
/// # Errors
/// If a folder cannot be read.
pub fn networks_in(folder: &Folder) -> Result<Vec<PathBuf>> {
    let root = folder.root();
    Ok([children_below(&root.join("teachers"), 2)?, children_below(&root.join("students"), 3)?].concat())
}

/// Every agent that has episodes in the folder.
///
/// # Errors
/// If the file is damaged.
pub fn with_rows(folder: &Folder) -> Result<BTreeSet<AgentId>> {
    read_rows::<EpisodeRow>(&folder.episodes())?.iter().map(EpisodeRow::id).collect()
}

/// The networks that are outputs of `tasks`.
fn networks<'a>(tasks: &'a [&AgentTask]) -> impl Iterator<Item = &'a AgentId> {
    let makes = |task: &&&AgentTask| matches!(task.work.stage(), Stage::Train | Stage::Distill);
    tasks.iter().filter(makes).filter_map(|task| task.work.agent())
}

/// The agents whose episodes are played again. Scores of weights that are absent stay, unless the weights are made
/// again.
fn unscored(folder: &Folder, tasks: &[&AgentTask], scope: Scope) -> BTreeSet<AgentId> {
    let played = tasks.iter().filter_map(|task| match &task.work {
        AgentWork::Evaluate(agent) => Some(agent),
        _ => None,
    });
    let is_there =
        |agent: &&AgentId| scope != Scope::Evaluate || agent.role == Role::Random || folder.weights(agent).exists();
    played.filter(is_there).cloned().collect()
}

/// Removes the folder of a run, and the folders above it that are then empty.
fn remove_run(folder: &Folder, path: &Path) -> Result<()> {
    remove_folder(path)?;
    let mut above = path.ancestors().skip(1).take_while(|path| *path != folder.root());
    // Removing a folder that is not empty fails; that is intended.
    above.try_for_each(std::fs::remove_dir).ok();
    Ok(())
}

fn remove_distillations(folder: &Folder, experiment: &Experiment) -> Result<()> {
    let games: Vec<&str> = experiment.games.iter().map(|game| game.name()).chain([SHARED]).collect();
    for &seed in &experiment.seeds {
        for game in &games {
            folder.remove_distillation(game, seed)?;
            let mut names = experiment.students.iter().flat_map(|student| group_names(&student.name, game));
            names.try_for_each(|name| folder.remove_distillation(&name, seed))?;
        }
    }
    Ok(())
}

/// Removes rows of a file, and the file if no rows are left.
///
/// # Errors
/// The path and the system's reason, or a file that is damaged.
pub fn remove_rows<Row: Serialize + DeserializeOwned>(path: &Path, is_removed: impl Fn(&Row) -> bool) -> Result<()> {
    if !path.exists() {
        return Ok(());
    }
    let mut rows: Vec<Row> = read_rows(path)?;
    rows.retain(|row| !is_removed(row));
    if rows.is_empty() {
        return remove_file(path);
    }
    write_rows(path, &rows)
}

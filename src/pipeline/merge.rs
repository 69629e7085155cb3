//! Joins folders: results of an experiment that were made in different places.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::lock::Locks;
use super::task::Task;
use super::{atari, explain, key, refused};
use crate::config::{self, LineName, Settings};
use crate::record::{Folder, Manifest};

/// Copies the results of several folders of an experiment, of games or of explanations, into one folder, which is new
/// or one of them. Trainings that are not finished stay where they are.
///
/// # Errors
/// If the folders' tasks have other keys, or hold other results of one task; nothing is written then.
pub fn merge(sources: &[PathBuf], out: &Path) -> Result<()> {
    for folder in sources.iter().map(PathBuf::as_path).chain([out]) {
        check_idle(&Locks::in_folder(folder.join(".locks")), folder)?;
    }
    match line_of_all(sources)? {
        LineName::Atari => atari::merge(sources, out),
        LineName::Explanations => explain::merge(sources, out),
    }
}

/// The line of the experiments in all folders.
fn line_of_all(sources: &[PathBuf]) -> Result<LineName> {
    let line = |path: &PathBuf| config::line_of(&Folder::at(path).experiment()).map_err(refused);
    let lines: Vec<LineName> = sources.iter().map(line).collect::<Result<_>>()?;
    let first = lines.first().copied().unwrap_or(LineName::Atari);
    match lines.iter().position(|&line| line != first) {
        Some(other) => Err(refused(format!(
            "{}: of another line than {}, one plays games and the other explains; join folders of one line",
            sources[other].display(),
            sources[0].display()
        ))),
        None => Ok(first),
    }
}

/// Checks that no command is at work in a folder: it would write what the merged files lack.
pub fn check_idle(locks: &Locks, folder: &Path) -> Result<()> {
    let busy = |other| refused(format!("{}: {other} is at work there; wait for it before a merge", folder.display()));
    locks.other_lately().map_or(Ok(()), |other| Err(busy(other)))
}

/// Checks that nothing is lost in the folder that all are put into.
pub fn check_target<'a>(target: &Folder, sources: impl IntoIterator<Item = &'a Folder>) -> Result<()> {
    let place = target.root();
    if target.experiment().exists() && !sources.into_iter().any(|folder| folder.is_same(target)) {
        return Err(refused(format!(
            "{}: holds an experiment that is not merged; merge it too, or choose another --out",
            place.display()
        )));
    }
    Ok(())
}

/// The refusal of a result that a folder's experiment does not name.
pub fn unnamed(place: &Path, folder: &Folder) -> anyhow::Error {
    let (place, file) = (place.display(), folder.experiment());
    let way_out = "run `pd report` there with a file that does, or remove it";
    refused(format!("{place}: {} does not name it; {way_out}", file.display()))
}

/// Checks that the tasks of a folder do not depend on settings with another value in the folders before it.
pub fn check_settings<W>(list: &[Task<W>], folder: &Folder, joined: &Settings, first: &Folder) -> Result<()> {
    let changes = list.iter().flat_map(|task| task.key.changes(joined));
    let Some(changes) = key::in_words(changes) else { return Ok(()) };
    let (other, first) = (folder.root().display(), first.root().display());
    Err(refused(format!("{other}: made with other settings than {first}: {changes}")))
}

/// Adds the entries with new names.
pub fn add_new<T: Clone>(entries: &mut Vec<T>, others: &[T], name: impl Fn(&T) -> &str) {
    for other in others {
        if entries.iter().all(|entry| name(entry) != name(other)) {
            entries.push(other.clone());
        }
    }
}

/// Removes all but the first of equal items.
pub fn distinct<T: PartialEq + Clone>(items: &mut Vec<T>) {
    let mut seen: Vec<T> = Vec::new();
    items.retain(|item| {
        let is_new = !seen.contains(item);
        seen.extend(is_new.then(|| item.clone()));
        is_new
    });
}

/// Writes the manifest of all folders' work, if any has one.
pub fn join_manifests<'a>(folders: impl IntoIterator<Item = &'a Folder>, target: &Folder) -> Result<()> {
    let mut manifest = None;
    for folder in folders {
        manifest = joined(manifest, Manifest::read(&folder.manifest())?);
    }
    manifest.map_or(Ok(()), |manifest| manifest.write(&target.manifest()))
}

/// A manifest of both folders' work.
fn joined(one: Option<Manifest>, other: Option<Manifest>) -> Option<Manifest> {
    let (Some(mut one), Some(mut other)) = (one.clone(), other.clone()) else { return one.or(other) };
    if other.worked_at > one.worked_at {
        std::mem::swap(&mut one, &mut other);
    }
    one.add_earlier(other.earlier.into_iter().chain([other.maker]));
    one.seeds.extend(other.seeds);
    one.seeds.sort_unstable();
    one.seeds.dedup();
    // The newer one's come last and stay.
    one.roms = other.roms.into_iter().chain(one.roms).collect();
    one.latencies = other.latencies.into_iter().chain(one.latencies).collect();
    one.worked_at = one.worked_at.max(other.worked_at);
    for (stage, tasks) in other.task_seconds {
        tasks.into_iter().for_each(|(task, seconds)| one.add_seconds(&stage, &task, seconds, false));
    }
    Some(one)
}

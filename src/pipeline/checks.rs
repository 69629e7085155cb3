//! Checks of a request that are the same for all lines.

use anyhow::Result;

use super::request::Request;
use super::task::Task;
use super::{key, refused};
use crate::record::Folder;

/// Checks that no task of `list` has other settings than the same one of `theirs`, the tasks of another process.
pub fn check_work_beside<W>(other: &str, folder: &Folder, list: &[Task<W>], theirs: &[Task<W>]) -> Result<()> {
    let common = list.iter().filter_map(|task| Some((task, theirs.iter().find(|their| their.id == task.id)?)));
    let changes = common.flat_map(|(task, their)| task.key.changes(&their.key.settings));
    let Some(changes) = key::in_words(changes) else { return Ok(()) };
    let place = folder.root().display();
    Err(refused(format!(
        "{place}: {other} is at work there with other settings: {changes}; wait for it, or choose another folder with --out"
    )))
}

/// Checks that no `other` process is at work in the folder, so that its results can be removed.
pub fn check_alone(folder: &Folder, other: Option<String>) -> Result<()> {
    let place = folder.root().display();
    let busy = |other| refused(format!("{place}: {other} is at work there; wait for it before --fresh"));
    other.map_or(Ok(()), |other| Err(busy(other)))
}

/// Checks that the experiment has the tasks that are asked for.
pub fn check_tasks<W>(request: &Request, list: &[Task<W>]) -> Result<()> {
    let is_unknown = |id: &&String| list.iter().all(|task| task.id.0 != **id);
    if let Some(unknown) = request.only.iter().find(is_unknown) {
        return Err(refused(format!("--task {unknown}: the experiment has no such task; `pd plan --json` lists all")));
    }
    if request.fresh && !request.only.is_empty() {
        return Err(refused("--task with --fresh: would start the whole experiment over; leave one of them out"));
    }
    Ok(())
}

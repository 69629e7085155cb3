//! Joins folders: seeds, teachers and students of an experiment that were made in different places.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::list::tasks;
use super::work::ModelWork;
use crate::config::Overrides;
use crate::config::explanations::{self, Explanations};
use crate::explain::check_model;
use crate::pipeline::digests::Digests;
use crate::pipeline::lock::Locks;
use crate::pipeline::merge::{add_new, check_idle, check_settings, check_target, distinct, join_manifests, unnamed};
use crate::pipeline::refused;
use crate::record::{Folder, TaskRecord, children, copy_file, write_toml};

/// As [`crate::pipeline::merge()`], for experiments of the line.
///
/// # Errors
/// If the folders' tasks have other keys, two folders hold other results of one task, or weights are damaged; nothing is
/// written then.
pub fn merge(sources: &[PathBuf], out: &Path) -> Result<()> {
    let folders: Vec<Folder> = sources.iter().map(Folder::at).collect();
    let joined = join(&folders)?;
    let target = Folder::at(out);
    check_target(&target, &folders)?;
    let results = results(&folders, &joined)?;
    let locks = Locks::in_folder(out.join(".locks"));
    let _alone = locks.wait("folder").map_err(refused)?;
    check_idle(&locks, out)?;
    for (name, Found { path, .. }) in results {
        let to = target.root().join(name);
        if path != to {
            copy_file(&path, &to)?;
        }
    }
    join_manifests(&folders, &target)?;
    write_toml(&target.experiment(), &joined)
}

/// The experiment of all seeds, teachers and students.
fn join(folders: &[Folder]) -> Result<Explanations> {
    let read = |folder: &Folder| explanations::read(&folder.experiment(), &Overrides::default()).map_err(refused);
    let [first, others @ ..] = folders else { return Err(refused("merge: name at least two folders")) };
    let mut joined = read(first)?;
    for folder in others {
        let other = read(folder)?;
        check_settings(&tasks(&other, folder)?, folder, &explanations::settings(&joined)?, first)?;
        joined.seeds.extend(&other.seeds);
        add_new(&mut joined.teachers, &other.teachers, |teacher| &teacher.name);
        add_new(&mut joined.cold_starts, &other.cold_starts, |own| &own.name);
        for student in other.students {
            match joined.students.iter_mut().find(|known| known.name == student.name) {
                Some(known) => known.teachers = known.teachers.clone().union(student.teachers),
                None => joined.students.push(student),
            }
        }
    }
    distinct(&mut joined.seeds);
    joined.seeds.sort_unstable();
    Ok(joined)
}

/// A file of a finished task.
struct Found {
    path: PathBuf,
    digest: String,
}

/// The files of all finished tasks, by their paths below an experiment's folder. Records whose weights are nowhere are
/// among them.
fn results(folders: &[Folder], joined: &Explanations) -> Result<BTreeMap<PathBuf, Found>> {
    let digests = Digests::default();
    let mut results: BTreeMap<PathBuf, Found> = BTreeMap::new();
    for folder in folders {
        let mut tasks = tasks(joined, folder)?;
        tasks.retain(|task| task.work != ModelWork::Report);
        let named: Vec<PathBuf> = tasks.iter().map(|task| TaskRecord::path(&task.outputs[0])).collect();
        if let Some(record) = records(folder.root())?.iter().find(|record| !named.contains(record)) {
            return Err(unnamed(record, folder));
        }
        for task in tasks {
            let output = &task.outputs[0];
            let Some(record) = TaskRecord::read(output)? else { continue };
            if record.key != task.key.to_string() {
                let (output, file) = (output.display(), folder.experiment());
                return Err(refused(format!("{output}: made otherwise than {} says; remove it", file.display())));
            }
            for path in files(output, &task.work) {
                let Some(digest) = digests.of(&path)? else { continue };
                if path == *output && matches!(task.work, ModelWork::Learn(_)) {
                    check_model(&path)?;
                }
                let name = path.strip_prefix(folder.root())?.to_owned();
                match results.get(&name) {
                    Some(known) if known.digest != digest && path == *output => {
                        let (one, other) = (known.path.display(), path.display());
                        return Err(refused(format!("{other}: another result than {one}; remove one of them")));
                    }
                    Some(_) => {}
                    None => _ = results.insert(name, Found { path, digest }),
                }
            }
        }
    }
    Ok(results)
}

/// The files that a finished task has written.
fn files(output: &Path, work: &ModelWork) -> Vec<PathBuf> {
    let mut files = vec![output.to_owned(), TaskRecord::path(output)];
    files.extend(matches!(work, ModelWork::Learn(_)).then(|| output.with_file_name("train.csv")));
    files
}

/// The records of tasks below a folder.
fn records(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in children(folder)? {
        if path.is_dir() {
            found.extend(records(&path)?);
        } else if ["weights.json", "answers.json", "traces.json"].iter().any(|name| path.ends_with(name)) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

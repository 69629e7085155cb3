//! The folders of the experiments that are compared.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use crate::config::{self, LineName};
use crate::record::Folder;

/// The folder of an experiment, and what it is called.
pub struct Place {
    pub root: PathBuf,
    /// The folder's name, or its path if both have one name.
    pub name: String,
    pub line: LineName,
}

/// Both places.
///
/// # Errors
/// A folder without an experiment, or one whose line is unknown.
pub fn places(folders: [&Path; 2]) -> Result<[Place; 2]> {
    let [first, second] = folders.map(root);
    let last = |root: &Path| root.file_name().map(|name| name.to_string_lossy().into_owned());
    let names = match (last(&first), last(&second)) {
        (Some(one), Some(other)) if one != other => [one, other],
        _ => [&first, &second].map(|root| root.display().to_string()),
    };
    let [one, other] = names;
    let lines = [line(&first)?, line(&second)?];
    Ok([Place { root: first, name: one, line: lines[0] }, Place { root: second, name: other, line: lines[1] }])
}

/// The folder that a path to it, or to the file in it, names.
fn root(path: &Path) -> PathBuf {
    Folder::of_experiment(path).map_or(path.to_owned(), |folder| folder.root().to_owned())
}

fn line(root: &Path) -> Result<LineName> {
    let file = Folder::at(root).experiment();
    ensure!(file.exists(), "{}: no results there; name the folders of two experiments", root.display());
    Ok(config::line_of(&file)?)
}

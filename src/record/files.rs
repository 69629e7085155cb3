//! Files and folders as a whole: looked for, listed, copied, removed. Those that are removed or listed may be absent.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::write_file;

/// Whether something is at `path`.
///
/// # Errors
/// The path and the system's reason, where that cannot be told: something that cannot be looked at is not absent.
pub fn is_there(path: &Path) -> Result<bool> {
    match path.try_exists() {
        // Nothing is below a file.
        Err(error) if error.kind() == ErrorKind::NotADirectory => Ok(false),
        found => found.with_context(|| format!("{}: cannot be looked at", path.display())),
    }
}

/// Whether both paths lead to one file or folder, which is there.
pub fn is_same(one: &Path, other: &Path) -> bool {
    one.canonicalize().is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
}

/// The paths in a folder in alphabetic order; none if it is absent, or no folder.
///
/// # Errors
/// The path and the system's reason.
pub fn children(folder: &Path) -> Result<Vec<PathBuf>> {
    let place = || format!("{}: cannot be read", folder.display());
    let entries = match fs::read_dir(folder) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(Vec::new()),
        entries => entries.with_context(place)?,
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| Ok(entry.with_context(place)?.path())).collect::<Result<_>>()?;
    paths.sort();
    Ok(paths)
}

/// What is in the folders `levels` levels below one that may be absent, in alphabetic order. Hidden names are left out:
/// a desktop's own files, such as .DS_Store, are nobody's results.
///
/// # Errors
/// The path and the system's reason.
pub fn children_below(folder: &Path, levels: usize) -> Result<Vec<PathBuf>> {
    if levels == 0 {
        return Ok(vec![folder.to_owned()]);
    }
    let mut found = Vec::new();
    for path in children(folder)?.iter().filter(|path| !is_hidden(path)) {
        found.extend(children_below(path, levels - 1)?);
    }
    Ok(found)
}

/// Whether the name begins with a dot.
pub fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

/// Replaces the file at `to` by the content of the one at `from`.
///
/// # Errors
/// The path and the system's reason.
pub fn copy_file(from: &Path, to: &Path) -> Result<()> {
    let content = fs::read(from).with_context(|| format!("{}: cannot be read", from.display()))?;
    write_file(to, &content)
}

/// Removes a file that may be absent.
///
/// # Errors
/// The path and the system's reason.
pub fn remove_file(path: &Path) -> Result<()> {
    removed(path, fs::remove_file(path))
}

/// Removes a folder that may be absent, and everything in it.
///
/// # Errors
/// The path and the system's reason.
pub fn remove_folder(path: &Path) -> Result<()> {
    removed(path, fs::remove_dir_all(path))
}

fn removed(path: &Path, result: std::io::Result<()>) -> Result<()> {
    match result {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{}: cannot be removed", path.display()))
        }
        _ => Ok(()),
    }
}

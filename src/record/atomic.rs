//! Writes that leave either the old content or the new one, never a part of it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Replaces the file at `path` and makes missing folders above it. The old content stays until the new content is on
/// disk.
///
/// # Errors
/// The path and the system's reason.
pub fn write_file(path: &Path, content: &[u8]) -> Result<()> {
    let folder = parent(path);
    let write = || -> std::io::Result<()> {
        fs::create_dir_all(folder)?;
        let mut file = tempfile::Builder::new().permissions(mode(0o644)).tempfile_in(folder)?;
        file.write_all(content)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    write().with_context(|| cannot_write(path))
}

/// Permission bits. Others may read results, unlike temporary files.
fn mode(mode: u32) -> fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(mode)
}

/// Replaces the folder at `path` by one that `fill` writes. Readers, and runs after a stop at any moment, find a
/// complete folder.
///
/// # Errors
/// Errors of `fill`, or the path and the system's reason.
pub fn replace_folder(path: &Path, fill: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let place = || cannot_write(path);
    let (new, old) = (sibling(path, "new"), sibling(path, "old"));
    // Left over from a stop in the middle.
    remove_folder(&new)?;
    fs::create_dir_all(&new).with_context(place)?;
    if let Err(error) = fill(&new) {
        remove_folder(&new)?;
        return Err(error);
    }
    remove_folder(&old)?;
    if path.exists() {
        fs::rename(path, &old).with_context(place)?;
    }
    fs::rename(&new, path).with_context(place)?;
    remove_folder(&old)
}

/// Restores the folder that a stop in the middle of [`replace_folder`] had moved aside.
fn recover_folder(path: &Path) -> Result<()> {
    let old = sibling(path, "old");
    if !path.exists() && old.exists() {
        fs::rename(&old, path).with_context(|| format!("{}: cannot be moved back", old.display()))?;
    }
    Ok(())
}

/// Removes a folder that may be absent.
///
/// # Errors
/// The path and the system's reason.
pub fn remove_folder(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{}: cannot be removed", path.display()))
        }
        _ => Ok(()),
    }
}

/// Replaces a JSON file.
///
/// # Errors
/// As [`write_file`].
pub fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    write_file(path, &[serde_json::to_vec_pretty(value)?, b"\n".to_vec()].concat())
}

/// Reads a JSON file that [`write_json`] wrote.
///
/// # Errors
/// The path, and the fault in its content.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let content = fs::read(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    serde_json::from_slice(&content)
        .with_context(|| format!("{}: damaged; remove it, or start over with --fresh", path.display()))
}

/// The message for a result that cannot be written.
pub fn cannot_write(path: &Path) -> String {
    format!("{}: cannot be written; free space, or choose another folder with --out", path.display())
}

/// Reads `file` of a folder that [`replace_folder`] wrote, if the folder is there.
///
/// # Errors
/// The folder, if the file's content was changed or damaged.
pub fn read_state<T: DeserializeOwned>(folder: &Path, file: &str) -> Result<Option<T>> {
    let Some(content) = state_bytes(folder, file)? else { return Ok(None) };
    postcard::from_bytes(&content).with_context(|| damaged(folder)).map(Some)
}

/// The first field of a saved state, if that is text. It can be read whatever format the other fields have.
///
/// # Errors
/// As [`read_state`].
pub fn read_identity(folder: &Path, file: &str) -> Result<Option<String>> {
    let Some(content) = state_bytes(folder, file)? else { return Ok(None) };
    let (identity, _) = postcard::take_from_bytes(&content).with_context(|| damaged(folder))?;
    Ok(Some(identity))
}

fn state_bytes(folder: &Path, file: &str) -> Result<Option<Vec<u8>>> {
    recover_folder(folder)?;
    if !folder.exists() {
        return Ok(None);
    }
    fs::read(folder.join(file)).with_context(|| damaged(folder)).map(Some)
}

fn damaged(folder: &Path) -> String {
    format!("{}: damaged; start over with --fresh", folder.display())
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The folder beside `path` for the new content, or for the old content while it is replaced.
fn sibling(path: &Path, role: &str) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    parent(path).join(format!(".{role}-{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_replacement_leaves_the_folder_as_it_was() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("checkpoint");
        replace_folder(&path, |new| write_file(&new.join("state"), b"1")).unwrap();
        replace_folder(&path, |new| {
            write_file(&new.join("state"), b"2")?;
            anyhow::bail!("stopped half way")
        })
        .unwrap_err();
        assert_eq!(fs::read(path.join("state")).unwrap(), b"1");
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_stop_between_the_two_renames_is_recovered() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("checkpoint");
        replace_folder(&path, |new| write_file(&new.join("state"), b"1")).unwrap();
        fs::rename(&path, sibling(&path, "old")).unwrap();
        recover_folder(&path).unwrap();
        assert_eq!(fs::read(path.join("state")).unwrap(), b"1");
    }
}

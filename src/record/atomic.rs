//! Writes that leave either the old content or the new one, never a part of it.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tempfile::NamedTempFile;

use super::damaged::DamagedFile;
use super::{is_there, remove_folder};
use crate::digest::Ending;
use crate::limited::read_text_limited;

/// Beginning of the names of files that are not written in full yet. The number of the process that writes follows.
const TEMPORARY: &str = ".tmp";
/// Maximum number of bytes of a JSON file.
const MOST_JSON: u64 = 256 << 20;
/// Number of links from one to the next that are followed, as Linux does.
const MOST_LINKS: usize = 40;

/// Replaces the file at `path` and makes missing folders above it. The old content stays until the new content is on
/// disk. A link stays, and the file that it names is replaced; a pipe or device is written to. The umask says who may
/// read the file.
///
/// # Errors
/// The path and the system's reason.
pub fn write_file(path: &Path, content: &[u8]) -> Result<()> {
    let write = || -> std::io::Result<()> {
        fs::create_dir_all(parent(path))?;
        let path = &behind_links(path)?;
        if fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir()) {
            return OpenOptions::new().write(true).open(path)?.write_all(content);
        }
        let mut file = unnamed_in(parent(path))?;
        file.write_all(content)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        sync_folder(parent(path))
    };
    write().with_context(|| cannot_write(path))
}

/// Creates a file with its whole content, unless there is one: then it returns false. The folder must be there.
///
/// # Errors
/// The system's reason.
pub fn create_file(path: &Path, content: &[u8]) -> std::io::Result<bool> {
    let mut file = unnamed_in(parent(path))?;
    file.write_all(content)?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(true),
        Err(failed) if failed.error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(failed) => Err(failed.error),
    }
}

/// A file that does not have its name yet.
fn unnamed_in(folder: &Path) -> std::io::Result<NamedTempFile> {
    let prefix = format!("{TEMPORARY}{}-", std::process::id());
    tempfile::Builder::new().permissions(mode(0o666)).prefix(&prefix).tempfile_in(folder)
}

/// Whether a file of that name was left behind by a process that was killed while it wrote. Names of older versions
/// have no process.
pub fn is_left_behind(name: &str) -> bool {
    let writer =
        name.strip_prefix(TEMPORARY).map(|rest| rest.split_once('-').and_then(|(process, _)| process.parse().ok()));
    writer.is_some_and(|writer: Option<u32>| {
        writer.is_none_or(|process| !Path::new(&format!("/proc/{process}")).exists())
    })
}

/// The path at the end of a chain of links; the last one may name nothing yet.
///
/// # Errors
/// If the chain has no end.
pub fn behind_links(path: &Path) -> std::io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::read_link(&path) {
            Ok(target) => path = parent(&path).join(target),
            // No link, or nothing there.
            Err(_) => return Ok(path),
        }
    }
    Err(std::io::Error::other("a chain of links without end"))
}

/// Permission bits, of which the system takes away those in the umask.
fn mode(mode: u32) -> fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(mode)
}

/// Makes the names in a folder survive a power cut, where the file system can do that.
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    match File::open(folder)?.sync_all() {
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        synced => synced,
    }
}

/// Replaces the folder at `path` by one that `fill` writes. Readers, and runs after a stop at any moment, find a
/// complete folder.
///
/// # Errors
/// Errors of `fill`, or the path and the system's reason.
pub fn replace_folder(path: &Path, fill: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    replace_and_keep(path, fill)?;
    remove_folder(&before(path))
}

/// Replaces the folder at `path` as [`replace_folder`] does, and keeps the old one as [`before`] it. Two of them are on
/// disk at most: what was kept until now is removed first.
///
/// # Errors
/// As [`replace_folder`].
pub fn replace_and_keep(path: &Path, fill: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let place = || cannot_write(path);
    let (new, old) = (unfinished(path), before(path));
    // Left over from a stop in the middle.
    recover_folder(path)?;
    remove_folder(&new)?;
    remove_folder(&old)?;
    fs::create_dir_all(&new).with_context(place)?;
    if let Err(error) = fill(&new) {
        remove_folder(&new)?;
        return Err(error);
    }
    sync_folder(&new).with_context(place)?;
    if is_there(path)? {
        fs::rename(path, &old).with_context(place)?;
    }
    fs::rename(&new, path).with_context(place)?;
    sync_folder(parent(path)).with_context(place)
}

/// Restores the folder that a stop in the middle of a replacement had moved aside.
///
/// # Errors
/// The path and the system's reason.
pub fn recover_folder(path: &Path) -> Result<()> {
    let old = before(path);
    if !is_there(path)? && is_there(&old)? {
        fs::rename(&old, path).with_context(|| format!("{}: cannot be moved back", old.display()))?;
    }
    Ok(())
}

/// The folder beside `path` with the content before the last replacement.
pub fn before(path: &Path) -> PathBuf {
    sibling(path, "old")
}

/// The folder beside `path` in which a replacement writes.
pub fn unfinished(path: &Path) -> PathBuf {
    sibling(path, "new")
}

/// Replaces a JSON file of an object; its last member is the digest of the others.
///
/// # Errors
/// As [`write_file`].
pub fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(value)?;
    write_file(path, Ending::JSON.close(text.trim_end_matches("\n}")).as_bytes())
}

/// Reads a JSON file that [`write_json`] wrote. Files of older versions have no digest and are taken as they are.
///
/// # Errors
/// [`DamagedFile`], or that the file cannot be read.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = read_text_limited(path, MOST_JSON).with_context(|| format!("{}: cannot be read", path.display()))?;
    let way_out = "bring back a copy, remove it, or start over with --fresh";
    if Ending::JSON.open(&text).is_none() {
        return Err(DamagedFile::new(path, "its content is not what was written", way_out).into());
    }
    serde_json::from_str(&text).map_err(|error| DamagedFile::new(path, error, way_out).into())
}

/// Replaces a TOML file; its last line is the digest of the others.
///
/// # Errors
/// As [`write_file`].
pub fn write_toml(path: &Path, value: &impl Serialize) -> Result<()> {
    write_file(path, Ending::TOML.close(&toml::to_string(value)?).as_bytes())
}

/// The message for a result that cannot be written.
pub fn cannot_write(path: &Path) -> String {
    format!(
        "{}: cannot be written; check space and permissions there, or choose another folder with --out",
        path.display()
    )
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

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
        fs::rename(&path, before(&path)).unwrap();
        recover_folder(&path).unwrap();
        assert_eq!(fs::read(path.join("state")).unwrap(), b"1");
    }

    #[test]
    fn a_file_that_is_there_is_not_created_again() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a");
        assert!(create_file(&path, b"1").unwrap());
        assert!(!create_file(&path, b"2").unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"1");
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_link_stays_and_its_target_is_written() {
        let root = tempfile::tempdir().unwrap();
        let (link, second, target) = (root.path().join("a"), root.path().join("b"), root.path().join("far/c"));
        fs::create_dir(root.path().join("far")).unwrap();
        std::os::unix::fs::symlink("b", &link).unwrap();
        std::os::unix::fs::symlink("far/c", &second).unwrap();
        for content in [b"1", b"2"] {
            write_file(&link, content).unwrap();
            assert_eq!(fs::read(&target).unwrap(), content);
            assert!(link.is_symlink() && second.is_symlink());
        }
        let circle = root.path().join("circle");
        std::os::unix::fs::symlink("circle", &circle).unwrap();
        write_file(&circle, b"3").unwrap_err();
        assert!(circle.is_symlink());
    }

    #[test]
    fn a_device_is_written_to_and_not_replaced() {
        use std::os::unix::fs::FileTypeExt;
        let root = tempfile::tempdir().unwrap();
        let link = root.path().join("nowhere");
        std::os::unix::fs::symlink("/dev/null", &link).unwrap();
        write_file(&link, b"lost").unwrap();
        assert!(link.is_symlink() && fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    }
}

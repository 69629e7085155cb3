//! Checkpoints on disk: folders from which work goes on, verified when they are read. The one before stays beside the
//! newest and takes its place where that is damaged. A checkpoint says whose it is, so that no other work goes on from
//! it.
//!
//! Every file of a checkpoint ends with the SHA-256 of all bytes before. A list in the folder holds the names, lengths
//! and hashes of the others, so that a missing file, or one of another checkpoint, is noticed too.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use anyhow::{Result, ensure};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::atomic::{before, recover_folder, replace_and_keep, unfinished};
use super::state::{CheckpointError, is_damage, read_state, write_state};
use super::{is_there, remove_folder};
use crate::digest::{HASH, Hashed};

/// Name of the list of the other files.
const LIST: &str = "files.bin";
/// Name of the file with the identity and the state.
const STATE: &str = "state.bin";
/// Bytes that are read at once.
const CHUNK: usize = 1 << 20;

/// The state in a checkpoint.
pub struct Saved<S> {
    pub state: S,
    /// Whether it is the one before the newest, which was damaged, so that some work is lost.
    pub is_older: bool,
}

/// The checkpoint that was found in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Nothing,
    Newest,
    /// The one before the newest, which was damaged.
    Before,
}

/// A file in the list of a checkpoint.
#[derive(Serialize, Deserialize)]
struct Listed {
    name: String,
    length: u64,
    hash: [u8; HASH],
}

/// Replaces the checkpoint at `path`, and keeps the one that was there beside it. `identity` stands for everything that
/// the work depends on; `others` writes further files, which end with their hash.
///
/// # Errors
/// As [`super::replace_folder`].
pub fn write_checkpoint(
    path: &Path,
    identity: &str,
    state: &impl Serialize,
    others: impl FnOnce(&Path) -> Result<()>,
) -> Result<()> {
    replace_and_keep(path, |new| {
        write_state(&new.join(STATE), &(identity, state))?;
        others(new)?;
        let mut list = Vec::new();
        for entry in fs::read_dir(new)? {
            list.push(listed(&entry?.path())?);
        }
        list.sort_by(|one: &Listed, other| one.name.cmp(&other.name));
        write_state(&new.join(LIST), &list)
    })
}

/// A file's entry in the list, with the hash that its end says.
fn listed(path: &Path) -> Result<Listed> {
    let mut file = File::open(path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (length, mut hash) = (file.metadata()?.len(), [0; HASH]);
    file.seek(SeekFrom::Start(length.saturating_sub(HASH as u64)))?;
    file.read_exact(&mut hash)?;
    Ok(Listed { name, length, hash })
}

/// Whether there is a checkpoint at `path`, or the one before alone, after a stop between two renames.
pub fn has_checkpoint(path: &Path) -> bool {
    path.exists() || before(path).exists()
}

/// The state of the newest whole checkpoint at `path`, if there is one. `other` says in words what a checkpoint with
/// another identity is.
///
/// # Errors
/// [`CheckpointError`] where none can be used; a message with `other` where the identity is another.
pub fn read_checkpoint<S: DeserializeOwned>(path: &Path, identity: &str, other: &str) -> Result<Option<Saved<S>>> {
    let found = find_checkpoint(path)?;
    if found == Found::Nothing {
        return Ok(None);
    }
    let (saved, state): (String, S) = read_state(&path.join(STATE))?;
    let folder = path.display();
    ensure!(saved == identity, "{folder}: {other}; start over with --fresh, or choose another folder with --out");
    Ok(Some(Saved { state, is_older: found == Found::Before }))
}

/// The state in the checkpoint at `path`, whatever its identity.
///
/// # Errors
/// As [`read_state`].
pub fn peek_checkpoint<S: DeserializeOwned>(path: &Path) -> Result<S> {
    Ok(read_state::<(String, S)>(&path.join(STATE))?.1)
}

/// Verifies the checkpoint at `path`. If it is damaged and the one before is whole, that one takes its place, and a
/// warning says how much older it is.
///
/// # Errors
/// [`CheckpointError`] where neither can be used, or the system's reason.
fn find_checkpoint(path: &Path) -> Result<Found> {
    recover_folder(path)?;
    if !is_there(path)? {
        return Ok(Found::Nothing);
    }
    let Err(error) = verify(path) else { return Ok(Found::Newest) };
    let old = before(path);
    let (Some(CheckpointError::Damaged { path: file, reason }), Ok(_)) = (error.downcast_ref(), verify(&old)) else {
        return Err(error);
    };
    let (file, age) = (file.display(), age(path, &old));
    log::warn!("{file}: damaged ({reason}); the checkpoint before is whole and {age}, and the run goes on from there");
    // A stop between the two leaves the old one to be moved back.
    remove_folder(path)?;
    recover_folder(path)?;
    Ok(Found::Before)
}

/// The time between two checkpoints, as text.
fn age(newer: &Path, older: &Path) -> String {
    let written = |folder: &Path| fs::metadata(folder)?.modified();
    let (Ok(newer), Ok(older)) = (written(newer), written(older)) else { return "older".into() };
    let seconds = newer.duration_since(older).unwrap_or_default().as_secs();
    format!("{} min {} s older", seconds / 60, seconds % 60)
}

/// Checks every file of a checkpoint.
fn verify(folder: &Path) -> Result<()> {
    for listed in read_state::<Vec<Listed>>(&folder.join(LIST))? {
        let path = folder.join(&listed.name);
        match verify_file(&path, &listed) {
            Err(error) if is_damage(&error) => {
                return Err(CheckpointError::Damaged { path, reason: format!("{error:#}") }.into());
            }
            Err(error) => return Err(error.context(format!("{}: cannot be read", path.display()))),
            Ok(()) => {}
        }
    }
    Ok(())
}

fn verify_file(path: &Path, Listed { length, hash, .. }: &Listed) -> Result<()> {
    let file = File::open(path)?;
    let found = file.metadata()?.len();
    ensure!(found == *length, "it has {found} bytes instead of {length}");
    let mut file = Hashed::new(BufReader::with_capacity(CHUNK, file));
    io::copy(&mut file.by_ref().take(length.saturating_sub(HASH as u64)), &mut io::sink())?;
    ensure!(file.check()? == *hash, "its content is not what was written");
    Ok(())
}

/// Removes the checkpoint before the one at `path`: the work is over.
///
/// # Errors
/// The path and the system's reason.
pub fn remove_before(path: &Path) -> Result<()> {
    remove_folder(&before(path))
}

/// Removes the checkpoint at `path`, and those beside it.
///
/// # Errors
/// The path and the system's reason.
pub fn remove_checkpoint(path: &Path) -> Result<()> {
    // In this order no stop leaves an older one that would be moved back.
    [unfinished(path), before(path), path.to_owned()].iter().try_for_each(|folder| remove_folder(folder))
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::record::state::MAGIC;

    fn write(path: &Path, number: u64) {
        write_checkpoint(path, "mine", &number, |new| write_state(&new.join("learner.bin"), &vec![number; 20]))
            .unwrap();
    }

    fn number(path: &Path) -> u64 {
        peek_checkpoint(path).unwrap()
    }

    #[test]
    fn every_flipped_bit_is_noticed_and_the_checkpoint_before_is_used() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("checkpoint");
        for file in ["state.bin", "learner.bin", LIST] {
            (1..=3).for_each(|last| write(&path, last));
            let bytes = fs::read(path.join(file)).unwrap();
            for bit in 0..8 * bytes.len() {
                let mut changed = bytes.clone();
                changed[bit / 8] ^= 1 << (bit % 8);
                fs::write(path.join(file), changed).unwrap();
                assert!(verify(&path).is_err(), "bit {bit} of {file}");
            }
            assert_eq!(find_checkpoint(&path).unwrap(), Found::Before);
            assert_eq!((number(&path), find_checkpoint(&path).unwrap()), (2, Found::Newest));
        }
    }

    #[test]
    fn missing_files_and_trailing_bytes_are_damage() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("checkpoint");
        for file in ["state.bin", "learner.bin", LIST] {
            (1..=2).for_each(|last| write(&path, last));
            fs::remove_file(path.join(file)).unwrap();
            assert_eq!((find_checkpoint(&path).unwrap(), number(&path)), (Found::Before, 1));
            (1..=2).for_each(|last| write(&path, last));
            let longer = [fs::read(path.join(file)).unwrap(), vec![0]].concat();
            fs::write(path.join(file), longer).unwrap();
            assert_eq!((find_checkpoint(&path).unwrap(), number(&path)), (Found::Before, 1));
        }
    }

    #[test]
    fn where_both_are_damaged_the_error_names_the_newest_and_nothing_is_removed() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("checkpoint");
        (1..=2).for_each(|last| write(&path, last));
        fs::write(path.join("state.bin"), b"x").unwrap();
        fs::write(before(&path).join("state.bin"), b"x").unwrap();
        let error = find_checkpoint(&path).unwrap_err().to_string();
        assert!(error.contains("checkpoint/state.bin: damaged"), "{error}");
        assert!(path.exists() && before(&path).exists());
    }

    #[test]
    fn a_fault_of_the_system_is_not_taken_for_damage() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("checkpoint");
        for file in ["state.bin", "learner.bin", LIST] {
            (1..=2).for_each(|last| write(&path, last));
            let (file, aside) = (path.join(file), root.path().join("aside"));
            fs::rename(&file, &aside).unwrap();
            // A loop of links is refused, to every user.
            std::os::unix::fs::symlink(&file, &file).unwrap();
            let error = format!("{:#}", find_checkpoint(&path).unwrap_err());
            assert!(error.contains("cannot be read") && !error.contains("damaged"), "{error}");
            fs::remove_file(&file).unwrap();
            fs::rename(&aside, &file).unwrap();
            assert_eq!((find_checkpoint(&path).unwrap(), number(&path)), (Found::Newest, 2));
        }
    }

    #[test]
    fn a_checkpoint_is_read_by_the_work_that_it_is_of_alone() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("checkpoint");
        assert!(read_checkpoint::<u64>(&path, "mine", "another's").unwrap().is_none());
        (1..=2).for_each(|last| write(&path, last));
        let saved = read_checkpoint::<u64>(&path, "mine", "another's").unwrap().unwrap();
        assert_eq!((saved.state, saved.is_older), (2, false));
        let error = read_checkpoint::<u64>(&path, "yours", "another's").err().unwrap().to_string();
        assert!(error.ends_with("checkpoint: another's; start over with --fresh, or choose another folder with --out"));
        fs::write(path.join("state.bin"), b"x").unwrap();
        let saved = read_checkpoint::<u64>(&path, "mine", "another's").unwrap().unwrap();
        assert_eq!((saved.state, saved.is_older), (1, true));
    }

    #[test]
    fn a_checkpoint_of_another_format_says_so() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("checkpoint");
        write(&path, 1);
        let mut later = [&MAGIC[..], &[9, 0, 0, 0, 1]].concat();
        later.extend_from_slice(&Sha256::digest(&later));
        fs::write(path.join(LIST), later).unwrap();
        let error = find_checkpoint(&path).unwrap_err().to_string();
        assert!(error.contains("in format 9, but this version of the program reads format 5"), "{error}");
        assert!(path.join("state.bin").exists());
    }
}

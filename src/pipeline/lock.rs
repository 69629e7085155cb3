//! Locks with which several processes, on one machine or on several that share a disk, divide an experiment's tasks.
//!
//! A lock is a file that only one process can create, with its owner in it, which also holds on file systems without
//! file locks (NFS, Lustre). Its owner rewrites it with each [`Heartbeat`]. A lock is taken over once its owner has
//! died on this machine, or, where that cannot be seen, once its file has not changed for [`DEAD_AFTER`] by the
//! watcher's own clock.

use std::collections::HashMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Error, Result};

use super::heartbeat::Heartbeat;
use super::owner::{LockFile, Owner, describe, read, read_file};
use super::progress::CommandProgress;
use crate::record::{cannot_write, create_file};

/// Beginning of the names of locks that stand for a whole command.
const COMMAND: &str = "command-";
/// Ending of the names of locks.
const LOCK: &str = "lock";
/// Ending of a guard's name, after the name of the file that it guards.
const GUARD: &str = "takeover";
/// Time without a heartbeat after which an owner counts as dead.
pub const DEAD_AFTER: Duration = Duration::from_secs(90);
/// Time between two looks at a lock that is waited for.
const LOOK: Duration = Duration::from_millis(50);

/// Whether the lock of that name stands for a whole command.
pub fn is_of_command(name: &str) -> bool {
    name.starts_with(COMMAND)
}

/// The locks of one experiment's folder.
pub struct Locks {
    folder: PathBuf,
    /// Locks of other processes: the last content of each file, and the time since which it has not changed.
    seen: Mutex<HashMap<PathBuf, (Option<Owner>, Instant)>>,
    /// The locks that this process holds.
    held: Heartbeat,
}

/// A lock that this process holds until it is dropped.
pub struct Lock<'a> {
    locks: &'a Locks,
    path: PathBuf,
}

impl Locks {
    /// The locks in `folder`. The folder is made with the first lock.
    pub fn in_folder(folder: PathBuf) -> Locks {
        Locks { folder, seen: Mutex::new(HashMap::new()), held: Heartbeat::start() }
    }

    /// Takes the lock `name`; returns `None` if any process has it, this one included.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn take(&self, name: &str) -> Result<Option<Lock<'_>>> {
        self.take_at(self.path(name))
    }

    fn take_at(&self, path: PathBuf) -> Result<Option<Lock<'_>>> {
        let taken = self.create(&path)? || self.is_dead(&path) && self.take_over(&path)?;
        Ok(taken.then(|| Lock { locks: self, path }))
    }

    /// Waits for the lock `name`. It is meant for files that are rewritten within moments.
    ///
    /// # Errors
    /// As [`Locks::take`].
    pub fn wait(&self, name: &str) -> Result<Lock<'_>> {
        loop {
            if let Some(lock) = self.take(name)? {
                return Ok(lock);
            }
            thread::sleep(LOOK);
        }
    }

    /// Takes a lock that stands for this command until it ends: between two tasks, too, others see it at work.
    ///
    /// # Errors
    /// As [`Locks::take`].
    pub fn attend(&self) -> Result<()> {
        let Owner { machine, process, .. } = Owner::of_this_process();
        let own = self.take(&format!("{COMMAND}{machine}-{process}"))?;
        // It is released with all others that are left.
        if let Some(lock) = own {
            std::mem::forget(lock);
        }
        Ok(())
    }

    /// Tells how far this command is. The next heartbeat of each of its locks says so.
    pub fn tell(&self, progress: &CommandProgress) {
        self.held.tell(progress);
    }

    /// The locks of other processes that are alive, by name.
    pub fn elsewhere(&self) -> Vec<(String, LockFile)> {
        let alive = self.foreign().filter(|path| path.exists() && !self.is_dead(path));
        let named = alive.filter_map(|path| {
            let name = path.file_stem()?.to_string_lossy().replace('+', "/");
            Some((name, read_file(&path)?))
        });
        named.collect()
    }

    /// Another process at work in the folder, as text.
    pub fn other(&self) -> Option<String> {
        self.foreign().find_map(|path| (path.exists() && !self.is_dead(&path)).then(|| describe(&path)))
    }

    /// As [`Locks::other`], for a single look: a lock that was not rewritten for [`DEAD_AFTER`] is none.
    pub fn other_lately(&self) -> Option<String> {
        let is_recent = |path: &PathBuf| {
            let changed = fs::metadata(path).and_then(|file| file.modified());
            changed.is_ok_and(|changed| changed.elapsed().is_ok_and(|age| age < DEAD_AFTER))
        };
        self.foreign().find_map(|path| (is_recent(&path) && !self.is_dead(&path)).then(|| describe(&path)))
    }

    /// Removes the locks of processes that died on this machine.
    ///
    /// # Errors
    /// As [`Locks::take`].
    pub fn remove_dead(&self) -> Result<()> {
        for path in self.files().filter(|path| self.is_dead(path)) {
            // Taking it over and giving it back removes it.
            self.take_at(path)?;
        }
        Ok(())
    }

    /// The locks that this process does not hold.
    fn foreign(&self) -> impl Iterator<Item = PathBuf> {
        let locks = self.files().filter(|path| path.extension().is_some_and(|end| end == LOCK));
        locks.filter(|path| !self.held.owners().contains_key(path))
    }

    /// All locks, and the guards with which they are taken over.
    fn files(&self) -> impl Iterator<Item = PathBuf> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let is_own = |path: &PathBuf| path.extension().is_some_and(|end| end == LOCK || end == GUARD);
        entries.map(|entry| entry.path()).filter(is_own)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{}.{LOCK}", name.replace('/', "+")))
    }

    fn create(&self, path: &Path) -> Result<bool> {
        let fault = |error: io::Error| {
            let is_denied = error.kind() == ErrorKind::PermissionDenied;
            let owner = fs::metadata(&self.folder).ok().filter(|_| is_denied).map(|folder| folder.uid());
            let message = match owner {
                Some(user) => format!(
                    "{}: cannot be written (its folder belongs to user {user}); choose another folder with --out",
                    path.display()
                ),
                None => cannot_write(path),
            };
            Error::from(error).context(message)
        };
        fs::create_dir_all(&self.folder).map_err(fault)?;
        if path.exists() {
            return Ok(false);
        }
        let owner = Owner::of_this_process();
        // The file has its owner from the first moment on: one of a process that is killed then is no riddle.
        match create_file(path, &serde_json::to_vec(&owner)?) {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            // Another process removed the empty folder.
            Err(error) if error.kind() == ErrorKind::NotFound && self.folder.parent().is_some_and(Path::exists) => {
                return Ok(false);
            }
            Err(error) => return Err(fault(error)),
        }
        self.forget(path);
        self.held.owners().insert(path.to_owned(), owner);
        Ok(true)
    }

    /// Whether the owner of a lock is dead.
    fn is_dead(&self, path: &Path) -> bool {
        if self.held.owners().contains_key(path) {
            return false;
        }
        if !path.exists() {
            self.forget(path);
            return false;
        }
        let owner = read(path);
        match owner.as_ref().and_then(Owner::runs) {
            Some(runs) => !runs,
            None => self.is_silent(path, owner),
        }
    }

    fn forget(&self, path: &Path) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).remove(path);
    }

    /// Whether a file has not changed for so long that its owner must be dead.
    fn is_silent(&self, path: &Path, says: Option<Owner>) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let (said, since) = seen.entry(path.to_owned()).or_insert_with(|| (says.clone(), Instant::now()));
        if *said != says {
            (*said, *since) = (says, Instant::now());
        }
        since.elapsed() >= DEAD_AFTER
    }

    /// Removes the lock of a dead owner and takes it, unless another process is about to. Only one process at a time
    /// does this, with a lock of its own as guard, and it checks the lock again first: since nobody can create the file
    /// before, the removed file is the dead owner's. The guard of a process that died then is taken over in the same
    /// way.
    fn take_over(&self, path: &Path) -> Result<bool> {
        let guard = path.with_file_name(format!("{}.{GUARD}", path.file_name().unwrap_or_default().to_string_lossy()));
        let Some(_guard) = self.take_at(guard)? else { return Ok(false) };
        if !self.is_dead(path) {
            return Ok(false);
        }
        log::warn!("{}: taken over from {}, which is gone", path.display(), describe(path));
        match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).with_context(|| format!("{}: cannot be taken over from {}", path.display(), describe(path)))
            }
            _ => self.create(path),
        }
    }
}

/// Removes a lock, unless another process has taken it over.
fn remove_own(path: &Path, owner: &Owner) {
    if read(path).is_some_and(|current| current.is_same_lock(owner)) {
        fs::remove_file(path).ok();
    }
}

impl Drop for Locks {
    fn drop(&mut self) {
        self.held.stop();
        self.held.owners().iter().for_each(|(path, owner)| remove_own(path, owner));
        // Succeeds only if the folder is empty.
        fs::remove_dir(&self.folder).ok();
    }
}

impl Drop for Lock<'_> {
    fn drop(&mut self) {
        if let Some(owner) = self.locks.held.owners().remove(&self.path) {
            remove_own(&self.path, &owner);
        }
    }
}

#[cfg(test)]
mod tests;

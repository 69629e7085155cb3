//! The signs of life in the locks that a process holds.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::owner::{CommandState, LockFile, Owner, read};
use super::progress::CommandProgress;
use crate::record::write_file;

/// Time between two heartbeats.
const BEAT: Duration = Duration::from_secs(10);

/// A thread that rewrites the locks of this process every [`BEAT`].
pub struct Heartbeat {
    owners: Arc<Mutex<HashMap<PathBuf, Owner>>>,
    /// How far this command is, for those who read its locks.
    told: Arc<Mutex<Option<CommandState>>>,
    thread: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Heartbeat {
    /// A heartbeat for no lock yet.
    pub fn start() -> Heartbeat {
        let owners = Arc::new(Mutex::new(HashMap::new()));
        let told = Arc::new(Mutex::new(None));
        let (stop, stopped) = channel();
        let (held, state) = (Arc::clone(&owners), Arc::clone(&told));
        let beats = thread::spawn(move || beat(&held, &state, &stopped));
        Heartbeat { owners, told, thread: Some((stop, beats)) }
    }

    /// The files that are rewritten, each with its content.
    pub fn owners(&self) -> MutexGuard<'_, HashMap<PathBuf, Owner>> {
        locked(&self.owners)
    }

    /// Tells how far this command is. The next heartbeat of each of its locks says so.
    pub fn tell(&self, progress: &CommandProgress) {
        *locked(&self.told) = Some(progress.into());
    }

    /// Ends the thread. No file is rewritten afterwards.
    pub fn stop(&mut self) {
        if let Some((stop, beats)) = self.thread.take() {
            drop(stop);
            beats.join().ok();
        }
    }
}

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes heartbeats until the sender is dropped.
fn beat(owners: &Mutex<HashMap<PathBuf, Owner>>, told: &Mutex<Option<CommandState>>, stopped: &Receiver<()>) {
    let mut lost = HashSet::new();
    while stopped.recv_timeout(BEAT) == Err(RecvTimeoutError::Timeout) {
        for (path, owner) in locked(owners).iter_mut() {
            let fault = match read(path) {
                Some(current) if current.is_same_lock(owner) => None,
                Some(_) => {
                    Some("another process has taken over this lock, because it saw no sign of life from this one")
                }
                None => Some("this lock is gone or cannot be read, so that another process may do the same work"),
            };
            if let Some(fault) = fault {
                if lost.insert(path.clone()) {
                    log::warn!("{}: {fault}", path.display());
                }
                continue;
            }
            owner.beat += 1;
            let command = locked(told).clone();
            let file = LockFile { owner: owner.clone(), command };
            let written = serde_json::to_vec(&file).map_err(Into::into).and_then(|bytes| write_file(path, &bytes));
            if let Err(error) = written {
                log::warn!("{error:#}");
            }
        }
    }
}

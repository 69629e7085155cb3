//! The process that owns a lock.

use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use super::progress::CommandProgress;
use crate::units::now;

/// The owner of a lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Process numbers mean something on one machine, until it is started again, in one name space.
    pub machine: String,
    pub boot: String,
    pub process: u32,
    /// Name of the user. Locks of older versions lack it.
    #[serde(default)]
    pub user: String,
    /// When the process began, as its machine counts: another one may have its number later.
    pub began: String,
    /// Seconds since 1970 at which it was taken.
    pub since: u64,
    /// Distinguishes this lock from a later one of the same process.
    pub number: u64,
    /// Number of heartbeats so far.
    pub beat: u64,
}

/// How far a command is, as it tells other processes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CommandState {
    pub done: usize,
    pub tasks: usize,
    /// The share of all work that is done.
    pub share: f64,
    /// `None` while the speed is not known.
    pub seconds_left: Option<u64>,
    /// Seconds since 1970 at which this was so.
    pub unix_time: u64,
}

impl From<&CommandProgress> for CommandState {
    fn from(progress: &CommandProgress) -> CommandState {
        let CommandProgress { done, tasks, share, left } = *progress;
        CommandState { done, tasks, share, seconds_left: left.map(|left| left.as_secs()), unix_time: now() }
    }
}

/// The content of a lock's file: its owner, and how far the owner's command is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LockFile {
    #[serde(flatten)]
    pub owner: Owner,
    /// Locks of older versions lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<CommandState>,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = if self.user.is_empty() { String::new() } else { format!(" of {}", self.user) };
        write!(f, "process {}{user} on {}", self.process, self.machine)
    }
}

/// When a process of this machine began; none if there is no such process.
fn began(process: u32) -> Option<String> {
    let state = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The 22nd field; the second is a name in brackets, which may hold spaces.
    state.rsplit_once(')')?.1.split(' ').nth(20).map(str::to_owned)
}

/// Name of the user, or the number where nothing says the name.
fn user() -> String {
    let number = || fs::metadata("/proc/self").map(|own| format!("user {}", own.uid()));
    let name = std::env::var("USER").or_else(|_| std::env::var("LOGNAME"));
    name.or_else(|_| number()).unwrap_or_default()
}

impl Owner {
    /// This process, as the owner of a lock that it takes now.
    pub fn of_this_process() -> Owner {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let kernel = |file: &str| fs::read_to_string(file).unwrap_or_default().trim().to_owned();
        let name_space = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
        let process = std::process::id();
        Owner {
            machine: kernel("/proc/sys/kernel/hostname"),
            boot: format!("{} {}", kernel("/proc/sys/kernel/random/boot_id"), name_space.display()),
            process,
            user: user(),
            began: began(process).unwrap_or_default(),
            since: now(),
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
            beat: 0,
        }
    }

    /// Whether both are the same lock of the same process, whatever their heartbeats.
    pub fn is_same_lock(&self, other: &Owner) -> bool {
        Owner { beat: 0, ..self.clone() } == Owner { beat: 0, ..other.clone() }
    }

    /// Whether it runs, as far as this machine can tell: it may hide the processes of other users.
    pub fn runs(&self) -> Option<bool> {
        let this = Owner::of_this_process();
        let here = (&self.machine, &self.boot) == (&this.machine, &this.boot);
        let seen = if here { began(self.process) } else { None };
        let is_visible = here && (seen.is_some() || self.user == this.user);
        is_visible.then(|| seen.is_some_and(|began| began == self.began))
    }
}

/// A lock's file; `None` if it cannot be read.
pub fn read_file(path: &Path) -> Option<LockFile> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// The owner that a lock's file names; `None` if it cannot be read.
pub fn read(path: &Path) -> Option<Owner> {
    read_file(path).map(|file| file.owner)
}

/// The owner of a lock, for messages.
pub fn describe(path: &Path) -> String {
    // A file that this user may not read still tells whose it is.
    let user = || fs::metadata(path).map(|file| format!("a process of user {}", file.uid()));
    read(path).map_or_else(|| user().unwrap_or_else(|_| "another process".to_owned()), |owner| owner.to_string())
}

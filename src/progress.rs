//! Reports how far a long computation is, and tells it when it must stop.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// Watches a stage. The terminal is one implementation; a test that stops a run at a chosen moment is another.
pub trait Progress {
    /// `done` of the stage's total is reached; `note` says how it goes.
    fn at(&self, done: u64, note: &str);

    /// As [`Progress::at`], for a stage with work that `done` does not count: `share` of all its work is done, between
    /// 0 and 1.
    fn at_share(&self, done: u64, _share: f64, note: &str) {
        self.at(done, note);
    }
    /// Whether the stage must save its state and return [`Ended::Stopped`] at the next safe moment.
    fn stop(&self) -> bool;
}

/// The share `done` of `total`, at most 1.
pub fn share(done: u64, total: u64) -> f64 {
    (done as f64 / total.max(1) as f64).min(1.0)
}

/// Time after the request to stop for which work that is done in one go may still end by itself.
const PATIENCE: Duration = Duration::from_secs(5);

/// Tells work that is done in one go to give up, because the request to stop was seconds ago.
pub struct Patience<'a> {
    progress: &'a dyn Progress,
    asked: Cell<Option<Instant>>,
}

impl Patience<'_> {
    /// Nothing is asked yet.
    pub fn new(progress: &dyn Progress) -> Patience<'_> {
        Patience { progress, asked: Cell::new(None) }
    }

    /// Whether it is over.
    pub fn is_over(&self) -> bool {
        if !self.progress.stop() {
            return false;
        }
        let asked = self.asked.get().unwrap_or_else(Instant::now);
        self.asked.set(Some(asked));
        asked.elapsed() >= PATIENCE
    }
}

/// How a stage ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Its results are on disk.
    Done,
    /// It was asked to stop; its state is on disk.
    Stopped,
}

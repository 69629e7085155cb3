//! Reports how far a long computation is, and tells it when it must stop.

/// Watches a stage. The terminal is one implementation; a test that stops a run at a chosen moment is another.
pub trait Progress {
    /// `done` of the stage's total is reached; `note` says how it goes.
    fn at(&self, done: u64, note: &str);
    /// Whether the stage must save its state and return [`Ended::Stopped`] at the next safe moment.
    fn stop(&self) -> bool;
}

/// How a stage ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Its results are on disk.
    Done,
    /// It was asked to stop; its state is on disk.
    Stopped,
}

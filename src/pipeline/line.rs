//! The seam between the scheduler and the lines of experiments, whose tasks it runs.

use std::path::Path;

use anyhow::Result;

use super::batch::Batch;
use super::command::Command;
use super::task::{Task, TaskState, Work};
use crate::progress::Ended;
use crate::report::{Activity, TerminalReport};

/// An opened experiment as the scheduler sees it: a list of tasks, and the way to do them.
pub trait Line: Sync {
    type Work: Work;

    /// Every task, in the order in which a single process does them.
    fn tasks(&self) -> &[Task<Self::Work>];

    /// The states of tasks, by their indices in the list, as the folder shows them; or the fault of a task's files.
    fn states(&self, numbers: &[usize]) -> Vec<Result<TaskState>>;

    /// Does tasks that share a lock. `from` is the folder of a training that is followed.
    ///
    /// # Errors
    /// The failure of the tasks.
    fn perform(&self, batch: &Batch<Self::Work>, from: Option<&Path>) -> Result<Ended>;

    /// Ends a command; `evaluates` says whether it includes evaluations.
    ///
    /// # Errors
    /// If a file cannot be read or written.
    fn close(&self, evaluates: bool) -> Result<()>;

    /// Writes the report of the results so far, while that work goes on in the folder.
    ///
    /// # Errors
    /// If a file cannot be read or written.
    fn report(&self, goes_on: Option<&Activity>) -> Result<TerminalReport>;

    /// The command that works on the experiment.
    fn command(&self) -> &Command<'_>;
}

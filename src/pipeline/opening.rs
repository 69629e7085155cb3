//! An experiment before its work, and the preparation of its folder.

use anyhow::Result;
use serde::Serialize;

use super::checks::{check_alone, check_tasks, check_work_beside};
use super::lock::Locks;
use super::manifest::forget_times;
use super::refused;
use super::request::Request;
use super::scope::Scope;
use super::task::{Task, Work};
use crate::record::{Folder, write_toml};

/// An experiment as a request asks for it, with its folder and its tasks. Nothing is changed yet.
pub struct Opening<'a, E, W> {
    pub request: &'a Request<'a>,
    pub experiment: E,
    pub folder: Folder,
    pub tasks: Vec<Task<W>>,
}

/// The steps of a preparation that differ between lines.
pub trait Prepare<W> {
    /// The earlier content of the folder.
    type Earlier;

    /// Checks that the results in the folder were made with the same settings, or are made anew.
    ///
    /// # Errors
    /// The settings that differ, with the way out.
    fn check_settings(&self) -> Result<Self::Earlier>;

    /// The tasks of the experiment that is recorded in the folder.
    ///
    /// # Errors
    /// If it cannot be read.
    fn recorded_tasks(&self) -> Result<Vec<Task<W>>>;

    /// Removes what a killed command has left behind.
    ///
    /// # Errors
    /// The path and the system's reason.
    fn remove_leftovers(&self) -> Result<()>;

    /// The tasks that the command makes anew with `--fresh`, and those that become stale by it.
    fn renewed(&self) -> Vec<&Task<W>>;

    /// Removes what the tasks in `renewed` have made.
    ///
    /// # Errors
    /// The path and the system's reason, or a file that is damaged.
    fn remove_renewed(&self, renewed: &[&Task<W>], earlier: Self::Earlier) -> Result<()>;
}

impl<E, W> Opening<'_, E, W> {
    /// Checks that the experiment has the tasks that are asked for, and results where only a report is.
    ///
    /// # Errors
    /// The task or the results that are missing, with the way out.
    pub fn check_request(&self) -> Result<()> {
        check_tasks(self.request, &self.tasks)?;
        if self.request.scope == Scope::Report && !self.folder.experiment().exists() {
            let place = self.folder.root().display();
            return Err(refused(format!("{place}: no results there yet; `pd run` makes them")));
        }
        Ok(())
    }
}

impl<E: Serialize, W: Work> Opening<'_, E, W>
where
    Self: Prepare<W>,
{
    /// Records the experiment in its folder, and removes what it makes anew. No other process does so at the same time.
    ///
    /// # Errors
    /// The obstacle to the request, with the way out.
    pub fn prepare(&self, locks: &Locks) -> Result<()> {
        let _alone = locks.wait("folder").map_err(refused)?;
        if self.request.scope != Scope::Report {
            locks.attend().map_err(refused)?;
        }
        // Another process may have begun, or ended, with other settings since the first check.
        let earlier = self.check_settings()?;
        let other = locks.other();
        if let Some(other) = &other {
            self.check_beside(other)?;
        } else {
            locks.remove_dead()?;
            self.remove_leftovers()?;
        }
        if self.request.fresh {
            check_alone(&self.folder, other)?;
            let renewed = self.renewed();
            self.remove_renewed(&renewed, earlier)?;
            forget_times(&self.folder, &renewed)?;
        }
        write_toml(&self.folder.experiment(), &self.experiment).map_err(refused)
    }

    /// Checks that another process at work in the folder does none of the tasks with other settings. Settings of results
    /// that are there are checked elsewhere; these are of results that are being made.
    ///
    /// # Errors
    /// The settings that differ, with the way out.
    pub fn check_beside(&self, other: &str) -> Result<()> {
        if !self.folder.experiment().exists() {
            return Ok(());
        }
        check_work_beside(other, &self.folder, &self.tasks, &self.recorded_tasks()?)
    }
}

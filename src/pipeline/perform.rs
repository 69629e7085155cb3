//! Atari's line as the scheduler sees it.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};

use super::Observer;
use super::line::Line;
use super::lock::Locks;
use super::open::Pipeline;
use super::schedule;
use super::scope::Scope;
use super::scores::Scores;
use super::state::{Inspection, TaskState};
use super::task::{Task, TaskId, Work};
use crate::nn::Device;
use crate::progress::Ended;
use crate::record::{AgentId, Folder};

impl Pipeline<'_> {
    /// As [`schedule::run`].
    ///
    /// # Errors
    /// As [`schedule::run`].
    pub fn run(&self, scope: Scope, only: &[TaskId], from: Option<&Path>) -> Result<Ended> {
        schedule::run(self, scope, only, from)
    }

    /// Writes `scores.csv` anew from the episodes.
    ///
    /// # Errors
    /// If a file cannot be read or written.
    pub fn write_scores(&self) -> Result<()> {
        let _lock = self.locks.wait("scores")?;
        Scores::read(&self.experiment, &self.folder, &self.digests)?.write()
    }
}

impl Line for Pipeline<'_> {
    type Job = Work;

    fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    fn states(&self, numbers: &[usize]) -> Result<Vec<Result<TaskState>>> {
        let Pipeline { experiment, folder, digests, .. } = self;
        let scores = Scores::read(experiment, folder, digests)?;
        let inspection = Inspection { experiment, folder, digests, scores: &scores };
        Ok(numbers.iter().map(|&number| inspection.state(&self.tasks[number])).collect())
    }

    fn perform(&self, tasks: &[&Task], from: Option<&Path>) -> Result<Ended> {
        let agents: Vec<&AgentId> = tasks.iter().filter_map(|task| task.work.agent()).collect();
        let Some(first) = tasks.first() else { return Ok(Ended::Done) };
        match (&first.work, from) {
            (Work::Train(agent), _) => self.train(first, agent),
            (Work::Take(agent), None) => self.take(agent, &Folder::at(&self.experiment.teacher.from)),
            (Work::Take(agent), Some(from)) => self.take_followed(&Folder::at(from), agent),
            (Work::Sweep(agent), _) => self.sweep(agent),
            (Work::Distill(_), _) => self.distill(&agents),
            (Work::Follow(_), from) => self.follow(from.context("nobody is followed")?, &agents),
            (Work::Evaluate(agent), _) => self.evaluate(first, agent),
            (Work::Report, _) => Ok(Ended::Done),
        }
    }

    fn add_seconds(&self, seconds: &mut BTreeMap<&'static str, f64>) -> Result<()> {
        if !self.has_worked() {
            return Ok(());
        }
        self.write_manifest(|manifest| manifest.add_seconds(seconds))
    }

    fn close(&self, evaluates: bool) -> Result<()> {
        if evaluates { self.write_scores() } else { Ok(()) }
    }

    fn observer(&self) -> &dyn Observer {
        self.observer
    }

    fn locks(&self) -> &Locks {
        &self.locks
    }

    fn device(&self) -> Device {
        self.device
    }

    fn threads(&self) -> usize {
        self.threads
    }

    fn jobs(&self) -> usize {
        self.jobs
    }
}

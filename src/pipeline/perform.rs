//! Atari's line as the scheduler sees it.

use std::path::Path;

use anyhow::{Context, Result};

use super::batch::Batch;
use super::command::Command;
use super::line::Line;
use super::open::Pipeline;
use super::scores::Scores;
use super::state::{Inspection, TaskState};
use super::task::{Task, Work};
use crate::progress::Ended;
use crate::record::{AgentId, Folder};
use crate::report::{self, Activity, TerminalReport};

impl Line for Pipeline<'_> {
    type Job = Work;

    fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    fn states(&self, numbers: &[usize]) -> Vec<Result<TaskState>> {
        let inspection = Inspection::new(&self.experiment, &self.folder, &self.digests);
        numbers.iter().map(|&number| inspection.state(&self.tasks[number])).collect()
    }

    fn perform(&self, batch: &Batch, from: Option<&Path>) -> Result<Ended> {
        let agents: Vec<&AgentId> = batch.tasks.iter().filter_map(|task| task.work.agent()).collect();
        match (&batch.tasks[0].work, from) {
            (Work::Train(agent), _) => self.train(batch, agent),
            (Work::Take(agent), None) => {
                let from = self.experiment.teacher_source(agent.game).context("no teacher is taken")?;
                self.take(agent, &Folder::at(from))
            }
            (Work::Take(agent), Some(from)) => self.take_followed(&Folder::at(from), agent),
            (Work::Sweep(agent), _) => self.sweep(batch, agent),
            (Work::Distill(_), _) => self.distill(batch, &agents),
            (Work::Follow(_), from) => self.follow(batch, from.context("nobody is followed")?, &agents),
            (Work::Evaluate(agent), _) => self.evaluate(batch, agent),
            (Work::Report, _) => Ok(Ended::Done),
        }
    }

    /// Writes `scores.csv` anew from the episodes.
    fn close(&self, evaluates: bool) -> Result<()> {
        if evaluates { self.write_scores() } else { Ok(()) }
    }

    fn report(&self, goes_on: Option<&Activity>) -> Result<TerminalReport> {
        self.folder.check_there()?;
        let _lock = self.command.locks.wait("report")?;
        self.write_scores()?;
        report::write(&self.folder, &self.experiment, goes_on)
    }

    fn command(&self) -> &Command<'_> {
        &self.command
    }
}

impl Pipeline<'_> {
    fn write_scores(&self) -> Result<()> {
        self.folder.check_there()?;
        let _lock = self.command.locks.wait("scores")?;
        Scores::read(&self.experiment, &self.folder, &self.digests)?.write()
    }
}

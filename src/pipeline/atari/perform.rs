//! Atari's line as the scheduler sees it.

use std::path::Path;

use anyhow::{Context, Result};

use super::open::AtariPipeline;
use super::scores::Scores;
use super::state::Inspection;
use super::work::{AgentTask, AgentWork};
use crate::pipeline::batch::Batch;
use crate::pipeline::command::Command;
use crate::pipeline::line::Line;
use crate::pipeline::task::TaskState;
use crate::progress::Ended;
use crate::record::{AgentId, Folder};
use crate::report::{self, Activity, TerminalReport};

impl Line for AtariPipeline<'_> {
    type Work = AgentWork;

    fn tasks(&self) -> &[AgentTask] {
        &self.tasks
    }

    fn states(&self, numbers: &[usize]) -> Vec<Result<TaskState>> {
        let inspection = Inspection::new(&self.experiment, &self.folder, &self.digests);
        numbers.iter().map(|&number| inspection.state(&self.tasks[number])).collect()
    }

    fn perform(&self, batch: &Batch<AgentWork>, from: Option<&Path>) -> Result<Ended> {
        let agents: Vec<&AgentId> = batch.tasks.iter().filter_map(|task| task.work.agent()).collect();
        match (&batch.tasks[0].work, from) {
            (AgentWork::Train(agent), _) => self.train(batch, agent),
            (AgentWork::Take(agent), None) => {
                let from = self.experiment.teacher_source(agent.game).context("no teacher is taken")?;
                self.take(agent, &Folder::at(from))
            }
            (AgentWork::Take(agent), Some(from)) => self.take_followed(&Folder::at(from), agent),
            (AgentWork::Sweep(agent), _) => self.sweep(batch, agent),
            (AgentWork::Distill(_), _) => self.distill(batch, &agents),
            (AgentWork::Follow(_), from) => self.follow(batch, from.context("nobody is followed")?, &agents),
            (AgentWork::Evaluate(agent), _) => self.evaluate(batch, agent),
            (AgentWork::Report, _) => Ok(Ended::Done),
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

impl AtariPipeline<'_> {
    fn write_scores(&self) -> Result<()> {
        self.folder.check_there()?;
        let _lock = self.command.locks.wait("scores")?;
        Scores::read(&self.experiment, &self.folder, &self.digests)?.write()
    }
}

//! Runs a command: does its tasks, several at once, and reports them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::channel;

use anyhow::{Context, Error, Result, anyhow};
use rayon::ThreadPoolBuilder;

use super::batch::Batch;
use super::open::{Pipeline, Request};
use super::schedule::Scheduler;
use super::scores::Scores;
use super::task::{Stage, Work};
use super::{Observer, is_fault_of_request};
use crate::progress::Ended;
use crate::record::{AgentId, Folder};
use crate::{nn, report};

/// Stack size of a process's first thread.
const STACK_BYTES: usize = 8 << 20;

/// Does those tasks of a command that are not done, several at once, each with its share of the threads, beside other
/// processes that do the same. In the end writes the report, if the command asks for it.
///
/// # Errors
/// The obstacle to the request; or the failure of a task, or the last of several, after all tasks that do not depend on
/// it are done.
pub fn run(request: &Request, observer: &dyn Observer) -> Result<Ended> {
    let pipeline = Pipeline::open(request, observer)?;
    observer.ready();
    let mut schedule = Scheduler::new(&pipeline, request)?;
    let (sender, receiver) = channel();
    std::thread::scope(|threads| {
        loop {
            while let Some(batch) = schedule.start_next() {
                let (sender, pipeline) = (sender.clone(), &pipeline);
                // Nobody listens only where the command has failed itself.
                threads.spawn(move || sender.send((batch.first, pipeline.perform(&batch, request.from))).ok());
            }
            if !schedule.wait(&receiver) {
                break;
            }
        }
    });
    if schedule.board.includes(Stage::Evaluate) {
        pipeline.write_scores()?;
    }
    match schedule.ended() {
        Ok(Ended::Done) if request.reports() => pipeline.report().map(|()| Ended::Done),
        // Where some tasks failed, the others are reported.
        Err(error) if request.reports() && !is_fault_of_request(&error) => {
            pipeline.report().unwrap_or_else(|report| observer.say(&format!("{report:#}")));
            Err(error)
        }
        ended => ended,
    }
}

impl Pipeline<'_> {
    /// Does the tasks of a batch. A panic is an error of the batch alone.
    fn perform(&self, batch: &Batch, from: Option<&Path>) -> Result<Ended> {
        let agents: Vec<&AgentId> = batch.tasks.iter().filter_map(|task| task.work.agent()).collect();
        let work = || match (&batch.tasks[0].work, from) {
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
        };
        // The calling thread is one of the threads, so that divided work begins without a wait.
        let pool = ThreadPoolBuilder::new().num_threads(batch.threads).stack_size(STACK_BYTES).build()?;
        let on_threads = || {
            nn::set_threads(self.device, batch.threads);
            work()
        };
        catch_unwind(AssertUnwindSafe(|| pool.install(on_threads))).unwrap_or_else(|_| Err(anyhow!("it panicked")))
    }

    /// Writes the report of the results so far.
    fn report(&self) -> Result<(), Error> {
        self.folder.check_there()?;
        let lock = self.locks.wait("report")?;
        self.write_scores()?;
        let written = report::write(&self.folder, &self.experiment)?;
        drop(lock);
        self.observer.report(&written);
        Ok(())
    }

    /// Writes `scores.csv` anew from the episodes.
    fn write_scores(&self) -> Result<()> {
        self.folder.check_there()?;
        let _lock = self.locks.wait("scores")?;
        Scores::read(&self.experiment, &self.folder, &self.digests)?.write()
    }
}

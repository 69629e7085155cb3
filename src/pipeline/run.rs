//! Runs a command: does its tasks, several at once, and reports them.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::channel;

use anyhow::{Result, anyhow};
use rayon::ThreadPoolBuilder;

use super::activity::{activity, watch};
use super::batch::Batch;
use super::explain::ExplainPipeline;
use super::line::Line;
use super::open::{Pipeline, Request};
use super::schedule::Scheduler;
use super::task::Stage;
use super::{Observer, is_fault_of_request};
use crate::progress::Ended;
use crate::{config, nn};

/// Stack size of a process's first thread.
pub const STACK_BYTES: usize = 8 << 20;

/// Does those tasks of a command that are not done, several at once, each with its share of the threads, beside other
/// processes that do the same. In the end writes the report, if the command asks for it.
///
/// # Errors
/// The obstacle to the request; or the failure of a task, or the last of several, after all tasks that do not depend on
/// it are done.
pub fn run(request: &Request, observer: &dyn Observer) -> Result<Ended> {
    match request.line()? {
        config::LineName::Atari => work(&Pipeline::open(request, observer)?, request),
        config::LineName::Explanations => work(&ExplainPipeline::open(request, observer)?, request),
    }
}

/// Does the tasks of an opened experiment.
fn work<L: Line>(line: &L, request: &Request) -> Result<Ended> {
    line.observer().ready();
    let mut schedule = Scheduler::new(line, request)?;
    let (sender, receiver) = channel();
    std::thread::scope(|threads| {
        loop {
            while let Some(batch) = schedule.start_next() {
                let sender = sender.clone();
                // Nobody listens only where the command has failed itself.
                threads.spawn(move || sender.send((batch.first, perform(line, &batch, request.from))).ok());
            }
            if !schedule.wait(&receiver) {
                break;
            }
        }
    });
    line.close(schedule.board.includes(Stage::Evaluate))?;
    let report = || line.report(activity(line).as_ref()).map(|report| line.observer().report(&report));
    match schedule.ended() {
        Ok(Ended::Done) if request.watch => watch(line),
        Ok(Ended::Done) if request.reports() => report().map(|()| Ended::Done),
        // Where some tasks failed, the others are reported.
        Err(error) if request.reports() && !is_fault_of_request(&error) => {
            report().unwrap_or_else(|report| line.observer().say(&format!("{report:#}")));
            Err(error)
        }
        ended => ended,
    }
}

/// Does the tasks of a batch with its threads. A panic is an error of the batch alone.
fn perform<L: Line>(line: &L, batch: &Batch<L::Job>, from: Option<&Path>) -> Result<Ended> {
    // The calling thread is one of the threads, so that divided work begins without a wait.
    let pool = ThreadPoolBuilder::new().num_threads(batch.threads).stack_size(STACK_BYTES).build()?;
    let on_threads = || {
        nn::set_threads(line.device(), batch.threads);
        line.perform(batch, from)
    };
    catch_unwind(AssertUnwindSafe(|| pool.install(on_threads)))
        .unwrap_or_else(|panic| Err(anyhow!("it panicked: {}", panic_message(panic.as_ref()))))
}

/// The message of a panic.
fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let fixed = panic.downcast_ref::<&str>().copied();
    fixed.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message")
}

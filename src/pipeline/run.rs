//! Runs a command: does its tasks, several at once, and reports them.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::channel;

use anyhow::{Error, Result, anyhow};
use rayon::ThreadPoolBuilder;

use super::activity::{activity, watch};
use super::atari::AtariPipeline;
use super::batch::{Batch, Reached};
use super::explain::ExplainPipeline;
use super::line::Line;
use super::request::Request;
use super::schedule::Scheduler;
use super::task::Stage;
use super::{Observer, is_fault_of_request};
use crate::progress::Ended;
use crate::units::grouped;
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
        config::LineName::Atari => work(&AtariPipeline::open(request, observer)?, request),
        config::LineName::Explanations => work(&ExplainPipeline::open(request, observer)?, request),
    }
}

/// Does the tasks of an opened experiment.
fn work<L: Line>(line: &L, request: &Request) -> Result<Ended> {
    line.command().observer.ready();
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
    let closed = line.close(schedule.board.includes(Stage::Evaluate));
    let report = || line.report(activity(line).as_ref()).map(|report| line.command().observer.report(&report));
    match ended(line, schedule, closed) {
        Ok(Ended::Done) if request.watch => watch(line),
        Ok(Ended::Done) if request.reports() => report().map(|()| Ended::Done),
        // Where some tasks failed, the others are reported.
        Err(error) if request.reports() && !is_fault_of_request(&error) => {
            report().unwrap_or_else(|other| say_beside(line, &other, &error));
            Err(error)
        }
        ended => ended,
    }
}

/// The result of the schedule, or of what closed it. Of two failures, the second is told to the observer.
fn ended<L: Line>(line: &L, schedule: Scheduler<L>, closed: Result<()>) -> Result<Ended> {
    match (schedule.ended(), closed) {
        (Ok(Ended::Done), Err(error)) => Err(error),
        (Ok(ended), closed) => {
            closed.err().iter().for_each(|error| line.command().observer.say(&format!("{error:#}")));
            Ok(ended)
        }
        (Err(error), closed) => {
            closed.err().iter().for_each(|other| say_beside(line, other, &error));
            Err(error)
        }
    }
}

/// Tells the observer another error than the one with which the command ends, unless they are the same.
fn say_beside<L: Line>(line: &L, other: &Error, error: &Error) {
    let other = format!("{other:#}");
    if !format!("{error:#}").contains(&other) {
        line.command().observer.say(&other);
    }
}

/// Does the tasks of a batch with its threads. A panic is an error of the batch alone.
fn perform<L: Line>(line: &L, batch: &Batch<L::Work>, from: Option<&Path>) -> Result<Ended> {
    // The calling thread is one of the threads, so that divided work begins without a wait.
    let pool = ThreadPoolBuilder::new().num_threads(batch.threads).stack_size(STACK_BYTES).build()?;
    let on_threads = || {
        nn::set_threads(line.command().device, batch.threads);
        line.perform(batch, from)
    };
    contained(&batch.reached, batch.tasks[0].amount.unit, || pool.install(on_threads))
}

/// Does work whose panic becomes an error, which says how far the work was. An emulator that fails is one.
fn contained(reached: &Reached, unit: &str, work: impl FnOnce() -> Result<Ended>) -> Result<Ended> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let (done, message) = (grouped(reached.done()), panic_message(panic.as_ref()));
        Err(anyhow!("it panicked after {done} {unit}: {message}"))
    })
}

/// The message of a panic.
fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let fixed = panic.downcast_ref::<&str>().copied();
    fixed.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_that_says_how_far_the_work_was() {
        let reached = Reached::new();
        let work = || {
            reached.report(12_000, 0.24);
            let workers = ThreadPoolBuilder::new().num_threads(2).build()?;
            workers.install(|| rayon::join(|| (), || panic!("ALE cannot reset a console")));
            Ok(Ended::Done)
        };
        let error = contained(&reached, "steps", work).unwrap_err().to_string();
        assert_eq!(error, "it panicked after 12,000 steps: ALE cannot reset a console");
    }
}

//! Runs tasks: several at once, each with its share of the threads, beside other processes that do the same.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::Scope as Threads;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use rayon::ThreadPoolBuilder;

use super::board::{Board, Position};
use super::line::Line;
use super::lock::Lock;
use super::scope::Scope;
use super::task::{Job, Stage, Task, TaskId};
use crate::nn::{self, Device};
use crate::progress::Ended;

/// Time between two looks at what other processes have done.
const LOOK: Duration = Duration::from_millis(300);
/// Stack size of a process's first thread.
const STACK_BYTES: usize = 8 << 20;

/// Tasks that are done together by one thread and its helpers.
struct Batch<'a> {
    tasks: Vec<usize>,
    threads: usize,
    lock: Lock<'a>,
    started: Instant,
}

/// The index of a batch's first task, and the result of the batch.
type Finished = (usize, Result<Ended>);

/// Runs the tasks of a command.
struct Scheduler<'a, L: Line> {
    line: &'a L,
    board: Board<'a, L>,
    running: BTreeMap<usize, Batch<'a>>,
    stopped: bool,
    /// The folder cannot be worked in any more.
    gave_up: bool,
    /// Seconds of work that the manifest does not tell of yet.
    seconds: BTreeMap<&'static str, f64>,
    /// Locks that other processes held at the last look.
    elsewhere: BTreeSet<&'a str>,
}

/// Does those tasks of a command that are not done, or those in `only`. A failure is reported at the end, after all
/// tasks that do not depend on it are done. `from` is the folder of a training that is followed.
///
/// # Errors
/// The failure, or the last of several.
pub fn run<L: Line>(line: &L, scope: Scope, only: &[TaskId], from: Option<&Path>) -> Result<Ended> {
    let mut schedule = Scheduler {
        line,
        board: Board::new(line, scope, only)?,
        running: BTreeMap::new(),
        stopped: false,
        gave_up: false,
        seconds: BTreeMap::new(),
        elsewhere: BTreeSet::new(),
    };
    let (sender, receiver) = channel();
    std::thread::scope(|threads| schedule.work(threads, &sender, &receiver, from));
    line.close(schedule.board.includes(Stage::Evaluate))?;
    schedule.ended()
}

impl<'a, L: Line> Scheduler<'a, L> {
    /// Starts tasks and waits for them until no task is ready.
    fn work<'scope>(
        &mut self,
        threads: &'scope Threads<'scope, '_>,
        sender: &Sender<Finished>,
        receiver: &Receiver<Finished>,
        from: Option<&'scope Path>,
    ) where
        'a: 'scope,
    {
        loop {
            self.stopped |= self.line.observer().stop() || self.gave_up;
            if !self.stopped
                && let Err(error) = self.start_all(threads, sender, from)
            {
                self.give_up(error);
            }
            let (done, tasks, share) = self.board.progress();
            self.line.observer().whole(done, tasks, share);
            if self.running.is_empty() && (self.stopped || self.elsewhere.is_empty()) {
                return;
            }
            match receiver.recv_timeout(LOOK) {
                Ok((first, result)) => {
                    if let Err(error) = self.finish(first, result) {
                        self.give_up(error);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Starts nothing more; what runs is waited for.
    fn give_up(&mut self, error: anyhow::Error) {
        self.board.failures.push(error);
        self.gave_up = true;
    }

    /// Starts as many tasks as there are threads for.
    fn start_all<'scope>(
        &mut self,
        threads: &'scope Threads<'scope, '_>,
        sender: &Sender<Finished>,
        from: Option<&'scope Path>,
    ) -> Result<()>
    where
        'a: 'scope,
    {
        let line = self.line;
        self.elsewhere.clear();
        while let Some((tasks, share)) = self.next() {
            let name = line.tasks()[tasks[0]].lock.as_str();
            let Some(lock) = line.locks().take(name)? else {
                self.elsewhere.insert(name);
                continue;
            };
            // Another process may have done them since the last look.
            let left = self.board.look_again(&tasks)?;
            let Some(&first) = left.first() else { continue };
            self.board.set(&left, Position::Running);
            let batch: Vec<&Task<L::Job>> = left.iter().map(|&number| &line.tasks()[number]).collect();
            let sender = sender.clone();
            threads.spawn(move || {
                let work = || with_threads(line.device(), share, || line.perform(&batch, from));
                let result = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(anyhow!("it panicked")));
                // Nobody listens only where the command has failed itself.
                sender.send((first, result)).ok();
            });
            self.running.insert(first, Batch { tasks: left, threads: share, lock, started: Instant::now() });
        }
        Ok(())
    }

    /// The next tasks to be done together, and their number of threads: the free threads, divided equally among the
    /// batches of the same stage that are ready.
    fn next(&mut self) -> Option<(Vec<usize>, usize)> {
        let (threads, jobs) = (self.line.threads(), self.line.jobs());
        let used: usize = self.running.values().map(|batch| batch.threads).sum();
        let free = threads.max(jobs).saturating_sub(used);
        let places = jobs.saturating_sub(self.running.len());
        if free == 0 || places == 0 {
            return None;
        }
        let ready = self.board.ready(&self.elsewhere);
        let first = ready.first()?.clone();
        let stage = |tasks: &[usize]| self.line.tasks()[tasks[0]].work.stage();
        let alike = ready.iter().filter(|tasks| stage(tasks) == stage(&first)).count();
        Some((first, (free / alike.min(places)).max(1)))
    }

    fn finish(&mut self, first: usize, result: Result<Ended>) -> Result<()> {
        let Some(Batch { tasks, lock, started, .. }) = self.running.remove(&first) else { return Ok(()) };
        let position = match result {
            Ok(Ended::Done) => Position::Done,
            Ok(Ended::Stopped) => {
                self.stopped = true;
                Position::Waiting
            }
            Err(error) => self.board.fail(first, error),
        };
        self.board.set(&tasks, position);
        drop(lock);
        if position == Position::Done {
            self.board.inputs_changed(&tasks)?;
        }
        let stage = self.line.tasks()[first].work.stage();
        *self.seconds.entry(stage.name()).or_default() += started.elapsed().as_secs_f64();
        self.write_times()
    }

    /// Adds whole seconds of work to the manifest.
    fn write_times(&mut self) -> Result<()> {
        if self.seconds.values().all(|seconds| *seconds < 1.0) {
            return Ok(());
        }
        self.line.add_seconds(&mut self.seconds)
    }

    fn ended(mut self) -> Result<Ended> {
        let count = self.board.failures.len();
        let last = self.board.failures.pop();
        let say = |error: &anyhow::Error| self.line.observer().say(&format!("{error:#}"));
        self.board.failures.iter().for_each(say);
        match last {
            Some(error) if self.stopped && !self.gave_up => {
                say(&error);
                Ok(Ended::Stopped)
            }
            Some(error) if count == 1 => Err(error),
            Some(error) => Err(error.context(format!("{count} runs failed, the last of them"))),
            None if self.stopped => Ok(Ended::Stopped),
            None => Ok(Ended::Done),
        }
    }
}

/// Runs `work` with `threads` threads. The calling thread is one of them, so that divided work begins without a wait.
fn with_threads<T: Send>(device: Device, threads: usize, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let pool = ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK_BYTES).build()?;
    pool.install(|| {
        nn::set_threads(device, threads);
        work()
    })
}

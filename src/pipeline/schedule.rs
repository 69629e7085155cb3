//! Decides which tasks are done when: several at once, each with its share of the threads.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Error, Result};

use super::batch::{Batch, Reached};
use super::board::{Board, Position};
use super::line::Line;
use super::lock::Lock;
use super::progress::ProgressMeter;
use super::request::Request;
use super::task::{TaskId, Work};
use crate::progress::Ended;

/// Time between two looks at what other processes have done.
const LOOK: Duration = Duration::from_millis(300);

/// A batch that is being done.
pub struct Running<'a> {
    tasks: Vec<usize>,
    threads: usize,
    lock: Lock<'a>,
    started: Instant,
    reached: Arc<Reached>,
}

/// The number of a batch's first task, and the result of the batch.
pub type Finished = (usize, Result<Ended>);

/// The schedule of a command's tasks.
pub struct Scheduler<'a, L: Line> {
    line: &'a L,
    pub board: Board<'a, L>,
    running: BTreeMap<usize, Running<'a>>,
    progress: ProgressMeter,
    stopped: bool,
    /// The folder cannot be worked in any more.
    gave_up: bool,
    /// Locks that other processes held at the last look.
    elsewhere: BTreeSet<&'a str>,
}

impl<'a, L: Line> Scheduler<'a, L> {
    /// A schedule in which nothing runs yet.
    ///
    /// # Errors
    /// As [`Board::new`].
    pub fn new(line: &'a L, request: &Request) -> Result<Scheduler<'a, L>> {
        let only: Vec<TaskId> = request.only.iter().cloned().map(TaskId).collect();
        Ok(Scheduler {
            line,
            board: Board::new(line, request.scope, &only)?,
            running: BTreeMap::new(),
            progress: ProgressMeter::new(),
            stopped: false,
            gave_up: false,
            elsewhere: BTreeSet::new(),
        })
    }

    /// Waits until a batch ends, or for a moment, and returns whether anything is left to wait for or to start.
    pub fn wait(&mut self, finished: &Receiver<Finished>) -> bool {
        self.stopped |= self.line.command().observer.stop() || self.gave_up;
        self.show_progress();
        if self.running.is_empty() && (self.stopped || self.elsewhere.is_empty()) {
            return false;
        }
        let result = match finished.recv_timeout(LOOK) {
            Ok((first, result)) => self.finish(first, result),
            Err(RecvTimeoutError::Timeout) => Ok(()),
            Err(RecvTimeoutError::Disconnected) => return false,
        };
        if let Err(error) = result {
            self.give_up(error);
        }
        self.elsewhere.clear();
        true
    }

    /// Starts nothing more; what runs is waited for.
    fn give_up(&mut self, error: Error) {
        self.board.fail(&[], error);
        self.gave_up = true;
    }

    /// The next batch for which there are threads; its lock is held until it ends.
    pub fn start_next(&mut self) -> Option<Batch<'a, L::Work>> {
        self.stopped |= self.line.command().observer.stop() || self.gave_up;
        while !self.stopped {
            let (tasks, threads) = self.next()?;
            match self.start(&tasks, threads) {
                Ok(None) => {}
                Ok(batch) => return batch,
                Err(error) => {
                    self.give_up(error);
                    return None;
                }
            }
        }
        None
    }

    /// Starts tasks, unless other processes do them, or have done them since the last look.
    fn start(&mut self, tasks: &[usize], threads: usize) -> Result<Option<Batch<'a, L::Work>>> {
        let line = self.line;
        let name = line.tasks()[tasks[0]].lock.as_str();
        let Some(lock) = line.command().locks.take(name)? else {
            self.elsewhere.insert(name);
            return Ok(None);
        };
        let tasks = self.board.look_again(tasks)?;
        let Some(&first) = tasks.first() else { return Ok(None) };
        self.board.set(&tasks, Position::Running);
        let reached = Arc::new(Reached::new());
        let own = tasks.iter().map(|&number| &line.tasks()[number]).collect();
        let batch = Batch { first, tasks: own, threads, reached: reached.clone() };
        self.running.insert(first, Running { tasks, threads, lock, started: Instant::now(), reached });
        Ok(Some(batch))
    }

    /// The next tasks to be done together, and their number of threads: the free threads, divided equally among the
    /// batches of the same stage that are ready.
    fn next(&mut self) -> Option<(Vec<usize>, usize)> {
        let (threads, jobs) = (self.line.command().threads, self.line.command().jobs);
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
        let Some(Running { tasks, lock, started, reached, .. }) = self.running.remove(&first) else { return Ok(()) };
        let weight = |tasks: &[usize]| tasks.iter().map(|&number| self.line.tasks()[number].weight()).sum::<f64>();
        self.progress.count(weight(&tasks) * (1.0 - reached.before()));
        let position = match result {
            Ok(Ended::Done) => Position::Done,
            Ok(Ended::Stopped) => {
                self.stopped = true;
                Position::Waiting
            }
            Err(error) => self.board.fail(&tasks, error),
        };
        self.board.set(&tasks, position);
        drop(lock);
        let done = if position == Position::Failed { self.board.done_all_the_same(&tasks) } else { tasks.clone() };
        if position != Position::Waiting {
            self.board.inputs_changed(&done)?;
        }
        self.write_times(&tasks, started.elapsed(), reached.before() > 0.0)
    }

    /// Records the time of a batch, divided equally among its tasks.
    fn write_times(&self, tasks: &[usize], time: Duration, continues: bool) -> Result<()> {
        let seconds = time.as_secs_f64() / tasks.len() as f64;
        self.line.command().record(|manifest| {
            for task in tasks.iter().map(|&number| &self.line.tasks()[number]) {
                manifest.add_seconds(task.work.stage().name(), &task.id.0, seconds, continues);
            }
        })
    }

    /// Tells the observer how far all tasks are.
    fn show_progress(&mut self) {
        let weight = |run: &Running| run.tasks.iter().map(|&number| self.line.tasks()[number].weight()).sum::<f64>();
        let running = self.running.values().map(|run| (weight(run), &*run.reached));
        let whole = self.progress.whole(self.board.progress(), running);
        self.line.command().locks.tell(&whole);
        self.line.command().observer.whole(&whole);
    }

    /// The result of the command.
    ///
    /// # Errors
    /// The failure, or the last of several; the others are told to the observer.
    pub fn ended(mut self) -> Result<Ended> {
        let (count, mut failures) = self.board.take_failures();
        let last = failures.pop();
        let say = |error: &Error| self.line.command().observer.say(&format!("{error:#}"));
        failures.iter().for_each(say);
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

//! Does tasks: several at once, each with its share of the threads, beside other processes that do the same.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::Scope as Threads;
use std::time::{Duration, Instant};

use anyhow::{Context, Error, Result};
use rayon::ThreadPoolBuilder;

use super::lock::Lock;
use super::open::Pipeline;
use super::scope::Scope;
use super::scores::Scores;
use super::state::{Inspection, State};
use super::task::{Stage, Task, TaskId, Work};
use super::{listed, refused};
use crate::nn;
use crate::progress::Ended;
use crate::record::{Agent, Folder};

/// Time between two looks at what other processes have done.
const LOOK: Duration = Duration::from_millis(300);
/// As much as a process's first thread has.
const STACK_BYTES: usize = 8 << 20;

/// How far a task is in this command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Position {
    /// The command does not include it.
    Foreign,
    Waiting,
    Running,
    Done,
    /// It failed, or something that it needs did.
    Failed,
}

/// Tasks that are done together, by one thread with so many helpers.
struct Batch<'a> {
    tasks: Vec<usize>,
    threads: usize,
    lock: Lock<'a>,
    started: Instant,
}

/// How a batch ended, by the number of its first task.
type Finished = (usize, Result<Ended>);

/// A command at work.
struct Board<'a> {
    pipeline: &'a Pipeline<'a>,
    positions: Vec<Position>,
    by_id: BTreeMap<&'a TaskId, usize>,
    running: BTreeMap<usize, Batch<'a>>,
    failed: Vec<Error>,
    stopped: bool,
    /// Seconds of work that the manifest does not tell of yet.
    seconds: BTreeMap<&'static str, f64>,
    /// Locks that were somebody else's at the last look.
    elsewhere: BTreeSet<&'a str>,
}

impl Pipeline<'_> {
    /// Does the tasks of a command that are not done, or those in `only`. What fails is told at the end, after all that
    /// does not need it was done. `from` is the folder of a training that is followed.
    ///
    /// # Errors
    /// The failure, or the last of several.
    pub fn run(&self, scope: Scope, only: &[TaskId], from: Option<&Path>) -> Result<Ended> {
        let mut board = Board::new(self, scope, only)?;
        let (sender, receiver) = channel();
        std::thread::scope(|threads| board.work(threads, &sender, &receiver, from))?;
        if scope <= Scope::Evaluate && board.includes(Stage::Evaluate) {
            self.write_scores()?;
        }
        board.ended()
    }

    /// Writes `scores.csv` anew from the episodes.
    ///
    /// # Errors
    /// If a file cannot be read or written.
    pub fn write_scores(&self) -> Result<()> {
        let _lock = self.locks.wait("scores")?;
        Scores::read(&self.experiment, &self.folder, &self.digests)?.write()
    }

    /// Does tasks that belong together.
    fn perform(&self, tasks: &[&Task], from: Option<&Path>) -> Result<Ended> {
        let agents: Vec<&Agent> = tasks.iter().filter_map(|task| task.work.agent()).collect();
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
}

impl<'a> Board<'a> {
    fn new(pipeline: &'a Pipeline<'a>, scope: Scope, only: &[TaskId]) -> Result<Board<'a>> {
        let tasks = &pipeline.tasks;
        let by_id: BTreeMap<_, _> = tasks.iter().enumerate().map(|(number, task)| (&task.id, number)).collect();
        if let Some(unknown) = only.iter().find(|id| !by_id.contains_key(id)) {
            let problem = format!("--task {unknown}: the experiment has no such task; `pd plan --json` lists all");
            return Err(refused(problem));
        }
        let mut board = Board {
            pipeline,
            positions: vec![Position::Foreign; tasks.len()],
            by_id,
            running: BTreeMap::new(),
            failed: Vec::new(),
            stopped: false,
            seconds: BTreeMap::new(),
            elsewhere: BTreeSet::new(),
        };
        let scores = Scores::read(&pipeline.experiment, &pipeline.folder, &pipeline.digests)?;
        let is_included = |task: &Task| match only {
            [] => scope.includes(task) && task.work != Work::Report,
            ids => ids.contains(&task.id),
        };
        for (number, task) in tasks.iter().enumerate().filter(|(_, task)| is_included(task)) {
            board.positions[number] = match board.inspect(task, &scores) {
                Ok(State::Done) => Position::Done,
                Ok(State::Stale | State::Missing) => Position::Waiting,
                Err(error) => board.fail(task, error),
            };
        }
        if !only.is_empty() {
            board.check_inputs(&scores)?;
        }
        Ok(board)
    }

    /// Checks that what chosen tasks read is there.
    fn check_inputs(&self, scores: &Scores) -> Result<()> {
        let waiting = self.numbers(Position::Waiting);
        let inputs = waiting.iter().flat_map(|&number| &self.pipeline.tasks[number].inputs);
        let mut missing = Vec::new();
        for input in inputs.filter(|input| self.positions[self.by_id[input]] == Position::Foreign) {
            if self.inspect(&self.pipeline.tasks[self.by_id[input]], scores)? != State::Done {
                missing.push(input.clone());
            }
        }
        match missing.is_empty() {
            true => Ok(()),
            false => Err(refused(format!("not done yet, but needed: {}", listed(&missing)))),
        }
    }

    fn inspect(&self, task: &Task, scores: &Scores) -> Result<State> {
        let Pipeline { experiment, folder, digests, .. } = self.pipeline;
        Inspection { experiment, folder, digests, scores }.state(task)
    }

    fn numbers(&self, position: Position) -> Vec<usize> {
        (0..self.positions.len()).filter(|&number| self.positions[number] == position).collect()
    }

    fn includes(&self, stage: Stage) -> bool {
        let own = self.pipeline.tasks.iter().zip(&self.positions);
        own.into_iter().any(|(task, position)| task.work.stage() == stage && *position != Position::Foreign)
    }

    fn fail(&mut self, task: &Task, error: Error) -> Position {
        self.failed.push(error.context(task.work.to_string()));
        Position::Failed
    }

    /// Starts tasks and waits for them until none is left that can be done.
    fn work<'scope>(
        &mut self,
        threads: &'scope Threads<'scope, '_>,
        sender: &Sender<Finished>,
        receiver: &Receiver<Finished>,
        from: Option<&'scope Path>,
    ) -> Result<()>
    where
        'a: 'scope,
    {
        loop {
            self.stopped |= self.pipeline.observer.stop();
            if !self.stopped {
                self.start_all(threads, sender, from)?;
            }
            self.tell();
            if self.running.is_empty() && (self.stopped || self.elsewhere.is_empty()) {
                return Ok(());
            }
            match receiver.recv_timeout(LOOK) {
                Ok((first, result)) => self.finish(first, result)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
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
        self.elsewhere.clear();
        while let Some((tasks, share)) = self.next() {
            let pipeline = self.pipeline;
            let name = pipeline.tasks[tasks[0]].lock.as_str();
            let Some(lock) = pipeline.locks.take(name)? else {
                self.elsewhere.insert(name);
                continue;
            };
            // Another process may have done it since the last look.
            let scores = Scores::read(&pipeline.experiment, &pipeline.folder, &pipeline.digests)?;
            let mut left = Vec::new();
            for number in tasks {
                match self.inspect(&pipeline.tasks[number], &scores) {
                    Ok(State::Done) => self.positions[number] = Position::Done,
                    Ok(State::Stale | State::Missing) => left.push(number),
                    Err(error) => self.positions[number] = self.fail(&pipeline.tasks[number], error),
                }
            }
            let Some(&first) = left.first() else { continue };
            left.iter().for_each(|&number| self.positions[number] = Position::Running);
            let batch: Vec<&Task> = left.iter().map(|&number| &pipeline.tasks[number]).collect();
            let sender = sender.clone();
            threads.spawn(move || {
                let result = with_threads(pipeline, share, || pipeline.perform(&batch, from));
                // Nobody listens only where the command has failed itself.
                sender.send((first, result)).ok();
            });
            self.running.insert(first, Batch { tasks: left, threads: share, lock, started: Instant::now() });
        }
        Ok(())
    }

    /// The next tasks to be done together, and their share of the threads: of those that are free, an equal one for each
    /// batch of their stage that could start as well.
    fn next(&mut self) -> Option<(Vec<usize>, usize)> {
        let Pipeline { threads, jobs, .. } = *self.pipeline;
        let used: usize = self.running.values().map(|batch| batch.threads).sum();
        let free = threads.max(jobs).saturating_sub(used);
        let places = jobs.saturating_sub(self.running.len());
        if free == 0 || places == 0 {
            return None;
        }
        let ready = self.ready();
        let first = ready.first()?.clone();
        let stage = |tasks: &[usize]| self.pipeline.tasks[tasks[0]].work.stage();
        let alike = ready.iter().filter(|tasks| stage(tasks) == stage(&first)).count();
        Some((first, (free / alike.min(places)).max(1)))
    }

    /// Tasks whose inputs are there, by lock. Tasks that share a lock wait for one another.
    fn ready(&mut self) -> Vec<Vec<usize>> {
        let mut by_lock: Vec<(&str, Vec<usize>)> = Vec::new();
        let mut held_up = BTreeSet::new();
        for number in self.numbers(Position::Waiting) {
            let task = &self.pipeline.tasks[number];
            let lock = task.lock.as_str();
            match self.inputs(task) {
                Position::Done => match by_lock.iter_mut().find(|(name, _)| *name == lock) {
                    Some((_, tasks)) => tasks.push(number),
                    None => by_lock.push((lock, vec![number])),
                },
                Position::Failed => self.positions[number] = Position::Failed,
                _ => _ = held_up.insert(lock),
            }
        }
        by_lock.retain(|(lock, _)| !held_up.contains(lock) && !self.elsewhere.contains(lock));
        by_lock.into_iter().map(|(_, tasks)| tasks).collect()
    }

    /// Whether all inputs of a task are there (done), will be (waiting), or will not (failed).
    fn inputs(&self, task: &Task) -> Position {
        let mut all = Position::Done;
        for input in &task.inputs {
            let number = self.by_id[input];
            match self.positions[number] {
                Position::Failed => return Position::Failed,
                Position::Waiting | Position::Running => all = Position::Waiting,
                Position::Foreign if task.work.stage() == Stage::Evaluate => {
                    let outputs = &self.pipeline.tasks[number].outputs;
                    if !outputs.iter().all(|output| output.exists()) {
                        log::warn!("{}: not scored, since it has no weights yet", task.work);
                        return Position::Failed;
                    }
                }
                Position::Foreign | Position::Done => {}
            }
        }
        all
    }

    fn finish(&mut self, first: usize, result: Result<Ended>) -> Result<()> {
        let Some(Batch { tasks, lock, started, .. }) = self.running.remove(&first) else { return Ok(()) };
        let task = &self.pipeline.tasks[first];
        let position = match result {
            Ok(Ended::Done) => Position::Done,
            Ok(Ended::Stopped) => {
                self.stopped = true;
                Position::Waiting
            }
            Err(error) => self.fail(task, error),
        };
        tasks.iter().for_each(|&number| self.positions[number] = position);
        drop(lock);
        *self.seconds.entry(task.work.stage().name()).or_default() += started.elapsed().as_secs_f64();
        self.write_times()
    }

    /// Adds whole seconds of work to the manifest.
    fn write_times(&mut self) -> Result<()> {
        if self.seconds.values().all(|seconds| *seconds < 1.0) || !self.pipeline.has_worked() {
            return Ok(());
        }
        self.pipeline.write_manifest(|manifest| {
            for (stage, seconds) in &mut self.seconds {
                *manifest.stage_seconds.entry((*stage).to_owned()).or_default() += seconds.floor() as u64;
                *seconds = seconds.fract();
            }
        })
    }

    fn tell(&self) {
        let all = self.pipeline.tasks.iter().zip(&self.positions).filter(|(_, own)| **own != Position::Foreign);
        let (mut done, mut tasks, mut done_weight, mut weight) = (0, 0, 0.0, 0.0);
        for (task, position) in all {
            tasks += 1;
            weight += task.weight();
            if *position == Position::Done {
                done += 1;
                done_weight += task.weight();
            }
        }
        self.pipeline.observer.whole(done, tasks, if weight > 0.0 { done_weight / weight } else { 1.0 });
    }

    fn ended(mut self) -> Result<Ended> {
        let count = self.failed.len();
        let last = self.failed.pop();
        self.failed.iter().for_each(|error| self.pipeline.observer.say(&format!("{error:#}")));
        match last {
            Some(error) if self.stopped => {
                self.pipeline.observer.say(&format!("{error:#}"));
                Ok(Ended::Stopped)
            }
            Some(error) if count == 1 => Err(error),
            Some(error) => Err(error.context(format!("{count} runs failed, the last of them"))),
            None if self.stopped => Ok(Ended::Stopped),
            None => Ok(Ended::Done),
        }
    }
}

/// Does some work on so many threads. It runs on one of them itself, so that work which is divided among them begins
/// without a wait.
fn with_threads<T: Send>(pipeline: &Pipeline, threads: usize, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let pool = ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK_BYTES).build()?;
    pool.install(|| {
        nn::set_threads(pipeline.device, threads);
        work()
    })
}

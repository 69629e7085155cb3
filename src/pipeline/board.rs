//! The position of a command's tasks: done, ready, waiting or failed.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Error, Result};

use super::line::Line;
use super::progress::Tally;
use super::scope::Scope;
use super::task::{Stage, Task, TaskId, TaskState, Work, closure};
use super::{refused, with_commas};
use crate::report::shortened;

/// Most tasks that an error names.
const NAMED: usize = 2;

/// The position of a task in a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// The command does not include it.
    Foreign,
    Waiting,
    Running,
    Done,
    /// The task, or one of its inputs, failed.
    Failed,
}

/// The error of one or more tasks.
struct Failure {
    tasks: Vec<String>,
    /// Whether they failed together, so that the error says itself whose it is.
    is_together: bool,
    error: Error,
}

impl Failure {
    /// The error with the tasks' names, unless it has them.
    fn named(self) -> Error {
        let Failure { tasks, is_together, error } = self;
        let text = error.to_string();
        let is_named = tasks.iter().any(|name| text.starts_with(&format!("{name}: ")));
        if is_together || is_named { error } else { error.context(shortened(&tasks, NAMED)) }
    }
}

/// The tasks of an experiment, by their index in its list, as one command sees them.
pub struct Board<'a, L: Line> {
    line: &'a L,
    positions: Vec<Position>,
    by_id: BTreeMap<&'a TaskId, usize>,
    failures: Vec<Failure>,
}

impl<'a, L: Line> Board<'a, L> {
    /// The tasks of a command, or those in `only` with the others of their locks, as the folder shows them.
    ///
    /// # Errors
    /// If `only` names a task whose inputs are not done.
    pub fn new(line: &'a L, scope: Scope, only: &[TaskId]) -> Result<Board<'a, L>> {
        let tasks = line.tasks();
        let by_id: BTreeMap<_, _> = tasks.iter().enumerate().map(|(number, task)| (&task.id, number)).collect();
        let mut board = Board { line, positions: vec![Position::Foreign; tasks.len()], by_id, failures: Vec::new() };
        // Students that learn from the same play go on from the same checkpoint.
        let locks: BTreeSet<&str> =
            tasks.iter().filter(|task| only.contains(&task.id)).map(|task| task.lock.as_str()).collect();
        let is_included = |task: &Task<L::Work>| match only {
            [] => task.work.is_in(scope) && task.work.stage() != Stage::Report,
            _ => locks.contains(task.lock.as_str()) && task.work.stage() != Stage::Report,
        };
        let included: Vec<usize> = (0..tasks.len()).filter(|&number| is_included(&tasks[number])).collect();
        board.look_again(&included)?;
        if !only.is_empty() {
            board.check_inputs()?;
        }
        Ok(board)
    }

    /// Checks in the folder whether tasks are done, and returns those that are not.
    ///
    /// # Errors
    /// If a file that all evaluations share is damaged.
    pub fn look_again(&mut self, numbers: &[usize]) -> Result<Vec<usize>> {
        let mut left = Vec::new();
        for (&number, state) in numbers.iter().zip(self.line.states(numbers)) {
            self.positions[number] = match state {
                Ok(TaskState::Done) => Position::Done,
                Ok(TaskState::Stale | TaskState::Missing) => {
                    left.push(number);
                    Position::Waiting
                }
                Err(error) => self.fail(&[number], error),
            };
        }
        Ok(left)
    }

    /// Checks that the inputs of the chosen tasks are done.
    fn check_inputs(&self) -> Result<()> {
        let tasks = self.line.tasks();
        let inputs = self.waiting().into_iter().flat_map(|number| &tasks[number].inputs).map(|input| self.by_id[input]);
        let foreign: Vec<usize> = inputs.filter(|&number| self.positions[number] == Position::Foreign).collect();
        let mut missing = Vec::new();
        for (&number, state) in foreign.iter().zip(self.line.states(&foreign)) {
            if state? != TaskState::Done {
                missing.push(tasks[number].id.clone());
            }
        }
        match missing.is_empty() {
            true => Ok(()),
            false => {
                Err(refused(format!("{}: needed, but not done yet; do them with --task first", with_commas(&missing))))
            }
        }
    }

    fn waiting(&self) -> Vec<usize> {
        (0..self.positions.len()).filter(|&number| self.positions[number] == Position::Waiting).collect()
    }

    /// Whether the command includes tasks of the stage.
    pub fn includes(&self, stage: Stage) -> bool {
        self.included().any(|(task, _)| task.work.stage() == stage)
    }

    fn included(&self) -> impl Iterator<Item = (&Task<L::Work>, Position)> {
        let tasks = self.line.tasks().iter().zip(self.positions.iter().copied());
        tasks.filter(|(_, position)| *position != Position::Foreign)
    }

    /// Sets the position of tasks.
    pub fn set(&mut self, numbers: &[usize], position: Position) {
        numbers.iter().for_each(|&number| self.positions[number] = position);
    }

    /// Records the error with which tasks failed together. An error that several meet, such as a damaged file that all
    /// read, is told once, with their names.
    pub fn fail(&mut self, numbers: &[usize], error: Error) -> Position {
        let text = format!("{error:#}");
        let names = |number: &usize| self.line.tasks()[*number].work.to_string();
        let mut failure =
            Failure { tasks: numbers.iter().map(names).collect(), is_together: numbers.len() != 1, error };
        if let Some(at) = self.failures.iter().position(|own| format!("{:#}", own.error) == text) {
            let mut tasks = self.failures.remove(at).tasks;
            tasks.append(&mut failure.tasks);
            failure = Failure { tasks, is_together: false, ..failure };
        }
        self.failures.push(failure);
        Position::Failed
    }

    /// The number of tasks that failed, and their errors.
    pub fn take_failures(&mut self) -> (usize, Vec<Error>) {
        let count = self.failures.iter().map(|failure| failure.tasks.len().max(1)).sum();
        (count, self.failures.drain(..).map(Failure::named).collect())
    }

    /// Those of a failed batch's tasks whose outputs are there: one student that diverges takes none with it.
    pub fn done_all_the_same(&mut self, numbers: &[usize]) -> Vec<usize> {
        let states = numbers.iter().zip(self.line.states(numbers));
        let is_done = |(_, state): &(&usize, Result<TaskState>)| matches!(state, Ok(TaskState::Done));
        let done: Vec<usize> = states.filter(is_done).map(|(&number, _)| number).collect();
        self.set(&done, Position::Done);
        done
    }

    /// Tasks whose inputs are done, grouped by lock, without those whose lock is held `elsewhere`. Tasks that share a
    /// lock wait for one another.
    pub fn ready(&mut self, elsewhere: &BTreeSet<&str>) -> Vec<Vec<usize>> {
        let mut by_lock: Vec<(&str, Vec<usize>)> = Vec::new();
        let mut held_up = BTreeSet::new();
        for number in self.waiting() {
            let task = &self.line.tasks()[number];
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
        by_lock.retain(|(lock, _)| !held_up.contains(lock) && !elsewhere.contains(lock));
        by_lock.into_iter().map(|(_, tasks)| tasks).collect()
    }

    /// Looks again at what is made from the outputs of tasks: with other inputs it is not done any more.
    ///
    /// # Errors
    /// As [`Board::look_again`].
    pub fn inputs_changed(&mut self, numbers: &[usize]) -> Result<()> {
        let tasks = self.line.tasks();
        let below = closure(tasks, |task| numbers.iter().any(|&number| tasks[number].id == task.id));
        let below = below.into_iter().map(|task| self.by_id[&task.id]);
        let is_done = |&number: &usize| self.positions[number] == Position::Done && !numbers.contains(&number);
        let done: Vec<usize> = below.filter(is_done).collect();
        self.look_again(&done).map(|_| ())
    }

    /// Whether all inputs of a task are there (done), will be (waiting), or will not (failed).
    fn inputs(&self, task: &Task<L::Work>) -> Position {
        let mut combined = Position::Done;
        for input in &task.inputs {
            let number = self.by_id[input];
            match self.positions[number] {
                Position::Failed => return Position::Failed,
                Position::Waiting | Position::Running => combined = Position::Waiting,
                Position::Foreign if task.work.stage() == Stage::Evaluate => {
                    if !self.line.tasks()[number].outputs.iter().all(|output| output.exists()) {
                        log::warn!("{}: not scored, since it has no weights yet", task.work);
                        return Position::Failed;
                    }
                }
                Position::Foreign | Position::Done => {}
            }
        }
        combined
    }

    /// The command's tasks by number and weight.
    pub fn progress(&self) -> Tally {
        let mut tally = Tally::default();
        for (task, position) in self.included() {
            tally.tasks += 1;
            tally.weight += task.weight();
            if position == Position::Done {
                tally.done += 1;
                tally.done_weight += task.weight();
            }
        }
        tally
    }
}

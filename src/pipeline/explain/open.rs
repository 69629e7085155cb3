//! An opened experiment of the line.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;

use super::list::tasks;
use super::state::{state, state_of_report};
use super::work::{ModelTask, ModelWork};
use crate::config::explanations::{self, Explanations};
use crate::config::{LineName, Overrides, line_of};
use crate::pipeline::batch::Batch;
use crate::pipeline::checks::{check_alone, check_tasks, check_work_beside};
use crate::pipeline::command::Command;
use crate::pipeline::leftovers::remove_unfinished;
use crate::pipeline::line::Line;
use crate::pipeline::lock::Locks;
use crate::pipeline::manifest::{Provenance, forget_times};
use crate::pipeline::request::Request;
use crate::pipeline::scope::Scope;
use crate::pipeline::task::{TaskId, TaskState};
use crate::pipeline::{Observer, key, refused};
use crate::progress::Ended;
use crate::record::{Folder, TaskRecord, remove_checkpoint, remove_file, remove_folder, write_toml};
use crate::report::{Activity, TerminalReport};
use crate::{report, task};

/// The experiment of a request, and its folder.
///
/// # Errors
/// As [`explanations::read`]; or if the folder holds an experiment of another line.
pub fn read(request: &Request) -> Result<(Explanations, Folder)> {
    let overrides = Overrides { set: request.set.to_vec(), seed: request.seed };
    let experiment = explanations::read(&request.text_file(), &overrides)?;
    let folder = request.folder(&experiment.name);
    let there = folder.experiment();
    let line = if there.exists() { line_of(&there) } else { Ok(LineName::Explanations) };
    let way_out = "repair or remove it, or choose another folder with --out";
    if line.map_err(|error| refused(format!("{error}; {way_out}")))? != LineName::Explanations {
        let place = folder.root().display();
        return Err(refused(format!("{place}: holds an experiment of games; choose another folder with --out")));
    }
    Ok((experiment, folder))
}

/// The scores of an experiment, with what a report says of them.
///
/// # Errors
/// If a file is damaged.
pub fn scored(request: &Request) -> Result<TerminalReport> {
    let (experiment, folder) = read(request)?;
    report::explanations::scored(&folder, &experiment)
}

/// An experiment with its folder prepared.
pub struct ExplainPipeline<'a> {
    pub experiment: Explanations,
    pub task: task::QuestionTask,
    pub folder: Folder,
    pub tasks: Vec<ModelTask>,
    pub command: Command<'a>,
}

impl<'a> ExplainPipeline<'a> {
    /// Checks the request, then prepares the folder.
    ///
    /// # Errors
    /// The obstacle to the request, with the way out.
    pub fn open(request: &Request, observer: &'a dyn Observer) -> Result<ExplainPipeline<'a>> {
        let (experiment, folder) = read(request)?;
        if request.scope == Scope::Follow {
            return Err(refused("`pd follow` is for games: a teacher that explains is finished before its students"));
        }
        let list = tasks(&experiment, &folder)?;
        check_tasks(request, &list)?;
        let exists = folder.experiment().exists();
        if request.scope == Scope::Report && !exists {
            return Err(refused(format!("{}: no results there yet; `pd run` makes them", folder.root().display())));
        }
        check_made_alike(request, &folder, &list)?;
        let locks = Locks::in_folder(folder.root().join(".locks"));
        let alone = locks.wait("folder").map_err(refused)?;
        if request.scope != Scope::Report {
            locks.attend().map_err(refused)?;
        }
        // Another process may have begun, or ended, with other settings since the first check.
        check_made_alike(request, &folder, &list)?;
        let other = locks.other();
        if let Some(other) = &other {
            check_beside(other, &folder, &list)?;
        }
        if other.is_none() {
            locks.remove_dead()?;
            remove_leftovers(&folder, &list)?;
        }
        if request.fresh {
            check_alone(&folder, other)?;
            let anew = request.scope.renews(&list);
            anew.iter().try_for_each(|task| remove(&folder, task))?;
            forget_times(&folder, &anew)?;
        }
        write_toml(&folder.experiment(), &experiment).map_err(refused)?;
        drop(alone);
        let provenance = Provenance { seeds: experiment.seeds.clone(), ale: None, roms: BTreeMap::new() };
        Ok(ExplainPipeline {
            command: Command::new(request, &folder, provenance, locks, observer),
            task: task::QuestionTask::new(&experiment.task),
            experiment,
            folder,
            tasks: list,
        })
    }
}

impl Line for ExplainPipeline<'_> {
    type Work = ModelWork;

    fn tasks(&self) -> &[ModelTask] {
        &self.tasks
    }

    fn states(&self, numbers: &[usize]) -> Vec<Result<TaskState>> {
        let state = |task: &ModelTask| match task.work {
            ModelWork::Report => Ok(state_of_report(&self.folder, &self.experiment)),
            _ => state(task),
        };
        numbers.iter().map(|&number| state(&self.tasks[number])).collect()
    }

    fn perform(&self, batch: &Batch<ModelWork>, _: Option<&Path>) -> Result<Ended> {
        self.command.begin_work()?;
        // Each task has a lock of its own.
        let task = batch.tasks[0];
        match &task.work {
            ModelWork::Learn(model) => self.learn(batch, task, model),
            ModelWork::Explain { teacher, seed } => self.explain(batch, task, teacher, *seed),
            ModelWork::Answer(model) => self.answer(batch, task, model),
            ModelWork::Report => Ok(Ended::Done),
        }
    }

    fn close(&self, _: bool) -> Result<()> {
        Ok(())
    }

    fn report(&self, goes_on: Option<&Activity>) -> Result<TerminalReport> {
        let _lock = self.command.locks.wait("report")?;
        report::explanations::write(&self.folder, &self.experiment, goes_on)
    }

    fn command(&self) -> &Command<'_> {
        &self.command
    }
}

/// Checks that another process at work in the folder does none of the tasks with other settings.
fn check_beside(other: &str, folder: &Folder, list: &[ModelTask]) -> Result<()> {
    if !folder.experiment().exists() {
        return Ok(());
    }
    let theirs = explanations::read(&folder.experiment(), &Overrides::default()).map_err(refused)?;
    check_work_beside(other, folder, list, &tasks(&theirs, folder)?)
}

/// Checks that the results in the folder were made with the same settings, or are made anew.
pub fn check_made_alike(request: &Request, folder: &Folder, list: &[ModelTask]) -> Result<()> {
    let anew: Vec<&TaskId> =
        if request.fresh { request.scope.renews(list).iter().map(|task| &task.id).collect() } else { Vec::new() };
    let (mut changes, mut stale) = (Vec::new(), Vec::new());
    for task in list.iter().filter(|task| task.work != ModelWork::Report && !anew.contains(&&task.id)) {
        if state(task).map_err(refused)? == TaskState::Stale {
            let record = TaskRecord::read(&task.outputs[0])?;
            let before = record.map(|record| record.settings).unwrap_or_default();
            changes.extend(task.key.changes(&before));
            stale.push(task);
        }
    }
    let Some(first) = stale.first().map(|task| &task.work) else { return Ok(()) };
    let what = match key::in_words(changes) {
        None => "from other inputs".to_owned(),
        Some(changes) => format!("with other settings: {changes}"),
    };
    let renews = |scope: Scope| {
        let anew = scope.renews(list);
        stale.iter().all(|task| anew.iter().any(|own| own.id == task.id))
    };
    let command = request.command_anew(request.scope.cheapest(renews), true);
    let (place, count) = (folder.root().display(), stale.len());
    Err(refused(format!(
        "{place}: {count} of its results, the first of them {first}, were made {what}; make them all anew with `pd {command}`, \
         or choose another folder with --out"
    )))
}

/// Removes what a killed command has left behind: unfinished files, and checkpoints of models that are done.
fn remove_leftovers(folder: &Folder, list: &[ModelTask]) -> Result<()> {
    remove_unfinished(folder.root())?;
    for task in list {
        if let ModelWork::Learn(model) = &task.work
            && state(task)? == TaskState::Done
        {
            remove_checkpoint(&folder.run(model).checkpoint())?;
        }
    }
    Ok(())
}

/// Removes what a task has made.
fn remove(folder: &Folder, task: &ModelTask) -> Result<()> {
    match &task.work {
        ModelWork::Learn(model) => remove_folder(folder.run(model).root()),
        ModelWork::Explain { teacher, seed } => remove_folder(folder.explanations(teacher, *seed).root()),
        ModelWork::Answer(model) => TaskRecord::remove(&folder.run(model).answers()),
        ModelWork::Report => {
            remove_file(&folder.scores())?;
            remove_folder(&folder.report())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_commands_with_other_settings_of_one_task_do_not_work_in_one_folder() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::at(root.path());
        let text =
            "line = \"explanations\"\nseeds = [1]\n[[teachers]]\nname = \"rlt\"\n[[students]]\nname = \"same\"\n";
        let experiment = |set: &str, seed: Option<u64>| {
            explanations::read_text("x.toml", "x", text, &Overrides { set: vec![set.into()], seed }).unwrap()
        };
        write_toml(&folder.experiment(), &experiment("base.steps=60", None)).unwrap();
        let beside = |set: &str, seed: Option<u64>| {
            check_beside("another command", &folder, &tasks(&experiment(set, seed), &folder).unwrap())
        };
        beside("base.steps=60", None).unwrap();
        beside("base.steps=61", Some(2)).unwrap();
        let refusal = beside("base.steps=61", None).unwrap_err().to_string();
        assert!(refusal.contains("base.steps (60 → 61)") && refusal.contains("another command"), "{refusal}");
    }
}

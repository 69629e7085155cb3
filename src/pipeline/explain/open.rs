//! An opened experiment of the line.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Error, Result};

use super::list::tasks;
use super::state::{state, state_of_report};
use super::work::{ModelTask, ModelWork};
use crate::config::explanations::{self, Explanations};
use crate::config::{LineName, Overrides, line_of};
use crate::pipeline::batch::Batch;
use crate::pipeline::command::Command;
use crate::pipeline::key::{self, SettingChange};
use crate::pipeline::leftovers::remove_unfinished;
use crate::pipeline::line::Line;
use crate::pipeline::lock::Locks;
use crate::pipeline::manifest::Provenance;
use crate::pipeline::opening::{Opening, Prepare};
use crate::pipeline::request::Request;
use crate::pipeline::scope::Scope;
use crate::pipeline::task::TaskState;
use crate::pipeline::{Observer, refused};
use crate::progress::Ended;
use crate::questions::QuestionTask;
use crate::record::{Folder, TaskRecord, remove_checkpoint, remove_file, remove_folder};
use crate::report;
use crate::report::{Activity, TerminalReport};

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
    pub task: QuestionTask,
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
        let opening = ModelOpening::read(request)?;
        if request.scope == Scope::Follow {
            return Err(refused("`pd follow` is for games: a teacher that explains is finished before its students"));
        }
        opening.check_request()?;
        opening.check_settings()?;
        let locks = Locks::in_folder(opening.folder.root().join(".locks"));
        opening.prepare(&locks)?;
        let Opening { experiment, folder, tasks, .. } = opening;
        let provenance = Provenance { seeds: experiment.seeds.clone(), ale: None, roms: BTreeMap::new() };
        Ok(ExplainPipeline {
            command: Command::new(request, &folder, provenance, locks, observer),
            task: QuestionTask::new(&experiment.task),
            experiment,
            folder,
            tasks,
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

/// An experiment of the line before its work.
pub type ModelOpening<'a> = Opening<'a, Explanations, ModelWork>;

impl<'a> ModelOpening<'a> {
    /// Reads the experiment of a request.
    ///
    /// # Errors
    /// As [`read`] and [`tasks`].
    pub fn read(request: &'a Request<'a>) -> Result<ModelOpening<'a>> {
        let (experiment, folder) = read(request)?;
        Ok(ModelOpening { request, tasks: tasks(&experiment, &folder)?, experiment, folder })
    }
}

impl Prepare<ModelWork> for ModelOpening<'_> {
    type Earlier = ();

    fn check_settings(&self) -> Result<()> {
        let anew = if self.request.fresh { self.renewed() } else { Vec::new() };
        let (mut changes, mut stale) = (Vec::new(), Vec::new());
        let is_renewed = |task: &ModelTask| anew.iter().any(|own| own.id == task.id);
        for task in self.tasks.iter().filter(|task| task.work != ModelWork::Report && !is_renewed(task)) {
            if state(task).map_err(refused)? == TaskState::Stale {
                let record = TaskRecord::read(&task.outputs[0])?;
                let before = record.map(|record| record.settings).unwrap_or_default();
                changes.extend(task.key.changes(&before));
                stale.push(task);
            }
        }
        if stale.is_empty() { Ok(()) } else { Err(made_otherwise(self, &stale, changes)) }
    }

    fn recorded_tasks(&self) -> Result<Vec<ModelTask>> {
        let recorded = explanations::read(&self.folder.experiment(), &Overrides::default()).map_err(refused)?;
        tasks(&recorded, &self.folder)
    }

    fn remove_leftovers(&self) -> Result<()> {
        remove_leftovers(&self.folder, &self.tasks)
    }

    fn renewed(&self) -> Vec<&ModelTask> {
        self.request.scope.renews(&self.tasks)
    }

    fn remove_renewed(&self, renewed: &[&ModelTask], (): ()) -> Result<()> {
        renewed.iter().try_for_each(|task| remove(&self.folder, task))
    }
}

/// The refusal of results that were made with other settings or from other inputs.
fn made_otherwise(opening: &ModelOpening, stale: &[&ModelTask], changes: Vec<SettingChange>) -> Error {
    let what = match key::in_words(changes) {
        None => "from other inputs".to_owned(),
        Some(changes) => format!("with other settings: {changes}"),
    };
    let renews = |scope: Scope| {
        let anew = scope.renews(&opening.tasks);
        stale.iter().all(|task| anew.iter().any(|own| own.id == task.id))
    };
    let command = opening.request.command_anew(opening.request.scope.cheapest(renews), true);
    let (place, count, first) = (opening.folder.root().display(), stale.len(), &stale[0].work);
    refused(format!(
        "{place}: {count} of its results, the first of them {first}, were made {what}; make them all anew with `pd {command}`, \
         or choose another folder with --out"
    ))
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
        let (file, out) = (root.path().join("x.toml"), root.path().join("x"));
        let students = "[[teachers]]\nname = \"rlt\"\n[[students]]\nname = \"same\"\n";
        std::fs::write(&file, format!("line = \"explanations\"\nseeds = [1]\n{students}")).unwrap();
        let opened = |setting: &str, seed: Option<u64>, act: &dyn Fn(&ModelOpening) -> Result<()>| {
            let set = [setting.to_owned()];
            let (scope, device) = (Scope::Run, crate::nn::Device::Cpu);
            let request = Request {
                scope,
                file: &file,
                set: &set,
                only: &[],
                from: None,
                seed,
                out: Some(&out),
                device,
                threads: 1,
                jobs: None,
                fresh: false,
                watch: false,
            };
            act(&ModelOpening::read(&request).unwrap())
        };
        opened("base.steps=60", None, &|own| own.prepare(&Locks::in_folder(out.join(".locks")))).unwrap();
        let beside = |setting: &str, seed| opened(setting, seed, &|own| own.check_beside("another command"));
        beside("base.steps=60", None).unwrap();
        beside("base.steps=61", Some(2)).unwrap();
        let refusal = beside("base.steps=61", None).unwrap_err().to_string();
        assert!(refusal.contains("base.steps (60 → 61)") && refusal.contains("another command"), "{refusal}");
    }
}

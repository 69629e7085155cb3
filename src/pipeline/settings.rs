//! Compares the settings of a folder's results with those of a command.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;

use super::clean::{others, with_rows};
use super::key::{self, SettingChange, Settings};
use super::list::{Teaching, tasks};
use super::open::Request;
use super::scope::Scope;
use super::task::{Task, Work};
use super::{listed, refused};
use crate::config::{self, Experiment, Overrides};
use crate::record::{AgentId, Folder};

/// The earlier content of a folder.
#[derive(Debug, Default)]
pub struct Earlier {
    /// Whether there is an experiment.
    pub exists: bool,
    /// Agents whose episodes were played by another protocol. A command that makes something anew removes these
    /// episodes.
    pub played_otherwise: BTreeSet<AgentId>,
}

/// Checks that a command may go on in a folder.
///
/// # Errors
/// If results of the experiment's tasks were made with other settings, and the command does not make all of those anew.
pub fn check(request: &Request, folder: &Folder, experiment: &Experiment, list: &[Task]) -> Result<Earlier> {
    let path = folder.experiment();
    if !path.exists() {
        return Ok(Earlier::default());
    }
    let old = match config::read(&path, &Overrides::default()) {
        Ok(old) => old,
        Err(error) => {
            return Err(refused(format!("{error}; repair or remove it, or choose another folder with --out")));
        }
    };
    let stale = stale(folder, list, &key::settings(&old)?)?;
    let played = stale.iter().filter_map(|(task, _)| match &task.work {
        Work::Evaluate(agent) => Some(agent.clone()),
        _ => None,
    });
    let earlier = Earlier { exists: true, played_otherwise: played.collect() };
    if stale.is_empty() {
        return Ok(earlier);
    }
    let renews = |scope: Scope, list: &[Task]| {
        let renewed = scope.renews(list);
        let plays_again = |task: &Task| matches!(task.work, Work::Evaluate(_)) && scope != Scope::Report;
        stale.iter().all(|(task, _)| plays_again(task) || renewed.iter().any(|other| other.id == task.id))
    };
    let cheapest = request.scope.cheapest(|scope| renews(scope, list));
    let left_with = |experiment: &Experiment, list: &[Task]| others(folder, experiment, list, &old, cheapest);
    if request.fresh && renews(request.scope, list) && left_with(experiment, list)?.is_empty() {
        return Ok(earlier);
    }
    // With `--seed` the command may make fewer results anew than without it.
    let whole = config::read(request.file, &Overrides { set: request.set.to_vec(), seed: None })?;
    let others = left_with(&whole, &tasks(&whole, folder, request.teaching())?)?;
    let (place, changed) = (folder.root().display(), listed(&distinct(stale)));
    let way = way_out(&others, &format!("`pd {} --fresh{}`", cheapest.command(request.file), request.flags()));
    Err(refused(format!(
        "{place}: its results were made with other settings: {changed}; {way}, or choose another folder with --out"
    )))
}

/// Advice for making everything anew with `command`, which leaves `others` as they are.
fn way_out(others: &[String], command: &str) -> String {
    match others {
        [] => format!("make them all anew with {command}"),
        [first, others @ ..] => {
            let more = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
            format!("name or remove {first}{more} and make all anew with {command}")
        }
    }
}

/// The tasks with outputs in the folder that were made with other settings.
fn stale<'a>(folder: &Folder, list: &'a [Task], old: &Settings) -> Result<Vec<(&'a Task, Vec<SettingChange>)>> {
    let scored = with_rows(folder)?;
    let is_there = |task: &Task| match &task.work {
        Work::Evaluate(agent) => scored.contains(agent),
        Work::Train(agent) | Work::Take(agent) | Work::Sweep(agent) | Work::Distill(agent) | Work::Follow(agent) => {
            folder.agent(agent).exists()
        }
        Work::Report => false,
    };
    let changed = list.iter().map(|task| (task, task.key.changes(old))).filter(|(_, changes)| !changes.is_empty());
    Ok(changed.filter(|(task, _)| is_there(task)).collect())
}

fn distinct(stale: Vec<(&Task, Vec<SettingChange>)>) -> Vec<String> {
    let changes: BTreeSet<String> =
        stale.into_iter().flat_map(|(_, changes)| changes).map(|it| it.to_string()).collect();
    changes.into_iter().collect()
}

/// The settings of the teachers in a folder that differ from the experiment's, as text.
///
/// # Errors
/// If the folder's experiment cannot be read.
pub fn learned_otherwise(from: &Folder, experiment: &Experiment) -> Result<String> {
    let theirs = key::settings(&config::read(&from.experiment(), &Overrides::default())?)?;
    let mut teachers = tasks(experiment, from, Teaching::Finished)?.into_iter();
    let teacher = teachers.find(|task| task.work.agent().is_some_and(|agent| *agent == teacher_of(experiment)));
    let protocol = key::settings(experiment)?.into_iter().filter(|(key, _)| key::PROTOCOL.contains(&key.as_str()));
    let Some(mut key) = teacher.map(|task| task.key) else { return Ok(String::new()) };
    // That protocol chose the best weights.
    key.settings.extend(protocol);
    key.settings.remove("distillation.online");
    Ok(listed(&key.changes(&theirs)))
}

fn teacher_of(experiment: &Experiment) -> AgentId {
    AgentId::teacher(experiment.games[0], experiment.seeds[0])
}

impl Request<'_> {
    /// The settings and the place as flags of the command line, for messages.
    pub fn flags(&self) -> String {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/=,".contains(c);
        let quoted = |text: &str| if text.chars().all(is_plain) { text.to_owned() } else { format!("'{text}'") };
        let set = self.set.iter().map(|set| format!(" --set {}", quoted(set)));
        let out = self.out.iter().map(|out: &&Path| format!(" --out {}", quoted(&out.display().to_string())));
        set.chain(out).collect()
    }
}

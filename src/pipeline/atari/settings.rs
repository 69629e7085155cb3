//! Compares the settings of a folder's results with those of a command.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{Error, Result};

use super::clean::{others, with_rows};
use super::list::{Teaching, renewed, tasks};
use super::open::AgentOpening;
use super::state::{check_architecture, check_fit};
use super::work::{AgentTask, AgentWork};
use crate::agent;
use crate::config::{self, Experiment, LineName, Overrides, PROTOCOL, Settings, StudentSettings};
use crate::pipeline::key::{self, SettingChange};
use crate::pipeline::opening::{Opening, Prepare};
use crate::pipeline::scope::Scope;
use crate::pipeline::{refused, with_commas};
use crate::record::{AgentId, Folder, Role, has_checkpoint};

/// The earlier content of a folder.
#[derive(Debug, Default)]
pub struct Earlier {
    /// Agents whose episodes were played by another protocol. A command that makes something anew removes these
    /// episodes.
    pub played_otherwise: BTreeSet<AgentId>,
}

/// The experiment that the folder's results are of; `None` if there are none.
fn earlier(folder: &Folder) -> Result<Option<Experiment>> {
    let path = folder.experiment();
    if !path.exists() {
        return Ok(None);
    }
    let damaged = |error| refused(format!("{error}; repair or remove it, or choose another folder with --out"));
    if config::line_of(&path).map_err(damaged)? != LineName::Atari {
        let place = folder.root().display();
        return Err(refused(format!(
            "{place}: holds an experiment with explanations; choose another folder with --out"
        )));
    }
    config::read(&path, &Overrides::default()).map(Some).map_err(damaged)
}

/// Checks that a command may go on in a folder.
///
/// # Errors
/// If results of the experiment's tasks were made with other settings, and the command does not make all of those anew.
pub fn check(opening: &AgentOpening) -> Result<Earlier> {
    let Opening { request, experiment, folder, tasks } = opening;
    let Some(old) = earlier(folder)? else { return Ok(Earlier::default()) };
    let known = opening.with_experiment(united(experiment, &old))?.tasks;
    let mut stale = stale(folder, &known, &config::settings(&old)?)?;
    let goes_on = |change: &SettingChange| change.lengthens_training() && can_go_on(experiment, folder, &known);
    stale.iter_mut().for_each(|(_, changes)| changes.retain(|change| !goes_on(change)));
    stale.retain(|(_, changes)| !changes.is_empty());
    check_teachers_of(opening, &old)?;
    check_returned(opening, &old)?;
    let played = stale.iter().filter_map(|(task, _)| match &task.work {
        AgentWork::Evaluate(agent) => Some(agent.clone()),
        _ => None,
    });
    let earlier = Earlier { played_otherwise: played.collect() };
    if stale.is_empty() {
        return Ok(earlier);
    }
    let cheapest = request.scope.cheapest(|scope| renews(scope, tasks, &stale));
    let is_enough = others(opening, &old, cheapest)?.is_empty();
    if request.fresh && renews(request.scope, tasks, &stale) && is_enough {
        return Ok(earlier);
    }
    let left = if is_enough {
        Vec::new()
    } else {
        // With `--seed` the command may make fewer results anew than without it.
        let whole = config::read(&request.text_file(), &Overrides { set: request.set.to_vec(), seed: None })?;
        others(&opening.with_experiment(whole)?, &old, cheapest)?
    };
    let way = way_out(&left, &format!("`pd {}`", request.command_anew(cheapest, is_enough)));
    Err(refusal(folder, experiment, stale, &way))
}

/// Whether a command makes all stale tasks anew that are in its list. What else is there, [`others`] finds in the
/// folder.
fn renews(scope: Scope, list: &[AgentTask], stale: &[(&AgentTask, Vec<SettingChange>)]) -> bool {
    let renewed = renewed(scope, list);
    let plays_again = |task: &AgentTask| matches!(task.work, AgentWork::Evaluate(_)) && scope != Scope::Report;
    let is_named = |task: &AgentTask| list.iter().any(|other| other.id == task.id);
    let is_renewed = |task: &AgentTask| plays_again(task) || renewed.iter().any(|other| other.id == task.id);
    stale.iter().all(|(task, _)| !is_named(task) || is_renewed(task))
}

/// The distilled students that the command does not make anew.
fn kept_students<'a>(opening: &'a AgentOpening) -> impl Iterator<Item = &'a AgentId> {
    let renewed = if opening.request.fresh { opening.renewed() } else { Vec::new() };
    opening.tasks.iter().filter_map(move |task| match &task.work {
        AgentWork::Distill(agent) | AgentWork::Follow(agent) => {
            renewed.iter().all(|own| own.id != task.id).then_some(agent)
        }
        _ => None,
    })
}

/// Checks that no finished student would be distilled from the teacher of another seed than it was, unless the command
/// makes it anew.
fn check_teachers_of(opening: &AgentOpening, old: &Experiment) -> Result<()> {
    let folder = &opening.folder;
    let changes = |agent: &&AgentId| {
        let [was, is] = [old, &opening.experiment].map(|of| of.teacher_seed(agent.seed));
        was != is && folder.weights(agent).exists()
    };
    let changed = kept_students(opening).filter(changes);
    let places: Vec<String> = changed.map(|agent| folder.agent(agent).display().to_string()).collect();
    let [first, others @ ..] = places.as_slice() else { return Ok(()) };
    let place = folder.root().display();
    let more = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
    Err(refused(format!(
        "{place}: teacher.seeds gives other teachers to {first}{more}; remove what is to be made anew, or choose another folder \
         with --out"
    )))
}

/// Checks the weights of students that the last command did not name, and whose settings its record therefore lacks,
/// unless the command makes them anew.
fn check_returned(opening: &AgentOpening, old: &Experiment) -> Result<()> {
    let Opening { experiment, folder, .. } = opening;
    let is_new = |agent: &&AgentId| old.students.iter().all(|student| student.name != agent.name);
    for agent in kept_students(opening).filter(is_new) {
        let path = folder.weights(agent);
        // Missing and damaged weights are found later.
        let Ok(metadata) = agent::metadata(&path) else { continue };
        check_architecture(experiment, agent, &path, &metadata)?;
        check_fit(experiment, folder, agent, &path, &metadata)?;
    }
    Ok(())
}

/// The settings that differ, and the way out: `way`, a command that makes everything anew, or another.
fn refusal(folder: &Folder, experiment: &Experiment, stale: Vec<(&AgentTask, Vec<SettingChange>)>, way: &str) -> Error {
    let longer = stale.iter().flat_map(|(_, changes)| changes).any(SettingChange::lengthens_training);
    let alone = remove_students(folder, experiment, &stale);
    let changed = key::in_words(stale.into_iter().flat_map(|(_, changes)| changes)).unwrap_or_default();
    let place = folder.root().display();
    let why = match longer {
        true if experiment.teacher.can_go_on() => " (no training goes on, since its checkpoint is not there)",
        true => " (no training goes on, since its learning rate or its epsilon fell with its length)",
        false => "",
    };
    refused(format!(
        "{place}: its results were made with other settings: {changed}{why}; {way}{alone}, or choose another folder with --out"
    ))
}

/// Advice where only students' own settings differ: those students alone can be made anew.
fn remove_students(folder: &Folder, experiment: &Experiment, stale: &[(&AgentTask, Vec<SettingChange>)]) -> String {
    let keys: BTreeSet<&str> =
        stale.iter().flat_map(|(_, changes)| changes).map(|change| change.key.as_str()).collect();
    let owner = |key: &str| {
        let (name, _) = config::student_setting(key)?;
        let student = experiment.students.iter().find(|student| student.name == name)?;
        Some(folder.root().join("students").join(&student.name))
    };
    let Some(owners) = keys.into_iter().map(owner).collect::<Option<BTreeSet<PathBuf>>>() else { return String::new() };
    let owners: Vec<String> = owners.iter().map(|place| place.display().to_string()).collect();
    format!(", or remove {} to make nothing else anew", with_commas(&owners))
}

/// Whether every finished training in the folder can go on from its checkpoint.
fn can_go_on(experiment: &Experiment, folder: &Folder, list: &[AgentTask]) -> bool {
    let mut trained = list.iter().filter_map(|task| match &task.work {
        AgentWork::Train(agent) => Some(agent),
        _ => None,
    });
    let has_state = |agent: &AgentId| !folder.weights(agent).exists() || has_checkpoint(&folder.checkpoint(agent));
    experiment.teacher.can_go_on() && trained.all(has_state)
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

/// The experiment with the games, seeds and students of an earlier one besides its own.
fn united(experiment: &Experiment, old: &Experiment) -> Experiment {
    let mut united = experiment.clone();
    united.games.extend(old.games.iter().filter(|game| !experiment.games.contains(game)));
    united.seeds.extend(old.seeds.iter().filter(|seed| !experiment.seeds.contains(seed)));
    let is_new = |student: &&StudentSettings| experiment.students.iter().all(|own| own.name != student.name);
    united.students.extend(old.students.iter().filter(is_new).cloned());
    united
}

/// The tasks that have other settings than those with which the folder's results of their kind were made: all of them
/// have one record, whatever games, seeds and students the last command named.
fn stale<'a>(
    folder: &Folder,
    list: &'a [AgentTask],
    old: &Settings,
) -> Result<Vec<(&'a AgentTask, Vec<SettingChange>)>> {
    let has_scores = !with_rows(folder)?.is_empty();
    let has_any = |place: PathBuf| std::fs::read_dir(place).is_ok_and(|mut entries| entries.next().is_some());
    let students = folder.root().join("students");
    let is_there = |task: &AgentTask, change: &SettingChange| match &task.work {
        AgentWork::Evaluate(_) => has_scores,
        AgentWork::Report => false,
        AgentWork::Train(agent) | AgentWork::Take(agent) if !agent.is_student() => {
            has_any(folder.root().join("teachers"))
        }
        AgentWork::Train(agent)
        | AgentWork::Take(agent)
        | AgentWork::Sweep(agent)
        | AgentWork::Distill(agent)
        | AgentWork::Follow(agent) => {
            let own = students.join(&agent.name);
            has_any(if change.key.starts_with("students.") { own } else { students.clone() })
        }
    };
    let changed = list.iter().map(|task| {
        let changes = task.key.changes(old).into_iter().filter(|change| is_there(task, change));
        (task, changes.collect::<Vec<_>>())
    });
    Ok(changed.filter(|(_, changes)| !changes.is_empty()).collect())
}

/// The settings of the teachers in a folder that differ from the experiment's, as text.
///
/// # Errors
/// If the folder's experiment cannot be read.
pub fn learned_otherwise(from: &Folder, experiment: &Experiment) -> Result<String> {
    let theirs = key::settings_in(from)?;
    let mut teachers = tasks(experiment, from, Teaching::Finished)?.into_iter();
    let teacher = teachers.find(|task| task.work.agent().is_some_and(|agent| agent.role == Role::Teacher));
    let own = config::settings(experiment)?.into_iter().filter(|(key, _)| PROTOCOL.contains(&key.as_str()));
    let Some(mut key) = teacher.map(|task| task.key) else { return Ok(String::new()) };
    // That protocol chose the best weights.
    key.settings.extend(own);
    key.settings.remove("distillation.online");
    Ok(key::in_words(key.changes(&theirs)).unwrap_or_default())
}

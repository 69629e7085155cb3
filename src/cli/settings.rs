//! The settings that a folder's results were made with, and those of a command that goes on with them.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use anyhow::Result;
use toml::Value;

use super::arguments::Common;
use super::experiment::Stage;
use super::{fresh, usage};
use crate::config::{self, Experiment, Overrides};
use crate::record::Folder;

/// Settings on which no result depends.
pub const WITHOUT_EFFECT: [&str; 3] = ["teacher.from", "teacher.checkpoint_every", "distillation.checkpoint_every"];

/// Settings of the evaluations during training as well, by which checkpoints are chosen.
pub const OF_EVERY_EVALUATION: [&str; 3] = ["evaluation.epsilon", "evaluation.no_op_max", "evaluation.max_frames"];

/// A setting that two experiments have, but with other values.
pub struct Change {
    key: String,
    was: Value,
    is: Value,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} → {})", self.key, self.was, self.is)
    }
}

/// The settings that both experiments have, but with other values; of those keys that `of` chooses.
pub fn changes(old: &Experiment, new: &Experiment, of: impl Fn(&str) -> bool) -> Result<Vec<Change>> {
    let mut new = settings(new)?;
    let change = |(key, was): (String, Value)| {
        let is = new.remove(&key).filter(|is| of(&key) && *is != was)?;
        Some(Change { key, was, is })
    };
    Ok(settings(old)?.into_iter().filter_map(change).collect())
}

/// Items as text.
pub fn listed(items: &[impl ToString]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// What results depend on, by key; students by name. Games, seeds and students may come and go.
fn settings(experiment: &Experiment) -> Result<BTreeMap<String, Value>> {
    let table = toml::Table::try_from(experiment)?;
    let mut settings = BTreeMap::new();
    for section in ["environment", "teacher", "distillation", "evaluation"] {
        if section == "environment" {
            // It is not written down where it is the screen.
            settings.insert("environment.observation".into(), Value::from("pixels"));
        }
        for (key, value) in table[section].as_table().into_iter().flatten() {
            settings.insert(format!("{section}.{key}"), value.clone());
        }
    }
    for student in table["students"].as_array().into_iter().flatten().filter_map(Value::as_table) {
        for (key, value) in student {
            settings.insert(format!("students.{}.{key}", student["name"].as_str().unwrap_or_default()), value.clone());
        }
    }
    Ok(settings)
}

/// Whether the folder holds an experiment from before.
///
/// # Errors
/// If its results were made with other settings, and the command does not make all of those anew.
pub fn earlier(file: &Path, common: &Common, folder: &Folder, experiment: &Experiment, stage: Stage) -> Result<bool> {
    let path = folder.experiment();
    if !path.exists() {
        return Ok(false);
    }
    let old = match config::read(&path, &Overrides::default()) {
        Ok(old) => old,
        Err(error) => return Err(usage(format!("{error}; repair or remove it, or choose another folder with --out"))),
    };
    let changed = changes(&old, experiment, |key| !WITHOUT_EFFECT.contains(&key))?;
    if changed.is_empty() {
        return Ok(true);
    }
    let smallest = stage.smallest_that(|stage| renews(stage, &old, experiment, &changed));
    let left_with = |experiment| fresh::others(folder, experiment, &old, smallest);
    if common.fresh && renews(stage, &old, experiment, &changed) && left_with(experiment)?.is_empty() {
        return Ok(true);
    }
    // With `--seed` the command may leave results that it makes anew without.
    let whole = config::read(file, &Overrides { set: common.set.clone(), seed: None })?;
    let (place, changed) = (folder.root().display(), listed(&changed));
    let command = format!("`pd {} --fresh{}`", smallest.command(file), flags(common));
    let way = match left_with(&whole)?.as_slice() {
        [] => format!("make them all anew with {command}"),
        [first, others @ ..] => {
            let more = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
            format!("name or remove {first}{more} and make all anew with {command}")
        }
    };
    Err(usage(format!(
        "{place}: its results were made with other settings: {changed}; {way}, or choose another folder with --out"
    )))
}

/// What the command line says of settings and place, to be said again.
fn flags(common: &Common) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/=,".contains(c);
    let quoted = |text: String| if text.chars().all(is_plain) { text } else { format!("'{text}'") };
    let set = common.set.iter().map(|set| format!(" --set {}", quoted(set.clone())));
    let out = common.out.iter().map(|out| format!(" --out {}", quoted(out.display().to_string())));
    set.chain(out).collect()
}

/// Whether a command that starts over makes everything anew that depends on these settings. That a teacher was chosen by
/// other evaluations does not make it another: it may be scored, and distilled, by a protocol of its own.
fn renews(stage: Stage, old: &Experiment, new: &Experiment, changed: &[Change]) -> bool {
    let is_baseline =
        |name: &str| [old, new].iter().any(|of| of.students.iter().any(|of| of.name == name && of.is_baseline()));
    let of_students = |change: &Change| {
        let mut parts = change.key.split('.');
        match (parts.next().unwrap_or_default(), parts.next().unwrap_or_default()) {
            // Only a training leaves whom students follow.
            ("distillation", "online") => !new.distillation.online,
            ("distillation", _) => true,
            ("students", name) => !is_baseline(name),
            ("evaluation", _) => true,
            _ => false,
        }
    };
    match stage {
        Stage::Run | Stage::Train | Stage::Follow => true,
        Stage::Distill => changed.iter().all(of_students),
        Stage::Evaluate => changed.iter().all(|change| change.key.starts_with("evaluation.")),
        Stage::Report => false,
    }
}

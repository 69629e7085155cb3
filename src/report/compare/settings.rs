//! The settings in which two experiments differ.

use std::collections::BTreeSet;

use anyhow::Result;
use serde::Serialize;

use super::side::Side;
use crate::config::{self, Settings};
use crate::record::Manifest;
use crate::report::format::NONE;

/// Settings that change no result.
const WITHOUT_EFFECT: [&str; 7] = [
    "teacher.checkpoint_every",
    "teacher.log_every",
    "teacher.preset",
    "distillation.preset",
    "distillation.checkpoint_every",
    "evaluation.workers",
    "evaluation.latency_decisions",
];

/// Digits by which a commit is known.
const COMMIT_DIGITS: usize = 12;

/// A setting, or another fact about the results, with its value in each experiment; a dash where it is missing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SettingPair {
    pub key: String,
    pub values: [String; 2],
    /// Whether it belongs to the experiment, and not to the program and machine that ran it.
    pub is_setting: bool,
}

impl SettingPair {
    /// Whether scores that were made with different values are not comparable.
    pub fn is_of_scored_play(&self) -> bool {
        config::is_of_scored_play(&self.key)
    }
}

/// What differs: settings of both or of one, then versions.
pub fn differing(sides: [&Side; 2]) -> Result<Vec<SettingPair>> {
    let [first, second] = sides.map(|side| config::settings(&side.experiment));
    let settings = [first?, second?];
    let of_both = |key: &str| {
        let is_foreign = |side: &Side| {
            let owner = config::student_setting(key).map(|(name, _)| name);
            owner.is_some_and(|name| side.experiment.students.iter().all(|student| student.name != name))
        };
        // Each of a collection's teachers learned in its own way.
        let of_collection = |side: &Side| {
            side.experiment.collection.is_some()
                && key.starts_with("teacher.")
                && !["teacher.from", "teacher.seeds"].contains(&key)
        };
        !WITHOUT_EFFECT.contains(&key)
            && !sides.iter().any(|side| of_collection(side))
            && !sides.iter().any(|side| is_foreign(side))
    };
    let lists = ["games", "seeds"].map(|key| pair(key, sides.map(|side| listed(side, key)), true));
    let all = lists.into_iter().flatten().chain(of_keys([&settings[0], &settings[1]], of_both));
    Ok(all.chain(facts(sides.map(|side| side.results.manifest.as_ref()))).collect())
}

/// The settings with different values whose keys `is_shown` says to show.
pub fn of_keys(settings: [&Settings; 2], is_shown: impl Fn(&str) -> bool) -> Vec<SettingPair> {
    let keys: BTreeSet<&String> = settings.iter().flat_map(|own| own.keys()).collect();
    let value = |side: usize, key: &str| settings[side].get(key).map_or(NONE.to_owned(), ToString::to_string);
    let shown = keys.into_iter().filter(|key| is_shown(key));
    shown.filter_map(|key| pair(key, [value(0, key), value(1, key)], true)).collect()
}

fn listed(side: &Side, key: &str) -> String {
    match key {
        "games" => side.experiment.games.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        _ => numbers(&side.experiment.seeds),
    }
}

/// Seeds as a list in words.
pub fn numbers(seeds: &[u64]) -> String {
    seeds.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// None if both values are the same.
pub fn pair(key: &str, values: [String; 2], is_setting: bool) -> Option<SettingPair> {
    (values[0] != values[1]).then(|| SettingPair { key: key.to_owned(), values, is_setting })
}

/// Versions of programs, and the processor.
pub fn facts(made: [Option<&Manifest>; 2]) -> impl Iterator<Item = SettingPair> {
    let fact = move |key: &str, value: fn(&Manifest) -> Option<String>| {
        pair(key, made.map(|own| own.and_then(value).unwrap_or(NONE.to_owned())), false)
    };
    let all = [
        fact("commit of the program", |own| {
            own.maker.git_commit.as_ref().map(|own| own.chars().take(COMMIT_DIGITS).collect())
        }),
        fact("ALE", |own| own.maker.ale.clone()),
        fact("libtorch", |own| Some(own.maker.libtorch.clone())),
        fact("device", |own| Some(own.maker.device.clone())),
        fact("processor", |own| Some(own.maker.machine.cpu.clone())),
    ];
    all.into_iter().flatten()
}

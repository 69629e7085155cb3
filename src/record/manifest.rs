//! `manifest.json`: program versions, machine, seeds and ROMs behind the results of a folder.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::{Machine, is_there, read_json, write_json};

/// The ROM that a game was played with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RomRecord {
    pub md5: String,
    /// The place where it was found: a path, or the crate that bundles it.
    pub source: String,
}

/// A program with what it ran on: what makes results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Maker {
    pub program: String,
    /// Commit of the checkout of which the program was built, with `+changes` if its files differed; `None` outside
    /// git.
    pub git_commit: Option<String>,
    pub libtorch: String,
    /// `None` where no game is played.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ale: Option<String>,
    pub device: String,
    /// Threads of emulation and learning.
    pub threads: usize,
    pub machine: Machine,
}

/// Versions, machine, seeds and ROMs of an experiment's folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The last one that worked in the folder.
    #[serde(flatten)]
    pub maker: Maker,
    /// Those before it, each once. Older manifests lack them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<Maker>,
    pub seeds: Vec<u64>,
    pub roms: BTreeMap<String, RomRecord>,
    /// Seconds of work of each stage that made the folder's results. Tasks that ran at the same time count separately.
    pub stage_seconds: BTreeMap<String, u64>,
    /// Seconds of work of each task, by stage and the task's id. Older manifests lack them.
    #[serde(default)]
    pub task_seconds: BTreeMap<String, BTreeMap<String, f64>>,
    /// Decision times, by role, name, game and seed.
    #[serde(default)]
    pub latencies: BTreeMap<String, Latency>,
    /// Seconds since 1970 at which the last command worked in the folder. Older manifests lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worked_at: Option<u64>,
}

/// Measured time that an agent's weights take for a decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// First characters of the SHA-256 of the weights.
    pub weights: String,
    /// Median at batch 1.
    pub milliseconds: f64,
    /// Lower and upper quartile. Older manifests lack them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quartiles: Option<[f64; 2]>,
    /// The processor's model, as the kernel names it; empty in older manifests.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub processor: String,
}

impl Manifest {
    /// Records that these made results in the folder before the last one did.
    pub fn add_earlier(&mut self, makers: impl IntoIterator<Item = Maker>) {
        for maker in makers {
            if maker != self.maker && !self.earlier.contains(&maker) {
                self.earlier.push(maker);
            }
        }
    }

    /// Records the seconds that a task took. A task that `continues` has worked before; one that started over has not.
    pub fn add_seconds(&mut self, stage: &str, task: &str, seconds: f64, continues: bool) {
        let before = self.task_seconds.entry(stage.to_owned()).or_default().entry(task.to_owned()).or_default();
        let sum = if continues { *before + seconds } else { seconds };
        *before = (10.0 * sum).round() / 10.0;
        self.add_up(stage);
    }

    /// Forgets the seconds of a task whose result is removed.
    pub fn forget_seconds(&mut self, stage: &str, task: &str) {
        self.task_seconds.entry(stage.to_owned()).or_default().remove(task);
        self.add_up(stage);
    }

    /// Makes a stage's seconds those of its tasks.
    fn add_up(&mut self, stage: &str) {
        let tasks = self.task_seconds.entry(stage.to_owned()).or_default();
        let sum: f64 = tasks.values().sum();
        if tasks.is_empty() {
            self.task_seconds.remove(stage);
            self.stage_seconds.remove(stage);
        } else {
            self.stage_seconds.insert(stage.to_owned(), sum.round() as u64);
        }
    }

    /// Reads the manifest at `path`, if there is one.
    ///
    /// # Errors
    /// If it is damaged or cannot be read.
    pub fn read(path: &Path) -> Result<Option<Manifest>> {
        if is_there(path)? { read_json(path).map(Some) } else { Ok(None) }
    }

    /// Replaces the manifest at `path`.
    ///
    /// # Errors
    /// As [`super::write_file`].
    pub fn write(&self, path: &Path) -> Result<()> {
        write_json(path, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn maker(commit: &str) -> Maker {
        Maker {
            program: String::new(),
            git_commit: Some(commit.into()),
            libtorch: String::new(),
            ale: None,
            device: String::new(),
            threads: 1,
            machine: Machine::this(),
        }
    }

    #[test]
    fn a_stages_time_is_that_of_the_tasks_whose_results_are_there() {
        let mut manifest = Manifest {
            maker: maker("a"),
            earlier: Vec::new(),
            seeds: vec![],
            roms: BTreeMap::new(),
            // From an older program, whose results are made again.
            stage_seconds: BTreeMap::from([("train".to_owned(), 1000)]),
            task_seconds: BTreeMap::new(),
            latencies: BTreeMap::new(),
            worked_at: None,
        };
        manifest.add_seconds("train", "a", 10.0, false);
        manifest.add_seconds("train", "b", 5.0, false);
        manifest.add_seconds("train", "b", 2.0, true);
        assert_eq!(manifest.stage_seconds["train"], 17);
        manifest.add_seconds("train", "a", 1.0, false);
        assert_eq!(manifest.stage_seconds["train"], 8);
        manifest.forget_seconds("train", "b");
        assert_eq!(manifest.stage_seconds["train"], 1);
        manifest.forget_seconds("train", "a");
        assert!(manifest.stage_seconds.is_empty() && manifest.task_seconds.is_empty());
    }

    #[test]
    fn those_that_made_results_before_are_kept_once() {
        let mut manifest = Manifest {
            maker: maker("b"),
            earlier: vec![maker("a")],
            seeds: vec![],
            roms: BTreeMap::new(),
            stage_seconds: BTreeMap::new(),
            task_seconds: BTreeMap::new(),
            latencies: BTreeMap::new(),
            worked_at: None,
        };
        manifest.add_earlier([maker("a"), maker("b"), maker("c"), maker("c")]);
        assert_eq!(manifest.earlier, [maker("a"), maker("c")]);
        let text = serde_json::to_string(&manifest).unwrap();
        assert!(text.starts_with("{\"program\":\"\",\"git_commit\":\"b\""), "{text}");
    }
}

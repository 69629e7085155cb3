//! An experiment that is being worked on: its folder, its ROMs, its device, and the order of the stages.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Error, Result};
use toml::Value;

use super::arguments::Common;
use super::manifest::made_by;
use super::train::check_source;
use super::{terminal, usage};
use crate::config::{self, Experiment, Overrides};
use crate::env::{Pool, Rom, Rules};
use crate::game::Game;
use crate::nn::{Device, Played};
use crate::progress::Ended;
use crate::record::{Folder, Manifest, RomRecord, remove_folder, write_file};
use crate::report;

/// What a command works on. Stages after it are made stale by `--fresh`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Run,
    Train,
    Distill,
    Evaluate,
    Report,
}

impl Stage {
    /// Whether `--fresh` with this command, which is not the first stage, removes what the stage called `name` made.
    fn repeats(self, name: &str) -> bool {
        name == "evaluate" || name == "distill" && self == Stage::Distill
    }

    /// The sections of an experiment whose results `--fresh` removes with this command.
    fn renewed(self) -> &'static [&'static str] {
        match self {
            Stage::Run | Stage::Train => &["environment", "teacher", "distillation", "students", "evaluation"],
            Stage::Distill => &["distillation", "students"],
            Stage::Evaluate => &["evaluation"],
            Stage::Report => &[],
        }
    }
}

/// An experiment with its folder prepared.
pub struct Job {
    pub experiment: Experiment,
    pub folder: Folder,
    pub device: Device,
    pub quiet: bool,
    roms: BTreeMap<&'static str, Option<Rom>>,
    manifest: Manifest,
    /// Held while the job lives: two commands at once in one folder would spoil it.
    _lock: File,
}

/// The experiment that a command line means, and its folder.
pub fn read(file: &Path, common: &Common) -> Result<(Experiment, Folder)> {
    let overrides = Overrides { set: common.set.clone(), seed: common.seed };
    let experiment = config::read(file, &overrides)?;
    let root = common.out.clone().unwrap_or_else(|| Path::new("results").join(&experiment.name));
    Ok((experiment, Folder::at(root)))
}

impl Job {
    /// Checks everything that can be checked before anything is changed, then prepares the folder.
    pub fn open(file: &Path, common: &Common, stage: Stage) -> Result<Job> {
        let (experiment, folder) = read(file, common)?;
        let device = super::device(common)?;
        let mut roms = BTreeMap::new();
        if stage != Stage::Report {
            for &game in &experiment.games {
                roms.insert(game.name(), Rom::find(game)?);
            }
        }
        let earlier = earlier(&folder, &experiment, common.fresh, stage)?;
        if stage <= Stage::Train {
            check_source(&experiment, &folder, common.fresh).map_err(usage)?;
        }
        if stage == Stage::Report && !earlier {
            return Err(usage(format!("{}: no results there yet; `pd run` makes them", folder.root().display())));
        }
        let lock = lock(&folder).map_err(usage)?;
        let text = toml::to_string(&experiment)?;
        let mut manifest = made_by(&experiment, &folder, device, &roms)?;
        if common.fresh && earlier {
            renew(&folder, &experiment, stage)?;
            manifest.stage_seconds.retain(|name, _| stage > Stage::Train && !stage.repeats(name));
        }
        if stage != Stage::Report {
            // A report only reads: what it tells was made, and timed, where the manifest says.
            write_file(&folder.experiment(), text.as_bytes()).map_err(usage)?;
            manifest.write(&folder.manifest()).map_err(usage)?;
        }
        terminal::catch_interrupts();
        Ok(Job { experiment, folder, device, quiet: common.quiet, roms, manifest, _lock: lock })
    }

    /// Every stage in order.
    pub fn run(mut self) -> Result<Ended> {
        let stages = [Job::train_stage, Job::distill_stage, Job::evaluate_stage];
        for stage in stages {
            if stage(&mut self)? == Ended::Stopped {
                return Ok(Ended::Stopped);
            }
        }
        self.report()
    }

    pub fn train(mut self) -> Result<Ended> {
        self.train_stage()
    }

    pub fn distill(mut self) -> Result<Ended> {
        self.distill_stage()
    }

    pub fn evaluate(mut self) -> Result<Ended> {
        self.evaluate_stage()
    }

    /// Writes the report and prints its table.
    pub fn report(self) -> Result<Ended> {
        let outcome = report::write(&self.folder)?;
        println!("{}\n{}", outcome.table, outcome.result);
        for warning in &outcome.warnings {
            println!("warning: {warning} {}", warning.remedy());
        }
        println!("report: {}", outcome.page.display());
        Ok(Ended::Done)
    }

    /// The ROM of one of the experiment's games; none for the built-in game.
    pub fn rom(&self, game: Game) -> Option<&Rom> {
        self.roms.get(game.name()).and_then(Option::as_ref)
    }

    /// A game as the experiment's networks play it.
    pub fn played(&self, game: Game) -> Played {
        Played::new(game, &self.experiment.environment, self.rom_record(game))
    }

    /// Does the work for every item; what fails is told at the end, after the others were done.
    pub fn each<T: fmt::Display>(
        &self,
        items: impl IntoIterator<Item = T>,
        work: impl Fn(&Job, &T) -> Result<Ended>,
    ) -> Result<Ended> {
        let mut failed = Vec::new();
        for item in items {
            match work(self, &item) {
                Ok(Ended::Done) => {}
                Ok(Ended::Stopped) => {
                    failed.iter().for_each(|error: &Error| eprintln!("pd: {error:#}"));
                    return Ok(Ended::Stopped);
                }
                Err(error) => failed.push(error.context(item.to_string())),
            }
        }
        let count = failed.len();
        match failed.pop() {
            None => Ok(Ended::Done),
            Some(error) if count == 1 => Err(error),
            Some(last) => {
                failed.iter().for_each(|error| eprintln!("pd: {error:#}"));
                Err(last.context(format!("{count} runs failed, the last of them")))
            }
        }
    }

    /// What a checkpoint records of the ROM.
    pub fn rom_record(&self, game: Game) -> Option<RomRecord> {
        self.rom(game).map(|rom| rom.record.clone())
    }

    /// Emulators for training and distillation.
    pub fn pool(&self, game: Game) -> Result<Pool> {
        let rules = Rules::of_training(&self.experiment.environment, game);
        Pool::load(game, self.rom(game), &rules, self.experiment.environment.workers)
    }

    /// Emulators for evaluations of that many episodes.
    pub fn evaluation_pool(&self, game: Game, episodes: usize) -> Result<Pool> {
        let rules = Rules::of_evaluation(&self.experiment, game);
        let workers = self.experiment.evaluation.workers.min(episodes);
        Pool::load(game, self.rom(game), &rules, workers)
    }

    /// Does a stage and adds the time that it took to the manifest.
    pub fn timed(&mut self, stage: &str, work: impl FnOnce(&mut Job) -> Result<Ended>) -> Result<Ended> {
        let start = Instant::now();
        let ended = work(self);
        let seconds = start.elapsed().as_secs();
        // A stage that found everything done leaves the record of who did it alone.
        if seconds > 0 {
            *self.manifest.stage_seconds.entry(stage.to_owned()).or_default() += seconds;
            self.manifest.write(&self.folder.manifest())?;
        }
        ended
    }
}

/// Whether the folder holds an experiment from before. Refuses one whose results were made with other settings.
fn earlier(folder: &Folder, experiment: &Experiment, fresh: bool, stage: Stage) -> Result<bool> {
    let path = folder.experiment();
    if !path.exists() {
        return Ok(false);
    }
    let old = match config::read(&path, &Overrides::default()) {
        Ok(old) => old,
        Err(error) => return Err(usage(format!("{error}; repair or remove it, or choose another folder with --out"))),
    };
    let renewed = if fresh { stage.renewed() } else { &[] };
    let baseline = |name: &str| old.students.iter().any(|student| student.name == name && student.is_baseline());
    let kept = |key: &str| {
        let mut parts = key.split('.');
        let (section, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let made_in_training = stage == Stage::Distill && section == "students" && baseline(name);
        (made_in_training || !renewed.contains(&section)) && !WITHOUT_EFFECT.contains(&key)
    };
    let changed = differences(&old, experiment, kept)?;
    if changed.is_empty() {
        return Ok(true);
    }
    let place = folder.root().display();
    Err(usage(format!(
        "{place}: its results were made with other settings: {changed}; start over with --fresh, or choose another folder with --out"
    )))
}

/// Settings on which no result depends.
pub const WITHOUT_EFFECT: [&str; 3] = ["teacher.from", "teacher.checkpoint_every", "distillation.checkpoint_every"];

/// The settings that both experiments have, but with other values, as text; of those keys that `of` chooses.
pub fn differences(old: &Experiment, new: &Experiment, of: impl Fn(&str) -> bool) -> Result<String> {
    let (old, new) = (settings(old)?, settings(new)?);
    let change = |(key, was): (&String, &Value)| {
        new.get(key).filter(|is| of(key) && *is != was).map(|is| format!("{key} ({was} → {is})"))
    };
    Ok(old.iter().filter_map(change).collect::<Vec<_>>().join(", "))
}

/// What results depend on, by key; students by name. Games, seeds and students may come and go.
fn settings(experiment: &Experiment) -> Result<BTreeMap<String, Value>> {
    let table = toml::Table::try_from(experiment)?;
    let mut settings = BTreeMap::new();
    for section in ["environment", "teacher", "distillation", "evaluation"] {
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

/// Takes the folder for this process.
fn lock(folder: &Folder) -> Result<File> {
    let path = folder.root().join(".lock");
    let place = || format!("{}: cannot be written; choose another folder with --out", folder.root().display());
    std::fs::create_dir_all(folder.root()).with_context(place)?;
    let file = File::create(&path).with_context(place)?;
    file.try_lock()
        .with_context(|| format!("{}: another pd is at work there; wait for it", folder.root().display()))?;
    Ok(file)
}

/// Removes what the command's stage and later ones made.
fn renew(folder: &Folder, experiment: &Experiment, stage: Stage) -> Result<()> {
    let root = folder.root();
    if stage <= Stage::Train {
        remove_folder(&root.join("teachers"))?;
    }
    if stage <= Stage::Train {
        remove_folder(&root.join("students"))?;
    }
    if stage == Stage::Distill {
        // Students that learn from rewards are made by the training.
        for student in experiment.students.iter().filter(|student| !student.is_baseline()) {
            remove_folder(&root.join("students").join(&student.name))?;
        }
    }
    if stage <= Stage::Distill {
        remove_folder(&root.join("distillation"))?;
    }
    if stage <= Stage::Evaluate {
        for file in [folder.episodes(), folder.scores(), folder.summary()] {
            if file.exists() {
                std::fs::remove_file(&file).with_context(|| format!("{}: cannot be removed", file.display()))?;
            }
        }
    }
    remove_folder(&folder.report())
}

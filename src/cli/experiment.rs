//! An experiment that is being worked on: its folder, its ROMs, its device, and the order of the stages.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Error, Result};

use super::arguments::Common;
use super::fresh::{check_teachers, renew};
use super::manifest::{forget_times, made_by};
use super::settings::earlier;
use super::train::check_source;
use super::{terminal, usage};
use crate::agent::Played;
use crate::config::{self, Experiment, Overrides};
use crate::env::{Pool, Rom, Rules};
use crate::game::Game;
use crate::nn::Device;
use crate::progress::Ended;
use crate::record::{Folder, Manifest, RomRecord, write_file};
use crate::report;

/// What a command works on. Stages after it are made stale by `--fresh`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Run,
    Train,
    /// Distillation from a teacher that is in another folder.
    Follow,
    Distill,
    Evaluate,
    Report,
}

impl Stage {
    /// Whether `--fresh` with this command removes what the stage called `name` made.
    pub fn repeats(self, name: &str) -> bool {
        match name {
            "train" => self <= Stage::Train,
            "distill" => self <= Stage::Distill,
            "evaluate" => self <= Stage::Evaluate,
            _ => false,
        }
    }

    /// The command of which `holds` is true and that makes the least anew, in a folder where this one is at work.
    pub fn smallest_that(self, holds: impl Fn(Stage) -> bool) -> Stage {
        let candidates: &[Stage] = match self {
            Stage::Follow => &[Stage::Evaluate],
            _ => &[Stage::Evaluate, Stage::Distill],
        };
        let all = if self == Stage::Follow { Stage::Follow } else { Stage::Run };
        candidates.iter().copied().find(|&stage| holds(stage)).unwrap_or(all)
    }

    /// How it is asked for on the command line.
    pub fn command(self, file: &Path) -> String {
        let file = file.display();
        match self {
            Stage::Run => format!("run {file}"),
            Stage::Train => format!("train {file}"),
            Stage::Follow => format!("follow {file} --from DIR"),
            Stage::Distill => format!("distill {file}"),
            Stage::Evaluate => format!("evaluate {file}"),
            Stage::Report => format!("report {file}"),
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
    /// What makes the results from the moment on that this command does something.
    manifest: Manifest,
    /// Whether the stage that goes on does something.
    works: Cell<bool>,
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
        let earlier = earlier(file, common, &folder, &experiment, stage)?;
        if stage <= Stage::Train {
            check_source(&experiment, &folder, common.fresh).map_err(usage)?;
        }
        if stage == Stage::Report && !earlier {
            return Err(usage(format!("{}: no results there yet; `pd run` makes them", folder.root().display())));
        }
        if stage == Stage::Distill && common.fresh {
            check_teachers(file, &folder, &experiment).map_err(usage)?;
        }
        let lock = lock(&folder).map_err(usage)?;
        let mut manifest = made_by(&experiment, &folder, device, &roms)?;
        if common.fresh {
            renew(&folder, &experiment, stage)?;
            forget_times(&mut manifest, &experiment, stage);
        }
        write_file(&folder.experiment(), toml::to_string(&experiment)?.as_bytes()).map_err(usage)?;
        // What was made and timed by another command is told of as long as this one does nothing.
        if stage != Stage::Report && (common.fresh || !folder.manifest().exists()) {
            manifest.write(&folder.manifest()).map_err(usage)?;
        }
        terminal::catch_interrupts();
        Ok(Job {
            experiment,
            folder,
            device,
            quiet: common.quiet,
            roms,
            manifest,
            works: Cell::new(false),
            _lock: lock,
        })
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
        let outcome = report::write(&self.folder, &self.experiment)?;
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

    /// Writes down who makes the results, before the first of a stage.
    fn begin_work(&self) -> Result<()> {
        if self.works.replace(true) {
            return Ok(());
        }
        self.manifest.write(&self.folder.manifest())
    }

    /// Emulators for training and distillation. Who asks for them begins to work.
    pub fn pool(&self, game: Game) -> Result<Pool> {
        self.begin_work()?;
        let rules = Rules::of_training(&self.experiment.environment, game);
        Pool::load(game, self.rom(game), &rules, self.experiment.environment.workers)
    }

    /// The same for evaluations of that many episodes.
    pub fn evaluation_pool(&self, game: Game, episodes: usize) -> Result<Pool> {
        self.begin_work()?;
        let rules = Rules::of_evaluation(&self.experiment, game);
        let workers = self.experiment.evaluation.workers.min(episodes);
        Pool::load(game, self.rom(game), &rules, workers)
    }

    /// Does a stage and, if there was something to do, adds the time that it took to the manifest.
    pub fn timed(&mut self, stage: &str, work: impl FnOnce(&mut Job) -> Result<Ended>) -> Result<Ended> {
        let start = Instant::now();
        self.works.set(false);
        let ended = work(self);
        if self.works.get() {
            *self.manifest.stage_seconds.entry(stage.to_owned()).or_default() += start.elapsed().as_secs();
            self.manifest.write(&self.folder.manifest())?;
        }
        ended
    }
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

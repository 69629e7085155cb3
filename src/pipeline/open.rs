//! An opened experiment: its tasks, its folder, its ROMs.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::agents::environment;
use super::checks::{Roms, check, check_alone, check_beside};
use super::clean::renew;
use super::command::Command;
use super::digests::Digests;
use super::leftovers::remove_leftovers;
use super::list::{Teaching, tasks};
use super::lock::Locks;
use super::manifest::{Provenance, forget_times};
use super::scope::Scope;
use super::task::Task;
use super::{Observer, refused, settings};
use crate::agent::Played;
use crate::config::{self, Experiment, Overrides};
use crate::digest::Ending;
use crate::env::{Pool, Rom, Rules, ale_version};
use crate::game::{Game, View};
use crate::nn::Device;
use crate::record::{AgentId, Folder, RomRecord, write_toml};
use crate::report::{self, TerminalReport};

/// A command's request.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    pub scope: Scope,
    pub file: &'a Path,
    /// `key=value` settings that override the file's.
    pub set: &'a [String],
    /// Only these tasks, by their ids; all of the scope if there are none.
    pub only: &'a [String],
    /// The folder of the training that is followed.
    pub from: Option<&'a Path>,
    /// Replaces the file's seeds.
    pub seed: Option<u64>,
    /// The experiment's folder instead of `results/NAME`.
    pub out: Option<&'a Path>,
    pub device: Device,
    /// Threads of all tasks together.
    pub threads: usize,
    /// Maximum number of tasks at once; see [`Request::jobs()`].
    pub jobs: Option<usize>,
    pub fresh: bool,
    /// Whether the report is written anew while other processes work in the folder.
    pub watch: bool,
}

impl Request<'_> {
    /// The experiment, and its folder.
    ///
    /// # Errors
    /// As [`config::read`].
    pub fn read(&self) -> Result<(Experiment, Folder)> {
        let overrides = Overrides { set: self.set.to_vec(), seed: self.seed };
        let experiment = config::read(&self.text_file(), &overrides)?;
        let folder = self.folder(&experiment.name);
        Ok((experiment, folder))
    }

    /// The folder of the experiment with that name.
    pub fn folder(&self, name: &str) -> Folder {
        let own = self.results().map_or_else(|| Path::new("results").join(name), Path::to_owned);
        Folder::at(self.out.map_or(own, Path::to_owned))
    }

    /// The line of the experiment's file.
    ///
    /// # Errors
    /// As [`config::line_of`].
    pub fn line(&self) -> Result<config::LineName, config::ConfigError> {
        config::line_of(&self.text_file())
    }

    /// The folder of results, if the experiment is named by it, or by the file in it.
    fn results(&self) -> Option<&Path> {
        let above = self.file.parent().filter(|above| self.file == Folder::at(above).experiment());
        let folder = if self.file.is_dir() { Some(self.file) } else { above };
        // A file of that name which a person wrote is an experiment like any other.
        folder
            .filter(|folder| Folder::at(folder).manifest().exists() || is_of_program(&Folder::at(folder).experiment()))
    }

    /// The experiment's file.
    pub fn text_file(&self) -> PathBuf {
        if self.file.is_dir() { Folder::at(self.file).experiment() } else { self.file.to_owned() }
    }

    /// Maximum number of tasks at once: with the kernels of this crate as many as there are threads, unless the command says another
    /// number; with libtorch's, whose sums depend on the number of threads, on a GPU and for followers one.
    pub fn jobs(&self) -> usize {
        if self.from.is_some() {
            return 1;
        }
        self.jobs.unwrap_or(if self.device == Device::Cpu { self.threads } else { 1 })
    }

    /// Whether the command ends with a report.
    pub fn reports(&self) -> bool {
        match self.only {
            [] => matches!(self.scope, Scope::Run | Scope::Report),
            ids => ids.iter().any(|id| id == "report"),
        }
    }

    /// The source of the students' teachers.
    pub fn teaching(&self) -> Teaching {
        if self.scope == Scope::Follow { Teaching::Live } else { Teaching::Finished }
    }
}

/// Whether this program wrote the file: it ends with a digest.
fn is_of_program(path: &Path) -> bool {
    std::fs::read_to_string(path).is_ok_and(|text| Ending::TOML.is_on(&text))
}

/// The scores of an experiment of any line, with what a report says of them.
///
/// # Errors
/// If a file is damaged.
pub fn scored(request: &Request) -> Result<TerminalReport> {
    match request.line()? {
        config::LineName::Atari => {
            let (experiment, folder) = request.read()?;
            report::scored(&folder, &experiment)
        }
        config::LineName::Explanations => super::explain::scored(request),
    }
}

/// An experiment with its folder prepared.
pub struct Pipeline<'a> {
    pub experiment: Experiment,
    pub folder: Folder,
    pub tasks: Vec<Task>,
    pub digests: Digests,
    pub command: Command<'a>,
    roms: Roms,
}

impl<'a> Pipeline<'a> {
    /// Checks everything that can be checked before anything is changed, then prepares the folder.
    ///
    /// # Errors
    /// The obstacle to the request, with the way out.
    pub fn open(request: &Request, observer: &'a dyn Observer) -> Result<Pipeline<'a>> {
        let (experiment, folder) = request.read()?;
        let scope = request.scope;
        let list = tasks(&experiment, &folder, request.teaching())?;
        let roms = check(request, &experiment, &folder, &list)?;
        let locks = Locks::in_folder(folder.root().join(".locks"));
        prepare(request, &experiment, &folder, &list, &locks)?;
        let provenance = Provenance {
            seeds: experiment.seeds.clone(),
            ale: Some(ale_version().into()),
            roms: roms
                .iter()
                .filter_map(|(game, rom)| Some(((*game).to_owned(), rom.as_ref()?.record.clone())))
                .collect(),
        };
        let pipeline = Pipeline {
            command: Command::new(request, &folder, provenance, locks, observer),
            experiment,
            folder,
            tasks: list,
            digests: Digests::default(),
            roms,
        };
        // A command that has done no task leaves the manifest as it is.
        if scope != Scope::Report && (request.fresh || !pipeline.folder.manifest().exists()) {
            pipeline.command.write_manifest(|_| ()).map_err(refused)?;
        }
        Ok(pipeline)
    }

    /// The ROM of one of the experiment's games; none for the built-in game.
    pub fn rom(&self, game: Game) -> Option<&Rom> {
        self.roms.get(game.name()).and_then(Option::as_ref)
    }

    /// The record of that ROM for checkpoints and manifests.
    pub fn rom_record(&self, game: Game) -> Option<RomRecord> {
        self.rom(game).map(|rom| rom.record.clone())
    }

    /// A game as an agent of the experiment plays it.
    pub fn played(&self, game: Game, agent: &AgentId) -> Played {
        Played::new(game, &environment(&self.experiment, agent), self.rom_record(game))
    }

    /// Environments for training and distillation, which give these views.
    ///
    /// # Errors
    /// As [`Pool::load`].
    pub fn pool(&self, game: Game, views: &[View]) -> Result<Pool> {
        self.command.begin_work()?;
        let rules = Rules { views: views.to_vec(), ..Rules::of_training(&self.experiment.environment, game) };
        Pool::load(game, self.rom(game), &rules, self.experiment.environment.workers)
    }

    /// Environments for evaluations of `episodes` episodes, which give this view.
    ///
    /// # Errors
    /// As [`Pool::load`].
    pub fn evaluation_pool(&self, game: Game, episodes: usize, view: View) -> Result<Pool> {
        self.command.begin_work()?;
        let rules = Rules { views: vec![view], ..Rules::of_evaluation(&self.experiment, game) };
        let workers = self.experiment.evaluation.workers.min(episodes);
        Pool::load(game, self.rom(game), &rules, workers)
    }
}

/// Records the experiment in its folder, and removes what it makes anew. No other process does so at the same time.
fn prepare(request: &Request, experiment: &Experiment, folder: &Folder, list: &[Task], locks: &Locks) -> Result<()> {
    let _alone = locks.wait("folder").map_err(refused)?;
    // Another process may have begun with other settings since the first check.
    let earlier = settings::check(request, folder, experiment, list)?;
    let other = locks.other();
    if let Some(other) = &other {
        check_beside(request, other, folder, list)?;
    } else {
        locks.remove_dead()?;
        remove_leftovers(folder, experiment)?;
    }
    if request.fresh {
        check_alone(folder, other)?;
        renew(folder, experiment, list, request.scope, earlier.played_otherwise)?;
        forget_times(folder, &request.scope.renews(list))?;
    }
    write_toml(&folder.experiment(), experiment).map_err(refused)
}

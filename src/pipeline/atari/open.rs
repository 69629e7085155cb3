//! An opened experiment: its tasks, its folder, its ROMs.

use anyhow::Result;

use super::agents::environment;
use super::checks::{Roms, check, check_beside};
use super::clean::renew;
use super::leftovers::remove_leftovers;
use super::list::{Teaching, renewed, tasks};
use super::settings;
use super::work::AgentTask;
use crate::agent::Played;
use crate::config::{self, Experiment, Overrides};
use crate::env::{Pool, Rom, Rules, ale_version};
use crate::game::{Game, View};
use crate::pipeline::checks::check_alone;
use crate::pipeline::command::Command;
use crate::pipeline::digests::Digests;
use crate::pipeline::lock::Locks;
use crate::pipeline::manifest::{Provenance, forget_times};
use crate::pipeline::request::Request;
use crate::pipeline::scope::Scope;
use crate::pipeline::{Observer, refused};
use crate::record::{AgentId, Folder, RomRecord, write_toml};
use crate::report::{self, TerminalReport};

/// The experiment of a request, and its folder.
///
/// # Errors
/// As [`config::read`].
pub fn read(request: &Request) -> Result<(Experiment, Folder)> {
    let overrides = Overrides { set: request.set.to_vec(), seed: request.seed };
    let experiment = config::read(&request.text_file(), &overrides)?;
    let folder = request.folder(&experiment.name);
    Ok((experiment, folder))
}

/// The source of the students' teachers.
pub fn teaching(request: &Request) -> Teaching {
    if request.scope == Scope::Follow { Teaching::Live } else { Teaching::Finished }
}

/// The scores of an experiment, with what a report says of them.
///
/// # Errors
/// If a file is damaged.
pub fn scored(request: &Request) -> Result<TerminalReport> {
    let (experiment, folder) = read(request)?;
    report::scored(&folder, &experiment)
}

/// An experiment with its folder prepared.
pub struct AtariPipeline<'a> {
    pub experiment: Experiment,
    pub folder: Folder,
    pub tasks: Vec<AgentTask>,
    pub digests: Digests,
    pub command: Command<'a>,
    roms: Roms,
}

impl<'a> AtariPipeline<'a> {
    /// Checks everything that can be checked before anything is changed, then prepares the folder.
    ///
    /// # Errors
    /// The obstacle to the request, with the way out.
    pub fn open(request: &Request, observer: &'a dyn Observer) -> Result<AtariPipeline<'a>> {
        let (experiment, folder) = read(request)?;
        experiment.ineffective.iter().for_each(|setting| log::warn!("{setting}"));
        let scope = request.scope;
        let list = tasks(&experiment, &folder, teaching(request))?;
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
        let pipeline = AtariPipeline {
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
fn prepare(
    request: &Request,
    experiment: &Experiment,
    folder: &Folder,
    list: &[AgentTask],
    locks: &Locks,
) -> Result<()> {
    let _alone = locks.wait("folder").map_err(refused)?;
    if request.scope != Scope::Report {
        locks.attend().map_err(refused)?;
    }
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
        forget_times(folder, &renewed(request.scope, list))?;
    }
    write_toml(&folder.experiment(), experiment).map_err(refused)
}

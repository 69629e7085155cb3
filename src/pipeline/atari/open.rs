//! An opened experiment: its tasks, its folder, its ROMs.

use anyhow::Result;

use super::agents::environment;
use super::checks::{Roms, check};
use super::clean::remove_renewed;
use super::leftovers::remove_leftovers;
use super::list::{Teaching, renewed, tasks};
use super::settings::{self, Earlier};
use super::work::{AgentTask, AgentWork};
use crate::agent::Played;
use crate::config::{self, Experiment, Overrides};
use crate::env::{Pool, Rom, Rules, ale_version};
use crate::game::{Game, View};
use crate::pipeline::command::Command;
use crate::pipeline::digests::Digests;
use crate::pipeline::lock::Locks;
use crate::pipeline::manifest::Provenance;
use crate::pipeline::opening::{Opening, Prepare};
use crate::pipeline::request::Request;
use crate::pipeline::scope::Scope;
use crate::pipeline::{Observer, refused};
use crate::record::{AgentId, Folder, RomRecord};
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

/// An experiment of games before its work.
pub type AgentOpening<'a> = Opening<'a, Experiment, AgentWork>;

impl<'a> AgentOpening<'a> {
    /// Reads the experiment of a request.
    ///
    /// # Errors
    /// As [`read`] and [`tasks`].
    pub fn read(request: &'a Request<'a>) -> Result<AgentOpening<'a>> {
        let (experiment, folder) = read(request)?;
        AgentOpening::new(request, experiment, folder)
    }

    /// Another experiment of the same request, in the same folder.
    ///
    /// # Errors
    /// As [`tasks`].
    pub fn with_experiment(&self, experiment: Experiment) -> Result<AgentOpening<'a>> {
        AgentOpening::new(self.request, experiment, self.folder.clone())
    }

    fn new(request: &'a Request<'a>, experiment: Experiment, folder: Folder) -> Result<AgentOpening<'a>> {
        let teaching = if request.scope == Scope::Follow { Teaching::Live } else { Teaching::Finished };
        Ok(AgentOpening { request, tasks: tasks(&experiment, &folder, teaching)?, experiment, folder })
    }
}

impl Prepare<AgentWork> for AgentOpening<'_> {
    type Earlier = Earlier;

    fn check_settings(&self) -> Result<Earlier> {
        settings::check(self)
    }

    fn recorded_tasks(&self) -> Result<Vec<AgentTask>> {
        let recorded = config::read(&self.folder.experiment(), &Overrides::default()).map_err(refused)?;
        Ok(self.with_experiment(recorded)?.tasks)
    }

    fn remove_leftovers(&self) -> Result<()> {
        remove_leftovers(&self.folder, &self.experiment)
    }

    fn renewed(&self) -> Vec<&AgentTask> {
        renewed(self.request.scope, &self.tasks)
    }

    fn remove_renewed(&self, renewed: &[&AgentTask], earlier: Earlier) -> Result<()> {
        remove_renewed(self, renewed, earlier.played_otherwise)
    }
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
        let opening = AgentOpening::read(request)?;
        opening.experiment.ineffective.iter().for_each(|setting| log::warn!("{setting}"));
        let roms = check(&opening)?;
        let locks = Locks::in_folder(opening.folder.root().join(".locks"));
        opening.prepare(&locks)?;
        let Opening { experiment, folder, tasks, .. } = opening;
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
            tasks,
            digests: Digests::default(),
            roms,
        };
        // A command that has done no task leaves the manifest as it is.
        if request.scope != Scope::Report && (request.fresh || !pipeline.folder.manifest().exists()) {
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

//! Paths of an experiment's files. Every path below `results/` comes from here.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use super::{AgentId, Role, is_same, remove_folder};
use crate::config::EXPERIMENT_FILE;
use crate::game::Game;

/// Used in place of a game's name for a network that plays several games.
pub const SHARED: &str = "multi";
/// The name of the file with a network or model, in its folder.
pub const WEIGHTS: &str = "weights.safetensors";

/// The folder of one experiment, `results/<name>/` unless `--out` says otherwise.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    pub fn at(root: impl Into<PathBuf>) -> Folder {
        Folder(root.into())
    }

    pub fn root(&self) -> &Path {
        &self.0
    }

    /// The folder that a path to the experiment in it names.
    pub fn of_experiment(file: &Path) -> Option<Folder> {
        let above = file.parent()?;
        let here = if above.as_os_str().is_empty() { Path::new(".") } else { above };
        (file == Folder::at(above).experiment()).then(|| Folder::at(here))
    }

    /// Whether both are there and are one folder, whatever leads to it.
    pub fn is_same(&self, other: &Folder) -> bool {
        is_same(&self.0, &other.0)
    }

    /// The resolved experiment.
    pub fn experiment(&self) -> PathBuf {
        self.0.join(EXPERIMENT_FILE)
    }

    /// Checks that the folder is still there with its experiment: somebody may have removed it, or another disk may be
    /// mounted in its place.
    ///
    /// # Errors
    /// The folder, with the way out.
    pub fn check_there(&self) -> Result<()> {
        ensure!(
            self.experiment().exists(),
            "{}: gone while this command worked in it; bring it back, and the same command continues",
            self.0.display()
        );
        Ok(())
    }

    pub fn manifest(&self) -> PathBuf {
        self.0.join("manifest.json")
    }

    pub fn episodes(&self) -> PathBuf {
        self.0.join("episodes.csv")
    }

    pub fn scores(&self) -> PathBuf {
        self.0.join("scores.csv")
    }

    pub fn summary(&self) -> PathBuf {
        self.0.join("summary.csv")
    }

    pub fn report(&self) -> PathBuf {
        self.0.join("report")
    }

    /// A film of agents in a game, if somebody made one: `pd play … --gif`.
    pub fn film(&self, game: Game) -> PathBuf {
        self.0.join(format!("film-{game}.gif"))
    }

    /// The folder of a trained agent. Random play has none.
    ///
    /// # Panics
    /// If `agent` is random play.
    pub fn agent(&self, agent: &AgentId) -> PathBuf {
        let above = match agent.role {
            Role::Random => panic!("random play is not trained"),
            Role::Teacher => self.0.join("teachers"),
            Role::Student => self.0.join("students").join(&agent.name),
        };
        let game = agent.place();
        above.join(game).join(format!("seed-{}", agent.seed))
    }

    /// An agent's log of learning.
    pub fn train(&self, agent: &AgentId) -> PathBuf {
        self.agent(agent).join("train.csv")
    }

    /// An agent's periodic evaluations.
    pub fn eval(&self, agent: &AgentId) -> PathBuf {
        self.agent(agent).join("eval.csv")
    }

    /// An agent's final weights; they exist when it is done.
    pub fn weights(&self, agent: &AgentId) -> PathBuf {
        self.agent(agent).join(WEIGHTS)
    }

    /// The state from which a teacher's training continues; it is complete or absent.
    pub fn checkpoint(&self, agent: &AgentId) -> PathBuf {
        self.agent(agent).join("checkpoint")
    }

    /// A teacher's best weights so far: one file for each evaluation that was better than all before it.
    pub fn bests(&self, agent: &AgentId) -> PathBuf {
        self.agent(agent).join("best")
    }

    /// The log of teachers that an agent followed.
    pub fn adoptions(&self, agent: &AgentId) -> PathBuf {
        self.agent(agent).join("adoptions.csv")
    }

    /// The log of the choice of an agent's temperature.
    pub fn sweep(&self, agent: &AgentId) -> PathBuf {
        self.agent(agent).join("sweep.csv")
    }

    /// The folder of the candidates of that sweep; it is removed when the choice is on disk.
    pub fn candidates(&self, agent: &AgentId) -> Folder {
        Folder(self.agent(agent).join("sweep"))
    }

    /// The state from which the distillation of a group of students continues. The students of a group learn from the
    /// same play.
    pub fn distillation(&self, group: &str, seed: u64) -> PathBuf {
        self.0.join("distillation").join(group).join(format!("seed-{seed}")).join("checkpoint")
    }

    /// Removes that state, any leftovers of an interrupted replacement, and the folders above it that are then empty.
    ///
    /// # Errors
    /// The path and the system's reason.
    pub fn remove_distillation(&self, group: &str, seed: u64) -> Result<()> {
        let checkpoint = self.distillation(group, seed);
        let mut above = checkpoint.ancestors().skip(1);
        above.next().map_or(Ok(()), remove_folder)?;
        // Removing a folder that is not empty fails; that is intended.
        above.take(2).try_for_each(std::fs::remove_dir).ok();
        Ok(())
    }
}

//! The metadata of weights: who learned what, from which games, in which environment.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::config::{Data, EnvironmentSettings, MOST_FRAME_SKIP, MOST_NO_OPS, MOST_WORKERS, Temperature};
use crate::env::ale_version;
use crate::game::{ActionSet, Game};
use crate::losses::Loss;
use crate::nn::Architecture;
use crate::record::{AgentId, Role, RomRecord};
use crate::spec::{Shape, Spec};

/// The ALE version of files that do not name one.
const FIRST_ALE: &str = "0.6.0";
/// Games that ALE 0.6.0 plays otherwise than today's, among those that are compared frame by frame with the golden
/// files.
const CHANGED_SINCE: [&str; 2] = ["freeway", "seaquest"];

/// The metadata of a file of weights. Each field is a string in the header: text as it is, all other types as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    pub architecture: Architecture,
    #[serde(flatten)]
    plays: Plays,
    /// Emulator frames of the training; for a student, frames of the play that it learned from.
    pub frames: u64,
    /// Emulator frames of the whole training, which may have gone on after the weights that were kept. Older files, and
    /// those of students, do not store it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trained_frames: Option<u64>,
    /// The environment in which the agent learned, and in which it must be scored.
    pub environment: EnvironmentSettings,
    pub role: Role,
    /// The agent's name in its experiment.
    pub name: String,
    pub seed: u64,
    /// Mean score of the periodic evaluation by which a teacher's weights were chosen.
    #[serde(default)]
    pub score: Option<f64>,
    /// The loss and temperature of a student.
    pub loss: Option<(Loss, Temperature)>,
    /// The learning rate of a student. Older files do not store it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learning_rate: Option<f64>,
    /// The player of the states on which a student was distilled.
    #[serde(default)]
    pub data: Option<Data>,
    /// The temperature in units of Q for each game; empty if none was used.
    #[serde(default)]
    pub temperatures: Vec<f64>,
    /// SHA-256 of the weights of a student's teachers, with commas between them.
    pub teacher: Option<String>,
    /// See [`Metadata::ale`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ale: Option<String>,
    /// Name and version of the program that wrote the file.
    pub made_by: String,
}

impl Metadata {
    /// Metadata of `agent` with that network, trained for `frames`.
    pub fn new(
        agent: &AgentId,
        architecture: &Architecture,
        environment: &EnvironmentSettings,
        mut games: Vec<Played>,
        frames: u64,
    ) -> Metadata {
        let has_rom = games.iter().any(|played| !played.game.is_built_in());
        Metadata {
            architecture: architecture.clone(),
            plays: if agent.shared { Plays::Several { games } } else { Plays::One(games.remove(0)) },
            frames,
            trained_frames: None,
            environment: environment.clone(),
            role: agent.role,
            name: agent.name.clone(),
            seed: agent.seed,
            score: None,
            loss: None,
            learning_rate: None,
            data: None,
            temperatures: Vec::new(),
            teacher: None,
            ale: has_rom.then(|| ale_version().into()),
            made_by: format!("policy-distillation {}", env!("CARGO_PKG_VERSION")),
        }
    }

    /// The games that it plays, in the order of its heads.
    pub fn games(&self) -> &[Played] {
        match &self.plays {
            Plays::One(played) => std::slice::from_ref(played),
            Plays::Several { games } => games,
        }
    }

    /// The version of ALE with which the agent learned; `None` if all its games are built in.
    pub fn ale(&self) -> Option<&str> {
        let has_rom = self.games().iter().any(|played| !played.game.is_built_in());
        has_rom.then(|| self.ale.as_deref().unwrap_or(FIRST_ALE))
    }

    /// Warns, once for each file, if the installed ALE may play the games differently.
    pub fn warn_of_another_ale(&self, path: &Path) {
        static WARNED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
        let is_same = self
            .games()
            .iter()
            .map(|played| played.game.name())
            .all(|game| Game::PAPER.contains(&game) && !CHANGED_SINCE.contains(&game));
        if let Some(ale) = self.ale().filter(|&ale| ale != ale_version() && !(ale == FIRST_ALE && is_same))
            && WARNED.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned())
        {
            log::warn!(
                "{}: its weights learned with ALE {ale}, but this program has ALE {}",
                path.display(),
                ale_version()
            );
        }
    }

    /// Refuses metadata of which one field contradicts another, or an environment that cannot be.
    ///
    /// # Errors
    /// The contradiction in words.
    pub(super) fn check(&self) -> Result<(), String> {
        let EnvironmentSettings { workers, frame_skip, no_op_max, sticky_actions, .. } = self.environment;
        if !(1..=MOST_WORKERS).contains(&workers) || !(1..=MOST_FRAME_SKIP).contains(&frame_skip) {
            return Err(format!("its environment has {workers} workers and a frame skip of {frame_skip}"));
        }
        if no_op_max > MOST_NO_OPS || !(0.0..=1.0).contains(&sticky_actions) {
            return Err(format!("its environment has {no_op_max} null-ops and {sticky_actions} sticky actions"));
        }
        let actions: Vec<_> = self.games().iter().map(|played| played.actions.len() as i64).collect();
        if self.architecture.actions() != actions {
            return Err("its number of outputs differs from its number of actions".into());
        }
        if self.games().iter().any(|played| played.observation != self.architecture.observation) {
            return Err("its network takes other observations than its metadata says".into());
        }
        if self.games().iter().any(|played| self.environment.spec(played.game).observation != played.observation) {
            return Err("its network takes other observations than its environment gives".into());
        }
        let has_no_such_action = |played: &Played| {
            let all = played.game.actions(ActionSet::Full);
            played.actions.iter().any(|action| !all.contains(action))
        };
        if self.games().iter().any(has_no_such_action) {
            return Err("it plays actions that the game does not have".into());
        }
        let heads = self.architecture.heads().iter().map(|head| head.game.as_str());
        if !heads.clone().eq(self.games().iter().map(|played| played.game.name())) && heads.count() > 0 {
            return Err("its heads belong to other games than its metadata says".into());
        }
        Ok(())
    }

    /// The head that plays `game`.
    pub fn head(&self, game: Game) -> Option<usize> {
        self.games().iter().position(|played| played.game == game)
    }
}

/// A game that a network plays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Played {
    pub game: Game,
    /// Shape of the observations. Older files do not store it; theirs are Atari screens.
    #[serde(default = "atari")]
    pub observation: Shape,
    /// The environment's numbers of the actions (ALE's ids) in the order of the outputs.
    pub actions: Vec<i32>,
    /// The ROM with which the agent learned; `None` for built-in games.
    pub rom: Option<RomRecord>,
}

fn atari() -> Shape {
    Shape::ATARI
}

impl Played {
    /// The game with the environment's action set and observation, and that ROM.
    pub fn new(game: Game, environment: &EnvironmentSettings, rom: Option<RomRecord>) -> Played {
        let Spec { observation, actions } = environment.spec(game);
        Played { game, observation, actions, rom }
    }

    /// Observations and actions of the game.
    pub fn spec(&self) -> Spec {
        Spec { observation: self.observation, actions: self.actions.clone() }
    }
}

/// The form in the header: a network for one game has its fields there, a network for several games has a list of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Plays {
    One(Played),
    Several { games: Vec<Played> },
}

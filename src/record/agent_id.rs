//! Identity of the agents that are trained, scored and reported.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

use super::folder::SHARED;
use crate::config;
use crate::game::Game;

/// Role of an agent in its experiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Uniformly random actions.
    Random,
    /// An agent that learned from rewards and is distilled.
    Teacher,
    /// An agent that is distilled from a teacher, or trained from rewards for comparison with such students.
    Student,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Role::Random => "random",
            Role::Teacher => "teacher",
            Role::Student => "student",
        })
    }
}

/// One agent of an experiment. Role, name, game and seed identify it.
#[derive(Debug, Clone)]
pub struct AgentId {
    pub role: Role,
    /// The student's name in the experiment file; the role's name for others.
    pub name: String,
    pub game: Game,
    pub seed: u64,
    /// Whether its network plays several games. Rows do not store this, so two ids that differ only here are equal.
    pub shared: bool,
}

impl AgentId {
    /// The part of paths and names that says what its network plays: the game, or [`SHARED`] for several.
    pub fn place(&self) -> &'static str {
        if self.shared { SHARED } else { self.game.name() }
    }

    fn identity(&self) -> (Role, &str, &str, u64) {
        (self.role, &self.name, self.game.name(), self.seed)
    }
}

impl PartialEq for AgentId {
    fn eq(&self, other: &AgentId) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for AgentId {}

impl PartialOrd for AgentId {
    fn partial_cmp(&self, other: &AgentId) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for AgentId {
    fn cmp(&self, other: &AgentId) -> Ordering {
        self.identity().cmp(&other.identity())
    }
}

impl Hash for AgentId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity().hash(state);
    }
}

impl AgentId {
    /// Random play of `game`.
    pub fn random(game: Game, seed: u64) -> AgentId {
        AgentId { role: Role::Random, name: "random".into(), game, seed, shared: false }
    }

    /// The teacher of `game`.
    pub fn teacher(game: Game, seed: u64) -> AgentId {
        AgentId { role: Role::Teacher, name: "teacher".into(), game, seed, shared: false }
    }

    /// The student called `name` of that teacher.
    pub fn student(name: &str, game: Game, seed: u64) -> AgentId {
        AgentId { role: Role::Student, name: name.to_owned(), game, seed, shared: false }
    }

    /// Whether it is one of the experiment's students.
    pub fn is_student(&self) -> bool {
        self.role == Role::Student
    }

    /// The player of `game` among the experiment's students, with that seed.
    pub fn of(student: &config::StudentSettings, game: Game, seed: u64) -> AgentId {
        AgentId { shared: student.is_shared(), ..AgentId::student(&student.name, game, seed) }
    }
}

impl AgentId {
    /// The agent's name and game in words, whatever its seed.
    pub fn of_any_seed(&self) -> String {
        match self.role {
            Role::Student if self.shared => format!("student {} in {}", self.name, self.game),
            Role::Student => format!("student {} of {}", self.name, self.game),
            role => format!("{role} of {}", self.game),
        }
    }
}

impl fmt::Display for AgentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, seed {}", self.of_any_seed(), self.seed)
    }
}

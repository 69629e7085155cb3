//! One of the experiments that are compared, with those of its games that both have.

use anyhow::{Result, ensure};

use super::folders::Place;
use crate::config::{self, Experiment, Overrides};
use crate::game::Game;
use crate::record::{Folder, Role};
use crate::report::agent_result::{AgentResult, AgentResults};
use crate::report::read::Results;

pub struct Side {
    /// The folder's name, or its path if both have one name.
    pub name: String,
    /// The whole experiment.
    pub experiment: Experiment,
    /// Results in the games that both experiments have.
    pub results: Results,
    pub agent_results: AgentResults,
}

impl Side {
    /// Both experiments.
    ///
    /// # Errors
    /// Experiments without a game in common or without scores, or a damaged file.
    pub fn read([first, second]: [Place; 2]) -> Result<[Side; 2]> {
        let read = |place: &Place| config::read(&Folder::at(&place.root).experiment(), &Overrides::default());
        let (one, other) = (read(&first)?, read(&second)?);
        let common: Vec<Game> = one.games.iter().copied().filter(|game| other.games.contains(game)).collect();
        Ok([Side::of(first, one, &common)?, Side::of(second, other, &common)?])
    }

    fn of(Place { root, name, .. }: Place, experiment: Experiment, games: &[Game]) -> Result<Side> {
        let here = Experiment { games: games.to_vec(), ..experiment.clone() };
        ensure!(!games.is_empty(), "{name} has no game in common with the other experiment");
        let results = Results::read(&Folder::at(&root), &here)?;
        ensure!(!results.scores.is_empty(), "{}: nothing is scored there yet; `pd run` goes on", root.display());
        let agent_results = AgentResults::of(&results);
        Ok(Side { name, experiment, results, agent_results })
    }

    pub fn agent_in(&self, role: Role, agent: &str, game: Game) -> Option<&AgentResult> {
        self.agent_results.in_game(game).find(|own| own.role() == role && own.agent() == agent)
    }

    fn students(&self) -> impl Iterator<Item = &String> {
        self.experiment.students.iter().map(|student| &student.name)
    }

    /// The names of students that both have.
    pub fn students_in(&self, other: &Side) -> Vec<String> {
        self.students().filter(|name| other.students().any(|own| own == *name)).cloned().collect()
    }

    /// The names of students that only this one has.
    pub fn students_not_in(&self, other: &Side) -> Vec<String> {
        self.students().filter(|name| other.students().all(|own| own != *name)).cloned().collect()
    }
}

//! One of the experiments that are compared, with those of its games that both have.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};

use crate::config::{self, Experiment, LineName, Overrides};
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
    /// Both experiments. Without a game in common, they have none.
    ///
    /// # Errors
    /// A folder without results, or a damaged file.
    pub fn read(folders: [&Path; 2]) -> Result<[Side; 2]> {
        let roots = folders.map(root);
        let [first, second] = [experiment(&roots[0])?, experiment(&roots[1])?];
        let common: Vec<Game> = first.games.iter().copied().filter(|game| second.games.contains(game)).collect();
        let last = |root: &Path| root.file_name().map(|name| name.to_string_lossy().into_owned());
        let names = match (last(&roots[0]), last(&roots[1])) {
            (Some(one), Some(other)) if one != other => [one, other],
            _ => [0, 1].map(|side| roots[side].display().to_string()),
        };
        let [one, other] = names;
        Ok([Side::of(&roots[0], first, &common, one)?, Side::of(&roots[1], second, &common, other)?])
    }

    fn of(root: &Path, experiment: Experiment, games: &[Game], name: String) -> Result<Side> {
        let here = Experiment { games: games.to_vec(), ..experiment.clone() };
        ensure!(!games.is_empty(), "{name} has no game in common with the other experiment");
        let results = Results::read(&Folder::at(root), &here)?;
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

/// The folder that a path to it, or to the file in it, names.
fn root(path: &Path) -> PathBuf {
    let above = path.parent().filter(|above| path == Folder::at(*above).experiment());
    above.unwrap_or(path).to_owned()
}

fn experiment(root: &Path) -> Result<Experiment> {
    let file = Folder::at(root).experiment();
    ensure!(file.exists(), "{}: no results there; name the folders of two experiments", root.display());
    if config::line_of(&file)? != LineName::Atari {
        bail!("{}: an experiment with explanations, which are not compared", root.display());
    }
    Ok(config::read(&file, &Overrides::default())?)
}

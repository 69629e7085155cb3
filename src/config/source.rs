//! Teachers of another experiment: how they learned is taken over with them.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::locate::Setting;
use super::read::{Overrides, read};
use super::{Algorithm, ConfigError, TeacherSettings};
use crate::game::Game;

/// The name of an experiment's complete file in the folder of its results.
pub const EXPERIMENT_FILE: &str = "experiment.toml";

/// The value of `teacher.from` that stands for the repository's own teachers.
pub const SHIPPED: &str = "shipped";

/// The seed of a collection's teachers, unless `teacher.seeds` names others.
pub const COLLECTED_SEED: u64 = 1;

/// A folder with an experiment for each game, in folders with the games' names. Each teacher learned in its own way.
#[derive(Debug, Clone, PartialEq)]
pub struct Collection {
    root: PathBuf,
    /// How the teachers learned. Games without one have no entry.
    teachers: Vec<(Game, TeacherSettings)>,
}

impl Collection {
    /// The folder of the experiment whose teacher plays that game. It may be absent.
    pub fn folder(&self, game: Game) -> PathBuf {
        self.root.join(game.name())
    }

    /// How the teacher of that game learned.
    pub fn settings(&self, game: Game) -> Option<&TeacherSettings> {
        self.teachers.iter().find(|(other, _)| *other == game).map(|(_, settings)| settings)
    }

    /// The teachers of these games in a folder.
    ///
    /// # Errors
    /// If an experiment there cannot be read.
    pub fn read(root: PathBuf, games: &[Game]) -> Result<Collection, ConfigError> {
        let files = games.iter().map(|&game| (game, experiment_file(&root, game)));
        let there = files.filter(|(_, file)| file.is_file());
        let teacher = |(game, file): (_, PathBuf)| Ok((game, read(&file, &complete())?.teacher));
        let teachers = there.map(teacher).collect::<Result<_, ConfigError>>()?;
        Ok(Collection { root, teachers })
    }
}

/// The file of a finished experiment is complete, wherever its teachers were taken from.
fn complete() -> Overrides {
    Overrides { set: vec!["teacher.from=".into()], seed: None }
}

fn experiment_file(root: &Path, game: Game) -> PathBuf {
    root.join(game.name()).join(EXPERIMENT_FILE)
}

/// The folder of the shipped teachers: `teachers` in the working directory, or else in the checkout of which the
/// program was built.
pub fn shipped_folders() -> PathBuf {
    let here = PathBuf::from("teachers");
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("teachers");
    if here.is_dir() || !built.is_dir() { here } else { built }
}

/// The folder that `teacher.from` names, if it holds an experiment.
pub fn source(file: &str, settings: &[Setting]) -> Option<PathBuf> {
    let named = settings.iter().rev().find(|setting| setting.key() == "teacher.from")?;
    let from = Path::new(named.value.as_str().filter(|from| !from.is_empty())?);
    places(file, from).into_iter().find(|folder| folder.join(EXPERIMENT_FILE).is_file())
}

/// The folder that `teacher.from` names, if it is a collection with an experiment of one of the games.
pub fn collection(file: &str, from: &Path, games: &[Game]) -> Option<PathBuf> {
    if from.as_os_str() == SHIPPED {
        return Some(shipped_folders());
    }
    // Without a name this would be the folder of the file.
    if from.as_os_str().is_empty() {
        return None;
    }
    let is_collection = |root: &PathBuf| games.iter().any(|&game| experiment_file(root, game).is_file());
    places(file, from).into_iter().find(is_collection)
}

/// The places of a folder that a file names: a relative path is looked up beside the file, then in the working directory.
fn places(file: &str, from: &Path) -> Vec<PathBuf> {
    let beside = Path::new(file).parent().map(|folder| folder.join(from));
    beside.into_iter().chain([from.to_owned()]).collect()
}

/// Lays the sections `[teacher]` and `[environment]` of another experiment over the base, so that the file need not
/// repeat how those teachers learned.
pub fn lay_source(base: &mut Table, from: &Path, settings: &[Setting]) -> Result<(), ConfigError> {
    let theirs = read(&from.join(EXPERIMENT_FILE), &complete())?;
    let mut theirs = Table::try_from(&theirs).map_err(|error| ConfigError {
        place: settings.iter().map(|setting| setting.place.clone()).next().unwrap_or_default(),
        problem: format!("teacher.from: {}: {error}", from.display()),
    })?;
    for section in ["teacher", "environment"] {
        let mut inherited =
            theirs.remove(section).and_then(|section| section.try_into::<Table>().ok()).unwrap_or_default();
        ["from", "seeds"].iter().for_each(|own| _ = inherited.remove(*own));
        for algorithm in Algorithm::ALL {
            if let Some(Value::Table(own)) = inherited.remove(algorithm.section()) {
                inherited.extend(own);
            }
        }
        base[section].as_table_mut().expect("a section").extend(inherited);
    }
    Ok(())
}

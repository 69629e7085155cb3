//! Teachers of another experiment: how they learned is taken over with them.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::locate::Setting;
use super::read::{Overrides, read};
use super::{Algorithm, ConfigError, TeacherSettings};
use crate::game::Game;

/// The value of `teacher.from` that stands for the repository's own teachers.
pub const SHIPPED: &str = "shipped";

/// The seed by which shipped teachers are named.
pub const SHIPPED_SEED: u64 = 1;

/// The folder of the shipped teachers: `teachers` in the working directory, or else in the checkout of which the
/// program was built.
pub fn shipped_folders() -> PathBuf {
    let here = PathBuf::from("teachers");
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("teachers");
    if here.is_dir() || !built.is_dir() { here } else { built }
}

/// The folder of the experiment whose teacher of that game is shipped. It may be absent.
pub fn shipped_folder(game: Game) -> PathBuf {
    shipped_folders().join(game.name())
}

/// How the shipped teachers of the games learned. Games without one have no entry.
///
/// # Errors
/// If a shipped teacher's experiment cannot be read.
pub fn shipped(games: &[Game]) -> Result<Vec<(Game, TeacherSettings)>, ConfigError> {
    let files = games.iter().map(|&game| (game, shipped_folder(game).join("experiment.toml")));
    let there = files.filter(|(_, file)| file.is_file());
    there.map(|(game, file)| Ok((game, read(&file, &Overrides::default())?.teacher))).collect()
}

/// The folder that `teacher.from` names, if it holds an experiment. A relative path is looked up beside the file, then
/// in the working directory.
pub fn source(file: &str, settings: &[Setting]) -> Option<PathBuf> {
    let named = settings.iter().rev().find(|setting| setting.key() == "teacher.from")?;
    let from = Path::new(named.value.as_str().filter(|from| !from.is_empty())?);
    let beside = Path::new(file).parent().map(|folder| folder.join(from));
    beside.into_iter().chain([from.to_owned()]).find(|folder| folder.join("experiment.toml").is_file())
}

/// Lays the sections `[teacher]` and `[environment]` of another experiment over the base, so that the file need not
/// repeat how those teachers learned.
pub fn lay_source(base: &mut Table, from: &Path, settings: &[Setting]) -> Result<(), ConfigError> {
    // That experiment file is complete, wherever its teachers were taken from.
    let complete = Overrides { set: vec!["teacher.from=".into()], seed: None };
    let theirs = read(&from.join("experiment.toml"), &complete)?;
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

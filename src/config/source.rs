//! Teachers of another experiment: how they learned is taken over with them.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::locate::Setting;
use super::read::{Overrides, read};
use super::{Algorithm, ConfigError};

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

//! The line of an experiment file: the kind of experiment that the rest of it describes.

use std::path::Path;

use serde::{Deserialize, Serialize};
use toml::Value;

use super::ConfigError;
use super::locate;
use super::read::text_of;

/// The kinds of experiments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LineName {
    /// Teachers and students that play games.
    Atari,
    /// Teachers that explain, and students that learn from explanations.
    Explanations,
}

/// The line that a file names with its key `line`; Atari's if it names none.
///
/// # Errors
/// If the file cannot be read, or names another line.
pub fn line_of(file: &Path) -> Result<LineName, ConfigError> {
    let (place, text) = (file.display().to_string(), text_of(file)?);
    let known = toml::Table::from_iter([("line".to_owned(), Value::from(""))]);
    // Faults of the other keys are found by the reader of the line.
    let first = text.lines().position(|line| line.trim_start().starts_with("line"));
    let Some((number, line)) = first.and_then(|number| Some((number, text.lines().nth(number)?))) else {
        return Ok(LineName::Atari);
    };
    let place = format!("{place}:{}", number + 1);
    let Ok(settings) = locate::settings(&place, line, &known) else { return Ok(LineName::Atari) };
    match settings.first().map(|setting| &setting.value) {
        Some(Value::String(name)) if name == "explanations" => Ok(LineName::Explanations),
        Some(Value::String(name)) if name == "atari" => Ok(LineName::Atari),
        Some(other) => {
            let problem = format!("line = {other}: there are \"atari\", which is the default, and \"explanations\"");
            Err(ConfigError { place, problem })
        }
        None => Ok(LineName::Atari),
    }
}

//! Keys of tasks. A key covers the settings that the result depends on, and the keys of the inputs.

use std::collections::BTreeSet;
use std::fmt;

use anyhow::Result;
use sha2::{Digest, Sha256};
use toml::Value;

use super::task::TaskId;
use super::with_commas;
use crate::config::{self, Overrides, Settings};
use crate::record::Folder;

/// Hexadecimal digits of a key in plans.
const DIGITS: usize = 16;

/// The settings that a task depends on, with a digest of them and of its inputs' keys.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    pub settings: Settings,
    digest: String,
}

impl Key {
    /// The key of the task `id`, for inputs with the keys `inputs`.
    pub fn new<'a>(id: &TaskId, settings: Settings, inputs: impl IntoIterator<Item = &'a Key>) -> Key {
        let mut hasher = Sha256::new();
        hasher.update(id.0.as_bytes());
        settings.iter().for_each(|(key, value)| hasher.update(format!("\n{key} = {value}")));
        inputs.into_iter().for_each(|key| hasher.update(format!("\n{}", key.digest)));
        let digest: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Key { settings, digest: digest[..DIGITS].to_owned() }
    }

    /// The settings with another value in `other`. Settings that `other` lacks count as equal.
    pub fn changes(&self, other: &Settings) -> Vec<SettingChange> {
        let change = |(key, is): (&String, &Value)| {
            let was = other.get(key).filter(|was| *was != is)?;
            Some(SettingChange { key: key.clone(), was: was.clone(), is: is.clone() })
        };
        self.settings.iter().filter_map(change).collect()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.digest)
    }
}

/// A setting with two different values in two experiments.
#[derive(Debug, Clone, PartialEq)]
pub struct SettingChange {
    pub key: String,
    was: Value,
    is: Value,
}

impl SettingChange {
    /// Whether it lets trainings take longer.
    pub fn lengthens_training(&self) -> bool {
        self.key == "teacher.frames" && self.is.as_integer() > self.was.as_integer()
    }
}

impl fmt::Display for SettingChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} → {})", self.key, self.was, self.is)
    }
}

/// Changes as text, each once; `None` if there are none.
pub fn in_words(changes: impl IntoIterator<Item = SettingChange>) -> Option<String> {
    let changes: BTreeSet<String> = changes.into_iter().map(|change| change.to_string()).collect();
    (!changes.is_empty()).then(|| with_commas(&Vec::from_iter(changes)))
}

/// The settings with which the folder's results were made.
///
/// # Errors
/// If the folder's experiment cannot be read.
pub fn settings_in(folder: &Folder) -> Result<Settings> {
    Ok(config::settings(&config::read(&folder.experiment(), &Overrides::default())?)?)
}

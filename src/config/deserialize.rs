//! Settings laid over the base, and the experiment that they make.

use serde::Deserialize;
use toml::{Table, Value};

use super::locate::{self, Setting};
use super::read::laid_over_template;
use super::{ConfigError, Experiment};

/// Deserializes the base with all settings. If that fails, the error names the first setting that makes it fail.
pub fn deserialize(file: &str, base: &Table, settings: &[Setting]) -> Result<Experiment, ConfigError> {
    let mut table = base.clone();
    for setting in settings {
        lay(&mut table, setting, &|_| laid_over_template(&Table::new()));
    }
    let error = match Experiment::deserialize(table) {
        Ok(experiment) => return Ok(experiment),
        Err(error) => error,
    };
    let mut table = base.clone();
    let named = |table: &Table| {
        let mut table = table.clone();
        for student in table["students"].as_array_mut().into_iter().flatten().filter_map(Value::as_table_mut) {
            student.entry("name").or_insert_with(|| Value::String("unnamed".into()));
        }
        table
    };
    for setting in settings {
        lay(&mut table, setting, &|_| laid_over_template(&Table::new()));
        if let Err(error) = Experiment::deserialize(named(&table)) {
            let words = locate::in_our_words(&setting.key(), &setting.value, error.message());
            let problem = format!("{} = {}: {words}", setting.key(), setting.value);
            return Err(ConfigError { place: setting.place.clone(), problem });
        }
    }
    let place = nameless(settings).unwrap_or(file).to_owned();
    Err(ConfigError { place, problem: format!("[[students]]: {}", error.message()) })
}

/// The error with a student's name in its key, where the file gives one, instead of the number.
pub fn by_name(error: ConfigError, settings: &[Setting]) -> ConfigError {
    let Some((number, rest)) = error.problem.strip_prefix("students.").and_then(|rest| rest.split_once('.')) else {
        return error;
    };
    let is_name = |setting: &&Setting| setting.path.iter().eq(["students", number, "name"]);
    match settings.iter().find(is_name).and_then(|setting| setting.value.as_str()) {
        Some(name) => ConfigError { problem: format!("students.{name}.{rest}"), ..error },
        None => error,
    }
}

/// The place of the first student without a name.
fn nameless(settings: &[Setting]) -> Option<&str> {
    let is_named = |entry: &Setting| {
        settings.iter().any(|setting| {
            setting.path.starts_with(&entry.path) && setting.path.last().is_some_and(|key| key == "name")
        })
    };
    let mut entries = settings.iter().filter(|setting| setting.path.len() == 2 && setting.path[0] == "students");
    entries.find(|entry| !is_named(entry)).map(|entry| entry.place.as_str())
}

/// Sets one value in the tree; `entry` gives the first values of an entry of a list.
pub fn lay(root: &mut Table, setting: &Setting, entry: &dyn Fn(&str) -> Table) {
    let (last, above) = setting.path.split_last().expect("a path has at least one key");
    let mut at = root;
    let mut keys = above.iter();
    while let Some(key) = keys.next() {
        at = match at.get_mut(key).expect("unknown keys were refused") {
            Value::Table(table) => table,
            Value::Array(entries) => match keys.next() {
                Some(index) => entries[index.parse::<usize>().expect("students are numbered")]
                    .as_table_mut()
                    .expect("each student is a section"),
                None => return entries.push(Value::Table(entry(key))),
            },
            _ => unreachable!("settings end where values begin"),
        };
    }
    at.insert(last.clone(), setting.value.clone());
}

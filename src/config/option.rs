//! `--set KEY=VALUE` → a setting.

use toml::{Table, Value};

use super::ConfigError;
use super::locate::{self, Setting};

/// A list of sections of an experiment file, whose entries have names.
pub struct List<'a> {
    /// The list's key.
    pub key: &'a str,
    /// Name and number of each entry.
    pub entries: Vec<(String, String)>,
}

impl<'a> List<'a> {
    /// The list's entries with names among the settings of a file.
    pub fn of(key: &'a str, settings: &[Setting]) -> List<'a> {
        let is_name =
            |setting: &&Setting| setting.path[0] == key && setting.path.get(2).is_some_and(|key| key == "name");
        let entry =
            |setting: &Setting| (setting.value.as_str().unwrap_or_default().to_owned(), setting.path[1].clone());
        List { key, entries: settings.iter().filter(is_name).map(entry).collect() }
    }

    /// The path of a setting of an entry: the list's key, the entry's number, then its keys. `rest` is written NAME.KEY
    /// or NUMBER.KEY; names may hold dots.
    fn path(&self, rest: &str) -> Result<Vec<String>, String> {
        let List { key, entries } = self;
        let of = |who: &str| rest.strip_prefix(who).and_then(|rest| rest.strip_prefix('.'));
        let by_name = entries.iter().filter_map(|(name, number)| Some((name.len(), number, of(name)?)));
        let by_name = by_name.max_by_key(|(length, ..)| *length).map(|(_, number, keys)| (number, keys));
        let by_number = || entries.iter().find_map(|(_, number)| Some((number, of(number)?)));
        match by_name.or_else(by_number) {
            Some((number, keys)) => Ok([*key, number].into_iter().chain(keys.split('.')).map(str::to_owned).collect()),
            None if rest.contains('.') => {
                let who = rest.split('.').next().unwrap_or_default();
                Err(format!("there is no \"{who}\" among [[{key}]]"))
            }
            None => Err(format!("write {key}.NAME.key for a setting of an entry of [[{key}]]")),
        }
    }
}

/// Parses `--set KEY=VALUE` into a setting of a key in `known`. Entries of `lists` are found by name or by number.
pub fn from_option(option: &str, known: &Table, lists: &[List]) -> Result<Setting, ConfigError> {
    let place = format!("--set {option}");
    let fault = |problem: String| ConfigError { place: place.clone(), problem };
    let (key, value) =
        option.split_once('=').ok_or_else(|| fault("write --set key=value, such as --set seeds=[1,2]".into()))?;
    let (first, rest) = key.trim().split_once('.').unwrap_or((key.trim(), ""));
    if first == "line" {
        return Err(fault("the file alone says of which line it is; write a file of the other line".into()));
    }
    if key.split('.').any(|part| part.trim().is_empty()) {
        return Err(fault("a key is missing; write --set key=value, such as --set seeds=[1,2]".into()));
    }
    let path: Vec<String> = match lists.iter().find(|list| list.key == first) {
        Some(list) => list.path(rest).map_err(fault)?,
        None => key.trim().split('.').map(str::to_owned).collect(),
    };
    let sample = known_value(&path, known, &place)?;
    let value = locate::counted(locate::value(value.trim()), sample);
    Ok(Setting { path, value, place })
}

/// The value at `path` among the known keys. All entries of a list have the keys of its first.
fn known_value<'a>(path: &[String], known: &'a Table, place: &str) -> Result<&'a Value, ConfigError> {
    let (mut at, mut depth) = (known, 0);
    loop {
        let unknown = || locate::unknown(&path[..=depth], at, known, place.to_owned());
        let next = at.get(&path[depth]).ok_or_else(unknown)?;
        let first = next.as_array().and_then(|entries| entries.first()).and_then(Value::as_table);
        let (section, after) = (next.as_table().or(first), depth + if first.is_some() { 2 } else { 1 });
        match section {
            Some(section) if after < path.len() => (at, depth) = (section, after),
            None if after == path.len() => return Ok(next),
            _ => {
                let problem = format!("\"{}\" is not the key of one value", path.join("."));
                return Err(ConfigError { place: place.to_owned(), problem });
            }
        }
    }
}

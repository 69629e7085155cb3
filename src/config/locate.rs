//! A file's text → its individual settings, each with its line number.

use serde::Deserialize;
use toml::de::{DeTable, DeValue, ValueDeserializer};
use toml::{Spanned, Table, Value};

use super::ConfigError;

/// Jaro-Winkler similarity above which an unknown key is taken for a slip of the known one.
const ALIKE: f64 = 0.7;

/// One `key = value`, with the key's path from the root; `[[students]]` counts from 0.
#[derive(Debug, Clone)]
pub struct Setting {
    pub path: Vec<String>,
    pub value: Value,
    /// `FILE:LINE`, or the `--set` option.
    pub place: String,
}

impl Setting {
    pub fn key(&self) -> String {
        self.path.join(".")
    }
}

/// The settings of `text` in order. Tables that are tables in `known` are split into their settings; any other value is
/// one setting.
pub fn settings(file: &str, text: &str, known: &Table) -> Result<Vec<Setting>, ConfigError> {
    let place = |at: usize| format!("{file}:{}", 1 + text[..at].matches('\n').count());
    let root = DeTable::parse(text).map_err(|error| ConfigError {
        place: place(error.span().map_or(0, |span| span.start)),
        problem: error.message().to_owned(),
    })?;
    let mut found = Vec::new();
    let walk = Walk { place: &place, root: known };
    walk.table(root.get_ref(), known, &[], &mut found)?;
    Ok(found)
}

/// `text` as a TOML value; a bare word counts as a string.
pub fn value(text: &str) -> Value {
    ValueDeserializer::parse(text)
        .ok()
        .and_then(|parsed| Value::deserialize(parsed).ok())
        .unwrap_or_else(|| Value::String(text.to_owned()))
}

/// The value, as a whole number where one is `known` to be needed and the value is one: `1e6` is a number of steps.
/// Below 2 it may be a share.
pub fn counted(value: Value, known: &Value) -> Value {
    match (&value, known) {
        (Value::Float(number), Value::Integer(_)) if number.fract() == 0.0 && (2.0..9e15).contains(number) => {
            Value::Integer(*number as i64)
        }
        _ => value,
    }
}

/// The parser's complaint about a value's type, in words of this program.
pub fn in_our_words(key: &str, value: &Value, message: &str) -> String {
    let needs = |what: &str| format!("must be {what}");
    match message {
        _ if message.contains("expected a sequence") && value.as_str().is_some_and(|text| text.starts_with('[')) => {
            needs("a list of values, each in its range")
        }
        _ if message.contains("expected a sequence") && value.is_table() => format!("is a list; write [[{key}]]"),
        _ if message.contains("expected a sequence") => format!("must be a list; write {key} = [{value}]"),
        _ if message.contains("expected u") || message.contains("expected i") => {
            needs("a whole number, 0 or above, below 1e15")
        }
        _ if message.contains("expected f64") => needs("a number"),
        _ if message.contains("expected a boolean") => needs("true or false"),
        _ if message.contains("expected a string") => needs("text in quotation marks"),
        _ => message.to_owned(),
    }
}

struct Walk<'a> {
    place: &'a dyn Fn(usize) -> String,
    /// Every known key.
    root: &'a Table,
}

impl Walk<'_> {
    fn table(
        &self,
        table: &DeTable,
        known: &Table,
        above: &[String],
        found: &mut Vec<Setting>,
    ) -> Result<(), ConfigError> {
        for (key, item) in table {
            let place = (self.place)(key.span().start);
            let path: Vec<_> = above.iter().cloned().chain([key.get_ref().to_string()]).collect();
            let Some(known) = known.get(key.get_ref().as_ref()) else {
                return Err(unknown(&path, known, self.root, place));
            };
            match (item.get_ref(), known) {
                (DeValue::Table(inner), Value::Table(known)) => self.table(inner, known, &path, found)?,
                (DeValue::Array(entries), Value::Array(templates))
                    if !entries.is_empty() && !templates.is_empty() && templates.iter().all(Value::is_table) =>
                {
                    self.entries(entries, templates, &path, found)?;
                }
                (_, Value::Table(_)) => {
                    return Err(ConfigError { place, problem: format!("{} is a section, [{0}]", path.join(".")) });
                }
                _ => {
                    let value = Value::deserialize(ValueDeserializer::from(item.clone()))
                        .map_err(|error| ConfigError { place: place.clone(), problem: error.message().to_owned() })?;
                    found.push(Setting { path, value: counted(value, known), place });
                }
            }
        }
        Ok(())
    }

    fn entries(
        &self,
        entries: &[Spanned<DeValue>],
        templates: &[Value],
        above: &[String],
        found: &mut Vec<Setting>,
    ) -> Result<(), ConfigError> {
        let known = templates[0].as_table().expect("the caller saw that it is a table");
        for (index, entry) in entries.iter().enumerate() {
            let path: Vec<_> = above.iter().cloned().chain([index.to_string()]).collect();
            let place = (self.place)(entry.span().start);
            let DeValue::Table(inner) = entry.get_ref() else {
                let problem = format!("{} is a list of sections, [[{0}]]", above.join("."));
                return Err(ConfigError { place, problem });
            };
            // The entry itself comes first, so that it exists even when it sets nothing.
            found.push(Setting { path: path.clone(), value: Value::Table(Table::new()), place });
            self.table(inner, known, &path, found)?;
        }
        Ok(())
    }
}

/// The error for a value out of range, given its key and the problem: at the last setting of that key.
pub fn at_fault(file: &str, settings: &[Setting], (key, problem): (String, String)) -> ConfigError {
    let at = settings.iter().rev().find(|setting| setting.key() == key);
    let place = at.map_or(file.to_owned(), |setting| setting.place.clone());
    ConfigError { place, problem: format!("{key}: {problem}") }
}

/// The error for an unknown key of a section whose keys are `known`; `root` has the keys of all sections.
pub fn unknown(path: &[String], known: &Table, root: &Table, place: String) -> ConfigError {
    let key = path.last().map_or("", String::as_str);
    // A common beginning counts, so that `fram` leads to `frames`, not to `from`.
    let likeness = |known: &String| strsim::jaro_winkler(known, key);
    let nearest = known.keys().max_by(|a, b| likeness(a).total_cmp(&likeness(b))).filter(|near| likeness(near) > ALIKE);
    let elsewhere = sections_with(key, root, "");
    let hint = match nearest {
        Some(near) => format!("did you mean \"{near}\"?"),
        None if !elsewhere.is_empty() => format!("there is {}", elsewhere.join(", ")),
        None => format!("known there: {}", known.keys().map(String::as_str).collect::<Vec<_>>().join(", ")),
    };
    ConfigError { place, problem: format!("unknown key \"{}\"; {hint}", path.join(".")) }
}

/// The paths of all settings with that last key, outside lists.
fn sections_with(key: &str, section: &Table, above: &str) -> Vec<String> {
    let of = |(name, value): (&String, &Value)| match value {
        Value::Table(inner) => sections_with(key, inner, &format!("{above}{name}.")),
        _ if name == key => vec![format!("{above}{name}")],
        _ => Vec::new(),
    };
    section.iter().flat_map(of).collect()
}

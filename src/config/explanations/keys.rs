//! An experiment's settings by their keys.

use toml::{Table, Value};

use super::Explanations;
use crate::config::Settings;

/// Every setting but the experiment's name and seeds, by keys such as `teachers.rlt.divergence.mean`.
///
/// # Errors
/// If the experiment cannot be written as TOML.
pub fn settings(experiment: &Explanations) -> Result<Settings, toml::ser::Error> {
    let mut table = Table::try_from(experiment)?;
    ["line", "name", "seeds"].iter().for_each(|key| drop(table.remove(*key)));
    let mut settings = Settings::new();
    flatten("", &Value::Table(table), &mut settings);
    Ok(settings)
}

fn flatten(above: &str, value: &Value, settings: &mut Settings) {
    let below = |key: &str| if above.is_empty() { key.to_owned() } else { format!("{above}.{key}") };
    match value {
        Value::Table(table) => table.iter().for_each(|(key, value)| flatten(&below(key), value, settings)),
        Value::Array(entries) if !entries.is_empty() && entries.iter().all(Value::is_table) => {
            for entry in entries {
                let name = entry.get("name").and_then(Value::as_str).unwrap_or_default();
                flatten(&below(name), entry, settings);
            }
        }
        value => _ = settings.insert(above.to_owned(), value.clone()),
    }
}

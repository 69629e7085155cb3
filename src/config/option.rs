//! `--set KEY=VALUE` → a setting.

use toml::{Table, Value};

use super::ConfigError;
use super::locate::{self, Setting};
use super::read::{BASELINES, OF_BASELINES, defaults, out_of_section};

/// Parses `--set KEY=VALUE` into a setting. Students are found by name or by number.
pub fn from_option(option: &str, known: &Table, settings: &[Setting]) -> Result<Setting, ConfigError> {
    let place = format!("--set {option}");
    let Some((key, value)) = option.split_once('=') else {
        return Err(ConfigError {
            place,
            problem: "write --set key=value, such as --set teacher.frames=400000".into(),
        });
    };
    let mut path: Vec<String> = key.trim().split('.').map(str::to_owned).collect();
    if path[0] == BASELINES {
        path[0] = "students".into();
        if let Some(unknown) = path.get(2).filter(|key| !OF_BASELINES.contains(&key.as_str())) {
            let problem = format!("unknown key \"{unknown}\" of a baseline; it has {}", OF_BASELINES.join(", "));
            return Err(ConfigError { place, problem });
        }
    }
    if path[0] == "students" {
        if path.len() != 3 {
            let problem = "a student's key is written students.NAME.key, such as students.net1.loss".into();
            return Err(ConfigError { place, problem });
        }
        path[1] = student_index(&path[1], settings).ok_or_else(|| ConfigError {
            place: place.clone(),
            problem: format!("there is no student \"{}\"", path[1]),
        })?;
    }
    let mut at = known;
    for depth in 0..path.len() {
        let next = match at.get(&path[depth]) {
            Some(Value::Array(entries)) if depth + 2 < path.len() && entries[0].is_table() => {
                let entry = entries[0].as_table().expect("just seen");
                if !entry.contains_key(&path[depth + 2]) {
                    return Err(locate::unknown(&path, entry, place));
                }
                break;
            }
            Some(next) => next,
            None => return Err(locate::unknown(&path[..=depth], at, place)),
        };
        match next.as_table() {
            Some(table) if depth + 1 < path.len() => at = table,
            None if depth + 1 == path.len() => break,
            _ => return Err(ConfigError { place, problem: format!("\"{key}\" is not the key of one value") }),
        }
    }
    let mut setting = Setting { path, value: locate::value(value.trim()), place };
    out_of_section(&mut setting);
    Ok(setting)
}

/// The index, as text, of the student that `--set students.WHO.key` names.
fn student_index(who: &str, settings: &[Setting]) -> Option<String> {
    let named: Vec<(String, String)> = settings
        .iter()
        .filter(|setting| setting.path[0] == "students" && setting.path.get(2).is_some_and(|key| key == "name"))
        .map(|setting| (setting.value.as_str().unwrap_or_default().to_owned(), setting.path[1].clone()))
        .collect();
    if settings.iter().any(|setting| setting.key() == "students") {
        return None;
    }
    let defaults = defaults();
    let default_names = defaults["students"].as_array().into_iter().flatten().enumerate();
    let names = if named.is_empty() {
        default_names
            .map(|(i, student)| (student["name"].as_str().unwrap_or_default().to_owned(), i.to_string()))
            .collect()
    } else {
        named
    };
    names.into_iter().find(|(name, index)| name == who || index == who).map(|(_, index)| index)
}

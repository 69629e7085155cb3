//! `--set KEY=VALUE` → a setting.

use toml::{Table, Value};

use super::ConfigError;
use super::form::{BASELINES, OF_BASELINES, out_of_section};
use super::locate::{self, Setting};
use super::read::defaults;

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
    if ["students", BASELINES].contains(&path[0].as_str()) {
        find_student(&mut path, settings).map_err(|problem| ConfigError { place: place.clone(), problem })?;
    }
    let (mut at, mut sample) = (known, None);
    for depth in 0..path.len() {
        let next = match at.get(&path[depth]) {
            Some(Value::Array(entries)) if depth + 2 < path.len() && entries[0].is_table() => {
                let entry = entries[0].as_table().expect("just seen");
                sample = entry.get(&path[depth + 2]);
                if sample.is_none() {
                    return Err(locate::unknown(&path, entry, place));
                }
                break;
            }
            Some(next) => next,
            None => return Err(locate::unknown(&path[..=depth], at, place)),
        };
        match next.as_table() {
            Some(table) if depth + 1 < path.len() => at = table,
            None if depth + 1 == path.len() => {
                sample = Some(next);
                break;
            }
            _ => return Err(ConfigError { place, problem: format!("\"{key}\" is not the key of one value") }),
        }
    }
    let value = locate::value(value.trim());
    let value = sample.map_or(value.clone(), |known| locate::counted(value, known));
    let mut setting = Setting { path, value, place };
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

/// Puts the position of the student or baseline that a path names into its place.
fn find_student(path: &mut [String], settings: &[Setting]) -> Result<(), String> {
    if path.len() != 3 {
        return Err("a student's key is written students.NAME.key, such as students.net1.loss".into());
    }
    let is_baseline = path[0] == BASELINES;
    if is_baseline && !OF_BASELINES.contains(&path[2].as_str()) {
        return Err(format!("unknown key \"{}\" of a baseline; it has {}", path[2], OF_BASELINES.join(", ")));
    }
    path[0] = "students".into();
    path[1] = student_index(&path[1], settings).ok_or_else(|| format!("there is no student \"{}\"", path[1]))?;
    Ok(())
}

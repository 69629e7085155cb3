//! Defaults, preset, file and overrides laid over one another.

use std::path::Path;

use toml::{Table, Value};

use super::deserialize::{by_name, deserialize};
use super::form::{BASELINES, OF_BASELINES, beside_students, lists, names_students, out_of_section};
use super::ineffective::ineffective;
use super::line::{LineName, line_of};
use super::locate::{self, Setting};
use super::option::from_option;
use super::source::{COLLECTED_SEED, Collection, collection, lay_source, source};
use super::{Algorithm, ConfigError, Experiment, check};
use crate::digest::Ending;
use crate::game::Game;
use crate::limited::read_text_limited;

/// Maximum number of bytes of an experiment file.
const MOST_BYTES: u64 = 16 << 20;

/// Changes that the command line makes to an experiment file.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `key=value`, with any key of the file; students by name or by number from 0.
    pub set: Vec<String>,
    /// Replaces the file's seeds.
    pub seed: Option<u64>,
}

/// The experiment in `file`, with `overrides` over it.
///
/// # Errors
/// [`ConfigError`] names the line or option and the way out: the file cannot be read, a key is unknown, a value has the
/// wrong type or is out of range.
pub fn read(file: &Path, overrides: &Overrides) -> Result<Experiment, ConfigError> {
    if line_of(file)? != LineName::Atari {
        let problem = "this command is for experiments of the line \"atari\"".into();
        return Err(ConfigError { place: file.display().to_string(), problem });
    }
    let stem = file.file_stem().map_or("experiment".into(), |stem| stem.to_string_lossy());
    read_text(&file.display().to_string(), &stem, &text_of(file)?, overrides)
}

/// The text of an experiment file.
pub fn text_of(file: &Path) -> Result<String, ConfigError> {
    let fault = |problem: String| ConfigError { place: file.display().to_string(), problem };
    let text = read_text_limited(file, MOST_BYTES).map_err(|error| {
        fault(format!(
            "cannot be read ({error}); give the path of an experiment file, such as experiments/quickstart.toml"
        ))
    })?;
    if Ending::TOML.open(&text).is_none() {
        return Err(fault(
            "damaged: not what was written; bring back a copy, or, if you changed it yourself, remove its last line, \
             which is the SHA-256 of the others"
                .into(),
        ));
    }
    Ok(text)
}

/// As [`read`], for a file's text; `stem` is the experiment's name if the text sets none.
///
/// # Errors
/// As [`read`].
pub fn read_text(file: &str, stem: &str, text: &str, overrides: &Overrides) -> Result<Experiment, ConfigError> {
    let known = known_keys();
    let mut settings = beside_students(of_atari(locate::settings(file, text, &known)?)?);
    // The program's own files name every setting.
    let mut named = if Ending::TOML.is_on(text) { Vec::new() } else { settings.clone() };
    let lists = lists(&settings);
    for option in &overrides.set {
        let mut setting = from_option(option, &known, &lists)?;
        if setting.path[0] == BASELINES {
            setting.path[0] = "students".into();
        }
        named.push(setting.clone());
        settings.push(setting);
    }
    settings.iter_mut().for_each(out_of_section);
    if let Some(seed) = overrides.seed {
        let value = Value::Array(vec![locate::value(&seed.to_string())]);
        settings.push(Setting { path: vec!["seeds".into()], value, place: format!("--seed {seed}") });
    }
    let mut base = base(&settings)?;
    let source = source(file, &settings);
    if let Some(from) = &source {
        lay_source(&mut base, from, &settings)?;
    }
    let mut experiment = deserialize(file, &base, &settings).map_err(|error| by_name(error, &settings))?;
    match source {
        Some(from) => experiment.teacher.from = from,
        None => read_collection(file, &mut experiment)?,
    }
    if experiment.name.is_empty() {
        stem.clone_into(&mut experiment.name);
    }
    check::check(&experiment).map_err(|fault| by_name(locate::at_fault(file, &settings, fault), &settings))?;
    Ok(Experiment { ineffective: ineffective(&named, &experiment), ..experiment })
}

/// Reads the collection that the experiment takes its teachers from, if it names one.
fn read_collection(file: &str, experiment: &mut Experiment) -> Result<(), ConfigError> {
    let teacher = &mut experiment.teacher;
    let Some(root) = collection(file, &teacher.from, &experiment.games) else { return Ok(()) };
    if !teacher.is_shipped() {
        teacher.from.clone_from(&root);
    }
    if teacher.seeds.is_empty() {
        teacher.seeds = vec![COLLECTED_SEED];
    }
    experiment.collection = Some(Collection::read(root, &experiment.games)?);
    Ok(())
}

/// The settings without the line, which must be Atari's.
fn of_atari(settings: Vec<Setting>) -> Result<Vec<Setting>, ConfigError> {
    let (line, settings): (Vec<_>, Vec<_>) = settings.into_iter().partition(|setting| setting.key() == "line");
    match line.into_iter().find(|setting| setting.value.as_str() != Some("atari")) {
        Some(Setting { place, value, .. }) => {
            let problem = format!("line = {value}: this command is for experiments of the line \"atari\"");
            Err(ConfigError { place, problem })
        }
        None => Ok(settings),
    }
}

/// The teacher's preset that the others build on.
const NATURE: &str = "nature";
/// The preset of distillation that is the defaults.
const PAPER: &str = "paper";

fn parse(text: &str) -> Table {
    text.parse().expect("the files of defaults and presets are part of this build and its tests read them")
}

pub fn defaults() -> Table {
    parse(include_str!("defaults.toml"))
}

fn teacher_presets() -> Table {
    parse(include_str!("presets.toml"))
}

fn distillation_presets() -> Table {
    parse(include_str!("distillation_presets.toml"))
}

/// Every key that a file may set, each with a value of its type.
fn known_keys() -> Table {
    let mut known = defaults();
    known.insert("line".into(), Value::from("atari"));
    for preset in teacher_presets().values() {
        lay_preset(&mut known, "teacher", preset);
    }
    let teacher = known["teacher"].as_table_mut().expect("[teacher] is a section");
    for algorithm in Algorithm::ALL {
        let keys = algorithm.settings().iter().filter_map(|&key| Some((key.to_owned(), teacher.get(key)?.clone())));
        let section: Table = keys.collect();
        teacher.insert(algorithm.section().into(), section.into());
    }
    let baseline =
        laid_over_template(&Table::new()).into_iter().filter(|(key, _)| OF_BASELINES.contains(&key.as_str()));
    let mut baseline: Table = baseline.collect();
    baseline.insert("name".into(), Value::from(""));
    known.insert(BASELINES.into(), Value::Array(vec![Value::Table(baseline)]));
    known
}

fn lay_preset(root: &mut Table, section: &str, preset: &Value) {
    let settings = root[section].as_table_mut().expect("presets are of sections");
    settings.extend(preset.as_table().expect("each preset is a section").clone());
}

/// Lays the preset of a section that `settings` name, or else the `usual` one, and its name.
fn lay_named_preset(
    base: &mut Table,
    section: &str,
    presets: &Table,
    usual: &str,
    settings: &[Setting],
) -> Result<(), ConfigError> {
    let key = format!("{section}.preset");
    let asked = settings.iter().rev().find(|setting| setting.key() == key);
    let asked = asked.filter(|setting| setting.value.as_str() != Some(""));
    let name = asked.map_or(Value::from(usual), |setting| setting.value.clone());
    let Some(preset) = name.as_str().and_then(|name| presets.get(name)) else {
        let names: Vec<_> = presets.keys().map(|name| format!("\"{name}\"")).collect();
        return Err(ConfigError {
            place: asked.map_or(String::new(), |setting| setting.place.clone()),
            problem: format!("{key} is {name}; there are {}", names.join(", ")),
        });
    };
    lay_preset(base, section, preset);
    base[section]["preset"] = name;
    Ok(())
}

/// Whether `games` names games of classic control and no others.
fn are_classic_control(games: &Value) -> bool {
    let is_one = |name: &Value| name.as_str().is_some_and(|name| Game::named(name).is_ok_and(Game::is_classic_control));
    games.as_array().is_some_and(|games| !games.is_empty() && games.iter().all(is_one))
}

/// Lays the defaults of classic control over those of a console's games.
fn lay_classic_control(base: &mut Table) {
    for (key, value) in parse(include_str!("classic_control.toml")) {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(section)), Value::Table(own)) => section.extend(own),
            (_, value) => drop(base.insert(key, value)),
        }
    }
}

/// The defaults, with the presets that `settings` name.
fn base(settings: &[Setting]) -> Result<Table, ConfigError> {
    let mut base = defaults();
    let asked = |key| settings.iter().rev().find(|setting: &&Setting| setting.key() == key);
    let classic = asked("games").is_some_and(|setting| are_classic_control(&setting.value));
    if classic {
        lay_classic_control(&mut base);
    }
    let pqn = asked("teacher.algorithm").is_some_and(|setting| setting.value.as_str() == Some("pqn"));
    let usual = match (classic, pqn) {
        (false, false) => NATURE,
        (false, true) => "pqn",
        (true, false) => "control",
        (true, true) => "control_pqn",
    };
    let presets = teacher_presets();
    lay_preset(&mut base, "teacher", &presets[NATURE]);
    lay_named_preset(&mut base, "teacher", &presets, usual, settings)?;
    lay_named_preset(&mut base, "distillation", &distillation_presets(), PAPER, settings)?;
    if names_students(settings) {
        base["students"] = Value::Array(Vec::new());
    }
    for student in base["students"].as_array_mut().expect("[[students]] is a list") {
        *student = Value::Table(laid_over_template(student.as_table().expect("each student is a section")));
    }
    Ok(base)
}

/// A student's section with the first default student's values for all that it does not set, but not its name.
pub fn laid_over_template(student: &Table) -> Table {
    let mut template = defaults()["students"][0].as_table().expect("each student is a section").clone();
    template.remove("name");
    template.extend(student.clone());
    template
}

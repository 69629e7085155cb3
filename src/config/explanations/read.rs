//! Reads an experiment file of the line: defaults, file and overrides laid over one another.

use std::path::Path;

use serde::Deserialize;
use toml::{Table, Value};

use super::Explanations;
use super::check;
use crate::config::deserialize::lay;
use crate::config::locate::{self, Setting};
use crate::config::option::{List, from_option};
use crate::config::read::text_of;
use crate::config::{ConfigError, Overrides};

/// The lists of sections, whose entries have names.
const LISTS: [&str; 3] = ["teachers", "students", "cold_starts"];

/// The experiment in `file`, with `overrides` over it.
///
/// # Errors
/// [`ConfigError`] names the line or option and the way out.
pub fn read(file: &Path, overrides: &Overrides) -> Result<Explanations, ConfigError> {
    let stem = file.file_stem().map_or("experiment".into(), |stem| stem.to_string_lossy());
    read_text(&file.display().to_string(), &stem, &text_of(file)?, overrides)
}

/// As [`read`], for a file's text; `stem` is the experiment's name if the text sets none.
///
/// # Errors
/// As [`read`].
pub fn read_text(file: &str, stem: &str, text: &str, overrides: &Overrides) -> Result<Explanations, ConfigError> {
    let known = defaults();
    let mut settings = locate::settings(file, text, &known)?;
    let lists = LISTS.map(|list| List::of(list, &settings));
    for option in &overrides.set {
        settings.push(from_option(option, &known, &lists)?);
    }
    if let Some(seed) = overrides.seed {
        let value = Value::Array(vec![locate::value(&seed.to_string())]);
        settings.push(Setting { path: vec!["seeds".into()], value, place: format!("--seed {seed}") });
    }
    let mut experiment = deserialize(file, &settings)?;
    if experiment.name.is_empty() {
        stem.clone_into(&mut experiment.name);
    }
    check::check(&experiment).map_err(|fault| locate::at_fault(file, &settings, fault))?;
    Ok(experiment)
}

fn defaults() -> Table {
    include_str!("defaults.toml").parse().expect("defaults.toml is part of this build and a test reads it")
}

/// The values of the keys that an entry of a list does not set.
fn entry(list: &str) -> Table {
    let mut entry = defaults()[list][0].as_table().expect("an entry is a section").clone();
    entry.remove("name");
    entry
}

/// Deserializes the defaults with all settings. If that fails, the error names the first setting that makes it fail.
fn deserialize(file: &str, settings: &[Setting]) -> Result<Explanations, ConfigError> {
    let mut table = defaults();
    for list in LISTS {
        table[list] = Value::Array(Vec::new());
    }
    let named = |table: &Table| {
        let mut table = table.clone();
        for list in LISTS {
            for entry in table[list].as_array_mut().into_iter().flatten().filter_map(Value::as_table_mut) {
                entry.entry("name").or_insert_with(|| Value::String("unnamed".into()));
            }
        }
        Explanations::deserialize(table)
    };
    for setting in settings {
        lay(&mut table, setting, &entry);
        if let Err(error) = named(&table) {
            let problem = locate::in_our_words(&setting.key(), &setting.value, error.message());
            let problem = format!("{} = {}: {problem}", setting.key(), setting.value);
            return Err(ConfigError { place: setting.place.clone(), problem });
        }
    }
    Explanations::deserialize(table)
        .map_err(|error| ConfigError { place: file.to_owned(), problem: error.message().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::explanations::Method;

    const TEXT: &str = "line = \"explanations\"\nseeds = [1]\n[task]\nfamily = \"addition\"\n[[teachers]]\nname = \"rlt\"\n\
                        [[teachers]]\nname = \"base\"\nmethod = \"untrained\"\n[[students]]\nname = \"same\"\n";

    fn read(text: &str, set: &[&str]) -> Result<Explanations, String> {
        let set = set.iter().map(|&set| set.to_owned()).collect();
        read_text("x.toml", "x", text, &Overrides { set, seed: None }).map_err(|error| error.to_string())
    }

    #[test]
    fn an_entry_has_the_defaults_of_what_it_does_not_set() {
        let experiment = read(TEXT, &["teachers.rlt.divergence.mean=0", "students.same.teachers=[\"rlt\"]"]).unwrap();
        assert_eq!((experiment.name.as_str(), experiment.teachers[1].method), ("x", Method::Untrained));
        assert_eq!((experiment.teachers[0].divergence.mean, experiment.teachers[0].divergence.max), (0.0, 0.03));
        assert_eq!(experiment.teachers_of(&experiment.students[0]).len(), 1);
        let text = toml::to_string(&experiment).unwrap();
        assert_eq!(read(&text, &[]).unwrap(), experiment);
    }

    #[test]
    fn a_faulty_file_is_refused_with_its_line_and_the_way_out() {
        let cases = [
            (TEXT.replace("family", "familly"), "x.toml:4: unknown key \"task.familly\"; did you mean \"family\"?"),
            (TEXT.replace("\"untrained\"", "\"untaught\""), "x.toml:9: teachers.1.method"),
            (TEXT.replace("name = \"base\"", "name = \"rlt\""), "teachers.1.name: is the name of another"),
            (TEXT.to_owned() + "teachers = [\"rtl\"]", "x.toml:12: students.0.teachers: there is no teacher \"rtl\""),
            (TEXT.to_owned() + "steps = 0", "students.0.steps: must be from 1 to 1000000000"),
            (TEXT.to_owned() + "batch = 9000000000000000000", "students.0.batch: must be from 1 to 65536"),
            (TEXT.to_owned() + "learning_rate = inf", "students.0.learning_rate: must be a finite number above 0"),
            (TEXT.replace("seeds = [1]", "seeds = []"), "seeds: name at least one seed"),
            (TEXT.replace("\"addition\"", "\"addition\"\nheld_out = [4, 6]"), "task.held_out: must be longer"),
        ];
        for (text, expected) in cases {
            let error = read(&text, &[]).unwrap_err();
            assert!(error.contains(expected), "{error}\ninstead of {expected}");
        }
        let cases = [
            ("teachers.rlt.step=3", "did you mean \"steps\"?"),
            ("teachers.rlt.divergence.mean=nan", "must be a finite number"),
            ("teachers.nobody.steps=3", "there is no \"nobody\" among [[teachers]]"),
            ("base=3", "not the key of one value"),
            ("teachers.rlt.method.x=1", "not the key of one value"),
            ("teachers.rlt.divergence=1", "not the key of one value"),
            ("teachers.rlt.divergence.foo.bar=1", "unknown key"),
            ("students.same.teachers.x=1", "not the key of one value"),
            ("teachers.rlt=1", "write teachers.NAME.key"),
            ("students.same.teachers=3", "must be \"all\" or a list of teachers' names"),
            ("students.same.=3", "a key is missing"),
            ("=3", "a key is missing"),
            ("line=atari", "the file alone says of which line it is"),
            ("name=../../escape", "names a folder"),
            ("games=[\"pong\"]", "unknown key \"games\""),
        ];
        for (set, expected) in cases {
            let error = read(TEXT, &[set]).unwrap_err();
            assert!(error.contains(expected) && error.starts_with("--set"), "{error}\ninstead of {expected}");
        }
    }
}

//! `pd init`: an experiment file to begin with.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

use anyhow::{Context, Result};

use crate::config;
use crate::pipeline::{quoted, refused};
use crate::progress::Ended;

/// The file that is written.
pub const TEMPLATE: &str = include_str!("init.toml");

/// Writes the file, unless there is one.
///
/// # Errors
/// If there is a file already, its name is none of an experiment, or it cannot be written, such as into a folder that is
/// not there.
pub fn init(file: &Path) -> Result<Ended> {
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir()) {
        return Err(refused(format!("{}: no such folder; make it, or choose another place", folder.display())));
    }
    if !file.file_stem().is_some_and(|stem| config::is_name(&stem.to_string_lossy())) {
        let file = file.display();
        let must = "an experiment has its file's name, of letters, digits, '-', '_' and '.'; choose another";
        return Err(refused(format!("{file}: {must}")));
    }
    let mut new = match OpenOptions::new().write(true).create_new(true).open(file) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            return Err(refused(format!("{}: is there already; choose another name", file.display())));
        }
        opened => opened.with_context(|| format!("{}: cannot be written", file.display()))?,
    };
    new.write_all(TEMPLATE.as_bytes()).with_context(|| format!("{}: cannot be written", file.display()))?;
    let (place, word) = (file.display(), quoted(&file.display().to_string()));
    out!("{place} written; `pd plan {word}` shows what it does, `pd run {word}` does it");
    Ok(Ended::Done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Overrides, read_text};

    #[test]
    fn the_file_to_begin_with_is_an_experiment() {
        let experiment = read_text("x.toml", "x", TEMPLATE, &Overrides::default()).unwrap();
        assert!(experiment.teacher.is_shipped() && experiment.students.len() == 2);
    }

    #[test]
    fn its_lines_for_a_teacher_of_ones_own_are_settings() {
        let own = TEMPLATE.replace("from = \"shipped\"", "").replace("\n# ", "\n");
        let own: String =
            own.lines().skip_while(|line| !line.starts_with("games")).map(|line| format!("{line}\n")).collect();
        let experiment = read_text("x.toml", "x", &own, &Overrides::default()).unwrap();
        assert!(!experiment.teacher.is_shipped() && experiment.teacher.rollout == 32);
    }
}

//! Completions for shells, and manual pages.

use std::path::Path;

use anyhow::{Context, Result};
use clap::CommandFactory;
use clap_complete::{Shell, generate};

use super::arguments::Arguments;
use crate::progress::Ended;

/// Prints the completions for a shell.
pub fn completions(shell: Shell) -> Result<Ended> {
    let mut text = Vec::new();
    generate(shell, &mut Arguments::command(), "pd", &mut text);
    out!("{}", String::from_utf8_lossy(&text).trim_end());
    Ok(Ended::Done)
}

/// Writes a manual page for the program, and one for each of its commands.
///
/// # Errors
/// The path and the system's reason.
pub fn manual(folder: &Path) -> Result<Ended> {
    let place = || format!("{}: cannot be written", folder.display());
    std::fs::create_dir_all(folder).with_context(place)?;
    clap_mangen::generate_to(Arguments::command(), folder).with_context(place)?;
    Ok(Ended::Done)
}

//! `pd compare`: two experiments side by side.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::pipeline::refused;
use crate::progress::Ended;
use crate::record::write_file;
use crate::report;

/// Prints the comparison of the experiments in two folders, and writes it as Markdown if `out` says where.
///
/// # Errors
/// If they cannot be compared, or the file cannot be written.
pub fn compare(folders: &[PathBuf], json: bool, out: Option<&Path>) -> Result<Ended> {
    let [first, second] = folders else { return Err(refused("name the folders of two experiments")) };
    let comparison = report::compare::written([first, second]).map_err(refused)?;
    if let Some(out) = out {
        // An earlier comparison may be replaced, a file of another kind not.
        if out.is_file() && out.extension().is_none_or(|ending| ending != "md") {
            return Err(refused(format!("{}: exists already; remove it, or write into a file.md", out.display())));
        }
        write_file(out, comparison.markdown.as_bytes())?;
    }
    match json {
        true => out!("{}", serde_json::to_string_pretty(&comparison.json)?),
        false => out!("{}", comparison.text.trim_end()),
    }
    Ok(Ended::Done)
}

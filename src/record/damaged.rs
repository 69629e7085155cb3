//! The error of a file that was changed since it was written.

use std::fmt::Display;
use std::path::{Path, PathBuf};

/// A file of results whose content is not what was written.
#[derive(Debug, thiserror::Error)]
#[error("{}: damaged: {problem}; {way_out}", path.display())]
pub struct DamagedFile {
    path: PathBuf,
    problem: String,
    way_out: &'static str,
}

impl DamagedFile {
    pub fn new(path: &Path, problem: impl Display, way_out: &'static str) -> DamagedFile {
        DamagedFile { path: path.to_owned(), problem: format!("{problem:#}"), way_out }
    }
}

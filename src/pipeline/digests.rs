//! SHA-256 of files, computed once while a file does not change.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use anyhow::{Context, Result};

use crate::{agent, digest};

/// Digests of files, keyed by path and valid for a size and a time of change.
#[derive(Default)]
pub struct Digests(Mutex<HashMap<PathBuf, (u64, SystemTime, String)>>);

impl Digests {
    /// The SHA-256 of any file, in hexadecimal; `None` if there is no such file.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn of(&self, path: &Path) -> Result<Option<String>> {
        self.once(path, || {
            let content = std::fs::read(path).with_context(|| format!("{}: cannot be read", path.display()))?;
            Ok(digest::sha256(&content))
        })
    }

    /// The SHA-256 of an agent's weights; `None` if there are none.
    ///
    /// # Errors
    /// As [`agent::sha256`]: also if the file is damaged.
    pub fn of_weights(&self, path: &Path) -> Result<Option<String>> {
        self.once(path, || agent::sha256(path))
    }

    fn once(&self, path: &Path, compute: impl FnOnce() -> Result<String>) -> Result<Option<String>> {
        if !path.exists() {
            return Ok(None);
        }
        let place = || format!("{}: cannot be read", path.display());
        let file = std::fs::metadata(path).with_context(place)?;
        let (length, changed) = (file.len(), file.modified().with_context(place)?);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((.., digest)) = known.get(path).filter(|own| (own.0, own.1) == (length, changed)) {
            return Ok(Some(digest.clone()));
        }
        let digest = compute()?;
        known.insert(path.to_owned(), (length, changed, digest.clone()));
        Ok(Some(digest))
    }
}

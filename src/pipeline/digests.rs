//! SHA-256 of files, computed once while a file does not change.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use anyhow::{Context, Result};

use crate::agent::WeightsError;
use crate::limited::read_limited;
use crate::{agent, digest};

/// Maximum number of bytes of a file.
const MOST_BYTES: u64 = 8 << 30;

/// The path of a file, and whether its content was verified.
type Key = (PathBuf, bool);

/// Digests of files, each valid for a size and a time of change.
#[derive(Default)]
pub struct Digests(Mutex<HashMap<Key, (u64, SystemTime, String)>>);

impl Digests {
    /// The SHA-256 of any file, in hexadecimal; `None` if there is no such file.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn of(&self, path: &Path) -> Result<Option<String>> {
        self.once(path, false, || {
            let content = read_limited(path, MOST_BYTES);
            Ok(digest::sha256(&content.with_context(|| format!("{}: cannot be read", path.display()))?))
        })
    }

    /// The SHA-256 of an agent's weights; `None` if there are none.
    ///
    /// # Errors
    /// As [`agent::sha256`]: also if the file is damaged.
    pub fn of_weights(&self, path: &Path) -> Result<Option<String>> {
        self.once(path, true, || agent::sha256(path))
    }

    /// As [`Digests::of_weights`], but weights that cannot be used count as none.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn of_usable_weights(&self, path: &Path) -> Result<Option<String>> {
        match self.of_weights(path) {
            Err(error) if error.is::<WeightsError>() => Ok(None),
            digest => digest,
        }
    }

    fn once(&self, path: &Path, is_verified: bool, compute: impl FnOnce() -> Result<String>) -> Result<Option<String>> {
        if !path.exists() {
            return Ok(None);
        }
        let place = || format!("{}: cannot be read", path.display());
        let file = std::fs::metadata(path).with_context(place)?;
        let (length, changed) = (file.len(), file.modified().with_context(place)?);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (path.to_owned(), is_verified);
        if let Some((.., digest)) = known.get(&key).filter(|own| (own.0, own.1) == (length, changed)) {
            return Ok(Some(digest.clone()));
        }
        let digest = compute()?;
        known.insert(key, (length, changed, digest.clone()));
        Ok(Some(digest))
    }
}

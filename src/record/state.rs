//! A state in a file: the format, the state, and their SHA-256.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::atomic::write_file;
use crate::digest::{Hashed, unsealed};

/// The beginning of files with a state.
pub const MAGIC: &[u8; 12] = b"pd state\0\0\0\n";
/// Version of the files' content.
const FORMAT: u32 = 5;

/// The reason why work cannot go on from a checkpoint.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    #[error(
        "{}: damaged ({reason}); remove {}, and this run alone starts over",
        path.display(), folder(path).display()
    )]
    Damaged { path: PathBuf, reason: String },
    #[error(
        "{}: a checkpoint in format {found}, but this version of the program reads format {FORMAT}; finish with the version \
         that wrote it, or remove {}, and this run alone starts over",
        path.display(), folder(path).display()
    )]
    Format { path: PathBuf, found: u32 },
}

/// Whether a fault in reading a file tells of its content. Any other fault of the system, as a refusal, a broken device
/// or too many open files, says nothing of it.
pub fn is_damage(error: &Error) -> bool {
    error.downcast_ref().is_none_or(is_damage_of_file)
}

fn is_damage_of_file(error: &std::io::Error) -> bool {
    use ErrorKind::{IsADirectory, NotADirectory, NotFound, UnexpectedEof};
    matches!(error.kind(), NotFound | IsADirectory | NotADirectory | UnexpectedEof)
}

fn folder(file: &Path) -> &Path {
    file.parent().unwrap_or(file)
}

/// Writes a state with its format and its hash.
///
/// # Errors
/// As [`write_file`].
pub fn write_state(path: &Path, state: &impl Serialize) -> Result<()> {
    let beginning = [&MAGIC[..], &FORMAT.to_le_bytes()].concat();
    let mut file = Hashed::new(Vec::new());
    file.write_all(&postcard::to_extend(state, beginning)?)?;
    write_file(path, &file.seal()?)
}

/// Reads a state that [`write_state`] wrote.
///
/// # Errors
/// [`CheckpointError`], or the system's reason.
pub fn read_state<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let damaged = |reason: String| CheckpointError::Damaged { path: path.to_owned(), reason };
    let content = match fs::read(path) {
        Ok(content) => content,
        Err(error) if is_damage_of_file(&error) => return Err(damaged(error.to_string()).into()),
        Err(error) => return Err(error).with_context(|| format!("{}: cannot be read", path.display())),
    };
    let start = MAGIC.len() + size_of_val(&FORMAT);
    let body = unsealed(&content).filter(|body| body.len() >= start && body.starts_with(MAGIC));
    let Some(body) = body else { return Err(damaged("its content is not what was written".into()).into()) };
    let format = body[MAGIC.len()..start].iter().rev().fold(0, |number, &byte| number << 8 | u32::from(byte));
    if format != FORMAT {
        return Err(CheckpointError::Format { path: path.to_owned(), found: format }.into());
    }
    match postcard::take_from_bytes(&body[start..]) {
        Ok((state, [])) => Ok(state),
        Ok(_) => Err(damaged("bytes follow its end".into()).into()),
        Err(error) => Err(damaged(error.to_string()).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_with_a_whole_hash_but_more_bytes_than_fields_is_damaged() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("state.bin");
        write_state(&path, &(7_u64, 8_u64)).unwrap();
        let error = read_state::<u64>(&path).unwrap_err().to_string();
        assert!(error.contains("bytes follow its end"), "{error}");
    }
}

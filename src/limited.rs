//! Reads files that may be anything: a pipe, an endless device, or gigabytes of zeros.

use std::fs::{self, File};
use std::io::{Error, ErrorKind, Read, Result};
use std::path::Path;

/// Reads a plain file of at most `most` bytes. Pipes, devices and files that are too large are refused unread.
///
/// # Errors
/// The system's reason, or why the file is not read.
pub fn read_limited(path: &Path, most: u64) -> Result<Vec<u8>> {
    let refused = |reason: String| Err(Error::new(ErrorKind::InvalidInput, reason));
    let there = fs::metadata(path)?;
    if !there.is_file() {
        return refused("not a plain file".into());
    }
    if there.len() > most {
        return refused(format!("{} bytes, but a file of this kind has at most {most}", there.len()));
    }
    let mut content = Vec::new();
    File::open(path)?.take(most + 1).read_to_end(&mut content)?;
    if content.len() as u64 > most {
        return refused(format!("more than {most} bytes"));
    }
    Ok(content)
}

/// Reads a plain file of UTF-8 text of at most `most` bytes.
///
/// # Errors
/// As [`read_limited`].
pub fn read_text_limited(path: &Path, most: u64) -> Result<String> {
    String::from_utf8(read_limited(path, most)?).map_err(|error| Error::new(ErrorKind::InvalidData, error))
}

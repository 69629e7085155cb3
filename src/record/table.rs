//! CSV files of one row type.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{cannot_write, write_file};

/// All rows of the file; an empty list if the file is absent.
///
/// # Errors
/// The path, the line, and the fault there.
pub fn read_rows<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    ensure!(path.is_file(), "{}: not a plain file", path.display());
    let mut reader = csv::Reader::from_path(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    reader.deserialize().collect::<Result<_, _>>().with_context(|| format!("{}: damaged", path.display()))
}

/// Replaces the file atomically.
///
/// # Errors
/// As [`write_file`].
pub fn write_rows<T: Serialize>(path: &Path, rows: &[T]) -> Result<()> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row)?;
    }
    write_file(path, &writer.into_inner()?)
}

/// A CSV file that grows by a row at a time.
pub struct Log {
    path: PathBuf,
    file: File,
    rows: u64,
    bytes: u64,
    /// Of all bytes so far.
    hash: Sha256,
}

/// How far a log was when a checkpoint was written. Its hash tells whether the log was changed since.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LogMark {
    rows: u64,
    bytes: u64,
    hash: [u8; 32],
}

impl Log {
    /// Continues the file after the rows that `mark` counts and drops the others, which were written after the
    /// checkpoint from which the run continues. Without rows the file starts anew. A log that was lost or changed since
    /// starts anew too, with a warning; what is left of it is kept beside it.
    ///
    /// # Errors
    /// The path and the system's reason.
    pub fn resume(path: &Path, mark: &LogMark) -> Result<Log> {
        let (kept, rows) = match marked(path, mark)? {
            Some(kept) => (kept, mark.rows),
            None => {
                set_aside(path)?;
                (Vec::new(), 0)
            }
        };
        write_file(path, &kept)?;
        let place = || format!("{}: cannot be written", path.display());
        let file = OpenOptions::new().append(true).open(path).with_context(place)?;
        let hash = Sha256::new_with_prefix(&kept);
        Ok(Log { path: path.to_owned(), file, rows, bytes: kept.len() as u64, hash })
    }

    /// Flushes all rows to disk, and returns the mark from which the log can be continued.
    ///
    /// # Errors
    /// The system's reason; also if the file is not in its folder any more.
    pub fn sync(&self) -> Result<LogMark> {
        let place = || format!("{}: cannot be written", self.path.display());
        self.file.sync_data().with_context(place)?;
        let own = self.file.metadata().with_context(place)?;
        let is_there = fs::metadata(&self.path).is_ok_and(|there| (there.dev(), there.ino()) == (own.dev(), own.ino()));
        ensure!(
            is_there,
            "{}: gone, or another file, while this run wrote it; bring the results folder back, and the same command \
             continues from its last checkpoint",
            self.path.display()
        );
        Ok(LogMark { rows: self.rows, bytes: self.bytes, hash: self.hash.clone().finalize().into() })
    }

    /// Appends a row. Other processes can read it when this returns.
    ///
    /// # Errors
    /// The system's reason.
    pub fn append(&mut self, row: &impl Serialize) -> Result<()> {
        let mut writer = csv::WriterBuilder::new().has_headers(self.bytes == 0).from_writer(Vec::new());
        writer.serialize(row).context("a row cannot be written")?;
        let bytes = writer.into_inner()?;
        self.file.write_all(&bytes).with_context(|| cannot_write(&self.path))?;
        self.hash.update(&bytes);
        self.bytes += bytes.len() as u64;
        self.rows += 1;
        Ok(())
    }
}

/// The beginning of a log up to a mark; `None` if it is not what was written.
fn marked(path: &Path, LogMark { rows, bytes, hash }: &LogMark) -> Result<Option<Vec<u8>>> {
    if *rows == 0 {
        return Ok(Some(Vec::new()));
    }
    let mut kept = Vec::new();
    match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        file => file.and_then(|file| file.take(*bytes).read_to_end(&mut kept)),
    }
    .with_context(|| format!("{}: cannot be read", path.display()))?;
    Ok((Sha256::digest(&kept).as_slice() == hash).then_some(kept))
}

/// Moves what is left of a log out of the way.
fn set_aside(path: &Path) -> Result<()> {
    if !path.exists() {
        log::warn!("{}: lost; the run goes on, and a new log begins here", path.display());
        return Ok(());
    }
    let aside = path.with_extension("damaged.csv");
    fs::rename(path, &aside).with_context(|| format!("{}: cannot be moved aside", path.display()))?;
    let (path, aside) = (path.display(), aside.display());
    log::warn!("{path}: not what was written; moved to {aside}, and the run goes on with a new log");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_continues_after_the_rows_that_its_checkpoint_counts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.csv");
        let row = |steps: u64| crate::record::EvalRow {
            game: String::new(),
            steps,
            frames: 4 * steps,
            updates: 0,
            episodes: 1,
            mean: 0.5,
            ci_low: 0.0,
            ci_high: 1.0,
            best: false,
        };
        let mut log = Log::resume(&path, &LogMark::default()).unwrap();
        let mut marks = Vec::new();
        for steps in 1..=3 {
            log.append(&row(steps)).unwrap();
            marks.push(log.sync().unwrap());
        }
        let straight = fs::read(&path).unwrap();
        let mut log = Log::resume(&path, &marks[1]).unwrap();
        log.append(&row(3)).unwrap();
        assert_eq!(fs::read(&path).unwrap(), straight);
        // Rows after the mark may be cut off in the middle.
        fs::write(&path, &straight[..straight.len() - 5]).unwrap();
        let mut log = Log::resume(&path, &marks[1]).unwrap();
        log.append(&row(3)).unwrap();
        assert_eq!((fs::read(&path).unwrap(), log.sync().unwrap()), (straight.clone(), marks[2].clone()));
        // A changed log is kept aside, a lost one begins anew; neither ends the run.
        let changed = [b"1", &straight[1..]].concat();
        fs::write(&path, &changed).unwrap();
        Log::resume(&path, &marks[2]).unwrap().append(&row(4)).unwrap();
        assert_eq!(fs::read(folder.path().join("rows.damaged.csv")).unwrap(), changed);
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 2);
        fs::remove_file(&path).unwrap();
        let log = Log::resume(&path, &marks[2]).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"");
        fs::remove_file(&path).unwrap();
        let error = log.sync().unwrap_err().to_string();
        assert!(error.contains("bring the results folder back"), "{error}");
    }
}

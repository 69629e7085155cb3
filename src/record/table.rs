//! CSV files of one row type.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::damaged::DamagedFile;
use super::row_digest::{has_digest, is_whole, with_digest};
use super::{cannot_write, is_there, write_file};

/// The remedy for a file that is damaged.
const WAY_OUT: &str = "bring back a copy of the file, or remove it: the next command makes its results again, and a report does \
     without a log";

/// All rows of the file; an empty list if the file is absent. Rows of files from older versions have no digest and are
/// taken as they are.
///
/// # Errors
/// [`DamagedFile`], or that the file cannot be looked at or read.
pub fn read_rows<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>> {
    if !is_there(path)? {
        return Ok(Vec::new());
    }
    ensure!(path.is_file(), "{}: not a plain file", path.display());
    let content = fs::read(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    parse_rows(&content[..]).map_err(|error| DamagedFile::new(path, error, WAY_OUT).into())
}

/// The rows of a CSV file's content, verified where they have digests.
///
/// # Errors
/// The line, and the fault there.
pub fn parse_rows<T: DeserializeOwned>(content: impl Read) -> Result<Vec<T>> {
    let mut reader = csv::Reader::from_reader(content);
    let columns = reader.headers()?.clone();
    // A quotation mark where a letter was takes the other lines into a name.
    ensure!(columns.iter().all(|column| !column.contains('\n')), "line 1 is not what was written");
    let (is_verified, mut rows) = (has_digest(&columns), Vec::new());
    for cells in reader.records() {
        let cells = cells?;
        let line = cells.position().map_or(0, csv::Position::line);
        ensure!(
            !is_verified || is_whole(&columns, &cells),
            "line {line} is not what was written (if you changed it yourself, empty its row_sha256)"
        );
        rows.push(cells.deserialize(Some(&columns))?);
    }
    Ok(rows)
}

/// Replaces the file atomically.
///
/// # Errors
/// As [`write_file`].
pub fn write_rows<T: Serialize>(path: &Path, rows: &[T]) -> Result<()> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for (number, row) in rows.iter().enumerate() {
        let (columns, cells) = with_digest(row)?;
        if number == 0 {
            writer.write_record(&columns)?;
        }
        writer.write_record(&cells)?;
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
    /// Whether rows have digests; those of a log that an older version began have none.
    has_digests: bool,
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
        let has_digests = kept.is_empty() || has_digest(csv::Reader::from_reader(&kept[..]).headers()?);
        Ok(Log { path: path.to_owned(), file, rows, bytes: kept.len() as u64, hash, has_digests })
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
        let (mut columns, mut cells) = with_digest(row)?;
        if !self.has_digests {
            columns.truncate(columns.len() - 1);
            cells.truncate(cells.len() - 1);
        }
        let mut writer = csv::Writer::from_writer(Vec::new());
        if self.bytes == 0 {
            writer.write_record(&columns)?;
        }
        writer.write_record(&cells)?;
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
    use crate::record::EvalRow;

    fn row(steps: u64) -> EvalRow {
        EvalRow {
            game: String::new(),
            steps,
            frames: 4 * steps,
            updates: 0,
            episodes: 1,
            mean: 0.5,
            ci_low: 0.0,
            ci_high: 1.0,
            best: false,
        }
    }

    #[test]
    fn every_flipped_bit_of_finished_rows_is_noticed_or_changes_no_value() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.csv");
        let rows = [row(1), row(2), row(22)];
        write_rows(&path, &rows).unwrap();
        let written = fs::read(&path).unwrap();
        assert_eq!(read_rows::<EvalRow>(&path).unwrap(), rows);
        for bit in 0..8 * written.len() {
            let mut changed = written.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            if let Ok(found) = parse_rows::<EvalRow>(&changed[..]) {
                assert_eq!(found, rows, "bit {bit}: {}", String::from_utf8_lossy(&changed));
            }
        }
        let edited = String::from_utf8(written).unwrap().replacen("0.5,", "0.75,", 1);
        fs::write(&path, &edited).unwrap();
        let error = read_rows::<EvalRow>(&path).unwrap_err().to_string();
        assert!(error.contains("rows.csv: damaged: line 2") && error.contains("bring back a copy"), "{error}");
        let digest = edited.lines().nth(1).unwrap().rsplit(',').next().unwrap();
        fs::write(&path, edited.replace(digest, "")).unwrap();
        assert_eq!(read_rows::<EvalRow>(&path).unwrap()[0].mean, 0.75);
    }

    #[test]
    fn a_file_that_cannot_be_looked_at_is_not_taken_for_an_absent_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.csv");
        std::os::unix::fs::symlink(&path, &path).unwrap();
        let error = read_rows::<EvalRow>(&path).unwrap_err().to_string();
        assert!(error.contains("rows.csv: cannot be looked at"), "{error}");
    }

    #[test]
    fn files_without_digests_are_read_and_continued_as_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.csv");
        let old = "steps,frames,updates,episodes,mean,ci_low,ci_high,best,game\n1,4,0,1,0.5,0.0,1.0,false,\n";
        fs::write(&path, old).unwrap();
        assert_eq!(read_rows::<EvalRow>(&path).unwrap(), [row(1)]);
        let mark = LogMark { rows: 1, bytes: old.len() as u64, hash: Sha256::digest(old).into() };
        Log::resume(&path, &mark).unwrap().append(&row(2)).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{old}2,8,0,1,0.5,0.0,1.0,false,\n"));
        assert_eq!(read_rows::<EvalRow>(&path).unwrap(), [row(1), row(2)]);
    }

    #[test]
    fn a_log_continues_after_the_rows_that_its_checkpoint_counts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.csv");
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

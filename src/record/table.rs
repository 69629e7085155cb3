//! CSV files of one row type.

use std::fs::{self, File, OpenOptions};
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::write_file;

/// All rows of the file; an empty list if the file is absent.
///
/// # Errors
/// The path, the line, and the fault there.
pub fn read_rows<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>> {
    read_first(path, usize::MAX)
}

/// The first `count` rows. Later rows may have been cut off in the middle.
fn read_first<T: DeserializeOwned>(path: &Path, count: usize) -> Result<Vec<T>> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let mut reader = csv::Reader::from_path(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    reader.deserialize().take(count).collect::<Result<_, _>>().with_context(|| format!("{}: damaged", path.display()))
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
    writer: csv::Writer<File>,
    rows: u64,
}

impl Log {
    /// Continues the file after its first `rows` rows and drops the others, which were written after the checkpoint
    /// from which the run continues. With 0 rows the file starts anew.
    ///
    /// # Errors
    /// The path and the reason; also if the file has fewer rows than that.
    pub fn resume<T: Serialize + DeserializeOwned>(path: &Path, rows: u64) -> Result<Log> {
        let kept: Vec<T> = if rows == 0 { Vec::new() } else { read_first(path, rows as usize)? };
        anyhow::ensure!(
            kept.len() as u64 >= rows,
            "{}: has {} rows where the checkpoint counts {rows}; start over with --fresh",
            path.display(),
            kept.len()
        );
        write_rows(path, &kept)?;
        let place = || format!("{}: cannot be written", path.display());
        let file = OpenOptions::new().append(true).open(path).with_context(place)?;
        let empty = fs::metadata(path).with_context(place)?.len() == 0;
        Ok(Log { writer: csv::WriterBuilder::new().has_headers(empty).from_writer(file), rows })
    }

    /// Rows in the file.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Flushes all rows to disk. A checkpoint that counts them calls this first.
    ///
    /// # Errors
    /// The system's reason.
    pub fn sync(&self) -> Result<()> {
        self.writer.get_ref().sync_data().context("rows cannot be written")
    }

    /// Appends a row. Other processes can read it when this returns.
    ///
    /// # Errors
    /// The system's reason.
    pub fn append(&mut self, row: &impl Serialize) -> Result<()> {
        self.writer.serialize(row).context("a row cannot be written")?;
        self.writer.flush().context("a row cannot be written")?;
        self.rows += 1;
        Ok(())
    }
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
        let mut log = Log::resume::<crate::record::EvalRow>(&path, 0).unwrap();
        for steps in 1..=3 {
            log.append(&row(steps)).unwrap();
        }
        let straight = fs::read(&path).unwrap();
        let mut log = Log::resume::<crate::record::EvalRow>(&path, 2).unwrap();
        log.append(&row(3)).unwrap();
        assert_eq!(fs::read(&path).unwrap(), straight);
        assert!(Log::resume::<crate::record::EvalRow>(&path, 9).is_err());
    }
}

//! A digest in each row of a CSV file, so that a cell that was changed is noticed when the file is read.

use anyhow::{Context, Result};
use csv::StringRecord;
use serde::Serialize;

use crate::digest::sha256;

/// The last column. Files of older versions lack it.
const COLUMN: &str = "row_sha256";
const CHARACTERS: usize = 16;

/// Whether these columns end with the one for digests.
pub fn has_digest(columns: &StringRecord) -> bool {
    columns.iter().next_back() == Some(COLUMN)
}

/// Whether a row is what was written. A row with an empty digest is taken as it is: somebody changed it on purpose.
pub fn is_whole(columns: &StringRecord, cells: &StringRecord) -> bool {
    let said = cells.iter().next_back().unwrap_or_default();
    said.is_empty() || said == digest(columns, cells)
}

/// A row as columns and cells, with its digest.
///
/// # Errors
/// If the row is not flat.
pub fn with_digest(row: &impl Serialize) -> Result<(StringRecord, StringRecord)> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.serialize(row).context("a row cannot be written")?;
    let text = writer.into_inner()?;
    let mut reader = csv::Reader::from_reader(&text[..]);
    let mut columns = reader.headers()?.clone();
    let mut cells = reader.records().next().context("a row without cells")??;
    columns.push_field(COLUMN);
    let digest = digest(&columns, &cells);
    cells.push_field(&digest);
    Ok((columns, cells))
}

/// The first characters of the SHA-256 of a line for the name and a line for the cell of each column but the last.
fn digest(columns: &StringRecord, cells: &StringRecord) -> String {
    let lines = columns.iter().zip(cells).take(columns.len() - 1);
    let lines: Vec<_> = lines.map(|(column, cell)| format!("{column}\n{cell}\n")).collect();
    sha256(lines.concat().as_bytes())[..CHARACTERS].to_owned()
}

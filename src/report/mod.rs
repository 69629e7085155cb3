//! CSVs and manifests → tables, plots, one HTML page. A report never loads a network, works for unfinished runs, and
//! has the same bytes for the same files.

mod agent_result;
pub mod compare;
pub mod explanations;
mod format;
mod markdown;
mod overall;
mod page;
mod plot;
mod prose;
mod protocol;
mod read;
mod table;
mod tables;
mod unscored;
mod verdict;
mod warning;
mod write;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

pub use plot::text_mask;
pub use warning::Warning;
pub use write::{is_current, write};

/// Summary of a report for the terminal.
#[derive(Debug, Clone, PartialEq)]
pub struct TerminalReport {
    /// The result in a few sentences.
    pub verdict: String,
    /// Every agent in every game, aligned with spaces; empty while nothing is scored.
    pub table: String,
    pub warnings: Vec<Warning>,
    /// The page that was written.
    pub page: PathBuf,
}

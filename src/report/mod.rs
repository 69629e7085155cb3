//! CSVs and manifests → tables, plots, one HTML page. A report never loads a network, works for unfinished runs, and
//! has the same bytes for the same files.

mod activity;
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
mod runs;
mod table;
mod tables;
mod unscored;
mod verdict;
mod warning;
mod write;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use serde_json::{Value, json};

pub use activity::{Activity, RunProgress, RunningCommand};
pub use format::{number_with_interval, shortened};
pub use plot::text_mask;
pub use table::{Table, numbers, words};
pub use warning::Warning;
pub use write::{is_current, scored, write};

/// Summary of a report for the terminal.
#[derive(Debug, Clone, PartialEq)]
pub struct TerminalReport {
    /// The result in a few sentences.
    pub verdict: String,
    /// Every agent in every game.
    pub table: Table,
    pub warnings: Vec<Warning>,
    /// The page that was written.
    pub page: PathBuf,
    /// The rows of `scores.csv`.
    pub scores: Vec<Value>,
}

impl TerminalReport {
    /// The report for other programs.
    pub fn json(&self) -> Value {
        let warning = |warning: &Warning| json!({ "problem": warning.to_string(), "remedy": warning.remedy() });
        let warnings: Vec<Value> = self.warnings.iter().map(warning).collect();
        json!({ "verdict": self.verdict, "warnings": warnings, "scores": self.scores, "page": self.page })
    }
}

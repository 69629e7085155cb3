//! `summary.md`: the report for a terminal or a code host.

use std::fmt::Write;

use super::prose;
use super::read::Results;
use super::standing::Standings;
use super::table::Table;
use super::tables;
use super::warning::Warning;
use super::write::Plot;

/// The text of `summary.md`.
pub fn summary(results: &Results, standings: &Standings, warnings: &[Warning], plots: &[Plot]) -> String {
    let name = &results.experiment.name;
    let mut text = format!("# {name}\n\n{}\n\n", prose::result(results, standings));
    for warning in warnings {
        let _ = writeln!(text, "- **Warning:** {warning} {}", warning.remedy());
    }
    if !warnings.is_empty() {
        text.push('\n');
    }
    let mut section = |title: &str, table: &Table, note: &str| {
        if !table.rows.is_empty() {
            let note = if note.is_empty() { String::new() } else { format!("\n{note}\n") };
            let _ = write!(text, "## {title}\n\n{}{note}\n", table.markdown());
        }
    };
    section("Scores", &tables::results(standings), "");
    section("Over games", &tables::summary(results, standings), prose::PAPER);
    section("Networks", &tables::compression(results, standings), "");
    section("Published scores", &tables::published(results), prose::PUBLISHED);
    text.push_str("## Protocol\n\n");
    for sentence in prose::protocol(results) {
        let _ = writeln!(text, "- {sentence}");
    }
    if !plots.is_empty() {
        text.push_str("\n## Plots\n");
    }
    for plot in plots {
        let _ = write!(text, "\n![{}]({}.png)\n\n{}\n", plot.title, plot.name, plot.caption);
    }
    let _ = write!(text, "\n## How to repeat\n\n    pd run experiments/{name}.toml\n");
    text
}

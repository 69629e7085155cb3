//! `summary.md`: the report for a terminal or a code host.

use std::fmt::Write;

use super::agent_result::AgentResults;
use super::prose;
use super::read::Results;
use super::table::Table;
use super::tables;
use super::warning::Warning;
use super::write::Plot;
use crate::eval::paper::FINDINGS;

/// The text of `summary.md`.
pub fn summary(
    results: &Results,
    agent_results: &AgentResults,
    verdict: &str,
    warnings: &[Warning],
    plots: &[Plot],
) -> String {
    let name = &results.experiment.name;
    let mut text = format!("# {name}\n\n{verdict}\n\n");
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
    section("Scores", &tables::scores(agent_results), "");
    section("Over games", &tables::overall(results, agent_results), "");
    section("Networks", &tables::networks(results, agent_results), "");
    section("Choice of the temperature", &tables::sweeps(results), prose::SWEEPS);
    section("Teachers that were followed", &tables::adoptions(results), "");
    section("The paper’s students", &tables::students_beside_paper(agent_results), "");
    section("The paper’s teachers", &tables::teachers_beside_paper(results, agent_results), prose::PUBLISHED);
    section("Differences of protocol", &tables::differences(results), &prose::same_as_paper(results));
    let _ = write!(text, "## What is known of the paper\n\n{}\n\n{}\n\n", prose::PAPER, prose::FINDINGS);
    for (finding, source) in FINDINGS {
        let _ = writeln!(text, "- {finding} ({})", source.name());
    }
    text.push('\n');
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
    let _ = write!(text, "\n## How to repeat\n\n    {}\n", prose::repeat(results).0);
    text
}

//! `summary.md`: the report for a terminal or a code host.

use std::fmt::Write;

use super::activity::Activity;
use super::prose;
use super::table::Table;
use super::tables::Tables;
use super::warning::Warning;
use super::write::{Place, Plot, Report};
use crate::eval::paper::FINDINGS;

/// The title, the result, and what to know before the numbers, of any line.
pub fn opening(name: &str, result: &str, goes_on: Option<&Activity>, warnings: &[Warning]) -> String {
    let mut text = format!("# {name}\n\n{result}\n\n");
    if let Some(activity) = goes_on {
        let _ = write!(text, "The work goes on. {}\n\n", activity.sentences().join(" "));
    }
    for warning in warnings {
        let _ = writeln!(text, "- **Warning:** {warning} {}", warning.remedy());
    }
    if !warnings.is_empty() {
        text.push('\n');
    }
    text
}

/// The text of `summary.md`.
pub fn summary(report: &Report) -> String {
    let Report { results, goes_on, verdict, warnings, tables, plots } = report;
    let mut text = opening(&results.experiment.name, verdict, *goes_on, warnings);
    let mut of_all = plots.iter().filter(|plot| !matches!(plot.place, Place::Game(_)));
    text += &of_all.next().map_or(String::new(), image);
    text += &sections(report, tables);
    let _ = write!(text, "## What is known of the paper\n\n{}\n\n{}\n\n", prose::PAPER, prose::FINDINGS);
    for (finding, source) in FINDINGS {
        let _ = writeln!(text, "- {finding} ({})", source.name());
    }
    text.push('\n');
    text += &protocol(&prose::protocol(results));
    if !plots.is_empty() {
        text.push_str("\n## Plots\n\n");
    }
    text.extend(of_all.map(image));
    text += &games(report);
    text + &repeat(&prose::repeat(results).0)
}

/// The protocol of any line.
pub fn protocol(sentences: &[String]) -> String {
    let items: String = sentences.iter().map(|sentence| format!("- {sentence}\n")).collect();
    format!("## Protocol\n\n{items}")
}

/// The command that repeats the results of any line.
pub fn repeat(command: &str) -> String {
    format!("## How to repeat\n\n    {command}\n")
}

/// The sections of one table each.
fn sections(report: &Report, tables: &Tables) -> String {
    let mut text = String::new();
    let mut section = |title: &str, table: &Table, note: &str| {
        if !table.rows.is_empty() {
            let note = if note.is_empty() { String::new() } else { format!("\n{note}\n") };
            let _ = write!(text, "## {title}\n\n{}{note}\n", table.markdown());
        }
    };
    section("Every student in every game", &tables.matrix, "Shares of the teacher’s score, with 95% intervals.");
    section("Scores", &tables.scores, "");
    section("Over games", &tables.overall, "");
    section("Networks", &tables.networks, &prose::latency(report.results));
    section("Choice of the temperature", &tables.sweeps, prose::SWEEPS);
    section("Teachers that were followed", &tables.adoptions, "");
    section("How steady the curves are", &tables.curves, prose::CURVES);
    section("The paper’s students", &tables.students_beside_paper, "");
    section("The paper’s teachers", &tables.teachers_beside_paper, prose::PUBLISHED);
    section("Differences of protocol", &tables.differences, &prose::same_as_paper(report.results));
    text
}

fn image(plot: &Plot) -> String {
    format!("![{}]({}.png)\n\n{}\n\n", plot.title, plot.name, plot.caption)
}

/// The figures of each game; of several games a reader opens those of one.
fn games(report: &Report) -> String {
    let games = &report.results.experiment.games;
    let of_game = |&game| {
        let film = report.results.films.iter().find(|(own, _)| *own == game);
        let film = film.map(|(_, file)| format!("![{game}: agents side by side from the same start](../{file})\n\n"));
        let images = report.plots.iter().filter(|plot| plot.place == Place::Game(game)).map(image);
        let images: String = film.into_iter().chain(images).collect();
        match games.len() {
            _ if images.is_empty() => String::new(),
            1 => images,
            _ => format!("<details>\n<summary>{game}</summary>\n\n{images}</details>\n\n"),
        }
    };
    games.iter().map(of_game).collect()
}

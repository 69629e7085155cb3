//! The sections that show results.

use super::figures::{figure, figures, matrix};
use super::{folded, paragraph, section};
use crate::eval::paper::{Citation, FINDINGS};
use crate::game::Game;
use crate::report::Activity;
use crate::report::format::escape;
use crate::report::prose;
use crate::report::read::Results;
use crate::report::tables::Tables;
use crate::report::warning::Warning;
use crate::report::write::Report;

/// Rows of a table that fit on a screen.
const LONG: usize = 24;

/// The work that goes on.
pub fn goes_on(activity: Option<&Activity>) -> String {
    activity.map_or(String::new(), |activity| {
        let items: String = activity.sentences().iter().map(|text| format!("<li>{}</li>\n", escape(text))).collect();
        format!(
            "<section id=\"running\" class=\"running\">\n<h2>The work goes on</h2>\n<ul>\n{items}</ul>\n</section>\n"
        )
    })
}

/// Reasons for doubt, which stand before any number.
pub fn warnings(warnings: &[Warning]) -> String {
    if warnings.is_empty() {
        return String::new();
    }
    let item = |warning: &Warning| {
        let (problem, remedy) = (escape(&warning.to_string()), escape(warning.remedy()));
        format!("<li>{problem} <span class=\"remedy\">{remedy}</span></li>\n")
    };
    let items: String = warnings.iter().map(item).collect();
    format!("<section id=\"warnings\" class=\"warnings\">\n<h2>Read with care</h2>\n<ul>\n{items}</ul>\n</section>\n")
}

/// The result: every student over the games, then in each game, then every agent's scores.
pub fn scores(report: &Report) -> String {
    let Report { tables, plots, results, .. } = report;
    if tables.scores.rows.is_empty() {
        return section("scores", "Scores", &paragraph("Nothing is scored yet."));
    }
    let of_all: Vec<String> = plots.iter().filter(|plot| plot.game.is_none()).map(figure).collect();
    let (first, others) = of_all.split_at(of_all.len().min(1));
    let mut content = first.concat();
    if !tables.matrix.rows.is_empty() {
        content += &matrix(&tables.matrix);
    }
    let scores = tables.scores.html("Scores of every agent in every game");
    let is_long = tables.scores.rows.len() > LONG;
    content += &if is_long { folded("Scores of every agent in every game", &scores) } else { scores };
    if results.experiment.seeds.len() > 1 {
        content += &folded("Scores of every seed", &tables.each_seed.html("Scores of every seed"));
    }
    section("scores", "Scores", &(content + &others.concat()))
}

/// Results of each student over all games.
pub fn over_games(report: &Report) -> String {
    let table = &report.tables.overall;
    if table.rows.is_empty() {
        String::new()
    } else {
        section("games", "Over games", &table.html("Students over all games"))
    }
}

/// Choices of temperatures, and teachers that were followed.
pub fn choices(report: &Report) -> String {
    let Tables { sweeps, adoptions, .. } = &report.tables;
    let mut html = String::new();
    if !sweeps.rows.is_empty() {
        html += &section(
            "sweeps",
            "Choice of the temperature",
            &(paragraph(prose::SWEEPS) + &sweeps.html("Temperatures that were tried")),
        );
    }
    if !adoptions.rows.is_empty() {
        html += &section("adoptions", "Teachers that were followed", &adoptions.html("Teachers that students adopted"));
    }
    html
}

/// Sizes and costs.
pub fn networks(report: &Report) -> String {
    let manifest = report.results.manifest.as_ref();
    let on = manifest.map(|manifest| manifest.machine.cpu.as_str()).filter(|cpu| !cpu.is_empty());
    let measured = on.map_or(String::new(), |cpu| paragraph(&format!("Latency was measured on {cpu}.")));
    section("networks", "Networks", &(report.tables.networks.html("Networks and their sizes") + &measured))
}

/// The figures of each game; of several games a reader opens those of one.
pub fn games(report: &Report) -> String {
    let games = &report.results.experiment.games;
    let of_game = |&game: &Game| (game, figures(&report.plots, Some(game)));
    let with_figures: Vec<(Game, String)> = games.iter().map(of_game).filter(|(_, own)| !own.is_empty()).collect();
    match with_figures.as_slice() {
        [] => String::new(),
        [(game, own)] => section(&format!("game-{game}"), game.name(), own),
        several => {
            let content: String = several.iter().map(|(game, own)| folded(game.name(), own)).collect();
            section("each-game", "Each game", &content)
        }
    }
}

/// The paper's figures beside ours, with their reservations.
pub fn paper(report: &Report) -> String {
    let Tables { students_beside_paper, teachers_beside_paper, differences, .. } = &report.tables;
    let students = match students_beside_paper.rows.is_empty() {
        true => paragraph("No student here is one of those whose figures are reported."),
        false => students_beside_paper.html("Students beside the paper’s"),
    };
    let finding = |(text, source): (&str, Citation)| format!("<li>{} ({})</li>\n", escape(text), source.name());
    let findings: String = FINDINGS.map(finding).concat();
    let content = [
        paragraph(prose::PAPER),
        students,
        teachers_beside_paper.html("Teachers beside the paper’s"),
        paragraph(prose::PUBLISHED),
        differences.html("Differences of protocol"),
        paragraph(&prose::same_as_paper(report.results)),
        format!("<p>{}</p>\n<ul>\n{findings}</ul>\n", prose::FINDINGS),
    ];
    format!("<section id=\"paper\" class=\"apart\">\n<h2>Beside the paper</h2>\n{}</section>\n", content.concat())
}

/// The protocol behind the numbers.
pub fn protocol(results: &Results) -> String {
    let items: String =
        prose::protocol(results).iter().map(|sentence| format!("<li>{}</li>\n", escape(sentence))).collect();
    section("protocol", "Protocol", &format!("<ul>\n{items}</ul>\n"))
}

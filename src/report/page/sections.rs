//! The sections that show results.

use super::{paragraph, section};
use crate::eval::paper::{Citation, FINDINGS};
use crate::game::Game;
use crate::report::agent_result::AgentResults;
use crate::report::format::escape;
use crate::report::prose;
use crate::report::read::Results;
use crate::report::tables;
use crate::report::warning::Warning;
use crate::report::write::Plot;

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

/// The result: every agent in every game.
pub fn scores(results: &Results, agent_results: &AgentResults, plots: &[Plot]) -> String {
    if agent_results.each.is_empty() {
        return section("scores", "Scores", &paragraph("Nothing is scored yet."));
    }
    let result = tables::scores(agent_results).html("Scores of every agent in every game");
    let mut content = result + &figures(plots, None);
    if results.experiment.seeds.len() > 1 {
        let each = tables::each_seed(results).html("Scores of every seed");
        content += &format!("<details class=\"long\">\n<summary>Every seed</summary>\n{each}</details>\n");
    }
    section("scores", "Scores", &content)
}

/// Results of each student over all games.
pub fn over_games(results: &Results, agent_results: &AgentResults) -> String {
    let table = tables::overall(results, agent_results);
    if table.rows.is_empty() {
        String::new()
    } else {
        section("games", "Over games", &table.html("Students over all games"))
    }
}

/// Choices of temperatures, and teachers that were followed.
pub fn choices(results: &Results) -> String {
    let (sweeps, adoptions) = (tables::sweeps(results), tables::adoptions(results));
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
pub fn networks(results: &Results, agent_results: &AgentResults) -> String {
    let on = results.manifest.as_ref().map(|manifest| manifest.machine.cpu.as_str()).filter(|cpu| !cpu.is_empty());
    let measured = on.map_or(String::new(), |cpu| paragraph(&format!("Latency was measured on {cpu}.")));
    let table = tables::networks(results, agent_results).html("Networks and their sizes");
    section("networks", "Networks", &(table + &measured))
}

/// All plots, game by game.
pub fn games(results: &Results, plots: &[Plot]) -> String {
    let of_game = |&game: &Game| {
        let figures = figures(plots, Some(game));
        if figures.is_empty() { String::new() } else { section(&format!("game-{game}"), game.name(), &figures) }
    };
    results.experiment.games.iter().map(of_game).collect()
}

/// The paper's figures beside ours, with their reservations.
pub fn paper(results: &Results, agent_results: &AgentResults) -> String {
    let students = tables::students_beside_paper(agent_results);
    let students = match students.rows.is_empty() {
        true => paragraph("No student here is one of those whose figures are reported."),
        false => students.html("Students beside the paper’s"),
    };
    let teachers = tables::teachers_beside_paper(results, agent_results).html("Teachers beside the paper’s");
    let differences = tables::differences(results).html("Differences of protocol");
    let finding = |(text, source): (&str, Citation)| format!("<li>{} ({})</li>\n", escape(text), source.name());
    let findings: String = FINDINGS.map(finding).concat();
    let content = [
        paragraph(prose::PAPER),
        students,
        teachers,
        paragraph(prose::PUBLISHED),
        differences,
        paragraph(&prose::same_as_paper(results)),
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

/// The figures of a game, or those that cover all games.
pub fn figures(plots: &[Plot], game: Option<Game>) -> String {
    plots.iter().filter(|plot| plot.game == game).map(figure).collect()
}

fn figure(plot: &Plot) -> String {
    // Within an HTML page SVG needs no namespace.
    let namespace = " xmlns=\"http://www.w3.org/2000/svg\"";
    // On a narrow screen a plot shrinks to a size at which it is still readable, then scrolls.
    let narrowest = format!(" style=\"min-width: {}px\"", 4 * plot.width / 5);
    let svg = plot.svg.replacen(namespace, &narrowest, 1);
    format!(
        "<figure>\n<div class=\"plot\" role=\"region\" tabindex=\"0\" aria-label=\"{}\">\n{svg}</div>\n\
         <figcaption>{}</figcaption>\n</figure>\n",
        escape(&plot.title),
        escape(&plot.caption)
    )
}

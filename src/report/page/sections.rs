//! The sections that show results.

use super::{paragraph, section};
use crate::report::format::escape;
use crate::report::prose;
use crate::report::read::Results;
use crate::report::standing::Standings;
use crate::report::tables;
use crate::report::warning::Warning;
use crate::report::write::Plot;

/// Reasons for doubt, before any number.
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
pub fn scores(results: &Results, standings: &Standings, plots: &[Plot]) -> String {
    if standings.each.is_empty() {
        return section("scores", "Scores", &paragraph("Nothing is scored yet."));
    }
    let result = tables::results(standings).html("Scores of every agent in every game");
    let mut content = result + &figures(plots, |name| name == "relative");
    if results.experiment.seeds.len() > 1 {
        let each = tables::each_seed(results).html("Scores of every seed");
        content += &format!("<details class=\"long\">\n<summary>Every seed</summary>\n{each}</details>\n");
    }
    section("scores", "Scores", &content)
}

/// Each student over all games, beside the paper's figures.
pub fn over_games(results: &Results, standings: &Standings) -> String {
    let table = tables::summary(results, standings);
    if table.rows.is_empty() {
        return String::new();
    }
    section("games", "Over games, and the paper", &(table.html("Students over all games") + &paragraph(prose::PAPER)))
}

/// Sizes and costs.
pub fn networks(results: &Results, standings: &Standings) -> String {
    let on = results.manifest.as_ref().map(|manifest| manifest.machine.cpu.as_str()).filter(|cpu| !cpu.is_empty());
    let measured = on.map_or(String::new(), |cpu| paragraph(&format!("Latency was measured on {cpu}.")));
    let table = tables::compression(results, standings).html("Networks and their sizes");
    section("networks", "Networks", &(table + &measured))
}

/// All plots of one game after another.
pub fn games(results: &Results, plots: &[Plot]) -> String {
    let of_game = |game: &crate::game::Game| {
        let kinds = ["scores", "learning", "distillation", "students"];
        let names = kinds.map(|kind| format!("{kind}-{game}"));
        let figures = figures(plots, |name| names.iter().any(|own| own == name));
        if figures.is_empty() { String::new() } else { section(&format!("game-{game}"), game.name(), &figures) }
    };
    results.experiment.games.iter().map(of_game).collect()
}

/// Published scores, apart from ours.
pub fn published(results: &Results) -> String {
    let table = tables::published(results).html("Published scores");
    let content = paragraph(prose::PUBLISHED) + &table;
    format!("<section id=\"published\" class=\"apart\">\n<h2>Published scores</h2>\n{content}</section>\n")
}

/// How the numbers came about.
pub fn protocol(results: &Results) -> String {
    let items: String =
        prose::protocol(results).iter().map(|sentence| format!("<li>{}</li>\n", escape(sentence))).collect();
    section("protocol", "Protocol", &format!("<ul>\n{items}</ul>\n"))
}

fn figures(plots: &[Plot], shown: impl Fn(&str) -> bool) -> String {
    plots.iter().filter(|plot| shown(&plot.name)).map(figure).collect()
}

fn figure(plot: &Plot) -> String {
    // Within a page the namespace goes without saying.
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

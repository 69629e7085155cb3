//! The sections that show results.

use super::figures::{figure, matrix};
use super::{Section, folded, paragraph};
use crate::eval::paper::{Citation, FINDINGS};
use crate::game::Game;
use crate::report::Activity;
use crate::report::format::escape;
use crate::report::prose;
use crate::report::table::Table;
use crate::report::tables::Tables;
use crate::report::warning::Warning;
use crate::report::write::{Place, Report};

/// Rows of a table that fit on a screen.
const LONG: usize = 24;

/// The work that goes on.
pub fn goes_on(activity: &Activity) -> Section {
    Section::new("running", "The work goes on", list(&activity.sentences())).of_class("running")
}

/// A list of plain texts; nothing without any.
fn list(texts: &[String]) -> String {
    bullets(texts.iter().map(|text| format!("<li>{}</li>\n", escape(text))).collect())
}

fn bullets(items: String) -> String {
    if items.is_empty() { items } else { format!("<ul>\n{items}</ul>\n") }
}

/// Reasons for doubt, which stand before any number.
pub fn warnings(warnings: &[Warning]) -> Section {
    let item = |warning: &Warning| {
        let (problem, remedy) = (escape(&warning.to_string()), escape(warning.remedy()));
        format!("<li>{problem} <span class=\"remedy\">{remedy}</span></li>\n")
    };
    let items: String = warnings.iter().map(item).collect();
    Section::new("warnings", "Read with care", bullets(items)).of_class("warnings")
}

/// The result: every student over the games, then in each game, then every agent's scores.
pub fn scores(report: &Report) -> Section {
    let Report { tables, plots, results, .. } = report;
    if tables.scores.rows.is_empty() {
        return Section::new("scores", "Scores", paragraph("Nothing is scored yet."));
    }
    let of_all: Vec<String> = plots.iter().filter(|plot| plot.place == Place::Scores).map(figure).collect();
    let (first, others) = of_all.split_at(of_all.len().min(1));
    let mut content = first.concat();
    if !tables.matrix.rows.is_empty() {
        content += &matrix(&tables.matrix, plots);
    }
    let scores = tables.scores.html("Scores of every agent in every game");
    let is_long = tables.scores.rows.len() > LONG;
    content += &if is_long { folded("all-scores", "Scores of every agent in every game", &scores) } else { scores };
    if results.experiment.seeds.len() > 1 {
        content += &folded("each-seed", "Scores of every seed", &tables.each_seed.html("Scores of every seed"));
    }
    Section::new("scores", "Scores", content + &others.concat())
}

/// Results of each student over all games.
pub fn over_games(report: &Report) -> Section {
    Section::new("games", "Over games", if_filled(&report.tables.overall, "Students over all games"))
}

/// The figures that compare students with their teacher and with each other.
pub fn comparisons(report: &Report) -> Section {
    let figures = report.plots.iter().filter(|plot| plot.place == Place::Comparisons).map(figure);
    Section::new("comparisons", "Comparisons", figures.collect::<String>())
}

/// Choices of temperatures.
pub fn sweeps(report: &Report) -> Section {
    let table = if_filled(&report.tables.sweeps, "Temperatures that were tried");
    let content = if table.is_empty() { table } else { paragraph(prose::SWEEPS) + &table };
    Section::new("sweeps", "Choice of the temperature", content)
}

/// Teachers that were followed.
pub fn adoptions(report: &Report) -> Section {
    let table = if_filled(&report.tables.adoptions, "Teachers that students adopted");
    Section::new("adoptions", "Teachers that were followed", table)
}

/// Variances of learning curves.
pub fn curves(report: &Report) -> Section {
    let table = if_filled(&report.tables.curves, "Variances of the learning curves");
    let content = if table.is_empty() { table } else { paragraph(prose::CURVES) + &table };
    Section::new("curves", "How steady the curves are", content)
}

fn if_filled(table: &Table, label: &str) -> String {
    if table.rows.is_empty() { String::new() } else { table.html(label) }
}

/// Sizes and costs.
pub fn networks(report: &Report) -> Section {
    let measured = paragraph(&prose::latency(report.results));
    Section::new("networks", "Networks", report.tables.networks.html("Networks and their sizes") + &measured)
}

/// The figures of each game; of several games a reader opens those of one.
pub fn games(report: &Report) -> Section {
    let games = &report.results.experiment.games;
    let film_of =
        |game: Game| report.results.films.iter().find(|(own, _)| *own == game).map(|(_, file)| film(game, file));
    let of_game = |&game: &Game| {
        let figures = report.plots.iter().filter(|plot| plot.place == Place::Game(game)).map(figure);
        (game, film_of(game).into_iter().chain(figures).collect::<String>())
    };
    let with_figures: Vec<(Game, String)> = games.iter().map(of_game).filter(|(_, own)| !own.is_empty()).collect();
    match with_figures.as_slice() {
        [(game, own)] => Section::new(format!("game-{game}"), game.name(), own.as_str()),
        several => {
            let of_game = |(game, own): &(Game, String)| folded(&format!("game-{game}"), game.name(), own);
            let content: String = several.iter().map(of_game).collect();
            Section::new("each-game", "Each game", content)
        }
    }
}

/// A film, whose file lies beside the page's folder.
fn film(game: Game, file: &str) -> String {
    format!(
        "<figure>\n<h3>{game}: a film</h3>\n<img class=\"film\" src=\"../{file}\" loading=\"lazy\" alt=\"Agents side by side from the same \
         start.\">\n<figcaption>From the same start. An orange bar marks where one would choose another action than the \
         first.</figcaption>\n</figure>\n"
    )
}

/// The paper's figures beside ours, with their reservations.
pub fn paper(report: &Report) -> Section {
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
    Section::new("paper", "Beside the paper", content.concat()).of_class("apart")
}

/// The protocol behind the numbers.
pub fn protocol(sentences: &[String]) -> Section {
    Section::new("protocol", "Protocol", list(sentences))
}

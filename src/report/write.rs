//! Writes `summary.csv` and the folder `report/`.

use std::path::Path;

use anyhow::Result;

use super::agent_result::AgentResults;
use super::plot::{self, Figure};
use super::read::Results;
use super::tables::Tables;
use super::warning::Warning;
use super::{Activity, TerminalReport, markdown, page, verdict, warning};
use crate::config::Experiment;
use crate::game::Game;
use crate::record::{Folder, SummaryRow, read_rows, replace_folder, write_file, write_rows};

/// All that a report says. The page and Markdown are two forms of it.
pub struct Report<'a> {
    pub results: &'a Results,
    /// The work that goes on in the folder, if there is some.
    pub goes_on: Option<&'a Activity>,
    pub verdict: String,
    pub warnings: Vec<Warning>,
    pub tables: Tables,
    pub plots: Vec<Plot>,
}

impl<'a> Report<'a> {
    /// The report without its figures.
    fn of(results: &'a Results, agent_results: &AgentResults, goes_on: Option<&'a Activity>) -> Report<'a> {
        Report {
            results,
            goes_on,
            verdict: verdict::verdict(results, agent_results).join(" "),
            warnings: warning::warnings(results, agent_results),
            tables: Tables::of(results, agent_results),
            plots: Vec::new(),
        }
    }

    fn for_terminal(self, folder: &Folder) -> Result<TerminalReport> {
        let Report { results, verdict, warnings, tables, .. } = self;
        Ok(TerminalReport {
            verdict,
            table: if tables.scores.rows.is_empty() { String::new() } else { tables.scores.text() },
            warnings,
            page: folder.report().join("index.html"),
            scores: results.scores.iter().map(serde_json::to_value).collect::<Result<_, _>>()?,
        })
    }
}

/// Makes the report of an experiment from its folder, in which that work goes on. The report of an unfinished run says so.
///
/// # Errors
/// A file that is damaged or cannot be written, and the way out.
pub fn write(folder: &Folder, experiment: &Experiment, goes_on: Option<&Activity>) -> Result<TerminalReport> {
    let results = Results::read(folder, experiment)?;
    let agent_results = AgentResults::of(&results);
    let figures = figures(&results, &agent_results);
    let mut report = Report::of(&results, &agent_results, goes_on);
    write_rows(&folder.summary(), &agent_results.overall)?;
    replace_folder(&folder.report(), |new| {
        report.plots = figures.iter().map(|(game, figure)| Plot::write(new, *game, figure)).collect::<Result<_>>()?;
        report.tables.filled().try_for_each(|table| table.write(new))?;
        write_file(&new.join("index.html"), page::page(&report).as_bytes())?;
        write_file(&new.join("summary.md"), markdown::summary(&report).as_bytes())
    })?;
    report.for_terminal(folder)
}

/// The scores of an experiment, with what a report says of them; nothing is written.
///
/// # Errors
/// A file that is damaged.
pub fn scored(folder: &Folder, experiment: &Experiment) -> Result<TerminalReport> {
    let results = Results::read(folder, experiment)?;
    Report::of(&results, &AgentResults::of(&results), None).for_terminal(folder)
}

/// Whether a report exists and its `summary.csv` agrees with the folder's current scores of the experiment.
///
/// # Errors
/// A file that is damaged.
pub fn is_current(folder: &Folder, experiment: &Experiment) -> Result<bool> {
    if !folder.report().join("index.html").exists() {
        return Ok(false);
    }
    let reported: Vec<SummaryRow> = read_rows(&folder.summary())?;
    Ok(AgentResults::of(&Results::read(folder, experiment)?).overall == reported)
}

/// A figure that was drawn.
pub struct Plot {
    /// Base name of its files.
    pub name: String,
    /// The game in whose section it is shown; none if it covers all games.
    pub game: Option<Game>,
    pub title: String,
    pub caption: String,
    /// Width in CSS pixels.
    pub width: u32,
    /// The drawing as SVG, without its title, for wide screens and, unless it does not fit, for narrow ones.
    pub wide: String,
    pub narrow: Option<String>,
}

impl Plot {
    /// Writes a figure as SVG and PNG.
    ///
    /// # Errors
    /// If it cannot be drawn or written.
    pub fn write(folder: &Path, game: Option<Game>, figure: &Figure) -> Result<Plot> {
        let svg = |drawn: &Figure| plot::svg(drawn, &figure.title);
        write_file(&folder.join(format!("{}.svg", figure.name)), svg(figure)?.as_bytes())?;
        write_file(&folder.join(format!("{}.png", figure.name)), &plot::png(figure)?)?;
        let untitled = figure.untitled();
        Ok(Plot {
            name: figure.name.clone(),
            game,
            title: figure.title.clone(),
            caption: figure.caption.clone(),
            width: figure.size().0,
            wide: svg(&untitled)?,
            narrow: untitled.narrow().map(|narrow| svg(&narrow)).transpose()?,
        })
    }
}

/// Every figure for which there are data, with the game in whose section it stands.
fn figures(results: &Results, agent_results: &AgentResults) -> Vec<(Option<Game>, Figure)> {
    let games = &results.experiment.games;
    let of_games = games.iter().flat_map(|&game| {
        let figures = [
            plot::scores(results, agent_results, game),
            plot::learning(results, agent_results, game),
            plot::distillation(results, game),
            plot::students(results, agent_results, game),
            plot::online(results, game),
        ];
        figures.map(|figure| Some((Some(game), figure?)))
    });
    let of_all = [
        plot::relative(results, agent_results),
        plot::costs(results, agent_results),
        plot::relative_in_games(results, agent_results),
        plot::temperature(results, agent_results),
    ];
    let of_all = of_all.map(|figure| Some((None, figure?)));
    of_all.into_iter().chain(of_games).flatten().collect()
}

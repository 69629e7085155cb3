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
            table: tables.scores,
            warnings,
            page: folder.report().join("index.html"),
            scores: results.scores.iter().map(serde_json::to_value).collect::<Result<_, _>>()?,
        })
    }
}

/// Makes the report of an experiment from its folder, in which that work goes on. The report of an unfinished run says
/// so.
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
        let write = |(place, figure): &(Place, Figure)| Plot::write(new, *place, figure);
        report.plots = figures.iter().map(write).collect::<Result<_>>()?;
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

/// Whether a report exists and its `summary.csv` agrees with the folder's current scores of the experiment. One that is
/// damaged does not: it is derived, and written anew.
///
/// # Errors
/// A file that is damaged.
pub fn is_current(folder: &Folder, experiment: &Experiment) -> Result<bool> {
    if !folder.report().join("index.html").exists() {
        return Ok(false);
    }
    let Ok(reported) = read_rows::<SummaryRow>(&folder.summary()).inspect_err(|error| log::warn!("{error:#}")) else {
        return Ok(false);
    };
    Ok(AgentResults::of(&Results::read(folder, experiment)?).overall == reported)
}

/// The section in which a figure is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Scores,
    Comparisons,
    Game(Game),
}

/// A figure that was drawn.
pub struct Plot {
    /// Base name of its files.
    pub name: String,
    pub place: Place,
    pub title: String,
    pub caption: String,
    /// Width in CSS pixels.
    pub width: u32,
    /// The drawing as SVG, without its title, for wide screens and, unless it does not fit, for narrow ones.
    pub wide: String,
    pub narrow: Option<String>,
}

impl Plot {
    /// Writes a figure as SVG, PNG and PDF, and its data as CSV.
    ///
    /// # Errors
    /// If it cannot be drawn or written.
    pub fn write(folder: &Path, place: Place, figure: &Figure) -> Result<Plot> {
        let label = figure.in_words();
        let svg = |drawn: &Figure| plot::svg(drawn, &label);
        let drawing = svg(figure)?;
        let file = |ending: &str, bytes: &[u8]| write_file(&folder.join(format!("{}.{ending}", figure.name)), bytes);
        file("svg", drawing.as_bytes())?;
        file("png", &plot::png(&drawing)?)?;
        file("pdf", &plot::pdf(&drawing)?)?;
        file("csv", figure.csv()?.as_bytes())?;
        let untitled = figure.untitled();
        Ok(Plot {
            name: figure.name.clone(),
            place,
            title: figure.title.clone(),
            caption: figure.caption.clone(),
            width: figure.size().0,
            wide: svg(&untitled)?,
            narrow: untitled.narrow().map(|narrow| svg(&narrow)).transpose()?,
        })
    }
}

/// Every figure for which there are data, with its section.
fn figures(results: &Results, agent_results: &AgentResults) -> Vec<(Place, Figure)> {
    let games = &results.experiment.games;
    let of_games = games.iter().flat_map(|&game| {
        let figures = [
            plot::scores(results, agent_results, game),
            plot::learning(results, agent_results, game),
            plot::distillation(results, game),
            plot::students(results, agent_results, game),
            plot::online(results, game),
        ];
        figures.map(|figure| Some((Place::Game(game), figure?)))
    });
    let of_scores = [
        plot::relative(results, agent_results),
        plot::costs(results, agent_results),
        plot::relative_in_games(results, agent_results),
        plot::temperature(results, agent_results),
    ];
    let comparisons = [plot::improvement(results, agent_results), plot::profile(results, agent_results)];
    let of_scores = of_scores.map(|figure| Some((Place::Scores, figure?)));
    let comparisons = comparisons.map(|figure| Some((Place::Comparisons, figure?)));
    of_scores.into_iter().chain(comparisons).chain(of_games).flatten().collect()
}

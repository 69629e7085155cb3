//! Plots of the relative scores of students of one size: a student on each line, with its interval.

use super::figure::{Axis, Figure, LegendEntry, Mark, Panel, Sample, Scale};
use super::relative::paper_note;
use super::scores::style_of;
use super::style::{GREY, PAPER, RANDOM, Style, TEACHER};
use crate::eval::statistics::Interval;
use crate::game::Game;
use crate::record::{Role, SummaryRow};
use crate::report::agent_result::AgentResults;
use crate::report::read::Results;
use crate::report::tables::between;

/// Height of a student's line, and of all that stands above and below the lines, in CSS pixels.
const LINE: f64 = 26.0;
const AROUND: f64 = 95.0;

/// A student's value, as a share of the teacher's.
struct StudentLine {
    name: String,
    share: Option<f64>,
    interval: Option<Interval>,
    paper: Option<f64>,
}

/// The relative score of each student: a panel for each game, and one for the geometric mean over the games. `None`
/// before the first student is scored.
pub fn forest(results: &Results, agent_results: &AgentResults) -> Option<Figure> {
    let games = results.experiment.games.iter();
    let mut panels: Vec<Panel> = games.filter_map(|&game| in_game(results, agent_results, game)).collect();
    if panels.len() > 1 {
        panels.extend(over_games(results, agent_results));
    }
    let paper = paper_note(&agent_results.overall).filter(|_| panels.len() > 1);
    let columns = panels.len().min(3);
    let height = AROUND + LINE * results.experiment.students.len() as f64;
    (!panels.is_empty()).then(|| Figure {
        name: "relative".into(),
        title: "Score relative to the teacher, students of one size".into(),
        caption:
            "Bars are 95% bootstrap intervals over seeds and the episodes of student and teacher. * By (student − \
                  random) / (teacher − random), see Protocol."
                .into(),
        legend: legend(paper),
        columns,
        panel: (if columns == 1 { 640.0 } else { 360.0 }, height),
        panels,
    })
}

fn in_game(results: &Results, agent_results: &AgentResults, game: Game) -> Option<Panel> {
    let value = |name: &String| {
        let own = agent_results.of_agent(Role::Student, name).find(|own| own.game == game);
        let (share, interval) = own.map_or((None, None), |own| (own.relative, own.relative_interval));
        StudentLine { name: name.clone(), share, interval, paper: None }
    };
    let is_above_random = agent_results.are_above_random(game);
    let title = if is_above_random { format!("{game} *") } else { game.to_string() };
    let values = results.experiment.students.iter().map(|student| value(&student.name)).collect();
    panel(results, title, values, agent_results.random_share(game))
}

fn over_games(results: &Results, agent_results: &AgentResults) -> Option<Panel> {
    let row = |name: &str| agent_results.overall.iter().find(|row| row.role == Role::Student && row.agent == name);
    let value = |name: &String| {
        let of_row = |row: &SummaryRow| (row.relative_geometric_mean, between(row.ci_low, row.ci_high), row.paper);
        let (share, interval, paper) = row(name).map_or((None, None, None), of_row);
        StudentLine { name: name.clone(), share, interval, paper }
    };
    let values = results.experiment.students.iter().map(|student| value(&student.name)).collect();
    panel(results, "geometric mean of the games".into(), values, None)
}

/// The panel of values, the first on the top line; `None` if there are none.
fn panel(results: &Results, title: String, values: Vec<StudentLine>, random: Option<f64>) -> Option<Panel> {
    if values.iter().all(|value| value.share.is_none()) {
        return None;
    }
    let lines = values.len() as f64;
    let upright = |share: f64, style: Style| Mark::Line {
        points: vec![(100.0 * share, -0.5), (100.0 * share, lines - 0.5)],
        style,
        width: 1.2,
        alpha: 1.0,
    };
    let mut marks = vec![upright(1.0, reference(TEACHER))];
    marks.extend(random.map(|share| upright(share, reference(RANDOM))));
    for (line, value) in values.iter().enumerate() {
        let y = lines - 1.0 - line as f64;
        let style = style_of(results, Role::Student, &value.name);
        let bar = |interval: Interval| Mark::Line {
            points: vec![(100.0 * interval.low, y), (100.0 * interval.high, y)],
            style: style.unbroken(),
            width: 2.0,
            alpha: 1.0,
        };
        marks.extend(value.interval.map(bar));
        let marker = |(share, style, hollow): (f64, Style, bool)| Mark::Marker { x: 100.0 * share, y, style, hollow };
        marks.extend(value.share.filter(|share| share.is_finite()).map(|share| marker((share, style, false))));
        marks.extend(value.paper.map(|share| marker((share, PAPER, true))));
    }
    let names = values.into_iter().rev().map(|value| value.name).collect();
    Some(Panel {
        title,
        x: Axis::linear("of the teacher's score (%)").including(&[0.0, 100.0]),
        y: Axis { label: String::new(), scale: Scale::Names(names), include: Vec::new() },
        marks,
    })
}

/// A reference line's style: dashed.
fn reference(style: Style) -> Style {
    Style { dash: &[5.0, 4.0], ..style }
}

fn legend(paper: Option<String>) -> Vec<LegendEntry> {
    let line = |label: &str, style| LegendEntry {
        label: label.into(),
        style: reference(style),
        sample: Sample::Line { width: 1.2 },
    };
    let mut entries = vec![line("teacher", TEACHER), line("random play", Style { color: GREY, ..RANDOM })];
    if let Some(note) = paper {
        let sample = Sample::Marker { hollow: true };
        entries.push(LegendEntry { label: format!("the paper’s ({note})"), style: PAPER, sample });
    }
    entries
}

//! Plots of the relative score over the network's size.

use super::figure::{Axis, End, Figure, LegendEntry, Mark, Panel, Sample, Scale};
use super::forest::forest;
use super::style::{self, BLACK, GREY, PAPER, RANDOM, Style, TEACHER};
use crate::config::{Objective, StudentSettings, Temperature};
use crate::eval::statistics::Interval;
use crate::game::Game;
use crate::record::{Role, SummaryRow};
use crate::report::agent_result::{AgentResult, AgentResults};
use crate::report::read::Results;
use crate::report::tables::between;

/// A series of students that differ only in size.
struct Series {
    loss: Objective,
    temperature: Temperature,
    /// Whether games share their networks.
    shared: bool,
    /// The label in the legend.
    name: String,
}

impl Series {
    fn of(results: &Results, student: &StudentSettings) -> Series {
        let StudentSettings { loss, temperature, .. } = *student;
        Series { loss, temperature, shared: results.is_shared(&student.name), name: loss.label().to_owned() }
    }

    fn is(&self, other: &Series) -> bool {
        let alike = !self.loss.has_temperature() || self.temperature == other.temperature;
        self.loss == other.loss && self.shared == other.shared && alike
    }
}

/// A student's value in a panel.
struct Value {
    series: usize,
    parameters: f64,
    relative: f64,
    interval: Option<Interval>,
}

/// Relative score over the number of parameters: a panel per game, and one for the geometric mean over the games.
/// `None` before the first student is scored.
///
/// Students of one size stand on a line each instead: see [`forest`].
pub fn relative(results: &Results, agent_results: &AgentResults) -> Option<Figure> {
    if are_of_one_size(results, agent_results) {
        return forest(results, agent_results);
    }
    let series = series(results);
    let games = results.experiment.games.iter();
    let mut panels: Vec<Panel> = games.filter_map(|&game| in_game(results, agent_results, game, &series)).collect();
    let reported = if panels.len() > 1 { reported(&agent_results.overall) } else { Vec::new() };
    let paper = paper_note(&agent_results.overall).filter(|_| !reported.is_empty());
    if panels.len() > 1 {
        panels.extend(over_games(results, agent_results, &series, reported));
    }
    let columns = panels.len().min(3);
    let games_above_random = results.experiment.games.iter().any(|&game| agent_results.are_above_random(game));
    let panel = if columns == 1 { (640.0, 400.0) } else { (330.0, 290.0) };
    (!panels.is_empty()).then(|| Figure {
        name: "relative".into(),
        title: if columns == 1 { "Score relative to the teacher" } else { "Score relative to the teacher, by game" }
            .into(),
        caption: caption(games_above_random, paper.is_some()),
        legend: legend(&series, paper),
        columns,
        panel,
        panels,
    })
}

/// Whether there are several students, all about as large as one another.
fn are_of_one_size(results: &Results, agent_results: &AgentResults) -> bool {
    let rows = agent_results.overall.iter().filter(|row| row.role == Role::Student);
    let sizes: Vec<u64> = rows.filter_map(|row| row.parameters).collect();
    let (least, most) = (sizes.iter().min().copied(), sizes.iter().max().copied());
    results.experiment.students.len() > 1 && least.zip(most).is_some_and(|(least, most)| 5 * most <= 6 * least)
}

fn in_game(results: &Results, agent_results: &AgentResults, game: Game, series: &[Series]) -> Option<Panel> {
    let size = |agent_result: &AgentResult| agent_result.mean_of(|row| row.parameters.map(|count| count as f64));
    let values = values(results, series, |name| {
        let agent_result =
            agent_results.of_agent(Role::Student, name).find(|agent_result| agent_result.game == game)?;
        Some((size(agent_result)?, agent_result.relative?, agent_result.relative_interval))
    });
    let is_above_random = agent_results.are_above_random(game);
    let title = if is_above_random { format!("{game} *") } else { game.to_string() };
    let marks = agent_results.random_share(game).map(random_play);
    panel(
        &title,
        series,
        &values,
        agent_results.reference(Role::Teacher, game).and_then(size),
        marks.into_iter().collect(),
    )
}

fn over_games(
    results: &Results,
    agent_results: &AgentResults,
    series: &[Series],
    reported: Vec<Mark>,
) -> Option<Panel> {
    let row = |role: Role, name: &str| agent_results.overall.iter().find(|row| row.role == role && row.agent == name);
    let values = values(results, series, |name| {
        let row = row(Role::Student, name)?;
        Some((row.parameters? as f64, row.relative_geometric_mean?, between(row.ci_low, row.ci_high)))
    });
    let teacher = row(Role::Teacher, "teacher").and_then(|row| row.parameters).map(|count| count as f64);
    panel("geometric mean of the games", series, &values, teacher, reported)
}

/// The series in the experiment's order.
fn series(results: &Results) -> Vec<Series> {
    let mut series: Vec<Series> = Vec::new();
    for student in &results.experiment.students {
        let next = Series::of(results, student);
        if !series.iter().any(|other| other.is(&next)) {
            series.push(next);
        }
    }
    let mut temperatures: Vec<Temperature> =
        series.iter().filter(|one| one.loss.has_temperature()).map(|one| one.temperature).collect();
    temperatures.dedup();
    for one in &mut series {
        if temperatures.len() > 1 && one.loss.has_temperature() {
            one.name += &format!(", temperature {}", one.temperature);
        }
        if one.shared {
            one.name += ", games in one network";
        }
    }
    series
}

fn values(
    results: &Results,
    series: &[Series],
    place: impl Fn(&str) -> Option<(f64, f64, Option<Interval>)>,
) -> Vec<Value> {
    let value = |student: &StudentSettings| {
        let (parameters, relative, interval) = place(&student.name)?;
        let own = Series::of(results, student);
        let series = series.iter().position(|other| other.is(&own))?;
        relative.is_finite().then_some(Value { series, parameters, relative, interval })
    };
    results.experiment.students.iter().filter_map(value).collect()
}

/// The level of random play, relative to the teacher.
fn random_play(share: f64) -> Mark {
    Mark::Level { y: 100.0 * share, label: "random play".into(), style: RANDOM, named: End::Right }
}

/// The paper's figures at our students' sizes, shifted sideways so that neither hides the other.
fn reported(overall: &[SummaryRow]) -> Vec<Mark> {
    let mark = |row: &SummaryRow| {
        Some(Mark::Marker { x: 1.12 * row.parameters? as f64, y: 100.0 * row.paper?, style: PAPER, hollow: true })
    };
    overall.iter().filter_map(mark).collect()
}

/// The note about the paper's figures.
pub fn paper_note(overall: &[SummaryRow]) -> Option<String> {
    let mut notes = overall.iter().filter_map(|row| row.paper_note.clone());
    let first = notes.next()?;
    Some(if notes.all(|note| note == first) {
        first
    } else {
        "reported, unconfirmed; over which games see “Beside the paper”".into()
    })
}

fn panel(title: &str, series: &[Series], values: &[Value], teacher: Option<f64>, reported: Vec<Mark>) -> Option<Panel> {
    if values.is_empty() {
        return None;
    }
    let mut marks =
        vec![Mark::Level { y: 100.0, label: String::new(), style: Style { color: GREY, ..TEACHER }, named: End::Left }];
    // Drawn first, so that it hides no student of its size.
    marks.extend(teacher.map(|size| Mark::Marker { x: size, y: 100.0, style: TEACHER, hollow: false }));
    for i in 0..series.len() {
        // Shifted sideways, since the intervals of several losses would hide each other at the same size.
        let aside = 1.0 + 0.05 * (i as f64 - (series.len() - 1) as f64 / 2.0);
        let points: Vec<&Value> = values.iter().filter(|value| value.series == i).collect();
        marks.extend(line(&points, style_of_series(series, i), aside));
    }
    marks.extend(reported);
    Some(Panel {
        title: title.to_owned(),
        x: Axis { label: "parameters".into(), scale: Scale::Log, include: around(values) },
        y: Axis::linear("of the teacher's score (%)").including(&[0.0, 100.0]),
        marks,
    })
}

/// Half and twice the students' size if all sizes are similar; otherwise so small a range would fill the axis.
fn around(values: &[Value]) -> Vec<f64> {
    let sizes = values.iter().map(|value| value.parameters);
    let (least, most) = sizes.fold((f64::INFINITY, 0.0_f64), |(low, high), size| (low.min(size), high.max(size)));
    if most < 2.0 * least { vec![least / 2.0, 2.0 * most] } else { Vec::new() }
}

/// A single series is black, since its students have other colours in other plots.
fn style_of_series(series: &[Series], index: usize) -> Style {
    let style = style::numbered(index);
    if series.len() == 1 { Style { color: BLACK, ..style } } else { style }
}

/// One series: its line, error bars and markers.
fn line(own: &[&Value], style: Style, aside: f64) -> Vec<Mark> {
    let mut points: Vec<_> = own.iter().map(|value| (aside * value.parameters, 100.0 * value.relative)).collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut marks = vec![Mark::Line { points, style, width: 1.6, alpha: 0.8 }];
    for value in own {
        let x = aside * value.parameters;
        let bar = |interval: Interval| Mark::Bar { x, low: 100.0 * interval.low, high: 100.0 * interval.high, style };
        marks.extend(value.interval.map(bar));
        marks.push(Mark::Marker { x, y: 100.0 * value.relative, style, hollow: false });
    }
    marks
}

fn legend(series: &[Series], paper: Option<String>) -> Vec<LegendEntry> {
    let student = |(i, one): (usize, &Series)| LegendEntry {
        label: format!("students, {}", one.name),
        style: style_of_series(series, i),
        sample: Sample::LineAndMarker,
    };
    let mut keys: Vec<LegendEntry> = series.iter().enumerate().map(student).collect();
    keys.push(LegendEntry { label: "teacher".into(), style: TEACHER, sample: Sample::Marker { hollow: false } });
    if let Some(note) = paper {
        let label = format!("the paper’s ({note})");
        keys.push(LegendEntry { label, style: PAPER, sample: Sample::Marker { hollow: true } });
    }
    keys
}

fn caption(above_random: bool, paper: bool) -> String {
    let mut text =
        "Bars are 95% bootstrap intervals over seeds and the episodes of student and teacher; students of one \
                    size stand side by side."
            .to_owned();
    if above_random {
        text += " * By (student − random) / (teacher − random), see Protocol.";
    }
    if paper {
        text += " The paper’s figures are from human starts and 500 hours of play.";
    }
    text
}

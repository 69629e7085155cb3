//! Plots of the relative score over the temperature of the softened Q-values.

use super::figure::{Axis, Figure, LegendEntry, Panel, Sample, Shape};
use super::scores::style_of;
use super::style::{GREY, PAPER, Style, TEACHER};
use crate::config::{Objective, Temperature};
use crate::eval::paper::TEMPERATURE;
use crate::eval::statistics::Estimate;
use crate::game::Game;
use crate::losses::{self, Loss};
use crate::record::Role;
use crate::report::agent_result::{AgentResult, AgentResults};
use crate::report::format::listed;
use crate::report::read::Results;

/// Minimum number of temperatures for a plot.
const LEAST: usize = 3;

/// Relative score over temperature, one panel per game. `None` unless students are set to several temperatures.
pub fn temperature(results: &Results, agent_results: &AgentResults) -> Option<Figure> {
    let panels: Vec<Panel> =
        results.experiment.games.iter().filter_map(|&game| in_game(results, agent_results, game)).collect();
    let students = results.experiment.students.iter().filter(|student| student.loss.has_temperature());
    let all: Vec<Temperature> = students.clone().map(|student| student.temperature).collect();
    let settings = (0..all.len()).filter(|&i| !all[..i].contains(&all[i])).count();
    let key = |label: String, style| LegendEntry { label, style, sample: Sample::Marker { hollow: false } };
    let legend = students.clone().map(|student| {
        let label = format!("{}: τ = {}", student.name, student.temperature);
        key(label, style_of(results, Role::Student, &student.name))
    });
    let is_used = |loss: &&Loss| students.clone().any(|student| student.loss == Objective::Teacher(**loss));
    let losses: Vec<_> = losses::ALL.iter().filter(is_used).map(|loss| loss.label.to_owned()).collect();
    let losses = listed(&losses);
    (settings >= LEAST && !panels.is_empty()).then(|| Figure {
        name: "temperature".into(),
        title: "Score over temperature".into(),
        caption: format!(
            "Students with the {losses} loss, whose teacher’s Q-values are divided by the temperature: the smaller it is, the \
             sharper the target. Bars are 95% bootstrap intervals over seeds and episodes. The upright line is the \
             paper’s {TEMPERATURE}, for the Q-values of its own teachers."
        ),
        legend: legend.collect(),
        columns: panels.len().min(3),
        panel: if panels.len() == 1 { (640.0, 400.0) } else { (330.0, 290.0) },
        panels,
    })
}

fn in_game(results: &Results, agent_results: &AgentResults, game: Game) -> Option<Panel> {
    let mut marks = vec![Shape::Level { y: 100.0, style: Style { color: GREY, ..TEACHER }, named: None }.of("teacher")];
    let mut seen: Vec<f64> = Vec::new();
    let mut ends = (100.0_f64, 100.0_f64);
    for agent_result in agent_results.in_game(game).filter(|agent_result| agent_result.role() == Role::Student) {
        let Some((x, share)) = place(agent_result) else { continue };
        let style = style_of(results, Role::Student, agent_result.agent());
        if let Some(interval) = share.interval {
            let bar = Shape::Bar { x, low: 100.0 * interval.low, high: 100.0 * interval.high, style };
            marks.push(bar.of(agent_result.agent()));
            ends = (ends.0.min(100.0 * interval.low), ends.1.max(100.0 * interval.high));
        }
        marks.push(Shape::Marker { x, y: 100.0 * share.value, style, hollow: false }.of(agent_result.agent()));
        ends = (ends.0.min(100.0 * share.value), ends.1.max(100.0 * share.value));
        if !seen.contains(&x) {
            seen.push(x);
        }
    }
    let upright = vec![(TEMPERATURE, ends.0), (TEMPERATURE, ends.1)];
    marks.insert(0, Shape::Line { points: upright, style: PAPER, width: 1.0, alpha: 0.7 }.of("the paper’s"));
    (seen.len() >= LEAST).then(|| Panel {
        title: game.name().to_owned(),
        x: Axis::log("temperature (units of Q)"),
        y: Axis::linear("of the teacher's score (%)").including(&[100.0]),
        marks,
    })
}

/// Temperature, a mean over seeds, and relative score of a student.
fn place(agent_result: &AgentResult) -> Option<(f64, Estimate)> {
    let temperature = agent_result.mean_of(|row| row.temperature).filter(|&temperature| temperature > 0.0)?;
    Some((temperature, agent_result.relative.filter(|share| share.value.is_finite())?))
}

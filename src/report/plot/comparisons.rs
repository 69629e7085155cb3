//! Comparisons over games, as rliable draws them: probabilities of improvement, and performance profiles.

use super::figure::{Axis, Figure, LegendEntry, Panel, Sample, Scale, Shape};
use super::scores::style_of;
use super::style::{GREY, RANDOM, Style, TEACHER};
use crate::config::StudentSettings;
use crate::eval::statistics::{self, Estimate, GameRuns};
use crate::record::{Ratio, Role};
use crate::report::agent_result::{AgentResult, AgentResults, seed_for};
use crate::report::read::Results;
use crate::report::runs::{game_runs, runs_in_both};

/// With more students than this, only those next to each other in the file are compared.
const ALL_PAIRS: usize = 5;
/// Height of a line, and of all that stands above and below the lines, in CSS pixels.
const LINE: f64 = 26.0;
const AROUND: f64 = 95.0;
/// Runs that a profile is made of at least: below, it is a stair of few steps.
const RUNS: usize = 6;
/// Thresholds of a profile, as shares of the teacher's score.
const THRESHOLDS: usize = 61;
const HIGHEST: f64 = 1.5;

/// A comparison of two agents.
struct Compared {
    name: String,
    style: Style,
    probability: Estimate,
}

/// The probability that an episode of one agent scores more than one of another: students against the teacher, then
/// against each other. `None` before the first student is scored.
pub fn improvement(results: &Results, agent_results: &AgentResults) -> Option<Figure> {
    let is_compared = |student: &&StudentSettings| agent_results.compared(&student.name).is_some();
    let students: Vec<&StudentSettings> = results.experiment.students.iter().filter(is_compared).collect();
    let against_teacher = students.iter().filter_map(|student| {
        let row = agent_results.compared(&student.name)?;
        Some(Compared {
            name: format!("{} > teacher", student.name),
            style: style_of(results, Role::Student, &student.name),
            probability: Estimate::between(row.beats_teacher?, row.beats_ci_low, row.beats_ci_high),
        })
    });
    let pairs = pairs(&students).into_iter();
    let against_students = pairs.filter_map(|pair| students_compared(results, agent_results, pair));
    let compared: Vec<Compared> = against_teacher.chain(against_students).collect();
    let panel = improvement_panel(&compared)?;
    Some(Figure {
        name: "improvement".into(),
        title: "Probability of improvement".into(),
        caption: "The probability that an episode of the first scores more than one of the second with the same seed, a tie counting \
                  half; mean over games, with 95% intervals over seeds and episodes. At 50% neither is better. Unlike the ratio of \
                  means it does not tell by how much."
            .into(),
        legend: vec![even_entry()],
        columns: 1,
        panel: (640.0, AROUND + LINE * compared.len() as f64),
        panels: vec![panel],
    })
}

/// The pairs of students that are compared.
fn pairs<'a>(students: &[&'a StudentSettings]) -> Vec<[&'a StudentSettings; 2]> {
    let all = students.len() <= ALL_PAIRS;
    let place = |first: usize| {
        let others = students.iter().skip(first + 1).take(if all { usize::MAX } else { 1 });
        others.map(move |&second| [students[first], second])
    };
    (0..students.len()).flat_map(place).collect()
}

fn students_compared(
    results: &Results,
    agent_results: &AgentResults,
    [first, second]: [&StudentSettings; 2],
) -> Option<Compared> {
    let in_game = |own: &AgentResult| {
        let other = agent_results.of_agent(Role::Student, &second.name).find(|other| other.game == own.game)?;
        let (mut runs, others) = runs_in_both(results, [own, other])?;
        // The second stands in the teacher's place; no two runs share it.
        for (place, (run, other)) in runs.runs.iter_mut().zip(others.runs).enumerate() {
            (run.teacher, run.teacher_seed) = (other.student, place as u64);
        }
        Some(GameRuns { ratio: Ratio::Raw, ..runs })
    };
    let games: Vec<GameRuns> = agent_results.of_agent(Role::Student, &first.name).filter_map(in_game).collect();
    let name = format!("{} > {}", first.name, second.name);
    let one_network = first.is_shared() || second.is_shared();
    let probability = statistics::improvement(&games, one_network, seed_for(&name))?;
    let style = style_of(results, Role::Student, &first.name);
    Some(Compared { name, style, probability })
}

/// A line for each comparison, the first on top; `None` without one.
fn improvement_panel(compared: &[Compared]) -> Option<Panel> {
    let lines = compared.len() as f64;
    let even = Shape::Line { points: vec![(50.0, -0.5), (50.0, lines - 0.5)], style: EVEN, width: 1.2, alpha: 1.0 };
    let mut marks = vec![even.of(NEITHER)];
    for (line, own) in compared.iter().enumerate() {
        let (y, style) = (lines - 1.0 - line as f64, own.style);
        if let Some(interval) = own.probability.interval {
            marks.push(Shape::percents(interval, y, style).of(&own.name));
        }
        marks.push(Shape::Marker { x: 100.0 * own.probability.value, y, style, hollow: false }.of(&own.name));
    }
    let names: Vec<String> = compared.iter().rev().map(|own| own.name.clone()).collect();
    (!compared.is_empty()).then(|| Panel {
        title: String::new(),
        x: Axis::linear("probability (%)").including(&[0.0, 100.0]),
        y: Axis { label: String::new(), scale: Scale::Names(names), include: Vec::new() },
        marks,
    })
}

/// The line at which neither is better.
const EVEN: Style = Style { color: GREY, ..RANDOM }.dashed();
const NEITHER: &str = "neither is better";

fn even_entry() -> LegendEntry {
    LegendEntry { label: NEITHER.into(), style: EVEN, sample: Sample::Line { width: 1.2 } }
}

/// The share of runs, of all games and seeds, whose relative score is above a threshold. `None` for few runs.
pub fn profile(results: &Results, agent_results: &AgentResults) -> Option<Figure> {
    let thresholds: Vec<f64> = (0..THRESHOLDS).map(|step| HIGHEST * step as f64 / (THRESHOLDS - 1) as f64).collect();
    let mut marks = Vec::new();
    let mut legend = Vec::new();
    for student in &results.experiment.students {
        if agent_results.compared(&student.name).is_none() {
            continue;
        }
        let own: Vec<&AgentResult> = agent_results.of_agent(Role::Student, &student.name).collect();
        let games: Vec<GameRuns> = own.iter().map(|own| game_runs(results, own, own.ratio())).collect();
        if games.iter().map(|game| game.runs.len()).sum::<usize>() < RUNS {
            continue;
        }
        let seed = seed_for(&format!("profile {}", student.name));
        let Some(shares) = statistics::profile(&games, &thresholds, student.is_shared(), seed) else { continue };
        let style = style_of(results, Role::Student, &student.name);
        let curve = thresholds.iter().zip(&shares);
        let bands = curve.clone().filter_map(|(&threshold, share)| {
            share.interval.map(|own| (100.0 * threshold, 100.0 * own.low, 100.0 * own.high))
        });
        marks.push(Shape::Band { points: bands.collect(), style }.of(&student.name));
        let points = curve.map(|(&threshold, share)| (100.0 * threshold, 100.0 * share.value)).collect();
        marks.push(Shape::Line { points, style, width: 2.0, alpha: 1.0 }.of(&student.name));
        legend.push(LegendEntry { label: student.name.clone(), style, sample: Sample::LineAndBand });
    }
    let teacher = vec![(100.0, 0.0), (100.0, 100.0)];
    marks.push(Shape::Line { points: teacher, style: TEACHER.dashed(), width: 1.2, alpha: 1.0 }.of("teacher"));
    (!legend.is_empty()).then(|| Figure {
        name: "profile".into(),
        title: "Performance profiles".into(),
        caption: "The share of all runs (a student in a game with one seed) whose score, as a share of its teacher’s, is above the \
                  threshold, as the mean over games, with pointwise 95% intervals over seeds and episodes. A curve further to the \
                  right is better; where it falls steeply, the games agree. The upright line is the teacher’s score."
            .into(),
        legend,
        columns: 1,
        panel: (760.0, 380.0),
        panels: vec![Panel {
            title: String::new(),
            x: Axis::linear("threshold (% of the teacher's score)").including(&[0.0]),
            y: Axis::linear("runs above it (%)").including(&[0.0, 100.0]),
            marks,
        }],
    })
}

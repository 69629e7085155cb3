//! Figures of the report.

use super::claims::pairs;
use super::results::{Answerer, ExplanationResults};
use crate::config::explanations::Method;
use crate::explain::ReinforceRow;
use crate::questions::QuestionSplit;
use crate::report::format::counted;
use crate::report::plot::{
    Axis, Figure, LegendEntry, Mark, Panel, STYLES, Sample, Scale, Shape, Style, mean_curve, numbered, one_seed,
    thinned,
};

/// Every figure for which there are data.
pub fn figures(results: &ExplanationResults) -> Vec<Figure> {
    let of_students = results.experiment.students.iter().filter_map(|student| accuracy(results, &student.name));
    let learning = results.learning.keys().filter_map(|teacher| learning(results, teacher));
    of_students.chain(reward_against_accuracy(results)).chain(learning).collect()
}

/// The style of a teacher, and of its students, in every figure.
pub fn style(results: &ExplanationResults, teacher: &str) -> Style {
    numbered(results.place(teacher))
}

/// Accuracy of the students of each teacher, greedy and drawn, with intervals. Models that are no students, and may be
/// of another size, stand beside the first kind of students.
fn accuracy(results: &ExplanationResults, student: &str) -> Option<Figure> {
    let drawn = results.temperature();
    let is_first = results.experiment.students.first().is_some_and(|first| first.name == student);
    let of = |answerer: &Answerer| match answerer {
        Answerer::Student { name, .. } => name == student,
        _ => is_first,
    };
    let answerers: Vec<Answerer> = results.answerers().into_iter().filter(of).collect();
    if answerers.len() < 2 {
        return None;
    }
    let panel = |split, title, include: &[f64]| accuracy_panel(results, &answerers, split, title, include);
    let mut panels = vec![panel(QuestionSplit::Test, "test questions", &[0.0, 100.0])];
    if results.experiment.evaluation.out_of_domain {
        // Few are right, so that the axis is one of its own.
        panels.push(panel(QuestionSplit::OutOfDomain, "longer questions than those of training", &[0.0]));
    }
    let key = |label: String, index: usize, hollow| LegendEntry {
        label,
        style: numbered(index),
        sample: Sample::Marker { hollow },
    };
    let seeds = results.experiment.seeds.len() as u64;
    Some(Figure {
        name: format!("accuracy-{student}"),
        title: format!("Right answers of students \"{student}\", by the source of their explanations"),
        caption: format!(
            "{} questions of each of {}; markers are means, bars 95% intervals over seeds and questions.",
            results.experiment.evaluation.questions,
            counted(seeds, "seed")
        ),
        legend: vec![key("greedy".into(), 0, true), key(format!("drawn at temperature {drawn}"), 1, false)],
        columns: 2,
        panel: (500.0, 95.0 + 28.0 * answerers.len() as f64),
        panels,
    })
}

/// A line for each source, the first on top; `include` are values of the axis of right answers.
fn accuracy_panel(
    results: &ExplanationResults,
    answerers: &[Answerer],
    split: QuestionSplit,
    title: &str,
    include: &[f64],
) -> Panel {
    let mut marks = Vec::new();
    for (line, answerer) in answerers.iter().rev().enumerate() {
        for (beside, temperature, hollow) in [(0.16, 0.0, true), (-0.16, results.temperature(), false)] {
            let Some(accuracy) = results.accuracy(answerer, split, temperature) else { continue };
            let y = line as f64 + beside;
            let series = format!("{}, {}", answerer.name(), if hollow { "greedy" } else { "drawn" });
            let style = numbered(usize::from(!hollow));
            if let Some(interval) = accuracy.interval {
                marks.push(Shape::percents(interval, y, style).of(&series));
            }
            marks.push(Shape::Marker { x: 100.0 * accuracy.value, y, style, hollow }.of(series));
        }
    }
    let names = answerers.iter().rev().map(Answerer::name).collect();
    Panel {
        title: title.to_owned(),
        x: Axis::linear("right answers (%)").including(include),
        y: Axis { label: String::new(), scale: Scale::Names(names), include: Vec::new() },
        marks,
    }
}

/// The mean reward of explanations against the accuracy of their students, one marker for each teacher and seed.
fn reward_against_accuracy(results: &ExplanationResults) -> Option<Figure> {
    let student = &results.experiment.students.first()?.name;
    let (mut marks, mut legend) = (Vec::new(), Vec::new());
    for teacher in &results.experiment.teachers {
        let own = pairs(results, student, &|other| other.name == teacher.name);
        if own.is_empty() {
            continue;
        }
        let style = style(results, &teacher.name);
        // Hollow markers also tell apart what has the style of a source before it.
        let hollow = teacher.method == Method::Ranked || results.place(&teacher.name) >= STYLES;
        marks.extend(own.into_iter().map(|(x, y)| Shape::Marker { x, y: 100.0 * y, style, hollow }.of(&teacher.name)));
        legend.push(LegendEntry { label: teacher.name.clone(), style, sample: Sample::Marker { hollow } });
    }
    if legend.len() < 3 {
        return None;
    }
    Some(Figure {
        name: "reward-accuracy".into(),
        title: "The reward of explanations against what students learn from them".into(),
        caption: format!(
            "One marker for each source and seed: mean reward of its explanations with the published coefficients, and right answers \
             of its students \"{student}\" at temperature {}. Where markers meet, the last in the list above lies on top.",
            results.temperature()
        ),
        legend,
        columns: 1,
        panel: (760.0, 400.0),
        panels: vec![Panel {
            title: String::new(),
            x: Axis::linear("mean reward of an explanation (nats)"),
            y: Axis::linear("right answers (%)").including(&[0.0]),
            marks,
        }],
    })
}

/// A column of the log, and its name.
type LoggedQuality = (&'static str, fn(&ReinforceRow) -> Option<f64>);

/// A panel of a training: title, label of the axis, number of the first style, columns.
type TrainingPanel = (&'static str, &'static str, usize, &'static [LoggedQuality]);

/// The reward of a teacher, and of a solver, which is rewarded for right answers.
const TEACHERS_REWARD: TrainingPanel = (
    "reward and its parts",
    "nats",
    0,
    &[("reward", |row| Some(row.reward)), ("r_SS", |row| row.r_ss), ("−r_KL", |row| row.r_kl.map(|value| -value))],
);
const SOLVERS_REWARD: TrainingPanel = ("reward", "right answers (%)", 0, &[("reward", |row| Some(100.0 * row.reward))]);

const QUALITY: TrainingPanel = (
    "quality",
    "share (%)",
    3,
    &[
        // A solver has no solution to give away.
        ("solution given away", |row| row.r_ss.map(|_| 100.0 * row.given_away)),
        ("every step right", |row| Some(100.0 * row.complete)),
        ("steps right", |row| Some(100.0 * (row.fine + row.terse))),
        ("steps wrong", |row| Some(100.0 * row.wrong)),
    ],
);
const LENGTH: TrainingPanel = ("length", "tokens", 7, &[("tokens of an explanation", |row| Some(row.tokens))]);

/// A teacher's reward over its training, with the qualities of its explanations beside it.
fn learning(results: &ExplanationResults, teacher: &str) -> Option<Figure> {
    let seeds = results.learning.get(teacher)?;
    let mut legend = Vec::new();
    let mut panels = Vec::new();
    let is_solver = seeds.values().flatten().all(|row| row.r_ss.is_none());
    let reward = if is_solver { SOLVERS_REWARD } else { TEACHERS_REWARD };
    for (title, label, first, columns) in [reward, QUALITY, LENGTH] {
        let mut marks = Vec::new();
        for (place, (name, value)) in columns.iter().enumerate() {
            // The colours begin anew after six; the dashes then tell them apart.
            let style = numbered(first + place);
            let style = if first + place < 6 { style.unbroken() } else { style };
            let lines = lines(seeds.values(), name, *value, style);
            if !lines.is_empty() {
                legend.push(LegendEntry { label: (*name).to_owned(), style, sample: Sample::Line { width: 2.5 } });
            }
            marks.extend(lines);
        }
        let y = Axis::linear(label).including(&[0.0]);
        panels.push(Panel { title: title.to_owned(), x: Axis::linear("step"), y, marks });
    }
    Some(Figure {
        name: format!("learning-{teacher}"),
        title: format!("{teacher}: reward, and the quality of what it writes"),
        caption: format!(
            "Thick lines are means over {}, thin ones single seeds; each value is the mean of a step's completions. Steps right and \
             wrong are shares of the question's steps, skipped ones included.",
            counted(seeds.len() as u64, "seed")
        ),
        legend,
        columns: 3,
        panel: (400.0, 320.0),
        panels,
    })
}

/// The curve of each seed, and their mean; nothing if the column is empty.
fn lines<'a>(
    seeds: impl Iterator<Item = &'a Vec<ReinforceRow>>,
    name: &str,
    value: fn(&ReinforceRow) -> Option<f64>,
    style: Style,
) -> Vec<Mark> {
    let curve = |rows: &Vec<ReinforceRow>| -> Vec<(f64, f64)> {
        rows.iter().filter_map(|row| Some((row.step as f64, value(row)?))).collect()
    };
    let curves = thinned(seeds.map(curve).filter(|curve| !curve.is_empty()).collect());
    if curves.is_empty() {
        return Vec::new();
    }
    let line = |points, width, alpha| Shape::Line { points, style, width, alpha };
    let average = line(mean_curve(&curves), 2.5, 1.0).of(name);
    curves.into_iter().map(|points| line(points, 1.0, 0.35).of(one_seed(name))).chain([average]).collect()
}

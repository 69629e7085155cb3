//! Panels of the relative scores of students of one size: a student on each line, with its interval.

use super::figure::{Axis, LegendEntry, Mark, Panel, Sample, Scale, Shape};
use super::shares::{Share, Shares};
use super::style::{PAPER, RANDOM, Style, TEACHER};

/// Height of a student's line, and of all that stands above and below the lines, in CSS pixels.
const LINE: f64 = 26.0;
const AROUND: f64 = 95.0;
const RANDOM_PLAY: &str = "random play";

/// Height of a panel with a line for each of the students.
pub fn height(students: usize) -> f64 {
    AROUND + LINE * students as f64
}

/// The panel of the students, the first on the top line; `None` if there are none.
pub fn panel(shares: &Shares, title: &str) -> Option<Panel> {
    let lines = shares.students.len() as f64;
    let upright = |share: f64, style: Style| Shape::Line {
        points: vec![(100.0 * share, -0.5), (100.0 * share, lines - 0.5)],
        style: style.dashed(),
        width: 1.2,
        alpha: 1.0,
    };
    let mut marks = vec![upright(1.0, TEACHER).of("teacher")];
    marks.extend(shares.random.map(|share| upright(share, RANDOM).of(RANDOM_PLAY)));
    let students = shares.students.iter().enumerate();
    marks.extend(students.flat_map(|(line, one)| student(lines - 1.0 - line as f64, one)));
    let names: Vec<String> = shares.students.iter().rev().map(|one| one.name.clone()).collect();
    (!names.is_empty()).then(|| Panel {
        title: title.to_owned(),
        x: Axis::linear("of the teacher's score (%)").including(&[0.0, 100.0]),
        y: Axis { label: String::new(), scale: Scale::Names(names), include: Vec::new() },
        marks,
    })
}

/// A student's interval and marker, and the paper's figure, on line `y`.
fn student(y: f64, one: &Share) -> Vec<Mark> {
    let style = one.style;
    let bar = |interval| Shape::percents(interval, y, style).of(&one.name);
    let mut marks: Vec<Mark> = one.share.interval.map(bar).into_iter().collect();
    marks.push(Shape::Marker { x: 100.0 * one.share.value, y, style, hollow: false }.of(&one.name));
    let paper = Style { color: style.color, ..PAPER };
    let papers = |share| Shape::Marker { x: 100.0 * share, y, style: paper, hollow: false }.of(one.papers());
    marks.extend(one.paper.map(papers));
    marks
}

/// The legend's entries for the reference lines, as far as the panels show them.
pub fn legend(panels: &[Panel]) -> Vec<LegendEntry> {
    let line = |label: &str, style: Style| LegendEntry {
        label: label.into(),
        style: style.dashed(),
        sample: Sample::Line { width: 1.2 },
    };
    let has_random = panels.iter().flat_map(|panel| &panel.marks).any(|mark| mark.series == RANDOM_PLAY);
    [line("teacher", TEACHER)].into_iter().chain(has_random.then(|| line(RANDOM_PLAY, RANDOM))).collect()
}

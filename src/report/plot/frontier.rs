//! Panels of students' relative scores over what their networks cost, with the Pareto front.

use super::figure::{Axis, End, LegendEntry, Mark, Panel, Sample, Shape};
use super::shares::{Cost, Share, Shares};
use super::style::{BLACK, GREY, PAPER, RANDOM, Style, TEACHER};
use crate::eval::statistics::Interval;
use crate::record::Role;

/// The line of the Pareto front.
const FRONT: Style = Style { color: BLACK, ..TEACHER };

/// Score over cost; `None` if no student has both. `has_names`: students' names stand beside them, for which a small
/// panel has no room.
pub fn panel(shares: &Shares, cost: Cost, title: &str, has_names: bool) -> Option<Panel> {
    let of = |one: &Share| shares.cost(cost, Role::Student, &one.name);
    let mut students: Vec<(f64, &Share)> = shares.students.iter().filter_map(|one| Some((of(one)?, one))).collect();
    students.sort_by(|one, other| one.0.total_cmp(&other.0));
    if students.is_empty() {
        return None;
    }
    let on_front = front(&students.iter().map(|(cost, one)| (*cost, one.share.value)).collect::<Vec<_>>());
    // The smallest students, at the left end, may be near random play.
    let level = |y, style, named| Shape::Level { y: 100.0 * y, style, named };
    let mut marks = vec![level(1.0, Style { color: GREY, ..TEACHER }, None).of("teacher")];
    marks.extend(shares.random.map(|share| level(share, RANDOM, Some(End::Right)).of("random play")));
    let teacher = shares.cost(cost, Role::Teacher, "teacher");
    marks.extend(teacher.map(|x| Shape::Marker { x, y: 100.0, style: TEACHER, hollow: false }.of("teacher")));
    let points = students.iter().zip(&on_front).filter(|(_, on_front)| **on_front);
    let points = points.map(|((cost, one), _)| (*cost, 100.0 * one.share.value)).collect();
    marks.push(Shape::Line { points, style: FRONT, width: 1.4, alpha: 0.8 }.of("Pareto front"));
    for ((x, one), on_front) in students.into_iter().zip(on_front) {
        marks.extend(student(x, one, on_front));
        if has_names {
            let top = 100.0 * one.share.interval.map_or(one.share.value, |interval| interval.high);
            marks.push(Shape::Name { x, y: top }.of(&one.name));
        }
    }
    Some(Panel {
        title: title.to_owned(),
        x: Axis::log(cost.label()),
        y: Axis::linear("of the teacher's score (%)").including(&[0.0, 100.0]),
        marks,
    })
}

/// A student's interval and marker, and the paper's figure beside it.
fn student(x: f64, one: &Share, on_front: bool) -> Vec<Mark> {
    let (style, y) = (one.style, 100.0 * one.share.value);
    let bar = |own: Interval| Shape::Bar { x, low: 100.0 * own.low, high: 100.0 * own.high, style }.of(&one.name);
    let mut marks: Vec<Mark> = one.share.interval.map(bar).into_iter().collect();
    let paper = Style { color: style.color, ..PAPER };
    // Aside, so that neither hides the other.
    let beside = |share| Shape::Marker { x: 1.12 * x, y: 100.0 * share, style: paper, hollow: false };
    marks.extend(one.paper.map(|share| beside(share).of(one.papers())));
    marks.push(Shape::Marker { x, y, style, hollow: !on_front }.of(&one.name));
    marks
}

/// Which points (cost, score) no other point dominates: none costs no more and scores no less, and is better in one of
/// both.
fn front(points: &[(f64, f64)]) -> Vec<bool> {
    let dominates = |one: &(f64, f64), other: &(f64, f64)| one.0 <= other.0 && one.1 >= other.1 && one != other;
    points.iter().map(|point| !points.iter().any(|other| dominates(other, point))).collect()
}

/// The legend's entries about the front, as far as the panels show it.
pub fn legend(panels: &[Panel]) -> Vec<LegendEntry> {
    let entry = |label: &str, style, sample| LegendEntry { label: label.into(), style, sample };
    let shows =
        |is_drawn: fn(&Shape) -> bool| panels.iter().flat_map(|panel| &panel.marks).any(|mark| is_drawn(&mark.shape));
    let mut entries = vec![entry("teacher", TEACHER, Sample::Marker { hollow: false })];
    if shows(|shape| matches!(shape, Shape::Line { points, .. } if points.len() > 1)) {
        entries.push(entry("Pareto front", FRONT, Sample::Line { width: 1.4 }));
    }
    if shows(|shape| matches!(shape, Shape::Marker { hollow: true, .. })) {
        entries.push(entry("not on the Pareto front", FRONT, Sample::Marker { hollow: true }));
    }
    entries
}

/// The legend's entries for students that have no names beside them.
pub fn students(shares: &[Share]) -> impl Iterator<Item = LegendEntry> {
    shares.iter().map(|one| LegendEntry {
        label: one.name.clone(),
        style: one.style,
        sample: Sample::Marker { hollow: false },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_on_the_front_unless_another_costs_no_more_and_scores_no_less() {
        let points = [(1.0, 50.0), (2.0, 80.0), (3.0, 70.0), (4.0, 80.0), (5.0, 95.0)];
        assert_eq!(front(&points), [true, true, false, false, true]);
        assert_eq!(front(&[(1.0, 50.0), (1.0, 50.0), (1.0, 40.0)]), [true, true, false]);
    }
}

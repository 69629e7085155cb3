//! Plots of how students followed a teacher through its training.

use super::figure::{Axis, Figure, LegendEntry, Mark, Panel, Sample, Shape};
use super::learning::{evaluations, millions_of_frames};
use super::scores::style_of;
use super::style::{GREY, Style, TEACHER};
use crate::game::Game;
use crate::record::{EvalRow, Role, TrainRow};
use crate::report::format::counted;
use crate::report::read::{AgentLog, Results};

const NOISY: Style = Style { color: GREY, ..TEACHER };
const BEST: &str = "teacher, best so far";

/// The teacher's evaluations, its best so far, which the students follow, and the students' evaluations, over frames of
/// the teacher's training. `None` if no student followed a teacher, or none was evaluated during training.
pub fn online(results: &Results, game: Game) -> Option<Figure> {
    let settings = &results.experiment.distillation;
    if !settings.online || results.teachers_of(game).all(|teacher| teacher.eval.is_empty()) {
        return None;
    }
    let mut marks = teachers(results, game);
    let mut legend = vec![key("teacher", NOISY, 1.4), key(BEST, TEACHER, 2.5)];
    // Each hour of the student corresponds to a stretch of the training.
    let hour = results.experiment.teacher.frames as f64 / settings.hours as f64 / 1e6;
    let when = |row: &EvalRow| (row.steps as f64 / settings.steps_per_hour as f64).floor() * hour;
    for student in &results.experiment.students {
        let runs = results.students_of(game, &student.name);
        let runs = runs.filter(|run| results.followed_at_pace(&run.agent) && !run.eval.is_empty());
        let runs: Vec<_> = runs.map(|run| &run.eval).collect();
        if !runs.is_empty() {
            let style = style_of(results, Role::Student, &student.name);
            marks.extend(evaluations(&runs, &student.name, style, when));
            legend.push(key(&student.name, style, 2.5));
        }
    }
    (legend.len() > 2).then(|| Figure {
        name: format!("online-{game}"),
        title: format!("{game}: students that follow the training"),
        caption: format!(
            "Students learn from the play of the best teacher so far. The teacher’s evaluations are {} each, the \
             students’ {}, with 95% intervals, or of several seeds each thin and their mean, with its interval over three \
             and more.",
            counted(results.experiment.teacher.evaluation_episodes as u64, "episode"),
            counted(settings.evaluation_episodes as u64, "episode"),
        ),
        legend,
        columns: 1,
        panel: (760.0, 380.0),
        panels: vec![Panel {
            title: String::new(),
            x: Axis::linear("training of the teacher (million frames)").including(&[0.0]),
            y: Axis::linear("score of a game (points)"),
            marks,
        }],
    })
}

fn key(label: &str, style: Style, width: f64) -> LegendEntry {
    LegendEntry { label: label.to_owned(), style, sample: Sample::Line { width } }
}

/// The teachers' evaluations, and the best of them so far.
fn teachers(results: &Results, game: Game) -> Vec<Mark> {
    let of_teacher = |teacher: &AgentLog<TrainRow>| {
        let points: Vec<_> = teacher.eval.iter().map(|row| (millions_of_frames(row), row.mean)).collect();
        let best = Shape::Line { points: steps(&points), style: TEACHER, width: 2.5, alpha: 1.0 };
        [best.of(BEST), Shape::Line { points, style: NOISY, width: 1.4, alpha: 1.0 }.of("teacher")]
    };
    results.teachers_of(game).flat_map(of_teacher).collect()
}

/// The highest value so far, as a staircase.
fn steps(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut stairs: Vec<(f64, f64)> = Vec::new();
    for &(x, y) in points {
        let before = stairs.last().map_or(f64::NEG_INFINITY, |last| last.1);
        if before.is_finite() {
            stairs.push((x, before));
        }
        stairs.push((x, y.max(before)));
    }
    stairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_so_far_never_falls() {
        let stairs = steps(&[(1.0, 5.0), (2.0, 3.0), (3.0, 9.0)]);
        assert_eq!(stairs, [(1.0, 5.0), (2.0, 5.0), (2.0, 5.0), (3.0, 5.0), (3.0, 9.0)]);
    }
}

//! Plots of how a game's students learned from the teacher's play.

use super::figure::{Axis, End, Figure, LegendEntry, Mark, Panel, Sample, Shape, mean_curve, one_seed, thinned};
use super::learning::evaluations;
use super::scores::style_of;
use super::style::RANDOM;
use crate::config::{Objective, StudentSettings};
use crate::game::Game;
use crate::losses::{self, Loss};
use crate::record::{DistillRow, EvalRow, Role};
use crate::report::agent_result::AgentResults;
use crate::report::format::{counted, number, percent};
use crate::report::read::Results;

/// The loss of each group of students with the same loss, and their agreement with the teacher on training data and on
/// new play, over updates. `None` before the first value.
pub fn distillation(results: &Results, game: Game) -> Option<Figure> {
    let students = &results.experiment.students;
    let started: Vec<&StudentSettings> = students
        .iter()
        .filter(|student| results.students_of(game, &student.name).any(|run| !run.train.is_empty()))
        .collect();
    let of_loss = |loss: &Loss| {
        let is_its = |student: &&StudentSettings| student.loss == Objective::Teacher(*loss);
        let students: Vec<_> = started.iter().copied().filter(is_its).collect();
        let (title, label) = (format!("{} loss", loss.label), format!("loss ({})", loss.unit));
        let loss = |row: &DistillRow| (row.loss > 0.0).then_some(row.loss);
        (!students.is_empty()).then(|| panel(results, game, &students, (&title, Axis::log(&label)), loss))
    };
    let mut panels: Vec<Panel> = losses::ALL.iter().filter_map(of_loss).collect();
    let first = started.iter().flat_map(|student| results.students_of(game, &student.name));
    let first = first.filter_map(|run| run.train.first()).map(|row| row.hour).min().unwrap_or(0);
    let later = |row: &DistillRow, share: f64| (row.hour > first).then_some(100.0 * share);
    let chance = 100.0 / game.actions(results.experiment.environment.action_set).len() as f64;
    let share = || Axis::linear("same best action (%)").including(&[chance]);
    let agreement = ("Agreement, trained states", share());
    panels.push(panel(results, game, &started, agreement, |row| later(row, row.agreement)));
    let held_out = ("Agreement, new play", share());
    panels.push(panel(results, game, &started, held_out, |row| later(row, row.held_out_agreement)));
    let is_agreement = |panel: &&mut Panel| panel.title.starts_with("Agreement");
    for panel in panels.iter_mut().filter(is_agreement) {
        let level = Shape::Level { y: chance, style: RANDOM, named: Some(End::Right) };
        panel.marks.push(level.of("random action"));
    }
    panels.retain(|panel| panel.marks.iter().any(|mark| !mark.shape.extent().0.is_empty()));
    // Values that are no numbers leave none.
    (!panels.is_empty()).then(|| Figure {
        name: format!("distillation-{game}"),
        title: format!("{game}: distillation"),
        caption: format!(
            "Means over the updates since the row before. New play is the hour's, before the student trained on it. Agreement \
             begins after the first hour, in which the student is not trained yet; \"random action\" is what a uniformly random one \
             agrees in, {}; one and the same action may agree in more. Thin lines are single seeds where there are several. Losses of different kinds, or at different temperatures, are not comparable.",
            percent(chance / 100.0)
        ),
        legend: legend(results, &started),
        columns: panels.len().min(3),
        panel: (330.0, 280.0),
        panels,
    })
}

fn panel(
    results: &Results,
    game: Game,
    students: &[&StudentSettings],
    (title, y): (&str, Axis),
    value: impl Fn(&DistillRow) -> Option<f64>,
) -> Panel {
    let distillation = &results.experiment.distillation;
    let (unit, label_x) = match distillation.hours * distillation.updates_per_hour {
        0..2_000_000 => (1e3, "updates (thousands)"),
        _ => (1e6, "updates (millions)"),
    };
    let mut marks = Vec::new();
    for student in students {
        let style = style_of(results, Role::Student, &student.name);
        let point = |row: &DistillRow| Some((row.updates as f64 / unit, value(row)?));
        let curve = |rows: &[DistillRow]| rows.iter().filter_map(point).collect();
        let curves: Vec<Vec<_>> = results.students_of(game, &student.name).map(|run| curve(&run.train)).collect();
        let curves = thinned(curves.into_iter().filter(|curve| !curve.is_empty()).collect());
        if curves.len() > 1 {
            let thin = |points: &Vec<_>| Shape::Line {
                points: points.clone(),
                style: style.unbroken(),
                width: 0.8,
                alpha: 0.4,
            };
            marks.extend(curves.iter().map(|points| thin(points).of(one_seed(&student.name))));
        }
        let mean = Shape::Line { points: mean_curve(&curves), style, width: 2.0, alpha: 1.0 };
        marks.push(mean.of(&student.name));
    }
    Panel { title: title.to_owned(), x: Axis::linear(label_x).including(&[0.0]), y, marks }
}

fn legend(results: &Results, students: &[&StudentSettings]) -> Vec<LegendEntry> {
    let key = |student: &&StudentSettings| LegendEntry {
        label: student.name.clone(),
        style: style_of(results, Role::Student, &student.name),
        sample: Sample::Line { width: 2.0 },
    };
    students.iter().map(key).collect()
}

/// The students' scores over hours of play; `None` if they were not evaluated during distillation.
pub fn students(results: &Results, agent_results: &AgentResults, game: Game) -> Option<Figure> {
    let per_hour = results.experiment.distillation.steps_per_hour as f64;
    let mut marks = Vec::new();
    let mut evaluated = Vec::new();
    for student in &results.experiment.students {
        let runs = results.students_of(game, &student.name).map(|run| &run.eval);
        let runs: Vec<_> = runs.filter(|rows| !rows.is_empty()).collect();
        if !runs.is_empty() {
            let style = style_of(results, Role::Student, &student.name);
            marks.extend(evaluations(&runs, &student.name, style, |row: &EvalRow| row.steps as f64 / per_hour));
            evaluated.push(student);
        }
    }
    let (levels, means): (Vec<Mark>, Vec<f64>) = references(results, agent_results, game).into_iter().unzip();
    marks.extend(levels);
    let y = Axis::linear("score of a game (points)").including(&means);
    let episodes = counted(results.experiment.distillation.evaluation_episodes as u64, "episode");
    (!evaluated.is_empty()).then(|| Figure {
        name: format!("students-{game}"),
        title: format!("{game}: scores of the students on the way"),
        caption: format!(
            "Evaluations of {episodes} each, with 95% intervals, or of several seeds each thin and their mean, with its interval \
             over three and more. \
             The teacher's and random play's lines are from the final evaluation."
        ),
        legend: legend(results, &evaluated),
        columns: 1,
        panel: (760.0, 380.0),
        panels: vec![Panel {
            title: String::new(),
            x: Axis::linear("play learned from (hours)").including(&[0.0]),
            y,
            marks,
        }],
    })
}

/// The final means of teacher and random play. Students begin near random play and end near the teacher, so each label
/// is placed at the other end.
fn references(results: &Results, agent_results: &AgentResults, game: Game) -> Vec<(Mark, f64)> {
    let level = |role: Role, name: &str, named: End| {
        let mean = agent_results.reference(role, game)?.score.value;
        let label = format!("{name}: {}", number(mean));
        let style = style_of(results, role, name);
        Some((Shape::Level { y: mean, style, named: Some(named) }.of(label), mean))
    };
    let levels = [level(Role::Teacher, "teacher", End::Left), level(Role::Random, "random play", End::Right)];
    levels.into_iter().flatten().collect()
}

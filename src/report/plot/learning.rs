//! Plots of how a game's teachers learned.

use super::figure::{
    Axis, End, Figure, LegendEntry, Mark, Panel, Sample, Shape, mean_band, mean_curve, one_seed, thinned,
};
use super::scores::style_of;
use super::style::{GREY, RANDOM, Style, TEACHER};
use crate::game::Game;
use crate::record::{EvalRow, Role, TrainRow};
use crate::report::agent_result::AgentResults;
use crate::report::format::{counted, number};
use crate::report::read::{AgentLog, Results};

const TRAINING: Style = Style { color: GREY, ..TEACHER };
const PLAYED: &str = "games played in training, exploring";

/// Scores of the periodic evaluations and of the episodes played in training, over frames. `None` before the first of
/// either.
pub fn learning(results: &Results, agent_results: &AgentResults, game: Game) -> Option<Figure> {
    let teachers: Vec<_> = results.teachers_of(game).collect();
    let returns = thinned(teachers.iter().map(|teacher| returns(teacher)).filter(|curve| curve.len() > 1).collect());
    let evaluated: Vec<_> = teachers.iter().map(|teacher| &teacher.eval).filter(|rows| !rows.is_empty()).collect();
    if returns.is_empty() && evaluated.is_empty() {
        return None;
    }
    let mut keys = legend(evaluated.len(), !returns.is_empty());
    let line = |points| Shape::Line { points, style: TRAINING, width: 1.0, alpha: 0.5 }.of(PLAYED);
    let mut marks: Vec<Mark> = returns.into_iter().map(line).collect();
    marks.extend(evaluations(&evaluated, "teacher", TEACHER, millions_of_frames));
    for student in results.experiment.students.iter().filter(|student| student.is_baseline()) {
        let runs: Vec<_> = results.baselines_of(game, &student.name).map(|run| &run.eval).collect();
        let runs: Vec<_> = runs.into_iter().filter(|rows| !rows.is_empty()).collect();
        if !runs.is_empty() {
            let style = style_of(results, Role::Student, &student.name);
            marks.extend(evaluations(&runs, &student.name, style, millions_of_frames));
            keys.push(LegendEntry { label: student.name.clone(), style, sample: Sample::Line { width: 2.5 } });
        }
    }
    let heights = marks.iter().flat_map(|mark| mark.shape.extent().1);
    let (lowest, highest) =
        heights.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), y| (low.min(y), high.max(y)));
    let mut y = Axis::linear("score of a game (points)");
    for (value, label, style) in references(agent_results, game) {
        let fits = value <= highest + 0.3 * highest.abs();
        y = if fits { y.including(&[value]) } else { y };
        // Curves rise from left to right; the label is placed at the end without curves.
        let named = if value > (lowest + highest) / 2.0 { End::Left } else { End::Right };
        marks.push(Shape::Level { y: value, style, named: Some(named) }.of(label));
    }
    let x = Axis::linear("training (million frames)").including(&[0.0]);
    Some(Figure {
        name: format!("learning-{game}"),
        title: format!("{game}: learning of the teacher"),
        caption: caption(results, &evaluated),
        legend: keys,
        columns: 1,
        panel: (760.0, 380.0),
        panels: vec![Panel { title: String::new(), x, y, marks }],
    })
}

pub fn millions_of_frames(row: &EvalRow) -> f64 {
    row.frames as f64 / 1e6
}

fn returns(teacher: &AgentLog<TrainRow>) -> Vec<(f64, f64)> {
    teacher.train.iter().filter_map(|row| Some((row.frames as f64 / 1e6, row.return_mean?))).collect()
}

/// The least number of seeds over which a bootstrap is drawn. Two seeds have three resamples.
const SEEDS_FOR_BAND: usize = 3;

/// One seed's evaluations with their interval; for several seeds, a thin line each and a thick line for their mean, for
/// three and more with the mean's interval over seeds.
pub fn evaluations(seeds: &[&Vec<EvalRow>], name: &str, style: Style, x: impl Fn(&EvalRow) -> f64) -> Vec<Mark> {
    let finite = |row: &&EvalRow| row.mean.is_finite() && row.ci_low.is_finite() && row.ci_high.is_finite();
    let curves: Vec<Vec<(f64, f64)>> =
        seeds.iter().map(|rows| rows.iter().filter(finite).map(|row| (x(row), row.mean)).collect()).collect();
    let mut marks = Vec::new();
    if let [rows] = seeds {
        let points = rows.iter().filter(finite).map(|row| (x(row), row.ci_low, row.ci_high)).collect();
        marks.push(Shape::Band { points, style }.of(name));
    } else {
        let style = style.unbroken();
        let thin = |points: &Vec<_>| Shape::Line { points: points.clone(), style, width: 1.0, alpha: 0.55 };
        if seeds.len() >= SEEDS_FOR_BAND {
            marks.push(Shape::Band { points: mean_band(&curves), style }.of(name));
        }
        marks.extend(curves.iter().map(|points| thin(points).of(one_seed(name))));
    }
    let mean = mean_curve(&curves);
    if let [(x, y)] = mean[..] {
        marks.push(Shape::Marker { x, y, style, hollow: false }.of(name));
    }
    marks.push(Shape::Line { points: mean, style, width: 2.5, alpha: 1.0 }.of(name));
    marks
}

/// Reference lines: random play, measured or else published, and the published human score.
fn references(agent_results: &AgentResults, game: Game) -> Vec<(f64, String, Style)> {
    let measured = agent_results.reference(Role::Random, game).map(|random| (random.score.value, "random play"));
    let published = game.entry().random.map(|score| (score, "random play, published"));
    let human = game.entry().human.map(|score| (score, "human, published"));
    let level = |(score, name): (f64, &str), style: Style| (score, format!("{name}: {}", number(score)), style);
    let random = measured.or(published).map(|reference| level(reference, RANDOM));
    random.into_iter().chain(human.map(|reference| level(reference, Style { color: GREY, ..RANDOM }))).collect()
}

fn legend(seeds: usize, returns: bool) -> Vec<LegendEntry> {
    let key = |label: &str, style, sample| LegendEntry { label: label.to_owned(), style, sample };
    let mut keys = match seeds {
        0 => vec![],
        1 => vec![key("evaluation: mean and 95% interval", TEACHER, Sample::LineAndBand)],
        _ => {
            let mean = match seeds < SEEDS_FOR_BAND {
                true => key("evaluation: mean of the seeds", TEACHER, Sample::Line { width: 2.5 }),
                false => key("evaluation: mean of the seeds and its 95% interval", TEACHER, Sample::LineAndBand),
            };
            vec![mean, key("one seed", TEACHER, Sample::Line { width: 1.0 })]
        }
    };
    if returns {
        keys.push(key(PLAYED, TRAINING, Sample::Line { width: 1.0 }));
    }
    keys
}

fn caption(results: &Results, evaluated: &[&Vec<EvalRow>]) -> String {
    let evaluation = &results.experiment.evaluation;
    let seeds = counted(evaluated.len() as u64, "seed");
    let episodes = evaluated.iter().flat_map(|rows| rows.last()).map(|row| row.episodes).next().unwrap_or_default();
    format!(
        "{seeds}; an evaluation is {} with epsilon {}{}. Games played in training explore with the training’s own epsilon.",
        counted(episodes, "episode"),
        evaluation.epsilon,
        if evaluation.no_op_max > 0 { " and null-op starts" } else { "" },
    )
}

//! The difference between two students of the same teachers.

use super::bootstrap::{RESAMPLES, numbers, percentiles};
use super::comparison::{GameRuns, Teachers, common_runs};
use super::estimate::Estimate;
use super::figures::{AgainstTeacher, Figures};
use crate::record::Ratio;
use crate::statistics::mean;
use crate::units::{Generator, Seed};

/// A figure of relative scores of the first student minus that of the second, with its 95% bootstrap interval. Both
/// have the same games, with the same runs, whose teacher and random play are those of the first side. Runs and
/// episodes are drawn as for [`super::intervals`], but the two students of a run together, and against the same drawn
/// episodes of their teacher and of random play. The chance that both have in common thus cancels out.
pub fn difference(
    sides: [&[GameRuns]; 2],
    figure: fn(&Figures) -> Option<f64>,
    one_network: bool,
    seed: Seed,
) -> Option<Estimate> {
    let between = |games: Vec<Vec<[AgainstTeacher; 2]>>| {
        let of = |student: usize| {
            let games: Vec<Vec<_>> = games.iter().map(|runs| runs.iter().map(|run| run[student]).collect()).collect();
            figure(&Figures::of(&games))
        };
        Some(of(0)? - of(1)?)
    };
    let games: Vec<PairedGame> = sides[0].iter().zip(sides[1]).collect();
    let as_played = |&game: &PairedGame| {
        let runs = 0..game.0.runs.len();
        runs.map(|run| relative(game, run, mean(game.0.runs[run].teacher), mean)).collect()
    };
    let value = between(games.iter().map(as_played).collect())?;
    let mut generator = seed.generator();
    let resamples = (0..RESAMPLES).map(|_| between(resample(&games, one_network, &mut generator)));
    Some(Estimate { value, interval: percentiles(resamples.collect()) })
}

/// The runs of both students in a game.
type PairedGame<'a> = (&'a GameRuns<'a>, &'a GameRuns<'a>);

fn resample(games: &[PairedGame], one_network: bool, generator: &mut Generator) -> Vec<Vec<[AgainstTeacher; 2]>> {
    let seeds = games.iter().map(|(first, _)| first.runs.iter().map(|run| run.seed).collect());
    let for_all = common_runs(seeds, one_network, generator);
    let in_game = |&game: &PairedGame| {
        let runs = &game.0.runs;
        let drawn = for_all.clone().unwrap_or_else(|| numbers(runs.len(), generator));
        let mut teachers = Teachers::of(runs.iter().map(|run| run.teacher_seed));
        let of_run = |run: usize| {
            let scores = runs[run].teacher;
            let teacher = mean_at(scores, &teachers.draw(runs[run].teacher_seed, scores.len(), generator));
            relative(game, run, teacher, |scores| mean_at(scores, &numbers(scores.len(), generator)))
        };
        drawn.into_iter().map(of_run).collect()
    };
    games.iter().map(in_game).collect()
}

/// Both students' scores in a run, relative to the teacher's mean.
fn relative(
    (first, second): PairedGame,
    run: usize,
    teacher: Option<f64>,
    mut mean: impl FnMut(&[f64]) -> Option<f64>,
) -> [AgainstTeacher; 2] {
    let ratio = first.ratio;
    let random = if ratio == Ratio::AboveRandom { mean(first.runs[run].random) } else { None };
    [first, second].map(|student| AgainstTeacher {
        relative: mean(student.runs[run].student)
            .zip(teacher)
            .and_then(|(student, teacher)| ratio.value(student, teacher, random)),
        beats: None,
    })
}

/// The mean of the scores with these numbers.
fn mean_at(scores: &[f64], numbers: &[usize]) -> Option<f64> {
    (!scores.is_empty()).then(|| numbers.iter().map(|&number| scores[number]).sum::<f64>() / numbers.len() as f64)
}

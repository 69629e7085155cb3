//! The difference between two students of the same teachers.

use super::bootstrap::{Interval, RESAMPLES, numbers, percentiles};
use super::comparison::{Teachers, common_runs};
use super::figures::{AgainstTeacher, Figures};
use super::summary::mean;
use crate::record::Ratio;
use crate::units::{Generator, Seed};

/// The episodes of two students, their teacher and random play in one game with one seed.
#[derive(Debug, Clone)]
pub struct PairedRun<'a> {
    pub students: [&'a [f64]; 2],
    pub teacher: &'a [f64],
    /// May be empty for [`Ratio::Raw`].
    pub random: &'a [f64],
    /// Identifies the teacher, as in [`super::ComparedRun`].
    pub teacher_seed: u64,
}

/// The runs of two students in one game.
#[derive(Debug, Clone)]
pub struct PairedGame<'a> {
    pub ratio: Ratio,
    pub runs: Vec<PairedRun<'a>>,
}

/// A figure of the first student minus that of the second, with its 95% bootstrap interval. Runs and episodes are drawn as for
/// [`super::intervals`], but the two students of a run together, and against the same drawn episodes of their teacher and of random
/// play. The chance that both have in common thus cancels out.
pub fn difference(
    games: &[PairedGame],
    figure: fn(&Figures) -> Option<f64>,
    one_network: bool,
    seed: Seed,
) -> Option<(f64, Option<Interval>)> {
    let between = |runs: Vec<Vec<[AgainstTeacher; 2]>>| {
        let of = |student: usize| {
            let games: Vec<Vec<_>> = runs.iter().map(|game| game.iter().map(|run| run[student]).collect()).collect();
            figure(&Figures::of(&games))
        };
        Some(of(0)? - of(1)?)
    };
    let as_played =
        |game: &PairedGame| game.runs.iter().map(|run| run.relative(game.ratio, mean(run.teacher), mean)).collect();
    let value = between(games.iter().map(as_played).collect())?;
    let mut generator = seed.generator();
    let resamples = (0..RESAMPLES).map(|_| between(resample(games, one_network, &mut generator)));
    Some((value, percentiles(resamples.collect())))
}

fn resample(games: &[PairedGame], one_network: bool, generator: &mut Generator) -> Vec<Vec<[AgainstTeacher; 2]>> {
    let for_all = common_runs(games.iter().map(|game| game.runs.len()), one_network, generator);
    let in_game = |game: &PairedGame| {
        let drawn = for_all.clone().unwrap_or_else(|| numbers(game.runs.len(), generator));
        let mut teachers = Teachers::of(game.runs.iter().map(|run| run.teacher_seed));
        let relative = |run: usize| {
            let run = &game.runs[run];
            let teacher = teachers.draw(run.teacher_seed, run.teacher.len(), generator);
            let teacher = mean_at(run.teacher, &teacher);
            run.relative(game.ratio, teacher, |scores| mean_at(scores, &numbers(scores.len(), generator)))
        };
        drawn.into_iter().map(relative).collect()
    };
    games.iter().map(in_game).collect()
}

impl PairedRun<'_> {
    /// Both students' scores relative to the teacher's mean.
    fn relative(
        &self,
        ratio: Ratio,
        teacher: Option<f64>,
        mut mean: impl FnMut(&[f64]) -> Option<f64>,
    ) -> [AgainstTeacher; 2] {
        let random = if ratio == Ratio::AboveRandom { mean(self.random) } else { None };
        self.students.map(|scores| AgainstTeacher {
            relative: mean(scores).zip(teacher).and_then(|(student, teacher)| ratio.value(student, teacher, random)),
            beats: None,
        })
    }
}

/// The mean of the scores with these numbers.
fn mean_at(scores: &[f64], numbers: &[usize]) -> Option<f64> {
    (!scores.is_empty()).then(|| numbers.iter().map(|&number| scores[number]).sum::<f64>() / numbers.len() as f64)
}

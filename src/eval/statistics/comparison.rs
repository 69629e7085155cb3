//! Intervals of a student's figures over its teachers'.

use std::collections::{BTreeMap, BTreeSet};

use super::bootstrap::{Interval, RESAMPLES, drawn, numbers, percentiles, sorted};
use super::estimate::Estimate;
use super::figures::{AgainstTeacher, Figures, win_rate};
use crate::record::Ratio;
use crate::statistics::mean;
use crate::units::{Generator, Seed};

/// One training: the episodes of a student, its teacher and random play in one game with one seed.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    pub student: &'a [f64],
    pub teacher: &'a [f64],
    /// May be empty for [`Ratio::Raw`].
    pub random: &'a [f64],
    /// Identifies the student's training.
    pub seed: u64,
    /// Identifies the teacher. If several runs share a teacher, its episodes are drawn once for all of them.
    pub teacher_seed: u64,
}

/// A student's runs in one game.
#[derive(Debug, Clone)]
pub struct GameRuns<'a> {
    pub ratio: Ratio,
    pub runs: Vec<Run<'a>>,
}

impl GameRuns<'_> {
    /// Whether its single run, if there is but one, has a single episode, so that an interval would have no width.
    pub fn is_single(&self) -> bool {
        matches!(&self.runs[..], [run] if run.student.len() < 2 || run.teacher.len() < 2)
    }
}

/// 95% intervals of [`Figures`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Intervals {
    /// Intervals of each game's relative score, and of its probability to beat the teacher.
    pub games: Vec<(Option<Interval>, Option<Interval>)>,
    pub mean: Option<Interval>,
    pub geometric_mean: Option<Interval>,
    pub interquartile_mean: Option<Interval>,
    pub beats: Option<Interval>,
}

/// Bootstrap intervals of a student's figures, stratified by game. In each game as many runs as there are are drawn
/// with replacement; then the episodes of student, teacher and random play of each drawn run are drawn separately. If
/// several runs share a teacher, its episodes are drawn once for all of them, because they share its chance. With
/// `one_network`, the runs of a seed in all games belong to the same network: runs are then drawn for all games at once,
/// unless a game has runs of other seeds than another.
pub fn intervals(games: &[GameRuns], one_network: bool, seed: Seed) -> Intervals {
    let resamples = resamples(games, one_network, seed, Figures::of);
    let interval_of = |figure: &dyn Fn(&Figures) -> Option<f64>| percentiles(resamples.iter().map(figure).collect());
    Intervals {
        games: (0..games.len())
            .map(|i| {
                (interval_of(&|figures| figures.games[i].relative), interval_of(&|figures| figures.games[i].beats))
            })
            .collect(),
        mean: interval_of(&|figures| figures.mean),
        geometric_mean: interval_of(&|figures| figures.geometric_mean),
        interquartile_mean: interval_of(&|figures| figures.interquartile_mean),
        beats: interval_of(&|figures| figures.beats),
    }
}

/// A figure of one student minus that of another, which has another teacher, with its 95% bootstrap interval. The runs
/// of each side are drawn as for [`intervals`], apart from the other side's.
pub fn difference_apart(
    sides: [&[GameRuns]; 2],
    figure: fn(&Figures) -> Option<f64>,
    one_network: bool,
    seed: Seed,
) -> Option<Estimate> {
    let value = |games: &[Vec<AgainstTeacher>]| figure(&Figures::of(games));
    let [one, other] = sides.map(|games| value(&as_played(games)));
    let [ones, others] =
        [0, 1].map(|side| resamples(sides[side], one_network, seed.derive("side", side as u64), value));
    let between = ones.into_iter().zip(others).map(|(one, other)| Some(one? - other?));
    Some(Estimate { value: one? - other?, interval: percentiles(between.collect()) })
}

/// The probability that an episode of one agent scores more than one of another, a tie counting half; the mean over
/// games. The other stands in the teacher's place, and is drawn with the first's runs.
pub fn improvement(games: &[GameRuns], one_network: bool, seed: Seed) -> Option<Estimate> {
    let value = |games: &[Vec<AgainstTeacher>]| Figures::of(games).beats;
    let probability = value(&as_played(games))?;
    Some(Estimate { value: probability, interval: percentiles(resamples(games, one_network, seed, value)) })
}

/// A performance profile: for each threshold the share of runs whose relative score is above it, as the mean over
/// games, with its interval; rliable's `create_performance_profile`.
pub fn profile(games: &[GameRuns], thresholds: &[f64], one_network: bool, seed: Seed) -> Option<Vec<Estimate>> {
    let shares = |games: &[Vec<AgainstTeacher>]| -> Option<Vec<f64>> {
        let above = |runs: &Vec<AgainstTeacher>, threshold: f64| {
            let of_run = |run: &AgainstTeacher| Some(f64::from(u8::from(run.relative? > threshold)));
            mean(&runs.iter().map(of_run).collect::<Option<Vec<f64>>>()?)
        };
        let at = |&threshold: &f64| mean(&games.iter().map(|runs| above(runs, threshold)).collect::<Option<Vec<_>>>()?);
        thresholds.iter().map(at).collect()
    };
    let values = shares(&as_played(games))?;
    let resamples = resamples(games, one_network, seed, shares);
    let interval = |place: usize| percentiles(resamples.iter().map(|own| Some(own.as_ref()?[place])).collect());
    let at = |(place, value)| Estimate { value, interval: interval(place) };
    Some(values.into_iter().enumerate().map(at).collect())
}

/// The figures of each game's runs from the episodes that were played, before any is drawn again.
fn as_played(games: &[GameRuns]) -> Vec<Vec<AgainstTeacher>> {
    let of_run = |ratio: Ratio, run: &Run| AgainstTeacher {
        relative: mean(run.student)
            .zip(mean(run.teacher))
            .and_then(|(student, teacher)| ratio.value(student, teacher, mean(run.random))),
        beats: win_rate(run.student, run.teacher),
    };
    games.iter().map(|game| game.runs.iter().map(|run| of_run(game.ratio, run)).collect()).collect()
}

/// The value of `figure` for each resample.
fn resamples<T>(
    games: &[GameRuns],
    one_network: bool,
    seed: Seed,
    figure: impl Fn(&[Vec<AgainstTeacher>]) -> T,
) -> Vec<T> {
    let mut generator = seed.generator();
    let games: Vec<(Ratio, Vec<Ranked>)> =
        games.iter().map(|game| (game.ratio, game.runs.iter().map(|&run| Ranked::of(run)).collect())).collect();
    (0..RESAMPLES).map(|_| figure(&resample(&games, one_network, &mut generator))).collect()
}

fn resample(games: &[(Ratio, Vec<Ranked>)], one_network: bool, generator: &mut Generator) -> Vec<Vec<AgainstTeacher>> {
    let seeds = games.iter().map(|(_, runs)| runs.iter().map(|ranked| ranked.run.seed).collect());
    let for_all = common_runs(seeds, one_network, generator);
    games
        .iter()
        .map(|(ratio, runs)| {
            let drawn = for_all.clone().unwrap_or_else(|| numbers(runs.len(), generator));
            let mut teachers = Teachers::of(runs.iter().map(|ranked| ranked.run.teacher_seed));
            drawn.into_iter().map(|run| runs[run].resample(*ratio, &mut teachers, generator)).collect()
        })
        .collect()
}

/// The numbers of the runs that are drawn for all games at once, where one network plays them all; `seeds` are those of
/// the games' runs. `None` if they differ: then each game is drawn apart.
pub(super) fn common_runs(
    mut seeds: impl Iterator<Item = Vec<u64>>,
    one_network: bool,
    generator: &mut Generator,
) -> Option<Vec<usize>> {
    let first = seeds.next()?;
    (one_network && seeds.all(|other| other == first)).then(|| numbers(first.len(), generator))
}

/// The drawn episodes, by number, of teachers that several runs share.
pub(super) struct Teachers {
    are_shared: bool,
    drawn: BTreeMap<u64, Vec<usize>>,
}

impl Teachers {
    /// The teachers of runs, by seed.
    pub(super) fn of(seeds: impl ExactSizeIterator<Item = u64>) -> Teachers {
        let runs = seeds.len();
        Teachers { are_shared: seeds.collect::<BTreeSet<u64>>().len() < runs, drawn: BTreeMap::new() }
    }

    pub(super) fn draw(&mut self, seed: u64, episodes: usize, generator: &mut Generator) -> Vec<usize> {
        let mut draw = || numbers(episodes, generator);
        if self.are_shared { self.drawn.entry(seed).or_insert_with(draw).clone() } else { draw() }
    }
}

/// A run with the rank of each score among those of student and teacher. Equal scores have one rank, so that wins can
/// be counted without comparing pairs.
struct Ranked<'a> {
    run: Run<'a>,
    student: Vec<usize>,
    teacher: Vec<usize>,
    ranks: usize,
}

impl<'a> Ranked<'a> {
    fn of(run: Run<'a>) -> Ranked<'a> {
        let mut scores = sorted(&[run.student, run.teacher].concat());
        scores.dedup();
        let rank = |score: &f64| scores.partition_point(|other| other < score);
        Ranked {
            run,
            student: run.student.iter().map(rank).collect(),
            teacher: run.teacher.iter().map(rank).collect(),
            ranks: scores.len(),
        }
    }

    fn resample(&self, ratio: Ratio, teachers: &mut Teachers, generator: &mut Generator) -> AgainstTeacher {
        let Run { student, teacher, random, .. } = self.run;
        let drawn_students = (0..student.len()).map(|_| drawn(student.len(), generator));
        let (student, ours) = self.counted(student, &self.student, drawn_students);
        let theirs = teachers.draw(self.run.teacher_seed, teacher.len(), generator);
        let (teacher, theirs) = self.counted(teacher, &self.teacher, theirs.into_iter());
        let random = if ratio == Ratio::AboveRandom { draw_mean(random, generator) } else { None };
        AgainstTeacher {
            relative: student.zip(teacher).and_then(|(student, teacher)| ratio.value(student, teacher, random)),
            beats: student.and(teacher).map(|_| wins(&ours, &theirs)),
        }
    }

    /// The mean of the scores with these numbers, and the number of scores at each rank.
    fn counted(
        &self,
        scores: &[f64],
        ranks: &[usize],
        numbers: impl Iterator<Item = usize>,
    ) -> (Option<f64>, Vec<u32>) {
        let mut counts = vec![0; self.ranks];
        let mut sum = 0.0;
        for number in numbers {
            sum += scores[number];
            counts[ranks[number]] += 1;
        }
        ((!scores.is_empty()).then(|| sum / scores.len() as f64), counts)
    }
}

fn draw_mean(scores: &[f64], generator: &mut Generator) -> Option<f64> {
    let resample: Vec<f64> = scores.iter().map(|_| scores[drawn(scores.len(), generator)]).collect();
    mean(&resample)
}

/// [`super::win_rate`] from the numbers of scores at each rank.
fn wins(ours: &[u32], theirs: &[u32]) -> f64 {
    let (mut below, mut half_points) = (0, 0);
    for (&own, &other) in ours.iter().zip(theirs) {
        half_points += u64::from(own) * (2 * below + u64::from(other));
        below += u64::from(other);
    }
    let pairs = u64::from(ours.iter().sum::<u32>()) * below;
    half_points as f64 / (2 * pairs) as f64
}

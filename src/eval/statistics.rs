//! Means, intervals and ratios of scores. Pure functions: what is random comes from the seed that they are given, and a
//! number that does not exist is `None`.

use rand_xoshiro::rand_core::Rng;

use crate::units::{Generator, Seed};

/// Resamples of every bootstrap.
pub const RESAMPLES: usize = 10_000;

/// Share of resamples that may be undefined before an interval is called undefined too: what one end of a 95% interval
/// leaves out.
const TAIL: f64 = 0.025;

/// A 95% interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

impl Interval {
    /// Whether the two have a value in common.
    pub fn overlaps(self, other: Interval) -> bool {
        self.low <= other.high && other.low <= self.high
    }
}

/// Arithmetic mean.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The middle value, or the mean of the middle two.
pub fn median(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| quantile(&sorted(values), 0.5))
}

/// Standard deviation of a sample: the root of Σ(x − mean)² / (n − 1). A single value has none.
pub fn sample_std(values: &[f64]) -> Option<f64> {
    let center = mean(values).filter(|_| values.len() >= 2)?;
    let squares: f64 = values.iter().map(|value| (value - center).powi(2)).sum();
    Some((squares / (values.len() - 1) as f64).sqrt())
}

/// exp(mean(ln x)), the paper's mean over games; none unless every value is above 0.
pub fn geometric_mean(values: &[f64]) -> Option<f64> {
    let logarithms: Vec<f64> = values.iter().map(|value| value.ln()).collect();
    mean(&logarithms).filter(|_| values.iter().all(|&value| value > 0.0)).map(f64::exp)
}

/// Mean of what remains when the lowest and the highest ⌊n/4⌋ values are cut off: `scipy.stats.trim_mean(x, 0.25)`, the
/// aggregate that Agarwal et al. (2021), "Deep RL at the Edge of the Statistical Precipice", recommend.
pub fn interquartile_mean(values: &[f64]) -> Option<f64> {
    let cut = values.len() / 4;
    mean(&sorted(values)[cut..values.len() - cut])
}

/// 95% interval of the mean by the percentile bootstrap (Efron and Tibshirani, 1993, chapter 13): the 2.5th and 97.5th
/// percentile of the means of [`RESAMPLES`] resamples. One value gives an interval of no width, which says nothing.
pub fn mean_interval(values: &[f64], seed: Seed) -> Option<Interval> {
    stratified_mean_interval(&[values], seed)
}

/// The same for the mean of the strata's means, with each stratum (the episodes of one training seed) resampled on its
/// own: it covers the chance of the episodes, not that of another training.
pub fn stratified_mean_interval(strata: &[&[f64]], seed: Seed) -> Option<Interval> {
    if strata.is_empty() || strata.iter().any(|stratum| stratum.is_empty()) {
        return None;
    }
    let mut generator = seed.generator();
    let means = (0..RESAMPLES).map(|_| {
        let sum: f64 = strata.iter().map(|stratum| resampled_mean(stratum, &mut generator)).sum();
        Some(sum / strata.len() as f64)
    });
    percentiles(means.collect())
}

/// What a score relative to a teacher's is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ratio {
    /// student / teacher, the paper's metric.
    Raw,
    /// (student − random) / (teacher − random), for scores of which one is not above 0.
    AboveRandom,
}

impl Ratio {
    /// [`Ratio::Raw`] where both means are above 0.
    pub fn of(student: f64, teacher: f64) -> Ratio {
        if student > 0.0 && teacher > 0.0 { Ratio::Raw } else { Ratio::AboveRandom }
    }

    /// The ratio's value; none if what it divides by is not above 0, or if it needs random play's mean and has none.
    pub fn value(self, student: f64, teacher: f64, random: Option<f64>) -> Option<f64> {
        let origin = match self {
            Ratio::Raw => 0.0,
            Ratio::AboveRandom => random?,
        };
        (teacher > origin).then(|| (student - origin) / (teacher - origin))
    }
}

/// A mean score relative to the teacher's: the raw ratio where both are above 0, otherwise the one above random play;
/// none if that is undefined because the teacher is not better than random play.
pub fn relative(student: f64, teacher: f64, random: Option<f64>) -> Option<f64> {
    Ratio::of(student, teacher).value(student, teacher, random)
}

/// (score − random) / (human − random) (Mnih et al., 2015); none if the two references are equal.
pub fn human_normalized(score: f64, random: f64, human: f64) -> Option<f64> {
    (human != random).then(|| (score - random) / (human - random))
}

/// The episodes of a student, its teacher and random play in one game with one seed.
#[derive(Debug, Clone, Copy)]
pub struct Stratum<'a> {
    pub ratio: Ratio,
    pub student: &'a [f64],
    pub teacher: &'a [f64],
    /// May be empty for [`Ratio::Raw`].
    pub random: &'a [f64],
}

impl Stratum<'_> {
    fn resample(&self, generator: &mut Generator) -> Option<f64> {
        let mut draw = |values: &[f64]| (!values.is_empty()).then(|| resampled_mean(values, generator));
        let (student, teacher) = (draw(self.student)?, draw(self.teacher)?);
        let random = match self.ratio {
            Ratio::Raw => None,
            Ratio::AboveRandom => draw(self.random),
        };
        self.ratio.value(student, teacher, random)
    }
}

/// Intervals of relative scores.
#[derive(Debug, Clone, PartialEq)]
pub struct RelativeIntervals {
    /// Of each game's mean over its seeds.
    pub games: Vec<Option<Interval>>,
    /// Of the geometric mean over the games.
    pub geometric_mean: Option<Interval>,
}

/// 95% percentile bootstrap intervals of relative scores, over the episodes of both agents (and of random play where the
/// ratio needs it), each game and seed resampled on its own; `games` holds each game's seeds. In the geometric mean a
/// resampled ratio that is not above 0 counts as 0, its limit. A resample whose ratio is undefined is left out; where
/// more than 2.5% are, there is no interval.
pub fn relative_intervals(games: &[Vec<Stratum>], seed: Seed) -> RelativeIntervals {
    let mut generator = seed.generator();
    let mut per_game = vec![Vec::with_capacity(RESAMPLES); games.len()];
    let mut overall = Vec::with_capacity(RESAMPLES);
    for _ in 0..RESAMPLES {
        let mut logarithms = Some(0.0);
        for (strata, values) in games.iter().zip(&mut per_game) {
            let ratios: Option<Vec<f64>> = strata.iter().map(|stratum| stratum.resample(&mut generator)).collect();
            let value = ratios.and_then(|ratios| mean(&ratios));
            values.push(value);
            logarithms = logarithms.zip(value).map(|(sum, value)| sum + value.max(0.0).ln());
        }
        overall.push(logarithms.map(|sum| (sum / games.len() as f64).exp()));
    }
    let geometric_mean = if games.is_empty() { None } else { percentiles(overall) };
    RelativeIntervals { games: per_game.into_iter().map(percentiles).collect(), geometric_mean }
}

fn percentiles(resamples: Vec<Option<f64>>) -> Option<Interval> {
    let defined: Vec<f64> = resamples.iter().flatten().copied().collect();
    let enough = (resamples.len() - defined.len()) as f64 <= TAIL * resamples.len() as f64;
    let defined = sorted(&defined);
    (enough && !defined.is_empty())
        .then(|| Interval { low: quantile(&defined, TAIL), high: quantile(&defined, 1.0 - TAIL) })
}

fn resampled_mean(values: &[f64], generator: &mut Generator) -> f64 {
    let count = values.len() as u128;
    // The high half of a 64-bit draw times n is uniform below n, but for a part in 2^64 / n.
    let mut draw = || values[((u128::from(generator.next_u64()) * count) >> 64) as usize];
    (0..values.len()).map(|_| draw()).sum::<f64>() / values.len() as f64
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values
}

/// With linear interpolation between neighbours, as `numpy.quantile`. `sorted` is not empty.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let position = share * (sorted.len() - 1) as f64;
    let below = sorted[position.floor() as usize];
    let above = sorted[position.ceil() as usize];
    below + (above - below) * position.fract()
}

#[cfg(test)]
mod tests {
    //! The digits are from numpy 2 and scipy 1, the intervals from 1,000,000 resamples there.

    use super::*;

    const SCORES: [f64; 10] = [18.0, 21.0, -3.0, 14.5, 20.0, 7.0, 19.0, 21.0, 11.0, 16.0];
    const TEACHER: [f64; 6] = [12.0, 15.0, 9.0, 18.0, 11.0, 14.0];

    fn near(value: impl Into<Option<f64>>, expected: f64, tolerance: f64) {
        let value = value.into().expect("the number exists");
        assert!((value - expected).abs() <= tolerance, "{value} is not {expected} ± {tolerance}");
    }

    #[test]
    fn summaries_are_those_of_numpy_and_scipy() {
        near(mean(&SCORES), 14.45, 1e-12);
        near(median(&SCORES), 17.0, 1e-12);
        near(sample_std(&SCORES), 7.631986780794515, 1e-12);
        near(interquartile_mean(&SCORES), 16.416666666666668, 1e-12);
        near(geometric_mean(&[1.083, 1.017, 0.839, 0.5]), 0.8244614307798427, 1e-12);
    }

    #[test]
    fn what_does_not_exist_is_none() {
        assert_eq!((mean(&[]), median(&[]), interquartile_mean(&[])), (None, None, None));
        assert_eq!((sample_std(&[3.0]), geometric_mean(&[]), geometric_mean(&[1.0, 0.0])), (None, None, None));
        assert_eq!(mean_interval(&[], Seed(1)), None);
        assert_eq!(human_normalized(1.0, 2.0, 2.0), None);
    }

    #[test]
    fn the_interval_of_a_mean_is_scipys_percentile_bootstrap() {
        let interval = mean_interval(&SCORES, Seed(1)).unwrap();
        near(interval.low, 9.55, 0.15);
        near(interval.high, 18.4, 0.15);
        let interval = stratified_mean_interval(&[&SCORES, &TEACHER], Seed(1)).unwrap();
        near(interval.low, 11.125, 0.1);
        near(interval.high, 16.15, 0.1);
    }

    #[test]
    fn one_value_gives_an_interval_without_width_and_a_seed_repeats() {
        assert_eq!(mean_interval(&[5.0], Seed(1)), Some(Interval { low: 5.0, high: 5.0 }));
        assert_eq!(mean_interval(&SCORES, Seed(7)), mean_interval(&SCORES, Seed(7)));
    }

    #[test]
    fn a_score_relative_to_a_teacher_is_raw_only_where_both_are_above_0() {
        near(relative(80.0, 100.0, Some(50.0)), 0.8, 1e-12);
        near(relative(-1.5, 13.0, Some(-20.0)), 18.5 / 33.0, 1e-12);
        near(relative(0.0, 30.0, Some(0.0)), 0.0, 1e-12);
        assert_eq!(relative(-1.5, 13.0, None), None);
        assert_eq!(relative(-20.0, -21.0, Some(-20.7)), None);
        near(human_normalized(200.0, 1.7, 30.5), 198.3 / 28.8, 1e-12);
    }

    #[test]
    fn intervals_of_ratios_cover_the_episodes_of_both_agents() {
        let raw = Stratum {
            ratio: Ratio::Raw,
            student: &[300.0, 280.0, 310.0, 260.0, 290.0, 350.0, 240.0, 330.0],
            teacher: &[320.0, 340.0, 300.0, 310.0, 330.0, 290.0, 360.0, 350.0],
            random: &[],
        };
        let above = Stratum {
            ratio: Ratio::AboveRandom,
            student: &[-5.0, 3.0, -8.0, 2.0, -1.0, 0.0],
            teacher: &TEACHER,
            random: &[-20.0, -21.0, -21.0, -20.0, -19.0, -21.0],
        };
        let intervals = relative_intervals(&[vec![raw], vec![above]], Seed(1));
        let expected = [(0.82575758, 0.99585062), (0.46039604, 0.66009852)];
        for (interval, (low, high)) in intervals.games.iter().zip(expected) {
            near(interval.unwrap().low, low, 0.005);
            near(interval.unwrap().high, high, 0.005);
        }
        near(intervals.geometric_mean.unwrap().low, 0.63990208, 0.005);
        near(intervals.geometric_mean.unwrap().high, 0.78421936, 0.005);
    }

    #[test]
    fn a_ratio_to_a_teacher_that_may_be_no_better_than_random_play_has_no_interval() {
        let stratum =
            Stratum { ratio: Ratio::AboveRandom, student: &[1.0, 2.0], teacher: &[-1.0, 1.5], random: &[0.0, 0.0] };
        let intervals = relative_intervals(&[vec![stratum]], Seed(1));
        assert_eq!(intervals, RelativeIntervals { games: vec![None], geometric_mean: None });
    }
}

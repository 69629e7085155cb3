//! Figures of a student over games, from its runs.

use super::summary::interquartile_mean;
use crate::statistics::mean;

/// Figures of a student beside its own teacher: in one run, or in one game as means over its runs. Undefined if a run's
/// is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AgainstTeacher {
    /// Mean score relative to the teacher's; see [`crate::record::Ratio`].
    pub relative: Option<f64>,
    /// Probability that the student's episode scores more than the teacher's; see [`win_rate`].
    pub beats: Option<f64>,
}

/// Figures over games; undefined if a game's figure is.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// One entry per game, in the given order.
    pub games: Vec<AgainstTeacher>,
    /// Arithmetic mean of the games' relative scores: rliable's `aggregate_mean`.
    pub mean: Option<f64>,
    /// Geometric mean of the games' relative scores, the paper's mean over games. If one of them is not above 0, it is
    /// 0, the limit; callers treat this as undefined.
    pub geometric_mean: Option<f64>,
    /// Interquartile mean of the relative scores of all runs in all games: rliable's `aggregate_iqm`.
    pub interquartile_mean: Option<f64>,
    /// Mean over games of the probability to score more than the teacher. With one episode per run this is rliable's
    /// `probability_of_improvement`.
    pub beats: Option<f64>,
}

impl Figures {
    /// Computes the figures from every game's runs.
    pub fn of(games: &[Vec<AgainstTeacher>]) -> Figures {
        let of_game = |runs: &Vec<AgainstTeacher>| AgainstTeacher {
            relative: mean_of(runs, |run| run.relative),
            beats: mean_of(runs, |run| run.beats),
        };
        let in_games: Vec<AgainstTeacher> = games.iter().map(of_game).collect();
        let runs: Option<Vec<f64>> = games.iter().flatten().map(|run| run.relative).collect();
        Figures {
            mean: mean_of(&in_games, |game| game.relative),
            geometric_mean: mean_of(&in_games, |game| Some(game.relative?.max(0.0).ln())).map(f64::exp),
            interquartile_mean: runs.and_then(|values| interquartile_mean(&values)),
            beats: mean_of(&in_games, |game| game.beats),
            games: in_games,
        }
    }
}

/// The probability that a value of `ours` is above one of `theirs`; a tie counts half. It is Mann and Whitney's U
/// divided by the number of pairs.
pub fn win_rate(ours: &[f64], theirs: &[f64]) -> Option<f64> {
    let half_points = |x: &f64| theirs.iter().map(|y| u64::from(x > y) + u64::from(x >= y)).sum::<u64>();
    let pairs = (ours.len() * theirs.len()) as f64;
    (pairs > 0.0).then(|| ours.iter().map(half_points).sum::<u64>() as f64 / (2.0 * pairs))
}

fn mean_of<T>(items: &[T], value: impl Fn(&T) -> Option<f64>) -> Option<f64> {
    let values: Option<Vec<f64>> = items.iter().map(value).collect();
    values.and_then(|values| mean(&values))
}

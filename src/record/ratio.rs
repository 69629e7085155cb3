//! Definition of the score relative to a teacher's score.

use serde::{Deserialize, Serialize};

/// How a mean score is related to the teacher's. An agent has one definition per game, the same for all seeds, so that
/// the seeds' values have a mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ratio {
    /// score / teacher, the paper's metric.
    Raw,
    /// (score − random) / (teacher − random). It is used where the plain ratio means nothing, because a score is not
    /// above 0.
    AboveRandom,
}

impl Ratio {
    /// Chooses the ratio for an agent in a game from the mean scores (agent's, teacher's) of its seeds: [`Ratio::Raw`]
    /// if all of them are above 0.
    pub fn of_seeds(means: impl IntoIterator<Item = (f64, f64)>) -> Ratio {
        let positive = means.into_iter().all(|(score, teacher)| score > 0.0 && teacher > 0.0);
        if positive { Ratio::Raw } else { Ratio::AboveRandom }
    }

    /// The relative score. It is `None` if the denominator is not above 0 (the teacher is no better than random play),
    /// or if random play's mean is needed but missing.
    pub fn value(self, score: f64, teacher: f64, random: Option<f64>) -> Option<f64> {
        let origin = match self {
            Ratio::Raw => 0.0,
            Ratio::AboveRandom => random?,
        };
        (teacher > origin).then(|| (score - origin) / (teacher - origin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_that_is_not_above_0_puts_all_seeds_above_random_play() {
        assert_eq!(Ratio::of_seeds([(80.0, 100.0), (70.0, 90.0)]), Ratio::Raw);
        assert_eq!(Ratio::of_seeds([(80.0, 100.0), (0.0, 90.0)]), Ratio::AboveRandom);
        assert_eq!(Ratio::of_seeds([(80.0, -1.0), (70.0, 90.0)]), Ratio::AboveRandom);
    }

    #[test]
    fn a_ratio_to_a_teacher_no_better_than_its_origin_does_not_exist() {
        assert_eq!(Ratio::Raw.value(80.0, 100.0, None), Some(0.8));
        assert_eq!(Ratio::AboveRandom.value(-1.5, 13.0, Some(-20.0)), Some(18.5 / 33.0));
        assert_eq!(Ratio::AboveRandom.value(0.0, 30.0, Some(0.0)), Some(0.0));
        assert_eq!(Ratio::AboveRandom.value(-1.5, 13.0, None), None);
        assert_eq!(Ratio::AboveRandom.value(-20.0, -21.0, Some(-20.7)), None);
        assert_eq!(Ratio::Raw.value(1.0, 0.0, None), None);
    }
}

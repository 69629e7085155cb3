//! Definition of the score relative to a teacher's score.

use serde::{Deserialize, Serialize};

/// How mean scores in a game are related to the teacher's. A game has one definition, the same for all agents and
/// seeds, so that agents can be compared and the seeds' values have a mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ratio {
    /// score / teacher, the paper's metric.
    Raw,
    /// (score − random) / (teacher − random). It is used where the plain ratio means nothing, because some agent's
    /// score, or random play's, is not clearly above 0.
    AboveRandom,
}

impl Ratio {
    /// The ratio of a game in which all scores are clearly above 0, or not.
    pub fn of_game(all_are_above_0: bool) -> Ratio {
        if all_are_above_0 { Ratio::Raw } else { Ratio::AboveRandom }
    }

    /// The other definition.
    pub fn other(self) -> Ratio {
        Ratio::of_game(self == Ratio::AboveRandom)
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
    fn a_ratio_to_a_teacher_no_better_than_its_origin_does_not_exist() {
        assert_eq!(Ratio::Raw.value(80.0, 100.0, None), Some(0.8));
        assert_eq!(Ratio::AboveRandom.value(-1.5, 13.0, Some(-20.0)), Some(18.5 / 33.0));
        assert_eq!(Ratio::AboveRandom.value(0.0, 30.0, Some(0.0)), Some(0.0));
        assert_eq!(Ratio::AboveRandom.value(-1.5, 13.0, None), None);
        assert_eq!(Ratio::AboveRandom.value(-20.0, -21.0, Some(-20.7)), None);
        assert_eq!(Ratio::Raw.value(1.0, 0.0, None), None);
    }
}

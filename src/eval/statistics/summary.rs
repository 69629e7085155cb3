//! Summary statistics of samples.

use super::bootstrap::{quantile, sorted};
use crate::statistics::{mean, sample_std};

/// The middle value, or the mean of the middle two.
pub fn median(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| quantile(&sorted(values), 0.5))
}

/// The 25th percentile, the median and the 75th percentile.
pub fn quartiles(values: &[f64]) -> Option<[f64; 3]> {
    let values = sorted(values);
    (!values.is_empty()).then(|| [0.25, 0.5, 0.75].map(|share| quantile(&values, share)))
}

/// Whether the mean is above 0 by more than two of its standard errors. A single value counts as it is.
pub fn is_clearly_above_0(values: &[f64]) -> bool {
    let error = sample_std(values).map_or(0.0, |std| std / (values.len() as f64).sqrt());
    mean(values).is_some_and(|mean| mean > 2.0 * error)
}

/// Mean of the values that remain without the lowest and the highest ⌊n/4⌋: `scipy.stats.trim_mean(x, 0.25)`. Agarwal
/// et al. (2021), "Deep RL at the Edge of the Statistical Precipice", recommend it.
pub fn interquartile_mean(values: &[f64]) -> Option<f64> {
    let cut = values.len() / 4;
    mean(&sorted(values)[cut..values.len() - cut])
}

/// (score − random) / (human − random) (Mnih et al., 2015); `None` if the two references are equal.
pub fn human_normalized(score: f64, random: f64, human: f64) -> Option<f64> {
    (human != random).then(|| (score - random) / (human - random))
}

#[cfg(test)]
mod tests {
    //! The digits are from numpy 2 and scipy 1.

    use super::super::tests::{SCORES, near};
    use super::*;

    #[test]
    fn summaries_are_those_of_numpy_and_scipy() {
        near(median(&SCORES), 17.0, 1e-12);
        near(interquartile_mean(&SCORES), 16.416666666666668, 1e-12);
        near(human_normalized(200.0, 1.7, 30.5), 198.3 / 28.8, 1e-12);
    }

    #[test]
    fn a_mean_is_clearly_above_0_by_two_standard_errors() {
        // Mean 1, standard deviation 2, standard error 1 and then 0.5.
        let four = [-1.0, 3.0, -1.0, 3.0].map(|value: f64| 1.0 + (value - 1.0) * 3.0_f64.sqrt() / 2.0);
        assert!(!is_clearly_above_0(&four));
        assert!(is_clearly_above_0(&[four, four, four, four, four].concat()));
        assert!(is_clearly_above_0(&[3.0]) && !is_clearly_above_0(&[0.0, 0.0]) && !is_clearly_above_0(&[]));
    }

    #[test]
    fn what_does_not_exist_is_none() {
        assert_eq!((median(&[]), interquartile_mean(&[])), (None, None));
        assert_eq!(human_normalized(1.0, 2.0, 2.0), None);
    }
}

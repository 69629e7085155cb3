//! How much a learning curve swings about its trend.

use super::summary::median;
use crate::statistics::mean;

/// Median of the square of a number with the standard normal distribution.
const MEDIAN_OF_SQUARE: f64 = 0.454_936;

/// Standard deviations of a curve's points from its trend, in the curve's unit. Points are evenly spaced.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Deviation {
    /// From the median of the squares, which leaves out the few points at which the trend bends.
    pub by_median: f64,
    /// From their mean, into which bends enter.
    pub by_mean: f64,
}

/// How much a curve swings about its trend. The square of a point's pseudo-residual,
/// `2/3 · (x[i] − (x[i−1] + x[i+1]) / 2)²`, has the variance as its mean where the trend is straight (Gasser, Sroka and
/// Jennen-Steinmetz, 1986, "Residual variance and residual pattern in nonlinear regression"). `None` with fewer than
/// three points.
pub fn deviation(curve: &[f64]) -> Option<Deviation> {
    let squared = |three: &[f64]| (three[1] - (three[0] + three[2]) / 2.0).powi(2) * 2.0 / 3.0;
    let squares: Vec<f64> = curve.windows(3).map(squared).collect();
    Some(Deviation { by_median: (median(&squares)? / MEDIAN_OF_SQUARE).sqrt(), by_mean: mean(&squares)?.sqrt() })
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;
    use crate::units::Seed;

    #[test]
    fn a_straight_curve_does_not_deviate() {
        assert_eq!(deviation(&[1.0, 3.0, 5.0, 7.0]), Some(Deviation { by_median: 0.0, by_mean: 0.0 }));
        assert_eq!(deviation(&[1.0, 3.0]), None);
    }

    #[test]
    fn a_steep_climb_in_a_steady_curve_counts_by_the_mean_alone() {
        let steady = [0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0];
        let climbs: Vec<f64> = steady.iter().enumerate().map(|(i, x)| x + if i < 6 { 0.0 } else { 30.0 }).collect();
        let [steady, climbs] = [steady.to_vec(), climbs].map(|curve| deviation(&curve).unwrap());
        assert_eq!(climbs.by_median, steady.by_median);
        // All residuals of the steady curve are 1 before the factor, the two at the climb 14.
        assert!((steady.by_mean - (2.0_f64 / 3.0).sqrt()).abs() < 1e-12, "{steady:?}");
        assert!((climbs.by_mean - (2.0 / 3.0 * (8.0 + 2.0 * 14.0_f64.powi(2)) / 10.0_f64).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn it_is_the_standard_deviation_of_noise_on_a_trend() {
        // The sum of twelve uniform numbers has variance 1.
        let mut generator = Seed(1).generator();
        let mut noise = || (0..12).map(|_| generator.random::<f64>()).sum::<f64>() - 6.0;
        let curve: Vec<f64> = (0..20_000).map(|i| (f64::from(i) / 2_000.0).sin() * 30.0 + 3.0 * noise()).collect();
        let Deviation { by_median, by_mean } = deviation(&curve).unwrap();
        assert!((by_median - 3.0).abs() < 0.1 && (by_mean - 3.0).abs() < 0.1, "{by_median} {by_mean}");
    }
}

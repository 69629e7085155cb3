//! How much a learning curve swings about its trend.

use super::summary::median;

/// Median of the square of a number with the standard normal distribution.
const MEDIAN_OF_SQUARE: f64 = 0.454_936;

/// Standard deviation of a curve's points from its trend, in the curve's unit. Points are evenly spaced. The square of
/// a point's pseudo-residual, `2/3 · (x[i] − (x[i−1] + x[i+1]) / 2)²`, has the variance as its mean where the trend is
/// straight (Gasser, Sroka and Jennen-Steinmetz, 1986, "Residual variance and residual pattern in nonlinear
/// regression"). The median in place of the mean leaves out the few points at which the trend bends. `None` with fewer
/// than three points.
pub fn deviation(curve: &[f64]) -> Option<f64> {
    let squared = |three: &[f64]| (three[1] - (three[0] + three[2]) / 2.0).powi(2) * 2.0 / 3.0;
    let squares: Vec<f64> = curve.windows(3).map(squared).collect();
    Some((median(&squares)? / MEDIAN_OF_SQUARE).sqrt())
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;
    use crate::units::Seed;

    #[test]
    fn a_straight_curve_does_not_deviate() {
        assert_eq!(deviation(&[1.0, 3.0, 5.0, 7.0]), Some(0.0));
        assert_eq!(deviation(&[1.0, 3.0]), None);
    }

    #[test]
    fn a_steep_climb_in_a_steady_curve_does_not_count() {
        let steady = [0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0];
        let climbs: Vec<f64> = steady.iter().enumerate().map(|(i, x)| x + if i < 6 { 0.0 } else { 30.0 }).collect();
        assert_eq!(deviation(&climbs), deviation(&steady));
    }

    #[test]
    fn it_is_the_standard_deviation_of_noise_on_a_trend() {
        // The sum of twelve uniform numbers has variance 1.
        let mut generator = Seed(1).generator();
        let mut noise = || (0..12).map(|_| generator.random::<f64>()).sum::<f64>() - 6.0;
        let curve: Vec<f64> = (0..20_000).map(|i| (f64::from(i) / 2_000.0).sin() * 30.0 + 3.0 * noise()).collect();
        let deviation = deviation(&curve).unwrap();
        assert!((deviation - 3.0).abs() < 0.1, "{deviation}");
    }
}

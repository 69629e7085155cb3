//! How much a learning curve swings about its trend.

/// Squared pseudo-residuals of a curve with evenly spaced points: 2/3 · (x[i] − (x[i−1] + x[i+1]) / 2)². Their mean
/// estimates the variance about a smooth trend (Gasser, Sroka and Jennen-Steinmetz, 1986, "Residual variance and residual
/// pattern in nonlinear regression"). Empty with fewer than three points.
pub fn squared_residuals(curve: &[f64]) -> Vec<f64> {
    let squared = |three: &[f64]| (three[1] - (three[0] + three[2]) / 2.0).powi(2) * 2.0 / 3.0;
    curve.windows(3).map(squared).collect()
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;
    use crate::eval::statistics::mean;
    use crate::units::Seed;

    #[test]
    fn a_straight_curve_has_no_residuals() {
        assert_eq!(squared_residuals(&[1.0, 3.0, 5.0, 7.0]), [0.0, 0.0]);
        assert!(squared_residuals(&[1.0, 3.0]).is_empty());
    }

    #[test]
    fn their_mean_is_the_variance_of_noise_on_a_trend() {
        // The sum of twelve uniform numbers has variance 1.
        let mut generator = Seed(1).generator();
        let mut noise = || (0..12).map(|_| generator.random::<f64>()).sum::<f64>() - 6.0;
        let curve: Vec<f64> = (0..20_000).map(|i| (f64::from(i) / 2_000.0).sin() * 30.0 + 3.0 * noise()).collect();
        let variance = mean(&squared_residuals(&curve)).unwrap();
        assert!((variance - 9.0).abs() < 0.3, "{variance}");
    }
}

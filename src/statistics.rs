//! Mean and standard deviation of a sample.

/// Arithmetic mean; `None` without values.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Standard deviation of a sample: the root of Σ(x − mean)² / (n − 1). A single value has none.
pub fn sample_std(values: &[f64]) -> Option<f64> {
    let center = mean(values).filter(|_| values.len() >= 2)?;
    let squares: f64 = values.iter().map(|value| (value - center).powi(2)).sum();
    Some((squares / (values.len() - 1) as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_and_deviation_are_those_of_numpy() {
        // numpy 2: x.mean() and x.std(ddof=1)
        let scores = [18.0, 21.0, -3.0, 14.5, 20.0, 7.0, 19.0, 21.0, 11.0, 16.0];
        assert!((mean(&scores).unwrap() - 14.45).abs() < 1e-12);
        assert!((sample_std(&scores).unwrap() - 7.631986780794515).abs() < 1e-12);
        assert_eq!((mean(&[]), sample_std(&[3.0])), (None, None));
    }
}

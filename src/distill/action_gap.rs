//! The scale of a teacher's Q-values.

/// The mean over states of the difference between the two highest Q-values (Farahmand, 2011); 0 with a single action.
pub fn mean_action_gap<'a>(states: impl Iterator<Item = &'a [f32]>) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0_f64);
    for q in states {
        let (mut best, mut second) = (f32::NEG_INFINITY, f32::NEG_INFINITY);
        for &value in q {
            (best, second) = if value > best { (value, best) } else { (best, second.max(value)) };
        }
        sum += if q.len() > 1 { f64::from(best - second) } else { 0.0 };
        count += 1.0;
    }
    sum / count.max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_action_gap_is_that_between_the_two_best_actions() {
        let states: [&[f32]; 3] = [&[1.0, 3.0, 2.5], &[-1.0, -4.0, -1.0], &[7.0, 0.0, 6.0]];
        assert_eq!(mean_action_gap(states.into_iter()), (0.5 + 0.0 + 1.0) / 3.0);
        assert_eq!(mean_action_gap(std::iter::empty()), 0.0);
    }
}

//! Exploration over time.

use crate::config;

/// Probability of a random action as training goes on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Epsilon {
    start: f64,
    end: f64,
    warmup: u64,
    steps: u64,
}

impl Epsilon {
    pub fn new(teacher: &config::Teacher) -> Epsilon {
        Epsilon {
            start: teacher.epsilon_start,
            end: teacher.epsilon_end,
            warmup: teacher.warmup,
            steps: teacher.epsilon_steps,
        }
    }

    /// 1 during the warm-up, then linear from start to end, then constant.
    pub fn at(&self, step: u64) -> f64 {
        if step < self.warmup {
            return 1.0;
        }
        let share = ((step - self.warmup) as f64 / self.steps as f64).min(1.0);
        self.start + share * (self.end - self.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epsilon_falls_linearly_after_the_warm_up() {
        let epsilon = Epsilon { start: 1.0, end: 0.1, warmup: 50_000, steps: 1_000_000 };
        assert_eq!(epsilon.at(0), 1.0);
        assert_eq!(epsilon.at(50_000), 1.0);
        assert!((epsilon.at(550_000) - 0.55).abs() < 1e-12);
        assert!((epsilon.at(9_000_000) - 0.1).abs() < 1e-12);
    }
}

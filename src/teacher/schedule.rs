//! Schedules of exploration and learning rate.

use crate::config;

/// Work of a step of the warm-up, which only plays, in steps that learn too: by DQN in Pong, on a processor.
const WARMUP_STEP: f64 = 0.06;

/// Exploration and learning rate over the steps of a training.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrainingSchedule {
    epsilon: (f64, f64),
    warmup: u64,
    epsilon_steps: u64,
    learning_rate: (f64, f64),
    total: u64,
}

impl TrainingSchedule {
    /// The schedule of a training of `total` steps.
    pub fn new(teacher: &config::TeacherSettings, total: u64) -> TrainingSchedule {
        TrainingSchedule {
            epsilon: (teacher.epsilon_start, teacher.epsilon_end),
            warmup: teacher.steps_of_warmup(),
            epsilon_steps: teacher.epsilon_steps.steps(total),
            learning_rate: (teacher.learning_rate, teacher.learning_rate * teacher.learning_rate_end_share),
            total,
        }
    }

    /// Probability of a random action: 1 during the warm-up, then linear from start to end, then constant.
    pub fn epsilon(&self, step: u64) -> f64 {
        if step < self.warmup {
            return 1.0;
        }
        between(self.epsilon, (step - self.warmup) as f64 / self.epsilon_steps as f64)
    }

    /// The share of the training's work that the first `steps` are, between 0 and 1.
    pub fn share_of_work(&self, steps: u64) -> f64 {
        let work = |steps: u64| steps as f64 - (1.0 - WARMUP_STEP) * steps.min(self.warmup) as f64;
        (work(steps) / work(self.total).max(1.0)).min(1.0)
    }

    /// Learning rate: linear from the first step to the last.
    pub fn learning_rate(&self, step: u64) -> f64 {
        between(self.learning_rate, step as f64 / self.total as f64)
    }
}

fn between((start, end): (f64, f64), share: f64) -> f64 {
    start + share.min(1.0) * (end - start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule() -> TrainingSchedule {
        TrainingSchedule {
            epsilon: (1.0, 0.1),
            warmup: 50_000,
            epsilon_steps: 1_000_000,
            learning_rate: (0.1, 0.0),
            total: 10_000_000,
        }
    }

    #[test]
    fn epsilon_falls_linearly_after_the_warm_up() {
        let schedule = schedule();
        assert_eq!(schedule.epsilon(0), 1.0);
        assert_eq!(schedule.epsilon(50_000), 1.0);
        assert!((schedule.epsilon(550_000) - 0.55).abs() < 1e-12);
        assert!((schedule.epsilon(9_000_000) - 0.1).abs() < 1e-12);
    }

    #[test]
    fn epsilon_falls_over_a_share_of_any_training() {
        let text = "[teacher]\nalgorithm = \"pqn\"\nwarmup = 500"; // DQN alone has a warm-up
        let experiment = config::read_text("x.toml", "x", text, &config::Overrides::default()).unwrap();
        let epsilon = |total, step| TrainingSchedule::new(&experiment.teacher, total).epsilon(step);
        // CleanRL's falls from 1 to 0.01 over a tenth of its 10 M steps.
        for total in [10_000_000, 2_000] {
            assert!((epsilon(total, total / 20) - 0.505).abs() < 1e-12, "{total}");
            assert!((epsilon(total, total / 10) - 0.01).abs() < 1e-12, "{total}");
        }
    }

    #[test]
    fn steps_of_the_warm_up_are_little_of_the_work() {
        let schedule = TrainingSchedule { warmup: 1_000, total: 5_000, ..schedule() };
        let share = |steps| schedule.share_of_work(steps);
        assert_eq!([share(0), share(5_000), share(5_008)], [0.0, 1.0, 1.0]);
        assert!((share(1_000) - 60.0 / 4_060.0).abs() < 1e-12);
        assert!((share(3_000) - 2_060.0 / 4_060.0).abs() < 1e-12);
        assert_eq!(TrainingSchedule { warmup: 0, ..schedule }.share_of_work(1_250), 0.25);
    }

    #[test]
    fn the_learning_rate_falls_linearly_over_the_whole_training() {
        let schedule = schedule();
        assert_eq!(schedule.learning_rate(0), 0.1);
        assert!((schedule.learning_rate(2_500_000) - 0.075).abs() < 1e-12);
        assert_eq!(schedule.learning_rate(10_000_000), 0.0);
    }
}

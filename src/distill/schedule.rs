//! The schedule of a student's learning rate and weight averaging.

use crate::config;

/// Schedule of a student's updates.
pub struct UpdateSchedule {
    /// All updates of the distillation, over all games.
    pub total: u64,
    learning_rate: f64,
    learning_rate_end_share: f64,
    /// Share of the updates at the end whose weights are averaged.
    pub average_last: f64,
}

impl UpdateSchedule {
    /// The schedule of a student of `games` games with that learning rate at first.
    pub fn new(settings: &config::Distillation, learning_rate: f64, games: usize) -> UpdateSchedule {
        let config::Distillation { learning_rate_end_share, average_last, .. } = *settings;
        UpdateSchedule { total: settings.updates(games), learning_rate, learning_rate_end_share, average_last }
    }

    /// The learning rate after `updates` updates: linear from the first to the last.
    pub fn learning_rate(&self, updates: u64) -> f64 {
        let share = updates as f64 / self.total as f64;
        self.learning_rate * (1.0 + share * (self.learning_rate_end_share - 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Overrides;

    /// The learning rate after 0, 250 and 1,000 of 1,000 updates.
    fn rates(end_share: f64) -> [f64; 3] {
        let text = format!(
            "[distillation]\nhours = 10\nupdates_per_hour = 50\nlearning_rate = 0.002\nlearning_rate_end_share = {end_share}\n"
        );
        let experiment = config::read_text("x.toml", "x", &text, &Overrides::default()).unwrap();
        let schedule = UpdateSchedule::new(&experiment.distillation, 0.002, 2);
        [0, 250, 1000].map(|updates| schedule.learning_rate(updates))
    }

    #[test]
    fn the_learning_rate_falls_linearly_to_its_share_of_the_end() {
        let falling = rates(0.1);
        assert!(falling.iter().zip([0.002, 0.00155, 0.0002]).all(|(rate, expected)| (rate - expected).abs() < 1e-12));
        assert_eq!(rates(1.0), [0.002; 3]);
    }
}

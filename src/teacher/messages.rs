//! Warnings of a training in trouble.

use super::train::Training;
use crate::agent::Played;
use crate::record::{TrainRow, read_rows};
use crate::units::Steps;

impl Training<'_> {
    /// Warns if a mean Q-value is far beyond what the rewards allow, and returns whether it is.
    pub fn warn_of_q(&self, q: Option<f64>, steps: u64) -> bool {
        let settings = &self.experiment.teacher;
        let (Some(q), Some(most)) = (q.filter(|&q| settings.is_beyond_rewards(q)), settings.most_q()) else {
            return false;
        };
        log::warn!(
            "{}: the mean Q-value is {q:.0} after {} steps, but the rewards allow {most:.0} at most: the training diverges; \
             lower teacher.learning_rate and start over with --fresh",
            self.agent,
            Steps(steps)
        );
        true
    }

    /// Warns of the steps between `steps`, from which the training continues, and the end of its log.
    pub fn say_what_is_lost(&self, steps: u64) {
        let rows: Vec<TrainRow> = read_rows(&self.folder.train(&self.agent)).unwrap_or_default();
        let last = |game: &Played| rows.iter().filter(|row| row.game == game.game.name()).map(|row| row.steps).max();
        let logged: u64 = self.games.iter().filter_map(last).sum();
        let lost = Steps(logged.saturating_sub(steps));
        log::warn!("{}: {lost} steps are lost and played again, from step {} on", self.agent, Steps(steps));
    }
}

//! The progress of a command as a whole.

use std::time::{Duration, Instant};

use super::batch::Reached;

/// Time after which the speed so far tells of the rest.
const ENOUGH: Duration = Duration::from_secs(10);

/// How far a command is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CommandProgress {
    /// Tasks that are done.
    pub done: usize,
    pub tasks: usize,
    /// The share of all work that is done, between 0 and 1. The running tasks count with what is done of them.
    pub share: f64,
    /// The time that is left, if the rest goes as fast as this command's work so far, at least that of each running
    /// batch; `None` at its start.
    pub left: Option<Duration>,
}

/// The command's tasks: their number, how many of them are done, and their weights, which are rough estimates in
/// seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Tally {
    pub done: usize,
    pub tasks: usize,
    pub done_weight: f64,
    pub weight: f64,
}

/// Measures the speed of a command.
pub struct ProgressMeter {
    started: Instant,
    /// Weight of the work that this command has finished.
    worked: f64,
}

impl ProgressMeter {
    /// The command starts now.
    pub fn new() -> ProgressMeter {
        ProgressMeter { started: Instant::now(), worked: 0.0 }
    }

    /// Counts finished work of that weight.
    pub fn count(&mut self, weight: f64) {
        self.worked += weight;
    }

    /// How far the command is, with its running batches and their weights.
    pub fn whole<'a>(&self, tally: Tally, running: impl Iterator<Item = (f64, &'a Reached)>) -> CommandProgress {
        self.whole_after(self.started.elapsed(), tally, running)
    }

    fn whole_after<'a>(
        &self,
        elapsed: Duration,
        tally: Tally,
        running: impl Iterator<Item = (f64, &'a Reached)>,
    ) -> CommandProgress {
        let (mut done_weight, mut worked, mut longest) = (tally.done_weight, self.worked, Duration::ZERO);
        for (weight, reached) in running {
            done_weight += weight * reached.share();
            worked += weight * (reached.share() - reached.before());
            longest = longest.max(reached.left());
        }
        let rest = (tally.weight - done_weight).max(0.0);
        let left = (elapsed >= ENOUGH && worked > 0.0).then(|| elapsed.mul_f64((rest / worked).min(1e6)).max(longest));
        let share = if tally.weight > 0.0 { done_weight / tally.weight } else { 1.0 };
        CommandProgress { done: tally.done, tasks: tally.tasks, share, left }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_comes_from_the_work_of_this_command_alone() {
        // Of four tasks of weight 100 one is done; another goes on from its half and is at three quarters.
        let tally = Tally { done: 1, tasks: 4, done_weight: 100.0, weight: 400.0 };
        let running = Reached::new();
        running.report(50, 0.5);
        running.report(75, 0.75);
        let progress = ProgressMeter::new();
        let whole =
            |seconds| progress.whole_after(Duration::from_secs(seconds), tally, [(100.0, &running)].into_iter());
        assert_eq!(whole(50).share, 175.0 / 400.0);
        // 25 in 50 s, and 225 are left.
        assert_eq!(whole(50).left, Some(Duration::from_secs(450)));
        assert_eq!(whole(3).left, None, "too early to tell");
    }

    #[test]
    fn the_time_left_is_at_least_that_of_each_running_batch() {
        let minute = Duration::from_secs(60);
        let slow = Reached::started(Instant::now() - minute);
        slow.report(0, 0.0);
        slow.report(1, 0.25);
        let mut progress = ProgressMeter::new();
        progress.count(900.0);
        let tally = Tally { done: 9, tasks: 10, done_weight: 900.0, weight: 1000.0 };
        // By weights 75 of 925 are left after a minute: 5 s. The last batch has done a quarter in that minute.
        let left = progress.whole_after(minute, tally, [(100.0, &slow)].into_iter()).left.unwrap();
        assert!(left >= 3 * minute && left < 4 * minute, "{left:?}");
    }

    #[test]
    fn a_command_that_has_done_nothing_yet_does_not_know_its_speed() {
        let tally = Tally { done: 3, tasks: 4, done_weight: 300.0, weight: 400.0 };
        let whole = ProgressMeter::new().whole_after(Duration::from_secs(60), tally, std::iter::empty());
        assert_eq!((whole.share, whole.left), (0.75, None));
    }
}

//! Tasks that are done together, and how far they are.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::command::Command;
use super::task::Task;
use crate::progress::{Progress, share};

/// Tasks that are done together by one thread and its helpers.
pub struct Batch<'a, W> {
    /// The number of the first task in the experiment's list, which names the batch.
    pub first: usize,
    pub tasks: Vec<&'a Task<W>>,
    pub threads: usize,
    pub reached: Arc<Reached>,
}

/// The share of a batch's work that is done, as its worker tells the scheduler.
pub struct Reached {
    started: Instant,
    /// Shares between 0 and 1, as bits: at the first report, which is above 0 in a batch that continues, and now.
    first: AtomicU64,
    now: AtomicU64,
    /// The amount that was done at the last report.
    done: AtomicU64,
}

impl Reached {
    /// Nothing is reported yet.
    pub fn new() -> Reached {
        Reached::started(Instant::now())
    }

    /// Nothing is reported yet, of work that began at that time.
    pub fn started(started: Instant) -> Reached {
        let [first, now] = [f64::NAN, 0.0].map(|share: f64| AtomicU64::new(share.to_bits()));
        Reached { started, first, now, done: AtomicU64::new(0) }
    }

    /// Reports that `done` of the work's unit is done, and that this is `share` of the work.
    pub fn report(&self, done: u64, share: f64) {
        self.done.store(done, Ordering::Relaxed);
        if self.first().is_nan() {
            self.first.store(share.to_bits(), Ordering::Relaxed);
        }
        self.now.store(share.to_bits(), Ordering::Relaxed);
    }

    fn first(&self) -> f64 {
        f64::from_bits(self.first.load(Ordering::Relaxed))
    }

    /// The share of the work that is done.
    pub fn share(&self) -> f64 {
        f64::from_bits(self.now.load(Ordering::Relaxed))
    }

    /// The amount of the work that is done.
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// The share that was done before the batch was started.
    pub fn before(&self) -> f64 {
        let first = self.first();
        if first.is_nan() { 0.0 } else { first }
    }

    /// The time that is left, if the rest goes as fast as so far; zero before there is a speed.
    pub fn left(&self) -> Duration {
        let worked = self.share() - self.before();
        if worked > 0.0 {
            self.started.elapsed().mul_f64(((1.0 - self.share()) / worked).min(1e6))
        } else {
            Duration::ZERO
        }
    }
}

/// Reports to the scheduler and to the person who watches.
struct Watched<'a> {
    reached: &'a Reached,
    total: u64,
    progress: Box<dyn Progress + 'a>,
}

impl Progress for Watched<'_> {
    fn at(&self, done: u64, note: &str) {
        self.at_share(done, share(done, self.total), note);
    }

    fn at_share(&self, done: u64, share: f64, note: &str) {
        self.reached.report(done, share);
        self.progress.at_share(done, share, note);
    }

    fn stop(&self) -> bool {
        self.progress.stop()
    }
}

impl<W> Batch<'_, W> {
    /// Lets the command's observer watch the work under a name; `total` is in `unit`.
    pub fn watch<'b>(&'b self, command: &'b Command, name: &str, total: u64, unit: &'static str) -> impl Progress + 'b {
        Watched { reached: &self.reached, total, progress: command.observer.begin(name, total, unit) }
    }
}

//! Cases, their repeats, and the measurement of time.

use std::cell::Cell;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::Serialize;

use crate::eval::statistics::median;
use crate::progress::Progress;

/// One figure to be measured.
pub struct Case {
    pub name: String,
    pub unit: &'static str,
    /// Measures it once.
    pub measure: Box<dyn FnMut() -> Result<f64>>,
}

impl Case {
    pub fn new(name: impl Into<String>, unit: &'static str, measure: impl FnMut() -> Result<f64> + 'static) -> Case {
        Case { name: name.into(), unit, measure: Box::new(measure) }
    }
}

/// A case's median over its repeats, and their range.
#[derive(Debug, Serialize)]
pub struct Measured {
    pub case: String,
    pub value: f64,
    pub unit: &'static str,
    pub low: f64,
    pub high: f64,
    pub repeats: u16,
}

/// Measures all cases in turn, `repeats` times, after one round that does not count.
///
/// # Errors
/// The first error of a case.
pub fn in_turn(mut cases: Vec<Case>, repeats: u16) -> Result<Vec<Measured>> {
    let mut values = vec![Vec::new(); cases.len()];
    for round in 0..=repeats {
        for (case, values) in cases.iter_mut().zip(&mut values) {
            let value = (case.measure)().with_context(|| case.name.clone())?;
            if round > 0 {
                values.push(value);
            }
        }
    }
    let measured = |(case, values): (Case, Vec<f64>)| Measured {
        case: case.name,
        value: median(&values).expect("every case is measured at least once"),
        unit: case.unit,
        low: values.iter().copied().fold(f64::INFINITY, f64::min),
        high: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        repeats,
    };
    Ok(cases.into_iter().zip(values).map(measured).collect())
}

/// Units of work per second. `work` returns how many units it has done; it runs for at least `span`.
pub fn per_second(span: Duration, mut work: impl FnMut() -> usize) -> f64 {
    let (start, mut done) = (Instant::now(), 0);
    loop {
        done += work();
        let elapsed = start.elapsed();
        if elapsed >= span {
            return done as f64 / elapsed.as_secs_f64();
        }
    }
}

/// Milliseconds that `work` takes: the mean over at least `span`.
pub fn milliseconds(span: Duration, mut work: impl FnMut()) -> f64 {
    1e3 / per_second(span, || {
        work();
        1
    })
}

/// Watches a stage, stops it after a while, and measures its speed.
pub struct Clock {
    /// Progress from which the stage is warm.
    from: u64,
    span: Duration,
    first: Cell<Option<(u64, Instant)>>,
    last: Cell<Option<(u64, Instant)>>,
}

impl Clock {
    pub fn new(from: u64, span: Duration) -> Clock {
        Clock { from, span, first: Cell::new(None), last: Cell::new(None) }
    }

    /// Units of the stage's progress per second.
    ///
    /// # Errors
    /// If the stage ended before it was warm.
    pub fn per_second(&self) -> Result<f64> {
        let ends = self.first.get().zip(self.last.get()).filter(|((first, _), (last, _))| last > first);
        let ((first, start), (last, end)) = ends.context("it ended before anything could be measured")?;
        Ok((last - first) as f64 / (end - start).as_secs_f64())
    }
}

impl Progress for Clock {
    fn at(&self, done: u64, _: &str) {
        if done >= self.from {
            let now = Some((done, Instant::now()));
            if self.first.get().is_none() {
                self.first.set(now);
            }
            self.last.set(now);
        }
    }

    fn stop(&self) -> bool {
        let ends = self.first.get().zip(self.last.get());
        ends.is_some_and(|((first, start), (last, end))| last > first && end - start >= self.span)
    }
}

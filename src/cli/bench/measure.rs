//! Cases and their repeats.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::eval::statistics::median;

/// One figure to be found.
pub struct Case {
    pub name: String,
    pub unit: &'static str,
    /// Finds it once.
    pub measure: Box<dyn FnMut() -> f64>,
}

impl Case {
    pub fn new(name: String, unit: &'static str, measure: impl FnMut() -> f64 + 'static) -> Case {
        Case { name, unit, measure: Box::new(measure) }
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

/// Measures all cases in turn, `repeats` times after one round that does not count.
pub fn in_turn(mut cases: Vec<Case>, repeats: u16) -> Vec<Measured> {
    let mut values = vec![Vec::new(); cases.len()];
    for round in 0..=repeats {
        for (case, values) in cases.iter_mut().zip(&mut values) {
            let value = (case.measure)();
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
    cases.into_iter().zip(values).map(measured).collect()
}

/// How many of what `work` counts are done per second, working for `span` at least.
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

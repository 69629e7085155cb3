//! Measures how long a decision takes on this machine.

use std::time::Instant;

use crate::agent::Policy;
use crate::progress::Progress;
use crate::spec::Shape;
use crate::units::Seed;

use super::statistics::quartiles;

/// Decisions before the measurement starts.
const WARM_UP: usize = 20;

/// Lower quartile, median and upper quartile of the milliseconds, over `decisions`, from the bytes of one observation
/// of that shape to an action; `None` if it was asked to stop.
pub fn milliseconds_per_decision(
    policy: &dyn Policy,
    shape: Shape,
    decisions: usize,
    progress: &dyn Progress,
) -> Option<[f64; 3]> {
    let observation = vec![128; shape.bytes()];
    let mut generators = [Seed(0).generator()];
    let mut times = Vec::new();
    for _ in 0..WARM_UP + decisions {
        if progress.stop() {
            return None;
        }
        let start = Instant::now();
        policy.act(&observation, 0.0, &mut generators);
        times.push(1e3 * start.elapsed().as_secs_f64());
    }
    quartiles(&times[WARM_UP..])
}

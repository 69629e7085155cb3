//! Axes: from values to positions, and the choice of ticks.

use super::figure::{Axis, Scale};
use crate::units::grouped;

/// Values beyond this are drawn as if they were this large, so that no range overflows.
const LARGEST: f64 = 1e300;
/// A range below this is none.
const SMALLEST: f64 = 1e-290;
/// Maximum number of ticks of a logarithmic axis.
const MOST_POWERS: usize = 10;
/// Maximum number of ticks at 1, 2 and 5 times the powers of ten.
const MOST_USUAL: usize = 6;

/// An axis with its range.
pub struct Ruler {
    low: f64,
    high: f64,
    log: bool,
    /// Position and text of each tick.
    pub ticks: Vec<(f64, String)>,
}

impl Ruler {
    /// The axis over `values`; `margin` is the share of the range left free at each end.
    pub fn over(axis: &Axis, values: impl Iterator<Item = f64>, margin: f64) -> Ruler {
        let log = axis.scale == Scale::Log;
        let transform = |value: f64| if log { value.log10() } else { value.clamp(-LARGEST, LARGEST) };
        if let Scale::Names(names) = &axis.scale {
            let ticks = names.iter().enumerate().map(|(i, name)| (i as f64, name.clone())).collect();
            return Ruler { low: -0.5, high: names.len() as f64 - 0.5, log, ticks };
        }
        let finite = values.chain(axis.include.iter().copied()).filter(|value| value.is_finite()).map(transform);
        let finite = finite.filter(|value| value.is_finite());
        let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        let (low, high) = if low > high { (0.0, 1.0) } else { (low, high) };
        let size = high.abs().max(low.abs());
        let flat = high - low <= (1e-9 * size).max(SMALLEST);
        // Beyond 5e8 half a unit is less than the least range.
        let around = if log { 0.3 } else { (1e-9 * size).max(0.5) };
        let (low, high) = if flat { (low - around, high + around) } else { (low, high) };
        let free = margin * (high - low);
        let (low, high) = (low - free, high + free);
        Ruler { low, high, log, ticks: if log { log_ticks(low, high) } else { linear_ticks(low, high) } }
    }

    /// Position of a value: 0 at the axis' start, 1 at its end.
    pub fn position(&self, value: f64) -> f64 {
        let value = if self.log { value.log10() } else { value };
        (value - self.low) / (self.high - self.low)
    }

    /// Whether the value lies on the axis.
    pub fn holds(&self, value: f64) -> bool {
        (0.0..=1.0).contains(&self.position(value))
    }
}

/// Multiples of 1, 2 or 5 times a power of ten, four to eight of them.
fn linear_ticks(low: f64, high: f64) -> Vec<(f64, String)> {
    let rough = (high - low) / 5.0;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|by| by * power).find(|&step| step >= rough * 0.99);
    let step = step.unwrap_or(10.0 * power);
    let decimals = (-step.log10().floor()).max(0.0) as usize;
    let first = (low / step).ceil();
    let last = (high / step).floor();
    let count = (last - first).clamp(0.0, 20.0) as usize;
    let ticks = (0..=count).map(|i| (first + i as f64) * step).filter(|value| (low..=high).contains(value));
    ticks.map(|value| (value, label(value, decimals))).collect()
}

fn label(value: f64, decimals: usize) -> String {
    if decimals > 9 || value.abs() >= 1e15 {
        return format!("{value:.2e}").replace('-', "−");
    }
    let digits = format!("{:.decimals$}", value.abs());
    let sign = if value < 0.0 { "−" } else { "" };
    match digits.parse::<u64>() {
        Ok(whole) => format!("{sign}{}", grouped(whole)),
        Err(_) => format!("{sign}{digits}"),
    }
}

/// 1, 2 and 5 times the powers of ten; 1 and 3 times where those are too many; also 3 and 7 where they are too few, and
/// the ticks of a linear axis where those are.
fn log_ticks(low: f64, high: f64) -> Vec<(f64, String)> {
    let within = |factors: &[f64]| -> Vec<f64> {
        let powers = (low.floor() as i32)..=(high.ceil() as i32);
        let ticks = powers.flat_map(|power| factors.iter().map(move |factor| factor * 10f64.powi(power)));
        ticks.filter(|value| (low..=high).contains(&value.log10())).collect()
    };
    let (powers, usual) = (within(&[1.0]), within(&[1.0, 2.0, 5.0]));
    let more = within(&[1.0, 1.5, 2.0, 3.0, 5.0, 7.0]);
    let values = if powers.len() >= 3 {
        let every = powers.len().div_ceil(MOST_POWERS);
        powers.into_iter().step_by(every).collect()
    } else if usual.len() > MOST_USUAL {
        within(&[1.0, 3.0])
    } else if usual.len() >= 3 {
        usual
    } else if more.len() >= 2 {
        more
    } else {
        return linear_ticks(10f64.powf(low), 10f64.powf(high));
    };
    values.into_iter().map(|value| (value, short(value))).collect()
}

/// `200k`, `1.5M`.
fn short(value: f64) -> String {
    if !(1e-3..1e12).contains(&value) {
        return format!("{value:.0e}").replace('-', "−");
    }
    let (scaled, suffix) = match value {
        v if v >= 999_500.0 => (v / 1e6, "M"),
        v if v >= 999.5 => (v / 1e3, "k"),
        v => (v, ""),
    };
    let text = format!("{scaled:.3}");
    format!("{}{suffix}", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(ticks: Vec<(f64, String)>) -> Vec<String> {
        ticks.into_iter().map(|tick| tick.1).collect()
    }

    #[test]
    fn ticks_are_round_numbers() {
        assert_eq!(texts(linear_ticks(-21.0, 21.0)), ["−20", "−10", "0", "10", "20"]);
        assert_eq!(texts(linear_ticks(0.0, 1.0)), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(texts(linear_ticks(0.0, 9000.0)), ["0", "2,000", "4,000", "6,000", "8,000"]);
        assert_eq!(texts(log_ticks(4.7, 6.3)), ["100k", "200k", "500k", "1M"]);
        assert_eq!(texts(log_ticks(4.1, 6.9)), ["30k", "100k", "300k", "1M", "3M"]);
        // From 0.46 to 0.56.
        assert_eq!(texts(log_ticks(-0.34, -0.25)), ["0.50", "0.55"]);
    }

    #[test]
    fn any_values_have_an_axis_that_is_finite_and_has_few_ticks() {
        use crate::units::Seed;
        use rand::RngExt;
        let special = [
            0.0,
            -0.0,
            1.0,
            5e-324,
            -5e-324,
            1e-308,
            1e15,
            1e16,
            1e16 + 2.0,
            -1e16,
            1e22,
            1e300,
            f64::MAX,
            f64::MIN,
            f64::EPSILON,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
            1e-9,
            18.0,
            9.007_199_254_740_993e15,
        ];
        let mut generator = Seed(1).derive("axis", 0).generator();
        for case in 0..30_000 {
            let count = generator.random_range(0..4);
            let value = |_| match generator.random_range(0..3) {
                0 => special[generator.random_range(0..special.len())],
                1 => f64::from_bits(generator.random()),
                _ => generator.random_range(-1e3..1e3),
            };
            let values: Vec<f64> = (0..count).map(value).collect();
            let axis = if case % 2 == 0 { Axis::linear("x") } else { Axis { scale: Scale::Log, ..Axis::linear("x") } };
            let ruler = Ruler::over(&axis, values.iter().copied(), 0.05);
            assert!(ruler.low.is_finite() && ruler.high.is_finite() && ruler.low < ruler.high, "{values:?}");
            assert!(ruler.ticks.len() <= 21, "{values:?}: {:?}", ruler.ticks);
            for (tick, text) in &ruler.ticks {
                assert!(tick.is_finite() && text.chars().count() < 25, "{values:?}: {tick} {text}");
            }
            for &value in values.iter().filter(|value| value.is_finite() && value.abs() <= LARGEST) {
                let is_drawn = axis.scale == Scale::Linear || value > 0.0;
                assert!(!is_drawn || ruler.holds(value), "{values:?}: {value} is at {}", ruler.position(value));
            }
        }
    }

    #[test]
    fn a_single_value_still_has_an_axis() {
        let ruler = Ruler::over(&Axis::linear("score"), [5.0].into_iter(), 0.05);
        assert!((ruler.position(5.0) - 0.5).abs() < 1e-12 && ruler.holds(5.0));
        let ruler = Ruler::over(&Axis::linear("score"), std::iter::empty(), 0.05);
        assert!(ruler.holds(0.5));
    }
}

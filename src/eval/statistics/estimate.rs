//! A figure with its interval.

use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::bootstrap::Interval;

/// A figure, with its 95% interval where there is one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    pub value: f64,
    pub interval: Option<Interval>,
}

impl Estimate {
    /// A figure whose interval has these ends, if both are known.
    pub fn between(value: f64, low: Option<f64>, high: Option<f64>) -> Estimate {
        Estimate { value, interval: low.zip(high).map(|(low, high)| Interval { low, high }) }
    }

    /// Whether the whole interval is above a value.
    pub fn is_above(self, value: f64) -> bool {
        self.interval.is_some_and(|interval| interval.low > value)
    }

    /// Whether the whole interval is below a value.
    pub fn is_below(self, value: f64) -> bool {
        self.interval.is_some_and(|interval| interval.high < value)
    }

    /// The figure subtracted from a value.
    pub fn subtracted_from(self, value: f64) -> Estimate {
        let turned = |interval: Interval| Interval { low: value - interval.high, high: value - interval.low };
        Estimate { value: value - self.value, interval: self.interval.map(turned) }
    }

    /// The figure without its interval, unless `is_known`.
    pub fn known_if(self, is_known: bool) -> Estimate {
        Estimate { interval: self.interval.filter(|_| is_known), ..self }
    }
}

/// As the value and the ends of its interval, which may be missing.
impl Serialize for Estimate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Estimate", 3)?;
        fields.serialize_field("value", &self.value)?;
        fields.serialize_field("low", &self.interval.map(|interval| interval.low))?;
        fields.serialize_field("high", &self.interval.map(|interval| interval.high))?;
        fields.end()
    }
}

//! One cell: a text for readers, and for programs the values that it was made of.

use crate::eval::statistics::{Estimate, Interval};
use crate::report::format::{NONE, number, number_with_interval, percent, percent_with_interval};

#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    pub text: String,
    /// None for words, and where a value is missing.
    pub value: Option<f64>,
    pub interval: Option<Interval>,
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell { text, value: None, interval: None }
    }
}

impl Cell {
    /// A value as `text` shows it, or a dash.
    pub fn of(value: Option<f64>, text: impl FnOnce(f64) -> String) -> Cell {
        Cell { text: value.map_or(NONE.to_owned(), text), value, interval: None }
    }

    pub fn number(value: Option<f64>) -> Cell {
        Cell::of(value, number)
    }

    /// A share, as a percentage.
    pub fn percent(share: Option<f64>) -> Cell {
        Cell::of(share, percent)
    }

    /// A number with its interval.
    pub fn number_with_interval(figure: Option<Estimate>) -> Cell {
        Cell::of_estimate(figure, number_with_interval)
    }

    /// A share with its interval, as percentages.
    pub fn percent_with_interval(share: Option<Estimate>) -> Cell {
        Cell::of_estimate(share, percent_with_interval)
    }

    fn of_estimate(figure: Option<Estimate>, text: fn(Estimate) -> String) -> Cell {
        let (value, interval) = (figure.map(|own| own.value), figure.and_then(|own| own.interval));
        Cell { text: figure.map_or(NONE.to_owned(), text), value, interval }
    }

    /// The cell with a mark after its text, if it has a value.
    pub fn marked(mut self, mark: &str) -> Cell {
        if self.value.is_some() {
            self.text += mark;
        }
        self
    }
}

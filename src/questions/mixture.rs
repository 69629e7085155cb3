//! Explanations of mixed quality: what a base model reads before anybody teaches it to explain.

use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::{FILLER, GIVEN_AWAY, Question};
use crate::units::Generator;

/// Shares of the qualities. They vary by step, so that a text without fault is rare and has to be put together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mixture {
    /// Share of steps with operands.
    pub fine: f64,
    /// Share of steps that are left out; what is neither fine nor left out is terse.
    pub skipped: f64,
    /// Share of the written steps whose result is wrong.
    pub wrong: f64,
    /// Share of steps before which a token stands that says nothing.
    pub filler: f64,
    /// Share of texts that begin with the solution.
    pub given_away: f64,
}

impl Mixture {
    /// An explanation of the question.
    pub fn write(&self, question: &Question, generator: &mut Generator) -> String {
        let mut text = String::new();
        if generator.random_bool(self.given_away) {
            text.push(GIVEN_AWAY);
            text += &question.solution;
        }
        for step in &question.steps {
            let style = generator.random::<f64>();
            let wrong = generator.random_bool(self.wrong);
            if generator.random_bool(self.filler) {
                text.push(FILLER);
            }
            let written = match style {
                style if style < self.skipped => continue,
                style if style < self.skipped + self.fine => &step.fine,
                _ => &step.terse,
            };
            text += &if wrong { spoiled(written, generator) } else { written.clone() };
        }
        text
    }
}

/// The step with another last digit.
pub fn spoiled(step: &str, generator: &mut Generator) -> String {
    let (rest, last) = step.split_at(step.len() - 1);
    let digit: u8 = last.parse().expect("steps end with a digit");
    format!("{rest}{}", (digit + generator.random_range(1..10u8)) % 10)
}

//! Sums of two numbers with equally many digits, with carries.
//!
//! `385+627`: the solution has one digit more, `1012`. Steps go from the last digit to the first: a fine step is
//! `5+7+0=12`, both digits and the carry, then carry and digit of the result; a terse one is `=12`.

use rand::RngExt;

use super::{ExplainedStep, Family, Question};
use crate::units::Generator;

pub struct Addition;

impl Family for Addition {
    fn symbols(&self) -> String {
        "0123456789+=".into()
    }

    fn draw(&self, length: usize, generator: &mut Generator) -> String {
        let mut number =
            || -> String { (0..length).map(|_| char::from(b'0' + generator.random_range(0..10u8))).collect() };
        format!("{}+{}", number(), number())
    }

    fn solve(&self, text: &str) -> Option<Question> {
        let (first, second) = text.split_once('+')?;
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if first.is_empty() || first.len() != second.len() || !digits(first) || !digits(second) {
            return None;
        }
        let (mut carry, mut steps, mut reversed) = (0, Vec::new(), String::new());
        for (a, b) in first.bytes().rev().zip(second.bytes().rev()) {
            let (a, b) = (a - b'0', b - b'0');
            let sum = a + b + carry;
            steps.push(ExplainedStep { fine: format!("{a}+{b}+{carry}={sum:02}"), terse: format!("={sum:02}") });
            reversed.push(char::from(b'0' + sum % 10));
            carry = sum / 10;
        }
        reversed.push(char::from(b'0' + carry));
        Some(Question { text: text.to_owned(), solution: reversed.chars().rev().collect(), steps })
    }

    fn characters(&self, length: usize) -> usize {
        2 * length + 1
    }

    fn solution_characters(&self, length: usize) -> usize {
        length + 1
    }

    fn claim(&self, text: &[u8]) -> Option<usize> {
        let digits = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_digit);
        match *text {
            [b'=', tens, ones, ..] if digits(&[tens, ones]) => Some(3),
            [a, b'+', b, b'+', carry, b'=', tens, ones, ..] if digits(&[a, b, carry, tens, ones]) => Some(8),
            _ => None,
        }
    }

    fn concerns(&self, claim: &str, step: &ExplainedStep) -> bool {
        claim.len() == 3 || claim[..3] == step.fine[..3]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_is_worked_out_as_on_paper() {
        let question = Addition.solve("385+627").unwrap();
        assert_eq!(question.solution, "1012");
        let fine: Vec<_> = question.steps.iter().map(|step| step.fine.as_str()).collect();
        assert_eq!(fine, ["5+7+0=12", "8+2+1=11", "3+6+1=10"]);
        assert_eq!(question.steps[2].terse, "=10");
        for other in ["", "12+3", "a+b", "12-34", "+"] {
            assert_eq!(Addition.solve(other), None, "{other}");
        }
    }

    #[test]
    fn solutions_are_those_of_integer_addition() {
        let mut generator = crate::units::Seed(4).generator();
        for length in 1..8 {
            let text = Addition.draw(length, &mut generator);
            let (a, b) = text.split_once('+').unwrap();
            let sum = a.parse::<u64>().unwrap() + b.parse::<u64>().unwrap();
            assert_eq!(Addition.solve(&text).unwrap().solution, format!("{sum:0wide$}", wide = length + 1));
        }
    }
}

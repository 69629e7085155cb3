//! Chains of operations on registers modulo 10.
//!
//! `71y+3x*3x+1`: x is 7 and y is 1; then y becomes y + 3, x becomes x · 3, x becomes x + 1. The solution is the last
//! digit of each register in turn. A fine step is `y1+3=4`, a terse one `y=4`.

use rand::RngExt;

use super::{ExplainedStep, Family, Question};
use crate::units::Generator;

const NAMES: &[u8; 4] = b"xyzw";
/// Factors that have no divisor in common with 10, so that no operation loses what was before it.
const FACTORS: &[u8; 3] = b"379";

pub struct Registers {
    /// 2 to 4.
    pub count: usize,
    /// The largest number that is added or taken away, up to 9.
    pub constants: usize,
}

impl Registers {
    fn names(&self) -> &'static [u8] {
        &NAMES[..self.count]
    }

    fn place(&self, name: u8) -> Option<usize> {
        self.names().iter().position(|&own| own == name)
    }

    fn operation(&self, generator: &mut Generator) -> [u8; 3] {
        let target = generator.random_range(0..self.count);
        // As often a register as one certain digit: each possible operation is equally likely.
        let choice = generator.random_range(0..2 * (self.constants + self.count - 1) + FACTORS.len());
        if let Some(&factor) = FACTORS.get(choice) {
            return [self.names()[target], b'*', factor];
        }
        let symbol = if choice.is_multiple_of(2) { b'+' } else { b'-' };
        let choice = (choice - FACTORS.len()) / 2;
        let operand = match choice < self.constants {
            true => b'1' + choice as u8,
            false => self.names()[(target + 1 + choice - self.constants) % self.count],
        };
        [self.names()[target], symbol, operand]
    }
}

impl Family for Registers {
    fn symbols(&self) -> String {
        let names: String = self.names().iter().map(|&name| char::from(name)).collect();
        format!("0123456789{names}+-*=")
    }

    fn draw(&self, length: usize, generator: &mut Generator) -> String {
        let mut text: Vec<u8> = (0..self.count).map(|_| b'0' + generator.random_range(0..10u8)).collect();
        (0..length).for_each(|_| text.extend(self.operation(generator)));
        text.into_iter().map(char::from).collect()
    }

    fn solve(&self, text: &str) -> Option<Question> {
        let bytes = text.as_bytes();
        let (first, chain) = bytes.split_at_checked(self.count)?;
        let mut values: Vec<u8> = first.iter().map(|&byte| digit(byte)).collect::<Option<_>>()?;
        let (operations, rest) = chain.as_chunks::<3>();
        if !rest.is_empty() {
            return None;
        }
        let mut steps = Vec::new();
        for &[target, symbol, operand] in operations {
            let place = self.place(target)?;
            let by = match self.place(operand) {
                Some(other) => values[other],
                None => digit(operand)?,
            };
            let before = values[place];
            values[place] = match symbol {
                b'+' => (before + by) % 10,
                b'-' => (before + 10 - by) % 10,
                b'*' => (before * by) % 10,
                _ => return None,
            };
            let (name, symbol, after) = (char::from(target), char::from(symbol), values[place]);
            let fine = format!("{name}{before}{symbol}{by}={after}");
            steps.push(ExplainedStep { fine, terse: format!("{name}={after}") });
        }
        let solution = values.iter().map(|&value| char::from(b'0' + value)).collect();
        Some(Question { text: text.to_owned(), solution, steps })
    }

    fn characters(&self, length: usize) -> usize {
        self.count + 3 * length
    }

    fn solution_characters(&self, _: usize) -> usize {
        self.count
    }

    fn claim(&self, text: &[u8]) -> Option<usize> {
        match *text {
            [name, b'=', result, ..] if self.place(name).is_some() && result.is_ascii_digit() => Some(3),
            [name, before, b'+' | b'-' | b'*', by, b'=', result, ..]
                if self.place(name).is_some() && [before, by, result].iter().all(u8::is_ascii_digit) =>
            {
                Some(6)
            }
            _ => None,
        }
    }

    fn concerns(&self, claim: &str, step: &ExplainedStep) -> bool {
        let (claim, fine) = (claim.as_bytes(), step.fine.as_bytes());
        claim[0] == fine[0] && (claim.len() == 3 || claim[2] == fine[2])
    }
}

fn digit(byte: u8) -> Option<u8> {
    byte.is_ascii_digit().then(|| byte - b'0')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Seed;

    #[test]
    fn a_chain_is_worked_out_as_by_hand() {
        let family = Registers { count: 2, constants: 9 };
        let question = family.solve("59y-6x*3y+9y+x").unwrap();
        assert_eq!(question.solution, "57");
        let fine: Vec<_> = question.steps.iter().map(|step| step.fine.as_str()).collect();
        assert_eq!(fine, ["y9-6=3", "x5*3=5", "y3+9=2", "y2+5=7"]);
        assert_eq!(question.steps[1].terse, "x=5");
        assert_eq!(Registers { count: 4, constants: 9 }.solve("1234w-xz*9").unwrap().solution, "1273");
        for other in ["5", "59y-6x", "59z+1", "59y/3", "ab"] {
            assert_eq!(family.solve(other), None, "{other}");
        }
    }

    #[test]
    fn every_operation_is_drawn_about_equally_often() {
        let (family, mut generator) = (Registers { count: 2, constants: 9 }, Seed(3).generator());
        let mut counts = std::collections::BTreeMap::new();
        for _ in 0..46_000 {
            *counts.entry(family.operation(&mut generator)).or_insert(0u32) += 1;
        }
        assert_eq!(counts.len(), 46);
        assert!(counts.values().all(|&count| (800..1200).contains(&count)), "{counts:?}");
        let few = Registers { count: 2, constants: 3 };
        let drawn: std::collections::BTreeSet<_> = (0..2000).map(|_| few.operation(&mut generator)).collect();
        assert_eq!(drawn.len(), 22);
        assert!(drawn.iter().all(|[_, symbol, operand]| *symbol == b'*' || !(b'4'..=b'9').contains(operand)));
    }
}

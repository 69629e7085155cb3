//! The tokens of a task: one for each character.

use anyhow::{Result, bail};

/// Begins a question.
pub const QUESTION: char = 'Q';
/// Begins the explanation.
pub const EXPLANATION: char = 'T';
/// Begins the solution.
pub const ANSWER: char = 'A';
/// Ends a text: the solution of a student, or the explanation of a teacher.
pub const END: char = 'E';
/// Fills questions up to one length.
pub const PAD: char = '_';
/// A token that says nothing.
pub const FILLER: char = 'h';
/// Before a solution that is given away within an explanation.
pub const GIVEN_AWAY: char = 'L';

const MARKS: [char; 7] = [QUESTION, EXPLANATION, ANSWER, END, PAD, FILLER, GIVEN_AWAY];

/// The characters of a task, in the order of their tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alphabet {
    symbols: Vec<char>,
}

impl Alphabet {
    /// A family's own characters, then the marks that all tasks share.
    pub fn of(own: &str) -> Alphabet {
        Alphabet { symbols: own.chars().chain(MARKS).collect() }
    }

    /// Number of tokens.
    pub fn len(&self) -> usize {
        self.symbols.len()
    }

    /// Whether there are no tokens; an alphabet always has some.
    pub fn is_empty(&self) -> bool {
        self.symbols.is_empty()
    }

    /// The characters as text, by which weights name their vocabulary.
    pub fn text(&self) -> String {
        self.symbols.iter().collect()
    }

    /// The token of a mark or another known character.
    ///
    /// # Panics
    /// If the character is not of this alphabet; the marks of this module always are.
    pub fn token(&self, symbol: char) -> i64 {
        self.find(symbol).unwrap_or_else(|| panic!("{symbol} is no token of this task"))
    }

    /// The tokens of a text.
    ///
    /// # Errors
    /// The first character that is not of this alphabet.
    pub fn encode(&self, text: &str) -> Result<Vec<i64>> {
        let mut tokens = Vec::with_capacity(text.len());
        for symbol in text.chars() {
            match self.find(symbol) {
                Some(token) => tokens.push(token),
                None => bail!("\"{symbol}\" in \"{text}\" is no character of this task, which has {}", self.text()),
            }
        }
        Ok(tokens)
    }

    /// The text of tokens.
    ///
    /// # Panics
    /// If a token is not of this alphabet.
    pub fn decode(&self, tokens: &[i64]) -> String {
        tokens.iter().map(|&token| self.symbols[token as usize]).collect()
    }

    fn find(&self, symbol: char) -> Option<i64> {
        self.symbols.iter().position(|&own| own == symbol).map(|place| place as i64)
    }
}

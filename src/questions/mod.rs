//! Questions with a solution, made, solved, explained and checked by programs; it knows no tensors.
//!
//! A question is a line of text with one token per character. A [`QuestionTask`] draws questions, works them out step
//! by step, writes explanations of mixed quality, and grades any text as an explanation. Splits are by construction:
//! the digest of a question says whether it is one of training or of the test, and out-of-domain questions are longer
//! than both.

mod addition;
mod alphabet;
mod grade;
mod mixture;
mod registers;

use rand::RngExt;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use addition::Addition;
pub use alphabet::{ANSWER, Alphabet, END, EXPLANATION, FILLER, GIVEN_AWAY, PAD, QUESTION};
pub use grade::Quality;
pub use mixture::Mixture;
use registers::Registers;

use crate::units::Generator;

/// The kinds of questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FamilyName {
    /// Two to four registers modulo 10 and a chain of operations on them.
    Registers,
    /// The sum of two numbers with equally many digits, with carries.
    Addition,
}

/// `[task]` of an experiment file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskSettings {
    pub family: FamilyName,
    /// Number of registers, 2 to 4; additions have none.
    pub registers: usize,
    /// The largest number that is added to a register or taken away, 1 to 9; additions do not read it.
    pub constants: usize,
    /// Shortest and longest question: operations, or digits of each summand.
    pub length: [usize; 2],
    /// The same of out-of-domain questions, which are all longer.
    pub held_out: [usize; 2],
    /// The explanations that the base model reads.
    pub explanations: Mixture,
}

/// Disjoint sets of questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QuestionSplit {
    /// Nine tenths of the questions, by their digests.
    Train,
    /// The other tenth.
    Test,
    /// Longer questions than those of training.
    OutOfDomain,
}

impl QuestionSplit {
    /// The name in files and on plots.
    pub fn name(self) -> &'static str {
        match self {
            QuestionSplit::Train => "train",
            QuestionSplit::Test => "test",
            QuestionSplit::OutOfDomain => "out-of-domain",
        }
    }
}

/// A question that is worked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Without padding.
    pub text: String,
    pub solution: String,
    pub steps: Vec<ExplainedStep>,
}

/// A step of the way from a question to its solution, in two styles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedStep {
    /// Operands and result.
    pub fine: String,
    /// The result alone.
    pub terse: String,
}

/// The part that differs between kinds of questions; everything else is common to all.
trait Family: Send + Sync {
    /// Every character of its questions, steps and solutions.
    fn symbols(&self) -> String;
    /// The text of a random question of `length`.
    fn draw(&self, length: usize, generator: &mut Generator) -> String;
    /// Solution and steps; `None` if the text is no question of this family.
    fn solve(&self, text: &str) -> Option<Question>;
    /// Characters of a question of `length`.
    fn characters(&self, length: usize) -> usize;
    /// Characters of the solution of a question of `length`.
    fn solution_characters(&self, length: usize) -> usize;
    /// Characters of the claim at the start of a text: a step of either style, right or wrong.
    fn claim(&self, text: &[u8]) -> Option<usize>;
    /// Whether a claim is about this step, right or wrong.
    fn concerns(&self, claim: &str, step: &ExplainedStep) -> bool;
}

/// A generator of questions with everything that a program can say of them.
pub struct QuestionTask {
    settings: TaskSettings,
    family: Box<dyn Family>,
    alphabet: Alphabet,
}

impl QuestionTask {
    /// The task of these settings, which are in range.
    pub fn new(settings: &TaskSettings) -> QuestionTask {
        let family: Box<dyn Family> = match settings.family {
            FamilyName::Registers => Box::new(Registers { count: settings.registers, constants: settings.constants }),
            FamilyName::Addition => Box::new(Addition),
        };
        let alphabet = Alphabet::of(&family.symbols());
        QuestionTask { settings: settings.clone(), family, alphabet }
    }

    pub fn alphabet(&self) -> &Alphabet {
        &self.alphabet
    }

    /// A random question of a split, worked out.
    pub fn draw(&self, split: QuestionSplit, generator: &mut Generator) -> Question {
        let [shortest, longest] = self.lengths(split);
        loop {
            let text = self.family.draw(generator.random_range(shortest..=longest), generator);
            if split == QuestionSplit::OutOfDomain || split_of(&text) == split {
                return self.family.solve(&text).expect("a drawn question is one of its family");
            }
        }
    }

    /// The question with that text, worked out; `None` if it is no question of this task.
    pub fn question(&self, text: &str) -> Option<Question> {
        self.family.solve(text)
    }

    /// The steps of a question in one text, each with its operands.
    pub fn worked(&self, question: &Question) -> String {
        question.steps.iter().map(|step| step.fine.as_str()).collect()
    }

    /// An explanation of mixed quality.
    pub fn mixed(&self, question: &Question, generator: &mut Generator) -> String {
        self.settings.explanations.write(question, generator)
    }

    /// Grades a text as an explanation of a question.
    pub fn grade(&self, question: &Question, explanation: &str) -> Quality {
        grade::grade(self.family.as_ref(), question, explanation)
    }

    /// Characters to which the questions of a split are padded.
    pub fn padded(&self, split: QuestionSplit) -> usize {
        self.family.characters(self.lengths(split)[1])
    }

    /// Most tokens of an explanation of a split: every step fine with two fillers, after the solution, and a few more.
    pub fn longest_explanation(&self, split: QuestionSplit) -> usize {
        let mut generator = crate::units::Seed(0).generator();
        let text = self.family.draw(self.lengths(split)[1], &mut generator);
        let question = self.family.solve(&text).expect("a drawn question is one of its family");
        self.worked(&question).len() + 2 * question.steps.len() + 1 + question.solution.len() + 4
    }

    /// Characters of the longest solution of a split.
    pub fn longest_solution(&self, split: QuestionSplit) -> usize {
        self.family.solution_characters(self.lengths(split)[1])
    }

    fn lengths(&self, split: QuestionSplit) -> [usize; 2] {
        if split == QuestionSplit::OutOfDomain { self.settings.held_out } else { self.settings.length }
    }
}

/// The split of a question that is no longer than those of training: its SHA-256 modulo 10 is 0 for the test.
fn split_of(text: &str) -> QuestionSplit {
    let digest = Sha256::digest(text.as_bytes());
    let number = u64::from_le_bytes(digest[..8].try_into().expect("a digest has 32 bytes"));
    if number.is_multiple_of(10) { QuestionSplit::Test } else { QuestionSplit::Train }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::units::Seed;

    pub fn settings(family: FamilyName, registers: usize) -> TaskSettings {
        let explanations = Mixture { fine: 0.35, skipped: 0.25, wrong: 0.1, filler: 0.08, given_away: 0.15 };
        TaskSettings { family, registers, constants: 9, length: [3, 4], held_out: [5, 6], explanations }
    }

    #[test]
    fn no_question_is_in_two_splits() {
        for family in [FamilyName::Registers, FamilyName::Addition] {
            let task = QuestionTask::new(&settings(family, 2));
            let mut generator = Seed(1).generator();
            let mut draw = |split| -> std::collections::BTreeSet<String> {
                (0..2000).map(|_| task.draw(split, &mut generator).text).collect()
            };
            let [train, test, other] =
                [QuestionSplit::Train, QuestionSplit::Test, QuestionSplit::OutOfDomain].map(&mut draw);
            assert!(train.is_disjoint(&test) && train.is_disjoint(&other) && test.is_disjoint(&other));
            assert!(test.iter().all(|text| split_of(text) == QuestionSplit::Test));
        }
    }

    #[test]
    fn every_text_of_a_task_is_within_its_alphabet_and_its_lengths() {
        for (family, registers) in [(FamilyName::Registers, 2), (FamilyName::Registers, 4), (FamilyName::Addition, 2)] {
            let task = QuestionTask::new(&settings(family, registers));
            let mut generator = Seed(2).generator();
            for split in [QuestionSplit::Train, QuestionSplit::Test, QuestionSplit::OutOfDomain] {
                for _ in 0..300 {
                    let question = task.draw(split, &mut generator);
                    let mixed = task.mixed(&question, &mut generator);
                    let all = [&question.text, &question.solution, &mixed, &task.worked(&question)];
                    assert!(all.iter().all(|text| task.alphabet().encode(text).is_ok()));
                    assert!(question.text.len() <= task.padded(split));
                    assert_eq!(question.solution.len(), task.family.solution_characters(question.steps.len()));
                    assert!(mixed.len() <= task.longest_explanation(split));
                    assert_eq!(task.question(&question.text), Some(question));
                }
            }
        }
    }
}

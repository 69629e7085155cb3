//! The texts that teachers and students read and write, as tokens.
//!
//! A student reads `Q question T` and writes `explanation A solution E`. A teacher reads `Q question A solution T` and
//! writes `explanation E`. Questions are padded, a teacher's also for a solution that is shorter than others, so that
//! all prompts of a split have one length.

use std::ops::Range;

use crate::questions::{ANSWER, END, EXPLANATION, PAD, QUESTION, Question, QuestionSplit, QuestionTask};

/// A text with the places of its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    pub tokens: Vec<i64>,
    /// The tokens of the explanation.
    pub explanation: Range<usize>,
    /// The tokens of the solution.
    pub solution: Range<usize>,
}

/// Writes texts about questions of one split.
#[derive(Clone, Copy)]
pub struct Scripts<'a> {
    pub task: &'a QuestionTask,
    pub split: QuestionSplit,
}

impl Scripts<'_> {
    /// The token of a mark.
    pub fn mark(&self, mark: char) -> i64 {
        self.task.alphabet().token(mark)
    }

    /// A text of the task as tokens.
    pub fn encode(&self, text: &str) -> Vec<i64> {
        self.task.alphabet().encode(text).expect("texts of a task are within its alphabet")
    }

    fn question(&self, question: &Question) -> Vec<i64> {
        let mut tokens = vec![self.mark(QUESTION)];
        tokens.extend(self.encode(&question.text));
        tokens.resize(1 + self.task.padded(self.split), self.mark(PAD));
        tokens
    }

    /// The question as a student reads it.
    pub fn student_prompt(&self, question: &Question) -> Vec<i64> {
        let mut tokens = self.question(question);
        tokens.push(self.mark(EXPLANATION));
        tokens
    }

    /// The question and its solution as a teacher reads them.
    pub fn teacher_prompt(&self, question: &Question) -> Vec<i64> {
        let mut tokens = self.question(question);
        let shorter = self.task.longest_solution(self.split) - question.solution.len();
        tokens.resize(tokens.len() + shorter, self.mark(PAD));
        tokens.push(self.mark(ANSWER));
        tokens.extend(self.encode(&question.solution));
        tokens.push(self.mark(EXPLANATION));
        tokens
    }

    /// A student's whole text with a given explanation.
    pub fn student(&self, question: &Question, explanation: &[i64]) -> Script {
        let mut tokens = self.student_prompt(question);
        let explanation = extend(&mut tokens, explanation);
        tokens.push(self.mark(ANSWER));
        let solution = extend(&mut tokens, &self.encode(&question.solution));
        tokens.push(self.mark(END));
        Script { tokens, explanation, solution }
    }

    /// A teacher's whole text, with its end.
    pub fn teacher(&self, question: &Question, explanation: &[i64]) -> Script {
        let mut tokens = self.teacher_prompt(question);
        let solution = tokens.len() - 1 - question.solution.len()..tokens.len() - 1;
        let explanation = extend(&mut tokens, explanation);
        tokens.push(self.mark(END));
        Script { tokens, explanation, solution }
    }

    /// Most tokens that a teacher writes, the end with them.
    pub fn teacher_limit(&self) -> usize {
        self.task.longest_explanation(self.split) + 1
    }

    /// Most tokens that a student writes, the end with them.
    pub fn student_limit(&self) -> usize {
        self.task.longest_explanation(self.split) + 2 + self.task.longest_solution(self.split)
    }
}

fn extend(tokens: &mut Vec<i64>, part: &[i64]) -> Range<usize> {
    let start = tokens.len();
    tokens.extend_from_slice(part);
    start..tokens.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::questions::FamilyName;
    use crate::questions::tests::settings;
    use crate::units::Seed;

    #[test]
    fn all_prompts_of_a_split_have_one_length_in_every_family() {
        for family in [FamilyName::Registers, FamilyName::Addition] {
            let task = QuestionTask::new(&settings(family, 3));
            let mut generator = Seed(1).generator();
            for split in [QuestionSplit::Train, QuestionSplit::OutOfDomain] {
                let scripts = Scripts { task: &task, split };
                let mut lengths: Vec<[usize; 2]> = (0..100)
                    .map(|_| {
                        let question = task.draw(split, &mut generator);
                        let text = scripts.teacher(&question, &[]);
                        let solution = task.alphabet().decode(&text.tokens[text.solution.clone()]);
                        assert_eq!(solution, question.solution);
                        [scripts.teacher_prompt(&question).len(), scripts.student_prompt(&question).len()]
                    })
                    .collect();
                lengths.dedup();
                assert_eq!(lengths.len(), 1, "{family:?} {split:?}: {lengths:?}");
            }
        }
    }
}

//! Asks a model questions, several times each, and checks its answers.

use serde::{Deserialize, Serialize};

use super::scripts::Scripts;
use crate::nn::language::{Sampling, Transformer, generate};
use crate::progress::Progress;
use crate::questions::{ANSWER, END, Question, QuestionSplit};
use crate::units::Seed;

/// Answers that are drawn at once.
const BATCH: usize = 256;

/// A set of questions, and how often each is asked.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    pub questions: usize,
    pub temperature: f64,
    /// Answers to each question.
    pub samples: usize,
}

/// `answers.csv`: one row per question and temperature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnswerRow {
    pub split: QuestionSplit,
    pub temperature: f64,
    pub question: String,
    /// Answers, and the right ones among them.
    pub samples: u32,
    pub right: u32,
    /// Mean over the answers of the tokens drawn, the end with them.
    pub tokens: f64,
    /// Mean over the answers of the share of the question's steps that are wrong, and of those that are skipped.
    pub wrong: f64,
    pub skipped: f64,
}

/// Whether a student's completion ends with the solution.
pub fn is_right(scripts: &Scripts, question: &Question, completion: &[i64]) -> bool {
    let (answer, end) = (scripts.mark(ANSWER), scripts.mark(END));
    let said = completion.iter().position(|&token| token == answer).map(|place| &completion[place + 1..]);
    let solution = scripts.encode(&question.solution);
    said.is_some_and(|said| said.strip_suffix(&[end]) == Some(solution.as_slice()))
}

/// The model's answers to questions of the scripts' split. The questions depend on `questions_seed` alone, so that all
/// models answer the same. Returns `None` if it was stopped.
pub fn answer(
    model: &Transformer,
    scripts: &Scripts,
    asked: &Asked,
    questions_seed: Seed,
    seed: Seed,
    progress: &dyn Progress,
) -> Option<Vec<AnswerRow>> {
    let mut questions = questions_seed.generator();
    let questions: Vec<Question> =
        (0..asked.questions).map(|_| scripts.task.draw(scripts.split, &mut questions)).collect();
    let mut generator = seed.generator();
    let (temperature, end) = (asked.temperature, scripts.mark(END));
    let sampling = Sampling { temperature, end, limit: scripts.student_limit() };
    let mut rows = Vec::new();
    for batch in questions.chunks((BATCH / asked.samples).max(1)) {
        if progress.stop() {
            return None;
        }
        let repeated = batch.iter().flat_map(|question| std::iter::repeat_n(question, asked.samples));
        let prompts: Vec<Vec<i64>> = repeated.map(|question| scripts.student_prompt(question)).collect();
        let completions = generate(model, &prompts, &sampling, &mut generator);
        for (question, completions) in batch.iter().zip(completions.chunks(asked.samples)) {
            rows.push(row(scripts, question, completions, temperature));
        }
    }
    Some(rows)
}

fn row(scripts: &Scripts, question: &Question, completions: &[Vec<i64>], temperature: f64) -> AnswerRow {
    let count = completions.len() as f64;
    let (mut right, mut tokens, mut wrong, mut skipped) = (0, 0.0, 0.0, 0.0);
    let answer = scripts.mark(ANSWER);
    for completion in completions {
        right += u32::from(is_right(scripts, question, completion));
        tokens += completion.len() as f64 / count;
        let explanation: Vec<i64> = completion.iter().copied().take_while(|&token| token != answer).collect();
        let quality = scripts.task.grade(question, &scripts.task.alphabet().decode(&explanation));
        let of_steps = |steps: u32| f64::from(steps) / f64::from(quality.steps().max(1)) / count;
        wrong += of_steps(quality.wrong);
        skipped += of_steps(quality.skipped);
    }
    let rounded = |value: f64| (value * 1e4).round() / 1e4;
    AnswerRow {
        split: scripts.split,
        temperature,
        question: question.text.clone(),
        samples: completions.len() as u32,
        right,
        tokens: rounded(tokens),
        wrong: rounded(wrong),
        skipped: rounded(skipped),
    }
}

//! Scores explanations by the reward, with a student and a teacher that do not change.

use tch::{Tensor, no_grad};

use super::reward::Reward;
use super::scripts::{Script, Scripts};
use crate::config::explanations::Coefficients;
use crate::nn::Device;
use crate::nn::language::{Texts, Transformer};
use crate::questions::{PAD, Question};

/// An explanation of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    pub question: Question,
    pub tokens: Vec<i64>,
    /// Whether the teacher ended it.
    pub is_closed: bool,
}

/// Texts that are scored at once.
const BATCH: usize = 256;

/// The reward's student and teacher.
pub struct Judge<'a> {
    pub student: &'a Transformer,
    pub teacher: &'a Transformer,
    pub coefficients: Coefficients,
    /// Temperature of all log-probabilities.
    pub temperature: f64,
}

impl Judge<'_> {
    /// The reward of each explanation.
    pub fn rewards(&self, scripts: &Scripts, explained: &[Explanation]) -> Vec<Reward> {
        let of_batch = |batch: &[Explanation]| {
            let teacher: Vec<Script> = batch.iter().map(|one| scripts.teacher(&one.question, &one.tokens)).collect();
            let log_teacher = rows(&no_grad(|| {
                self.teacher.log_probabilities(&texts(scripts, &teacher, self.teacher.device()), self.temperature)
            }));
            rewards(self, scripts, batch, &teacher, &log_teacher)
        };
        explained.chunks(BATCH).flat_map(of_batch).collect()
    }
}

/// The rewards of explanations whose log-probabilities under the teacher are known, one row for each text of `teacher`.
pub fn rewards(
    judge: &Judge,
    scripts: &Scripts,
    explained: &[Explanation],
    teacher: &[Script],
    log_teacher: &[Vec<f32>],
) -> Vec<Reward> {
    let student: Vec<Script> = explained.iter().map(|one| scripts.student(&one.question, &one.tokens)).collect();
    let log_student = rows(&no_grad(|| {
        judge.student.log_probabilities(&texts(scripts, &student, judge.student.device()), judge.temperature)
    }));
    let reward = |row: usize| {
        // The log-probability of the token at a place stands one place earlier.
        let of =
            |values: &[Vec<f32>], part: &std::ops::Range<usize>| values[row][part.start - 1..part.end - 1].to_vec();
        judge.coefficients.reward(
            &of(&log_student, &student[row].solution),
            &of(&log_student, &student[row].explanation),
            &of(log_teacher, &teacher[row].explanation),
            explained[row].is_closed,
        )
    };
    (0..explained.len()).map(reward).collect()
}

/// Scripts as a batch in which no token counts.
pub fn texts(scripts: &Scripts, batch: &[Script], device: Device) -> Texts {
    let tokens: Vec<Vec<i64>> = batch.iter().map(|script| script.tokens.clone()).collect();
    Texts::new(&tokens, scripts.mark(PAD), |_, _| false, device)
}

/// A matrix as rows of numbers.
pub fn rows(matrix: &Tensor) -> Vec<Vec<f32>> {
    let width = matrix.size()[1] as usize;
    let flat = matrix.detach().to_device(tch::Device::Cpu).contiguous().view(-1);
    let flat = Vec::<f32>::try_from(flat).expect("log-probabilities are numbers");
    flat.chunks(width).map(<[f32]>::to_vec).collect()
}

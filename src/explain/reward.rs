//! The reward for an explanation, from log-probabilities of tokens.

use crate::config::explanations::Coefficients;
use crate::statistics::mean;

/// The parts of one explanation's reward.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reward {
    /// How well the student can say the solution after the explanation.
    pub r_ss: f64,
    /// How much likelier the explanation is for the teacher, which knows the solution, than for the student.
    pub r_kl: f64,
    /// 0, or the penalty for an explanation without end.
    pub matched: f64,
}

impl Reward {
    pub fn total(&self) -> f64 {
        self.r_ss - self.r_kl + self.matched
    }
}

impl Coefficients {
    /// The reward of one explanation, from log-probabilities at one temperature: the student's of the solution's tokens
    /// after question and explanation, the student's of the explanation's tokens after the question, and the teacher's
    /// of the same tokens after question and solution. The mark before a part and the one after it are not among its
    /// tokens.
    ///
    /// r_SS = mean + min of log π_S(s | q, t) and r_KL = mean + max of log π_T(t | q, s) − log π_S(t | q), each with
    /// its coefficient. The ratio is that of the drawn tokens and has a sign. As published, −1 stands for mean and min
    /// of an empty solution, and 1 for mean and max of an empty explanation.
    pub fn reward(
        &self,
        student_solution: &[f32],
        student_explanation: &[f32],
        teacher_explanation: &[f32],
        is_closed: bool,
    ) -> Reward {
        let solution: Vec<f64> = student_solution.iter().map(|&value| f64::from(value)).collect();
        let ratio = |(&teacher, &student): (&f32, &f32)| f64::from(teacher) - f64::from(student);
        let ratios: Vec<f64> = teacher_explanation.iter().zip(student_explanation).map(ratio).collect();
        let lowest = solution.iter().copied().reduce(f64::min).unwrap_or(-1.0);
        let highest = ratios.iter().copied().reduce(f64::max).unwrap_or(1.0);
        Reward {
            r_ss: self.solution.mean * mean(&solution).unwrap_or(-1.0) + self.solution.min * lowest,
            r_kl: self.divergence.mean * mean(&ratios).unwrap_or(1.0) + self.divergence.max * highest,
            matched: if is_closed { 0.0 } else { self.unclosed },
        }
    }
}

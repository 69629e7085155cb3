//! Right answers, their differences, and the rows of `scores.csv`, from the results.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Answerer, BOOTSTRAP, ExplanationResults};
use crate::config::explanations::{Coefficients, Method, TeacherModelSettings};
use crate::eval::statistics::{Estimate, mean, mean_share, share_difference};
use crate::explain::AnswerRow;
use crate::questions::QuestionSplit;
use crate::units::Seed;

/// The share of right answers to each question, by seed.
pub type Shares = BTreeMap<u64, Vec<f64>>;

/// `scores.csv`: the accuracy of one model at one temperature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccuracyRow {
    pub experiment: String,
    /// Empty for models that are no students.
    pub student: String,
    pub teacher: String,
    pub split: QuestionSplit,
    pub temperature: f64,
    pub seeds: u64,
    /// Questions of each seed.
    pub questions: u64,
    /// Mean over seeds of the share of right answers.
    pub accuracy: f64,
    /// 95% interval, by bootstrap over seeds and their questions.
    pub ci_low: Option<f64>,
    pub ci_high: Option<f64>,
    /// Mean share of the question's steps, skipped ones included, that are wrong in what the model writes.
    pub wrong_steps: f64,
    pub tokens: f64,
}

impl ExplanationResults<'_> {
    /// Every model that has answered, students in the order of the file.
    pub fn answerers(&self) -> Vec<Answerer> {
        let place = |answerer: &Answerer| match answerer {
            Answerer::Base => (0, 0, 0),
            Answerer::Student { name, teacher } => {
                let student = self.experiment.students.iter().position(|own| own.name == *name);
                (1, student.unwrap_or(0), self.place(teacher))
            }
            Answerer::Teacher(name) => (2, 0, self.place(name)),
            Answerer::ColdStart(name) => {
                (3, 0, self.experiment.cold_starts.iter().position(|own| own.name == *name).unwrap_or(0))
            }
        };
        let mut all: Vec<Answerer> = self.answers.keys().cloned().collect();
        all.sort_by_key(place);
        all
    }

    /// The place of a teacher in the file.
    pub fn place(&self, teacher: &str) -> usize {
        self.experiment.teachers.iter().position(|own| own.name == teacher).unwrap_or(0)
    }

    /// For each seed, the share of right answers to each question.
    pub fn shares(&self, answerer: &Answerer, split: QuestionSplit, temperature: f64) -> Shares {
        let of_seed = |rows: &Vec<AnswerRow>| {
            let fits = |row: &&AnswerRow| row.split == split && row.temperature == temperature;
            rows.iter().filter(fits).map(|row| f64::from(row.right) / f64::from(row.samples.max(1))).collect::<Vec<_>>()
        };
        let seeds = self.answers.get(answerer).into_iter().flatten();
        seeds.map(|(&seed, rows)| (seed, of_seed(rows))).filter(|(_, shares)| !shares.is_empty()).collect()
    }

    /// Mean accuracy with its interval.
    pub fn accuracy(&self, answerer: &Answerer, split: QuestionSplit, temperature: f64) -> Option<Estimate> {
        let shares = self.shares(answerer, split, temperature);
        mean_share(&shares.values().map(Vec::as_slice).collect::<Vec<_>>(), BOOTSTRAP)
    }

    /// The difference in accuracy of two models over the seeds and questions that both have answered.
    pub fn difference(
        &self,
        (one, other): (&Answerer, &Answerer),
        split: QuestionSplit,
        temperature: f64,
    ) -> Option<Estimate> {
        let [one, other] = [one, other].map(|answerer| self.shares(answerer, split, temperature));
        difference(&one, &other, BOOTSTRAP)
    }

    /// The mean share of the question's steps that are wrong in what a model writes; `None` where it states no step at
    /// all.
    pub fn wrong_steps(&self, answerer: &Answerer, split: QuestionSplit, temperature: f64) -> Option<f64> {
        let is_stated = self.rows_of(answerer, split, temperature).any(|row| row.skipped < 1.0);
        let wrong: Vec<f64> = self.rows_of(answerer, split, temperature).map(|row| row.wrong).collect();
        mean(&wrong).filter(|_| is_stated)
    }

    fn rows_of(&self, answerer: &Answerer, split: QuestionSplit, temperature: f64) -> impl Iterator<Item = &AnswerRow> {
        let rows = self.answers.get(answerer).into_iter().flat_map(BTreeMap::values).flatten();
        rows.filter(move |row| row.split == split && row.temperature == temperature)
    }

    /// The rows of `scores.csv`.
    pub fn rows(&self) -> Vec<AccuracyRow> {
        let mut rows = Vec::new();
        let evaluation = &self.experiment.evaluation;
        for answerer in self.answerers() {
            for split in [QuestionSplit::Test, QuestionSplit::OutOfDomain] {
                for &temperature in &evaluation.temperatures {
                    rows.extend(self.row(&answerer, split, temperature));
                }
            }
        }
        rows
    }

    fn row(&self, answerer: &Answerer, split: QuestionSplit, temperature: f64) -> Option<AccuracyRow> {
        let shares = self.shares(answerer, split, temperature);
        let Estimate { value: accuracy, interval } = self.accuracy(answerer, split, temperature)?;
        let of = |value: fn(&AnswerRow) -> f64| {
            let values: Vec<f64> = self.rows_of(answerer, split, temperature).map(value).collect();
            (mean(&values).unwrap_or(0.0) * 1e4).round() / 1e4
        };
        Some(AccuracyRow {
            experiment: self.experiment.name.clone(),
            student: answerer.student(),
            teacher: answerer.name(),
            split,
            temperature,
            seeds: shares.len() as u64,
            questions: shares.values().next().map_or(0, Vec::len) as u64,
            accuracy,
            ci_low: interval.map(|interval| interval.low),
            ci_high: interval.map(|interval| interval.high),
            wrong_steps: of(|row| row.wrong),
            tokens: of(|row| row.tokens),
        })
    }

    /// The temperature at which claims are judged: the highest.
    pub fn temperature(&self) -> f64 {
        self.experiment.evaluation.temperatures.iter().copied().fold(0.0, f64::max)
    }

    /// The first teacher that learned by the published reward.
    pub fn trained(&self) -> Option<&str> {
        let published = Coefficients::PUBLISHED;
        let is_published =
            |teacher: &&TeacherModelSettings| teacher.method == Method::Grpo && teacher.coefficients() == published;
        self.experiment.teachers.iter().find(is_published).map(|teacher| teacher.name.as_str())
    }

    /// The student of a teacher by name.
    pub fn student(&self, name: &str, teacher: &str) -> Answerer {
        Answerer::Student { name: name.to_owned(), teacher: teacher.to_owned() }
    }
}

/// One model's right answers minus another's, with the interval, over the seeds and questions that both have answered:
/// the same questions, if they are of one task.
pub fn difference(one: &Shares, other: &Shares, bootstrap: Seed) -> Option<Estimate> {
    let pair = |(seed, own)| Some([Vec::as_slice(own), other.get(seed)?.as_slice()]);
    share_difference(&one.iter().filter_map(pair).collect::<Vec<_>>(), bootstrap)
}

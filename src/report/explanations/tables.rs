//! Tables of the report.

use std::collections::{BTreeMap, BTreeSet};

use super::results::{Answerer, ExplanationResults, Lessons};
use crate::eval::statistics::mean;
use crate::questions::{Quality, QuestionSplit};
use crate::report::format::{NONE, duration, number, or_dash, percent, percent_with_interval};
use crate::report::table::{Table, numbers, words};
use crate::units::grouped;

/// Accuracy of every model: greedy and drawn, and out of domain.
pub fn accuracy(results: &ExplanationResults) -> Table {
    let columns = vec![
        words("student", "The way of learning; empty for models that are no students."),
        words("explanations of", "The teacher; or a model that answers by itself."),
        numbers(
            "greedy",
            "Right answers to test questions at temperature 0, with 95% interval over seeds and questions.",
        ),
        numbers("drawn", "The same with answers drawn at the highest temperature."),
        numbers("longer, greedy", "Right answers to longer questions than those of training, at temperature 0."),
        numbers("longer, drawn", "The same, drawn."),
    ];
    let drawn = results.temperature();
    let row = |answerer: Answerer| {
        let cell = |split, temperature| or_dash(results.accuracy(&answerer, split, temperature), percent_with_interval);
        vec![
            answerer.student(),
            answerer.name(),
            cell(QuestionSplit::Test, 0.0),
            cell(QuestionSplit::Test, drawn),
            cell(QuestionSplit::OutOfDomain, 0.0),
            cell(QuestionSplit::OutOfDomain, drawn),
        ]
    };
    Table::of(columns, results.answerers().into_iter().map(row))
}

/// Means over a teacher's explanations.
pub struct Audit {
    pub reward: f64,
    pub r_ss: f64,
    pub r_kl: f64,
    /// Characters of an explanation.
    pub length: f64,
    pub complete: f64,
    /// Shares of the question's steps, those that are skipped included.
    pub fine: f64,
    pub wrong: f64,
    pub skipped: f64,
    pub given_away: f64,
}

impl Audit {
    /// The audit of one seed's explanations; `None` if there are none.
    pub fn of(lessons: &Lessons) -> Option<Audit> {
        let over = |value: &dyn Fn(usize) -> f64| {
            let values: Vec<f64> = (0..lessons.traces.len()).map(value).collect();
            mean(&values)
        };
        let quality = |value: &dyn Fn(&Quality) -> f64| {
            let values: Vec<f64> = lessons.qualities.iter().map(value).collect();
            mean(&values)
        };
        let share = |part: u32, quality: &Quality| f64::from(part) / f64::from(quality.steps().max(1));
        Some(Audit {
            reward: over(&|i| lessons.traces[i].reward)?,
            r_ss: over(&|i| lessons.traces[i].r_ss)?,
            r_kl: over(&|i| lessons.traces[i].r_kl)?,
            length: over(&|i| lessons.traces[i].explanation.len() as f64)?,
            complete: quality(&|own| f64::from(u8::from(own.is_complete())))?,
            fine: quality(&|own| share(own.fine, own))?,
            wrong: quality(&|own| share(own.wrong, own))?,
            skipped: quality(&|own| share(own.skipped, own))?,
            given_away: quality(&|own| f64::from(u8::from(own.gives_away())))?,
        })
    }
}

/// The mean of the audits of all seeds of a teacher.
pub fn audit(seeds: &BTreeMap<u64, Lessons>, value: fn(&Audit) -> f64) -> Option<f64> {
    let values: Vec<f64> = seeds.values().filter_map(Audit::of).map(|own| value(&own)).collect();
    mean(&values)
}

/// The mean share of the question's steps that are wrong in a teacher's explanations; `None` where they state no step
/// at all.
pub fn wrong_steps(seeds: &BTreeMap<u64, Lessons>) -> Option<f64> {
    let states_one = |quality: &Quality| quality.skipped < quality.steps();
    let is_stated = seeds.values().flat_map(|own| &own.qualities).any(states_one);
    audit(seeds, |own| own.wrong).filter(|_| is_stated)
}

/// Reward and quality of each teacher's explanations.
pub fn explanations(results: &ExplanationResults) -> Table {
    let columns = vec![
        words("teacher", ""),
        numbers(
            "published reward",
            "r_SS − r_KL + match with the published coefficients; the student is the base model, the teacher the one that wrote it, or the teacher after its warm-up where no teacher did.",
        ),
        numbers("r_SS", "How well the student can say the solution after the explanation."),
        numbers("r_KL", "How much likelier the explanation is for one who knows the solution, with its coefficients."),
        numbers("tokens", "Of an explanation."),
        numbers("complete", "Explanations with every step, all right."),
        numbers("fine steps", "Those of the question’s steps that are there with right operands and result."),
        numbers(
            "wrong steps",
            "Those of the question’s steps, skipped ones included, that are there with something wrong; none where no \
             explanation states a step.",
        ),
        numbers("skipped steps", "Those of the question’s steps that are not there."),
        numbers("given away", "Explanations that state the solution before the steps have led to it."),
        numbers("kept", "Of the explanations that were drawn."),
    ];
    let mut rows = Vec::new();
    for teacher in &results.experiment.teachers {
        let Some(seeds) = results.lessons.get(&teacher.name) else { continue };
        let plain = |value| or_dash(audit(seeds, value), number);
        let share = |value| or_dash(audit(seeds, value), percent);
        let kept: Vec<f64> = seeds.values().map(|own| own.traces.len() as f64 / own.header.drawn as f64).collect();
        rows.push(vec![
            teacher.name.clone(),
            plain(|own| own.reward),
            plain(|own| own.r_ss),
            plain(|own| own.r_kl),
            plain(|own| own.length),
            share(|own| own.complete),
            share(|own| own.fine),
            or_dash(wrong_steps(seeds), percent),
            share(|own| own.skipped),
            share(|own| own.given_away),
            or_dash(mean(&kept), percent),
        ]);
    }
    Table::of(columns, rows)
}

/// The results of the steps of a training: the first ones, the middle, the last ones.
pub fn learning(results: &ExplanationResults) -> Table {
    let columns = vec![
        words("teacher", ""),
        numbers("up to step", "Means over all seeds and a tenth of the steps up to this one."),
        numbers("own reward", "With the teacher's own coefficients; of a solver the share of right answers."),
        numbers("r_SS", ""),
        numbers("r_KL", ""),
        numbers("tokens", ""),
        numbers("given away", ""),
        numbers("complete", ""),
        numbers("steps right", "Those of the question’s steps that are there with the right result."),
        numbers("closed", "Explanations with an end."),
    ];
    let mut rows = Vec::new();
    for (name, seeds) in &results.learning {
        let steps = seeds.values().map(Vec::len).min().unwrap_or(0);
        let tenth = (steps / 10).max(1);
        // A short training has fewer stages.
        for end in BTreeSet::from([tenth, (steps / 2).max(tenth), steps]) {
            let of = |value: fn(&crate::explain::ReinforceRow) -> Option<f64>| {
                let part = seeds.values().flat_map(|rows| &rows[end.saturating_sub(tenth)..end]);
                let values: Option<Vec<f64>> = part.map(value).collect();
                values.and_then(|values| mean(&values))
            };
            rows.push(vec![
                name.clone(),
                grouped(end as u64),
                or_dash(of(|row| Some(row.reward)), number),
                or_dash(of(|row| row.r_ss), number),
                or_dash(of(|row| row.r_kl), number),
                or_dash(of(|row| Some(row.tokens)), number),
                or_dash(of(|row| Some(row.given_away)), percent),
                or_dash(of(|row| Some(row.complete)), percent),
                or_dash(of(|row| Some(row.fine + row.terse)), percent),
                or_dash(of(|row| Some(row.closed)), percent),
            ]);
        }
    }
    Table::of(columns, rows)
}

/// CPU time of each kind of task.
pub fn costs(results: &ExplanationResults) -> Table {
    let columns = vec![
        words("work", ""),
        numbers("tasks", ""),
        numbers(
            "CPU time of each",
            "Mean seconds that a task's threads computed; those of libtorch's own threads and of a GPU are not counted.",
        ),
        numbers("of all", ""),
    ];
    let row = |(what, &(seconds, count)): (&String, &(f64, u64))| {
        let each = if count > 0 { format!("{:.0} s", seconds / count as f64) } else { NONE.to_owned() };
        vec![what.clone(), grouped(count), each, duration(seconds.round() as u64)]
    };
    Table::of(columns, results.seconds.iter().map(row))
}

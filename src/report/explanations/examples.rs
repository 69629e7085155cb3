//! Examples of explanations.

use super::results::{ExplanationResults, Lessons};
use crate::report::format::number;
use crate::report::table::{Table, numbers, words};

/// Examples of each teacher.
const EXAMPLES: usize = 3;

/// Explanations of the first seed: by each teacher those of the same questions, if there are some that all explain.
pub fn examples(results: &ExplanationResults) -> Table {
    let columns = vec![
        words("teacher", ""),
        words("question", ""),
        words("solution", ""),
        words("explanation", ""),
        numbers("reward", "As in the table of explanations."),
    ];
    let lessons_of = |name: &str| results.lessons.get(name).and_then(|seeds| seeds.values().next());
    let names = results.experiment.teachers.iter().map(|teacher| teacher.name.as_str());
    let teachers: Vec<(&str, &Lessons)> = names.filter_map(|name| Some((name, lessons_of(name)?))).collect();
    let common = common_questions(&teachers);
    let mut rows = Vec::new();
    for (name, lessons) in teachers {
        let of = |question: &&str| lessons.traces.iter().find(|trace| trace.question == *question);
        let shown: Vec<_> = match common.as_slice() {
            [] => lessons.traces.iter().take(EXAMPLES).collect(),
            common => common.iter().filter_map(of).collect(),
        };
        for trace in shown {
            let end = if trace.closed { "" } else { " …" };
            rows.push(vec![
                name.to_owned(),
                trace.question.clone(),
                trace.solution.clone(),
                format!("{}{end}", trace.explanation),
                number(trace.reward),
            ]);
        }
    }
    Table::of(columns, rows)
}

/// The first questions that all teachers explain.
fn common_questions<'a>(teachers: &[(&str, &'a Lessons)]) -> Vec<&'a str> {
    let Some((_, first)) = teachers.first() else { return Vec::new() };
    let explains = |lessons: &Lessons, question: &str| lessons.traces.iter().any(|trace| trace.question == question);
    let questions = first.traces.iter().map(|trace| trace.question.as_str());
    let by_all = |question: &&str| teachers.iter().all(|(_, lessons)| explains(lessons, question));
    questions.filter(by_all).take(EXAMPLES).collect()
}

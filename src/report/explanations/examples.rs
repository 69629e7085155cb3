//! Examples of explanations.

use super::results::ExplanationResults;
use crate::report::format::number;
use crate::report::table::{Table, numbers, words};

/// Examples of each teacher.
const EXAMPLES: usize = 3;

/// The explanations of the same questions by each teacher, of the first seed.
pub fn examples(results: &ExplanationResults) -> Table {
    let columns = vec![
        words("teacher", ""),
        words("question", ""),
        words("solution", ""),
        words("explanation", ""),
        numbers("reward", "As in the table of explanations."),
    ];
    let mut rows = Vec::new();
    for teacher in &results.experiment.teachers {
        let lessons = results.lessons.get(&teacher.name).and_then(|seeds| seeds.values().next());
        for trace in lessons.into_iter().flat_map(|lessons| lessons.traces.iter().take(EXAMPLES)) {
            let end = if trace.closed { "" } else { " …" };
            rows.push(vec![
                teacher.name.clone(),
                trace.question.clone(),
                trace.solution.clone(),
                format!("{}{end}", trace.explanation),
                number(trace.reward),
            ]);
        }
    }
    Table::of(columns, rows)
}

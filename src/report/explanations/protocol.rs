//! The protocol of the line in a few sentences.

use super::results::ExplanationResults;
use crate::report::format::{counted, listed};
use crate::report::prose;
use crate::units::grouped;

/// The protocol behind every number of the report.
pub fn protocol(results: &ExplanationResults) -> Vec<String> {
    let seeds: Vec<String> = results.experiment.seeds.iter().map(u64::to_string).collect();
    vec![
        format!(
            "Each seed has a base model, teachers, explanations, students and questions of its own; here {}.",
            listed(&seeds)
        ),
        questions(results),
        format!(
            "Claims are judged at temperature {}, the highest, and where they name no other by students of the first kind.",
            results.temperature()
        ),
        prose::intervals(": the seeds are drawn with replacement, then the questions of each.", "questions"),
        "Where all questions have the same share of right answers, as at 0% and 100%, or the same difference, all resamples are \
         equal. The interval there is made of the exact one for what was never found among so many questions (Clopper and Pearson, \
         1934); it covers the chance of the questions alone."
            .to_owned(),
        format!(
            "Two models are compared question by question, over the seeds and questions that both have answered: one is better or \
             worse if the interval of the difference lies on one side of 0. {}",
            prose::EACH_BY_ITSELF
        ),
    ]
}

/// The number of questions and of answers to each.
fn questions(results: &ExplanationResults) -> String {
    let asked = &results.experiment.evaluation;
    let longer = if asked.out_of_domain { " and as many longer ones" } else { "" };
    let how_often = |&temperature: &f64| {
        let samples = if temperature == 0.0 { 1 } else { asked.samples };
        let greedily = if temperature == 0.0 { " (greedily)" } else { "" };
        let times = if samples == 1 { "once".to_owned() } else { format!("{} times", grouped(samples as u64)) };
        format!("{times} at temperature {temperature}{greedily}")
    };
    let temperatures: Vec<String> = asked.temperatures.iter().map(how_often).collect();
    format!(
        "All models of a seed answer the same {}{longer}, none of which is a question of training: {}. An answer is right if it \
         ends with the solution.",
        counted(asked.questions as u64, "test question"),
        listed(&temperatures)
    )
}

//! Reports of made-up folders of the line of explanations.

use std::fs;

use crate::config::Overrides;
use crate::config::explanations::{Explanations, read_text};
use crate::explain::{AnswerRow, ExplanationRecord, ExplanationsHeader, save_explanations};
use crate::questions::{QuestionSplit, QuestionTask};
use crate::record::{Folder, ModelId, write_rows};
use crate::report::explanations::write;
use crate::units::Seed;

/// Questions of each seed.
const QUESTIONS: usize = 8;

/// A teacher that states every step and one that states none, with a student of each.
const EXPERIMENT: &str = r#"
name = "made-up"
seeds = [1, 2]
[evaluation]
questions = 8
out_of_domain = false
[[teachers]]
name = "worked"
method = "program"
[[teachers]]
name = "nothing"
method = "none"
[[students]]
name = "same"
"#;

/// The experiment with its explanations and with answers of its students, which write what they have read.
fn made() -> (tempfile::TempDir, Folder, Explanations) {
    let kept = tempfile::tempdir().unwrap();
    let folder = Folder::at(kept.path().join("made-up"));
    let experiment = read_text("x.toml", "x", EXPERIMENT, &Overrides::default()).unwrap();
    for seed in [1, 2] {
        for (teacher, states_steps) in [("worked", true), ("nothing", false)] {
            explain(&folder, &experiment, teacher, seed, states_steps);
            let model = ModelId::Student { name: "same".into(), teacher: teacher.into(), seed };
            answer(&folder, &experiment, &model, states_steps);
        }
    }
    (kept, folder, experiment)
}

fn explain(folder: &Folder, experiment: &Explanations, teacher: &str, seed: u64, states_steps: bool) {
    let (task, mut generator) = (QuestionTask::new(&experiment.task), Seed(seed).generator());
    let trace = |_| {
        let question = task.draw(QuestionSplit::Train, &mut generator);
        let steps: String = question.steps.iter().map(|step| step.fine.as_str()).collect();
        let explanation = if states_steps { steps } else { String::new() };
        let (text, solution) = (question.text, question.solution);
        ExplanationRecord { question: text, solution, explanation, closed: true, r_ss: -1.0, r_kl: 0.0, reward: -1.0 }
    };
    let traces: Vec<ExplanationRecord> = (0..QUESTIONS).map(trace).collect();
    let (drawn, task) = (QUESTIONS as u64, experiment.task.clone());
    let header = ExplanationsHeader { task, teacher: teacher.into(), seed, drawn, traces: drawn };
    let path = folder.explanations(teacher, seed).traces();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    save_explanations(&path, &header, &traces).unwrap();
}

/// Half of the questions have a right answer, with a quarter of the stated steps wrong; none without steps.
fn answer(folder: &Folder, experiment: &Explanations, model: &ModelId, states_steps: bool) {
    let row = |number: usize, temperature: f64| AnswerRow {
        split: QuestionSplit::Test,
        temperature,
        question: number.to_string(),
        samples: 4,
        right: if states_steps && number.is_multiple_of(2) { 4 } else { 0 },
        tokens: 9.0,
        wrong: if states_steps { 0.25 } else { 0.0 },
        skipped: if states_steps { 0.0 } else { 1.0 },
    };
    let temperatures = experiment.evaluation.temperatures.iter();
    let rows: Vec<AnswerRow> =
        temperatures.flat_map(|&own| (0..QUESTIONS).map(move |number| row(number, own))).collect();
    let path = folder.run(model).answers();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    write_rows(&path, &rows).unwrap();
}

/// `summary.md`, and the page.
fn report() -> (String, String) {
    let (_kept, folder, experiment) = made();
    write(&folder, &experiment, None).unwrap();
    let read = |name: &str| fs::read_to_string(folder.report().join(name)).unwrap();
    (read("summary.md"), read("index.html"))
}

#[test]
fn wrong_steps_are_a_share_of_the_questions_steps_and_none_where_none_is_stated() {
    let (summary, page) = report();
    let worked = "worked: of the questions’ steps, 0.0% are wrong in its explanations, and 25% are wrong in what its \
                  students write.";
    let nothing = "nothing: of the questions’ steps, none is stated in its explanations, and none is stated in what its \
                   students write.";
    for sentence in [worked, nothing] {
        assert!(summary.contains(sentence) && page.contains(sentence), "{summary}");
    }
    // Reward, r_SS, r_KL, length, complete, fine, wrong, skipped.
    assert!(summary.contains("| nothing | −1.00 | −1.00 | 0.00 | 0.00 | 0.0% | 0.0% | – | 100% |"), "{summary}");
}

#[test]
fn the_protocol_and_the_way_to_repeat_stand_on_page_and_in_markdown() {
    let (summary, page) = report();
    for sentence in [
        "Each seed has a base model, teachers, explanations, students and questions of its own; here 1 and 2.",
        "All models of a seed answer the same 8 test questions, none of which is a question of training: once at temperature \
         0 (greedily) and 4 times at temperature 0.7.",
        "95% percentile bootstrap intervals (10,000 resamples): the seeds are drawn with replacement, then the questions of each.",
        "among many comparisons some are wrong by chance.",
    ] {
        assert!(summary.contains(sentence) && page.contains(sentence), "{sentence} is not in {summary}");
    }
    assert!(
        summary.ends_with("\n\n## How to repeat\n\n    pd run made-up/experiment.toml --out made-up-again\n"),
        "{summary}"
    );
    assert!(page.contains(">Clopper and Pearson, 1934</a>") && page.contains("id=\"repeat\""));
}

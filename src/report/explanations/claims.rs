//! The paper's claims, each with a verdict from the figures.

use super::results::{Answerer, ExplanationResults};
use super::tables::{Audit, audit, wrong_steps};
use crate::config::explanations::{Coefficients, Method, TeacherModelSettings};
use crate::eval::statistics::{Estimate, correlation_interval, mean, pearson, spearman};
use crate::questions::QuestionSplit;
use crate::report::explanations::results::BOOTSTRAP;
use crate::report::format::{number, percent, percent_with_interval};

/// A claim and what the results say of it.
pub struct Claim {
    pub title: &'static str,
    pub sentences: Vec<String>,
}

/// Every claim that the experiment can say something of.
pub fn claims(results: &ExplanationResults) -> Vec<Claim> {
    let all = [
        comparison(results),
        ranking(results),
        ablations(results),
        sizes(results),
        cold_starts(results),
        out_of_domain(results),
        inheritance(results),
    ];
    all.into_iter().filter(|claim| !claim.sentences.is_empty()).collect()
}

/// The finding of a difference with its interval.
fn verdict(difference: Estimate) -> String {
    let points = |value: f64| format!("{:+.1}", 100.0 * value).replace('-', "−");
    let bounds = difference.interval.map_or(String::new(), |ci| format!(" [{}, {}]", points(ci.low), points(ci.high)));
    let word = match difference {
        better if better.is_above(0.0) => "better",
        worse if worse.is_below(0.0) => "worse",
        _ => "not told apart",
    };
    format!("{word}, by {}{bounds} percentage points", points(difference.value))
}

fn first_student<'a>(results: &'a ExplanationResults) -> Option<&'a str> {
    results.experiment.students.first().map(|student| student.name.as_str())
}

/// Students of the trained teacher against those of each other teacher.
fn comparison(results: &ExplanationResults) -> Claim {
    Claim {
        title: "Students of the trained teacher against those of each other source",
        sentences: first_student(results).map_or(Vec::new(), |student| against(results, student, QuestionSplit::Test)),
    }
}

fn against(results: &ExplanationResults, student: &str, split: QuestionSplit) -> Vec<String> {
    let Some(trained) = results.trained() else { return Vec::new() };
    let own = results.student(student, trained);
    let temperature = results.temperature();
    let Some(accuracy) = results.accuracy(&own, split, temperature) else { return Vec::new() };
    let mut sentences = vec![format!(
        "Students \"{student}\" of {trained} answer {} of the {} questions rightly at temperature {temperature}.",
        percent_with_interval(accuracy),
        split.name(),
    )];
    let others = results.answerers().into_iter().filter(|other| *other != own).filter(|other| match other {
        Answerer::Student { name, .. } => name == student,
        _ => true,
    });
    for other in others {
        if let Some(difference) = results.difference((&own, &other), split, temperature) {
            let who = match &other {
                Answerer::Student { teacher, .. } => format!("students of {teacher}"),
                other => other.name(),
            };
            sentences.push(format!("Against {who}: {}.", verdict(difference)));
        }
    }
    sentences
}

/// For each teacher in `chosen` and seed: the mean reward of its explanations, and its students' accuracy.
pub fn pairs(
    results: &ExplanationResults,
    student: &str,
    chosen: &dyn Fn(&TeacherModelSettings) -> bool,
) -> Vec<(f64, f64)> {
    let mut pairs = Vec::new();
    for teacher in results.experiment.teachers.iter().filter(|teacher| chosen(teacher)) {
        let shares =
            results.shares(&results.student(student, &teacher.name), QuestionSplit::Test, results.temperature());
        for (seed, lessons) in results.lessons.get(&teacher.name).into_iter().flatten() {
            let accuracy = shares.get(seed).and_then(|shares| mean(shares));
            pairs.extend(Audit::of(lessons).map(|audit| audit.reward).zip(accuracy));
        }
    }
    pairs
}

/// Whether the reward ranks explanations as their students do.
fn ranking(results: &ExplanationResults) -> Claim {
    let mut sentences = Vec::new();
    let student = first_student(results).unwrap_or_default();
    let ranked = |teacher: &TeacherModelSettings| teacher.method == Method::Ranked;
    for (what, pairs) in [
        ("the ranks of the untrained teacher's explanations", pairs(results, student, &ranked)),
        ("all sources of explanations", pairs(results, student, &|_| true)),
    ] {
        let with_interval = |coefficient: fn(&[(f64, f64)]) -> Option<f64>| {
            let value = coefficient(&pairs)?;
            let interval = correlation_interval(&pairs, coefficient, BOOTSTRAP);
            let bounds = interval.map_or(String::new(), |ci| format!(" [{}, {}]", number(ci.low), number(ci.high)));
            Some(number(value) + &bounds)
        };
        if let Some((linear, ranks)) = with_interval(pearson).zip(with_interval(spearman)) {
            let count = pairs.len();
            sentences.push(format!(
                "Over {what}, {count} pairs of mean reward and students' accuracy: Pearson's r {linear}, Spearman's {ranks}. \
                 Notes of the paper report Pearson's 0.89 over ranks. The intervals draw pairs, which share seeds and \
                 teachers: with few of them they say little."
            ));
        }
    }
    Claim { title: "The reward against what students learn", sentences }
}

/// Teachers that learned by a changed reward.
fn ablations(results: &ExplanationResults) -> Claim {
    let mut sentences = Vec::new();
    let mut say = |teacher: &TeacherModelSettings, what: &str| {
        let Some(seeds) = results.lessons.get(&teacher.name) else { return };
        let share = |value| audit(seeds, value).map_or(String::new(), percent);
        let plain = |value| audit(seeds, value).map_or(String::new(), number);
        let accuracy = first_student(results).and_then(|student| {
            results.accuracy(&results.student(student, &teacher.name), QuestionSplit::Test, results.temperature())
        });
        let learned = accuracy.map_or(String::new(), |accuracy| {
            format!("; its students answer {} rightly", percent_with_interval(accuracy))
        });
        sentences.push(format!(
            "{} ({what}): the solution is given away in {} of its explanations, {} have every step right, {} tokens each{learned}.",
            teacher.name,
            share(|own| own.given_away),
            share(|own| own.complete),
            plain(|own| own.length),
        ));
    };
    let mut reported = false;
    for teacher in results.experiment.teachers.iter().filter(|teacher| teacher.method == Method::Grpo) {
        let own = teacher.coefficients();
        reported |= own != Coefficients::PUBLISHED;
        say(teacher, &changed_parts(own));
    }
    Claim { title: "The parts of the reward", sentences: if reported { sentences } else { Vec::new() } }
}

/// The parts of a reward that differ from the published ones.
fn changed_parts(own: Coefficients) -> String {
    let parts = |of: Coefficients| {
        let Coefficients { solution, divergence, unclosed } = of;
        [
            ("divergence.mean", divergence.mean),
            ("divergence.max", divergence.max),
            ("solution.mean", solution.mean),
            ("solution.min", solution.min),
            ("unclosed", unclosed),
        ]
    };
    let pairs = parts(own).into_iter().zip(parts(Coefficients::PUBLISHED));
    let changed: Vec<_> = pairs.filter(|(own, published)| own != published).collect();
    let named: Vec<&str> = changed.iter().map(|((name, _), _)| *name).collect();
    let are_gone = changed.iter().all(|((_, value), _)| *value == 0.0);
    match named.as_slice() {
        [] => "the published reward".to_owned(),
        ["divergence.mean", "divergence.max"] if are_gone => "without r_KL".to_owned(),
        ["divergence.max", "solution.min"] if are_gone => "without min and max".to_owned(),
        _ => {
            let in_words = |((name, own), (_, published)): &((&str, f64), (&str, f64))| {
                format!("{name} {own} instead of {published}")
            };
            changed.iter().map(in_words).collect::<Vec<_>>().join(", ")
        }
    }
}

/// Other kinds of students.
fn sizes(results: &ExplanationResults) -> Claim {
    let others = results.experiment.students.iter().skip(1);
    let sentences = others.flat_map(|student| against(results, &student.name, QuestionSplit::Test)).collect();
    Claim { title: "Other students", sentences }
}

/// Students that went on to learn from right answers, against solvers that began with the base model.
fn cold_starts(results: &ExplanationResults) -> Claim {
    let mut sentences = Vec::new();
    let temperature = results.temperature();
    for own in &results.experiment.cold_starts {
        let continued = Answerer::ColdStart(own.name.clone());
        let Some(accuracy) = results.accuracy(&continued, QuestionSplit::Test, temperature) else {
            continue;
        };
        sentences.push(format!(
            "{}: a student \"{}\" of {}, after {} steps of learning from right answers, answers {} rightly.",
            own.name,
            own.student,
            own.teacher,
            own.learning.steps,
            percent_with_interval(accuracy)
        ));
        for teacher in results.experiment.teachers.iter().filter(|teacher| teacher.method == Method::Solver) {
            let solver = Answerer::Teacher(teacher.name.clone());
            if let Some(difference) = results.difference((&continued, &solver), QuestionSplit::Test, temperature) {
                let steps = teacher.learning.steps;
                sentences.push(format!(
                    "Against {}, {steps} steps from the base model: {}.",
                    teacher.name,
                    verdict(difference)
                ));
            }
        }
    }
    Claim { title: "Students as a start for learning from right answers", sentences }
}

/// Questions that are longer than those of training.
fn out_of_domain(results: &ExplanationResults) -> Claim {
    let sentences =
        first_student(results).map_or(Vec::new(), |student| against(results, student, QuestionSplit::OutOfDomain));
    Claim { title: "Longer questions than those of training", sentences }
}

/// Wrong steps in explanations, and in what students write. Both are shares of the questions' steps, as `answers.csv`
/// has them.
fn inheritance(results: &ExplanationResults) -> Claim {
    let (student, temperature) = (first_student(results).unwrap_or_default(), results.temperature());
    let in_words = |wrong: Option<f64>| wrong.map_or("none is stated".to_owned(), |own| percent(own) + " are wrong");
    let of_teacher = |teacher: &TeacherModelSettings| {
        let seeds = results.lessons.get(&teacher.name).filter(|seeds| audit(seeds, |own| own.wrong).is_some())?;
        let own = results.student(student, &teacher.name);
        results.accuracy(&own, QuestionSplit::Test, temperature)?;
        Some(format!(
            "{}: of the questions’ steps, {} in its explanations, and {} in what its students write.",
            teacher.name,
            in_words(wrong_steps(seeds)),
            in_words(results.wrong_steps(&own, QuestionSplit::Test, temperature))
        ))
    };
    let of_teachers: Vec<String> = results.experiment.teachers.iter().filter_map(of_teacher).collect();
    let definition = (!of_teachers.is_empty()).then(|| {
        format!(
            "Students are \"{student}\", at temperature {temperature}. A step that is skipped counts, but is not wrong."
        )
    });
    Claim { title: "What students inherit", sentences: definition.into_iter().chain(of_teachers).collect() }
}

//! Refuses values that have the right type but cannot work.

use super::{
    ChosenTeachers, ColdStartSettings, Explanations, FitSettings, KeptTraces, Method, ModelSettings, ReinforceSettings,
    Start, StudentModelSettings, TeacherModelSettings,
};
use crate::config::Fault;
use crate::config::rules::{self, distinct, rule};
use crate::questions::FamilyName;

const MOST_STEPS: u64 = 1_000_000_000;
const MOST_TOKENS: u64 = 1_000_000_000_000;
/// Texts of a step, and completions of a question.
const MOST_TEXTS: u64 = 1 << 16;
/// Questions that are explained or answered.
const MOST_QUESTIONS: u64 = 10_000_000;

/// Refuses the first value that is out of range.
pub fn check(experiment: &Explanations) -> Result<(), Fault> {
    rules::experiment_name(&experiment.name)?;
    rules::seeds(&experiment.seeds)?;
    task(experiment)?;
    model("model", &experiment.model)?;
    fit("base", &experiment.base.fit)?;
    share("base.teacher_share", experiment.base.teacher_share)?;
    share("base.worked", experiment.base.worked)?;
    fit("warmup", &experiment.warmup)?;
    count("traces.count", experiment.traces.count as u64, MOST_QUESTIONS)?;
    above_0("traces.temperature", experiment.traces.temperature)?;
    let evaluation = &experiment.evaluation;
    count("evaluation.questions", evaluation.questions as u64, MOST_QUESTIONS)?;
    rule("evaluation.samples", (1..=256).contains(&evaluation.samples), "must be from 1 to 256")?;
    let measured = (1..=16).contains(&evaluation.temperatures.len());
    let finite = evaluation.temperatures.iter().all(|&t| t >= 0.0 && t.is_finite());
    rule("evaluation.temperatures", measured && finite, "must be 1 to 16 finite numbers, none below 0")?;
    rule("teachers", !experiment.teachers.is_empty(), "must have at least one entry")?;
    rule("students", !experiment.students.is_empty(), "must have at least one entry")?;
    names("teachers", experiment.teachers.iter().map(|teacher| &teacher.name))?;
    names("students", experiment.students.iter().map(|student| &student.name))?;
    names("cold_starts", experiment.cold_starts.iter().map(|own| &own.name))?;
    for (index, own) in experiment.cold_starts.iter().enumerate() {
        let is_other = experiment.teacher(&own.name).is_none();
        rule(&format!("cold_starts.{index}.name"), is_other, "is the name of a teacher")?;
    }
    for (index, teacher) in experiment.teachers.iter().enumerate() {
        explainer(&format!("teachers.{index}"), teacher)?;
    }
    for (index, student) in experiment.students.iter().enumerate() {
        learner(experiment, &format!("students.{index}"), student)?;
    }
    for (index, own) in experiment.cold_starts.iter().enumerate() {
        cold_start(experiment, &format!("cold_starts.{index}"), own)?;
    }
    Ok(())
}

fn cold_start(experiment: &Explanations, key: &str, own: &ColdStartSettings) -> Result<(), Fault> {
    let at = |name: &str| format!("{key}.{name}");
    let student = experiment.student(&own.student);
    rule(&at("student"), student.is_some(), &format!("there is no student \"{}\"", own.student))?;
    let teaches = student
        .is_some_and(|student| experiment.teachers_of(student).iter().any(|teacher| teacher.name == own.teacher));
    let problem = format!("\"{}\" is no teacher of student \"{}\"", own.teacher, own.student);
    rule(&at("teacher"), teaches, &problem)?;
    reinforce(key, &own.learning)
}

fn reinforce(key: &str, own: &ReinforceSettings) -> Result<(), Fault> {
    let at = |name: &str| format!("{key}.{name}");
    count(&at("steps"), own.steps, MOST_STEPS)?;
    count(&at("questions"), own.questions as u64, MOST_TEXTS)?;
    let group = (2..=MOST_TEXTS as usize).contains(&own.group);
    rule(&at("group"), group, &format!("must be from 2, since advantages are relative to a group, to {MOST_TEXTS}"))?;
    above_0(&at("temperature"), own.temperature)?;
    above_0(&at("learning_rate"), own.learning_rate)?;
    at_least_0(&at("beta"), own.beta)?;
    count(&at("reference_every"), own.reference_every, MOST_STEPS)?;
    share(&at("reference_share"), own.reference_share)
}

fn task(experiment: &Explanations) -> Result<(), Fault> {
    let task = &experiment.task;
    let registers = task.family != FamilyName::Registers || (2..=4).contains(&task.registers);
    rule("task.registers", registers, "must be from 2 to 4")?;
    let constants = task.family != FamilyName::Registers || (1..=9).contains(&task.constants);
    rule("task.constants", constants, "must be from 1 to 9")?;
    let [shortest, longest] = task.length;
    rule(
        "task.length",
        (1..=longest).contains(&shortest) && longest <= 16,
        "must be two numbers from 1 to 16, the shortest first",
    )?;
    let [first, last] = task.held_out;
    let longer = first > longest && last >= first && last <= 20;
    rule(
        "task.held_out",
        longer,
        "must be longer than every question of training, and at most 20, the shortest first",
    )?;
    let mixture = &task.explanations;
    for (key, value) in [
        ("fine", mixture.fine),
        ("skipped", mixture.skipped),
        ("wrong", mixture.wrong),
        ("filler", mixture.filler),
        ("given_away", mixture.given_away),
    ] {
        share(&format!("task.explanations.{key}"), value)?;
    }
    let sum = mixture.fine + mixture.skipped <= 1.0;
    rule("task.explanations.fine", sum, "must be at most 1 together with skipped")
}

fn explainer(key: &str, teacher: &TeacherModelSettings) -> Result<(), Fault> {
    let at = |name: &str| format!("{key}.{name}");
    reinforce(key, &teacher.learning)?;
    for (name, value) in [
        ("solution.mean", teacher.solution.mean),
        ("solution.min", teacher.solution.min),
        ("divergence.mean", teacher.divergence.mean),
        ("divergence.max", teacher.divergence.max),
        ("unclosed", teacher.unclosed),
    ] {
        rule(&at(name), value.is_finite(), "must be a finite number")?;
    }
    rule(&at("rank"), teacher.rank < teacher.learning.group, "must be below group")?;
    rule(&at("traces"), teacher.traces as u64 <= MOST_QUESTIONS, &format!("must be at most {MOST_QUESTIONS}"))?;
    let solves = teacher.keep != KeptTraces::Right || teacher.method == Method::Solver;
    rule(&at("keep"), solves, "\"right\" is for a solver: no other teacher answers; \"complete\" fits all")
}

fn learner(experiment: &Explanations, key: &str, student: &StudentModelSettings) -> Result<(), Fault> {
    let at = |name: &str| format!("{key}.{name}");
    fit(key, &student.fit)?;
    rule(&at("tokens"), student.tokens <= MOST_TOKENS, &format!("must be at most {MOST_TOKENS}"))?;
    let own = experiment.model_of(student);
    model(key, &own)?;
    let fits = student.from == Start::Scratch || own == experiment.model;
    rule(&at("from"), fits, "must be \"scratch\", since the base model has another size")?;
    if let ChosenTeachers::Named(names) = &student.teachers {
        let unknown = names.iter().find(|name| experiment.teacher(name).is_none());
        let problem = format!("there is no teacher \"{}\"", unknown.map_or("", String::as_str));
        rule(&at("teachers"), unknown.is_none(), &problem)?;
    }
    Ok(())
}

fn fit(key: &str, fit: &FitSettings) -> Result<(), Fault> {
    count(&format!("{key}.steps"), fit.steps, MOST_STEPS)?;
    count(&format!("{key}.batch"), fit.batch as u64, MOST_TEXTS)?;
    above_0(&format!("{key}.learning_rate"), fit.learning_rate)?;
    rule(&format!("{key}.warmup"), (0.0..1.0).contains(&fit.warmup), "must be at least 0 and below 1")?;
    at_least_0(&format!("{key}.weight_decay"), fit.weight_decay)
}

fn model(key: &str, model: &ModelSettings) -> Result<(), Fault> {
    let ModelSettings { width, layers, heads } = *model;
    rule(&format!("{key}.layers"), (1..=48).contains(&layers), "must be from 1 to 48")?;
    rule(&format!("{key}.width"), (2..=4096).contains(&width), "must be from 2 to 4096")?;
    let divides = heads >= 1 && width.is_multiple_of(2 * heads);
    rule(&format!("{key}.heads"), divides, "must divide the width into even parts")
}

fn names<'a>(list: &str, names: impl Iterator<Item = &'a String> + Clone) -> Result<(), Fault> {
    for (index, name) in names.clone().enumerate() {
        let key = format!("{list}.{index}.name");
        rules::name(&key, name)?;
        // Keys of settings are NAME.KEY, in which the first dot ends the name.
        rule(&key, !name.contains('.'), "must be without \".\"")?;
        rule(&key, distinct(names.clone().take(index + 1)), "is the name of another")?;
    }
    Ok(())
}

fn count(key: &str, value: u64, most: u64) -> Result<(), Fault> {
    rule(key, (1..=most).contains(&value), &format!("must be from 1 to {most}"))
}

fn above_0(key: &str, value: f64) -> Result<(), Fault> {
    rule(key, value > 0.0 && value.is_finite(), "must be a finite number above 0")
}

fn at_least_0(key: &str, value: f64) -> Result<(), Fault> {
    rule(key, value >= 0.0 && value.is_finite(), "must be a finite number, not below 0")
}

fn share(key: &str, value: f64) -> Result<(), Fault> {
    rule(key, (0.0..=1.0).contains(&value), "must be from 0 to 1")
}

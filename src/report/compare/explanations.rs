//! Two experiments with explanations side by side: the right answers of the models that both have.

use anyhow::{Result, ensure};
use serde::Serialize;

use super::folders::Place;
use super::render::Section;
use super::settings::{SettingPair, facts, numbers, of_keys, pair};
use super::verdict::{ONE_SEED, clause, what_differs};
use super::{Head, Pair};
use crate::config::Overrides;
use crate::config::explanations::{self, Explanations};
use crate::eval::statistics::{self, Estimate};
use crate::questions::QuestionSplit;
use crate::record::Folder;
use crate::report::agent_result::seed_for;
use crate::report::explanations::{Answerer, ExplanationResults, difference};
use crate::report::format::{counted, listed};
use crate::report::table::{Cell, Table, estimates, words};

/// Most models that the verdict names.
const NAMED: usize = 3;

/// Two experiments with explanations.
#[derive(Debug, Serialize)]
pub struct ModelComparison {
    #[serde(flatten)]
    pub head: Head,
    /// Every model that both have, at each temperature that both have.
    pub models: Vec<ComparedModel>,
}

/// The right answers of a model in both experiments.
#[derive(Debug, Serialize)]
pub struct ComparedModel {
    /// Empty for models that are no students, as in `scores.csv`.
    pub student: String,
    pub teacher: String,
    pub split: QuestionSplit,
    pub temperature: f64,
    pub accuracy: Pair,
}

/// Compares experiments with explanations.
///
/// # Errors
/// A damaged file, or no model in common that has answered.
pub fn compare(places: &[Place; 2]) -> Result<ModelComparison> {
    let folders = [0, 1].map(|side| Folder::at(&places[side].root));
    let read = |folder: &Folder| explanations::read(&folder.experiment(), &Overrides::default());
    let experiments = [read(&folders[0])?, read(&folders[1])?];
    let results = [
        ExplanationResults::read(&folders[0], &experiments[0])?,
        ExplanationResults::read(&folders[1], &experiments[1])?,
    ];
    let names = [0, 1].map(|side| places[side].name.clone());
    let answerers = [0, 1].map(|side| results[side].answerers());
    let alone = [0, 1].map(|side| {
        let others = &answerers[1 - side];
        answerers[side].iter().filter(|own| !others.contains(own)).map(in_words).collect()
    });
    let settings = differing(&experiments, &results)?;
    let models = models(&results, &answerers);
    ensure!(!models.is_empty(), "{} and {} have no model in common that has answered", names[0], names[1]);
    let verdict = verdict(&names, &settings, &models, experiments.iter().any(|own| own.seeds.len() == 1));
    Ok(ModelComparison { head: Head { experiments: names, verdict, settings, alone }, models })
}

fn in_words(answerer: &Answerer) -> String {
    name(&answerer.student(), &answerer.name())
}

fn name(student: &str, teacher: &str) -> String {
    if student.is_empty() { teacher.to_owned() } else { format!("{student} of {teacher}") }
}

/// The settings of both that differ; those of teachers and students that one of them lacks say nothing.
fn differing(experiments: &[Explanations; 2], results: &[ExplanationResults; 2]) -> Result<Vec<SettingPair>> {
    let settings = [explanations::settings(&experiments[0])?, explanations::settings(&experiments[1])?];
    let is_of_both = |key: &str| {
        let mut parts = key.splitn(3, '.');
        let (section, entry) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let entry = format!("{section}.{entry}.");
        let has = |own: &crate::config::Settings| own.keys().any(|other| other.starts_with(&entry));
        !["teachers", "students", "cold_starts"].contains(&section) || settings.iter().all(has)
    };
    let seeds = pair("seeds", [0, 1].map(|side| numbers(&experiments[side].seeds)), true);
    let own = of_keys([&settings[0], &settings[1]], is_of_both);
    let made = [0, 1].map(|side| results[side].manifest.as_ref());
    Ok(seeds.into_iter().chain(own).chain(facts(made)).collect())
}

fn models(results: &[ExplanationResults; 2], answerers: &[Vec<Answerer>; 2]) -> Vec<ComparedModel> {
    let temperatures = |side: usize| &results[side].experiment.evaluation.temperatures;
    let common: Vec<f64> = temperatures(0).iter().copied().filter(|own| temperatures(1).contains(own)).collect();
    let mut models = Vec::new();
    for answerer in answerers[0].iter().filter(|own| answerers[1].contains(own)) {
        for split in [QuestionSplit::Test, QuestionSplit::OutOfDomain] {
            let at = |&temperature: &f64| {
                let accuracy = accuracy(results, answerer, split, temperature)?;
                let (student, teacher) = (answerer.student(), answerer.name());
                Some(ComparedModel { student, teacher, split, temperature, accuracy })
            };
            models.extend(common.iter().filter_map(at));
        }
    }
    models
}

/// A model's shares of right answers, and their difference: question by question where both have answered the same
/// ones.
fn accuracy(
    results: &[ExplanationResults; 2],
    answerer: &Answerer,
    split: QuestionSplit,
    temperature: f64,
) -> Option<Pair> {
    let [first, second] = [0, 1].map(|side| results[side].accuracy(answerer, split, temperature));
    let shares = [0, 1].map(|side| results[side].shares(answerer, split, temperature));
    let lengths = [0, 1].map(|side| shares[side].iter().map(|(seed, own)| (*seed, own.len())).collect::<Vec<_>>());
    let seed = seed_for(&format!("{} in two experiments", in_words(answerer)));
    let difference = if results[0].experiment.task == results[1].experiment.task && lengths[0] == lengths[1] {
        difference(&shares[1], &shares[0], seed)?
    } else {
        let runs = [1, 0].map(|side| shares[side].values().map(Vec::as_slice).collect::<Vec<&[f64]>>());
        statistics::share_difference_apart([&runs[0], &runs[1]], seed)?
    };
    Some(Pair { first: first?, second: second?, difference })
}

/// The sentences of the verdict. They claim no more than 95% intervals say.
fn verdict(names: &[String; 2], settings: &[SettingPair], models: &[ComparedModel], is_single: bool) -> Vec<String> {
    let names = [names[0].as_str(), names[1].as_str()];
    let mut sentences = vec![what_differs(names, settings)];
    let of_questions: Vec<String> =
        settings.iter().filter(|own| own.key.starts_with("task.")).map(|own| own.key.clone()).collect();
    if !of_questions.is_empty() {
        sentences.push(format!("Their questions are not the same ({}).", listed(&of_questions)));
    }
    let shown: Vec<&ComparedModel> = models.iter().filter(|own| is_main(models, own)).collect();
    let is_apart = |own: &&&ComparedModel| {
        let difference = own.accuracy.difference;
        difference.is_above(0.0) || difference.is_below(0.0)
    };
    let mut apart: Vec<&&ComparedModel> = shown.iter().filter(is_apart).collect();
    apart.sort_by(|one, other| other.accuracy.difference.value.abs().total_cmp(&one.accuracy.difference.value.abs()));
    let place = format!(
        "In {} of {} the two can be told apart by the right answers to test questions",
        apart.len(),
        counted(shown.len() as u64, "model")
    );
    let clauses = apart.iter().take(NAMED).map(|own| clause(names, &name(&own.student, &own.teacher), own.accuracy));
    let clauses: Vec<String> = clauses.collect();
    sentences.push(match (clauses.is_empty(), apart.len() > NAMED) {
        (true, _) => format!("{place}."),
        (false, false) => format!("{place}: {}.", clauses.join("; ")),
        (false, true) => format!("{place}, most of all: {}.", clauses.join("; ")),
    });
    if is_single {
        sentences.push(ONE_SEED.to_owned());
    }
    sentences
}

/// Whether it is about test questions at the highest temperature, by which claims are judged.
fn is_main(models: &[ComparedModel], own: &ComparedModel) -> bool {
    let highest = models.iter().map(|own| own.temperature).fold(0.0, f64::max);
    own.split == QuestionSplit::Test && own.temperature == highest
}

impl ModelComparison {
    /// Its tables; a narrow one has test questions at the highest temperature alone.
    pub fn sections(&self, wide: bool) -> Vec<Section> {
        let answers = Section {
            title: if wide { "Right answers" } else { "Right answers to test questions" },
            note: "Differences are the second minus the first, with 95% intervals: question by question where both have \
                   answered the same ones.",
            table: self.answers(|own| wide || is_main(&self.models, own), wide),
        };
        vec![answers, self.head.settings()]
    }

    fn answers(&self, is_shown: impl Fn(&ComparedModel) -> bool, with_place: bool) -> Table {
        let [first, second] = self.head.experiments.clone();
        let mut columns = vec![words("student", ""), words("explanations of", "")];
        if with_place {
            columns.extend([words("questions", ""), words("temperature", "")]);
        }
        columns.extend([
            estimates(first, ""),
            estimates(second, ""),
            estimates("difference", "The second minus the first."),
        ]);
        let share = |own: Estimate| Cell::percent_with_interval(Some(own));
        let row = |own: &ComparedModel| {
            let mut row: Vec<Cell> = vec![own.student.clone().into(), own.teacher.clone().into()];
            if with_place {
                row.extend([own.split.name().to_owned().into(), own.temperature.to_string().into()]);
            }
            let Pair { first, second, difference } = own.accuracy;
            row.extend([share(first), share(second), share(difference)]);
            row
        };
        Table::of(columns, self.models.iter().filter(|own| is_shown(own)).map(row))
    }
}

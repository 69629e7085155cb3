//! The form that an experiment has in a file: the settings of one algorithm alone have a section of their own, and
//! networks that learn from rewards have a list of their own. Inside the program they stand with the others.

use serde::Serialize;
use toml::{Table, Value};

use super::experiment::{Distillation, EnvironmentSettings, Evaluation, Experiment};
use super::locate::Setting;
use super::network::NetworkChoice;
use super::option::List;
use super::read::defaults;
use super::student::{Games, REWARDS, StudentSettings, StudentView};
use super::teacher::{Algorithm, TeacherSettings};
use crate::game::Game;

/// An experiment as a file says it: baselines have a list of their own, and so have the settings of an algorithm alone.
#[derive(Serialize)]
pub struct WrittenExperiment {
    name: String,
    games: Vec<Game>,
    seeds: Vec<u64>,
    environment: EnvironmentSettings,
    teacher: Table,
    distillation: Distillation,
    evaluation: Evaluation,
    students: Vec<StudentSettings>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    baselines: Vec<BaselineSettings>,
}

impl From<Experiment> for WrittenExperiment {
    fn from(experiment: Experiment) -> WrittenExperiment {
        let Experiment { name, games, seeds, environment, teacher, distillation, evaluation, students, .. } =
            experiment;
        let (baselines, students): (Vec<_>, Vec<_>) = students.into_iter().partition(StudentSettings::is_baseline);
        let baselines = baselines.into_iter().map(BaselineSettings::from).collect();
        let teacher = in_sections(&teacher);
        WrittenExperiment { name, games, seeds, environment, teacher, distillation, evaluation, students, baselines }
    }
}

/// `[teacher]` with the section of its algorithm; the settings that the other one reads are left out.
fn in_sections(teacher: &TeacherSettings) -> Table {
    let mut table = Table::try_from(teacher).expect("settings are plain values");
    let own = teacher.algorithm;
    for other in Algorithm::ALL.into_iter().filter(|&other| other != own) {
        table.retain(|key, _| !other.alone_reads(key));
    }
    let keys = own.settings().iter();
    let section: Table = keys.filter_map(|&key| Some((key.to_owned(), table.remove(key)?))).collect();
    table.insert(own.section().to_owned(), section.into());
    table
}

/// One of `[[baselines]]`: a network that learns from rewards beside the students.
#[derive(Serialize)]
pub struct BaselineSettings {
    name: String,
    network: NetworkChoice,
    games: Games,
    #[serde(skip_serializing_if = "StudentView::is_teachers")]
    observation: StudentView,
}

impl From<StudentSettings> for BaselineSettings {
    fn from(baseline: StudentSettings) -> BaselineSettings {
        let StudentSettings { name, network, games, observation, .. } = baseline;
        BaselineSettings { name, network, games, observation }
    }
}

/// The list of networks that learn from rewards, and their keys.
pub const BASELINES: &str = "baselines";
pub const OF_BASELINES: [&str; 4] = ["name", "network", "games", "observation"];

/// `teacher.dqn.batch` as `teacher.batch`, which it was called before algorithms had sections of their own.
pub fn out_of_section(setting: &mut Setting) {
    let is_section = |name: &String| Algorithm::ALL.iter().any(|algorithm| algorithm.section() == name);
    if setting.path.len() == 3 && setting.path[0] == "teacher" && is_section(&setting.path[1]) {
        setting.path.remove(1);
    }
}

/// The settings of baselines as those of students that learn from rewards, after the students.
pub fn beside_students(settings: Vec<Setting>) -> Vec<Setting> {
    let is_entry = |setting: &&Setting| setting.path[0] == "students" && setting.path.len() == 2;
    let named = settings.iter().filter(is_entry).count();
    let names_any = settings.iter().any(|setting| setting.path[0] == "students");
    let before = if names_any { named } else { defaults()["students"].as_array().map_or(0, Vec::len) };
    let is_of_baseline = |setting: &Setting| setting.path[0] == BASELINES && setting.path.len() > 1;
    let (baselines, mut all): (Vec<_>, Vec<_>) = settings.into_iter().partition(is_of_baseline);
    for mut setting in baselines {
        let number: usize = setting.path[1].parse().expect("baselines are numbered");
        (setting.path[0], setting.path[1]) = ("students".into(), (before + number).to_string());
        let is_new = setting.path.len() == 2;
        let loss = [&setting.path[..2], &["loss".into()]].concat();
        let learns = Setting { path: loss, value: Value::from(REWARDS), place: setting.place.clone() };
        all.push(setting);
        all.extend(is_new.then_some(learns));
    }
    all
}

/// Whether a file names students of its own, and not only baselines beside the default ones.
pub fn names_students(settings: &[Setting]) -> bool {
    let first = |setting: &Setting| setting.path.get(1).is_none_or(|number| number == "0");
    settings.iter().any(|setting| setting.path[0] == "students" && first(setting) && !setting.place.starts_with("--"))
}

/// The students and the baselines, which have numbers in common. The default students are there unless the settings
/// name others.
pub fn lists(settings: &[Setting]) -> [List<'static>; 2] {
    let mut students = List::of("students", settings);
    if !names_students(settings) {
        let defaults = defaults();
        let name = |student: &Value| student["name"].as_str().unwrap_or_default().to_owned();
        let names = defaults["students"].as_array().into_iter().flatten().map(name);
        students.entries.extend(names.enumerate().map(|(number, name)| (name, number.to_string())));
    }
    let baselines = List { key: BASELINES, entries: students.entries.clone() };
    [students, baselines]
}

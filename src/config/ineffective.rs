//! Settings that a file or option names, but that nothing reads.

use super::locate::Setting;
use super::{Algorithm, Experiment};

/// The settings that have no effect in the experiment, each with its place and the reason. `settings` are as they were
/// written, with those of baselines among the students'.
pub fn ineffective(settings: &[Setting], experiment: &Experiment) -> Vec<String> {
    let is_chosen = settings.iter().any(|setting| ["teacher.algorithm", "teacher.preset"].contains(&&*setting.key()));
    let reason = |setting: &Setting| reason(setting, experiment, is_chosen);
    settings.iter().filter_map(|setting| Some(format!("{}: {}", setting.place, reason(setting)?))).collect()
}

/// `is_chosen` says whether the settings choose the teachers' algorithm.
fn reason(setting: &Setting, experiment: &Experiment, is_chosen: bool) -> Option<String> {
    let path: Vec<&str> = setting.path.iter().map(String::as_str).collect();
    match path[..] {
        // In a section of its own a setting may wait for its algorithm, where one is chosen.
        ["teacher", section, key]
            if !is_chosen
                && experiment.teacher.from.as_os_str().is_empty()
                && section != experiment.teacher.algorithm.section() =>
        {
            Some(format!("teacher.{section}.{key} has no effect without algorithm = \"{section}\" in [teacher]"))
        }
        // No steps of warm-up are what PQN has; files that the program wrote said so.
        ["teacher", "warmup"] if experiment.teacher.warmup == 0 => None,
        ["teacher", key] if experiment.teacher.from.as_os_str().is_empty() => {
            let reads = |algorithm: &Algorithm| algorithm.alone_reads(key);
            let other =
                Algorithm::ALL.into_iter().find(reads).filter(|&other| other != experiment.teacher.algorithm)?;
            Some(format!("teacher.{key} has no effect: only algorithm = \"{}\" reads it", other.section()))
        }
        ["students", index, "learning_rate"] => {
            let student = experiment.students.get(index.parse::<usize>().ok()?)?;
            let has = "has no effect: a network that learns from rewards has the rate of [teacher]";
            student.is_baseline().then(|| format!("students.{}.learning_rate {has}", student.name))
        }
        ["students", index, "temperature"] => {
            let student = experiment.students.get(index.parse::<usize>().ok()?)?;
            let (name, loss) = (&student.name, student.loss.name());
            (!student.loss.has_temperature())
                .then(|| format!("students.{name}.temperature has no effect: the loss \"{loss}\" has no temperature"))
        }
        _ => None,
    }
}

//! An experiment's settings as one flat list of keys and values.

use std::collections::BTreeMap;

use toml::Value;

use super::Experiment;

/// An experiment's settings by key, such as `teacher.gamma` or `students.net1.loss`.
pub type Settings = BTreeMap<String, Value>;

/// The protocol by which agents are scored.
pub const PROTOCOL: [&str; 3] = ["evaluation.epsilon", "evaluation.no_op_max", "evaluation.max_frames"];

/// Settings of the training environment that evaluations use too.
pub const OF_EVERY_PLAY: [&str; 3] = ["environment.frame_skip", "environment.sticky_actions", "environment.action_set"];

/// Whether a setting is one of the play by which agents are scored.
pub fn is_of_scored_play(key: &str) -> bool {
    PROTOCOL.contains(&key) || OF_EVERY_PLAY.contains(&key)
}

/// The student whose setting it is, and the setting's own key; `None` for another setting.
pub fn student_setting(key: &str) -> Option<(&str, &str)> {
    // Names may hold dots, keys do not.
    key.strip_prefix("students.")?.rsplit_once('.')
}

/// Every setting of an experiment except its name, games and seeds. Settings of students have the students' names in
/// their keys.
///
/// # Errors
/// If the experiment cannot be written as TOML.
pub fn settings(experiment: &Experiment) -> Result<Settings, toml::ser::Error> {
    let table = toml::Table::try_from(experiment)?;
    // The default, the screen, is not written down.
    let mut settings = Settings::from([("environment.observation".into(), Value::from("pixels"))]);
    for section in ["environment", "teacher", "distillation", "evaluation"] {
        for (key, value) in table[section].as_table().into_iter().flatten() {
            match value.as_table() {
                Some(own) => settings
                    .extend(own.iter().map(|(inner, value)| (format!("{section}.{key}.{inner}"), value.clone()))),
                None => _ = settings.insert(format!("{section}.{key}"), value.clone()),
            }
        }
    }
    let baselines = table.get("baselines").and_then(Value::as_array).into_iter().flatten();
    for student in baselines.clone().filter_map(Value::as_table) {
        let name = student["name"].as_str().unwrap_or_default();
        settings.insert(format!("students.{name}.loss"), Value::from("td"));
    }
    for student in &experiment.students {
        // Whether it is written down depends on the teacher's view.
        let view = student.environment(&experiment.environment).observation;
        settings.insert(format!("students.{}.observation", student.name), Value::from(view.name()));
        if !student.is_baseline() {
            let rate = student.learning_rate.or(experiment.distillation.learning_rate);
            settings.insert(format!("students.{}.learning_rate", student.name), Value::from(rate));
        }
    }
    let students = table["students"].as_array().into_iter().flatten();
    for student in students.chain(baselines).filter_map(Value::as_table) {
        let name = student["name"].as_str().unwrap_or_default();
        let own = student.iter().filter(|(key, _)| !["observation", "learning_rate"].contains(&key.as_str()));
        settings.extend(own.map(|(key, value)| (format!("students.{name}.{key}"), value.clone())));
    }
    Ok(settings)
}

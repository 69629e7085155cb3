//! Keys of tasks. A key covers the settings that the result depends on, and the keys of the inputs.

use std::fmt;

use anyhow::Result;
use sha2::{Digest, Sha256};
use toml::Value;

use super::task::{TaskId, Work};
use crate::config::{self, Experiment, Overrides, Settings};
use crate::record::{AgentId, Folder};

/// Hexadecimal digits of a key in plans.
const DIGITS: usize = 16;

/// The settings that a task depends on, with a digest of them and of its inputs' keys.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    pub settings: Settings,
    digest: String,
}

impl Key {
    /// The key of the task `id`, for inputs with the keys `inputs`.
    pub fn new<'a>(id: &TaskId, settings: Settings, inputs: impl IntoIterator<Item = &'a Key>) -> Key {
        let mut hasher = Sha256::new();
        hasher.update(id.0.as_bytes());
        settings.iter().for_each(|(key, value)| hasher.update(format!("\n{key} = {value}")));
        inputs.into_iter().for_each(|key| hasher.update(format!("\n{}", key.digest)));
        let digest: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Key { settings, digest: digest[..DIGITS].to_owned() }
    }

    /// The settings with another value in `other`. Settings that `other` lacks count as equal.
    pub fn changes(&self, other: &Settings) -> Vec<SettingChange> {
        let change = |(key, is): (&String, &Value)| {
            let was = other.get(key).filter(|was| *was != is)?;
            Some(SettingChange { key: key.clone(), was: was.clone(), is: is.clone() })
        };
        self.settings.iter().filter_map(change).collect()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.digest)
    }
}

/// A setting with two different values in two experiments.
#[derive(Debug, Clone, PartialEq)]
pub struct SettingChange {
    pub key: String,
    was: Value,
    is: Value,
}

impl SettingChange {
    /// Whether it lets trainings take longer.
    pub fn lengthens_training(&self) -> bool {
        self.key == "teacher.frames" && self.is.as_integer() > self.was.as_integer()
    }
}

impl fmt::Display for SettingChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} → {})", self.key, self.was, self.is)
    }
}

/// The settings with which the folder's results were made.
///
/// # Errors
/// If the folder's experiment cannot be read.
pub fn settings_in(folder: &Folder) -> Result<Settings> {
    Ok(config::settings(&config::read(&folder.experiment(), &Overrides::default())?)?)
}

/// Settings of the teacher that change no weights.
const WITHOUT_EFFECT: [&str; 5] = ["from", "seeds", "preset", "checkpoint_every", "log_every"];

/// Settings of the periodic evaluation. It chooses the weights that are kept, unless the last ones are.
const CHOICE_OF_BEST: [&str; 2] = ["evaluation_every", "evaluation_episodes"];

/// Settings of distillation that change no student's weights.
const WITHOUT_EFFECT_ON_STUDENTS: [&str; 5] =
    // Each student's own section has the learning rate.
    ["preset", "checkpoint_every", "evaluation_every", "evaluation_episodes", "learning_rate"];

/// The protocol by which agents are scored.
pub const PROTOCOL: [&str; 3] = ["evaluation.epsilon", "evaluation.no_op_max", "evaluation.max_frames"];

/// Settings of the training environment that evaluations use too.
const OF_EVERY_PLAY: [&str; 3] = ["environment.frame_skip", "environment.sticky_actions", "environment.action_set"];

/// Whether the result of `work` depends on the setting `key`, apart from its inputs.
pub fn depends_on(experiment: &Experiment, work: &Work, key: &str) -> bool {
    let (section, rest) = key.split_once('.').unwrap_or((key, ""));
    match work {
        // Each of the shipped teachers learned in its own way; only how it plays must agree.
        Work::Take(_) if experiment.teacher.is_shipped() => {
            OF_EVERY_PLAY.contains(&key) || key == "environment.observation"
        }
        Work::Train(agent) | Work::Take(agent) => match section {
            "environment" => true,
            "teacher" => training_depends_on(experiment, agent, rest),
            // Only a training writes the weights that students follow.
            "distillation" => rest == "online" && experiment.distillation.online && !agent.is_student(),
            "students" => agent.is_student() && student_depends_on(experiment, &agent.name, rest),
            _ => false,
        },
        Work::Sweep(agent) | Work::Distill(agent) | Work::Follow(agent) => match section {
            "environment" => true,
            "distillation" => match work {
                Work::Sweep(_) => !["preset", "checkpoint_every", "evaluation_every"].contains(&rest),
                _ => !rest.starts_with("sweep_") && !WITHOUT_EFFECT_ON_STUDENTS.contains(&rest),
            },
            "students" => student_depends_on(experiment, &agent.name, rest),
            _ => false,
        },
        Work::Evaluate(_) => PROTOCOL.contains(&key) || OF_EVERY_PLAY.contains(&key),
        Work::Report => false,
    }
}

fn training_depends_on(experiment: &Experiment, agent: &AgentId, key: &str) -> bool {
    let is_baseline = agent.is_student();
    let is_without_effect = WITHOUT_EFFECT.contains(&key) || is_baseline && key == "network";
    !is_without_effect && (experiment.evaluations_choose(is_baseline) || !CHOICE_OF_BEST.contains(&key))
}

/// `key` is NAME.KEY of a student.
fn student_depends_on(experiment: &Experiment, name: &str, key: &str) -> bool {
    // Names may hold dots, keys do not.
    let Some((owner, key)) = key.rsplit_once('.') else { return false };
    let softens = experiment.students.iter().any(|student| student.name == name && student.loss.has_temperature());
    owner == name && key != "name" && (key != "temperature" || softens)
}

//! The students to distil: losses, temperatures, games, views.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::experiment::EnvironmentSettings;
use super::network::NetworkChoice;
use crate::game::View;
use crate::losses::{self, Loss};

/// The source of a student's learning signal: the key `loss`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objective {
    /// A teacher, by a loss between its Q-values and the student's outputs.
    Teacher(Loss),
    /// Rewards, by temporal differences with the teachers' algorithm and settings. The paper's Multi-DQN.
    Rewards,
}

/// The name of [`Objective::Rewards`].
pub const REWARDS: &str = "td";

impl Objective {
    /// The name in experiment files and `scores.csv`.
    pub fn name(self) -> &'static str {
        self.loss().map_or(REWARDS, |loss| loss.name)
    }

    /// The name in tables and legends.
    pub fn label(self) -> &'static str {
        self.loss().map_or("rewards (TD)", |loss| loss.label)
    }

    /// The distillation loss; none for a student that learns from rewards.
    pub fn loss(self) -> Option<Loss> {
        match self {
            Objective::Teacher(loss) => Some(loss),
            Objective::Rewards => None,
        }
    }

    /// Whether a teacher's Q-values are divided by a temperature.
    pub fn has_temperature(self) -> bool {
        self.loss().is_some_and(|loss| loss.has_temperature())
    }
}

impl Serialize for Objective {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Objective {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Objective, D::Error> {
        let name = String::deserialize(deserializer)?;
        if name == REWARDS {
            return Ok(Objective::Rewards);
        }
        let names: Vec<_> = losses::ALL.iter().map(|loss| format!("\"{}\"", loss.name)).collect();
        let allowed = || de::Error::custom(format!("must be {} or \"{REWARDS}\"", names.join(", ")));
        Loss::named(&name).map(Objective::Teacher).ok_or_else(allowed)
    }
}

/// The divisor of a teacher's Q-values before the softmax, for a loss with a temperature.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "must be a number (in units of Q), { gaps = NUMBER } (multiples of the teacher's mean action gap) or \"auto\""
)]
pub enum Temperature {
    /// In units of Q, as in the paper.
    Absolute(f64),
    Relative(RelativeTemperature),
    Automatic(AutomaticTemperature),
}

/// A temperature on the scale of the teacher.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelativeTemperature {
    /// Multiples of the teacher's mean action gap. The gap is the difference between the two highest Q-values of a
    /// state.
    pub gaps: f64,
}

/// A temperature that a sweep chooses among `sweep_gaps`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AutomaticTemperature {
    Auto,
}

impl Temperature {
    /// The temperature that is `gaps` times the mean action gap.
    pub fn relative(gaps: f64) -> Temperature {
        Temperature::Relative(RelativeTemperature { gaps })
    }

    /// The temperature for a teacher with that mean action gap; `None` while it is not chosen yet.
    pub fn of_gap(self, gap: impl FnOnce() -> f64) -> Option<f64> {
        match self {
            Temperature::Absolute(temperature) => Some(temperature),
            Temperature::Relative(RelativeTemperature { gaps }) => Some(gaps * gap()),
            Temperature::Automatic(_) => None,
        }
    }
}

impl fmt::Display for Temperature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Temperature::Absolute(temperature) => write!(f, "{temperature}"),
            Temperature::Relative(RelativeTemperature { gaps }) => write!(f, "{gaps} × action gap"),
            Temperature::Automatic(_) => write!(f, "auto"),
        }
    }
}

/// Whether a student has one network per game or one for all games.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Games {
    /// A network for each game.
    Each,
    /// One network for all games, with its own last hidden layer for each.
    Together,
}

/// The view that a student has of the game: the key `observation`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StudentView {
    /// The teacher's: `environment.observation`.
    #[default]
    Teacher,
    Pixels,
    Ram,
}

impl StudentView {
    /// The view, for students of a teacher with the view `teacher`.
    pub fn beside(self, teacher: View) -> View {
        match self {
            StudentView::Teacher => teacher,
            StudentView::Pixels => View::Pixels,
            StudentView::Ram => View::Ram,
        }
    }

    /// Whether it is the default.
    pub fn is_teachers(&self) -> bool {
        *self == StudentView::Teacher
    }
}

/// A student's learning rate: the key `learning_rate`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "must be a number or \"distillation\"")]
pub enum StudentRate {
    Own(f64),
    Shared(SharedRate),
}

/// The learning rate of all students: `distillation.learning_rate`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SharedRate {
    Distillation,
}

impl StudentRate {
    /// The rate, where all students have the rate `shared` unless they have their own.
    pub fn or(self, shared: f64) -> f64 {
        match self {
            StudentRate::Own(rate) => rate,
            StudentRate::Shared(SharedRate::Distillation) => shared,
        }
    }

    /// Whether it is the default.
    pub fn is_shared(&self) -> bool {
        matches!(self, StudentRate::Shared(_))
    }
}

impl Default for StudentRate {
    fn default() -> StudentRate {
        StudentRate::Shared(SharedRate::Distillation)
    }
}

/// One of `[[students]]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StudentSettings {
    /// Names the student's folder.
    pub name: String,
    pub network: NetworkChoice,
    pub loss: Objective,
    /// Used only by a loss with a temperature.
    pub temperature: Temperature,
    pub games: Games,
    /// The default is not written to files, so that older files stay valid.
    #[serde(default, skip_serializing_if = "StudentView::is_teachers")]
    pub observation: StudentView,
    /// Losses have gradients of different sizes, so that each may need a rate of its own. The default is not written.
    #[serde(default, skip_serializing_if = "StudentRate::is_shared")]
    pub learning_rate: StudentRate,
}

impl StudentSettings {
    /// Whether the student learns from rewards instead of from a teacher.
    pub fn is_baseline(&self) -> bool {
        self.loss == Objective::Rewards
    }

    /// Whether a sweep has yet to choose the temperature.
    pub fn chooses_temperature(&self) -> bool {
        self.loss.has_temperature() && matches!(self.temperature, Temperature::Automatic(_))
    }

    /// The environment as the student sees it, beside a teacher that learns in `teachers`.
    pub fn environment(&self, teachers: &EnvironmentSettings) -> EnvironmentSettings {
        EnvironmentSettings { observation: self.observation.beside(teachers.observation), ..teachers.clone() }
    }

    /// Whether one network plays all games.
    pub fn is_shared(&self) -> bool {
        self.games == Games::Together
    }
}

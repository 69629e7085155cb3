//! The students that are distilled together, and the names of such groups.

use super::teacher_source::TeacherSource;
use crate::agent::Played;
use crate::config::{self, Data, EnvironmentSettings, Experiment};
use crate::game::View;
use crate::nn::Device;
use crate::record::{Folder, SHARED};

/// Students that are distilled together from the same play.
pub struct StudentGroup<'a> {
    pub experiment: &'a Experiment,
    pub seed: u64,
    /// Networks of all students have one game each, or all share the same games, and all have the same view of them.
    /// Where students play themselves, there is only one. None has an automatic temperature.
    pub students: Vec<config::StudentSettings>,
    /// The games that the students' networks play, as students see them, in the order of their heads, each with its
    /// source of teachers.
    pub games: Vec<(Played, TeacherSource)>,
    pub folder: &'a Folder,
    pub device: Device,
}

impl StudentGroup<'_> {
    /// Name of the group among the groups of a seed.
    pub fn name(&self) -> String {
        let student = &self.students[0];
        group_name(self.experiment, student, if student.is_shared() { SHARED } else { self.games[0].0.game.name() })
    }

    /// The environment as the students see it.
    pub fn environment(&self) -> EnvironmentSettings {
        self.students[0].environment(&self.experiment.environment)
    }

    /// The views of the teacher and of the students, without repetition.
    pub fn views(&self) -> Vec<View> {
        let (teachers, students) = (self.experiment.environment.observation, self.environment().observation);
        if teachers == students { vec![teachers] } else { vec![teachers, students] }
    }

    /// Whether the students follow teachers through their training.
    pub fn is_online(&self) -> bool {
        self.games.iter().any(|(_, teacher_source)| !matches!(teacher_source, TeacherSource::Final(_)))
    }

    /// Total number of updates of all students.
    pub fn updates(&self) -> u64 {
        self.students.len() as u64 * self.experiment.distillation.updates(self.games.len())
    }
}

/// Name of the group in which a student is distilled in `place`, a game or [`SHARED`]: `pong` if the teacher plays,
/// `pong-ram` if its students have another view than the teacher, `pong.net1` if the student `net1` plays itself.
pub fn group_name(experiment: &Experiment, student: &config::StudentSettings, place: &str) -> String {
    let teachers = experiment.environment.observation;
    let view = student.observation.beside(teachers);
    match experiment.distillation.data {
        Data::Teacher if view == teachers => place.to_owned(),
        Data::Teacher => format!("{place}-{}", view.name()),
        Data::Student | Data::Mixed => format!("{place}.{}", student.name),
    }
}

/// Every name that [`group_name`] can give for a student of that name in `place`, whatever the settings are.
pub fn group_names(student: &str, place: &str) -> Vec<String> {
    let views = View::ALL.map(|view| format!("{place}-{}", view.name()));
    [place.to_owned(), format!("{place}.{student}")].into_iter().chain(views).collect()
}

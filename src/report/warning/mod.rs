//! Reasons to doubt the numbers, each with its remedy.

mod find;

use std::fmt;

pub use find::{SEEDS, warnings};

use super::format::{counted, shortened};

/// Maximum number of things that a warning names, so that it has few lines.
const NAMED: usize = 3;

/// A fact that a reader should know before the numbers.
#[derive(Debug, Clone, PartialEq)]
pub enum Warning {
    /// Runs without a score, each with its progress.
    Unfinished { runs: Vec<String> },
    /// Students of explanations that have not answered, and how many there are.
    Unanswered { missing: usize, students: usize },
    /// Files with values that are not finite numbers.
    NonFinite { files: Vec<String> },
    /// Trainings with Q-values far beyond what the rewards allow.
    BeyondRewards { runs: Vec<String> },
    /// The experiment has few seeds.
    FewSeeds { seeds: usize },
    /// An evaluation has few episodes.
    FewEpisodes { episodes: u64 },
    /// The intervals of teacher and random play overlap in these games.
    TeacherNearRandom { games: Vec<String> },
    /// The teacher is far below published DQN in these games.
    WeakTeacher { games: Vec<String> },
    /// Students that score no more than random play in a game.
    StudentNotAboveRandom { students: Vec<String> },
    /// The interval of a student's relative score lies above 100%.
    StudentAboveTeacher { students: Vec<String> },
    /// Students without a geometric mean, because they are no better than random play in some game.
    NoGeometricMean { students: Vec<String> },
    /// A share of the episodes was ended by the frame limit.
    Truncated { agents: Vec<String> },
    /// Number of rows of `scores.csv` that belong to nothing that the experiment names.
    Foreign { rows: usize },
}

impl Warning {
    /// Advice for the reader.
    pub fn remedy(&self) -> &'static str {
        match self {
            Warning::Unfinished { .. } | Warning::Unanswered { .. } => {
                "Repeat pd run FILE: it continues where it stopped."
            }
            Warning::NonFinite { .. } => {
                "Learning diverged: lower teacher.learning_rate and repeat pd run FILE --fresh; if only students did, \
                 the students' learning_rate, pd distill FILE --fresh and pd run FILE."
            }
            Warning::BeyondRewards { .. } => {
                "Learning diverged there: lower teacher.learning_rate and repeat pd run FILE --fresh."
            }
            Warning::FewSeeds { .. } => {
                "Name more seeds in the experiment file and run it again; the seeds that are done stay."
            }
            Warning::FewEpisodes { .. } => {
                "Raise evaluation.episodes and repeat pd run FILE: it plays the missing ones."
            }
            Warning::TeacherNearRandom { .. } => {
                "A score relative to such a teacher means nothing: raise teacher.frames and repeat pd run FILE --fresh, \
                 where the teacher is trained, or choose another folder with --out."
            }
            Warning::WeakTeacher { .. } => {
                "A weak teacher's score is easier to keep, so that shares of it say little about students of strong ones: train it \
                 for longer (teacher.frames) or take a better one."
            }
            Warning::StudentNotAboveRandom { .. } => {
                "There they learned nothing that scores; a mean over games with such a one says little of the others."
            }
            Warning::StudentAboveTeacher { .. } => {
                "The paper reports this too; look at the teacher's curve for an unlucky checkpoint, and add seeds."
            }
            Warning::NoGeometricMean { .. } => "Compare such students by mean and interquartile mean, which exist.",
            Warning::Truncated { .. } => {
                "These scores depend on evaluation.max_frames; compare them only with the same limit."
            }
            Warning::Foreign { .. } => {
                "They are left out: to have them in the report, leave out --seed or name them in the experiment file; or \
                 delete their lines from episodes.csv and scores.csv."
            }
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |items: &[String]| shortened(items, NAMED);
        match self {
            Warning::Unfinished { runs } => {
                write!(f, "{} not scored yet: {}.", counted(runs.len() as u64, "run"), named(runs))
            }
            Warning::Unanswered { missing, students } => {
                write!(f, "No answers yet: {missing} of {}.", counted(*students as u64, "student"))
            }
            Warning::NonFinite { files } => {
                write!(f, "Values that are not finite numbers in {}.", named(files))
            }
            Warning::BeyondRewards { runs } => {
                write!(f, "Q-values far beyond what the rewards allow: {}.", named(runs))
            }
            Warning::FewSeeds { seeds } => {
                let shown = if *seeds == 1 { "no interval here shows" } else { "intervals understate" };
                let seeds = counted(*seeds as u64, "seed");
                write!(f, "Only {seeds}: another training could come out elsewhere, and {shown} how far.")
            }
            Warning::FewEpisodes { episodes } => {
                write!(f, "As few as {} in an evaluation: the intervals are too narrow.", counted(*episodes, "episode"))
            }
            Warning::TeacherNearRandom { games } => {
                write!(f, "The teacher is not clearly better than random play in {}.", named(games))
            }
            Warning::WeakTeacher { games } => {
                write!(
                    f,
                    "The teacher has less than half of published DQN's score above random play in {}.",
                    named(games)
                )
            }
            Warning::StudentNotAboveRandom { students } => {
                write!(f, "No more than random play scores: {}.", named(students))
            }
            Warning::StudentAboveTeacher { students } => {
                write!(f, "Better than the teacher beyond chance: {}.", named(students))
            }
            Warning::NoGeometricMean { students } => {
                write!(f, "A relative score is not above 0, so that no geometric mean exists: {}.", named(students))
            }
            Warning::Truncated { agents } => {
                write!(f, "Episodes ended by the frame limit: {}.", named(agents))
            }
            Warning::Foreign { rows } => write!(
                f,
                "The experiment does not name the game, seed or student of {} of scores.csv.",
                counted(*rows as u64, "row")
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_about_many_things_has_three_lines_on_the_page() {
        // About as many letters as a line of 54 rem holds.
        const LINE: usize = 118;
        let many = |item: &str| vec![item.to_owned(); 90];
        let (student, game) =
            (many("small in space_invaders (1,234 against 1,235)"), many("space_invaders (1,234 against 1,235)"));
        for warning in [
            Warning::Unfinished { runs: many("student small of space_invaders, seed 1 (not started)") },
            Warning::NonFinite { files: many("the log of student small of pong, seed 1") },
            Warning::BeyondRewards { runs: many("teacher of space_invaders, seed 1 (12,345 of at most 100)") },
            Warning::TeacherNearRandom { games: game.clone() },
            Warning::WeakTeacher { games: many("space_invaders") },
            Warning::StudentNotAboveRandom { students: student.clone() },
            Warning::StudentAboveTeacher { students: student.clone() },
            Warning::NoGeometricMean { students: student.clone() },
            Warning::Truncated { agents: student.clone() },
            Warning::Foreign { rows: 123_456 },
        ] {
            let text = format!("{warning} {}", warning.remedy());
            assert!(text.chars().count() <= 3 * LINE, "{}: {text}", text.chars().count());
        }
    }
}

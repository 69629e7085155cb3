//! Reasons to doubt the numbers, each with its remedy.

use std::fmt;

use super::agent_result::{AgentResult, AgentResults};
use super::format::{counted, listed, number, percent, shortened};
use super::prose::not_above_0;
use super::read::{AgentLog, Results};
use super::unscored;
use crate::config::TeacherSettings;
use crate::eval::statistics::{Estimate, Interval};
use crate::game::Game;
use crate::record::{Role, SummaryRow, TrainRow};

/// Fewer seeds than this say little about another training.
pub const SEEDS: usize = 3;
/// Fewer episodes than this give wide intervals that the bootstrap makes too narrow.
const EPISODES: usize = 30;

/// A teacher with less than this share of published DQN's score is far below it.
const WEAK: f64 = 0.5;

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

/// All warnings that apply, the most serious first.
pub fn warnings(results: &Results, agent_results: &AgentResults) -> Vec<Warning> {
    let scored = !agent_results.each.is_empty();
    let seeds = results.experiment.seeds.len();
    let episodes = results.scores.iter().map(|row| row.episodes).min().filter(|&least| least < EPISODES as u64);
    let students = agent_results.each.iter().filter(|agent_result| agent_result.role() == Role::Student);
    let named = |agent_result: &AgentResult| format!("{} in {}", agent_result.agent(), agent_result.game);
    let better = |agent_result: &&AgentResult| agent_result.relative.is_some_and(|share| share.is_above(1.0));
    let candidates = [
        some(unscored::unscored(results), |runs| Warning::Unfinished { runs }),
        some(non_finite(results), |files| Warning::NonFinite { files }),
        some(beyond_rewards(results), |runs| Warning::BeyondRewards { runs }),
        (scored && seeds < SEEDS).then_some(Warning::FewSeeds { seeds }),
        episodes.map(|episodes| Warning::FewEpisodes { episodes }),
        some(near_random(results, agent_results), |games| Warning::TeacherNearRandom { games }),
        some(weak_teachers(results, agent_results), |games| Warning::WeakTeacher { games }),
        some(not_above_random(agent_results), |students| Warning::StudentNotAboveRandom { students }),
        some(students.filter(better).map(named).collect(), |students| Warning::StudentAboveTeacher { students }),
        some(without_geometric_mean(agent_results), |students| Warning::NoGeometricMean { students }),
        some(truncated(results, agent_results), |agents| Warning::Truncated { agents }),
        (results.foreign_scores > 0).then_some(Warning::Foreign { rows: results.foreign_scores }),
    ];
    candidates.into_iter().flatten().collect()
}

fn some(items: Vec<String>, warning: impl FnOnce(Vec<String>) -> Warning) -> Option<Warning> {
    (!items.is_empty()).then(|| warning(items))
}

fn near_random(results: &Results, agent_results: &AgentResults) -> Vec<String> {
    let near = |teacher: Interval, random: Interval| teacher.overlaps(random) || teacher.high < random.low;
    let width = |result: &AgentResult| {
        let Estimate { value, interval } = result.score;
        interval.unwrap_or(Interval { low: value, high: value })
    };
    let games = results.experiment.games.iter();
    games
        .filter_map(|&game| {
            let teacher = agent_results.reference(Role::Teacher, game)?;
            let random = agent_results.reference(Role::Random, game)?;
            near(width(teacher), width(random))
                .then(|| format!("{game} ({} against {})", number(teacher.score.value), number(random.score.value)))
        })
        .collect()
}

/// The games in which the teacher's score above random play is less than [`WEAK`] of published DQN's.
fn weak_teachers(results: &Results, agent_results: &AgentResults) -> Vec<String> {
    let is_weak = |&&game: &&Game| {
        let entry = game.entry();
        let teacher = agent_results.reference(Role::Teacher, game).map(|teacher| teacher.score.value);
        let shares = teacher.zip(entry.random).zip(entry.dqn);
        // Where the frame limit ends most episodes, the score says little of the teacher.
        let own = results.episodes.iter().filter(|row| row.role == Role::Teacher && row.game == game.name());
        let (cut, all) = own.fold((0, 0), |(cut, all), row| (cut + usize::from(row.truncated), all + 1));
        2 * cut <= all && shares.is_some_and(|((teacher, random), dqn)| teacher - random < WEAK * (dqn - random))
    };
    results.experiment.games.iter().filter(is_weak).map(ToString::to_string).collect()
}

fn not_above_random(agent_results: &AgentResults) -> Vec<String> {
    let warning_for = |student: &AgentResult| {
        let random = agent_results.reference(Role::Random, student.game)?.score.value;
        let (agent, game, mean) = (student.agent(), student.game, number(student.score.value));
        (student.score.value <= random).then(|| format!("{agent} in {game} ({mean} against {})", number(random)))
    };
    agent_results
        .each
        .iter()
        .filter(|agent_result| agent_result.role() == Role::Student)
        .filter_map(warning_for)
        .collect()
}

fn without_geometric_mean(agent_results: &AgentResults) -> Vec<String> {
    let warning_for = |row: &SummaryRow| {
        let games = not_above_0(agent_results, &row.agent);
        (row.games > 1 && !games.is_empty()).then(|| format!("{} in {}", row.agent, listed(&games)))
    };
    agent_results.overall.iter().filter_map(warning_for).collect()
}

fn truncated(results: &Results, agent_results: &AgentResults) -> Vec<String> {
    let share = |agent_result: &AgentResult| {
        let episodes = results.episodes.iter().filter(|row| {
            row.role == agent_result.role() && row.agent == agent_result.agent() && row.game == agent_result.game.name()
        });
        let ended = episodes.clone().filter(|row| row.truncated).count();
        (ended > 0).then(|| {
            format!(
                "{} in {} ({})",
                agent_result.agent(),
                agent_result.game,
                percent(ended as f64 / episodes.count() as f64)
            )
        })
    };
    agent_results.each.iter().filter_map(share).collect()
}

fn non_finite(results: &Results) -> Vec<String> {
    let bad = |value: Option<f64>| value.is_some_and(|value| !value.is_finite());
    let scores = results.scores.iter().any(|row| bad(Some(row.mean)) || bad(row.relative_to_teacher));
    let teachers = results.teachers.iter().chain(&results.baselines).filter(|teacher| {
        teacher.train.iter().any(|row| bad(row.loss) || bad(row.q_mean) || bad(row.return_mean))
            || teacher.eval.iter().any(|row| bad(Some(row.mean)))
    });
    let students = results.students.iter().filter(|student| {
        student.train.iter().any(|row| bad(Some(row.loss)) || bad(Some(row.teacher_entropy)))
            || student.eval.iter().any(|row| bad(Some(row.mean)))
    });
    let logs = teachers.map(|teacher| &teacher.agent).chain(students.map(|student| &student.agent));
    let logs = logs.map(|agent| format!("the log of {agent}"));
    scores.then(|| "scores.csv".to_owned()).into_iter().chain(logs).collect()
}

/// The trainings from rewards whose mean Q-value was ever too large, with the largest and its bound.
fn beyond_rewards(results: &Results) -> Vec<String> {
    let teachers = results.teachers.iter().map(|log| (results.experiment.teacher_settings(log.agent.game), log));
    let baselines = results.baselines.iter().map(|log| (&results.experiment.teacher, log));
    let largest = |(settings, log): (&TeacherSettings, &AgentLog<TrainRow>)| {
        let q = log.train.iter().filter_map(|row| row.q_mean).filter(|q| q.is_finite());
        let (largest, most) = (q.map(f64::abs).reduce(f64::max)?, settings.most_q()?);
        let is_beyond = settings.is_beyond_rewards(largest);
        is_beyond.then(|| format!("{} ({} of at most {most:.0})", log.agent, number(largest)))
    };
    teachers.chain(baselines).filter_map(largest).collect()
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

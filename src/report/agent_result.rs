//! Results of each agent in each game and over all games. Tables and plots take every number from here. Values are
//! those of `scores.csv`; intervals are computed from `episodes.csv`.

use super::overall;
use super::read::Results;
use crate::eval::statistics::{self, Estimate};
use crate::game::Game;
use crate::record::{Ratio, Role, ScoreRow, SummaryRow};
use crate::units::Seed;

/// Result of one agent in one game, over its seeds.
#[derive(Debug, Clone)]
pub struct AgentResult {
    pub game: Game,
    /// The agent's rows of `scores.csv`, one per seed; there is at least one.
    pub rows: Vec<ScoreRow>,
    /// Mean of the seeds' means, with its interval over seeds and episodes; with one seed, that in `scores.csv`.
    pub score: Estimate,
    /// Mean of the seeds' scores relative to their teachers.
    pub relative: Option<Estimate>,
    /// The relative score by the other definition, which is not the game's.
    pub otherwise: Option<f64>,
    /// Mean over the seeds of the probability to score more than the teacher in an episode.
    pub beats: Option<Estimate>,
}

impl AgentResult {
    pub fn role(&self) -> Role {
        self.rows[0].role
    }

    pub fn agent(&self) -> &str {
        &self.rows[0].agent
    }

    /// Episodes over all seeds.
    pub fn episodes(&self) -> u64 {
        self.rows.iter().map(|row| row.episodes).sum()
    }

    /// Whether the relative score is the one above random play.
    pub fn above_random(&self) -> bool {
        self.rows.iter().any(|row| row.ratio == Some(Ratio::AboveRandom))
    }

    /// The definition of the relative score.
    pub fn ratio(&self) -> Ratio {
        if self.above_random() { Ratio::AboveRandom } else { Ratio::Raw }
    }

    /// Mean of a column over the seeds; `None` if a seed has no value.
    pub fn mean_of(&self, column: impl Fn(&ScoreRow) -> Option<f64>) -> Option<f64> {
        mean_of(&self.rows, column)
    }
}

/// Results of all agents, in each game and over all games.
pub struct AgentResults {
    /// Results game by game. In a game, random play comes first, then the teacher, then the students in the
    /// experiment's order.
    pub each: Vec<AgentResult>,
    /// Results over the games: the teacher, then the students in the experiment's order.
    pub overall: Vec<SummaryRow>,
}

impl AgentResults {
    pub fn of(results: &Results) -> AgentResults {
        let names = results.experiment.students.iter().map(|student| (Role::Student, student.name.as_str()));
        let learners: Vec<_> = std::iter::once((Role::Teacher, "teacher")).chain(names).collect();
        let mut each: Vec<AgentResult> = results
            .experiment
            .games
            .iter()
            .flat_map(|&game| {
                let agents = std::iter::once((Role::Random, "random")).chain(learners.iter().copied());
                agents.filter_map(move |(role, agent)| agent_result(results, role, agent, game))
            })
            .collect();
        let agents = learners.iter().copied().chain([(Role::Random, "random")]);
        let overall = agents.filter_map(|(role, agent)| overall::summarize(results, &mut each, role, agent)).collect();
        AgentResults { each, overall }
    }

    /// Whether scores in the game are related to the teacher's above random play.
    pub fn are_above_random(&self, game: Game) -> bool {
        self.in_game(game).any(|agent_result| agent_result.role() == Role::Student && agent_result.above_random())
    }

    /// Random play's score relative to the teacher in a game, by the game's definition.
    pub fn random_share(&self, game: Game) -> Option<f64> {
        if self.are_above_random(game) {
            return Some(0.0);
        }
        let mean = |role| self.reference(role, game).map(|reference| reference.score.value);
        let share = mean(Role::Random)? / mean(Role::Teacher)?;
        share.is_finite().then_some(share)
    }

    /// The results of all agents in one game.
    pub fn in_game(&self, game: Game) -> impl Iterator<Item = &AgentResult> {
        self.each.iter().filter(move |agent_result| agent_result.game == game)
    }

    /// One agent's results, game by game.
    pub fn of_agent<'a>(&'a self, role: Role, agent: &'a str) -> impl Iterator<Item = &'a AgentResult> {
        self.each.iter().filter(move |agent_result| agent_result.role() == role && agent_result.agent() == agent)
    }

    /// The results over the games of all agents of one role.
    pub fn rows_of(&self, role: Role) -> impl Iterator<Item = &SummaryRow> {
        self.overall.iter().filter(move |row| row.role == role)
    }

    /// The results over the games of the students that are scored in the most games. The mean of another, over fewer,
    /// is not to stand beside theirs.
    pub fn compared_students(&self) -> impl Iterator<Item = &SummaryRow> {
        let most = self.most_games();
        self.rows_of(Role::Student).filter(move |row| row.games == most)
    }

    /// The result over the games of the student of that name, if it is one of those.
    pub fn compared(&self, student: &str) -> Option<&SummaryRow> {
        self.compared_students().find(|row| row.agent == student)
    }

    /// Games in which some student is scored, at most; 0 before the first.
    pub fn most_games(&self) -> u64 {
        self.rows_of(Role::Student).map(|row| row.games).max().unwrap_or(0)
    }

    /// Random play's result over as many games as the compared students have.
    pub fn compared_random(&self) -> Option<&SummaryRow> {
        self.rows_of(Role::Random).find(|row| row.games == self.most_games())
    }

    /// The result of random play or of the teacher in a game; `role` says which.
    pub fn reference(&self, role: Role, game: Game) -> Option<&AgentResult> {
        self.in_game(game).find(|agent_result| agent_result.role() == role)
    }
}

/// The seed of an interval's generator. It depends only on the quantity, so that another student changes no interval.
pub fn seed_for(what: &str) -> Seed {
    Seed(0).derive(what, 0)
}

fn rows_of(results: &Results, role: Role, agent: &str, game: Game) -> Vec<ScoreRow> {
    let of_agent = |row: &&ScoreRow| row.role == role && row.agent == agent && row.game == game.name();
    results.scores.iter().filter(of_agent).cloned().collect()
}

fn agent_result(results: &Results, role: Role, agent: &str, game: Game) -> Option<AgentResult> {
    let rows = rows_of(results, role, agent, game);
    let mean = mean_of(&rows, |row| Some(row.mean))?;
    let interval = match rows.as_slice() {
        [row] => score_of(row).interval,
        rows => {
            let runs: Vec<_> = rows.iter().map(|row| results.episode_scores(role, agent, game, row.seed)).collect();
            statistics::mean_of_runs_interval(&runs, seed_for(&format!("{role} {agent} {game}")))
        }
    };
    Some(AgentResult {
        game,
        rows,
        score: Estimate { value: mean, interval },
        relative: None,
        otherwise: None,
        beats: None,
    })
}

/// A row's score. With a single episode it has no interval, because its width would be 0.
pub fn score_of(row: &ScoreRow) -> Estimate {
    Estimate::between(row.mean, Some(row.ci_low), Some(row.ci_high)).known_if(row.episodes > 1)
}

/// Mean of a column over rows; `None` if a row has no value.
pub fn mean_of(rows: &[ScoreRow], column: impl Fn(&ScoreRow) -> Option<f64>) -> Option<f64> {
    let values: Option<Vec<f64>> = rows.iter().map(column).collect();
    values.and_then(|values| statistics::mean(&values))
}

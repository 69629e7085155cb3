//! What each agent reaches in each game and over all games: every number that tables and plots show. Values are those of
//! `scores.csv`, intervals are from `episodes.csv`.

use super::overall;
use super::read::Results;
use crate::eval::statistics::{self, Interval};
use crate::game::Game;
use crate::record::{Ratio, Role, ScoreRow, SummaryRow};
use crate::units::Seed;

/// One agent in one game, over its seeds.
#[derive(Debug, Clone)]
pub struct AgentResult {
    pub game: Game,
    /// The agent's rows of `scores.csv`, one per seed; there is at least one.
    pub rows: Vec<ScoreRow>,
    /// Mean of the seeds' means.
    pub mean: f64,
    /// Its 95% interval over seeds and episodes; that of `scores.csv` for one seed.
    pub interval: Option<Interval>,
    /// Mean of the seeds' scores relative to their teachers.
    pub relative: Option<f64>,
    pub relative_interval: Option<Interval>,
    /// Mean of the seeds' probabilities to score more than the teacher in an episode.
    pub beats: Option<f64>,
    pub beats_interval: Option<Interval>,
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

    /// The relative score is the one above random play.
    pub fn above_random(&self) -> bool {
        self.rows.iter().any(|row| row.ratio == Some(Ratio::AboveRandom))
    }

    /// Mean over the seeds of a column; none if a seed lacks it.
    pub fn mean_of(&self, column: impl Fn(&ScoreRow) -> Option<f64>) -> Option<f64> {
        mean_of(&self.rows, column)
    }
}

/// All agents in all games, and over the games.
pub struct AgentResults {
    /// Game by game; in a game random play, the teacher, then the students in the experiment's order.
    pub each: Vec<AgentResult>,
    /// Teacher and students in the experiment's order.
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
        let all = learners.iter().copied().chain([(Role::Random, "random")]);
        let overall = all.filter_map(|(role, agent)| overall::summarize(results, &mut each, role, agent)).collect();
        AgentResults { each, overall }
    }

    /// The agents of one game.
    pub fn in_game(&self, game: Game) -> impl Iterator<Item = &AgentResult> {
        self.each.iter().filter(move |agent_result| agent_result.game == game)
    }

    /// One agent's standings, game by game.
    pub fn of_agent<'a>(&'a self, role: Role, agent: &'a str) -> impl Iterator<Item = &'a AgentResult> {
        self.each.iter().filter(move |agent_result| agent_result.role() == role && agent_result.agent() == agent)
    }

    /// The one of `role` in a game: random play or the teacher.
    pub fn reference(&self, role: Role, game: Game) -> Option<&AgentResult> {
        self.in_game(game).find(|agent_result| agent_result.role() == role)
    }
}

/// An interval's generator depends on what it is the interval of alone, so that another student changes nothing.
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
        [row] => interval_of(row),
        rows => {
            let episodes: Vec<_> = rows.iter().map(|row| results.episode_scores(role, agent, game, row.seed)).collect();
            let runs: Vec<&[f64]> = episodes.iter().map(Vec::as_slice).collect();
            statistics::mean_of_runs_interval(&runs, seed_for(&format!("{role} {agent} {game}")))
        }
    };
    Some(AgentResult {
        game,
        rows,
        mean,
        interval,
        relative: None,
        relative_interval: None,
        beats: None,
        beats_interval: None,
    })
}

/// A row's interval; the one of a single episode has no width and says nothing.
pub fn interval_of(row: &ScoreRow) -> Option<Interval> {
    (row.episodes > 1).then_some(Interval { low: row.ci_low, high: row.ci_high })
}

/// Mean over rows of a column; none if a row lacks it.
pub fn mean_of(rows: &[ScoreRow], column: impl Fn(&ScoreRow) -> Option<f64>) -> Option<f64> {
    let values: Option<Vec<f64>> = rows.iter().map(column).collect();
    values.and_then(|values| statistics::mean(&values))
}

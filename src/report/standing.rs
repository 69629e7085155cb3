//! What each agent reaches in each game and over all games: every number that tables and plots show.

use super::read::Results;
use super::size;
use crate::eval::statistics::{self, Interval, Ratio, Stratum};
use crate::game::Game;
use crate::record::{Role, ScoreRow, SummaryRow};
use crate::units::Seed;

/// One agent in one game, over its seeds.
#[derive(Debug, Clone)]
pub struct Standing {
    pub game: Game,
    /// The agent's rows of `scores.csv`, one per seed; there is at least one.
    pub rows: Vec<ScoreRow>,
    /// Mean of the seeds' means.
    pub mean: f64,
    /// Its 95% interval over episodes; that of `scores.csv` for one seed.
    pub interval: Option<Interval>,
    /// Mean of the seeds' scores relative to their teachers.
    pub relative: Option<f64>,
    pub relative_interval: Option<Interval>,
    /// In some seed the relative score is the one above random play.
    pub above_random: bool,
}

impl Standing {
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

    /// Mean over the seeds of a column; none if a seed lacks it.
    pub fn mean_of(&self, column: impl Fn(&ScoreRow) -> Option<f64>) -> Option<f64> {
        mean_of(&self.rows, column)
    }
}

/// All agents in all games, and over the games.
pub struct Standings {
    /// Game by game; in a game random play, the teacher, then the students in the experiment's order.
    pub each: Vec<Standing>,
    /// Teacher and students in the experiment's order.
    pub overall: Vec<SummaryRow>,
}

impl Standings {
    pub fn of(results: &Results) -> Standings {
        let names = results.experiment.students.iter().map(|student| (Role::Student, student.name.as_str()));
        let learners: Vec<_> = std::iter::once((Role::Teacher, "teacher")).chain(names).collect();
        let mut each: Vec<Standing> = results
            .experiment
            .games
            .iter()
            .flat_map(|&game| {
                let agents = std::iter::once((Role::Random, "random")).chain(learners.iter().copied());
                agents.filter_map(move |(role, agent)| standing(results, role, agent, game))
            })
            .collect();
        let overall = learners.iter().filter_map(|&(role, agent)| summarize(results, &mut each, role, agent)).collect();
        Standings { each, overall }
    }

    /// The agents of one game.
    pub fn in_game(&self, game: Game) -> impl Iterator<Item = &Standing> {
        self.each.iter().filter(move |standing| standing.game == game)
    }

    /// One agent's standings, game by game.
    pub fn of_agent<'a>(&'a self, role: Role, agent: &'a str) -> impl Iterator<Item = &'a Standing> {
        self.each.iter().filter(move |standing| standing.role() == role && standing.agent() == agent)
    }

    /// The one of `role` in a game: random play or the teacher.
    pub fn reference(&self, role: Role, game: Game) -> Option<&Standing> {
        self.in_game(game).find(|standing| standing.role() == role)
    }
}

/// An interval's generator depends on what it is the interval of alone, so that another student changes nothing.
fn seed_for(what: &str) -> Seed {
    Seed(0).derive(what, 0)
}

fn rows_of(results: &Results, role: Role, agent: &str, game: Game) -> Vec<ScoreRow> {
    let of_agent = |row: &&ScoreRow| row.role == role && row.agent == agent && row.game == game.name();
    results.scores.iter().filter(of_agent).cloned().collect()
}

fn standing(results: &Results, role: Role, agent: &str, game: Game) -> Option<Standing> {
    let rows = rows_of(results, role, agent, game);
    let mean = mean_of(&rows, |row| Some(row.mean))?;
    let interval = match rows.as_slice() {
        [row] => interval_of(row),
        rows => {
            let episodes: Vec<_> = rows.iter().map(|row| results.episode_scores(role, agent, game, row.seed)).collect();
            let strata: Vec<&[f64]> = episodes.iter().map(Vec::as_slice).collect();
            let enough = strata.iter().all(|episodes| episodes.len() > 1);
            let interval = statistics::stratified_mean_interval(&strata, seed_for(&format!("{role} {agent} {game}")));
            interval.filter(|_| enough)
        }
    };
    let relative = mean_of(&rows, |row| row.relative_to_teacher);
    Some(Standing { game, rows, mean, interval, relative, relative_interval: None, above_random: false })
}

/// A row's interval; the one of a single episode has no width and says nothing.
pub fn interval_of(row: &ScoreRow) -> Option<Interval> {
    (row.episodes > 1).then_some(Interval { low: row.ci_low, high: row.ci_high })
}

/// A student's or teacher's row over games; also sets the intervals of its relative score in each game.
fn summarize(results: &Results, each: &mut [Standing], role: Role, agent: &str) -> Option<SummaryRow> {
    let mut own: Vec<&mut Standing> =
        each.iter_mut().filter(|standing| standing.role() == role && standing.agent() == agent).collect();
    let geometric_interval = if role == Role::Student { set_relative_intervals(results, &mut own) } else { None };
    let relative: Option<Vec<f64>> = own.iter().map(|standing| standing.relative).collect();
    let rows: Vec<&ScoreRow> = own.iter().flat_map(|standing| &standing.rows).collect();
    let each_run: Option<Vec<f64>> = rows.iter().map(|row| row.relative_to_teacher).collect();
    let student = results.experiment.students.iter().find(|student| role == Role::Student && student.name == agent);
    let parameters: Option<Vec<f64>> = rows.iter().map(|row| row.parameters.map(|count| count as f64)).collect();
    let compression: Option<Vec<f64>> = rows.iter().map(|row| row.compression).collect();
    Some(SummaryRow {
        experiment: results.experiment.name.clone(),
        role,
        agent: agent.to_owned(),
        games: own.len() as u64,
        seeds: own.iter().map(|standing| standing.rows.len() as u64).max()?,
        parameters: parameters.and_then(|counts| statistics::mean(&counts)).map(|mean| mean.round() as u64),
        compression: compression.and_then(|shares| statistics::mean(&shares)),
        relative_geometric_mean: relative.and_then(|values| statistics::geometric_mean(&values)),
        ci_low: geometric_interval.map(|interval| interval.low),
        ci_high: geometric_interval.map(|interval| interval.high),
        relative_iqm: each_run.and_then(|values| statistics::interquartile_mean(&values)),
        paper: student.and_then(size::paper_relative),
    })
}

/// The episodes of a student, its teacher and random play with one seed.
struct Episodes {
    ratio: Ratio,
    student: Vec<f64>,
    teacher: Vec<f64>,
    random: Vec<f64>,
}

fn set_relative_intervals(results: &Results, own: &mut [&mut Standing]) -> Option<Interval> {
    let agent = own.first()?.agent().to_owned();
    let episodes: Vec<Vec<Episodes>> = own.iter().map(|standing| episodes(results, standing)).collect();
    let strata: Vec<Vec<Stratum>> =
        episodes.iter().map(|seeds| seeds.iter().map(Episodes::stratum).collect()).collect();
    let intervals = statistics::relative_intervals(&strata, seed_for(&format!("relative {agent}")));
    for ((standing, interval), seeds) in own.iter_mut().zip(intervals.games).zip(&episodes) {
        let enough = seeds.iter().all(|of_seed| of_seed.student.len() > 1 && of_seed.teacher.len() > 1);
        standing.relative_interval = interval.filter(|_| enough && standing.relative.is_some());
        standing.above_random = seeds.iter().any(|of_seed| of_seed.ratio == Ratio::AboveRandom);
    }
    intervals.geometric_mean.filter(|_| own.iter().all(|standing| standing.relative_interval.is_some()))
}

fn episodes(results: &Results, standing: &Standing) -> Vec<Episodes> {
    let game = standing.game;
    let of_seed = |row: &ScoreRow| {
        let teacher = results
            .scores
            .iter()
            .find(|other| other.role == Role::Teacher && other.game == row.game && other.seed == row.seed);
        Episodes {
            ratio: teacher.map_or(Ratio::Raw, |teacher| Ratio::of(row.mean, teacher.mean)),
            student: results.episode_scores(Role::Student, &row.agent, game, row.seed),
            teacher: results.episode_scores(Role::Teacher, "teacher", game, row.seed),
            random: results.episode_scores(Role::Random, "random", game, row.seed),
        }
    };
    standing.rows.iter().map(of_seed).collect()
}

impl Episodes {
    fn stratum(&self) -> Stratum<'_> {
        Stratum { ratio: self.ratio, student: &self.student, teacher: &self.teacher, random: &self.random }
    }
}

fn mean_of(rows: &[ScoreRow], column: impl Fn(&ScoreRow) -> Option<f64>) -> Option<f64> {
    let values: Option<Vec<f64>> = rows.iter().map(column).collect();
    values.and_then(|values| statistics::mean(&values))
}

//! Students' scores relative to their teachers, in one game or over all, and the costs of their networks.

use super::scores::style_of;
use super::style::Style;
use crate::eval::statistics::Estimate;
use crate::game::Game;
use crate::record::{Role, ScoreRow};
use crate::report::agent_result::{AgentResults, mean_of};
use crate::report::format::games_of_all;
use crate::report::read::Results;
use crate::report::verdict::Mean;

/// The relative scores of all students in a game, or over the games.
pub struct Shares<'a> {
    agent_results: &'a AgentResults,
    /// None over several games.
    game: Option<Game>,
    pub title: String,
    pub students: Vec<Share>,
    /// Random play's.
    pub random: Option<f64>,
}

/// A student's score as a share of its teacher's.
pub struct Share {
    pub name: String,
    pub style: Style,
    pub share: Estimate,
    /// The paper's figure for such a student.
    pub paper: Option<f64>,
}

impl Share {
    /// The name of the paper's figure for such a student.
    pub fn papers(&self) -> String {
        format!("{}, the paper’s", self.name)
    }
}

/// The cost of a network by which it is small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    Parameters,
    Weights,
    Operations,
    Latency,
}

impl Cost {
    /// Quantity and unit.
    pub fn label(self) -> &'static str {
        match self {
            Cost::Parameters => "parameters",
            Cost::Weights => "weights (bytes)",
            Cost::Operations => "MFLOP per decision",
            Cost::Latency => "latency (ms per decision)",
        }
    }

    fn of(self, row: &ScoreRow) -> Option<f64> {
        match self {
            Cost::Parameters => row.parameters.map(|count| count as f64),
            Cost::Weights => row.bytes.map(|bytes| bytes as f64),
            Cost::Operations => row.mflops,
            Cost::Latency => row.latency_ms,
        }
    }
}

impl<'a> Shares<'a> {
    /// Over the experiment's games, by the mean that all students have that are scored in the most games; in its only
    /// game, if it has one.
    pub fn overall(results: &Results, agent_results: &'a AgentResults) -> Shares<'a> {
        if let [game] = results.experiment.games[..] {
            return Shares::in_game(results, agent_results, game);
        }
        let mean = Mean::over(agent_results.compared_students());
        let share = |name: &str| {
            let row = agent_results.compared(name)?;
            Some((mean.of(row)?, row.paper))
        };
        Shares {
            agent_results,
            game: None,
            title: format!(
                "{} of {}",
                mean.name(),
                games_of_all(agent_results.most_games(), results.experiment.games.len())
            ),
            students: shares(results, share),
            random: agent_results.compared_random().and_then(|row| mean.of(row)).map(|share| share.value),
        }
    }

    pub fn in_game(results: &Results, agent_results: &'a AgentResults, game: Game) -> Shares<'a> {
        let share = |name: &str| {
            let own = agent_results.of_agent(Role::Student, name).find(|own| own.game == game)?;
            Some((own.relative?, None))
        };
        let mark = if agent_results.are_above_random(game) { " *" } else { "" };
        Shares {
            agent_results,
            game: Some(game),
            title: format!("{game}{mark}"),
            students: shares(results, share),
            random: agent_results.random_share(game),
        }
    }

    /// The same without the paper's figures, whose networks were not measured here.
    pub fn without_paper(mut self) -> Shares<'a> {
        self.students.iter_mut().for_each(|student| student.paper = None);
        self
    }

    /// The mean cost of an agent's networks in these games.
    pub fn cost(&self, cost: Cost, role: Role, agent: &str) -> Option<f64> {
        let in_games =
            self.agent_results.of_agent(role, agent).filter(|own| self.game.is_none_or(|game| own.game == game));
        let rows: Vec<ScoreRow> = in_games.flat_map(|own| own.rows.clone()).collect();
        mean_of(&rows, |row| cost.of(row)).filter(|&cost| cost > 0.0)
    }
}

fn shares(results: &Results, share: impl Fn(&str) -> Option<(Estimate, Option<f64>)>) -> Vec<Share> {
    let of = |name: &String| {
        let (share, paper) = share(name)?;
        let style = style_of(results, Role::Student, name);
        share.value.is_finite().then(|| Share { name: name.clone(), style, share, paper })
    };
    results.experiment.students.iter().filter_map(|student| of(&student.name)).collect()
}

//! Students of both experiments by their means over games.

use super::side::Side;
use super::{ComparedAgent, difference};
use crate::game::Game;
use crate::record::{Role, SummaryRow};
use crate::report::verdict::Mean;

/// The students whose means over games can be compared.
pub struct OverGames {
    pub mean: Mean,
    /// Games that every mean is over.
    pub games: u64,
    pub students: Vec<ComparedAgent>,
    /// Students that both have, but in other games in each, or in fewer than the students above.
    pub left_out: Vec<String>,
}

/// A student's results over the games in both experiments.
struct InBoth<'a> {
    name: String,
    rows: [&'a SummaryRow; 2],
    has_the_same_games: bool,
}

/// Compares the students that both have in the same games, in as many as any of them.
pub fn over_games(sides: [&Side; 2]) -> OverGames {
    let in_both: Vec<InBoth> =
        sides[0].students_in(sides[1]).into_iter().filter_map(|name| in_both(sides, name)).collect();
    let games = in_both.iter().filter(|own| own.has_the_same_games).map(|own| own.rows[0].games).max().unwrap_or(0);
    let is_compared = |own: &InBoth| own.has_the_same_games && own.rows[0].games == games;
    let (compared, others): (Vec<InBoth>, Vec<InBoth>) = in_both.into_iter().partition(is_compared);
    let mean = Mean::over(compared.iter().flat_map(|own| own.rows));
    OverGames {
        mean,
        games,
        students: compared.iter().filter_map(|own| own.compared(sides, mean)).collect(),
        left_out: others.into_iter().map(|own| own.name).collect(),
    }
}

fn in_both<'a>(sides: [&'a Side; 2], name: String) -> Option<InBoth<'a>> {
    let row = |side: &'a Side| side.agent_results.rows_of(Role::Student).find(|row| row.agent == name);
    let games =
        |side: &Side| -> Vec<Game> { side.agent_results.of_agent(Role::Student, &name).map(|own| own.game).collect() };
    let [first, second] = sides.map(row);
    let has_the_same_games = games(sides[0]) == games(sides[1]);
    Some(InBoth { rows: [first?, second?], has_the_same_games, name })
}

impl InBoth<'_> {
    fn compared(&self, sides: [&Side; 2], mean: Mean) -> Option<ComparedAgent> {
        Some(ComparedAgent {
            game: None,
            role: Role::Student,
            agent: self.name.clone(),
            score: None,
            of_teacher: Some(difference::over_games(sides, mean, &self.name, self.rows)?),
            above_random: false,
        })
    }
}

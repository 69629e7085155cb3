//! Every student in every game, at a glance.

use super::scores::note;
use crate::game::Game;
use crate::record::Role;
use crate::report::agent_result::AgentResults;
use crate::report::read::Results;
use crate::report::table::{Cell, Table, estimates, words};
use crate::report::verdict::Mean;

/// The relative score of each student (a column) in each game (a row), and over the games where it is scored in as many
/// as any other. Empty for a single game.
pub fn matrix(results: &Results, agent_results: &AgentResults) -> Table {
    let games = &results.experiment.games;
    let names: Vec<&String> = results.experiment.students.iter().map(|student| &student.name).collect();
    let mut columns = vec![words("game", "")];
    columns.extend(names.iter().map(|&name| estimates(name.clone(), "")));
    let rows = games.iter().map(|&game| row(agent_results, game, &names));
    let all: Vec<Vec<Cell>> = rows.chain([over_games(agent_results, &names)]).collect();
    Table::of(columns, if games.len() > 1 && !agent_results.overall.is_empty() { all } else { Vec::new() })
        .in_files("matrix")
        .noted(note(agent_results))
}

fn row(agent_results: &AgentResults, game: Game, names: &[&String]) -> Vec<Cell> {
    let mark = if agent_results.are_above_random(game) { " *" } else { "" };
    let cell = |name: &&String| {
        let own = agent_results.of_agent(Role::Student, name).find(|own| own.game == game);
        Cell::percent_with_interval(own.and_then(|own| own.relative))
    };
    std::iter::once(format!("{game}{mark}").into()).chain(names.iter().map(cell)).collect()
}

fn over_games(agent_results: &AgentResults, names: &[&String]) -> Vec<Cell> {
    let mean = Mean::over(agent_results.compared_students());
    let cell = |name: &&String| Cell::percent_with_interval(agent_results.compared(name).and_then(|row| mean.of(row)));
    std::iter::once(mean.name().to_owned().into()).chain(names.iter().map(cell)).collect()
}

//! Tables of results beside the paper's.

use super::overall::relative;
use crate::eval::paper;
use crate::game::Game;
use crate::record::{Role, SummaryRow};
use crate::report::agent_result::AgentResults;
use crate::report::protocol::{ProtocolPoint, points};
use crate::report::read::Results;
use crate::report::table::{Cell, Table, estimates, numbers, words};

/// The agents with a counterpart in the paper, and its figure.
pub fn students_beside_paper(agent_results: &AgentResults) -> Table {
    let columns = vec![
        words("agent", ""),
        estimates("here", "Geometric mean over this experiment’s games of student / teacher."),
        numbers("paper", "The paper’s for an agent of this size and loss, as a geometric mean over its games."),
        words("what the paper’s figure is", ""),
    ];
    let row = |row: &SummaryRow| -> Option<Vec<Cell>> {
        Some(vec![
            row.agent.clone().into(),
            Cell::percent_with_interval(relative(row)),
            Cell::of(Some(row.paper?), |share| format!("{:.1}%", 100.0 * share)),
            row.paper_note.clone()?.into(),
        ])
    };
    Table::of(columns, agent_results.overall.iter().filter_map(row)).in_files("paper-students")
}

/// Teachers beside the paper's and other published scores, game by game.
pub fn teachers_beside_paper(results: &Results, agent_results: &AgentResults) -> Table {
    let columns = vec![
        words("game", ""),
        estimates("teacher here", "Null-op starts."),
        numbers("paper’s DQN", "Its teacher, from human starts; confirmed in published data for these games alone."),
        numbers("published DQN", "After 200 million frames, null-op starts, epsilon 0.05; the best checkpoint."),
        numbers("random here", "Uniformly random play by the protocol below."),
        numbers("published random", "Uniformly random play."),
        numbers("published human", "A professional human tester, as later papers give it."),
    ];
    let row = |&game: &Game| {
        let entry = game.entry();
        let teacher = agent_results.reference(Role::Teacher, game);
        let paper = paper::TEACHERS.iter().find(|(name, _)| *name == game.name()).map(|(_, score)| *score);
        vec![
            game.to_string().into(),
            Cell::number_with_interval(teacher.map(|own| own.score)),
            Cell::number(paper),
            Cell::number(entry.dqn),
            Cell::number(agent_results.reference(Role::Random, game).map(|result| result.score.value)),
            Cell::number(entry.random),
            Cell::number(entry.human),
        ]
    };
    Table::of(columns, results.experiment.games.iter().map(row)).in_files("paper-teachers")
}

/// Points in which the protocol differs from the paper's.
pub fn differences(results: &Results) -> Table {
    let columns = vec![
        words("differs from the paper", ""),
        words("paper", ""),
        words("here", ""),
        words("known from", "What says so of the paper; its text confirms none of it."),
    ];
    let row =
        |point: ProtocolPoint| vec![point.what.to_owned(), point.paper, point.here, point.source.name().to_owned()];
    Table::of(columns, points(results).into_iter().filter(ProtocolPoint::differs).map(row)).in_files("differences")
}

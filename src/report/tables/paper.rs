//! Tables of results beside the paper's.

use super::overall::relative;
use crate::eval::paper;
use crate::game::Game;
use crate::record::{Role, SummaryRow};
use crate::report::agent_result::AgentResults;
use crate::report::format::{number, number_with_interval, or_dash, percent_with_interval};
use crate::report::protocol::{ProtocolPoint, points};
use crate::report::read::Results;
use crate::report::table::{Table, numbers, words};

/// The agents with a counterpart in the paper, and its figure.
pub fn students_beside_paper(agent_results: &AgentResults) -> Table {
    let columns = vec![
        words("agent", ""),
        numbers("here [95%]", "Geometric mean over this experiment’s games of student / teacher."),
        numbers("paper", "The paper’s for an agent of this size and loss, as a geometric mean over its games."),
        words("what the paper’s figure is", ""),
    ];
    let row = |row: &SummaryRow| {
        Some(vec![
            row.agent.clone(),
            or_dash(relative(row), |(share, interval)| percent_with_interval(share, interval)),
            format!("{:.1}%", 100.0 * row.paper?),
            row.paper_note.clone()?,
        ])
    };
    Table { columns, rows: agent_results.overall.iter().filter_map(row).collect() }
}

/// Teachers beside the paper's and other published scores, game by game.
pub fn teachers_beside_paper(results: &Results, agent_results: &AgentResults) -> Table {
    let columns = vec![
        words("game", ""),
        numbers("teacher here [95%]", "Null-op starts."),
        numbers("paper’s DQN", "Its teacher, from human starts; confirmed in published data for these games alone."),
        numbers("published DQN", "After 200 million frames, null-op starts, epsilon 0.05; the best checkpoint."),
        numbers("random here", "Uniformly random play by the protocol below."),
        numbers("published random", "Uniformly random play."),
        numbers("published human", "A professional human tester, as later papers give it."),
    ];
    let row = |&game: &Game| {
        let entry = game.entry();
        let paper = paper::TEACHERS.iter().find(|(name, _)| *name == game.name()).map(|(_, score)| *score);
        vec![
            game.to_string(),
            or_dash(agent_results.reference(Role::Teacher, game), |result| {
                number_with_interval(result.mean, result.interval)
            }),
            or_dash(paper, number),
            or_dash(entry.dqn, number),
            or_dash(agent_results.reference(Role::Random, game), |result| number(result.mean)),
            or_dash(entry.random, number),
            or_dash(entry.human, number),
        ]
    };
    Table { columns, rows: results.experiment.games.iter().map(row).collect() }
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
    Table { columns, rows: points(results).into_iter().filter(ProtocolPoint::differs).map(row).collect() }
}

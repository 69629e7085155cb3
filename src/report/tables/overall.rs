//! Table of the students' results over all games.

use crate::config::{Data, Objective, StudentRate, StudentSettings};
use crate::eval::statistics::Estimate;
use crate::record::{Role, SummaryRow};
use crate::report::agent_result::AgentResults;
use crate::report::format::or_dash;
use crate::report::read::Results;
use crate::report::table::{Cell, Table, estimates, numbers, words};
use crate::report::verdict::Mean;

/// Every student over the games, with random play for comparison.
pub fn overall(results: &Results, agent_results: &AgentResults) -> Table {
    let columns = vec![
        words("student", ""),
        words(
            "loss",
            "What was minimised between teacher and student, with its temperature if it has one, on states of the \
             teacher’s play if no other is named; or none, but the temporal difference of rewards.",
        ),
        numbers("size", "Parameters as a share of the teacher's, mean over games."),
        estimates(
            "geometric mean",
            "Of the scores relative to the teacher, over games; each game is the mean of its seeds. None where a game’s \
             is not above 0.",
        ),
        estimates("mean", "Arithmetic mean of the same."),
        estimates("IQM", "Interquartile mean of the relative scores of all games and seeds."),
        estimates(
            "beats teacher",
            "Probability that the student scores more in an episode than its teacher, an equal score counting half; \
             mean over games.",
        ),
        numbers("games", ""),
        numbers("seeds", ""),
    ];
    let students = agent_results.overall.iter().any(|row| row.role == Role::Student);
    let rows = agent_results.overall.iter().filter(|row| students && row.role != Role::Teacher);
    Table::of(columns, rows.map(|row| row_of(results, row))).in_files("over-games")
}

fn row_of(results: &Results, row: &SummaryRow) -> Vec<Cell> {
    let share = |value: Option<f64>, low, high| {
        Cell::percent_with_interval(value.map(|value| Estimate::between(value, low, high)))
    };
    vec![
        row.agent.clone().into(),
        or_dash(results.student(&row.agent), |student| loss(student, results.experiment.distillation.data)).into(),
        Cell::percent(row.compression),
        share(row.relative_geometric_mean, row.ci_low, row.ci_high),
        share(row.relative_mean, row.mean_ci_low, row.mean_ci_high),
        share(row.relative_iqm, row.iqm_ci_low, row.iqm_ci_high),
        share(row.beats_teacher, row.beats_ci_low, row.beats_ci_high),
        row.games.to_string().into(),
        row.seeds.to_string().into(),
    ]
}

/// The main figure of a student over its games: the geometric mean, or the relative score in its only game.
pub fn relative(row: &SummaryRow) -> Option<Estimate> {
    if row.games == 1 {
        return Mean::Arithmetic.of(row);
    }
    Mean::Geometric.of(row)
}

fn loss(student: &StudentSettings, data: Data) -> String {
    let loss = match student.loss {
        Objective::Teacher(loss) if loss.has_temperature() => format!("{}, τ = {}", loss.label, student.temperature),
        Objective::Teacher(loss) => loss.label.to_owned(),
        Objective::Rewards => return format!("none: from {}", student.loss.label()),
    };
    let loss = match student.learning_rate {
        StudentRate::Own(rate) => format!("{loss}, rate {rate}"),
        StudentRate::Shared(_) => loss,
    };
    match data {
        Data::Teacher => loss,
        Data::Student => format!("{loss}; states of its own play"),
        Data::Mixed => format!("{loss}; mixed states"),
    }
}

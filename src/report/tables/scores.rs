//! Tables of scores in the games.

use crate::record::{Ratio, Role, ScoreRow};
use crate::report::agent_result::{AgentResult, AgentResults, score_of};
use crate::report::format::latency;
use crate::report::read::Results;
use crate::report::table::{Cell, Table, estimates, numbers, words};
use crate::units::grouped;

/// Every agent in every game: the result of the experiment.
pub fn scores(agent_results: &AgentResults) -> Table {
    let columns = vec![
        words("game", ""),
        words("agent", ""),
        estimates("score", "Mean raw score of an episode; over seeds, the mean of the seeds' means."),
        estimates(
            "of teacher's",
            "Mean score / teacher's mean score with the same seed; marked *, (mean − random) / (teacher − random).",
        ),
        numbers(
            "other ratio",
            "The share by the other definition: (mean − random) / (teacher − random), or where that is marked *, mean / \
             teacher's mean.",
        )
        .left_out(6),
        estimates(
            "beats teacher",
            "Probability that it scores more in an episode than its teacher, an equal score counting half.",
        )
        .left_out(3),
        numbers("size", "Parameters as a share of the teacher's.").left_out(1),
        numbers("of human", "(mean − random) / (human − random) with the published scores of random and human play.")
            .left_out(5),
        numbers("latency", "Median time of a decision at batch 1, on the machine named below.").left_out(4),
        numbers("episodes", "Seeds, each a training of its own, × episodes that score each.").left_out(2),
    ];
    Table::of(columns, agent_results.each.iter().map(row)).in_files("scores").noted(note(agent_results))
}

/// The meaning of the mark * in tables of scores, where some game has it.
pub fn note(agent_results: &AgentResults) -> Option<&'static str> {
    let is_share = |own: &&AgentResult| own.role() == Role::Student && own.relative.is_some();
    let is_marked = agent_results.each.iter().filter(is_share).any(AgentResult::above_random);
    is_marked.then_some(
        "Marked *: by (student − random) / (teacher − random), since some agent’s mean score there is not clearly above 0.",
    )
}

fn row(agent_result: &AgentResult) -> Vec<Cell> {
    let mean_of = |column: fn(&ScoreRow) -> Option<f64>| agent_result.mean_of(column);
    let mark = if agent_result.above_random() { "*" } else { "" };
    let is_student = agent_result.role() == Role::Student;
    vec![
        agent_result.game.to_string().into(),
        agent_result.agent().to_owned().into(),
        Cell::number_with_interval(Some(agent_result.score)),
        Cell::percent_with_interval(agent_result.relative.filter(|_| is_student)).marked(mark),
        Cell::percent(agent_result.otherwise.filter(|_| is_student)),
        Cell::percent_with_interval(agent_result.beats.filter(|_| is_student)),
        Cell::percent(mean_of(|row| row.compression)),
        Cell::percent(mean_of(|row| row.human_normalized)),
        Cell::of(mean_of(|row| row.latency_ms), latency),
        format!("{} × {}", agent_result.rows.len(), grouped(agent_result.episodes() / agent_result.rows.len() as u64))
            .into(),
    ]
}

/// Every row of `scores.csv`.
pub fn each_seed(results: &Results) -> Table {
    let columns = vec![
        words("game", ""),
        words("agent", ""),
        numbers("seed", ""),
        numbers("episodes", ""),
        estimates("score", "Mean raw score of an episode."),
        numbers("median", ""),
        numbers("std", "Standard deviation over episodes."),
        numbers("of teacher's", "Relative to the teacher with this seed; * as above."),
        numbers("beats teacher", "In an episode, an equal score counting half."),
        numbers("of human", ""),
        numbers(
            "temperature",
            "In units of Q. A multiple of the action gap is taken on the play before the first update.",
        ),
    ];
    let row = |row: &ScoreRow| -> Vec<Cell> {
        let mark = if row.ratio == Some(Ratio::AboveRandom) { "*" } else { "" };
        let of_student = |value: Option<f64>| value.filter(|_| row.role == Role::Student);
        vec![
            row.game.clone().into(),
            row.agent.clone().into(),
            row.seed.to_string().into(),
            row.episodes.to_string().into(),
            Cell::number_with_interval(Some(score_of(row))),
            Cell::number(Some(row.median)),
            Cell::number(row.std),
            Cell::percent(of_student(row.relative_to_teacher)).marked(mark),
            Cell::percent(of_student(row.beats_teacher)),
            Cell::percent(row.human_normalized),
            Cell::of(row.temperature, |temperature| format!("{temperature:.4}")),
        ]
    };
    Table::of(columns, results.scores.iter().map(row)).in_files("seeds")
}

//! Tables of scores in the games.

use crate::record::{Ratio, Role, ScoreRow};
use crate::report::agent_result::{AgentResult, AgentResults, interval_of};
use crate::report::format::{number, number_with_interval, or_dash, percent, percent_with_interval};
use crate::report::read::Results;
use crate::report::table::{Table, numbers, words};
use crate::units::grouped;

/// Every agent in every game: the result of the experiment.
pub fn scores(agent_results: &AgentResults) -> Table {
    let columns = vec![
        words("game", ""),
        words("agent", ""),
        numbers("score [95%]", "Mean raw score of an episode; over seeds, the mean of the seeds' means."),
        numbers(
            "of teacher's [95%]",
            "Mean score / teacher's mean score with the same seed; * in games where it is (mean − random) / (teacher − \
             random), since some agent's mean there is not clearly above 0.",
        ),
        numbers(
            "otherwise",
            "The same by the other definition: (mean − random) / (teacher − random), or where that is marked *, mean / \
             teacher's mean.",
        ),
        numbers(
            "beats teacher [95%]",
            "Probability that it scores more in an episode than its teacher, an equal score counting half.",
        ),
        numbers("size", "Parameters as a share of the teacher's."),
        numbers("of human", "(mean − random) / (human − random) with the published scores of random and human play."),
        numbers("latency", "Median milliseconds per decision at batch 1, on the machine named below."),
        numbers("episodes", "Seeds, each a training of its own, × episodes that score each."),
    ];
    Table { columns, rows: agent_results.each.iter().map(row).collect() }
}

fn row(agent_result: &AgentResult) -> Vec<String> {
    let mean_of = |column: fn(&ScoreRow) -> Option<f64>| agent_result.mean_of(column);
    let mark = if agent_result.above_random() { "*" } else { "" };
    let of_student = |value: Option<f64>| value.filter(|_| agent_result.role() == Role::Student);
    vec![
        agent_result.game.to_string(),
        agent_result.agent().to_owned(),
        number_with_interval(agent_result.mean, agent_result.interval),
        or_dash(of_student(agent_result.relative), |share| {
            percent_with_interval(share, agent_result.relative_interval) + mark
        }),
        or_dash(of_student(agent_result.otherwise), percent),
        or_dash(of_student(agent_result.beats), |share| percent_with_interval(share, agent_result.beats_interval)),
        or_dash(mean_of(|row| row.compression), percent),
        or_dash(mean_of(|row| row.human_normalized), percent),
        or_dash(mean_of(|row| row.latency_ms), |ms| format!("{ms:.2} ms")),
        format!("{} × {}", agent_result.rows.len(), grouped(agent_result.episodes() / agent_result.rows.len() as u64)),
    ]
}

/// Every row of `scores.csv`.
pub fn each_seed(results: &Results) -> Table {
    let columns = vec![
        words("game", ""),
        words("agent", ""),
        numbers("seed", ""),
        numbers("episodes", ""),
        numbers("score [95%]", "Mean raw score of an episode."),
        numbers("median", ""),
        numbers("std", "Standard deviation over episodes."),
        numbers("of teacher's", "Relative to the teacher with this seed; * as above."),
        numbers("beats teacher", "In an episode, an equal score counting half."),
        numbers("of human", ""),
    ];
    let row = |row: &ScoreRow| {
        let mark = if row.ratio == Some(Ratio::AboveRandom) { "*" } else { "" };
        let of_student = |value: Option<f64>| value.filter(|_| row.role == Role::Student);
        vec![
            row.game.clone(),
            row.agent.clone(),
            row.seed.to_string(),
            row.episodes.to_string(),
            number_with_interval(row.mean, interval_of(row)),
            number(row.median),
            or_dash(row.std, number),
            or_dash(of_student(row.relative_to_teacher), |share| percent(share) + mark),
            or_dash(of_student(row.beats_teacher), percent),
            or_dash(row.human_normalized, percent),
        ]
    };
    Table { columns, rows: results.scores.iter().map(row).collect() }
}

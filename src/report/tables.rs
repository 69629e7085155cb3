//! The tables of a report.

use super::format::{number, number_with_interval, or_dash, percent, percent_with_interval};
use super::read::Results;
use super::size::{PAPER_OUTPUTS, parameters};
use super::standing::{Standing, Standings, interval_of};
use super::table::{Table, numbers, words};
use crate::config::{Loss, Network, Student};
use crate::eval::statistics::{self, Interval};
use crate::game::Game;
use crate::record::{Role, ScoreRow, SummaryRow};
use crate::units::grouped;

/// Every agent in every game: the result of the experiment.
pub fn results(standings: &Standings) -> Table {
    let columns = vec![
        words("game", ""),
        words("agent", ""),
        numbers("score [95%]", "Mean raw score of an episode; over seeds, the mean of the seeds' means."),
        numbers(
            "of teacher's [95%]",
            "Mean score / teacher's mean score with the same seed; * where it is (mean − random) / (teacher − random), \
             since a mean is not above 0.",
        ),
        numbers("parameters", "Weights and biases of the network, with the game's own number of actions."),
        numbers("size", "Parameters as a share of the teacher's."),
        numbers("of human", "(mean − random) / (human − random) with the published scores of random and human play."),
        numbers("latency", "Median milliseconds per decision at batch 1, on the machine named below."),
        numbers("seeds", "Trainings of teacher and students."),
        numbers("episodes", "Over all seeds."),
    ];
    Table { columns, rows: standings.each.iter().map(result).collect() }
}

fn result(standing: &Standing) -> Vec<String> {
    let of = |column: fn(&ScoreRow) -> Option<f64>| standing.mean_of(column);
    let mark = if standing.above_random { "*" } else { "" };
    vec![
        standing.game.to_string(),
        standing.agent().to_owned(),
        number_with_interval(standing.mean, standing.interval),
        or_dash(standing.relative.filter(|_| standing.role() == Role::Student), |share| {
            percent_with_interval(share, standing.relative_interval) + mark
        }),
        or_dash(of(|row| row.parameters.map(|n| n as f64)), |n| grouped(n.round() as u64)),
        or_dash(of(|row| row.compression), percent),
        or_dash(of(|row| row.human_normalized), percent),
        or_dash(of(|row| row.latency_ms), |ms| format!("{ms:.2} ms")),
        standing.rows.len().to_string(),
        grouped(standing.episodes()),
    ]
}

/// Every student over the games, with the paper's figure.
pub fn summary(results: &Results, standings: &Standings) -> Table {
    let columns = vec![
        words("student", ""),
        words("loss", "What was minimised between teacher and student; KL with its temperature."),
        numbers("size", "Parameters as a share of the teacher's, mean over games."),
        numbers(
            "geometric mean [95%]",
            "Of the scores relative to the teacher, over games; each game is the mean of its seeds.",
        ),
        numbers("IQM", "Interquartile mean of the relative scores of all games and seeds."),
        numbers("games", ""),
        numbers("seeds", ""),
        numbers(
            "paper (reported)",
            "Geometric mean that notes of the paper report for such a network: human starts, ten games, 500 hours of \
             play.",
        ),
    ];
    let students = standings.overall.iter().filter(|row| row.role == Role::Student);
    Table { columns, rows: students.map(|row| summary_row(results, row)).collect() }
}

fn summary_row(results: &Results, row: &SummaryRow) -> Vec<String> {
    let student = results.experiment.students.iter().find(|student| student.name == row.agent);
    vec![
        row.agent.clone(),
        or_dash(student, loss),
        or_dash(row.compression, percent),
        or_dash(row.relative_geometric_mean, |share| percent_with_interval(share, interval(row))),
        or_dash(row.relative_iqm, percent),
        row.games.to_string(),
        row.seeds.to_string(),
        or_dash(row.paper, |share| format!("{:.1}%", 100.0 * share)),
    ]
}

/// The interval of a student's geometric mean.
pub fn interval(row: &SummaryRow) -> Option<Interval> {
    row.ci_low.zip(row.ci_high).map(|(low, high)| Interval { low, high })
}

fn loss(student: &Student) -> String {
    match student.loss {
        Loss::Kl => format!("KL, τ = {}", student.temperature),
        Loss::Nll => "NLL".into(),
        Loss::Mse => "MSE".into(),
    }
}

/// The networks and what they cost.
pub fn compression(results: &Results, standings: &Standings) -> Table {
    let columns = vec![
        words("agent", ""),
        words("network", "Filters of the three convolutions, then units of the fully connected layer."),
        numbers("paper's count", "Parameters with 18 outputs, as the paper counts them for every game."),
        numbers("size", "That count as a share of the teacher's."),
        numbers("smaller", "How many times smaller than the teacher."),
        numbers("parameters here", "With the actions of this experiment's games; from the fewest to the most."),
        numbers("weights", "Size of the weights as 32-bit floats, mean over games."),
        numbers(
            "MFLOP",
            "Million floating-point operations per decision, a multiply-add counting as two; mean over games.",
        ),
        numbers(
            "latency",
            "Median milliseconds per decision at batch 1, mean over games and seeds, on the machine named below.",
        ),
    ];
    let teacher = ("teacher", Role::Teacher, results.experiment.teacher.network);
    let students = results.experiment.students.iter();
    let agents = std::iter::once(teacher).chain(students.map(|of| (of.name.as_str(), Role::Student, of.network)));
    let row = |(name, role, network)| {
        let rows: Vec<&ScoreRow> = standings.of_agent(role, name).flat_map(|standing| &standing.rows).collect();
        network_row(results, name, network, &rows)
    };
    Table { columns, rows: agents.map(row).collect() }
}

fn network_row(results: &Results, name: &str, network: Network, rows: &[&ScoreRow]) -> Vec<String> {
    let experiment = &results.experiment;
    let count = parameters(network, PAPER_OUTPUTS);
    let share = count as f64 / parameters(experiment.teacher.network, PAPER_OUTPUTS) as f64;
    let counts = experiment
        .games
        .iter()
        .map(|game| parameters(network, game.actions(experiment.environment.action_set).len() as u64));
    let (least, most) = counts.fold((u64::MAX, 0), |(least, most), n| (least.min(n), most.max(n)));
    let widths = network.widths();
    let [first, second, third] = widths.conv;
    let mean = |column: fn(&ScoreRow) -> Option<f64>| {
        let values: Vec<f64> = rows.iter().filter_map(|row| column(row)).collect();
        statistics::mean(&values)
    };
    vec![
        name.to_owned(),
        format!("{first}/{second}/{third}, {}", widths.hidden),
        grouped(count),
        percent(share),
        format!("{:.1}×", 1.0 / share),
        if least == most { grouped(least) } else { format!("{}–{}", grouped(least), grouped(most)) },
        or_dash(mean(|row| row.bytes.map(|bytes| bytes as f64)), bytes),
        or_dash(mean(|row| row.mflops), number),
        or_dash(mean(|row| row.latency_ms), |ms| format!("{ms:.2} ms")),
    ]
}

fn bytes(bytes: f64) -> String {
    if bytes >= 1e6 { format!("{:.2} MB", bytes / 1e6) } else { format!("{:.0} kB", bytes / 1e3) }
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
        numbers("of teacher's", "Relative to the teacher with this seed."),
        numbers("of human", ""),
    ];
    let row = |row: &ScoreRow| {
        vec![
            row.game.clone(),
            row.agent.clone(),
            row.seed.to_string(),
            row.episodes.to_string(),
            number_with_interval(row.mean, interval_of(row)),
            number(row.median),
            or_dash(row.std, number),
            or_dash(row.relative_to_teacher.filter(|_| row.role == Role::Student), percent),
            or_dash(row.human_normalized, percent),
        ]
    };
    Table { columns, rows: results.scores.iter().map(row).collect() }
}

/// Published scores of the experiment's games; another protocol.
pub fn published(results: &Results) -> Table {
    let columns = vec![
        words("game", ""),
        numbers("random", "Uniformly random play."),
        numbers("human", "A professional human tester."),
        numbers("DQN", "After 200 million frames, null-op starts, epsilon 0.05; the best checkpoint."),
    ];
    let row = |game: &Game| {
        let entry = game.entry();
        let mut cells = vec![game.to_string()];
        cells.extend([entry.random, entry.human, entry.dqn].map(|score| or_dash(score, number)));
        cells
    };
    Table { columns, rows: results.experiment.games.iter().map(row).collect() }
}

//! What the networks cost.

use crate::config::{Network, Widths};
use crate::eval::statistics;
use crate::nn::Architecture;
use crate::record::{Role, ScoreRow};
use crate::report::format::{number, or_dash, percent};
use crate::report::read::Results;
use crate::report::standing::Standings;
use crate::report::table::{Table, numbers, words};
use crate::units::grouped;

/// The outputs that the paper's table of sizes counts.
const PAPER_OUTPUTS: usize = 18;

/// The networks and what they cost.
pub fn networks(results: &Results, standings: &Standings) -> Table {
    let columns = vec![
        words("agent", ""),
        words(
            "network",
            "Filters of the three convolutions, then units of the fully connected layer; the games that share it, if there are several.",
        ),
        numbers("paper's count", "Parameters with 18 outputs, as the paper counts them for a network of one game."),
        numbers("size", "That count as a share of the teacher's; of a network of several games, all its parameters."),
        numbers("smaller", "How many times smaller than one teacher."),
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
    let teacher = &results.experiment.teacher;
    let students = results.experiment.students.iter();
    let students = students.map(|of| (of.name.as_str(), Role::Student, of.network, of.is_baseline()));
    let agents = std::iter::once(("teacher", Role::Teacher, teacher.network, true)).chain(students);
    let row = |(name, role, network, from_rewards)| {
        let rows: Vec<&ScoreRow> = standings.of_agent(role, name).flat_map(|standing| &standing.rows).collect();
        let parameters = |outputs| {
            let layer_norm = from_rewards && teacher.layer_norm;
            Architecture { layer_norm, ..Architecture::new(network, outputs) }.parameters()
        };
        network_row(results, name, network, &parameters, &rows)
    };
    Table { columns, rows: agents.map(row).collect() }
}

fn network_row(
    results: &Results,
    name: &str,
    network: Network,
    parameters: &dyn Fn(usize) -> u64,
    rows: &[&ScoreRow],
) -> Vec<String> {
    let mean = |column: fn(&ScoreRow) -> Option<f64>| {
        let values: Vec<f64> = rows.iter().filter_map(|row| column(row)).collect();
        statistics::mean(&values)
    };
    let games = rows.iter().filter_map(|row| row.network_games).max().unwrap_or(1);
    let count = parameters(PAPER_OUTPUTS);
    let teacher = Architecture::teacher(&results.experiment.teacher, PAPER_OUTPUTS).parameters();
    let Widths { conv: [first, second, third], hidden } = network.widths();
    let widths = format!("{first}/{second}/{third}, {hidden}");
    // The heads of several games are not in the widths, but in the rows.
    let (widths, count, share, here) = if games > 1 {
        let here = rows.iter().filter_map(|row| row.parameters).collect();
        (format!("{widths}; {games} games"), None, mean(|row| row.compression), here)
    } else {
        let set = results.experiment.environment.action_set;
        let outputs = results.experiment.games.iter().map(|game| game.actions(set).len());
        let here = outputs.map(parameters).collect();
        (widths, Some(count), Some(count as f64 / teacher as f64), here)
    };
    vec![
        name.to_owned(),
        widths,
        or_dash(count, grouped),
        or_dash(share, percent),
        or_dash(share, |share| format!("{:.1}×", 1.0 / share)),
        range(here),
        or_dash(mean(|row| row.bytes.map(|bytes| bytes as f64)), bytes),
        or_dash(mean(|row| row.mflops), number),
        or_dash(mean(|row| row.latency_ms), |ms| format!("{ms:.2} ms")),
    ]
}

/// From the least to the most.
fn range(counts: Vec<u64>) -> String {
    let (least, most) = (counts.iter().min(), counts.iter().max());
    or_dash(least.zip(most), |(&least, &most)| match least == most {
        true => grouped(least),
        false => format!("{}–{}", grouped(least), grouped(most)),
    })
}

fn bytes(bytes: f64) -> String {
    if bytes >= 1e6 { format!("{:.2} MB", bytes / 1e6) } else { format!("{:.0} kB", bytes / 1e3) }
}

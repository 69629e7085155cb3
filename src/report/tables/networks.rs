//! Table of the networks' sizes and costs.

use crate::config::{EnvironmentSettings, Experiment, StudentSettings};
use crate::eval::statistics;
use crate::game::{Game, View};
use crate::nn::{Architecture, Outputs};
use crate::record::{Role, ScoreRow};
use crate::report::agent_result::AgentResults;
use crate::report::format::{self, number, or_dash};
use crate::report::read::Results;
use crate::report::table::{Cell, Table, numbers, words};
use crate::units::grouped;

/// Number of outputs in the paper's table of sizes.
const PAPER_OUTPUTS: i64 = 18;

/// The networks and what they cost.
pub fn networks(results: &Results, agent_results: &AgentResults) -> Table {
    let columns = vec![
        words("agent", ""),
        words(
            "network",
            "Filters of the three convolutions, then units of the fully connected layer; the games that share it, if there are several.",
        ),
        numbers(
            "with 18 outputs",
            "Parameters, as the paper counts them for a network of one game. Its networks have no normalised layers, \
             which add to them.",
        ),
        numbers("size", "Parameters with the games' actions as a share of the teacher's, mean over games."),
        numbers("smaller", "How many times smaller than its teacher, or than its teachers together."),
        numbers("parameters here", "With the actions of this experiment's games; from the fewest to the most."),
        numbers("weights", "Size of the weights as 32-bit floats, mean over games."),
        numbers(
            "MFLOP",
            "Million floating-point operations per decision, a multiply-add counting as two; mean over games.",
        ),
        numbers(
            "latency",
            "Median milliseconds per decision at batch 1, with the quartiles where they were measured; means over games and seeds, on \
             the processor named below.",
        ),
    ];
    let students = results.experiment.students.iter().map(|student| of_student(results, agent_results, student));
    Table::of(columns, std::iter::once(of_teacher(results, agent_results)).chain(students)).in_files("networks")
}

fn of_teacher(results: &Results, agent_results: &AgentResults) -> Vec<Cell> {
    let here: Vec<_> = results.experiment.games.iter().map(|&game| teacher(&results.experiment, game)).collect();
    let counted = as_counted(&here[0]);
    let rows: Vec<_> =
        agent_results.of_agent(Role::Teacher, "teacher").flat_map(|agent_result| &agent_result.rows).collect();
    row(results, ("teacher", ""), Some(counted), here, &rows)
}

/// The teacher's network, by the settings with which it learned.
fn teacher(experiment: &Experiment, game: Game) -> Architecture {
    Architecture::teacher(experiment.teacher_settings(game), &experiment.environment.spec(game))
}

/// The student's view, if it is another than the teacher's.
fn observes(student: &StudentSettings, teachers: &EnvironmentSettings) -> &'static str {
    match student.environment(teachers).observation {
        view if view == teachers.observation => "",
        View::Pixels => "; observes the screen",
        View::Ram => "; observes the memory",
    }
}

fn of_student(results: &Results, agent_results: &AgentResults, student: &StudentSettings) -> Vec<Cell> {
    let Experiment { games, environment, .. } = &results.experiment;
    let environment = student.environment(environment);
    let layer_norm = results.experiment.is_normalised(student);
    let spec = |game: &Game| (game.name(), environment.spec(*game));
    let architecture_for =
        |games: &[Game]| Architecture::student(student, games.iter().map(spec)).normalised(layer_norm);
    let alone = as_counted(&architecture_for(&games[..1]));
    let rows: Vec<_> =
        agent_results.of_agent(Role::Student, &student.name).flat_map(|agent_result| &agent_result.rows).collect();
    let agent = (student.name.as_str(), observes(student, &results.experiment.environment));
    match student.is_shared() {
        true => row(results, agent, None, vec![architecture_for(games)], &rows),
        false => row(results, agent, Some(alone), games.iter().map(|&game| architecture_for(&[game])).collect(), &rows),
    }
}

/// The same network for one game with as many outputs as the paper counts.
fn as_counted(here: &Architecture) -> Architecture {
    Architecture { outputs: Outputs::One(PAPER_OUTPUTS), ..here.clone() }
}

/// `observes` is a remark on the agent's view; `counted` is the network for one game as the paper counts it; `here` are
/// the networks of this experiment.
fn row(
    results: &Results,
    (name, observes): (&str, &str),
    counted: Option<Architecture>,
    here: Vec<Architecture>,
    rows: &[&ScoreRow],
) -> Vec<Cell> {
    let count = counted.as_ref().map(Architecture::parameters);
    let shares = results.experiment.games.iter().enumerate().map(|(index, &game)| {
        let own = here.get(index).unwrap_or(&here[0]).parameters();
        own as f64 / teacher(&results.experiment, game).parameters() as f64
    });
    let share = statistics::mean(&shares.collect::<Vec<_>>());
    let teachers = here[0].heads().len().max(1) as f64;
    let games = match here[0].heads().len() {
        0 => String::new(),
        games => format!("; {games} games"),
    };
    vec![
        name.to_owned().into(),
        format!("{}{games}{observes}", here[0].widths()).into(),
        Cell::of(count.map(|count| count as f64), |count| grouped(count as u64)),
        Cell::percent(share),
        Cell::of(share.map(|share| teachers / share), |times| format!("{times:.1}×")),
        range(here.iter().map(Architecture::parameters).collect()).into(),
        Cell::of(mean(rows, |row| row.bytes.map(|bytes| bytes as f64)), bytes),
        Cell::of(
            mean(rows, |row| row.mflops),
            |mflops| if mflops < 0.1 { format!("{mflops:.5}") } else { number(mflops) },
        ),
        latency(rows),
    ]
}

/// The mean of a column over the rows that have a value.
fn mean(rows: &[&ScoreRow], column: fn(&ScoreRow) -> Option<f64>) -> Option<f64> {
    statistics::mean(&rows.iter().filter_map(|row| column(row)).collect::<Vec<_>>())
}

/// A median with its quartiles: means over the rows that have both, or over all where none has.
fn latency(rows: &[&ScoreRow]) -> Cell {
    let with_quartiles: Vec<&ScoreRow> = rows.iter().copied().filter(|row| row.latency_q1_ms.is_some()).collect();
    let rows = if with_quartiles.is_empty() { rows } else { &with_quartiles };
    let quartiles = mean(rows, |row| row.latency_q1_ms).zip(mean(rows, |row| row.latency_q3_ms));
    let range = quartiles.map(|(low, high)| match low < 0.01 {
        true => format!(" ({} to {})", format::latency(low), format::latency(high)),
        false => format!(" ({low:.2} to {high:.2})"),
    });
    Cell::of(mean(rows, |row| row.latency_ms), |median| format::latency(median) + &range.unwrap_or_default())
}

/// The range from the smallest to the largest count.
fn range(counts: Vec<u64>) -> String {
    let (least, most) = (counts.iter().min(), counts.iter().max());
    or_dash(least.zip(most), |(&least, &most)| match least == most {
        true => grouped(least),
        false => format!("{}–{}", grouped(least), grouped(most)),
    })
}

fn bytes(bytes: f64) -> String {
    match bytes {
        1e6.. => format!("{:.2} MB", bytes / 1e6),
        1e4.. => format!("{:.0} kB", bytes / 1e3),
        _ => format!("{:.1} kB", bytes / 1e3),
    }
}

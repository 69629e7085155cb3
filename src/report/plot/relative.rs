//! Figures of the students' scores relative to their teachers: over the size of their networks, or, if they are of one
//! size, a line for each.

use std::collections::BTreeMap;

use super::figure::{Figure, LegendEntry, Panel, Sample};
use super::shares::{Cost, Share, Shares};
use super::style::{BLACK, PAPER, Style};
use super::{forest, frontier};
use crate::record::{Role, SummaryRow};
use crate::report::agent_result::AgentResults;
use crate::report::read::Results;

/// Size of one of several panels side by side, in CSS pixels.
const SMALL: (f64, f64) = (330.0, 290.0);

/// The result of the experiment: every student over the games. `None` before the first student is scored.
pub fn relative(results: &Results, agent_results: &AgentResults) -> Option<Figure> {
    let shares = Shares::overall(results, agent_results);
    let one_size = are_of_one_size(results, agent_results);
    let (panel, height) = match one_size {
        true => (forest::panel(&shares, "")?, forest::height(shares.students.len())),
        false => (frontier::panel(&shares, Cost::Parameters, "", true)?, 420.0),
    };
    let paper = paper_note(&agent_results.overall).filter(|_| shares.students.iter().any(|one| one.paper.is_some()));
    let has_paper = paper.is_some();
    let panels = vec![panel];
    let mut legend = if one_size { forest::legend(&panels) } else { frontier::legend(&panels) };
    legend.extend(paper.map(|note| LegendEntry {
        label: format!("the paper’s ({note})"),
        style: Style { color: BLACK, ..PAPER },
        sample: Sample::Marker { hollow: false },
    }));
    Some(Figure {
        name: "relative".into(),
        title: format!("{}: {}", quantity(one_size), shares.title),
        caption: caption(results, agent_results, one_size, has_paper),
        legend,
        columns: 1,
        panel: (760.0, height),
        panels,
    })
}

/// The quantity that the figures show, for their titles.
fn quantity(one_size: bool) -> &'static str {
    if one_size { "Score relative to the teacher" } else { "Score kept over size" }
}

/// The same in each game, with axes in common. `None` for a single game.
pub fn relative_in_games(results: &Results, agent_results: &AgentResults) -> Option<Figure> {
    let games = &results.experiment.games;
    let one_size = are_of_one_size(results, agent_results);
    let panel = |shares: Shares| match one_size {
        true => forest::panel(&shares, &shares.title),
        false => frontier::panel(&shares, Cost::Parameters, &shares.title, false),
    };
    let in_game = |&game| Shares::in_game(results, agent_results, game);
    let panels = with_common_axes(games.iter().map(in_game).filter_map(panel).collect());
    let students = results.experiment.students.len();
    let legend = match one_size {
        true => forest::legend(&panels),
        false => frontier::students(&in_any_game(results, agent_results)).chain(frontier::legend(&panels)).collect(),
    };
    (games.len() > 1 && !panels.is_empty()).then(|| Figure {
        name: "relative-in-games".into(),
        title: format!("{}, in each game", quantity(one_size)),
        caption: caption(results, agent_results, one_size, false),
        legend,
        // Four stand two by two.
        columns: if panels.len() == 4 { 2 } else { panels.len().min(3) },
        panel: if one_size { (SMALL.0, forest::height(students)) } else { SMALL },
        panels,
    })
}

/// Every student that is in a figure of some game, once.
fn in_any_game(results: &Results, agent_results: &AgentResults) -> Vec<Share> {
    let games = results.experiment.games.iter();
    let shares = games.flat_map(|&game| Shares::in_game(results, agent_results, game).students);
    let mut by_name: BTreeMap<String, Share> = shares.map(|own| (own.name.clone(), own)).collect();
    results.experiment.students.iter().filter_map(|student| by_name.remove(&student.name)).collect()
}

/// The score over what else a network costs. `None` for students of one size.
pub fn costs(results: &Results, agent_results: &AgentResults) -> Option<Figure> {
    let shares = Shares::overall(results, agent_results).without_paper();
    let costs = [Cost::Weights, Cost::Operations, Cost::Latency];
    let panels = with_common_axes(costs.iter().filter_map(|&cost| frontier::panel(&shares, cost, "", false)).collect());
    (!panels.is_empty() && !are_of_one_size(results, agent_results)).then(|| Figure {
        name: "costs".into(),
        title: format!("Score kept over other costs: {}", shares.title),
        caption: "Weights are 32-bit floats; a multiply-add counts as two operations; latency is the median of single \
                  decisions on the machine named below, measured while other tasks of the command may have run beside it. Bars and front as above."
            .into(),
        legend: frontier::students(&shares.students).chain(frontier::legend(&panels)).collect(),
        columns: panels.len(),
        panel: SMALL,
        panels,
    })
}

/// Whether there are several students, all about as large as one another.
fn are_of_one_size(results: &Results, agent_results: &AgentResults) -> bool {
    let sizes: Vec<u64> = agent_results.rows_of(Role::Student).filter_map(|row| row.parameters).collect();
    let (least, most) = (sizes.iter().min().copied(), sizes.iter().max().copied());
    results.experiment.students.len() > 1 && least.zip(most).is_some_and(|(least, most)| 5 * most <= 6 * least)
}

/// Panels whose scores have one axis.
fn with_common_axes(mut panels: Vec<Panel>) -> Vec<Panel> {
    let (xs, ys): (Vec<_>, Vec<_>) =
        panels.iter().flat_map(|panel| panel.marks.iter().map(|mark| mark.shape.extent())).unzip();
    let (xs, ys) = (xs.concat(), ys.concat());
    for panel in &mut panels {
        let scores = if panel.is_upright() { (&mut panel.y, &ys) } else { (&mut panel.x, &xs) };
        scores.0.include.extend(scores.1);
    }
    panels
}

/// The note about the paper's figures.
fn paper_note(overall: &[SummaryRow]) -> Option<String> {
    let mut notes = overall.iter().filter_map(|row| row.paper_note.clone());
    let first = notes.next()?;
    Some(if notes.all(|note| note == first) {
        first
    } else {
        "reported, unconfirmed; over which games see “Beside the paper”".into()
    })
}

fn caption(results: &Results, agent_results: &AgentResults, one_size: bool, paper: bool) -> String {
    let mut text = "Bars are 95% bootstrap intervals over seeds and the episodes of student and teacher.".to_owned();
    if !one_size {
        text += " On the Pareto front are the students that no other beats in one of size and mean score without being worse \
                 in the other; where intervals overlap, chance decides that.";
    }
    if results.experiment.games.iter().any(|&game| agent_results.are_above_random(game)) {
        text += " * By (student − random) / (teacher − random), see Protocol.";
    }
    if paper {
        text += " The paper’s figures are from human starts and 500 hours of play.";
    }
    text
}

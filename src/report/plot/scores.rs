//! Plots of each agent's scores in a game.

use super::figure::{Axis, Figure, LegendEntry, Mark, Panel, Sample, Scale};
use super::style::{self, BLACK, Style};
use crate::game::Game;
use crate::record::Role;
use crate::report::agent_result::{AgentResult, AgentResults};
use crate::report::format::counted;
use crate::report::read::Results;

/// Maximum number of episodes that are drawn for an agent.
const DOTS: usize = 120;

/// Mean scores with intervals over the single episodes, side by side. `None` before the first evaluation.
pub fn scores(results: &Results, agent_results: &AgentResults, game: Game) -> Option<Figure> {
    let agents: Vec<_> = agent_results.in_game(game).collect();
    let episodes = agents.iter().map(|agent| agent.episodes()).max()?;
    let marks = agents.iter().enumerate().flat_map(|(i, agent)| marks(results, agent, i as f64)).collect();
    let names = agents.iter().map(|agent| agent.agent().to_owned()).collect();
    let x = Axis { label: "agent".into(), scale: Scale::Names(names), include: Vec::new() };
    let grey = Style { color: BLACK, ..style::numbered(0) };
    let key = |label: &str, sample| LegendEntry { label: label.to_owned(), style: grey, sample };
    let seeds = agents.iter().map(|agent| agent.rows.len()).max().unwrap_or(0);
    let mut legend = vec![key("mean and 95% interval", Sample::Bar), key("one episode", Sample::Dot)];
    if seeds > 1 {
        legend.push(key("mean of one seed", Sample::Marker { hollow: true }));
    }
    Some(Figure {
        name: format!("scores-{game}"),
        title: format!("{game}: scores"),
        caption: format!(
            "Final evaluation, up to {} an agent over {}, all by the same protocol. {}",
            counted(episodes, "episode"),
            counted(seeds as u64, "seed"),
            if episodes as usize > DOTS { format!("Of the episodes {DOTS} are drawn.") } else { String::new() }
        ),
        legend,
        columns: 1,
        panel: ((110.0 + 92.0 * agents.len() as f64).max(560.0), 390.0),
        panels: vec![Panel { title: String::new(), x, y: Axis::linear("score of a game (points)"), marks }],
    })
}

fn marks(results: &Results, agent: &AgentResult, x: f64) -> Vec<Mark> {
    let style = style_of(results, agent.role(), agent.agent());
    let scores: Vec<f64> = agent
        .rows
        .iter()
        .flat_map(|row| results.episode_scores(agent.role(), agent.agent(), agent.game, row.seed).iter().copied())
        .filter(|score| score.is_finite())
        .collect();
    let every = scores.len().div_ceil(DOTS).max(1);
    let points = scores.into_iter().step_by(every).enumerate().map(|(i, score)| (x + jitter(i), score)).collect();
    let mut marks = vec![Mark::Dots { points, style }];
    if agent.rows.len() > 1 {
        let beside = |i: usize| x + 0.3 + 0.02 * i as f64;
        let seeds = agent.rows.iter().enumerate().filter(|(_, row)| row.mean.is_finite());
        marks.extend(seeds.map(|(i, row)| Mark::Marker { x: beside(i), y: row.mean, style, hollow: true }));
    }
    if let Some(interval) = agent.score.interval {
        marks.push(Mark::Bar { x, low: interval.low, high: interval.high, style });
    }
    if agent.score.value.is_finite() {
        marks.push(Mark::Marker { x, y: agent.score.value, style, hollow: false });
    }
    marks
}

/// The style of an agent in every plot that distinguishes agents.
pub fn style_of(results: &Results, role: Role, agent: &str) -> Style {
    match role {
        Role::Random => style::RANDOM,
        Role::Teacher => style::TEACHER,
        Role::Student => {
            let index = results.experiment.students.iter().position(|student| student.name == agent);
            style::numbered(index.unwrap_or(0))
        }
    }
}

/// The names of the agents by the styles in which they are drawn.
pub fn names(results: &Results) -> Vec<(Style, String)> {
    let of_all = [(style::RANDOM, "random play".to_owned()), (style::TEACHER, "teacher".to_owned())];
    let students = results.experiment.students.iter().map(|student| &student.name);
    of_all.into_iter().chain(students.map(|name| (style_of(results, Role::Student, name), name.clone()))).collect()
}

/// Spreads dots evenly over ±0.22 without chance: multiples of the golden ratio, modulo 1.
fn jitter(index: usize) -> f64 {
    let golden = (5f64.sqrt() - 1.0) / 2.0;
    0.44 * ((index as f64 * golden).fract() - 0.5)
}

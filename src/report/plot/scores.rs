//! Plots of each agent's scores in a game.

use super::figure::{Axis, Figure, LegendEntry, Mark, Panel, Sample, Scale, Shape, one_seed};
use super::style::{self, BLACK, Style};
use crate::game::Game;
use crate::record::{Role, ScoreRow};
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
            if episodes as usize > DOTS { "Not all episodes are drawn." } else { "" }
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
    let mut marks = vec![Shape::Dots { points, style }.of(agent.agent())];
    if agent.rows.len() > 1 {
        // Within this agent's half of the way to the next.
        let apart = (0.19 / agent.rows.len() as f64).min(0.02);
        let seed = |(i, row): (usize, &ScoreRow)| {
            let value = Shape::Marker { x: x + 0.3 + apart * i as f64, y: row.mean, style, hollow: true };
            row.mean.is_finite().then(|| value.of(one_seed(agent.agent())))
        };
        marks.extend(agent.rows.iter().enumerate().filter_map(seed));
    }
    if let Some(interval) = agent.score.interval {
        marks.push(Shape::Bar { x, low: interval.low, high: interval.high, style }.of(agent.agent()));
    }
    if agent.score.value.is_finite() {
        marks.push(Shape::Marker { x, y: agent.score.value, style, hollow: false }.of(agent.agent()));
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

/// Spreads dots evenly over ±0.22 without chance: multiples of the golden ratio, modulo 1.
fn jitter(index: usize) -> f64 {
    let golden = (5f64.sqrt() - 1.0) / 2.0;
    0.44 * ((index as f64 * golden).fract() - 0.5)
}

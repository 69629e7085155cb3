//! `episodes.csv`, which evaluations write.

use std::collections::BTreeMap;
use std::fmt::Display;

use anyhow::Result;

use super::agents::agents;
use crate::config::Experiment;
use crate::eval::Episode;
use crate::pipeline::digests::Digests;
use crate::record::{AgentId, DamagedFile, EpisodeRow, Folder, Role, read_rows, write_rows};

/// Characters of a weights file's SHA-256 in `episodes.csv`.
const HASH: usize = 16;

/// Episodes by agent.
pub type EpisodeRows = BTreeMap<AgentId, Vec<EpisodeRow>>;

/// Number of episodes in the folder that an agent has played with those weights.
///
/// # Errors
/// If the file is damaged.
pub fn played(folder: &Folder, agent: &AgentId, weights: &str) -> Result<usize> {
    let rows = read_episodes(folder)?.remove(agent).unwrap_or_default();
    Ok(rows.iter().filter(|row| row.weights == weights).count())
}

/// Adds episodes to those that the agent has played with the same weights; episodes with other weights are removed.
/// Agents that the experiment names stand in its order, all others after them.
///
/// # Errors
/// If the file is damaged or cannot be written.
pub fn put(
    experiment: &Experiment,
    folder: &Folder,
    agent: &AgentId,
    weights: &str,
    played: Vec<Episode>,
) -> Result<()> {
    let mut episodes = read_episodes(folder)?;
    let mut rows = episodes.remove(agent).unwrap_or_default();
    rows.retain(|row| row.weights == weights);
    let before = rows.len();
    let row = |(number, episode): (usize, Episode)| EpisodeRow {
        role: agent.role,
        agent: agent.name.clone(),
        game: agent.game.name().into(),
        seed: agent.seed,
        episode: (before + number) as u64,
        score: episode.score,
        frames: episode.frames,
        truncated: episode.truncated,
        weights: weights.to_owned(),
    };
    rows.extend(played.into_iter().enumerate().map(row));
    episodes.insert(agent.clone(), rows);
    write_episodes(experiment, folder, episodes)
}

/// The first characters of the digest of the agent's weights; empty for random play, `None` if there are no weights.
///
/// # Errors
/// If the weights cannot be read.
pub fn short_digest(folder: &Folder, digests: &Digests, agent: &AgentId) -> Result<Option<String>> {
    if agent.role == Role::Random {
        return Ok(Some(String::new()));
    }
    Ok(digests.of_weights(&folder.weights(agent))?.map(|digest| digest[..HASH].to_owned()))
}

/// The remedy for a file that is damaged.
const WAY_OUT: &str = "bring back a copy, or remove all its episodes, and the next command plays them again";

/// Episodes of all agents.
///
/// # Errors
/// If the file is damaged.
pub fn read_episodes(folder: &Folder) -> Result<EpisodeRows> {
    let mut episodes = EpisodeRows::new();
    for row in read_rows::<EpisodeRow>(&folder.episodes())? {
        let damaged = |problem: &dyn Display| DamagedFile::new(&folder.episodes(), problem, WAY_OUT);
        let agent = row.id().map_err(|error| damaged(&error))?;
        let rows = episodes.entry(agent).or_default();
        if row.episode != rows.len() as u64 {
            let EpisodeRow { agent, game, seed, episode, .. } = &row;
            let lost = format!("an episode of {agent} in {game}, seed {seed}, is lost before number {episode}");
            return Err(damaged(&lost).into());
        }
        rows.push(row);
    }
    Ok(episodes)
}

/// Replaces `episodes.csv`.
///
/// # Errors
/// If the file cannot be written.
pub fn write_episodes(experiment: &Experiment, folder: &Folder, mut episodes: EpisodeRows) -> Result<()> {
    let rows: Vec<_> = agents(experiment).iter().filter_map(|agent| episodes.remove(agent)).flatten().collect();
    write_rows(&folder.episodes(), &rows.into_iter().chain(episodes.into_values().flatten()).collect::<Vec<_>>())
}

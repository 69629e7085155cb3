//! Joins folders: seeds, games and students of an experiment that were made in different places.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use super::clean::networks_in;
use super::episodes::{read_episodes, write_episodes};
use super::list::{Teaching, tasks};
use super::scores::Scores;
use super::work::AgentTask;
use crate::config::{self, Experiment, Overrides};
use crate::pipeline::digests::Digests;
use crate::pipeline::lock::Locks;
use crate::pipeline::merge::{add_new, check_idle, check_settings, check_target, distinct, join_manifests, unnamed};
use crate::pipeline::refused;
use crate::pipeline::task::{Stage, Work};
use crate::record::{AgentId, EpisodeRow, Folder, ScoreRow, children, copy_file, read_rows, write_rows, write_toml};

/// Copies the results of several folders of an experiment into one.
///
/// # Errors
/// As [`crate::pipeline::merge()`].
pub fn merge(sources: &[PathBuf], out: &Path) -> Result<()> {
    let digests = Digests::default();
    let read = |path: &PathBuf| -> Result<(Folder, Experiment)> {
        let folder = Folder::at(path);
        let experiment = config::read(&folder.experiment(), &Overrides::default()).map_err(refused)?;
        Ok((folder, experiment))
    };
    let folders: Vec<_> = sources.iter().map(read).collect::<Result<_>>()?;
    let joined = join(&folders)?;
    let target = Folder::at(out);
    check_target(&target, folders.iter().map(|(folder, _)| folder))?;
    let networks = networks(&folders, &joined, &digests)?;
    let locks = Locks::in_folder(out.join(".locks"));
    let _alone = locks.wait("folder").map_err(refused)?;
    check_idle(&locks, out)?;
    let mut episodes = read_episodes(&target)?;
    let mut rows: BTreeMap<AgentId, ScoreRow> = BTreeMap::new();
    for (folder, _) in &folders {
        for (agent, played) in read_episodes(folder)? {
            let network = networks.get(&agent).map(|(digest, _)| digest.as_str());
            if episodes.get(&agent).is_none_or(|known| is_better(&played, known, network)) {
                episodes.insert(agent, played);
            }
        }
        for row in read_rows::<ScoreRow>(&folder.scores())? {
            rows.insert(row.id()?, row);
        }
    }
    for (agent, (_, place)) in networks.iter().filter(|(agent, (_, place))| *place != target.agent(agent)) {
        for (from, to) in files(place, &target.agent(agent))? {
            copy_file(&from, &to)?;
        }
    }
    // What is known of networks whose weights are nowhere.
    write_rows(&target.scores(), &rows.into_values().collect::<Vec<_>>())?;
    write_episodes(&joined, &target, episodes)?;
    join_manifests(folders.iter().map(|(folder, _)| folder), &target)?;
    write_toml(&target.experiment(), &joined)?;
    Scores::read(&joined, &target, &digests)?.write()
}

/// The experiment of all games, seeds and students.
fn join(folders: &[(Folder, Experiment)]) -> Result<Experiment> {
    let [(first_folder, first), others @ ..] = folders else {
        return Err(refused("merge: name at least two folders"));
    };
    let mut joined = first.clone();
    for (folder, experiment) in others {
        let list = tasks(experiment, folder, Teaching::Finished)?;
        check_settings(&list, folder, &config::settings(&joined)?, first_folder)?;
        let (first, other) = (first_folder.root().display(), folder.root().display());
        let teacher = |of: &Experiment, seed: &u64| of.teacher_seed(*seed);
        let is_taught_otherwise =
            |of: &Experiment, by: &Experiment| of.seeds.iter().any(|seed| teacher(of, seed) != teacher(by, seed));
        if is_taught_otherwise(&joined, experiment) || is_taught_otherwise(experiment, &joined) {
            let problem = format!(
                "{other}: its students learn from teachers of other seeds than those of {first}: teacher.seeds"
            );
            return Err(refused(problem));
        }
        let has_shared =
            [&joined, experiment].iter().any(|source| source.students.iter().any(|student| student.is_shared()));
        if has_shared && joined.games != experiment.games {
            let problem = format!("{other}: its networks for several games are for other games than those of {first}");
            return Err(refused(problem));
        }
        add_new(&mut joined.students, &experiment.students, |student| &student.name);
        joined.evaluation.episodes = joined.evaluation.episodes.max(experiment.evaluation.episodes);
        joined.games.extend(experiment.games.iter().copied());
        joined.seeds.extend(experiment.seeds.iter().copied());
    }
    distinct(&mut joined.games);
    distinct(&mut joined.seeds);
    joined.seeds.sort_unstable();
    Ok(joined)
}

/// The finished networks: the digest of each one's weights, and its folder.
fn networks(
    folders: &[(Folder, Experiment)],
    joined: &Experiment,
    digests: &Digests,
) -> Result<BTreeMap<AgentId, (String, PathBuf)>> {
    let mut networks: BTreeMap<AgentId, (String, PathBuf)> = BTreeMap::new();
    for (folder, _) in folders {
        let tasks = tasks(joined, folder, Teaching::Finished)?;
        let makes_network = |task: &&AgentTask| matches!(task.work.stage(), Stage::Train | Stage::Distill);
        let agents: Vec<&AgentId> = tasks.iter().filter(makes_network).filter_map(|task| task.work.agent()).collect();
        for place in networks_in(folder)? {
            if !agents.iter().any(|agent| folder.agent(agent) == place) {
                return Err(unnamed(&place, folder));
            }
        }
        for agent in agents {
            let Some(digest) = digests.of_weights(&folder.weights(agent))? else { continue };
            let place = folder.agent(agent);
            match networks.get(agent) {
                Some((known, other)) if *known != digest => {
                    let (one, other) = (other.display(), place.display());
                    return Err(refused(format!("{other}: other weights than in {one}; remove one of them")));
                }
                Some(_) => {}
                None => _ = networks.insert(agent.clone(), (digest, place)),
            }
        }
    }
    Ok(networks)
}

/// Whether episodes are to be kept instead of others: those of the network that is there, else the more.
fn is_better(played: &[EpisodeRow], known: &[EpisodeRow], network: Option<&str>) -> bool {
    let count = |rows: &[EpisodeRow]| {
        let is_own = |row: &&EpisodeRow| network.is_none_or(|network| network.starts_with(&row.weights));
        rows.iter().filter(is_own).count()
    };
    count(played) > count(known)
}

/// Every file of a finished run.
fn files(from: &Path, to: &Path) -> Result<Vec<(PathBuf, PathBuf)>> {
    ensure!(from.is_dir(), "{}: not there any more", from.display());
    let mut paths = Vec::new();
    for path in children(from)? {
        let name = path.file_name().unwrap_or_default();
        match (path.is_dir(), name.to_string_lossy().as_ref()) {
            (true, "best" | "checkpoint") => paths.extend(files(&path, &to.join(name))?),
            (true, _) => {}
            (false, _) => paths.push((path.clone(), to.join(name))),
        }
    }
    Ok(paths)
}

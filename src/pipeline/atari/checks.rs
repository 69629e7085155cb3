//! Checks of a request before anything is changed.

use std::collections::BTreeMap;

use anyhow::Result;

use super::clean::check_teachers;
use super::open::AgentOpening;
use super::source::check_source;
use super::{follow, memory, settings};
use crate::config::Experiment;
use crate::env::Rom;
use crate::pipeline::opening::Opening;
use crate::pipeline::refused;
use crate::pipeline::scope::Scope;

/// The ROM of each game of an experiment.
pub type Roms = BTreeMap<&'static str, Option<Rom>>;

/// Checks everything about a request that can be checked before anything is changed; returns the ROMs that it needs.
///
/// # Errors
/// The obstacle to the request, with the way out.
pub fn check(opening: &AgentOpening) -> Result<Roms> {
    let Opening { request, experiment, folder, .. } = opening;
    if let Some(from) = request.from {
        follow::check(experiment, folder, from)?;
        if !request.fresh {
            follow::check_students(experiment, folder)?;
        }
    }
    opening.check_request()?;
    let roms = if request.scope == Scope::Report { BTreeMap::new() } else { find_roms(experiment)? };
    settings::check(opening)?;
    check_inputs(opening)?;
    memory::check(opening)?;
    Ok(roms)
}

fn find_roms(experiment: &Experiment) -> Result<Roms> {
    experiment.games.iter().map(|&game| Ok((game.name(), Rom::find(game)?))).collect()
}

/// Checks that the teachers that the command does not train exist.
fn check_inputs(opening: &AgentOpening) -> Result<()> {
    let Opening { request, experiment, folder, .. } = opening;
    // The command can take teachers from another experiment.
    let from_another = !experiment.teacher.from.as_os_str().is_empty();
    if request.scope <= Scope::Train || request.scope == Scope::Distill && from_another {
        let trains_anew = request.fresh && request.scope <= Scope::Train;
        check_source(experiment, folder, trains_anew).map_err(refused)?;
    }
    if request.scope == Scope::Distill && request.fresh && !from_another {
        check_teachers(opening).map_err(refused)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::list::{Teaching, tasks};
    use crate::config::{self, Overrides};
    use crate::pipeline::checks::check_work_beside;
    use crate::record::Folder;

    #[test]
    fn two_commands_with_other_settings_of_one_task_do_not_work_in_one_folder() {
        let folder = Folder::at("x");
        let list = |text: &str| {
            let experiment = config::read_text("x.toml", "x", text, &Overrides::default()).unwrap();
            tasks(&experiment, &folder, Teaching::Finished).unwrap()
        };
        let beside = |ours: &str, theirs: &str| check_work_beside("another", &folder, &list(ours), &list(theirs));
        let (usual, other) = ("seeds = [1]\n", "seeds = [1]\n[evaluation]\nepsilon = 0.2\n");
        beside(usual, usual).unwrap();
        beside("seeds = [1]\n[evaluation]\nepisodes = 7\n", usual).unwrap();
        let refusal = beside(other, usual).unwrap_err().to_string();
        assert!(
            refusal.contains("another is at work") && refusal.contains("evaluation.epsilon (0.05 → 0.2)"),
            "{refusal}"
        );
        // Random play with seed 2 is no task of the other.
        beside(&other.replace("[1]", "[2]"), usual).unwrap();
    }
}

//! Removes what a killed command has left behind.

use std::path::Path;

use anyhow::Result;

use super::clean::networks_in;
use crate::agent;
use crate::config::{Experiment, StudentSettings};
use crate::distill;
use crate::game::Game;
use crate::pipeline::leftovers::remove_unfinished;
use crate::record::{AgentId, Folder, SHARED, WEIGHTS, children, remove_before, remove_checkpoint};

/// Removes unfinished files, copies of folders that were replaced, the candidates of a sweep that is over, and the
/// checkpoints of work that is done. Nobody else may be at work in the folder.
///
/// # Errors
/// The path and the system's reason.
pub fn remove_leftovers(folder: &Folder, experiment: &Experiment) -> Result<()> {
    remove_unfinished(folder.root())?;
    for network in networks_in(folder)? {
        let checkpoint = network.join("checkpoint");
        match (is_done(&network, experiment), experiment.teacher.can_go_on()) {
            (true, false) => remove_checkpoint(&checkpoint)?,
            // A stop may have left the one before alone, as the only one.
            (true, true) if checkpoint.exists() => remove_before(&checkpoint)?,
            _ => {}
        }
    }
    for group in children(&folder.root().join("distillation"))? {
        for seed in children(&group)? {
            remove_finished(folder, experiment, &group, &seed)?;
        }
    }
    Ok(())
}

/// Whether a network's training is over. One that goes on to more frames has weights, and is not.
fn is_done(network: &Path, experiment: &Experiment) -> bool {
    let metadata = agent::metadata(&network.join(WEIGHTS));
    metadata.is_ok_and(|found| found.trained_frames.is_none_or(|frames| frames >= experiment.teacher.frames))
}

/// Removes the checkpoint of a distillation all of whose students are done.
fn remove_finished(folder: &Folder, experiment: &Experiment, group: &Path, seed: &Path) -> Result<()> {
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (group, number) = (name(group), name(seed));
    let Some(number) = number.strip_prefix("seed-").and_then(|number| number.parse().ok()) else { return Ok(()) };
    // A checkpoint that cannot be read is the business of the task that goes on from it.
    let Ok(students) = distill::students_in(&folder.distillation(&group, number)) else { return Ok(()) };
    let is_done = |student: &StudentSettings| {
        let is_of = |game: &&Game| {
            let place = if student.is_shared() { SHARED } else { game.name() };
            distill::group_names(&student.name, place).contains(&group)
        };
        let game = experiment.games.iter().find(is_of);
        game.is_some_and(|&game| folder.weights(&AgentId::of(student, game, number)).exists())
    };
    if !students.is_empty() && students.iter().all(is_done) {
        folder.remove_distillation(&group, number)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::agent::{Metadata, Played};
    use crate::config::{self, Overrides};
    use crate::nn::{Architecture, Device, Network};
    use crate::units::Seed;

    /// Writes the weights of a teacher that was trained for `frames`.
    fn write_weights(folder: &Folder, experiment: &Experiment, frames: u64) {
        let teacher = AgentId::teacher(experiment.games[0], 1);
        let played = Played::new(teacher.game, &experiment.environment, None);
        let architecture = Architecture::teacher(&experiment.teacher, &played.spec());
        let network = Network::new(&architecture, Seed(1), Device::Cpu);
        let mut metadata = Metadata::new(&teacher, &architecture, &experiment.environment, vec![played], frames);
        metadata.trained_frames = Some(frames);
        agent::save(&folder.weights(&teacher), &network, &metadata).unwrap();
    }

    #[test]
    fn a_training_that_goes_on_keeps_its_checkpoints_whichever_are_left() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::at(root.path());
        let experiment = config::read_text(
            "x.toml",
            "x",
            "games = [\"catch\"]\n[teacher]\nkeep = \"last\"\n\
            epsilon_steps = 1000\n",
            &Overrides::default(),
        )
        .unwrap();
        assert!(experiment.teacher.can_go_on());
        let old = root.path().join("teachers/catch/seed-1/.old-checkpoint/state.bin");
        let newest = root.path().join("teachers/catch/seed-1/checkpoint/state.bin");
        let put = |path: &Path| {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"x").unwrap();
        };
        put(&old);
        write_weights(&folder, &experiment, experiment.teacher.frames - 1);
        remove_leftovers(&folder, &experiment).unwrap();
        assert!(old.exists(), "the training goes on from it");
        write_weights(&folder, &experiment, experiment.teacher.frames);
        remove_leftovers(&folder, &experiment).unwrap();
        assert!(old.exists(), "it is the only one");
        put(&newest);
        remove_leftovers(&folder, &experiment).unwrap();
        assert!(!old.exists() && newest.exists());
    }

    #[test]
    fn leftovers_go_and_unfinished_work_stays() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::at(root.path());
        let text = "games = [\"catch\"]\n[teacher]\nlearning_rate_end_share = 0.5\n";
        let experiment = config::read_text("x.toml", "x", text, &Overrides::default()).unwrap();
        assert!(!experiment.teacher.can_go_on());
        let put = |name: &str| {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"x").unwrap();
        };
        let own = format!("teachers/catch/seed-1/.tmp{}-abcdef", std::process::id());
        put(&own);
        let (gone, kept) = (
            [
                ".tmpAbCdEf",
                ".tmp4294967295-abcdef",
                "teachers/catch/seed-1/.tmp123456",
                "teachers/catch/seed-1/checkpoint/state.bin",
                "teachers/catch/seed-1/.old-checkpoint/state.bin",
                "teachers/catch/seed-2/.new-checkpoint/state.bin",
                "students/a/catch/seed-1/sweep/episodes.csv",
                ".old-report/index.html",
            ],
            [
                "report/index.html",
                "teachers/catch/seed-2/checkpoint/state.bin",
                "teachers/catch/seed-2/.old-checkpoint/state.bin",
                "teachers/catch/seed-3/.old-checkpoint/state.bin",
                "students/a/catch/seed-1/sweep.csv",
                "students/b/catch/seed-1/sweep/episodes.csv",
                "distillation/catch/seed-1/checkpoint/state.bin",
            ],
        );
        gone.iter().chain(&kept).for_each(|name| put(name));
        write_weights(&folder, &experiment, experiment.teacher.frames);
        remove_leftovers(&folder, &experiment).unwrap();
        for name in gone {
            assert!(!root.path().join(name).exists(), "{name} is still there");
        }
        assert!(root.path().join(own).exists(), "a process that is alive writes it");
        for name in kept {
            assert!(root.path().join(name).exists(), "{name} is gone");
        }
    }
}

//! Removes what a killed command has left behind.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::clean::networks_in;
use crate::config::{Experiment, StudentSettings};
use crate::distill;
use crate::game::Game;
use crate::record::{AgentId, Folder, SHARED, is_left_behind, remove_checkpoint, remove_folder};

/// Removes unfinished files, copies of folders that were replaced, the candidates of a sweep that is over, and the
/// checkpoints of work that is done. Nobody else may be at work in the folder.
///
/// # Errors
/// The path and the system's reason.
pub fn remove_leftovers(folder: &Folder, experiment: &Experiment) -> Result<()> {
    below(folder.root())?;
    for network in networks_in(folder)? {
        let is_done = network.join("weights.safetensors").exists();
        if is_done && !experiment.teacher.can_go_on() {
            remove_checkpoint(&network.join("checkpoint"))?;
        }
    }
    for group in children(&folder.root().join("distillation"))? {
        for seed in children(&group)? {
            remove_finished(folder, experiment, &group, &seed)?;
        }
    }
    Ok(())
}

/// The paths in a folder that may be absent.
fn children(folder: &Path) -> Result<Vec<std::path::PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let place = || format!("{}: cannot be read", folder.display());
    let entries = fs::read_dir(folder).with_context(place)?;
    entries.map(|entry| Ok(entry.with_context(place)?.path())).collect()
}

/// Removes leftovers in a folder and below it. Links are not followed.
fn below(folder: &Path) -> Result<()> {
    for path in children(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_symlink() {
            continue;
        }
        if !path.is_dir() {
            if is_left_behind(&name) {
                fs::remove_file(&path).with_context(|| format!("{}: cannot be removed", path.display()))?;
            }
            continue;
        }
        // The checkpoint before the newest stays while there is work to go on with.
        let is_over = match name.strip_prefix(".old-") {
            Some("checkpoint") => folder.join("weights.safetensors").exists(),
            Some(replaced) => folder.join(replaced).exists(),
            None => name.starts_with(".new-") || name == "sweep" && folder.join("sweep.csv").exists(),
        };
        if is_over { remove_folder(&path)? } else { below(&path)? }
    }
    Ok(())
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
    use super::*;
    use crate::config::{self, Overrides};

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
                "teachers/catch/seed-1/weights.safetensors",
                "teachers/catch/seed-2/checkpoint/state.bin",
                "teachers/catch/seed-2/.old-checkpoint/state.bin",
                "teachers/catch/seed-3/.old-checkpoint/state.bin",
                "students/a/catch/seed-1/sweep.csv",
                "students/b/catch/seed-1/sweep/episodes.csv",
                "distillation/catch/seed-1/checkpoint/state.bin",
            ],
        );
        gone.iter().chain(&kept).for_each(|name| put(name));
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

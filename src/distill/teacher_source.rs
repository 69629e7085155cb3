//! Teachers of students, and where their weights are found over time.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::run::DistillRun;
use crate::agent::{self, Played, WeightsError};
use crate::config::EnvironmentSettings;
use crate::nn::{Device, Network};
use crate::record::bests;

/// A teacher that was read from its weights.
pub struct Teacher {
    pub network: Network,
    /// The file of its weights, and their SHA-256.
    pub path: PathBuf,
    pub hash: String,
    /// Frames of its training.
    pub frames: u64,
    /// Mean score of the evaluation by which its weights were chosen.
    pub score: Option<f64>,
}

impl Teacher {
    /// Reads a teacher and checks that it plays the game, and no other, in that environment.
    ///
    /// # Errors
    /// As [`agent::load_for`].
    pub fn read(path: &Path, played: &Played, environment: &EnvironmentSettings, device: Device) -> Result<Teacher> {
        let Played { game, rom, .. } = played;
        let loaded = agent::load_for(path, device, *game, environment, rom.as_ref());
        let (network, metadata, hash) = loaded.context("the teacher")?;
        if metadata.games().len() > 1 {
            let (found, expected) = ("a network of several games".into(), format!("one of {game} alone"));
            return Err(WeightsError::Mismatch { path: path.to_owned(), found, expected }.into());
        }
        Ok(Teacher { network, path: path.to_owned(), hash, frames: metadata.frames, score: metadata.score })
    }

    /// The teacher at `path`, or `None` if game `index` of the run has the same weights already. The content decides,
    /// since a training that is started over gives other weights the same name.
    ///
    /// # Errors
    /// As [`Teacher::read`].
    pub fn other(run: &DistillRun, index: usize, path: &Path) -> Result<Option<Teacher>> {
        if agent::sha256(path)? == run.sources[index].teacher.hash {
            return Ok(None);
        }
        let (group, (played, _)) = (run.group, &run.group.games[index]);
        Teacher::read(path, played, &group.experiment.environment, group.device).map(Some)
    }
}

/// The place where a game's teacher is found.
#[derive(Debug, Clone, PartialEq)]
pub enum TeacherSource {
    /// These weights, from the first hour to the last.
    Final(PathBuf),
    /// The best weights so far at each stage of a finished training. The first hour uses its first stretch, the last
    /// hour its last.
    Best {
        /// The folder of best weights, whose file names give the frames of training.
        folder: PathBuf,
        /// Length of the training.
        frames: u64,
    },
    /// The best weights at the moment in such a folder, of a training that goes on.
    Latest(PathBuf),
}

impl TeacherSource {
    /// The path of the weights with the file name `name`.
    pub fn called(&self, name: &str) -> PathBuf {
        match self {
            TeacherSource::Final(path) => path.clone(),
            TeacherSource::Best { folder, .. } | TeacherSource::Latest(folder) => folder.join(name),
        }
    }

    /// The weights for hour `hour` out of `hours`.
    ///
    /// # Errors
    /// If there are none.
    pub fn at(&self, hour: u64, hours: u64) -> Result<PathBuf> {
        let (folder, until) = match self {
            TeacherSource::Final(path) => return Ok(path.clone()),
            // The last evaluation may come some steps after the length of the training.
            TeacherSource::Best { folder, .. } if hour + 1 >= hours => (folder, u64::MAX),
            TeacherSource::Best { folder, frames } => (folder, frames * (hour + 1) / hours),
            TeacherSource::Latest(folder) => (folder, u64::MAX),
        };
        let bests = bests(folder)?;
        // Before the first evaluation there is no choice; the first best is used.
        let chosen = bests.iter().rev().find(|(frames, _)| *frames <= until).or(bests.first());
        let Some((_, path)) = chosen else {
            bail!(
                "{}: no weights there; train the teacher with distillation.online = true, which keeps them",
                folder.display()
            )
        };
        Ok(path.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::Metadata;
    use crate::config;
    use crate::nn::Architecture;
    use crate::record::{AgentId, best_name};
    use crate::units::Seed;

    #[test]
    fn a_network_of_several_games_is_no_teacher() {
        let text =
            "games = [\"catch\", \"pong\"]\n[[students]]\nname = \"both\"\nnetwork = \"net3\"\ngames = \"together\"\n";
        let experiment = config::read_text("x.toml", "x", text, &config::Overrides::default()).unwrap();
        let games: Vec<_> =
            experiment.games.iter().map(|&game| Played::new(game, &experiment.environment, None)).collect();
        let named = games.iter().map(|played| (played.game.name(), played.spec()));
        let architecture = Architecture::student(&experiment.students[0], named);
        let agent = AgentId::of(&experiment.students[0], experiment.games[0], 1);
        let metadata = Metadata::new(&agent, &architecture, &experiment.environment, games.clone(), 4);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("both.safetensors");
        agent::save(&path, &Network::new(&architecture, Seed(1), Device::Cpu), &metadata).unwrap();
        let refused = Teacher::read(&path, &games[1], &experiment.environment, Device::Cpu).err().unwrap();
        assert!(format!("{refused:#}").contains("weights of a network of several games"), "{refused:#}");
    }

    #[test]
    fn each_hour_follows_the_best_so_far_of_its_stretch_of_the_training() {
        let folder = tempfile::tempdir().unwrap();
        for frames in [100, 300, 800] {
            std::fs::write(folder.path().join(best_name(frames)), b"").unwrap();
        }
        std::fs::write(folder.path().join("notes.txt"), b"").unwrap();
        let teacher_source = TeacherSource::Best { folder: folder.path().to_owned(), frames: 1000 };
        let followed = |hour| {
            let path = teacher_source.at(hour, 20).unwrap();
            path.file_stem().unwrap().to_string_lossy().trim_start_matches("frames-").parse::<u64>().unwrap()
        };
        assert_eq!([0, 1, 4, 5, 14, 15, 19].map(followed), [100, 100, 100, 300, 300, 800, 800]);
        let nothing = TeacherSource::Best { folder: folder.path().join("none"), frames: 1000 };
        assert!(nothing.at(3, 20).unwrap_err().to_string().contains("distillation.online = true"));
    }
}

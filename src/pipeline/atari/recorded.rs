//! Episodes that need not be played again: those of the teachers' own folder.

use anyhow::Result;

use super::episodes;
use super::open::AtariPipeline;
use crate::env::ale_version;
use crate::eval::Episode;
use crate::pipeline::key::{self, Key};
use crate::record::{AgentId, EpisodeRow, Folder, Manifest, RomRecord};

impl AtariPipeline<'_> {
    /// Episodes of a taken teacher, or of random play, in the folder of which the teacher was taken. There are some
    /// only if they were played with these weights, by the protocol of `key` (an evaluation's), and with this ALE and
    /// ROM: then they are the ones that would be played here.
    ///
    /// # Errors
    /// If a file of that folder is damaged.
    pub fn recorded(&self, key: &Key, agent: &AgentId, weights: &str) -> Result<Vec<Episode>> {
        let source = self.experiment.teacher_source(agent.game).map(Folder::at);
        let Some(from) = source.filter(|from| !agent.is_student() && from.episodes().exists()) else {
            return Ok(Vec::new());
        };
        if !self.is_alike(&from, key, agent)? {
            return Ok(Vec::new());
        }
        let mut rows = episodes::read_episodes(&from)?.remove(agent).unwrap_or_default();
        rows.retain(|row| row.weights == weights);
        let episode = |row: EpisodeRow| Episode { score: row.score, frames: row.frames, truncated: row.truncated };
        Ok(rows.into_iter().map(episode).collect())
    }

    /// Whether the folder's episodes were played by this protocol in this emulator.
    fn is_alike(&self, from: &Folder, key: &Key, agent: &AgentId) -> Result<bool> {
        if !from.experiment().exists() {
            return Ok(false);
        }
        let theirs = key::settings_in(from)?;
        let manifest = Manifest::read(&from.manifest())?;
        let md5 = |rom: &RomRecord| rom.md5.clone();
        let rom = self.rom_record(agent.game).as_ref().map(md5);
        let is_alike = |made: Manifest| {
            made.maker.ale.as_deref() == Some(ale_version()) && made.roms.get(agent.game.name()).map(md5) == rom
        };
        Ok(key.changes(&theirs).is_empty() && manifest.is_some_and(is_alike))
    }
}

//! Finds a game's ROM and verifies it.

use std::path::{Path, PathBuf};

use md5::{Digest, Md5};

use crate::game::Game;
use crate::limited::read_limited;
use crate::record::RomRecord;

/// Maximum number of bytes of a ROM. The largest cartridges have 64 KiB.
const MOST_BYTES: u64 = 1 << 20;

/// A ROM with a known MD5 of its game.
#[derive(Debug, Clone)]
pub struct Rom {
    /// The ROM itself.
    pub bytes: Vec<u8>,
    /// The record for the manifest and for checkpoints.
    pub record: RomRecord,
}

/// Why a game cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum RomError {
    #[error("roms/{game}.bin: not found; run `make setup`, or put the ROM there (MD5 {md5})")]
    Missing { game: Game, md5: String },
    #[error("{}: cannot be read: {reason}", path.display())]
    Unreadable { path: PathBuf, reason: std::io::Error },
    #[error(
        "{}: not a known ROM of {game}: its MD5 is {found}, expected {expected}; remove the file and run `make setup`",
        path.display()
    )]
    Foreign { path: PathBuf, game: Game, found: String, expected: String },
}

impl Rom {
    /// The ROM of `game`: from `roms/` in the current folder, else from the cache that `make setup` fills. Built-in
    /// games have none.
    ///
    /// # Errors
    /// [`RomError`]; a file of that name with another content is an error and not passed over.
    pub fn find(game: Game) -> Result<Option<Rom>, RomError> {
        Rom::find_in(game, Path::new("roms"))
    }

    fn find_in(game: Game, folder: &Path) -> Result<Option<Rom>, RomError> {
        if game.is_built_in() {
            return Ok(None);
        }
        let name = format!("{game}.bin");
        let cached = cache().map(|cache| (cache.join(&name), "cache".to_owned()));
        let here = folder.join(&name);
        let here_source = here.display().to_string();
        for (path, source) in [(here, here_source)].into_iter().chain(cached) {
            match read_limited(&path, MOST_BYTES) {
                Ok(bytes) => return Rom::checked(game, path, bytes, source).map(Some),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(reason) => return Err(RomError::Unreadable { path, reason }),
            }
        }
        Err(RomError::Missing { game, md5: game.entry().md5.clone() })
    }

    fn checked(game: Game, path: PathBuf, bytes: Vec<u8>, source: String) -> Result<Rom, RomError> {
        let (found, entry) = (md5_of(&bytes), game.entry());
        if found != entry.md5 && found != entry.other_md5 {
            return Err(RomError::Foreign { path, game, found, expected: entry.md5.clone() });
        }
        Ok(Rom { bytes, record: RomRecord { md5: found, source } })
    }

    /// Whether it is the dump that ALE lists, and not the other known dump of the same game.
    pub fn is_listed(&self, game: Game) -> bool {
        self.record.md5 == game.entry().md5
    }
}

fn md5_of(bytes: &[u8]) -> String {
    Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Folder of the unpacked ROMs in the cache; scripts/packages.py has the version.
const CACHED: &str = "roms-0.12.1/ale_py/roms";

/// The cache of ROMs that all checkouts on the machine share.
fn cache() -> Option<PathBuf> {
    let named = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = named("XDG_CACHE_HOME").or_else(|| named("HOME").map(|home| home.join(".cache")))?;
    Some(cache.join("policy-distillation").join(CACHED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_is_where_the_set_up_fills_it() {
        let packages = include_str!("../../scripts/packages.py");
        let (package, files) = CACHED.split_once('/').unwrap();
        assert!(packages.contains(&format!("\"{package}\"")) && packages.contains(&format!("r\"{files}/")));
    }

    #[test]
    fn what_is_too_large_or_no_file_is_refused_unread() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pong.bin");
        let refusal = || Rom::find_in(Game::named("pong").unwrap(), folder.path()).unwrap_err().to_string();
        std::fs::File::create(&path).unwrap().set_len(6 << 30).unwrap();
        assert!(refusal().contains("at most 1048576"), "{}", refusal());
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
        assert!(refusal().contains("not a plain file"), "{}", refusal());
        std::fs::remove_file(&path).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        assert!(refusal().contains("not a plain file"), "{}", refusal());
    }

    #[test]
    fn a_file_of_the_right_name_with_another_content_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("pong.bin"), b"not a game").unwrap();
        let error = Rom::find_in(Game::named("pong").unwrap(), folder.path()).unwrap_err();
        assert!(matches!(error, RomError::Foreign { .. }), "{error}");
        assert!(error.to_string().contains("60e0ea3cbe0913d39803477945e9e5ec"), "{error}");
    }
}

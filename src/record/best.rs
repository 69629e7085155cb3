//! A teacher's best weights during training, named by the frames of training before them.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::children;

/// The name of the file with the best weights after `frames` frames.
pub fn best_name(frames: u64) -> String {
    format!("frames-{frames:012}.safetensors")
}

/// The best weights that a training left in a folder, in the order of training, each with its frames of training. A
/// training that starts over may remove the folder at any moment.
///
/// # Errors
/// If a folder that exists cannot be read.
pub fn bests(folder: &Path) -> Result<Vec<(u64, PathBuf)>> {
    let mut bests = Vec::new();
    for path in children(folder)? {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let frames = name.strip_prefix("frames-").and_then(|name| name.strip_suffix(".safetensors"));
        bests.extend(frames.and_then(|frames| frames.parse().ok()).map(|frames: u64| (frames, path)));
    }
    bests.sort();
    Ok(bests)
}

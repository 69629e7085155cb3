//! Removes what a killed command has left behind.

use std::path::Path;

use anyhow::Result;

use crate::record::{children, is_left_behind, remove_file, remove_folder};

/// Removes unfinished files and copies of folders that were replaced, in a folder and below it. Links are not followed.
/// Nobody else may be at work there.
///
/// # Errors
/// The path and the system's reason.
pub fn remove_unfinished(folder: &Path) -> Result<()> {
    for path in children(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_symlink() {
            continue;
        }
        if !path.is_dir() {
            if is_left_behind(&name) {
                remove_file(&path)?;
            }
            continue;
        }
        let is_over = match name.strip_prefix(".old-") {
            // It is used where the newest is damaged.
            Some("checkpoint") => false,
            Some(replaced) => folder.join(replaced).exists(),
            None => name.starts_with(".new-") || name == "sweep" && folder.join("sweep.csv").exists(),
        };
        if is_over { remove_folder(&path)? } else { remove_unfinished(&path)? }
    }
    Ok(())
}

//! Distillation as a service to a training in another process: whenever a better teacher appears, students go over to it.

use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::checkpoint;
use super::group::{Group, Run};
use super::lead::Lead;
use crate::env::Pool;
use crate::nn::Evaluate;
use crate::progress::{Ended, Progress};
use crate::record::bests;

/// Between two looks at the folder.
const PAUSE: Duration = Duration::from_millis(500);

/// Distils the group's students from the best teacher so far of a training that leaves its bests in the group's folder
/// of them: `hours` hours from each, or fewer if a better one appears. Done when the training has written `finished`,
/// its final weights, and the students have had their hours with its last best.
///
/// # Errors
/// As [`super::distill()`]; also if the group has several games, or a teacher that is not in training.
pub fn follow(
    group: &Group,
    pool: Pool,
    finished: &Path,
    evaluate: &mut Evaluate,
    progress: &dyn Progress,
) -> Result<Ended> {
    let [(_, Lead::Latest(folder))] = group.games.as_slice() else {
        anyhow::bail!("students follow the training of one game");
    };
    if wait_for_first(folder, finished, progress)? == Ended::Stopped {
        return Ok(Ended::Stopped);
    }
    let hours = group.experiment.distillation.hours;
    let mut run = Run::start(group, vec![pool])?;
    loop {
        if progress.stop() {
            checkpoint::write(&run)?;
            return Ok(Ended::Stopped);
        }
        if run.begins_hour() {
            // Looked at first: what is the last best once it is there stays the last.
            let is_over = finished.exists();
            look(&mut run, folder, hours)?;
            if run.state.hour >= run.state.until.max(hours) {
                if is_over {
                    run.finish()?;
                    return Ok(Ended::Done);
                }
                progress.at(run.updates(), "waiting for a better teacher");
                sleep(PAUSE);
                continue;
            }
        }
        if !run.advance(evaluate)? {
            checkpoint::write(&run)?;
            return Ok(Ended::Stopped);
        }
        progress.at(run.updates(), &run.note);
    }
}

/// Waits until there is a teacher at all.
fn wait_for_first(folder: &Path, finished: &Path, progress: &dyn Progress) -> Result<Ended> {
    while bests(folder)?.is_empty() {
        ensure!(!finished.exists(), "{}: empty, though the training is over; nobody to follow", folder.display());
        progress.at(0, &format!("waiting for a teacher in {}", folder.display()));
        if progress.stop() {
            return Ok(Ended::Stopped);
        }
        sleep(PAUSE);
    }
    Ok(Ended::Done)
}

/// Goes over to the last best in the folder; a new one has its hours before it.
fn look(run: &mut Run, folder: &Path, hours: u64) -> Result<()> {
    let Some((_, path)) = bests(folder)?.pop() else { return Ok(()) };
    let before = run.sources[0].teacher.hash.clone();
    run.lead(0, &path, "a better evaluation appeared in the folder")?;
    if run.sources[0].teacher.hash != before {
        run.state.until = run.state.hour + hours;
    }
    Ok(())
}

//! Distillation as a service to a training in another process: whenever a better teacher appears, students go over to it.

use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Error, Result, ensure};

use super::checkpoint;
use super::group::{DistillRun, StudentGroup};
use super::teacher_source::{Teacher, TeacherSource};
use crate::agent::{self, Evaluate, WeightsError};
use crate::config;
use crate::env::Pool;
use crate::progress::{Ended, Progress};
use crate::record::bests;

/// Between two looks at the folder.
const PAUSE: Duration = Duration::from_millis(500);

/// Why students take a teacher.
const BETTER: &str = "a better evaluation appeared in the folder";
const LOST: &str = "the weights that were followed are gone from the folder; these are the best that it has now";
const REPLACED: &str = "the weights that were followed were replaced by others; these are the best in the folder now";

/// Distils the group's students from the best teacher so far of a training that leaves its bests in the group's folder
/// of them: `hours` hours from each, or fewer if a better one appears. Done when the training has written `finished`,
/// its final weights, and the students have had their hours with its last best.
///
/// # Errors
/// As [`super::distill()`]; also if the group has several games, or a teacher that is not in training, or if a setting
/// depends on which update is the last.
pub fn follow(
    group: &StudentGroup,
    pool: Pool,
    finished: &Path,
    evaluate: &mut Evaluate,
    progress: &dyn Progress,
) -> Result<Ended> {
    let [(_, TeacherSource::Latest(folder))] = group.games.as_slice() else {
        anyhow::bail!("students follow the training of one game");
    };
    check_endless(&group.experiment.distillation)?;
    let mut watch = Watch { folder, warned: String::new(), waits: false };
    if !checkpoint::place(group).exists() && watch.for_first(group, finished, progress)? == Ended::Stopped {
        return Ok(Ended::Stopped);
    }
    let hours = group.experiment.distillation.hours;
    let mut run = DistillRun::start(group, vec![pool])?;
    loop {
        if progress.stop() {
            checkpoint::write(&run)?;
            return Ok(Ended::Stopped);
        }
        if run.begins_hour() {
            // Looked at first: what is the last best once it is there stays the last.
            let is_over = finished.exists();
            let is_seen = watch.look(&mut run, hours)?;
            if run.state.hour >= run.state.until.max(hours) {
                if is_over && is_seen {
                    run.finish()?;
                    return Ok(Ended::Done);
                }
                watch.wait(&run, progress)?;
                continue;
            }
            watch.waits = false;
        }
        if !run.advance(evaluate)? {
            checkpoint::write(&run)?;
            return Ok(Ended::Stopped);
        }
        progress.at(run.updates(), &run.note);
    }
}

/// Refuses what depends on which update is the last: nobody knows it where a training is followed.
fn check_endless(settings: &config::Distillation) -> Result<()> {
    ensure!(
        settings.learning_rate_end_share == 1.0 && settings.average_last == 0.0,
        "nobody knows which update is the last where a training is followed; set distillation.learning_rate_end_share = 1.0 \
         and distillation.average_last = 0.0"
    );
    Ok(())
}

/// Watches the folder in which the training leaves its bests.
struct Watch<'a> {
    folder: &'a Path,
    /// What it warned of last.
    warned: String,
    /// The students have nothing to do, and their state is on disk.
    waits: bool,
}

impl Watch<'_> {
    /// Waits until there is a teacher at all.
    fn for_first(&mut self, group: &StudentGroup, finished: &Path, progress: &dyn Progress) -> Result<Ended> {
        let folder = self.folder.display();
        loop {
            if let Some((_, path)) = bests(self.folder)?.pop() {
                match Teacher::read(&path, &group.games[0].0, &group.experiment.environment, group.device) {
                    Ok(_) => return Ok(Ended::Done),
                    Err(error) if matches!(error.downcast_ref(), Some(WeightsError::Mismatch { .. })) => {
                        return Err(error);
                    }
                    Err(error) => self.warn(&error),
                }
            } else {
                ensure!(!finished.exists(), "{folder}: empty, though the training is over; nobody to follow");
            }
            progress.at(0, &format!("waiting for a teacher in {folder}"));
            if progress.stop() {
                return Ok(Ended::Stopped);
            }
            sleep(PAUSE);
        }
    }

    /// Goes over to another teacher, if it is time; that has its hours before it. Gives whether the folder could be
    /// read: if not, students stay with the teacher that they have.
    fn look(&mut self, run: &mut DistillRun, hours: u64) -> Result<bool> {
        let (other, reason) = match self.next(run) {
            Ok(next) => next,
            // No waiting makes it fit.
            Err(error) if matches!(error.downcast_ref(), Some(WeightsError::Mismatch { .. })) => return Err(error),
            Err(error) => {
                self.warn(&error);
                run.adopt(0, None, BETTER)?;
                return Ok(false);
            }
        };
        if other.is_some() {
            run.state.until = run.state.hour + hours;
        }
        run.adopt(0, other, reason)?;
        Ok(true)
    }

    /// Whom to go over to, if not to stay, and why. A training that was killed goes on from before its last bests, which
    /// it removes: what is there then is older, and no better.
    fn next(&self, run: &DistillRun) -> Result<(Option<Teacher>, &'static str)> {
        let followed = &run.sources[0].teacher;
        let Some((frames, path)) = bests(self.folder)?.pop() else { return Ok((None, BETTER)) };
        let reason = if !followed.path.exists() {
            LOST
        } else if agent::sha256(&followed.path)? != followed.hash {
            REPLACED
        } else if frames > followed.frames {
            BETTER
        } else {
            return Ok((None, BETTER));
        };
        Ok((Teacher::other(run, 0, &path)?, reason))
    }

    /// Waits a little, with everything so far on disk.
    fn wait(&mut self, run: &DistillRun, progress: &dyn Progress) -> Result<()> {
        if !self.waits {
            checkpoint::write(run)?;
            self.waits = true;
        }
        progress.at(run.updates(), "waiting for a better teacher");
        sleep(PAUSE);
        Ok(())
    }

    /// Tells what is wrong in the folder, once: the file may be on its way there.
    fn warn(&mut self, error: &Error) {
        let problem = match error.downcast_ref() {
            // Not to be made again by whoever follows.
            Some(WeightsError::Damaged { path, reason }) => format!("{}: {reason}", path.display()),
            _ => format!("{error:#}"),
        };
        if self.warned != problem {
            log::warn!("{problem}; not followed yet, tried again");
            self.warned = problem;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Overrides;

    #[test]
    fn a_setting_that_needs_a_last_update_is_refused() {
        let checked = |settings: &str| {
            let text = format!("[distillation]\n{settings}\n");
            check_endless(&config::read_text("x.toml", "x", &text, &Overrides::default()).unwrap().distillation)
        };
        assert!(checked("").is_ok());
        for settings in ["learning_rate_end_share = 0.5", "average_last = 0.2"] {
            assert!(
                checked(settings).unwrap_err().to_string().contains("set distillation.learning_rate_end_share = 1.0")
            );
        }
    }
}

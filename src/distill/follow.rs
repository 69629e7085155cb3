//! Distillation from a teacher that another process trains. Students switch to a better teacher whenever one appears.

use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Error, Result, ensure};

use super::checkpoint;
use super::group::StudentGroup;
use super::run::DistillRun;
use super::teacher_source::{Teacher, TeacherSource};
use crate::agent::{self, Evaluate, WeightsError};
use crate::config;
use crate::env::Pool;
use crate::progress::{Ended, Progress};
use crate::record::{bests, has_checkpoint};

/// Time between two looks at the folder.
const PAUSE: Duration = Duration::from_millis(500);

/// The reason, in the log, for which students take a teacher.
const FIRST: &str = "the best in the folder when the students began";
const BETTER: &str = "a better evaluation appeared in the folder";
const LOST: &str = "the weights that were followed are gone from the folder; these are the best that it has now";
const REPLACED: &str = "the weights that were followed were replaced by others; these are the best in the folder now";

/// Distils the group's students from a training that goes on in another process and leaves its best weights in the
/// group's folder. Students learn for `hours` hours from each best teacher, or for fewer if a better one appears. The
/// work is done when the training has written `finished`, its final weights, and the students have had their hours with
/// its last best.
///
/// # Errors
/// As [`super::distill()`]. Also if the group has several games or a teacher that is not in training, or if a setting
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
    if !has_checkpoint(&checkpoint::place(group)) && watch.for_first(group, finished, progress)? == Ended::Stopped {
        return Ok(Ended::Stopped);
    }
    let hours = group.experiment.distillation.hours;
    let mut run = DistillRun::start(group, vec![pool])?;
    progress.at_share(run.updates(), run.share(), "");
    loop {
        if progress.stop() {
            checkpoint::write(&run)?;
            return Ok(Ended::Stopped);
        }
        if run.begins_hour() {
            // Read before the folder of bests: once the final weights exist, the last best stays the last.
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
        progress.at_share(run.updates(), run.share(), &run.note);
    }
}

/// Refuses settings that depend on which update is the last: it is not known while a training is followed.
fn check_endless(settings: &config::Distillation) -> Result<()> {
    ensure!(
        settings.learning_rate_end_share == 1.0 && settings.average_last == 0.0,
        "the last update is not known in advance when a training is followed; set distillation.learning_rate_end_share = 1.0 \
         and distillation.average_last = 0.0"
    );
    Ok(())
}

/// Watches the folder in which the training leaves its bests.
struct Watch<'a> {
    folder: &'a Path,
    /// The last warning.
    warned: String,
    /// Whether the students have nothing to do and their state is on disk.
    waits: bool,
}

impl Watch<'_> {
    /// Waits until the first teacher appears.
    fn for_first(&mut self, group: &StudentGroup, finished: &Path, progress: &dyn Progress) -> Result<Ended> {
        let folder = self.folder.display();
        loop {
            // Read before the folder of bests, to which a training that ends may add one in between.
            let is_over = finished.exists();
            if let Some((_, path)) = bests(self.folder)?.pop() {
                match Teacher::read(&path, &group.games[0].0, &group.experiment.environment, group.device) {
                    Ok(_) => return Ok(Ended::Done),
                    Err(error) if matches!(error.downcast_ref(), Some(WeightsError::Mismatch { .. })) => {
                        return Err(error);
                    }
                    Err(error) => self.warn(&error),
                }
            } else {
                ensure!(!is_over, "{folder}: empty, though the training is over; there is no teacher to follow");
            }
            progress.at(0, &format!("waiting for a teacher in {folder}"));
            if progress.stop() {
                return Ok(Ended::Stopped);
            }
            sleep(PAUSE);
        }
    }

    /// Switches to another teacher if it is time; the students then have all their hours with it. Returns whether the
    /// folder could be read. If not, students keep their teacher.
    fn look(&mut self, run: &mut DistillRun, hours: u64) -> Result<bool> {
        run.log_first(0, FIRST)?;
        match self.next(run) {
            Ok(Some((teacher, reason))) => {
                run.state.until = run.state.hour + hours;
                run.adopt(0, teacher, reason)?;
                Ok(true)
            }
            Ok(None) => Ok(true),
            // Waiting cannot repair this.
            Err(error) if matches!(error.downcast_ref(), Some(WeightsError::Mismatch { .. })) => Err(error),
            Err(error) => {
                self.warn(&error);
                Ok(false)
            }
        }
    }

    /// The next teacher, with the reason; `None` if students keep their teacher. A training that was killed continues
    /// from a checkpoint and removes the bests after it: those that remain are older, and not better.
    fn next(&self, run: &DistillRun) -> Result<Option<(Teacher, &'static str)>> {
        let followed = &run.sources[0].teacher;
        let Some((frames, path)) = bests(self.folder)?.pop() else { return Ok(None) };
        let is_same = || match agent::sha256(&followed.path) {
            // The students have their teacher in memory.
            Err(error) if error.is::<WeightsError>() => Ok(false),
            hash => Ok::<_, Error>(hash? == followed.hash),
        };
        let reason = if !followed.path.exists() {
            LOST
        } else if !is_same()? {
            REPLACED
        } else if frames > followed.frames {
            BETTER
        } else {
            return Ok(None);
        };
        Ok(Teacher::other(run, 0, &path)?.map(|teacher| (teacher, reason)))
    }

    /// Pauses, after saving the state.
    fn wait(&mut self, run: &DistillRun, progress: &dyn Progress) -> Result<()> {
        if !self.waits {
            checkpoint::write(run)?;
            self.waits = true;
        }
        progress.at_share(run.updates(), run.share(), "waiting for a better teacher");
        sleep(PAUSE);
        Ok(())
    }

    /// Warns once of a problem in the folder: the file may still be on its way.
    fn warn(&mut self, error: &Error) {
        let problem = match error.downcast_ref() {
            // Only the training's owner can make the file again, so that the message gives no command.
            Some(WeightsError::Damaged { path, reason }) => format!("{}: {reason}", path.display()),
            _ => format!("{error:#}"),
        };
        if self.warned != problem {
            log::warn!("{problem}; not followed yet, will be tried again");
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

//! What other processes do in an experiment's folder, and reports that follow it.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::line::Line;
use super::lock::is_of_command;
use super::owner::LockFile;
use crate::progress::Ended;
use crate::report::{Activity, RunProgress, RunningCommand};
use crate::units::now;

/// Time between two reports of work that goes on.
const EVERY: Duration = Duration::from_secs(15);
/// Time between two looks whether to stop.
const LOOK: Duration = Duration::from_millis(200);

/// The commands of other processes that are at work in the line's folder, and their tasks; `None` if there are none.
pub fn activity<L: Line>(line: &L) -> Option<Activity> {
    let locks = line.command().locks.elsewhere();
    let doing = |lock: &str| locks.iter().any(|(name, _)| name == lock);
    let tasks: Vec<String> =
        line.tasks().iter().filter(|task| doing(&task.lock)).map(|task| task.work.to_string()).collect();
    let mut commands: Vec<RunningCommand> = Vec::new();
    let is_at_work = |name: &str| is_of_command(name) || line.tasks().iter().any(|task| task.lock == name);
    for (_, file) in locks.iter().filter(|(name, _)| is_at_work(name)) {
        let command = running(file);
        match commands.iter_mut().find(|own| own.who == command.who) {
            // A lock that was taken later may not have told yet.
            Some(own) if own.progress.is_none() => *own = command,
            Some(_) => {}
            None => commands.push(command),
        }
    }
    (!commands.is_empty()).then(|| Activity { commands, tasks, unix_time: now() })
}

fn running(file: &LockFile) -> RunningCommand {
    let progress = file.command.as_ref().map(|told| RunProgress {
        done: told.done,
        tasks: told.tasks,
        share: told.share,
        ends: told.seconds_left.map(|left| told.unix_time + left),
    });
    RunningCommand { who: file.owner.to_string(), progress }
}

/// Writes the report anew while other processes work in the folder, then once more, and shows the last one.
///
/// # Errors
/// As [`Line::report`].
pub fn watch<L: Line>(line: &L) -> Result<Ended> {
    loop {
        let goes_on = activity(line);
        let report = line.report(goes_on.as_ref())?;
        if goes_on.is_none() {
            line.command().observer.report(&report);
            return Ok(Ended::Done);
        }
        line.command().observer.say(&format!("{} written; the work goes on", report.page.display()));
        let since = Instant::now();
        while since.elapsed() < EVERY {
            if line.command().observer.stop() {
                return Ok(Ended::Stopped);
            }
            std::thread::sleep(LOOK);
        }
    }
}

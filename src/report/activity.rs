//! The work that goes on in a folder while its report is written.

use super::format::percent;
use crate::units::date;

/// Commands at work in the folder.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Activity {
    pub commands: Vec<RunningCommand>,
    /// The tasks that they do now, in the experiment's order.
    pub tasks: Vec<String>,
    /// Seconds since 1970 at which this was so.
    pub unix_time: u64,
}

/// A command at work.
#[derive(Debug, Clone, PartialEq)]
pub struct RunningCommand {
    /// Its process and machine.
    pub who: String,
    /// None until it has told how far it is.
    pub progress: Option<RunProgress>,
}

/// How far a command is.
#[derive(Debug, Clone, PartialEq)]
pub struct RunProgress {
    pub done: usize,
    pub tasks: usize,
    /// The share of all work.
    pub share: f64,
    /// Seconds since 1970 at which it will end, if the rest goes as fast; none while that is not known.
    pub ends: Option<u64>,
}

impl Activity {
    /// What runs, and until when.
    pub fn sentences(&self) -> Vec<String> {
        let command = |command: &RunningCommand| match &command.progress {
            None => format!("{} has begun.", command.who),
            Some(RunProgress { done, tasks, share, ends }) => {
                let ends = ends.map_or(String::new(), |ends| format!(", until about {}", date(ends)));
                format!("{}: {done} of {tasks} tasks done, {} of all work{ends}.", command.who, percent(*share))
            }
        };
        let mut sentences: Vec<String> = self.commands.iter().map(command).collect();
        if !self.tasks.is_empty() {
            sentences.push(format!("Now: {}.", self.tasks.join("; ")));
        }
        sentences.push(format!("This is how it was at {}.", date(self.unix_time)));
        sentences
    }
}

//! `pd list`: the experiments below a folder.

use std::path::Path;

use anyhow::Result;

use super::plan::done;
use super::terminal::Terminal;
use crate::config::LineName;
use crate::nn::Device;
use crate::pipeline::{self, Observer, Request, Scope, refused};
use crate::progress::Ended;
use crate::record::{Folder, ScoreRow, children, read_rows};
use crate::report::{Table, numbers, words};

/// Prints each experiment with the number of its tasks that are done.
///
/// # Errors
/// If the folder is not there, or cannot be read.
pub fn list(folder: &Path, terminal: &Terminal) -> Result<Ended> {
    if !folder.is_dir() {
        return Err(refused(format!("{}: no such folder; `pd run FILE` makes results/NAME", folder.display())));
    }
    let mut places = children(folder)?;
    places.push(folder.to_owned());
    places.retain(|place| Folder::at(place).experiment().is_file());
    if places.is_empty() {
        terminal.say(&format!("{}: no experiment's results there; `pd run FILE` makes them", folder.display()));
    }
    let mut rows = Vec::new();
    for place in places {
        match describe(&place) {
            Ok(row) => rows.push(row),
            Err(error) => terminal.say(&format!("{error:#}")),
        }
    }
    let columns = vec![words("experiment", ""), numbers("tasks done", ""), numbers("agents scored", "")];
    if !rows.is_empty() {
        out!("{}", Table::of(columns, rows).text().trim_end());
    }
    Ok(Ended::Done)
}

/// The row of an experiment: its folder, how many of its tasks are done, and, of games, how many agents have scores,
/// which may be known without their weights.
fn describe(place: &Path) -> Result<Vec<String>> {
    let request = Request {
        scope: Scope::Run,
        file: place,
        set: &[],
        only: &[],
        from: None,
        seed: None,
        out: None,
        device: Device::Cpu,
        threads: 1,
        jobs: None,
        fresh: false,
        watch: false,
    };
    let (tasks, scored) = match request.line()? {
        LineName::Atari => {
            let scored: Vec<ScoreRow> = read_rows(&Folder::at(place).scores())?;
            (pipeline::plan(&request)?.tasks, scored.len().to_string())
        }
        LineName::Explanations => (pipeline::plan_explanations(&request)?.tasks, String::new()),
    };
    let (done, all) = done(&tasks);
    Ok(vec![place.display().to_string(), format!("{done} of {all}"), scored])
}

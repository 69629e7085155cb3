//! What a command asks for.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::scope::Scope;
use super::{atari, explain, quoted};
use crate::config::{self, LineName};
use crate::digest::Ending;
use crate::nn::Device;
use crate::record::Folder;
use crate::report::TerminalReport;

/// A command's request.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    pub scope: Scope,
    pub file: &'a Path,
    /// `key=value` settings that override the file's.
    pub set: &'a [String],
    /// Only these tasks, by their ids; all of the scope if there are none.
    pub only: &'a [String],
    /// The folder of the training that is followed.
    pub from: Option<&'a Path>,
    /// Replaces the file's seeds.
    pub seed: Option<u64>,
    /// The experiment's folder instead of `results/NAME`.
    pub out: Option<&'a Path>,
    pub device: Device,
    /// Threads of all tasks together.
    pub threads: usize,
    /// Maximum number of tasks at once; see [`Request::jobs()`].
    pub jobs: Option<usize>,
    pub fresh: bool,
    /// Whether the report is written anew while other processes work in the folder.
    pub watch: bool,
}

impl Request<'_> {
    /// The folder of the experiment with that name.
    pub fn folder(&self, name: &str) -> Folder {
        let own = || self.results().unwrap_or_else(|| Folder::at(Path::new("results").join(name)));
        self.out.map_or_else(own, Folder::at)
    }

    /// The line of the experiment's file.
    ///
    /// # Errors
    /// As [`config::line_of`].
    pub fn line(&self) -> Result<LineName, config::ConfigError> {
        config::line_of(&self.text_file())
    }

    /// The folder of results, if the experiment is named by it, or by the file in it.
    fn results(&self) -> Option<Folder> {
        let folder = if self.file.is_dir() { Some(Folder::at(self.file)) } else { Folder::of_experiment(self.file) };
        // A file of that name which a person wrote is an experiment like any other.
        folder.filter(|folder| folder.manifest().exists() || is_of_program(&folder.experiment()))
    }

    /// The experiment's file.
    pub fn text_file(&self) -> PathBuf {
        if self.file.is_dir() { Folder::at(self.file).experiment() } else { self.file.to_owned() }
    }

    /// Maximum number of tasks at once: with the kernels of this crate as many as there are threads, unless the command
    /// says another number; with libtorch's, whose sums depend on the number of threads, on a GPU and for followers
    /// one.
    pub fn jobs(&self) -> usize {
        if self.from.is_some() {
            return 1;
        }
        self.jobs.unwrap_or(if self.device == Device::Cpu { self.threads } else { 1 })
    }

    /// Whether the command ends with a report.
    pub fn reports(&self) -> bool {
        match self.only {
            [] => matches!(self.scope, Scope::Run | Scope::Report),
            ids => ids.iter().any(|id| id == "report"),
        }
    }

    /// The command line of a scope with this request's settings, place and seed, for messages.
    pub fn command(&self, scope: Scope) -> String {
        scope.command(self.file) + &self.flags() + &self.seed_flag()
    }

    /// As [`Request::command`], for a command that makes its results anew; of the request's seed alone, or of all
    /// seeds.
    pub fn command_anew(&self, scope: Scope, of_seed: bool) -> String {
        let seed = if of_seed { self.seed_flag() } else { String::new() };
        format!("{} --fresh{}{seed}", scope.command(self.file), self.flags())
    }

    /// The seed as a flag of the command line, if there is one.
    pub fn seed_flag(&self) -> String {
        self.seed.map_or(String::new(), |seed| format!(" --seed {seed}"))
    }

    /// The settings and the place as flags of the command line, for messages.
    pub fn flags(&self) -> String {
        let set = self.set.iter().map(|set| format!(" --set {}", quoted(set)));
        let out = self.out.iter().map(|out: &&Path| format!(" --out {}", quoted(&out.display().to_string())));
        set.chain(out).collect()
    }
}

/// Whether this program wrote the file: it ends with a digest.
fn is_of_program(path: &Path) -> bool {
    std::fs::read_to_string(path).is_ok_and(|text| Ending::TOML.is_on(&text))
}

/// The scores of an experiment of any line, with what a report says of them.
///
/// # Errors
/// If a file is damaged.
pub fn scored(request: &Request) -> Result<TerminalReport> {
    match request.line()? {
        LineName::Atari => atari::scored(request),
        LineName::Explanations => explain::scored(request),
    }
}

//! Arguments and printing, with one file for each larger subcommand.

#[macro_use]
mod print;

mod arguments;
mod bench;
mod compare;
mod film;
mod games;
mod help;
mod init;
mod list;
mod model_speed;
mod observe;
mod plan;
mod play;
mod record;
mod speed;
mod terminal;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use rayon::ThreadPoolBuilder;

pub use arguments::Arguments;
use arguments::{Command, Common, ExperimentFlags};
use terminal::Terminal;

use crate::nn::Device;
use crate::pipeline::{self, Observer as _, Request, Scope, refused};
use crate::progress::Ended;
use crate::record::AgentId;
use crate::units::grouped;
use crate::{agent, nn};

/// Sends the library's messages to stderr: warnings, and more with `-v` or `RUST_LOG`.
pub fn log_to_stderr(arguments: &Arguments) {
    let level = match arguments.common.verbose {
        _ if arguments.common.quiet => "error",
        0 => "warn",
        1 => "info",
        _ => "debug",
    };
    let environment = env_logger::Env::default().default_filter_or(level);
    env_logger::Builder::from_env(environment).format_timestamp(None).init();
}

/// Runs one command with the number of threads that it asks for. Results go to stdout, everything else to stderr.
///
/// # Errors
/// The fault of the command, or of what it did.
pub fn run(arguments: &Arguments) -> Result<Ended> {
    let common = &arguments.common;
    let threads = common.threads.map_or(0, usize::from);
    let pool = ThreadPoolBuilder::new().num_threads(threads).stack_size(pipeline::STACK_BYTES).build()?;
    let terminal = Terminal::new(common.quiet, matches!(arguments.command, Command::Report { json: true, .. }));
    let request = |scope, flags| request(scope, flags, common);
    // The calling thread is one of them, so that divided work begins without a wait.
    pool.install(|| match &arguments.command {
        Command::Init { file } => init::init(file),
        Command::Run { experiment, task } => {
            pipeline::run(&Request { only: task, ..request(Scope::Run, experiment)? }, &terminal)
        }
        Command::Train(experiment) => pipeline::run(&request(Scope::Train, experiment)?, &terminal),
        Command::Distill(experiment) => pipeline::run(&request(Scope::Distill, experiment)?, &terminal),
        Command::Follow { experiment, from } => {
            follow(&Request { from: Some(from), ..request(Scope::Follow, experiment)? }, common.quiet, &terminal)
        }
        Command::Evaluate { experiment, json } => evaluate(&request(Scope::Evaluate, experiment)?, *json, &terminal),
        Command::Report { experiment, watch, .. } => {
            pipeline::run(&Request { watch: *watch, ..request(Scope::Report, experiment)? }, &terminal)
        }
        Command::Compare { folders, json, out } => compare::compare(folders, *json, out.as_deref()),
        Command::Plan { experiment, time, json } => {
            if *time {
                terminal.note("measuring this machine for some seconds");
            }
            plan::plan(&request(Scope::Run, experiment)?, *time, *json)
        }
        Command::List { folder } => list::list(folder, &terminal),
        Command::Merge { folders, out } => merge(folders, out),
        Command::Export { checkpoint, int8, out, .. } => {
            export(checkpoint, if *int8 { nn::Precision::Byte } else { nn::Precision::Half }, out)
        }
        Command::Games { json } => games::games(*json),
        Command::Play(options) => play::play(options, common),
        Command::Observe { game, actions, out } => observe::observe(game, actions, out),
        Command::Bench(options) => bench::bench(options, common),
        Command::Completions { shell } => help::completions(*shell),
        Command::Man { folder } => help::manual(folder),
    })
}

/// Tells how a command ended, and returns its exit code: 0 done, 1 a run failed, 2 wrong usage or configuration, or a
/// damaged file of results, 130 interrupted after saving.
pub fn exit_code(ended: Result<Ended>) -> ExitCode {
    match ended {
        Ok(Ended::Done) => ExitCode::SUCCESS,
        Ok(Ended::Stopped) => {
            err!("pd: stopped; the same command continues from what is saved");
            ExitCode::from(130)
        }
        Err(error) => {
            err!("pd: {error:#}");
            ExitCode::from(if pipeline::is_fault_of_request(&error) { 2 } else { 1 })
        }
    }
}

/// The device that the command line chooses.
fn device(common: &Common) -> Result<Device> {
    let device = common.device.resolve().map_err(refused)?;
    nn::set_threads(device, rayon::current_num_threads());
    Ok(device)
}

/// The request that the command line makes of an experiment.
fn request<'a>(scope: Scope, flags: &'a ExperimentFlags, common: &Common) -> Result<Request<'a>> {
    Ok(Request {
        scope,
        file: &flags.file,
        set: &flags.set,
        only: &[],
        from: None,
        seed: flags.seed,
        out: flags.out.as_deref(),
        device: device(common)?,
        threads: rayon::current_num_threads(),
        jobs: flags.jobs.map(usize::from),
        fresh: flags.fresh,
        watch: false,
    })
}

/// Follows a training, and tells which command scores the students, once their last teacher is there too.
fn follow(request: &Request, quiet: bool, terminal: &Terminal) -> Result<Ended> {
    let ended = pipeline::run(request, terminal)?;
    if ended == Ended::Stopped || quiet {
        return Ok(ended);
    }
    let (experiment, folder) = pipeline::read_experiment(request)?;
    let teacher = AgentId::teacher(experiment.games[0], experiment.teacher_seed(experiment.seeds[0]));
    if folder.weights(&teacher).exists() {
        let command = request.command(Scope::Run);
        terminal.say(&format!("the students have followed the teacher to its end; `pd {command}` scores them"));
    }
    Ok(ended)
}

/// Scores every agent, and prints the scores.
fn evaluate(request: &Request, json: bool, terminal: &Terminal) -> Result<Ended> {
    let ended = pipeline::run(request, terminal)?;
    if ended == Ended::Done {
        let scored = pipeline::scored(request)?;
        match json {
            true => out!("{}", serde_json::to_string_pretty(&scored.scores)?),
            false => out!("{}", scored.table.on_terminal(terminal::width()).trim_end()),
        }
    }
    Ok(ended)
}

/// Joins folders of one experiment.
fn merge(folders: &[PathBuf], out: &Path) -> Result<Ended> {
    pipeline::merge(folders, out)?;
    out!("{} folders joined in {}; `pd report {1}` reports them", folders.len(), out.display());
    Ok(Ended::Done)
}

/// Writes weights in another number format.
fn export(checkpoint: &Path, precision: nn::Precision, out: &Path) -> Result<Ended> {
    if out.is_file() {
        return Err(refused(format!("{}: exists already; remove it, or choose another --out", out.display())));
    }
    let path = play::weights_at(checkpoint, None)?;
    let (network, metadata) = agent::load(&path, Device::Cpu)?;
    agent::save_as(out, &network, &metadata, precision)?;
    let bytes = std::fs::metadata(out).map_or(0, |file| file.len());
    out!("{}: {} bytes", out.display(), grouped(bytes));
    Ok(Ended::Done)
}

//! The arguments of the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::{bench, play};
use crate::nn::DeviceChoice;

/// Train DQN teachers on Atari, distil them into small students, and report score against size.
#[derive(Debug, Parser)]
#[command(name = "pd", version)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub common: Common,
}

/// Flags of every command.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// Set a key of the experiment file, such as teacher.frames=400000 or students.net1.loss=nll
    #[arg(long, global = true, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// The experiment's folder instead of `results/NAME`; for `observe` the file to write
    #[arg(long, global = true, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// auto, cpu, libtorch (the CPU by libtorch's kernels), cuda or cuda:N
    #[arg(long, global = true, default_value = "auto")]
    pub device: DeviceChoice,
    /// Threads of emulation and learning; all cores unless given. On a CPU results do not depend on it
    #[arg(long, global = true, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Maximum number of tasks at once; the number of threads unless given (on a GPU one). Results do not depend on it
    #[arg(long, global = true, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    /// One seed instead of the experiment's
    #[arg(long, global = true)]
    pub seed: Option<u64>,
    /// Start over: first remove the outputs of the command's tasks and of later ones, for its games, seeds and students
    #[arg(long, global = true)]
    pub fresh: bool,
    /// No progress, only results and errors
    #[arg(long, global = true)]
    pub quiet: bool,
    /// Print more on stderr; twice for debugging
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Every task that is not done yet: teachers, students, evaluation, report
    Run {
        file: PathBuf,
        /// Only this task, such as train/teacher/pong/seed-1; `pd plan --json` lists them
        #[arg(long, value_name = "ID")]
        task: Vec<String>,
    },
    /// Train the teachers
    Train { file: PathBuf },
    /// Distil the students of the teachers that are trained
    Distill { file: PathBuf },
    /// Distil students from a teacher that another process trains, each time from its best so far
    Follow {
        file: PathBuf,
        /// The folder of the experiment that is being trained, with distillation.online = true
        #[arg(long, value_name = "DIR")]
        from: PathBuf,
    },
    /// Score every agent that has weights
    Evaluate { file: PathBuf },
    /// Write the report of the results so far
    Report { file: PathBuf },
    /// Show the tasks that would run, and the memory and disk that they need
    Plan {
        file: PathBuf,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Join folders of one experiment, made in different places, into --out DIR
    Merge {
        #[arg(required = true, num_args = 2..)]
        folders: Vec<PathBuf>,
    },
    /// List the games: ROM, actions, published scores
    Games,
    /// Write weights in another number format, to --out FILE
    Export {
        /// A weights.safetensors, or the folder that holds one
        checkpoint: PathBuf,
        /// Half precision: half the size; played alike, as far as its scores show
        #[arg(long, required = true)]
        half: bool,
    },
    /// Play episodes with a network
    Play(play::PlayOptions),
    /// Write the observations that a list of actions leads to, for checking against other environments
    Observe {
        game: String,
        /// A JSON list of action indices, or an object whose "steps" have an "action" each
        #[arg(long, value_name = "FILE")]
        actions: PathBuf,
    },
    /// Measure this machine
    Bench(bench::BenchOptions),
}

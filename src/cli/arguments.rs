//! The arguments of the command line.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand};
use clap_complete::Shell;

use super::{bench, play};
use crate::nn::DeviceChoice;

/// Train Atari teachers, distil them into small networks, and report score against size.
#[derive(Debug, Parser)]
#[command(name = "pd", version, max_term_width = 100)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub common: Common,
}

/// Flags of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Flags of every command")]
pub struct Common {
    /// auto, cpu, libtorch (the CPU by libtorch's kernels), cuda or cuda:N
    #[arg(long, global = true, default_value = "auto")]
    pub device: DeviceChoice,
    /// Threads of emulation and learning; all cores unless given. On a CPU results do not depend on it
    #[arg(long, global = true, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// No progress, only results and errors
    #[arg(long, global = true)]
    pub quiet: bool,
    /// Print more on stderr; twice for debugging
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// Flags of the commands that work on an experiment.
#[derive(Debug, Clone, Args)]
pub struct ExperimentFlags {
    /// The experiment's file; or the folder of its results
    pub file: PathBuf,
    /// Set a key of the file, such as teacher.frames=400000 or students.net1.loss=nll
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// The experiment's folder instead of `results/NAME`
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// One seed instead of the experiment's
    #[arg(long)]
    pub seed: Option<u64>,
    /// Maximum number of tasks at once; the number of threads unless given (on a GPU one). Results do not depend on it
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    /// Start over, without the outputs of the command's tasks and of later ones, for its games, seeds and students; a
    /// command that works removes them first
    #[arg(long)]
    pub fresh: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a commented experiment file to begin with
    #[command(after_help = "Examples:\n  pd init mine.toml\n  pd init mine.toml && pd run mine.toml")]
    Init {
        /// The file to write; its name without .toml names the folder of the results
        #[arg(default_value = "my-experiment.toml")]
        file: PathBuf,
    },
    /// Every task that is not done yet: teachers, students, evaluation, report
    #[command(after_help = "Examples:\n  pd run experiments/quickstart.toml\n  \
                            pd run x.toml --set students.net1.loss=nll --out results/nll")]
    Run {
        #[command(flatten)]
        experiment: ExperimentFlags,
        /// Only this task, such as train/teacher/pong/seed-1; `pd plan --json` lists them
        #[arg(long, value_name = "ID")]
        task: Vec<String>,
    },
    /// Train the teachers
    #[command(after_help = "Examples:\n  pd train x.toml\n  pd train x.toml --seed 2 --threads 4")]
    Train(ExperimentFlags),
    /// Distil the students of the teachers that are trained
    #[command(after_help = "Examples:\n  pd distill x.toml\n  pd distill x.toml --fresh")]
    Distill(ExperimentFlags),
    /// Distil students from a teacher that another process trains, each time from its best so far
    #[command(after_help = "Examples:\n  pd follow b.toml --from results/a\n  \
                            pd follow b.toml --from results/a --out results/followers")]
    Follow {
        #[command(flatten)]
        experiment: ExperimentFlags,
        /// The folder of the experiment that is being trained, with distillation.online = true
        #[arg(long, value_name = "DIR")]
        from: PathBuf,
    },
    /// Score every agent that has weights
    #[command(
        after_help = "Examples:\n  pd evaluate x.toml\n  pd evaluate x.toml --set evaluation.episodes=200 --json"
    )]
    Evaluate {
        #[command(flatten)]
        experiment: ExperimentFlags,
        /// The scores as JSON: the rows of scores.csv
        #[arg(long)]
        json: bool,
    },
    /// Write the report of the results so far
    #[command(after_help = "Examples:\n  pd report results/x\n  pd report x.toml --watch")]
    Report {
        #[command(flatten)]
        experiment: ExperimentFlags,
        /// Write it anew while a command works in the folder; the page says what runs and until when
        #[arg(long)]
        watch: bool,
        /// Verdict, warnings and scores as JSON
        #[arg(long)]
        json: bool,
    },
    /// Show two experiments side by side: scores, differences with their intervals, settings that differ
    #[command(after_help = "Examples:\n  pd compare results/data-teacher results/data-mixed\n  \
                            pd compare results/a results/b --out a-and-b.md")]
    Compare {
        /// The folders of two experiments
        #[arg(required = true, num_args = 2, value_name = "RESULTS")]
        folders: Vec<PathBuf>,
        /// As JSON
        #[arg(long)]
        json: bool,
        /// Also write it as Markdown
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Show the tasks that would run, and the memory, disk and time that they need
    #[command(after_help = "Examples:\n  pd plan experiments/paper/compression.toml --time\n  pd plan x.toml --json")]
    Plan {
        #[command(flatten)]
        experiment: ExperimentFlags,
        /// Measure this machine for some seconds, and tell the hours of each stage
        #[arg(long)]
        time: bool,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Show the experiments below a folder, and how much of each is done
    #[command(after_help = "Examples:\n  pd list\n  pd list elsewhere")]
    List {
        /// The folder that holds the experiments' folders
        #[arg(default_value = "results")]
        folder: PathBuf,
    },
    /// Join folders of one experiment, made in different places
    #[command(after_help = "Examples:\n  pd merge here there --out results/all\n  pd merge a b c --out a")]
    Merge {
        /// The folders of the experiment's results, two or more; they stay as they are, unless --out is one of them
        #[arg(required = true, num_args = 2..)]
        folders: Vec<PathBuf>,
        /// The folder for the joined results
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// List the games: ROM, actions, published scores; and the shipped teachers
    #[command(after_help = "Examples:\n  pd games\n  pd games --json")]
    Games {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Write weights in another number format
    #[command(
        after_help = "Examples:\n  pd export results/x/teachers/pong/seed-1 --half --out pong.safetensors\n  \
                      pd export net1.safetensors --int8 --out small.safetensors",
        group(ArgGroup::new("precision").required(true).args(["half", "int8"]))
    )]
    Export {
        /// A weights.safetensors, or the folder that holds one
        checkpoint: PathBuf,
        /// Half precision: half the size; played alike, as far as its scores show
        #[arg(long)]
        half: bool,
        /// A byte for each weight, a quarter of the size: `pd play FILE --episodes 100` shows what that costs
        #[arg(long)]
        int8: bool,
        /// The file to write
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Play episodes with a network, or with several side by side
    #[command(after_help = "Examples:\n  pd play teachers/pong --episodes 3\n  \
                            pd play TEACHER STUDENT --gif both.gif --seconds 20")]
    Play(play::PlayOptions),
    /// Write the observations that a list of actions leads to, for checking against other environments
    #[command(after_help = "Examples:\n  pd observe pong --actions actions.json --out seen.bin\n  \
                            pd observe qbert --actions tests/golden/qbert.json --out seen.bin")]
    Observe {
        /// A game's name; `pd games` lists them
        game: String,
        /// A JSON list of action indices, or an object whose "steps" have an "action" each
        #[arg(long, value_name = "FILE")]
        actions: PathBuf,
        /// The file to write: the newest frame of each step, 84 × 84 bytes; beside it OUT.json has the steps
        #[arg(long, value_name = "OUT")]
        out: PathBuf,
    },
    /// Measure this machine
    #[command(after_help = "Examples:\n  pd bench distillation\n  pd bench emulation --games pong --envs 8 --json")]
    Bench(bench::BenchOptions),
    /// Write completions for a shell to stdout
    #[command(after_help = "Examples:\n  pd completions bash > ~/.local/share/bash-completion/completions/pd\n  \
                            pd completions zsh > ~/.zfunc/_pd")]
    Completions {
        /// The shell that reads them
        shell: Shell,
    },
    /// Write manual pages into a folder
    #[command(after_help = "Examples:\n  pd man ~/.local/share/man/man1\n  pd man man && man -l man/pd-run.1")]
    Man {
        /// The folder to write into
        folder: PathBuf,
    },
}

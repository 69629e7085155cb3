//! Runs an experiment from a program: distils the shipped Pong teacher into two small networks, and prints what they keep.
//!
//!     cargo run --release --example distill

use std::path::Path;

use anyhow::Result;
use policy_distillation::nn::Device;
use policy_distillation::pipeline::{self, CommandProgress, Observer, Request, Scope};
use policy_distillation::progress::Progress;
use policy_distillation::report::TerminalReport;

const EXPERIMENT: &str = r#"
games = ["pong"]
seeds = [1]
[environment]
workers = 16
[teacher]
from = "shipped"
[distillation]
hours = 4
steps_per_hour = 3200
updates_per_hour = 500
memory = 12800
data = "mixed"
initialization = "biases"
optimizer = "adam"
learning_rate = 0.001
optimizer_epsilon = 0.0001
evaluation_every = 0
[evaluation]
episodes = 10
[[students]]
name = "net3"
network = "net3"
temperature = { gaps = 1.0 }
[[students]]
name = "tiny"
network = { conv = [8, 8, 8], hidden = 16 }
temperature = { gaps = 1.0 }
"#;

/// Prints the report, and nothing else.
struct Quiet;

impl Observer for Quiet {
    fn ready(&self) {}

    fn begin(&self, task: &str, _: u64, _: &'static str) -> Box<dyn Progress + '_> {
        println!("{task}");
        Box::new(Quiet)
    }

    fn whole(&self, _: &CommandProgress) {}

    fn report(&self, report: &TerminalReport) {
        println!("{}\n{}", report.table.on_terminal(None), report.verdict);
    }

    fn say(&self, message: &str) {
        println!("{message}");
    }

    fn stop(&self) -> bool {
        false
    }
}

impl Progress for Quiet {
    fn at(&self, _: u64, _: &str) {}

    fn stop(&self) -> bool {
        false
    }
}

fn main() -> Result<()> {
    let folder = Path::new("results/example-distill");
    let file = std::env::temp_dir().join("distill.toml");
    std::fs::write(&file, EXPERIMENT)?;
    let request = Request {
        scope: Scope::Run,
        file: &file,
        set: &[],
        only: &[],
        from: None,
        seed: None,
        out: Some(folder),
        device: Device::Cpu,
        threads: 2,
        jobs: None,
        fresh: false,
        watch: false,
    };
    pipeline::run(&request, &Quiet)?;
    Ok(())
}

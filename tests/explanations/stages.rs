//! All stages together, on models of a few thousand weights.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use policy_distillation::config::{LineName, line_of};
use policy_distillation::nn::Device;
use policy_distillation::pipeline::{self, CommandProgress, Observer, Request, Scope};
use policy_distillation::progress::{Ended, Progress};
use policy_distillation::report::TerminalReport;
use serde_json::Value;

use crate::command::Run;

/// An experiment that goes through every stage in seconds, with every method.
const TINY: &str = r#"
line = "explanations"
seeds = [1]
[model]
width = 16
layers = 1
heads = 2
[base]
steps = 60
batch = 8
[warmup]
steps = 30
batch = 8
[traces]
count = 40
[evaluation]
questions = 6
samples = 2
[[teachers]]
name = "rlt"
steps = 5
questions = 2
group = 3
reference_every = 2
[[teachers]]
name = "solver"
method = "solver"
steps = 3
questions = 2
group = 3
[[teachers]]
name = "ranked"
method = "ranked"
group = 3
rank = 2
[[teachers]]
name = "mixture"
method = "mixture"
keep = "complete"
[[teachers]]
name = "none"
method = "none"
[[teachers]]
name = "worked"
method = "program"
[[students]]
name = "same"
steps = 30
batch = 8
[[cold_starts]]
name = "on"
student = "same"
teacher = "worked"
steps = 3
questions = 2
group = 3
[[students]]
name = "small"
teachers = ["rlt", "worked"]
from = "scratch"
width = 8
tokens = 3000
batch = 8
"#;

/// Asks to stop from the n-th question of all tasks together on; 0 for never.
struct Stopper {
    at: u64,
    asked: AtomicU64,
    table: Mutex<String>,
}

/// Watches one task, whose progress rises to its total.
struct Questions<'a> {
    stopper: &'a Stopper,
    total: u64,
    unit: &'static str,
    reached: AtomicU64,
}

impl Progress for Questions<'_> {
    fn at(&self, done: u64, _: &str) {
        let before = self.reached.swap(done, Ordering::SeqCst);
        assert!(done >= before, "from {before} back to {done} {}", self.unit);
    }

    fn stop(&self) -> bool {
        let asked = self.stopper.asked.fetch_add(1, Ordering::SeqCst) + 1;
        self.stopper.at > 0 && asked >= self.stopper.at
    }
}

impl Drop for Questions<'_> {
    fn drop(&mut self) {
        let (reached, total, unit) = (self.reached.load(Ordering::SeqCst), self.total, self.unit);
        // The last step may exceed a budget of tokens.
        let is_whole = reached == total || unit == "tokens" && reached > total;
        assert!(is_whole || self.stopper.at > 0 || thread::panicking(), "it ended at {reached} of {total} {unit}");
    }
}

impl Observer for Stopper {
    fn ready(&self) {}

    fn begin(&self, _: &str, total: u64, unit: &'static str) -> Box<dyn Progress + '_> {
        Box::new(Questions { stopper: self, total, unit, reached: AtomicU64::new(0) })
    }

    fn whole(&self, _: &CommandProgress) {}

    fn report(&self, report: &TerminalReport) {
        *self.table.lock().unwrap() = report.table.on_terminal(None);
    }

    fn say(&self, message: &str) {
        panic!("{message}");
    }

    fn stop(&self) -> bool {
        self.at > 0 && self.asked.load(Ordering::SeqCst) >= self.at
    }
}

/// Runs the experiment until it ends or is stopped, and returns the report's table with how it ended.
fn go_on(file: &Path, out: &Path, at: u64) -> (Ended, String) {
    let stopper = Stopper { at, asked: AtomicU64::new(0), table: Mutex::default() };
    let request = Request {
        scope: Scope::Run,
        file,
        set: &[],
        only: &[],
        from: None,
        seed: None,
        out: Some(out),
        device: Device::Torch(tch::Device::Cpu),
        threads: 1,
        jobs: Some(1),
        fresh: false,
        watch: false,
    };
    let ended = pipeline::run(&request, &stopper).unwrap();
    (ended, stopper.table.into_inner().unwrap())
}

/// Every file below a folder that does not measure time or the machine; tables of costs without their time.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|end| end != "json" && end != "html") && !path.ends_with("summary.md") {
            let content = fs::read(&path).unwrap();
            let is_costs = path.file_stem().is_some_and(|stem| stem == "costs");
            found.push((path, if is_costs { work_and_tasks(&content) } else { content }));
        }
    }
    found.sort();
    found
}

/// The first two columns of a table of costs, as CSV or LaTeX; the others are CPU time, which no run repeats.
fn work_and_tasks(costs: &[u8]) -> Vec<u8> {
    let lines = costs.split_inclusive(|byte| *byte == b'\n');
    lines.flat_map(|line| line.split(|byte| b",&".contains(byte)).take(2)).flatten().copied().collect()
}

#[test]
fn an_experiment_that_is_stopped_again_and_again_writes_the_bytes_of_one_that_is_not() {
    let run = Run::new(TINY);
    let file = run.path("x.toml");
    assert_eq!(line_of(&file).unwrap(), LineName::Explanations);
    let (straight, stopped) = (run.path("straight"), run.path("stopped"));
    let (ended, table) = go_on(&file, &straight, 0);
    assert_eq!(ended, Ended::Done);
    assert!(table.contains("worked") && table.contains("base model"), "{table}");
    let mut times = 0;
    while go_on(&file, &stopped, times + 1).0 == Ended::Stopped {
        times += 1;
        assert!(times < 200, "it goes on for ever");
    }
    assert!(times > 5, "it was stopped {times} times only");
    let (straight, stopped) = (files(&straight), files(&stopped));
    assert_eq!(straight.len(), stopped.len());
    assert!(straight.len() > 40, "{}", straight.len());
    for ((path, content), (_, other)) in straight.iter().zip(&stopped) {
        assert!(content == other, "{} differs", path.display());
    }
}

#[test]
fn commands_do_their_stages_and_refuse_what_does_not_fit() {
    let run = Run::new(TINY);
    let plan = run.succeed(&["plan", "x.toml"]);
    assert!(plan.contains("student same of rlt, seed 1") && plan.contains("parameters"), "{plan}");
    let timed: Value = serde_json::from_str(&run.succeed(&["plan", "x.toml", "--time", "--json"])).unwrap();
    let hours = |stage: &str| timed["time"]["hours"][stage].as_f64().unwrap();
    assert!(["train", "distill", "evaluate"].iter().all(|stage| hours(stage) > 0.0), "{timed}");
    let speeds = &timed["time"]["per_second"];
    assert!(speeds["explanations, one of 3 each"].as_f64() < speeds["explanations"].as_f64(), "{speeds}");
    run.succeed(&["train", "x.toml", "--out", "out"]);
    let out = run.path("out");
    assert!(out.join("teachers/rlt/seed-1/weights.safetensors").exists() && !out.join("traces").exists());
    let again = run.pd(&["train", "x.toml", "--out", "out", "--set", "base.steps=61"]);
    let message = String::from_utf8_lossy(&again.stderr).into_owned();
    assert_eq!(again.status.code(), Some(2), "{message}");
    assert!(message.contains("base.steps (60 → 61)") && message.contains("`pd run x.toml --fresh"), "{message}");
    let plan = run.succeed(&["plan", "x.toml", "--out", "out", "--set", "base.steps=61"]);
    assert!(plan.contains("`pd run` would refuse: out: "), "{plan}");
    // Games are another line.
    fs::create_dir(run.path("games")).unwrap();
    fs::write(run.path("games/experiment.toml"), crate::command::TINY).unwrap();
    crate::bad_input::refused(&run, &["run", "x.toml", "--out", "games"], &["games: holds an experiment of games"]);
    // A killed command leaves unfinished files and checkpoints of what is done.
    let left = ["base/seed-1/.tmpAbCdEf", "base/seed-1/checkpoint/state.bin"].map(|path| out.join(path));
    fs::create_dir(out.join("base/seed-1/checkpoint")).unwrap();
    left.iter().for_each(|path| fs::write(path, "half a file").unwrap());
    run.succeed(&["distill", "x.toml", "--out", "out"]);
    assert!(left.iter().all(|path| !path.exists()));

    let traces = out.join("traces/rlt/seed-1/traces.jsonl");
    let whole = fs::read_to_string(&traces).unwrap();
    assert_eq!(whole.lines().count(), 42);
    // As written by a version without a digest in the last line.
    let first = |count: usize| whole.lines().take(count).map(|line| format!("{line}\n")).collect::<String>();
    let (cut, broken) = (first(7), first(41).replacen("\"closed\"", "\"cl", 1));
    let foreign = first(41).replacen("\"length\":[3,4]", "\"length\":[2,4]", 1);
    let changed = whole.replacen("\"drawn\":", "\"drawn\":1", 1);
    let alone = "remove it to make it again alone";
    for (content, expected, way_out) in [
        (changed, "line 42: the lines before are not what was written", alone),
        (cut, "line 7: 6 explanations where the first line counts 40", alone),
        (broken, "line 2: ", alone),
        (foreign, "holds explanations of another task", "--fresh"),
    ] {
        fs::write(&traces, content).unwrap();
        fs::remove_dir_all(out.join("students/same/rlt")).unwrap_or_default();
        let output = run.pd(&["distill", "x.toml", "--out", "out"]);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && message.contains(expected), "{message}\nwithout {expected}");
        assert!(message.contains("traces.jsonl") && message.contains(way_out), "{message}");
    }
    fs::write(&traces, &whole).unwrap();

    let weights = out.join("base/seed-1/weights.safetensors");
    let content = fs::read(&weights).unwrap();
    let place = content.windows(4).position(|part| part == b"xy+-").unwrap();
    let mut other = content.clone();
    other[place] = b'v';
    // As written by a version without digests.
    let digest = content.windows(15).position(|part| part == b"metadata_sha256").unwrap();
    other[digest + 14] = b'x';
    for (content, expected) in [(other, "a model of another task"), (content[..999].to_vec(), "is no transformer")] {
        fs::write(&weights, content).unwrap();
        let output = run.pd(&["distill", "x.toml", "--out", "out"]);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && message.contains(expected), "{message}\nwithout {expected}");
    }
    fs::write(&weights, &content).unwrap();
    let table = run.succeed(&["run", "x.toml", "--out", "out"]);
    assert!(table.contains("worked") && table.contains("report: "), "{table}");
    // Only answers depend on the questions.
    let more = ["run", "x.toml", "--out", "out", "--set", "evaluation.questions=9"];
    crate::bad_input::refused(&run, &more, &["evaluation.questions", "`pd evaluate x.toml --fresh"]);
    // A command that was killed between an output and its record makes that output again.
    fs::remove_file(out.join("base/seed-1/weights.json")).unwrap();
    run.succeed(&["run", "x.toml", "--out", "out"]);
    assert!(fs::read(&weights).unwrap() == content, "the base model is another one");
    // The folder of results stands for the experiment.
    let plan = run.succeed(&["plan", "out"]);
    assert!(plan.contains("yes   11 models"), "{plan}");
    let compared: Value = serde_json::from_str(&run.succeed(&["compare", "out", "out", "--json"])).unwrap();
    assert_eq!(compared["settings"], serde_json::json!([]));
    let differences = compared["models"].as_array().unwrap().iter().map(|own| &own["accuracy"]["difference"]["value"]);
    assert!(differences.clone().count() > 5 && differences.into_iter().all(|by| *by == 0.0), "{compared}");
    let listed = run.succeed(&["list", "."]);
    assert!(listed.contains("tasks done"), "{listed}");
    let other = run.pd(&["run", "x.toml", "--set", "line=chess"]);
    assert_eq!(other.status.code(), Some(2), "{}", String::from_utf8_lossy(&other.stderr));
}

#[test]
fn folders_with_other_seeds_teachers_and_students_join() {
    let run = Run::new(&TINY.replace("seeds = [1]", "seeds = [1, 2]"));
    // The second folder lacks what the first one has beyond it.
    let lists = TINY.split_once("[[teachers]]").unwrap().0;
    let fewer = "[[teachers]]\nname = \"worked\"\nmethod = \"program\"\n\
                 [[students]]\nname = \"same\"\nteachers = [\"worked\"]\nsteps = 30\nbatch = 8\n";
    fs::write(run.path("fewer.toml"), format!("name = \"x\"\n{lists}{fewer}")).unwrap();
    run.succeed(&["run", "x.toml", "--out", "whole"]);
    // A report of one seed is none of both, though all answers are there.
    for (seed, done) in [(&["--seed", "1"][..], "no"), (&[], "yes")] {
        run.succeed(&[&["report", "x.toml", "--out", "whole"], seed].concat());
        let plan = run.succeed(&["plan", "x.toml", "--out", "whole"]);
        let report = plan.lines().find(|line| line.starts_with("report")).unwrap();
        assert!(plan.contains("yes   22 models") && report.split_whitespace().nth(1) == Some(done), "{plan}");
    }
    run.succeed(&["run", "x.toml", "--seed", "1", "--out", "part-1"]);
    run.succeed(&["run", "fewer.toml", "--seed", "2", "--out", "part-2"]);
    run.succeed(&["merge", "part-2", "part-1", "--out", "joined"]);
    let plan = run.succeed(&["plan", "x.toml", "--out", "joined", "--json"]);
    let plan: Value = serde_json::from_str(&plan).unwrap();
    let is_done = |task: &&Value| task["state"] == "done";
    let done = plan["tasks"].as_array().unwrap().iter().filter(is_done).count();
    // All of the first seed; of the second base model, warm-up, explanations, student, and two models' answers.
    assert_eq!(done, 30 + 6);
    run.succeed(&["run", "x.toml", "--out", "joined"]);
    let (whole, joined) = (files(&run.path("whole")), files(&run.path("joined")));
    assert_eq!(whole.len(), joined.len());
    for ((path, content), (_, other)) in whole.iter().zip(&joined) {
        assert!(content == other || path.ends_with("experiment.toml"), "{} differs", path.display());
    }

    run.succeed(&["train", "fewer.toml", "--seed", "3", "--set", "base.steps=61", "--out", "longer"]);
    let expected = ["longer: made with other settings than part-1: base.steps (60 → 61)"];
    crate::bad_input::refused(&run, &["merge", "part-1", "longer", "--out", "all"], &expected);
    let (weights, others) =
        (run.path("part-2/base/seed-2/weights.safetensors"), "part-1/base/seed-1/weights.safetensors");
    fs::copy(run.path(others), &weights).unwrap();
    let expected = ["part-2/base/seed-2/weights.safetensors: another result than joined/base/seed-2"];
    crate::bad_input::refused(&run, &["merge", "joined", "part-2", "--out", "all"], &expected);
    let plays = concat!(env!("CARGO_MANIFEST_DIR"), "/teachers/pong/teachers/pong/seed-1/weights.safetensors");
    for content in [b"no weights".to_vec(), fs::read(plays).unwrap()] {
        fs::write(&weights, content).unwrap();
        let expected =
            ["part-2/base/seed-2/weights.safetensors: is no transformer", "remove it to make it again alone"];
        crate::bad_input::refused(&run, &["merge", "part-2", "part-1", "--out", "all"], &expected);
    }
    // The folder's experiment now names the third seed alone.
    run.succeed(&["train", "fewer.toml", "--seed", "3", "--out", "part-2"]);
    let expected = ["part-2/base/seed-2/", "does not name it; run `pd report`"];
    crate::bad_input::refused(&run, &["merge", "part-1", "part-2", "--out", "all"], &expected);
    assert!(!run.path("all").exists());
}

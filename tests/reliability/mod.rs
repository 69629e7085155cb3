//! Nothing is lost, and nothing is silently wrong: damage, signals, values and files that nobody meant.

mod evidence;
mod outputs;
mod signals;

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use policy_distillation::config::{self, Overrides};

use super::bad_input::refused;
use super::command::{Run, TINY};
use super::resume::teacher;

const TEACHER: &str = "results/x/teachers/catch/seed-1";

/// The tiny experiment with a training of some seconds.
fn longer() -> Run {
    Run::new(&TINY.replace("frames = 2400", "frames = 40000"))
}

/// Runs a shell command in the folder; `$pd` is the program.
fn shell(run: &Run, command: &str) -> Child {
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).env("pd", env!("CARGO_BIN_EXE_pd")).current_dir(&run.folder);
    shell.stderr(Stdio::null()).spawn().unwrap()
}

/// Waits until something is there.
fn wait_until(child: &mut Child, is_there: impl Fn() -> bool) {
    while !is_there() {
        std::thread::sleep(Duration::from_millis(5));
        assert!(child.try_wait().unwrap().is_none(), "it ended too early");
    }
}

/// Waits until the training has logged something.
fn wait_for_work(run: &Run, child: &mut Child) {
    let log = run.path(TEACHER).join("train.csv");
    wait_until(child, || fs::read_to_string(&log).unwrap_or_default().lines().count() >= 3);
}

fn send(signal: &str, child: &Child) {
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
}

#[test]
fn a_training_that_diverges_ends_with_the_setting_to_lower_and_keeps_its_checkpoint() {
    let run = Run::new(&TINY.replace("replay = 400", "learning_rate = 1e30\nreplay = 400"));
    let output = run.pd(&["train", "x.toml"]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("diverged") && error.contains("lower teacher.learning_rate"), "{error}");
    assert!(!run.path(TEACHER).join("weights.safetensors").exists());
    let rows = fs::read_to_string(run.path(TEACHER).join("train.csv")).unwrap();
    assert!(rows.lines().count() < 6, "it went on: {rows}");
}

#[test]
fn a_student_that_diverges_takes_none_with_it() {
    let alone = Run::new(TINY.split("[[students]]\nname = \"mse\"").next().unwrap());
    alone.succeed(&["run", "x.toml"]);
    let run = Run::new(&TINY.replace("name = \"mse\"", "name = \"mse\"\nlearning_rate = 1e38"));
    for _ in 0..2 {
        let output = run.pd(&["run", "x.toml"]);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{error}");
        assert!(error.contains("student mse of catch, seed 1: the distillation diverged"), "{error}");
    }
    let files = ["students/kl/catch/seed-1/weights.safetensors", "students/kl/catch/seed-1/train.csv", "episodes.csv"];
    for file in files.map(|file| format!("results/x/{file}")) {
        assert!(fs::read(run.path(&file)).unwrap() == fs::read(alone.path(&file)).unwrap(), "{file}");
    }
    assert!(!run.path("results/x/students/mse/catch/seed-1/weights.safetensors").exists());
    assert!(run.path("results/x/report/index.html").exists());
}

#[test]
fn values_that_cannot_work_are_refused_when_the_file_is_read() {
    let run = Run::new(TINY);
    for key in [
        "teacher.batch",
        "teacher.rollout",
        "teacher.minibatches",
        "teacher.frames",
        "teacher.replay",
        "evaluation.episodes",
        "evaluation.latency_decisions",
        "evaluation.no_op_max",
        "evaluation.max_frames",
        "environment.no_op_max",
        "environment.frame_skip",
        "environment.workers",
        "distillation.hours",
        "distillation.batch",
        "distillation.memory",
        "distillation.updates_per_hour",
        "distillation.evaluation_episodes",
    ] {
        for value in ["2147483648", "9223372036854775807"] {
            let text = format!("{key}={value}");
            let output = run.pd(&["plan", "x.toml", "--set", &text]);
            let error = String::from_utf8_lossy(&output.stderr);
            let allowed = ["teacher.frames", "evaluation.max_frames"].contains(&key) && value == "2147483648";
            assert_eq!(output.status.code(), Some(if allowed { 0 } else { 2 }), "{text}: {error}");
            assert!(!error.contains("panicked"), "{text}: {error}");
        }
    }
}

#[test]
fn more_memory_than_the_machine_has_is_refused_before_anything_starts() {
    let run = Run::new("games = [\"pong\"]\n[teacher]\nreplay = 1000000000\nframes = 1000000000000\n");
    refused(&run, &["train", "x.toml", "--jobs", "1"], &["of memory", "lower teacher.replay"]);
    assert!(!run.path("results").exists());
}

#[test]
fn a_file_that_is_none_is_refused_and_not_waited_for() {
    let run = Run::new(TINY);
    let make = |name: &str, command: &mut Command| {
        assert!(command.arg(run.path(name)).status().unwrap().success(), "{name}");
    };
    make("pipe.toml", &mut Command::new("mkfifo"));
    make("pipe.safetensors", &mut Command::new("mkfifo"));
    make("zero.safetensors", Command::new("ln").args(["-s", "/dev/zero"]));
    make("large.safetensors", Command::new("truncate").args(["-s", "6G"]));
    refused(&run, &["plan", "pipe.toml"], &["not a plain file"]);
    for name in ["pipe.safetensors", "zero.safetensors", "large.safetensors"] {
        refused(&run, &["play", name], &[name]);
    }
}

#[test]
fn a_frame_skip_of_four_billion_in_a_weights_file_is_refused() {
    let run = Run::new(TINY);
    let path = run.path("w.safetensors");
    let mut experiment = config::read_text("x.toml", "x", TINY, &Overrides::default()).unwrap();
    experiment.environment.frame_skip = 4_000_000_000;
    teacher(&experiment, experiment.games[0], &path, 3);
    refused(&run, &["play", "w.safetensors"], &["frame skip of 4000000000"]);
}

#[test]
fn what_a_kill_leaves_behind_is_removed_by_the_next_command() {
    let run = longer();
    let mut child = shell(&run, "exec $pd train x.toml --quiet");
    wait_for_work(&run, &mut child);
    child.kill().unwrap();
    child.wait().unwrap();
    fs::write(run.path(TEACHER).join(".tmpAbCdEf"), "half a file").unwrap();
    fs::create_dir_all(run.path(TEACHER).join(".new-checkpoint")).unwrap();
    run.succeed(&["train", "x.toml"]);
    let names = fs::read_dir(run.path(TEACHER)).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    assert_eq!(names, ["checkpoint", "eval.csv", "train.csv", "weights.safetensors"]);
}

#[test]
fn settings_that_make_hardly_any_update_are_named_and_those_without_one_are_refused() {
    let run = Run::new(TINY);
    refused(
        &run,
        &["train", "x.toml", "--set", "teacher.update_period=601"],
        &["teacher.update_period", "without an update"],
    );
    let output = run.pd(&["train", "x.toml", "--set", "teacher.update_period=100"]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && error.contains("5 updates in all"), "{error}");
    let rows = fs::read_to_string(run.path(TEACHER).join("train.csv")).unwrap();
    let last = rows.lines().last().unwrap();
    assert!(last.starts_with("600,2400,5,"), "{last}");
}

#[test]
fn the_lock_of_another_user_is_named_with_its_machine() {
    let run = Run::new(TINY);
    run.succeed(&["train", "x.toml"]);
    fs::create_dir(run.path("results/x/.locks")).unwrap();
    let lock =
        r#"{"machine":"node7","boot":"b","process":4321,"user":"alice","began":"1","since":1,"number":0,"beat":3}"#;
    fs::write(run.path("results/x/.locks/train+teacher+catch+seed-1.lock"), lock).unwrap();
    let named = ["process 4321 of alice on node7 is at work there"];
    refused(&run, &["train", "x.toml", "--fresh"], &named);
    // A process that this machine hides may be alive.
    let own: String = fs::read_to_string("/proc/sys/kernel/hostname").unwrap().trim().into();
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    let boot = format!("{} {}", boot.trim(), fs::read_link("/proc/self/ns/pid").unwrap().display());
    let hidden = lock.replace("node7", &own).replace("\"b\"", &format!("{boot:?}")).replace("4321", "4194305");
    fs::write(run.path("results/x/.locks/train+teacher+catch+seed-1.lock"), hidden).unwrap();
    refused(&run, &["train", "x.toml", "--fresh"], &["process 4194305 of alice"]);
    assert!(run.path(TEACHER).join("weights.safetensors").exists());
}

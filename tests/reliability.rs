//! Nothing is lost, and nothing is silently wrong: damage, signals, values and files that nobody meant.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use policy_distillation::agent;
use policy_distillation::config::{self, Overrides};
use policy_distillation::nn::Device;

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

/// Waits until the training has logged something.
fn wait_for_work(run: &Run, child: &mut Child) {
    let log = run.path(TEACHER).join("train.csv");
    while fs::read_to_string(&log).unwrap_or_default().lines().count() < 3 {
        std::thread::sleep(Duration::from_millis(5));
        assert!(child.try_wait().unwrap().is_none(), "it ended too early");
    }
}

fn send(signal: &str, child: &Child) {
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
}

#[test]
fn every_flipped_bit_of_weights_is_noticed_or_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    let experiment = config::read_text("x.toml", "x", TINY, &Overrides::default()).unwrap();
    teacher(&experiment, experiment.games[0], &path, 3);
    let (network, metadata) = agent::load(&path, Device::Cpu).unwrap();
    let bytes = fs::read(&path).unwrap();
    let header = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    // Every bit of the header, and some of the data.
    let bits = (0..8 * header).chain((8 * header..8 * bytes.len()).step_by(131));
    let mut unnoticed = 0;
    for bit in bits {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, changed).unwrap();
        if let Ok((other, found)) = agent::load(&path, Device::Cpu) {
            assert!(found == metadata && other.values() == network.values(), "bit {bit} of {header} header bytes");
            unnoticed += 1;
        }
        if let Ok(found) = agent::metadata(&path) {
            assert_eq!(found, metadata, "bit {bit} of the header");
        }
    }
    // Those in the padding and in the keys of the digests themselves.
    assert!(unnoticed < 8 * 64, "{unnoticed}");
}

#[test]
fn weights_without_a_digest_are_read_as_before() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/network.safetensors");
    agent::load(&shipped, Device::Cpu).unwrap();
}

#[test]
fn batch_systems_signals_save_and_stop() {
    for signal in ["-USR1", "-XCPU", "-TERM"] {
        let run = longer();
        let mut child = shell(&run, "exec $pd train x.toml --quiet");
        wait_for_work(&run, &mut child);
        send(signal, &child);
        assert_eq!(child.wait().unwrap().code(), Some(130), "{signal}");
        assert!(run.path(TEACHER).join("checkpoint/state.bin").exists(), "{signal}");
    }
}

#[test]
fn a_signal_that_was_ignored_at_the_start_stays_ignored() {
    let run = longer();
    let mut child = shell(&run, "trap '' HUP; exec $pd train x.toml --quiet");
    wait_for_work(&run, &mut child);
    send("-HUP", &child);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(run.path(TEACHER).join("weights.safetensors").exists());
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
fn outputs_that_are_links_or_devices_are_written_through() {
    let run = Run::new(TINY);
    fs::write(run.path("actions.json"), "[0, 1, 2]").unwrap();
    std::os::unix::fs::symlink("/dev/null", run.path("seen.bin")).unwrap();
    std::os::unix::fs::symlink("elsewhere.json", run.path("seen.bin.json")).unwrap();
    run.succeed(&["observe", "catch", "--actions", "actions.json", "--out", "seen.bin"]);
    assert!(run.path("seen.bin").is_symlink() && run.path("seen.bin.json").is_symlink());
    assert!(fs::read_to_string(run.path("elsewhere.json")).unwrap().contains("catch"));
}

#[test]
fn files_follow_the_umask() {
    for (mask, mode) in [("077", 0o600), ("002", 0o664)] {
        let run = Run::new(TINY);
        let child = shell(&run, &format!("umask {mask}; exec $pd train x.toml --quiet")).wait().unwrap();
        assert!(child.success());
        for file in ["weights.safetensors", "train.csv"] {
            let found = fs::metadata(run.path(TEACHER).join(file)).unwrap().permissions().mode() & 0o777;
            assert_eq!(found, mode, "{file} with umask {mask} is {found:o}");
        }
    }
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

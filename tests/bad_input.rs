//! Each mistake ends with one clear error, exit code 2, and everything that was on disk still there.

use std::fs;

use super::command::{Run, TINY, content};

/// Runs the program, expects exit code 2 and a one-line error that has all of `words`.
pub fn refused(run: &Run, arguments: &[&str], words: &[&str]) {
    let output = run.pd(arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
    assert!(output.stdout.is_empty(), "{arguments:?} printed to stdout");
    let own: Vec<_> = error.lines().filter(|line| line.starts_with("pd: ")).collect();
    assert_eq!(own.len(), 1, "{arguments:?}: {error}");
    for word in words {
        assert!(own[0].contains(word), "{arguments:?}: no \"{word}\" in: {error}");
    }
}

fn trained() -> Run {
    let run = Run::new(TINY);
    run.succeed(&["train", "x.toml"]);
    run
}

const TEACHER: &str = "results/x/teachers/catch/seed-1/weights.safetensors";

#[test]
fn experiment_files_with_mistakes() {
    let run = Run::new("[teacher]\nframe = 3\n");
    refused(&run, &["run", "x.toml"], &["x.toml:2", "teacher.frame", "frames"]);
    fs::write(run.path("x.toml"), "seeds = [1]\ngames = [\"space_invader\"]\n").unwrap();
    refused(&run, &["run", "x.toml"], &["x.toml:2", "space_invaders"]);
    refused(&run, &["run", "missing.toml"], &["missing.toml"]);
    refused(&run, &["observe", "pnog", "--actions", "x.toml", "--out", "y"], &["pong"]);
    assert!(!run.path("results").exists());
}

#[test]
fn other_settings_than_those_of_the_folder() {
    let run = trained();
    let before = content(run.folder.path());
    refused(&run, &["run", "x.toml", "--set", "teacher.gamma=0.9"], &["teacher.gamma", "0.99", "--fresh"]);
    let seed = ["run", "x.toml", "--seed", "1", "--set", "teacher.gamma=0.9"];
    refused(&run, &seed, &["`pd run x.toml --fresh --set teacher.gamma=0.9 --seed 1`"]);
    refused(&run, &["evaluate", "x.toml", "--fresh", "--set", "teacher.gamma=0.9"], &["teacher.gamma"]);
    assert!(content(run.folder.path()) == before);
    run.succeed(&["train", "x.toml", "--fresh", "--set", "teacher.gamma=0.9"]);
}

#[test]
fn a_report_of_nothing() {
    let run = Run::new(TINY);
    refused(&run, &["report", "x.toml"], &["results/x", "no results there yet", "pd run"]);
    assert!(!run.path("results").exists());
}

#[test]
fn a_student_of_the_same_name_but_another_kind() {
    let run = Run::new(TINY);
    run.succeed(&["run", "x.toml"]);
    let without = TINY.split("[[students]]\nname = \"mse\"").next().unwrap();
    fs::write(run.path("x.toml"), without).unwrap();
    run.succeed(&["run", "x.toml"]);
    fs::write(run.path("x.toml"), TINY.replace("loss = \"mse\"", "loss = \"nll\"")).unwrap();
    refused(&run, &["run", "x.toml"], &["students/mse", "loss mse, temperature 0.01", "loss nll"]);
}

#[test]
fn one_student_with_other_settings_is_made_anew_alone() {
    let run = Run::new(TINY);
    run.succeed(&["run", "x.toml"]);
    let other = ["run", "x.toml", "--set", "students.kl.temperature=0.5"];
    refused(&run, &other, &["students.kl.temperature", "or remove results/x/students/kl to make nothing else anew"]);
    let weights =
        |name: &str| fs::read(run.path(&format!("results/x/students/{name}/catch/seed-1/weights.safetensors")));
    let [kl, mse] = ["kl", "mse"].map(|name| weights(name).unwrap());
    fs::remove_dir_all(run.path("results/x/students/kl")).unwrap();
    run.succeed(&other);
    assert!(weights("mse").unwrap() == mse && weights("kl").unwrap() != kl);
}

#[test]
fn evaluating_one_seed_keeps_the_rows_of_the_others() {
    let run = Run::new(&TINY.replace("seeds = [1]", "seeds = [1, 2]"));
    run.succeed(&["run", "x.toml"]);
    let rows = |run: &Run| fs::read_to_string(run.path("results/x/episodes.csv")).unwrap();
    let before = rows(&run);
    run.succeed(&["evaluate", "x.toml", "--seed", "2"]);
    let sorted = |text: &str| {
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&rows(&run)), sorted(&before));
}

#[test]
fn damaged_and_foreign_weights() {
    let run = trained();
    let whole = fs::read(run.path(TEACHER)).unwrap();
    fs::write(run.path(TEACHER), &whole[..whole.len() / 2]).unwrap();
    refused(&run, &["run", "x.toml"], &["weights.safetensors", "damaged"]);
    refused(&run, &["play", TEACHER], &["damaged"]);
    assert_eq!(fs::read(run.path(TEACHER)).unwrap().len(), whole.len() / 2);
    fs::write(run.path(TEACHER), &whole[..100]).unwrap();
    refused(&run, &["play", TEACHER], &["damaged", "it ends within its header"]);
    fs::write(run.path(TEACHER), b"\x10\0\0\0\0\0\0\0{\"a\":1}         ").unwrap();
    refused(&run, &["play", TEACHER], &["weights.safetensors"]);
    refused(&run, &["play", "nowhere.safetensors"], &["nowhere.safetensors", "not found"]);
    refused(&run, &["export", TEACHER, "--half", "--out", "x.toml"], &["x.toml: exists already"]);
}

#[test]
fn a_bit_that_changed_in_weights_costs_no_students_and_no_scores() {
    let run = Run::new(TINY);
    run.succeed(&["run", "x.toml"]);
    let student = run.path("results/x/students/kl/catch/seed-1/weights.safetensors");
    let scores = fs::read(run.path("results/x/scores.csv")).unwrap();
    for path in [run.path(TEACHER), student.clone()] {
        let whole = fs::read(&path).unwrap();
        let mut damaged = whole.clone();
        damaged[whole.len() - 20] ^= 1;
        fs::write(&path, &damaged).unwrap();
        let before = fs::read(&student).unwrap();
        assert!(String::from_utf8(run.pd(&["plan", "x.toml"]).stdout).unwrap().contains("damaged"), "{path:?}");
        let output = run.pd(&["run", "x.toml"]);
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(path.strip_prefix(run.folder.path()).unwrap().to_str().unwrap()), "{said}");
        assert_eq!(said.matches("remove it to make it again alone").count(), 1, "{said}");
        run.succeed(&["report", "x.toml"]);
        assert!(fs::read(&student).unwrap() == before && fs::read(run.path("results/x/scores.csv")).unwrap() == scores);
        fs::write(&path, &whole).unwrap();
        run.succeed(&["run", "x.toml"]);
        assert!(fs::read(run.path("results/x/scores.csv")).unwrap() == scores);
    }
}

#[test]
fn a_damaged_file_that_many_tasks_read_is_told_once() {
    let run = Run::new(TINY);
    run.succeed(&["run", "x.toml"]);
    let path = run.path("results/x/scores.csv");
    let scores = fs::read_to_string(&path).unwrap();
    fs::write(&path, scores.replacen("0.", "1.", 1)).unwrap();
    let output = run.pd(&["run", "x.toml"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), said.matches("scores.csv").count()), (Some(2), 1), "{said}");
    assert!(said.contains("more: ") && said.contains("runs failed"), "{said}");
}

#[test]
fn a_lost_episode_and_a_training_that_cannot_be_followed() {
    let run = Run::new(TINY);
    run.succeed(&["run", "x.toml"]);
    let follow = ["follow", "x.toml", "--from", "results/x", "--out", "followed"];
    refused(&run, &follow, &["results/x: keeps no best teachers", "distillation.online = true"]);
    assert!(!run.path("followed").exists());
    let path = run.path("results/x/episodes.csv");
    let whole = fs::read_to_string(&path).unwrap();
    let lost: String =
        whole.lines().enumerate().filter(|(line, _)| *line != 1).map(|(_, row)| format!("{row}\n")).collect();
    fs::write(&path, &lost).unwrap();
    refused(&run, &["evaluate", "x.toml"], &["episodes.csv: damaged: an episode of", "bring back a copy"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), lost);
}

#[test]
fn paths_that_name_no_network_or_no_results() {
    let run = trained();
    refused(&run, &["play", "results/x/teachers"], &["no weights there", "such as results/x/teachers/catch/seed-1"]);
    refused(&run, &["play", "results/x", "--game", "pong"], &["no teacher's weights of pong there"]);
    refused(&run, &["play", "x.toml"], &["x.toml: damaged or not a safetensors file"]);
    let said = String::from_utf8(run.pd(&["play", "x.toml"]).stderr).unwrap();
    assert!(!said.contains("remove"), "{said}");
    refused(&run, &["play", "results/x", "--gif", "nowhere/a.gif"], &["--gif: nowhere: no such folder"]);
    refused(&run, &["play", "results/x", "--gif", "a.png"], &["--gif: a.png: a GIF is written"]);
    refused(&run, &["list", "nowhere"], &["nowhere: no such folder"]);
    fs::write(run.path("actions.json"), "[0]").unwrap();
    refused(
        &run,
        &["observe", "cartpole", "--actions", "actions.json", "--out", "seen.bin"],
        &["no screen to observe"],
    );
}

#[test]
fn weights_of_another_game_or_action_set() {
    let run = trained();
    let pong = run.path("results/x/teachers/pong/seed-1");
    fs::create_dir_all(&pong).unwrap();
    fs::copy(run.path(TEACHER), pong.join("weights.safetensors")).unwrap();
    let before = content(run.folder.path());
    refused(&run, &["distill", "x.toml", "--set", "games=[\"pong\"]"], &["catch", "pong", "is needed"]);
    assert!(content(run.folder.path()).len() == before.len());
}

#[test]
fn a_pointer_of_git_lfs_is_called_so_and_a_desktops_files_are_nobodys_results() {
    let run = trained();
    fs::write(run.path("results/x/teachers/.DS_Store"), b"desktop").unwrap();
    run.succeed(&["evaluate", "x.toml", "--fresh"]);
    let pointer = "version https://git-lfs/spec/v1\noid sha256:0123456789abcdef\nsize 6921908\n";
    fs::write(run.path(TEACHER), pointer).unwrap();
    refused(&run, &["run", "x.toml"], &["weights.safetensors", "a pointer of Git LFS", "git lfs pull"]);
    refused(&run, &["play", TEACHER], &["a pointer of Git LFS"]);
}

#[test]
fn a_device_that_is_not_there() {
    refused(&Run::new(TINY), &["run", "x.toml", "--device", "cuda:99"], &["GPU"]);
}

#[test]
fn a_folder_that_cannot_be_written() {
    let run = Run::new(TINY);
    fs::write(run.path("file"), b"mine").unwrap();
    refused(&run, &["run", "x.toml", "--out", "file/below"], &["file/below", "--out"]);
    assert_eq!(fs::read(run.path("file")).unwrap(), b"mine");
}

#[test]
fn a_foreign_rom() {
    let run = Run::new("games = [\"pong\"]\n");
    fs::create_dir(run.path("roms")).unwrap();
    fs::write(run.path("roms/pong.bin"), b"not a game").unwrap();
    refused(&run, &["run", "x.toml"], &["roms/pong.bin", "MD5", "make setup"]);
    assert!(!run.path("results").exists());
}

#[test]
fn an_action_that_the_game_does_not_have() {
    let run = Run::new("");
    fs::write(run.path("actions.json"), "[0, 6]").unwrap();
    refused(&run, &["observe", "pong", "--actions", "actions.json", "--out", "seen.bin"], &["index 6"]);
}

#[test]
fn actions_that_the_output_would_replace() {
    let run = Run::new("");
    fs::write(run.path("seen.json"), "[0]").unwrap();
    for out in ["./seen.json", "seen"] {
        let before = content(run.folder.path());
        refused(&run, &["observe", "pong", "--actions", "seen.json", "--out", out], &["would replace the actions"]);
        assert!(content(run.folder.path()) == before);
    }
}

#[test]
fn a_checkpoint_of_other_settings_or_damaged() {
    let run = trained();
    fs::remove_file(run.path(TEACHER)).unwrap();
    let checkpoint = run.path("results/x/teachers/catch/seed-1/checkpoint");
    fs::create_dir_all(&checkpoint).unwrap();
    fs::write(checkpoint.join("state.bin"), b"no checkpoint").unwrap();
    let output = run.pd(&["train", "x.toml"]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("checkpoint/state.bin: damaged (it has 13 bytes instead of"), "{error}");
    assert_eq!(fs::read(checkpoint.join("state.bin")).unwrap(), b"no checkpoint");
}

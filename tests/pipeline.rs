//! An experiment as a list of tasks: several at once, by several processes, one by one, in several folders.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use policy_distillation::record::Manifest;
use serde_json::Value;

use super::command::{Run, TINY, results};

fn two_seeds() -> String {
    TINY.replace("seeds = [1]", "seeds = [1, 2]")
}

/// The rows of `scores.csv` without what measures the machine.
fn scores(folder: &Path) -> Vec<BTreeMap<String, String>> {
    let mut scores = csv::Reader::from_path(folder.join("scores.csv")).unwrap();
    let rows = scores.deserialize().map(Result::unwrap);
    rows.map(|mut row: BTreeMap<String, String>| {
        let of_machine = ["latency_ms", "latency_q1_ms", "latency_q3_ms", "processor", "row_sha256"];
        row.retain(|column, _| !of_machine.contains(&column.as_str()));
        row
    })
    .collect()
}

fn assert_same(one: &Run, other: &Run) {
    let (one_files, other_files) = (results(one), results(other));
    let names = |files: &[(std::path::PathBuf, Vec<u8>)]| files.iter().map(|file| file.0.clone()).collect::<Vec<_>>();
    assert_eq!(names(&one_files), names(&other_files));
    for (one, other) in one_files.iter().zip(&other_files) {
        assert!(one.1 == other.1, "{} differs", one.0.display());
    }
    assert_eq!(scores(&one.path("results/x")), scores(&other.path("results/x")));
}

fn tasks(run: &Run) -> Vec<Value> {
    let plan: Value = serde_json::from_str(&run.succeed(&["plan", "x.toml", "--json"])).unwrap();
    plan["tasks"].as_array().unwrap().clone()
}

#[test]
fn several_tasks_at_once_give_the_same_bytes_as_one_after_the_other() {
    let (one, four) = (Run::new(&two_seeds()), Run::new(&two_seeds()));
    one.succeed(&["run", "x.toml"]);
    let output = four.pd_on("4", &["run", "x.toml", "--jobs", "4"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_same(&one, &four);
}

#[test]
fn two_processes_share_an_experiment_and_each_task_is_done_once() {
    let (alone, shared) = (Run::new(&two_seeds()), Run::new(&two_seeds()));
    alone.succeed(&["run", "x.toml"]);
    let start = || {
        let mut pd = Command::new(env!("CARGO_BIN_EXE_pd"));
        pd.args(["run", "x.toml", "--threads", "1"]).current_dir(&shared.folder).stdout(Stdio::null());
        pd.stderr(Stdio::piped()).spawn().unwrap()
    };
    for child in [start(), start()] {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_same(&alone, &shared);
    assert!(!shared.path("results/x/.locks").exists(), "locks are left behind");
}

#[test]
fn each_task_is_done_alone_by_the_command_that_the_plan_names() {
    let (whole, parts) = (Run::new(TINY), Run::new(TINY));
    whole.succeed(&["run", "x.toml"]);
    let before = tasks(&parts);
    let ids: Vec<_> = before.iter().map(|task| task["id"].as_str().unwrap()).collect();
    assert_eq!(&ids[..3], ["train/teacher/catch/seed-1", "distill/kl/catch/seed-1", "distill/mse/catch/seed-1"]);
    let early = parts.pd(&["run", "x.toml", "--task", ids[1]]);
    assert_eq!(early.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&early.stderr).contains("train/teacher/catch/seed-1: needed, but not done yet"));
    for task in &before {
        assert_eq!(task["state"], "missing", "{task}");
        let command: Vec<_> = task["command"].as_str().unwrap().split(' ').skip(1).collect();
        parts.succeed(&command);
    }
    assert!(tasks(&parts).iter().all(|task| task["state"] == "done"), "{:?}", tasks(&parts));
    assert_same(&whole, &parts);
}

#[test]
fn what_was_made_with_other_settings_is_stale_in_the_plan_and_nothing_else_is() {
    let run = Run::new(TINY);
    run.succeed(&["run", "x.toml"]);
    let states = |set: &str| {
        let plan: Value = serde_json::from_str(&run.succeed(&["plan", "x.toml", "--json", "--set", set])).unwrap();
        let tasks = plan["tasks"].as_array().unwrap().iter();
        let stale = tasks.filter(|task| task["state"] == "stale").map(|task| task["id"].as_str().unwrap().to_owned());
        stale.collect::<Vec<_>>()
    };
    assert!(states("teacher.log_every=7").is_empty());
    let of_kl = ["distill/kl/catch/seed-1", "evaluate/kl/catch/seed-1", "report"];
    assert_eq!(states("students.kl.temperature=0.5"), of_kl);
    assert_eq!(states("evaluation.epsilon=0.5").len(), 4 + 1, "all agents play otherwise, and the report tells of it");
}

#[test]
fn folders_of_one_experiment_join() {
    let (whole, parts) = (Run::new(&two_seeds()), Run::new(&two_seeds()));
    whole.succeed(&["run", "x.toml"]);
    for seed in ["1", "2"] {
        parts.succeed(&["run", "x.toml", "--seed", seed, "--out", &format!("part-{seed}")]);
    }
    parts.succeed(&["merge", "part-1", "part-2", "--out", "results/x"]);
    // The report of the first command is not that of the others.
    parts.succeed(&["run", "x.toml"]);
    assert_same(&whole, &parts);
    let manifest = Manifest::read(&parts.path("results/x/manifest.json")).unwrap().unwrap();
    assert_eq!((manifest.seeds.as_slice(), manifest.latencies.len()), ([1, 2].as_slice(), 6));
}

#[test]
fn folders_that_were_made_with_other_settings_do_not_join() {
    let run = Run::new(&two_seeds());
    for (seed, gamma) in [("1", "0.99"), ("2", "0.9")] {
        let gamma = format!("teacher.gamma={gamma}");
        run.succeed(&["train", "x.toml", "--seed", seed, "--set", &gamma, "--out", &format!("part-{seed}")]);
    }
    super::bad_input::refused(
        &run,
        &["merge", "part-1", "part-2", "--out", "all"],
        &["teacher.gamma (0.99 → 0.9)", "part-2"],
    );
    assert!(!run.path("all").exists());
}

#[test]
fn a_run_that_fails_takes_no_other_with_it() {
    let run = Run::new(&two_seeds());
    // The checkpoint of a training with seed 1 is damaged.
    let checkpoint = run.path("results/x/teachers/catch/seed-1/checkpoint");
    fs::create_dir_all(&checkpoint).unwrap();
    fs::write(checkpoint.join("state.bin"), b"damaged").unwrap();
    let output = run.pd(&["run", "x.toml"]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("teacher of catch, seed 1"), "{error}");
    assert!(run.path("results/x/students/mse/catch/seed-2/weights.safetensors").exists());
    let scored = scores(&run.path("results/x"));
    assert_eq!(scored.iter().filter(|row| row["seed"] == "2").count(), 4, "{scored:?}");
    assert!(run.path("results/x/report/index.html").exists());
}

#[test]
fn more_episodes_and_other_cadences_are_no_reason_to_start_over() {
    let run = Run::new(TINY);
    run.succeed(&["run", "x.toml"]);
    let weights = || fs::read(run.path("results/x/students/kl/catch/seed-1/weights.safetensors")).unwrap();
    let (before, episodes) = (weights(), fs::read_to_string(run.path("results/x/episodes.csv")).unwrap());
    let set = ["evaluation.episodes=5", "teacher.log_every=70", "distillation.evaluation_every=2"];
    let set: Vec<&str> = set.iter().flat_map(|set| ["--set", set]).collect();
    run.succeed(&[&["run", "x.toml"], &set[..]].concat());
    assert!(weights() == before);
    let more = fs::read_to_string(run.path("results/x/episodes.csv")).unwrap();
    assert_eq!(more.lines().count(), 1 + 4 * 5);
    assert!(episodes.lines().all(|line| more.contains(line)), "the first episodes are the same");
    // Fewer are asked for: the first ones count.
    run.succeed(&["run", "x.toml"]);
    let scored = scores(&run.path("results/x"));
    assert!(scored.iter().all(|row| row["episodes"] == "3"), "{scored:?}");
}

#[test]
fn students_of_several_seeds_learn_from_one_teacher() {
    let run =
        Run::new(&TINY.replace("seeds = [1]", "seeds = [1, 2, 3]").replace("[teacher]", "[teacher]\nseeds = [1]"));
    run.succeed(&["run", "x.toml"]);
    let teachers = fs::read_dir(run.path("results/x/teachers/catch")).unwrap().count();
    assert_eq!(teachers, 1);
    let weights =
        |seed: u32| fs::read(run.path(&format!("results/x/students/kl/catch/seed-{seed}/weights.safetensors")));
    assert!(weights(1).unwrap() != weights(2).unwrap() && weights(2).unwrap() != weights(3).unwrap());
    let scored = scores(&run.path("results/x"));
    let count = |agent: &str| scored.iter().filter(|row| row["agent"] == agent).count();
    assert_eq!((count("teacher"), count("kl"), count("random")), (1, 3, 3));
    assert!(scored.iter().all(|row| row["role"] != "student" || !row["beats_teacher"].is_empty()), "{scored:?}");
    // One seed alone is made from the same teacher.
    let alone = Run::new(&fs::read_to_string(run.path("x.toml")).unwrap());
    alone.succeed(&["run", "x.toml", "--seed", "3"]);
    let path = "results/x/students/kl/catch/seed-3/weights.safetensors";
    assert!(fs::read(run.path(path)).unwrap() == fs::read(alone.path(path)).unwrap());
}

#[test]
fn seeds_that_a_command_does_not_name_keep_their_settings_and_others_are_refused() {
    let run = Run::new(&two_seeds());
    run.succeed(&["run", "x.toml", "--seed", "1"]);
    for set in ["teacher.gamma=0.9", "distillation.hours=3", "evaluation.epsilon=0.5"] {
        let key = set.split('=').next().unwrap();
        super::bad_input::refused(&run, &["run", "x.toml", "--seed", "2", "--set", set], &[key, "--fresh"]);
    }
    // A student that is left out for a while does not lose its settings either, nor do the others.
    let one_student = two_seeds().split("[[students]]\nname = \"mse\"").next().unwrap().to_owned();
    fs::write(run.path("x.toml"), one_student).unwrap();
    run.succeed(&["run", "x.toml", "--seed", "1"]);
    let set = "students.kl.loss=mse";
    super::bad_input::refused(&run, &["run", "x.toml", "--seed", "2", "--set", set], &["students.kl.loss"]);
    fs::write(run.path("x.toml"), two_seeds()).unwrap();
    let rate = "students.mse.learning_rate=0.123";
    let needed = ["students/mse", "learning rate 0.123 is needed", "--fresh"];
    super::bad_input::refused(&run, &["run", "x.toml", "--seed", "1", "--set", rate], &needed);
    run.succeed(&["run", "x.toml", "--seed", "1"]);
}

#[test]
fn students_whose_teacher_was_replaced_are_made_and_scored_again_in_the_same_run() {
    let run = Run::new(&two_seeds());
    run.succeed(&["run", "x.toml"]);
    let weights = || fs::read(run.path("results/x/students/kl/catch/seed-2/weights.safetensors")).unwrap();
    let before = weights();
    // By a setting it is refused, since finished students would be lost.
    let other = ["--set", "teacher.seeds=[1]"];
    let refusal = ["teacher.seeds", "results/x/students/kl/catch/seed-2 and 1 more; remove"];
    super::bad_input::refused(&run, &[&["run", "x.toml"], &other[..]].concat(), &refusal);
    assert!(weights() == before);
    let teacher = |seed: u64| run.path(&format!("results/x/teachers/catch/seed-{seed}/weights.safetensors"));
    fs::copy(teacher(1), teacher(2)).unwrap();
    run.succeed(&["run", "x.toml"]);
    assert!(weights() != before);
    let scored = scores(&run.path("results/x"));
    assert_eq!(scored.iter().filter(|row| row["agent"] == "kl").count(), 2, "{scored:?}");
}

#[test]
fn a_task_that_there_is_not_or_that_would_start_all_over_changes_nothing() {
    let run = Run::new(TINY);
    run.succeed(&["run", "x.toml"]);
    let id = "distill/kl/catch/seed-1";
    super::bad_input::refused(&run, &["run", "x.toml", "--task", "distill/kl"], &["no such task", "pd plan --json"]);
    super::bad_input::refused(&run, &["run", "x.toml", "--fresh", "--task", id], &["--task with --fresh"]);
    assert!(run.path("results/x/students/kl/catch/seed-1/weights.safetensors").exists());
}

#[test]
fn each_seed_is_measured_by_its_own_teacher_whichever_is_named() {
    let run = Run::new(&two_seeds());
    run.succeed(&["run", "x.toml"]);
    let before = scores(&run.path("results/x"));
    run.succeed(&["evaluate", "x.toml", "--seed", "2"]);
    let key = |row: &BTreeMap<String, String>| (row["agent"].clone(), row["seed"].clone());
    let mut after = scores(&run.path("results/x"));
    let mut before = before;
    before.sort_by_key(key);
    after.sort_by_key(key);
    assert_eq!(before, after);
}

//! Starting over, going on with other settings, and what a folder tells of who made it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use policy_distillation::record::{EpisodeRow, Manifest, ScoreRow, read_rows};

use super::command::{Run, TINY, content, results};

const TEACHER: &str = "results/x/teachers/catch/seed-1/weights.safetensors";

fn two_seeds() -> String {
    TINY.replace("seeds = [1]", "seeds = [1, 2]")
}

fn refusal(run: &Run, arguments: &[&str]) -> String {
    let before = content(run.folder.path());
    let output = run.pd(arguments);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
    assert!(content(run.folder.path()) == before, "{arguments:?} changed something");
    error
}

fn time(path: &Path) -> SystemTime {
    fs::metadata(path).unwrap().modified().unwrap()
}

#[test]
fn starting_over_leaves_other_seeds_and_students_that_are_not_named() {
    let run = Run::new(&two_seeds());
    run.succeed(&["run", "x.toml"]);
    let root = run.path("results/x");
    let of_seed_1 = |path: &Path| path.components().any(|part| part.as_os_str() == "seed-1");
    let files = || content(&root).into_iter().filter(|(path, _)| of_seed_1(path)).collect::<Vec<_>>();
    let rows = || {
        let rows: Vec<EpisodeRow> = read_rows(&root.join("episodes.csv")).unwrap();
        // In any order: those of agents that a command does not name come last.
        let own = rows.into_iter().filter(|row| row.seed == 1);
        own.map(|row| format!("{row:?}")).collect::<BTreeSet<_>>()
    };
    let (before, rows_before) = (files(), rows());
    fs::write(run.path("x.toml"), two_seeds().split("[[students]]\nname = \"mse\"").next().unwrap()).unwrap();
    for command in ["run", "distill", "evaluate"] {
        let began = SystemTime::now();
        run.succeed(&[command, "x.toml", "--seed", "2", "--fresh"]);
        assert!(files() == before, "{command} --fresh lost files of the other seed");
        assert_eq!(rows(), rows_before, "{command} --fresh lost episodes of the other seed");
        assert!(root.join("students/mse/catch/seed-2/weights.safetensors").exists(), "not named, not removed");
        let student = time(&root.join("students/kl/catch/seed-2/weights.safetensors"));
        assert_eq!(student > began, command != "evaluate", "{command}");
    }
    let scores: Vec<ScoreRow> = read_rows(&root.join("scores.csv")).unwrap();
    assert_eq!(scores.iter().filter(|row| row.agent == "mse").count(), 2, "it was not named");
}

#[test]
fn what_cannot_be_made_again_is_not_removed() {
    let run = Run::new(TINY);
    run.succeed(&["run", "x.toml"]);
    // As in a clone, which has no weights.
    fs::remove_file(run.path(TEACHER)).unwrap();
    let error = refusal(&run, &["distill", "x.toml", "--fresh"]);
    assert!(error.contains(TEACHER) && error.contains("`pd train x.toml`"), "{error}");
    let scored = || -> Vec<ScoreRow> { read_rows(&run.path("results/x/scores.csv")).unwrap() };
    let teacher = || scored().into_iter().find(|row| row.agent == "teacher");
    let before = teacher();
    run.succeed(&["evaluate", "x.toml", "--fresh"]);
    assert_eq!((teacher(), scored().len()), (before, 4));
    // The same teacher again makes nothing stale.
    let students = || content(&run.path("results/x/students"));
    let before = students();
    run.succeed(&["train", "x.toml"]);
    assert!(students() == before && scored().len() == 4);
}

#[test]
fn a_finished_teacher_goes_on_where_its_schedule_allows_it_as_if_it_had_never_ended() {
    let longer = TINY.replace("frames = 2400", "frames = 4000");
    let (run, straight) = (Run::new(TINY), Run::new(&longer));
    run.succeed(&["run", "x.toml"]);
    fs::write(run.path("x.toml"), &longer).unwrap();
    let plan = run.succeed(&["plan", "x.toml", "--json"]);
    let plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
    let teacher = |task: &&serde_json::Value| task["id"] == "train/teacher/catch/seed-1";
    assert_eq!(plan["tasks"].as_array().unwrap().iter().find(teacher).unwrap()["state"], "stale");
    run.succeed(&["run", "x.toml"]);
    straight.succeed(&["run", "x.toml"]);
    let (gone_on, never_ended) = (results(&run), results(&straight));
    assert_eq!(gone_on.len(), never_ended.len());
    for ((path, one), (other_path, other)) in gone_on.iter().zip(&never_ended) {
        assert_eq!(path, other_path);
        assert!(one == other, "{}", path.display());
    }
    let falling = longer.replace("frames = 4000", "frames = 8000\nlearning_rate_end_share = 0.5");
    fs::write(run.path("x.toml"), &falling).unwrap();
    let error = refusal(&run, &["run", "x.toml"]);
    assert!(error.contains("teacher.frames (4000 → 8000)") && error.contains("learning rate"), "{error}");
    fs::write(run.path("x.toml"), longer.replace("4000", "8000")).unwrap();
    fs::remove_dir_all(run.path("results/x/teachers/catch/seed-1/checkpoint")).unwrap();
    let error = refusal(&run, &["run", "x.toml"]);
    assert!(error.contains("its checkpoint is not there"), "{error}");
}

#[test]
fn changed_settings_are_refused_with_the_smallest_command_that_makes_anew_what_depends_on_them() {
    let run = Run::new(TINY);
    run.succeed(&["run", "x.toml"]);
    for (settings, command) in [
        (vec!["evaluation.epsilon=0.1"], "evaluate"),
        (vec!["students.mse.loss=nll"], "distill"),
        (vec!["distillation.hours=3", "evaluation.episodes=4"], "distill"),
        (vec!["distillation.hours=3", "evaluation.epsilon=0.1"], "distill"),
        (vec!["distillation.online=true"], "run"),
        (vec!["students.mse.loss=td"], "run"),
        (vec!["teacher.gamma=0.9", "evaluation.episodes=4"], "run"),
    ] {
        let set = settings.iter().flat_map(|setting| ["--set", setting]);
        for asked in ["run", "report"] {
            let error = refusal(&run, &[asked, "x.toml"].into_iter().chain(set.clone()).collect::<Vec<_>>());
            let flags = set.clone().collect::<Vec<_>>().join(" ");
            assert!(error.contains(&format!("`pd {command} x.toml --fresh {flags}`")), "{settings:?}: {error}");
        }
    }
    let plan = run.succeed(&["plan", "x.toml", "--set", "teacher.gamma=0.9"]);
    assert!(plan.contains("`pd run` would refuse: results/x: its results were made with other settings"), "{plan}");
    let trained = time(&run.path(TEACHER));
    run.succeed(&["evaluate", "x.toml", "--fresh", "--set", "evaluation.episodes=4"]);
    let set = ["--set", "students.mse.loss=nll", "--set", "evaluation.episodes=5", "--set", "evaluation.workers=1"];
    run.succeed(&[&["distill", "x.toml", "--fresh"], &set[..]].concat());
    run.succeed(&[&["run", "x.toml"], &set[..]].concat());
    assert_eq!(time(&run.path(TEACHER)), trained);
    let episodes: Vec<EpisodeRow> = read_rows(&run.path("results/x/episodes.csv")).unwrap();
    assert_eq!(episodes.len(), 4 * 5);
}

#[test]
fn starting_over_with_other_settings_must_not_leave_results_of_the_old_ones() {
    let run = Run::new(&two_seeds());
    run.succeed(&["train", "x.toml"]);
    let gamma = ["--set", "teacher.gamma=0.9"];
    let error = refusal(&run, &[&["run", "x.toml", "--seed", "2", "--fresh"], &gamma[..]].concat());
    assert!(error.contains("make them all anew with `pd run x.toml --fresh --set teacher.gamma=0.9`"), "{error}");
    fs::write(run.path("x.toml"), TINY).unwrap();
    let error = refusal(&run, &[&["run", "x.toml", "--fresh"], &gamma[..]].concat());
    assert!(error.contains("name or remove results/x/teachers/catch/seed-2"), "{error}");
    fs::write(run.path("x.toml"), two_seeds()).unwrap();
    run.succeed(&[&["train", "x.toml", "--fresh"], &gamma[..]].concat());
}

#[test]
fn a_manifest_tells_of_whoever_did_something_last_and_of_all_seeds() {
    let run = Run::new(&two_seeds());
    run.succeed(&["run", "x.toml", "--seed", "2"]);
    let path = run.path("results/x/manifest.json");
    let mut elsewhere = Manifest::read(&path).unwrap().unwrap();
    elsewhere.maker.machine.cpu = "elsewhere".into();
    elsewhere.write(&path).unwrap();
    for command in ["run", "train", "distill", "evaluate", "report"] {
        run.succeed(&[command, "x.toml", "--seed", "2"]);
        assert_eq!(Manifest::read(&path).unwrap().unwrap(), elsewhere, "{command} did nothing");
    }
    run.succeed(&["evaluate", "x.toml", "--seed", "1"]);
    let manifest = Manifest::read(&path).unwrap().unwrap();
    assert_ne!(manifest.maker.machine.cpu, "elsewhere", "random play with seed 1 was scored here");
    assert_eq!((manifest.seeds, manifest.earlier), (vec![1, 2], vec![elsewhere.maker]));
    run.succeed(&["run", "x.toml", "--fresh"]);
    let manifest = Manifest::read(&path).unwrap().unwrap();
    assert_eq!(manifest.earlier, [], "nothing is left that was made elsewhere");
}

#[test]
fn a_report_is_of_the_file_that_is_named_not_of_the_last_command() {
    let run = Run::new(&two_seeds());
    for seed in ["1", "2"] {
        let out = run.succeed(&["run", "x.toml", "--seed", seed]);
        assert!(out.contains("does not name") == (seed == "2"), "{out}");
    }
    let out = run.succeed(&["report", "x.toml"]);
    assert!(!out.contains("does not name") && out.contains("Only 2 seeds"), "{out}");
    let text = fs::read_to_string(run.path("results/x/experiment.toml")).unwrap();
    assert!(text.contains("seeds = [1, 2]"), "{text}");
}

#[test]
fn after_a_change_of_the_protocol_everyone_is_scored_by_the_new_one() {
    let (changed, straight) = (Run::new(TINY), Run::new(TINY));
    let set = ["--set", "evaluation.epsilon=0.5", "--set", "distillation.hours=3"];
    straight.succeed(&[&["train", "x.toml"], &["--set", "distillation.hours=3"][..]].concat());
    straight.succeed(&[&["run", "x.toml"], &set[..]].concat());
    changed.succeed(&["run", "x.toml"]);
    changed.succeed(&[&["distill", "x.toml", "--fresh"], &set[..]].concat());
    changed.succeed(&[&["run", "x.toml"], &set[..]].concat());
    let episodes = |run: &Run| fs::read_to_string(run.path("results/x/episodes.csv")).unwrap();
    assert_eq!(episodes(&straight), episodes(&changed));
}

#[test]
fn a_students_own_learning_rate_makes_only_that_student_anew() {
    let run = Run::new(TINY);
    run.succeed(&["run", "x.toml"]);
    let weights =
        |name: &str| fs::read(run.path(&format!("results/x/students/{name}/catch/seed-1/weights.safetensors")));
    let before = weights("kl").unwrap();
    let error = refusal(&run, &["run", "x.toml", "--set", "students.mse.learning_rate=0.01"]);
    assert!(error.contains("students.mse.learning_rate (0.00025 → 0.01)"), "{error}");
    assert!(!error.contains("students.kl"), "{error}");
    fs::write(run.path("x.toml"), TINY.replace("loss = \"mse\"", "loss = \"mse\"\nlearning_rate = 0.01")).unwrap();
    run.succeed(&["run", "x.toml", "--out", "other"]);
    let other = |name: &str| fs::read(run.path(&format!("other/students/{name}/catch/seed-1/weights.safetensors")));
    assert!(other("kl").unwrap() == before, "the other student is the same");
    assert!(other("mse").unwrap() != weights("mse").unwrap(), "the rate changes nothing");
}

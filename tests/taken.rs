//! Teachers that come from another experiment's folder, and the students that followed them there.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::SystemTime;

use super::bad_input::refused;
use super::command::{Run, TINY};

/// A training `x` that is over and was kept for followers, and the experiment `y` that follows it. What it kept in the
/// end is not its last best.
fn trained() -> Run {
    let text = TINY.replace("[teacher]", "[teacher]\nkeep = \"last\"");
    let run = Run::new(&text.replace("hours = 2", "hours = 2\nonline = true"));
    fs::write(run.path("y.toml"), text).unwrap();
    run.succeed(&["train", "x.toml"]);
    run
}

const FOLLOW: [&str; 4] = ["follow", "y.toml", "--from", "results/x"];

/// A student's files, with the times at which they were written.
fn left(run: &Run, student: &str) -> Vec<(String, SystemTime)> {
    let folder = run.path(&format!("results/y/students/{student}/catch/seed-1"));
    let files = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let mut files: Vec<_> = files
        .map(|file| (file.file_name().into_string().unwrap(), file.metadata().unwrap().modified().unwrap()))
        .collect();
    files.sort();
    assert_eq!(files.iter().map(|file| file.0.as_str()).collect::<Vec<_>>(), FILES);
    files
}

const FILES: [&str; 4] = ["adoptions.csv", "eval.csv", "train.csv", "weights.safetensors"];

/// The columns of `scores.csv` by agent.
fn scores(run: &Run) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut scores = csv::Reader::from_path(run.path("results/y/scores.csv")).unwrap();
    let rows = scores.deserialize::<BTreeMap<String, String>>().map(Result::unwrap);
    rows.map(|row| (row["agent"].clone(), row)).collect()
}

#[test]
fn students_that_followed_are_scored_beside_their_teacher_and_not_made_again() {
    let run = trained();
    run.succeed(&FOLLOW);
    let before = left(&run, "kl");
    let teacher = |name: &str, file: &str| fs::read(run.path(&format!("results/{name}/teachers/catch/seed-1/{file}")));
    for file in ["weights.safetensors", "train.csv", "eval.csv"] {
        assert!(teacher("x", file).unwrap() == teacher("y", file).unwrap(), "{file} differs");
    }
    run.succeed(&["evaluate", "y.toml"]);
    run.succeed(&["report", "y.toml"]);
    let beside = scores(&run);
    assert!(!beside["kl"]["relative_to_teacher"].is_empty(), "{beside:?}");
    // As it would be without the teacher, which `teacher.from` brings then.
    fs::remove_dir_all(run.path("results/y/teachers")).unwrap();
    for file in ["episodes.csv", "scores.csv"] {
        fs::remove_file(run.path("results/y").join(file)).unwrap();
    }
    run.succeed(&["evaluate", "y.toml"]);
    let alone = scores(&run);
    assert!(alone["kl"]["relative_to_teacher"].is_empty(), "{alone:?}");
    run.succeed(&["run", "y.toml", "--set", "teacher.from=results/x"]);
    assert_eq!(left(&run, "kl"), before);
    let again = scores(&run);
    assert_eq!(again["kl"]["latency_ms"], alone["kl"]["latency_ms"], "it was not scored again");
    assert_eq!(again["kl"]["relative_to_teacher"], beside["kl"]["relative_to_teacher"]);
}

#[test]
fn a_taken_teachers_episodes_are_taken_with_it_if_they_are_of_its_weights() {
    let run = Run::new(TINY);
    run.succeed(&["train", "x.toml"]);
    run.succeed(&["evaluate", "x.toml"]);
    // No game of catch can last so long: who plays again has another number.
    let path = run.path("results/x/episodes.csv");
    let second = "teacher,teacher,catch,1,1,";
    let text = fs::read_to_string(&path).unwrap();
    let row = text.lines().find(|line| line.starts_with(second)).unwrap();
    // Without its digest, as somebody who changes a row on purpose leaves it.
    let marked = row.rsplit_once(',').unwrap().0.replace(second, &format!("{second}7"));
    fs::write(&path, text.replace(row, &format!("{marked},"))).unwrap();
    let taken = |out: &str, set: &str| {
        for command in ["train", "evaluate"] {
            run.succeed(&[command, "x.toml", "--out", out, "--set", "teacher.from=results/x", "--set", set]);
        }
        let rows = fs::read_to_string(run.path(out).join("episodes.csv")).unwrap();
        let own: Vec<_> = rows.lines().filter(|line| line.starts_with("teacher,")).map(str::to_owned).collect();
        (own.len(), own[1].starts_with(&marked))
    };
    assert_eq!(taken("more", "evaluation.episodes=5"), (5, true), "the two that are missing are played");
    assert_eq!(taken("fewer", "evaluation.episodes=2"), (2, true));
    let (_, weights) = marked.rsplit_once(',').unwrap();
    let other = text.lines().map(|line| match line.rsplit_once(',') {
        Some((row, _)) if row.ends_with(weights) => format!("{},\n", row.replace(weights, "0123456789abcdef")),
        _ => format!("{line}\n"),
    });
    fs::write(&path, other.collect::<String>()).unwrap();
    assert_eq!(taken("other", "evaluation.episodes=3"), (3, false), "they are of other weights");
}

#[test]
fn teachers_of_a_folder_with_an_experiment_for_each_game_are_taken_however_they_learned() {
    let run = Run::new(TINY);
    run.succeed(&["train", "x.toml", "--out", "own/catch", "--set", "teacher.gamma=0.9"]);
    run.succeed(&["train", "x.toml", "--set", "teacher.from=own"]);
    let teacher = |root: &str| fs::read(run.path(root).join("teachers/catch/seed-1/weights.safetensors")).unwrap();
    assert!(teacher("own/catch") == teacher("results/x"));
    let changed = ["train", "x.toml", "--set", "teacher.from=own", "--set", "environment.sticky_actions=0.25"];
    refused(&run, &changed, &["environment.sticky_actions"]);
    let other = ["train", "x.toml", "--set", "teacher.from=own", "--set", "games=[\"catch\",\"pong\"]"];
    refused(&run, &other, &["own/pong/teachers/pong/seed-1/weights.safetensors: not found"]);
}

#[test]
fn students_of_another_teacher_than_the_one_that_is_taken_are_made_again() {
    let run = trained();
    run.succeed(&FOLLOW);
    let before = left(&run, "kl");
    run.succeed(&["train", "x.toml", "--fresh", "--set", "teacher.gamma=0.9"]);
    let other = ["--set", "teacher.gamma=0.9", "--set", "teacher.from=results/x"];
    fs::remove_dir_all(run.path("results/y/teachers")).unwrap();
    let settings = run.path("results/y/experiment.toml");
    let text = fs::read_to_string(&settings).unwrap();
    // Without the digest in the last line, as somebody who changes it on purpose leaves it.
    let text = text.replace("gamma = 0.99", "gamma = 0.9").replace("# sha256", "# was");
    fs::write(&settings, text).unwrap();
    run.succeed(&[&["train", "y.toml"], &other[..]].concat());
    assert!(!run.path("results/y/students/kl/catch/seed-1/adoptions.csv").exists());
    run.succeed(&[&["run", "y.toml"], &other[..]].concat());
    let weights = run.path("results/y/students/kl/catch/seed-1/weights.safetensors");
    assert!(fs::metadata(weights).unwrap().modified().unwrap() > before[3].1);
}

#[test]
fn a_teacher_with_other_settings_than_the_followers_experiment_is_not_followed() {
    let run = trained();
    refused(
        &run,
        &[&FOLLOW[..], &["--set", "teacher.gamma=0.9"]].concat(),
        &["results/x", "teacher.gamma", "as there"],
    );
    refused(&run, &[&FOLLOW[..], &["--out", "results/x"]].concat(), &["results/x: the training's own folder"]);
    run.succeed(&FOLLOW);
    let before = left(&run, "kl");
    let other = ["--fresh", "--set", "distillation.hours=3"];
    refused(&run, &[&FOLLOW[..], &other, &["--set", "teacher.gamma=0.9"]].concat(), &["teacher.gamma"]);
    assert_eq!(left(&run, "kl"), before);
    // The teacher that was taken does not stand in the way of following it again.
    run.succeed(&[&FOLLOW[..], &other].concat());
    assert_ne!(left(&run, "kl"), before);
}

#[test]
fn a_student_that_is_added_follows_alone() {
    let run = trained();
    run.succeed(&FOLLOW);
    let before = left(&run, "kl");
    let text = fs::read_to_string(run.path("y.toml")).unwrap();
    let more = "[[students]]\nname = \"nll\"\nnetwork = { conv = [2, 2, 2], hidden = 8 }\nloss = \"nll\"\n";
    fs::write(run.path("y.toml"), text + more).unwrap();
    run.succeed(&FOLLOW);
    left(&run, "nll");
    assert_eq!(left(&run, "kl"), before);
}

#[test]
fn a_teacher_that_nobody_trains_is_not_waited_for() {
    let run = trained();
    refused(&run, &[&FOLLOW[..], &["--seed", "9", "--out", "z"]].concat(), &["results/x", "seed 9", "--seed among 1"]);
    let pong = ["--set", "games=[\"pong\"]", "--out", "z"];
    refused(&run, &[&FOLLOW[..], &pong].concat(), &["results/x", "pong", "catch"]);
}

#[test]
fn a_training_that_is_still_to_begin_is_waited_for_with_a_warning() {
    let run = Run::new(TINY);
    let follow = ["follow", "x.toml", "--from", "nowhere"];
    let mut service = Command::new(env!("CARGO_BIN_EXE_pd"));
    service.args(follow).current_dir(&run.folder).stderr(Stdio::piped());
    let mut service = service.spawn().unwrap();
    let mut errors = BufReader::new(service.stderr.take().unwrap()).lines();
    let warning = errors.next().unwrap().unwrap();
    assert!(Command::new("kill").args(["-TERM", &service.id().to_string()]).status().unwrap().success());
    assert_eq!(service.wait().unwrap().code(), Some(130));
    assert!(warning.contains("nowhere: not found; waiting"), "{warning}");
}

#[test]
fn students_that_followed_nobody_are_not_said_to_have_followed() {
    let run = Run::new(TINY);
    run.succeed(&["run", "x.toml"]);
    refused(&run, &["follow", "x.toml", "--from", "nowhere"], &["results/x", "followed no training", "--fresh"]);
}

#[test]
fn bests_that_a_taken_teacher_lacks_are_taken_later() {
    let run = trained();
    let from = ["--set", "teacher.from=results/x"];
    run.succeed(&[&["train", "y.toml"], &from[..]].concat());
    let bests = |path: &Path| fs::read_dir(path).unwrap().count();
    let [theirs, own] = ["x", "y"].map(|name| run.path(&format!("results/{name}/teachers/catch/seed-1/best")));
    fs::remove_dir_all(&own).unwrap();
    run.succeed(&[&["train", "y.toml"], &from[..]].concat());
    assert_eq!(bests(&own), bests(&theirs));
}

#[test]
fn an_online_experiment_needs_bests_where_its_teacher_is_taken_from() {
    let run = Run::new(TINY);
    run.succeed(&["train", "x.toml"]);
    let online = ["--set", "distillation.online=true", "--set", "teacher.from=results/x", "--out", "z"];
    refused(&run, &[&["run", "x.toml"], &online[..]].concat(), &["results/x", "distillation.online = true"]);
    assert!(!run.path("z").exists());
}

//! Teachers that come from another experiment's folder.

use std::fs;
use std::path::Path;

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

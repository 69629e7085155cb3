//! The program as its users run it, on the built-in game.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// An experiment that goes through every stage in seconds.
pub const TINY: &str = r#"
games = ["catch"]
seeds = [1]
[environment]
workers = 4
[teacher]
preset = "cleanrl"
frames = 2400
network = { conv = [4, 4, 4], hidden = 16 }
replay = 400
warmup = 100
batch = 8
epsilon_steps = 200
target_period = 50
log_every = 100
evaluation_every = 200
evaluation_episodes = 2
checkpoint_every = 150
[distillation]
hours = 2
steps_per_hour = 160
updates_per_hour = 20
memory = 200
batch = 8
evaluation_every = 1
evaluation_episodes = 2
[evaluation]
episodes = 3
workers = 2
latency_decisions = 5
[[students]]
name = "kl"
network = { conv = [2, 2, 2], hidden = 8 }
[[students]]
name = "mse"
network = { conv = [2, 2, 2], hidden = 8 }
loss = "mse"
"#;

/// A folder of its own in which the program is run.
pub struct Run {
    pub folder: TempDir,
}

impl Run {
    /// With `text` as the experiment file `x.toml`.
    pub fn new(text: &str) -> Run {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("x.toml"), text).unwrap();
        Run { folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn pd(&self, arguments: &[&str]) -> Output {
        self.pd_on("1", arguments)
    }

    pub fn pd_on(&self, threads: &str, arguments: &[&str]) -> Output {
        let program = env!("CARGO_BIN_EXE_pd");
        Command::new(program).args(arguments).args(["--threads", threads]).current_dir(&self.folder).output().unwrap()
    }

    /// Runs the program and fails with all that is known if it fails.
    pub fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.pd(arguments);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let listing = Command::new("ls").arg("-lR").current_dir(&self.folder).output().unwrap();
        let listing = String::from_utf8_lossy(&listing.stdout);
        assert!(output.status.success(), "{arguments:?} failed\nstdout: {out}\nstderr: {err}\nfolder: {listing}");
        out.into_owned()
    }
}

/// Every file below a folder with its content, but for what measures the machine.
pub fn content(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(content(&path));
        } else if !["manifest.json", "scores.csv"].iter().any(|name| path.ends_with(name)) {
            let content = fs::read(&path).unwrap();
            found.push((path, content));
        }
    }
    found.sort();
    found
}

pub fn results(run: &Run) -> Vec<(PathBuf, Vec<u8>)> {
    let root = run.path("results/x");
    let of_learning = content(&root).into_iter().filter(|(path, _)| !path.starts_with(root.join("report")));
    of_learning.map(|(path, content)| (path.strip_prefix(&root).unwrap().to_owned(), content)).collect()
}

#[test]
fn a_run_writes_every_file_of_the_contract_and_the_table() {
    let run = Run::new(TINY);
    let out = run.succeed(&["run", "x.toml"]);
    assert!(out.contains("teacher") && out.contains("report: results/x/report/index.html"), "{out}");
    for file in [
        "experiment.toml",
        "manifest.json",
        "episodes.csv",
        "scores.csv",
        "summary.csv",
        "report/index.html",
        "report/summary.md",
        "teachers/catch/seed-1/train.csv",
        "teachers/catch/seed-1/eval.csv",
        "teachers/catch/seed-1/weights.safetensors",
        "students/kl/catch/seed-1/train.csv",
        "students/kl/catch/seed-1/eval.csv",
        "students/mse/catch/seed-1/weights.safetensors",
    ] {
        assert!(run.path("results/x").join(file).exists(), "{file} is missing");
    }
    let scores = fs::read_to_string(run.path("results/x/scores.csv")).unwrap();
    let header = "experiment,role,agent,game,seed,loss,temperature,parameters,compression,bytes,mflops,latency_ms,\
                  episodes,mean,median,std,ci_low,ci_high,relative_to_teacher,human_normalized,paper,network_games,\
                  ratio,beats_teacher,data,latency_q1_ms,latency_q3_ms,processor,row_sha256";
    assert_eq!(scores.lines().next(), Some(header));
    assert_eq!(scores.lines().count(), 1 + 4, "random, teacher and two students: {scores}");
    let episodes = fs::read_to_string(run.path("results/x/episodes.csv")).unwrap();
    assert_eq!(episodes.lines().count(), 1 + 4 * 3);
}

#[test]
fn the_same_experiment_gives_the_same_bytes_with_any_number_of_emulation_threads() {
    let (one, two) = (Run::new(TINY), Run::new(TINY));
    one.succeed(&["run", "x.toml"]);
    let output = two.pd_on("2", &["run", "x.toml", "--quiet"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (one, two) = (results(&one), results(&two));
    assert_eq!(one.len(), two.len());
    for ((path, one), (_, two)) in one.iter().zip(&two) {
        assert!(one == two, "{} differs", path.display());
    }
}

#[test]
fn running_again_changes_nothing_and_new_students_leave_old_ones_alone() {
    let run = Run::new(TINY);
    run.succeed(&["run", "x.toml"]);
    let before = results(&run);
    run.succeed(&["run", "x.toml"]);
    assert!(results(&run) == before);
    let more =
        format!("{TINY}[[students]]\nname = \"nll\"\nnetwork = {{ conv = [2, 2, 2], hidden = 8 }}\nloss = \"nll\"\n");
    fs::write(run.path("x.toml"), more).unwrap();
    run.succeed(&["run", "x.toml"]);
    let after = results(&run);
    for (path, old) in before.iter().filter(|(path, _)| path.starts_with("students") || path.starts_with("teachers")) {
        let new = after.iter().find(|(other, _)| other == path).map(|(_, content)| content);
        assert!(new == Some(old), "{} changed", path.display());
    }
    assert!(run.path("results/x/students/nll/catch/seed-1/weights.safetensors").exists());
}

#[test]
fn a_student_does_not_depend_on_which_others_are_distilled_beside_it() {
    let (both, alone) = (Run::new(TINY), Run::new(TINY.split("[[students]]\nname = \"kl\"").next().unwrap()));
    let mse = TINY.split("[[students]]").nth(2).unwrap();
    let text = fs::read_to_string(alone.path("x.toml")).unwrap();
    fs::write(alone.path("x.toml"), format!("{text}[[students]]{mse}")).unwrap();
    for run in [&both, &alone] {
        run.succeed(&["train", "x.toml"]);
        run.succeed(&["distill", "x.toml"]);
    }
    let weights = |run: &Run| fs::read(run.path("results/x/students/mse/catch/seed-1/weights.safetensors")).unwrap();
    assert!(!alone.path("results/x/students/kl").exists());
    assert!(weights(&both) == weights(&alone));
}

#[test]
fn a_plan_changes_nothing_and_tells_networks_and_what_is_done() {
    let run = Run::new(TINY);
    let plan: serde_json::Value = serde_json::from_str(&run.succeed(&["plan", "x.toml", "--json"])).unwrap();
    assert!(!run.path("results").exists());
    assert_eq!(plan["stages"][0]["done"], false);
    assert_eq!(plan["networks"].as_array().unwrap().len(), 3);
    run.succeed(&["train", "x.toml"]);
    let plan: serde_json::Value = serde_json::from_str(&run.succeed(&["plan", "x.toml", "--json"])).unwrap();
    assert_eq!((&plan["stages"][0]["done"], &plan["stages"][1]["done"]), (&true.into(), &false.into()));
}

#[test]
fn evaluation_and_report_are_done_until_there_is_a_new_student() {
    let run = Run::new(TINY);
    let done = || {
        let plan: serde_json::Value = serde_json::from_str(&run.succeed(&["plan", "x.toml", "--json"])).unwrap();
        let stages = plan["stages"].as_array().unwrap();
        ["evaluate", "report"].map(|name| {
            stages.iter().find(|stage| stage["stage"] == name).and_then(|stage| stage["done"].as_bool()).unwrap()
        })
    };
    assert_eq!(done(), [false, false]);
    for command in ["train", "distill", "evaluate"] {
        run.succeed(&[command, "x.toml"]);
    }
    assert_eq!(done(), [true, false]);
    run.succeed(&["report", "x.toml"]);
    assert_eq!(done(), [true, true]);
    let more = format!("{TINY}[[students]]\nname = \"new\"\nnetwork = {{ conv = [2, 2, 2], hidden = 8 }}\n");
    fs::write(run.path("x.toml"), more).unwrap();
    assert_eq!(done(), [false, false]);
    run.succeed(&["distill", "x.toml"]);
    run.succeed(&["evaluate", "x.toml"]);
    assert_eq!(done(), [true, false]);
}

#[test]
fn the_same_weights_meet_other_episodes_in_the_final_evaluation_than_in_training() {
    let run = Run::new(
        &TINY.replace("evaluation_episodes = 2", "evaluation_episodes = 12").replace("episodes = 3", "episodes = 12"),
    );
    run.succeed(&["train", "x.toml", "--set", "teacher.keep=last"]);
    run.succeed(&["evaluate", "x.toml", "--set", "teacher.keep=last"]);
    let root = run.path("results/x");
    let rows = |path: &str| fs::read_to_string(root.join(path)).unwrap();
    let last = rows("teachers/catch/seed-1/eval.csv").lines().last().unwrap().to_owned();
    let [steps, _, _, episodes, mean, ..] = last.split(',').collect::<Vec<_>>()[..] else { panic!("{last}") };
    assert_eq!((steps, episodes), ("600", "12"), "the last weights are those that the last evaluation scored");
    let scores = rows("scores.csv");
    let teacher = scores.lines().find(|line| line.starts_with("x,teacher")).unwrap();
    assert!(!teacher.contains(&format!(",{mean},")), "{last} and {teacher}");
}

#[test]
fn play_prints_scores_and_records_a_gif() {
    let run = Run::new(TINY);
    run.succeed(&["train", "x.toml"]);
    let out = run.succeed(&["play", "results/x/teachers/catch/seed-1", "--episodes", "2", "--gif", "x.gif"]);
    assert_eq!(out.lines().filter(|line| line.starts_with("episode")).count(), 2, "{out}");
    let mean = out.lines().last().unwrap();
    assert!(mean.starts_with("mean ") && mean.ends_with(" over 2 episodes"), "{out}");
    assert!(fs::read(run.path("x.gif")).unwrap().starts_with(b"GIF89a"));
    // A folder of results stands for its only teacher.
    assert_eq!(run.succeed(&["play", "results/x"]), run.succeed(&["play", "results/x/teachers/catch/seed-1"]));
}

/// Two games, with students and a baseline that play both.
fn two_games() -> String {
    let shared = |loss: &str| {
        format!(
            "[[students]]\nname = \"both-{loss}\"\nnetwork = {{ conv = [2, 2, 2], hidden = 8 }}\ngames = \"together\"\nloss = \"{loss}\"\n"
        )
    };
    let text =
        TINY.replace("[\"catch\"]", "[\"catch\", \"pong\"]").replace("workers = 4", "workers = 4\nmax_frames = 200");
    let text = text.replace("episodes = 3", "episodes = 3\nmax_frames = 200");
    text + &shared("kl") + &shared("td")
}

/// The steps of both games in each pair of rows of a shared student's `train.csv`.
fn steps_of_games(run: &Run, agent: &str) -> Vec<[u64; 2]> {
    let path = run.path(&format!("results/x/students/{agent}/multi/seed-1/train.csv"));
    let rows: Vec<BTreeMap<String, String>> =
        csv::Reader::from_path(path).unwrap().deserialize().map(Result::unwrap).collect();
    let pair = |pair: &[BTreeMap<String, String>]| {
        assert_eq!([&pair[0]["game"], &pair[1]["game"]], ["catch", "pong"]);
        [0, 1].map(|row| pair[row]["steps"].parse().unwrap())
    };
    rows.chunks(2).map(pair).collect()
}

#[test]
fn one_network_for_several_games_is_scored_saved_and_played_in_each() {
    let run = Run::new(&two_games());
    run.succeed(&["run", "x.toml"]);
    let mut scores = csv::Reader::from_path(run.path("results/x/scores.csv")).unwrap();
    let rows: Vec<BTreeMap<String, String>> = scores.deserialize().map(Result::unwrap).collect();
    for (agent, loss) in [("both-kl", "kl"), ("both-td", "td")] {
        let own: Vec<_> = rows.iter().filter(|row| row["agent"] == agent).collect();
        assert_eq!(own.iter().map(|row| row["game"].as_str()).collect::<Vec<_>>(), ["catch", "pong"]);
        assert!(own.iter().all(|row| row["network_games"] == "2" && row["loss"] == loss && row["episodes"] == "3"));
        let folder = format!("results/x/students/{agent}/multi/seed-1");
        assert!(["train.csv", "eval.csv"].iter().all(|file| run.path(&folder).join(file).exists()));
        let refused = run.pd(&["play", &folder]);
        assert_eq!(refused.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&refused.stderr).contains("choose --game catch or pong"));
        let out = run.succeed(&["play", &folder, "--game", "catch"]);
        assert!(out.starts_with("episode 0: score "), "{out}");
    }
    // 4 workers of at most 50 steps an episode: no game is ahead of the other by more, nor ends long before it.
    let learned = steps_of_games(&run, "both-td");
    assert!(learned.len() > 3 && learned.iter().all(|[catch, pong]| catch.abs_diff(*pong) <= 4 * 50), "{learned:?}");
    let distilled = steps_of_games(&run, "both-kl");
    assert!(distilled.iter().flatten().all(|steps| (160..=2 * 160).contains(steps)), "{distilled:?}");
    let plan = run.succeed(&["plan", "x.toml", "--json"]);
    assert!(!plan.contains("\"done\": false"), "{plan}");
    // A baseline is not distilled: it must not be lost when students are distilled anew.
    let baseline = run.path("results/x/students/both-td/multi/seed-1/weights.safetensors");
    let before = fs::read(&baseline).unwrap();
    run.succeed(&["distill", "x.toml", "--fresh"]);
    assert!(fs::read(&baseline).unwrap() == before);
    // Only the networks for several games with the experiment's seeds are removed.
    let of_another_seed = run.path("results/x/students/both-kl/multi/seed-7");
    fs::create_dir_all(&of_another_seed).unwrap();
    let students = run.path("results/x/students");
    let trained = fs::metadata(&baseline).unwrap().modified().unwrap();
    run.succeed(&["train", "x.toml", "--fresh"]);
    assert!(of_another_seed.exists() && !students.join("both-kl/multi/seed-1").exists());
    assert!(!students.join("kl").exists());
    assert!(fs::metadata(&baseline).unwrap().modified().unwrap() > trained);
}

#[test]
fn teachers_of_another_folder_are_taken_if_they_learned_as_the_experiment_says() {
    let run = Run::new(TINY);
    run.succeed(&["train", "x.toml"]);
    fs::write(run.path("y.toml"), TINY.replace("[teacher]", "[teacher]\nfrom = \"results/x\"")).unwrap();
    run.succeed(&["train", "y.toml"]);
    for file in ["weights.safetensors", "train.csv", "eval.csv"] {
        let read =
            |name: &str| fs::read(run.path(&format!("results/{name}/teachers/catch/seed-1")).join(file)).unwrap();
        assert!(read("x") == read("y"), "{file} differs");
    }
    let refused = run.pd(&["train", "y.toml", "--set", "teacher.gamma=0.9", "--out", "z"]);
    let message = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && message.contains("learned with other settings: teacher.gamma"), "{message}");
    assert!(!run.path("z/teachers").exists());
    for from in ["results/x", "results/none"] {
        let from = format!("teacher.from={from}");
        assert_eq!(run.pd(&["train", "x.toml", "--fresh", "--set", &from]).status.code(), Some(2));
        assert!(run.path("results/x/teachers/catch/seed-1/weights.safetensors").exists(), "--fresh with {from}");
    }
}

#[test]
fn an_automatic_temperature_is_chosen_once_and_the_choice_is_on_disk() {
    let text = TINY.replace("name = \"kl\"", "name = \"kl\"\ntemperature = \"auto\"");
    let run = Run::new(&text.replace("evaluation_every = 1\n", "evaluation_every = 1\nsweep_gaps = [2.0, 0.5]\n"));
    run.succeed(&["run", "x.toml"]);
    let folder = run.path("results/x/students/kl/catch/seed-1");
    let sweep = fs::read_to_string(folder.join("sweep.csv")).unwrap();
    assert_eq!((sweep.lines().count(), sweep.matches("true").count()), (3, 1), "{sweep}");
    assert!(!folder.join("sweep").exists());
    let weights = fs::read(folder.join("weights.safetensors")).unwrap();
    run.succeed(&["run", "x.toml"]);
    assert!(fs::read(folder.join("weights.safetensors")).unwrap() == weights);
}

#[test]
fn a_service_follows_a_training_until_it_ends_and_logs_what_it_adopted() {
    let run = Run::new(&TINY.replace("hours = 2", "hours = 2\nonline = true"));
    let program = env!("CARGO_BIN_EXE_pd");
    let follow = ["follow", "x.toml", "--from", "results/x", "--out", "followed", "--quiet"];
    let mut service = Command::new(program).args(follow).current_dir(&run.folder).spawn().unwrap();
    run.succeed(&["train", "x.toml"]);
    assert!(service.wait().unwrap().success());
    let bests = fs::read_dir(run.path("results/x/teachers/catch/seed-1/best")).unwrap().count();
    let folder = run.path("followed/students/kl/catch/seed-1");
    let mut log = csv::Reader::from_path(folder.join("adoptions.csv")).unwrap();
    let rows: Vec<BTreeMap<String, String>> = log.deserialize().map(Result::unwrap).collect();
    assert!((1..=bests).contains(&rows.len()), "{rows:?}");
    let frames = |row: &BTreeMap<String, String>| row["teacher_frames"].parse::<u64>().unwrap();
    assert!(rows.windows(2).all(|pair| frames(&pair[0]) < frames(&pair[1])), "{rows:?}");
    assert!(rows[0]["reason"].contains("when the students began"), "{rows:?}");
    assert!(rows[1..].iter().all(|row| row["reason"].contains("better evaluation")), "{rows:?}");
    assert!(rows.iter().all(|row| !row["unix_time"].is_empty()), "{rows:?}");
    assert!(folder.join("weights.safetensors").exists());
}

#[test]
fn observe_writes_the_screens_and_steps_of_the_reference() {
    let run = Run::new("");
    let golden = include_str!("golden/pong.json");
    fs::write(run.path("actions.json"), golden).unwrap();
    run.succeed(&["observe", "pong", "--actions", "actions.json", "--out", "seen.bin"]);
    let expected = lz4_flex::decompress_size_prepended(include_bytes!("golden/pong.frames.lz4")).unwrap();
    assert!(fs::read(run.path("seen.bin")).unwrap() == expected);
    let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    let (seen, golden) = (read(&fs::read_to_string(run.path("seen.bin.json")).unwrap()), read(golden));
    assert_eq!(seen["rom_md5"], golden["rom_md5"]);
    for (seen, golden) in seen["steps"].as_array().unwrap().iter().zip(golden["steps"].as_array().unwrap()) {
        assert_eq!(seen["reward"].as_f64(), golden["reward"].as_f64());
        assert_eq!((&seen["lives"], &seen["game_over"]), (&golden["lives"], &golden["game_over"]));
    }
}

#[test]
fn games_lists_the_catalogue() {
    let out = Run::new("").succeed(&["games"]);
    assert!(out.lines().any(|line| line.starts_with("space_invaders") && line.contains("1,668.7")), "{out}");
}

#[test]
fn the_emulator_never_prints_to_stdout() {
    let run = Run::new("");
    fs::write(run.path("actions.json"), "[0, 1, 2]").unwrap();
    assert_eq!(run.succeed(&["observe", "breakout", "--actions", "actions.json", "--out", "seen.bin"]), "");
}

#[test]
fn benchmarks_tell_the_machine_and_a_positive_figure_for_each_case() {
    let run = Run::new("");
    for (subject, cases) in [
        ("emulation", vec!["catch, 2 environments, 1 thread", "catch, 3 environments, 1 thread"]),
        ("replay", vec!["catch, 2 environments: memory of a step", "catch, 3 environments: minibatch of 32"]),
        ("teacher", vec!["dqn, catch, 2 environments", "dqn, catch, 3 environments: update with it"]),
        ("distillation", vec!["teacher", "net1", "net2", "net3"]),
        ("inference", vec!["teacher", "net1", "net2", "net3"]),
    ] {
        let out = run.succeed(&["bench", subject, "--games", "catch", "--envs", "2,3", "--quick", "--json"]);
        let out: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert!(out["machine"]["cores"].as_u64().unwrap() > 0);
        let results = out["results"].as_array().unwrap();
        for result in results {
            assert!(result["value"].as_f64().unwrap() > 0.0 && result["unit"].is_string(), "{subject}: {result}");
        }
        for case in cases {
            assert!(results.iter().any(|result| result["case"] == case), "{subject}: no case {case:?} in {results:?}");
        }
    }
}

#[test]
fn output_that_nobody_reads_or_that_cannot_be_written_ends_no_work() {
    let run = Run::new(TINY);
    let shell = |line: &str| {
        let pd = env!("CARGO_BIN_EXE_pd");
        let line = line.replace("pd ", &format!("{pd} "));
        Command::new("bash").args(["-c", &line]).current_dir(&run.folder).output().unwrap()
    };
    let closed = shell("pd games | head -1; exit ${PIPESTATUS[0]}");
    assert!(closed.status.success() && closed.stderr.is_empty(), "{closed:?}");
    assert!(shell("pd run x.toml > /dev/full 2> /dev/full").status.success());
    assert!(run.path("results/x/report/index.html").exists());
}

#[test]
fn a_student_that_does_not_learn_is_named_with_a_way_out() {
    let run = Run::new(TINY);
    run.succeed(&["train", "x.toml"]);
    let warnings = |settings: &[&str]| {
        let set: Vec<&str> = settings.iter().flat_map(|setting| ["--set", setting]).collect();
        let folder = settings.join("-");
        let all = [&["distill", "x.toml", "--set", "teacher.from=results/x", "--out", &folder][..], &set].concat();
        run.pd(&[&["train", "x.toml", "--set", "teacher.from=results/x", "--out", &folder][..], &set].concat());
        String::from_utf8_lossy(&run.pd(&all).stderr).into_owned()
    };
    let dead = warnings(&["distillation.hours=3", "distillation.optimizer=adam", "distillation.learning_rate=50"]);
    for name in ["kl", "mse"] {
        assert!(dead.contains(&format!("student {name} of catch, seed 1: no unit of its layer")), "{dead}");
    }
    let idle =
        warnings(&["distillation.hours=3", "distillation.initialization=data", "distillation.learning_rate=1e-9"]);
    assert!(idle.contains("student mse of catch, seed 1: agrees with its teacher in"), "{idle}");
    assert_eq!(
        idle.matches("it does not learn; set more distillation.updates_per_hour").count(),
        2,
        "once for each: {idle}"
    );
}

#[test]
fn an_experiment_file_to_begin_with_is_written_once_and_can_be_planned() {
    let run = Run::new("");
    let said = run.succeed(&["init", "mine.toml"]);
    assert!(said.contains("`pd run mine.toml`"), "{said}");
    let text = fs::read_to_string(run.path("mine.toml")).unwrap();
    let again = run.pd(&["init", "mine.toml"]);
    assert_eq!(again.status.code(), Some(2));
    assert_eq!(fs::read_to_string(run.path("mine.toml")).unwrap(), text);
    assert!(run.succeed(&["plan", "mine.toml"]).contains("net3"));
    let unnamed = run.pd(&["init", "my file.toml"]);
    assert!(unnamed.status.code() == Some(2) && !run.path("my file.toml").exists());
    fs::copy(run.path("mine.toml"), run.path("my file.toml")).unwrap();
    let refused = String::from_utf8(run.pd(&["plan", "my file.toml"]).stderr).unwrap();
    assert!(refused.contains("add one, or rename the file"), "{refused}");
}

#[test]
fn a_folder_of_results_stands_for_its_experiment() {
    let run = Run::new(TINY);
    run.succeed(&["run", "x.toml", "--out", "elsewhere/mine"]);
    let before = results_below(&run.path("elsewhere/mine"));
    for place in ["elsewhere/mine", "elsewhere/mine/experiment.toml"] {
        run.succeed(&["report", place]);
        run.succeed(&["run", place]);
        assert!(results_below(&run.path("elsewhere/mine")) == before && !run.path("results").exists(), "{place}");
    }
    let listed = run.succeed(&["list", "elsewhere"]);
    // Teacher, two students and four evaluations.
    assert!(listed.lines().nth(1).unwrap().ends_with("elsewhere/mine      7 of 7              4"), "{listed}");
}

fn results_below(root: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    content(root).into_iter().filter(|(path, _)| !path.starts_with(root.join("report"))).collect()
}

#[test]
fn other_programs_can_read_the_catalogue_and_shells_and_man_the_help() {
    let run = Run::new("");
    let games: serde_json::Value = serde_json::from_str(&run.succeed(&["games", "--json"])).unwrap();
    let pong = games.as_array().unwrap().iter().find(|game| game["name"] == "pong").unwrap();
    assert_eq!((pong["actions"].as_u64(), pong["random"].as_f64()), (Some(6), Some(-20.7)));
    assert!(run.succeed(&["completions", "bash"]).contains("complete -F"));
    run.succeed(&["man", "pages"]);
    assert!(fs::read_to_string(run.path("pages/pd-run.1")).unwrap().contains(".TH"));
}

#[test]
fn other_programs_can_read_scores_reports_comparisons_and_times() {
    let run = Run::new(TINY);
    let json = |arguments: &[&str]| -> serde_json::Value { serde_json::from_str(&run.succeed(arguments)).unwrap() };
    let plan = json(&["plan", "x.toml", "--time", "--json"]);
    let time = &plan["time"];
    assert!(time["hours"]["train"].as_f64() > Some(0.0) && time["hours"]["distill"].as_f64() > Some(0.0), "{time}");
    assert!(time["updates_per_second"]["kl"].as_f64() > Some(0.0), "{time}");
    let view = ["--set", "students.mse.observation=ram", "--set", "students.mse.network={hidden=[8]}"];
    let printed = run.succeed(&[&["plan", "x.toml", "--time"], &view[..]].concat());
    assert!(printed.contains("not measured: students with a view of their own: mse"), "{printed}");
    run.succeed(&["train", "x.toml"]);
    run.succeed(&["distill", "x.toml"]);
    let scores = json(&["evaluate", "x.toml", "--json"]);
    assert_eq!(scores.as_array().map(Vec::len), Some(4), "random, teacher and two students: {scores}");
    let student = &scores[2];
    let [low, median, high] =
        ["latency_q1_ms", "latency_ms", "latency_q3_ms"].map(|column| student[column].as_f64().unwrap());
    assert!(low <= median && median <= high, "{student}");
    let report = json(&["report", "x.toml", "--json"]);
    assert_eq!(report["scores"], scores);
    assert!(report["verdict"].as_str().is_some_and(|verdict| !verdict.is_empty()), "{report}");
    // Nobody works there, so that watching ends with the first report.
    assert!(run.succeed(&["report", "x.toml", "--watch"]).contains("report: results/x/report/index.html"));
    let compared = json(&["compare", "results/x", "results/x/experiment.toml", "--json", "--out", "both.md"]);
    assert_eq!(compared["settings"], serde_json::json!([]));
    assert!(fs::read_to_string(run.path("both.md")).unwrap().contains("Their settings are the same."));
}

//! The console's memory as what an agent sees, and students with another view than their teacher's.

use std::cell::Cell;
use std::fs;
use std::path::Path;

use policy_distillation::agent::{self, Played};
use policy_distillation::config::{self, Overrides};
use policy_distillation::distill::{StudentGroup, TeacherSource, distill};
use policy_distillation::game::{RAM, View};
use policy_distillation::nn::Device;
use policy_distillation::progress::Ended;
use policy_distillation::record::{AdoptionRow, AgentId, Folder, best_name, read_rows};
use policy_distillation::spec::Shape;

use super::command::{Run, TINY, results};
use super::resume::{StopAfter, survives_stops, teacher as write_teacher};
use super::scoring::pool_with;

#[test]
fn every_stage_works_on_the_consoles_memory_and_another_view_is_another_experiment() {
    let text = TINY.replace("[environment]", "[environment]\nobservation = \"ram\"");
    let text = text.replace("conv = [4, 4, 4], hidden = 16", "hidden = [16]");
    let text = text.replace("conv = [2, 2, 2], hidden = 8", "hidden = [8]");
    let run = Run::new(&text);
    run.succeed(&["run", "x.toml"]);
    let weights = run.path("results/x/students/kl/catch/seed-1/weights.safetensors");
    let found = agent::metadata(&weights).unwrap();
    assert_eq!(found.games()[0].observation, Shape::Vector { size: RAM });
    assert_eq!(found.architecture.parameters(), (128 + 1) * 8 + (8 + 1) * 3);
    let played = run.succeed(&["play", "results/x/teachers/catch/seed-1", "--episodes", "1", "--gif", "x.gif"]);
    assert!(played.contains("recorded in x.gif") && run.path("x.gif").exists(), "{played}");
    std::fs::write(run.path("x.toml"), TINY).unwrap();
    let refused = run.pd(&["run", "x.toml"]);
    let message = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2));
    assert!(message.contains("environment.observation (\"ram\" → \"pixels\")"), "{message}");
}

/// The tiny experiment, whose second student sees the memory, and a teacher with `view`.
fn two_views(view: View) -> String {
    let (teacher, students) = match view {
        View::Pixels => ("conv = [4, 4, 4], hidden = 16", "pixels"),
        View::Ram => ("hidden = [16]", "ram"),
    };
    let text = TINY.replace("conv = [4, 4, 4], hidden = 16", teacher);
    let text = text.replace("[environment]", &format!("[environment]\nobservation = \"{students}\""));
    let (before, second) = text.split_once("name = \"mse\"").unwrap();
    let second = second.replace("conv = [2, 2, 2], hidden = 8", "hidden = [8]");
    let before = before.replace("name = \"kl\"", "name = \"kl\"\nobservation = \"pixels\"");
    format!("{before}name = \"ram\"\nobservation = \"ram\"{second}")
}

#[test]
fn a_teacher_with_either_view_teaches_students_with_both() {
    for view in View::ALL {
        let (run, again) = (Run::new(&two_views(view)), Run::new(&two_views(view)));
        run.succeed(&["run", "x.toml"]);
        for (student, shape) in [("kl", Shape::ATARI), ("ram", Shape::Vector { size: RAM })] {
            let folder = format!("results/x/students/{student}/catch/seed-1");
            let found = agent::metadata(&run.path(&folder).join("weights.safetensors")).unwrap();
            assert_eq!(found.games()[0].observation, shape);
            assert_eq!(found.environment.observation, if shape == Shape::ATARI { View::Pixels } else { View::Ram });
            let played = run.succeed(&["play", &folder, "--episodes", "2"]);
            assert!(played.contains("episode 1: score"), "{played}");
            let log = fs::read_to_string(run.path(&folder).join("eval.csv")).unwrap();
            assert_eq!(log.lines().count(), 3, "two hours: {log}");
        }
        let plan = run.succeed(&["plan", "x.toml", "--json"]);
        let plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
        let states: Vec<_> = plan["tasks"].as_array().unwrap().iter().map(|task| task["state"].as_str()).collect();
        assert!(states.iter().all(|state| *state == Some("done")), "{states:?}");
        assert_eq!(plan["networks"][2]["parameters"], (128 + 1) * 8 + (8 + 1) * 3);
        let summary = fs::read_to_string(run.path("results/x/report/summary.md")).unwrap();
        let other = if view == View::Pixels { "8; observes the memory" } else { "2/2/2, 8; observes the screen" };
        assert!(summary.contains(other), "{summary}");
        // Alone, each student learns the same.
        for student in ["distill/ram/catch/seed-1", "distill/kl/catch/seed-1"] {
            again.succeed(&["run", "x.toml", "--task", "train/teacher/catch/seed-1", "--quiet"]);
            again.succeed(&["run", "x.toml", "--task", student, "--quiet"]);
        }
        again.succeed(&["run", "x.toml"]);
        assert!(results(&run) == results(&again));
    }
}

#[test]
fn another_view_of_a_student_makes_only_that_student_anew() {
    let text = two_views(View::Pixels);
    let run = Run::new(&text);
    run.succeed(&["run", "x.toml"]);
    let kept = fs::read(run.path("results/x/students/kl/catch/seed-1/weights.safetensors")).unwrap();
    let screen =
        text.replace("observation = \"ram\"\nnetwork = { hidden = [8] }", "network = { conv = [2, 2, 2], hidden = 8 }");
    assert_ne!(screen, text);
    fs::write(run.path("x.toml"), &screen).unwrap();
    let refused = run.pd(&["run", "x.toml"]);
    let message = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2));
    assert!(message.contains("students.ram.observation (\"ram\" → \"pixels\")"), "{message}");
    assert!(message.contains("pd distill x.toml --fresh"), "{message}");
    // A student that says what is the default anyway is the same student.
    fs::write(run.path("x.toml"), text.replace("name = \"kl\"\nobservation = \"pixels\"", "name = \"kl\"")).unwrap();
    run.succeed(&["run", "x.toml"]);
    assert!(fs::read(run.path("results/x/students/kl/catch/seed-1/weights.safetensors")).unwrap() == kept);
}

#[test]
fn a_baseline_with_a_view_of_its_own_learns_by_it() {
    let baseline = "[[baselines]]\nname = \"dqn\"\nnetwork = { hidden = [8] }\nobservation = \"ram\"\n";
    let run = Run::new(&format!("{TINY}{baseline}"));
    run.succeed(&["run", "x.toml"]);
    let found = agent::metadata(&run.path("results/x/students/dqn/catch/seed-1/weights.safetensors")).unwrap();
    assert_eq!((found.games()[0].observation, found.environment.observation), (Shape::Vector { size: RAM }, View::Ram));
}

#[test]
fn weights_that_cannot_see_their_own_environment_are_refused() {
    let run = Run::new(TINY);
    run.succeed(&["train", "x.toml"]);
    let teacher = run.path("results/x/teachers/catch/seed-1/weights.safetensors");
    let (network, mut metadata) = agent::load(&teacher, Device::Cpu).unwrap();
    metadata.environment.observation = View::Ram;
    agent::save(&run.path("other.safetensors"), &network, &metadata).unwrap();
    let refused = run.pd(&["play", "other.safetensors"]);
    let message = String::from_utf8_lossy(&refused.stderr);
    assert!(message.contains("its network takes other observations than its environment gives"), "{message}");
}

#[test]
fn students_with_another_view_than_a_teacher_that_still_learns_survive_stops_at_any_moment() {
    for (view, data) in [(View::Pixels, "mixed"), (View::Ram, "teacher")] {
        let text = two_views(view).replace("hours = 2", &format!("hours = 3\nonline = true\ndata = \"{data}\""));
        let text = text.replace("evaluation_every = 1\n", "evaluation_every = 0\n");
        let mut experiment = config::read_text("x.toml", "x", &text, &Overrides::default()).unwrap();
        experiment.students.retain(|student| student.environment(&experiment.environment).observation != view);
        let (game, teachers) = (experiment.games[0], tempfile::tempdir().unwrap());
        for frames in [700, 1500] {
            write_teacher(&experiment, experiment.games[0], &teachers.path().join(best_name(frames)), frames);
        }
        let seen = experiment.students[0].environment(&experiment.environment);
        let work = |root: &Path, stops: u64| -> Ended {
            let source = TeacherSource::Best { folder: teachers.path().to_owned(), frames: experiment.teacher.frames };
            let group = StudentGroup {
                experiment: &experiment,
                seed: 1,
                students: experiment.students.clone(),
                games: vec![(Played::new(game, &seen, None), source)],
                folder: &Folder::at(root),
                device: Device::Cpu,
            };
            let pools = vec![pool_with(&group.views(), 4, 108_000)];
            let progress = StopAfter(Cell::new(stops));
            distill(&group, pools, &mut |_, _, _, _| Ok(None), &progress).unwrap()
        };
        survives_stops(29, work);
        let root = tempfile::tempdir().unwrap();
        work(root.path(), u64::MAX);
        let agent = AgentId::of(&experiment.students[0], game, 1);
        let rows: Vec<AdoptionRow> = read_rows(&Folder::at(root.path()).adoptions(&agent)).unwrap();
        assert_eq!(rows.iter().map(|row| row.teacher_frames).collect::<Vec<_>>(), [700, 1500]);
    }
}

//! The experiment files that come with the program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use policy_distillation::config::{self, Experiment, Overrides};
use serde_json::Value;

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments").join(folder);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    files
}

fn read(file: &Path) -> Experiment {
    config::read(file, &Overrides::default()).unwrap()
}

fn plan(file: &str) -> Value {
    plan_with(file, &[])
}

fn plan_with(file: &str, options: &[&str]) -> Value {
    let root = env!("CARGO_MANIFEST_DIR");
    let plan = ["plan", file, "--json"];
    let output = Command::new(env!("CARGO_BIN_EXE_pd")).args(plan).args(options).current_dir(root).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn every_experiment_of_the_paper_is_there_at_both_scales_with_a_folder_of_its_own() {
    let six = ["compression", "losses", "multitask-10", "multitask-3", "online", "temperature"];
    let names = |folder| -> Vec<String> {
        files(folder).iter().map(|file| file.file_stem().unwrap().to_string_lossy().into_owned()).collect()
    };
    assert_eq!(names("paper"), six);
    let small = names("reproduction");
    assert!(six.iter().all(|name| small.iter().any(|own| own == name)));
    let mut folders: Vec<_> =
        ["", "paper", "reproduction"].iter().flat_map(|folder| files(folder)).map(|file| read(&file).name).collect();
    let count = folders.len();
    folders.sort();
    folders.dedup();
    assert_eq!(folders.len(), count);
}

#[test]
fn the_papers_networks_for_several_games_have_its_parameter_counts_and_ales_pong() {
    for (file, paper) in [("multitask-3", 1_882_668), ("multitask-10", 6_756_721)] {
        let plan = plan(&format!("experiments/paper/{file}.toml"));
        let networks = plan["networks"].as_array().unwrap();
        let shared: Vec<_> = networks.iter().filter(|network| network["game"] == "multi").collect();
        assert!(!shared.is_empty());
        // ALE's Pong has three actions more than the paper's: 3 × (128 + 1) parameters.
        assert!(shared.iter().all(|network| network["parameters"] == paper + 387), "{shared:?}");
    }
}

#[test]
fn ten_memories_of_ten_hours_take_at_most_8_gb() {
    let plan = plan("experiments/paper/multitask-10.toml");
    let bytes = plan["memory_bytes"].as_u64().unwrap();
    assert!((2_000_000_000..8_000_000_000).contains(&bytes), "{bytes}");
}

#[test]
fn a_plan_counts_a_new_checkpoint_beside_the_old_and_the_teachers_that_are_kept_for_followers() {
    let ten = plan("experiments/paper/multitask-10.toml");
    let play = 10 * 540_000 * 520;
    assert!(ten["disk_bytes"].as_u64().unwrap() > 2 * play, "{}", ten["disk_bytes"]);
    let disk = |online: &str| {
        let plan = plan_with("experiments/paper/online.toml", &["--set", online]);
        plan["disk_bytes"].as_u64().unwrap()
    };
    // Two games, three seeds, 200 evaluations, and networks of 1.7 million parameters.
    let bests = disk("distillation.online=true") - disk("distillation.online=false");
    assert!((2 * 3 * 200 * 6_700_000..2 * 3 * 200 * 6_800_000).contains(&bests), "{bests}");
}

#[test]
fn a_plan_counts_all_networks_of_a_sweep() {
    let memory = |gaps: &str| {
        let set = |setting: &'static str| ["--set", setting];
        let small = [
            set("games=[\"pong\"]"),
            set("teacher.from=elsewhere"),
            set("distillation.memory=2000"),
            set("students.kl.temperature=auto"),
        ];
        let gaps = format!("distillation.sweep_gaps={gaps}");
        let options = [small.as_flattened(), &["--set", &gaps, "--jobs", "1"]].concat();
        plan_with("experiments/paper/online.toml", &options)["memory_bytes"].as_u64().unwrap()
    };
    // The students are as large as their teachers: 4 times 6.7 MB each.
    let four_more = memory("[1.0, 2.0, 3.0, 4.0, 5.0]") - memory("[1.0]");
    assert!((100_000_000..120_000_000).contains(&four_more), "{four_more}");
}

#[test]
fn committed_results_were_made_by_the_program_of_a_clean_commit() {
    let results = Path::new(env!("CARGO_MANIFEST_DIR")).join("results");
    let folders = fs::read_dir(results).unwrap().map(|entry| entry.unwrap().path());
    let manifests: Vec<PathBuf> =
        folders.map(|folder| folder.join("manifest.json")).filter(|file| file.exists()).collect();
    assert!(!manifests.is_empty());
    for file in manifests {
        let manifest: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        for maker in [&manifest].into_iter().chain(manifest["earlier"].as_array().into_iter().flatten()) {
            let commit = maker["git_commit"].as_str().unwrap_or_default();
            assert!(commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()), "{file:?}: {commit}");
        }
    }
}

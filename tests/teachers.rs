//! The teachers that are part of the repository.

use std::path::Path;

use policy_distillation::agent::{self, Player};
use policy_distillation::config::{self, Overrides};
use policy_distillation::env::{Pool, Rom, Rules};
use policy_distillation::eval::{Match, Split, play};
use policy_distillation::nn::Device;
use policy_distillation::record::{AgentId, EpisodeRow, Folder, read_rows};

use super::command::Run;
use super::scoring::Watch;

#[test]
fn each_teacher_plays_the_episodes_that_are_recorded_of_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("teachers");
    let mut teachers = 0;
    let folders = [root.clone(), root.join("longer"), root.join("dqn")].map(|root| std::fs::read_dir(root).unwrap());
    let entries = folders.into_iter().flatten().map(|entry| entry.unwrap().path());
    for folder in entries.filter(|entry| entry.join("experiment.toml").is_file()).map(Folder::at) {
        let experiment = config::read(&folder.experiment(), &Overrides::default()).unwrap();
        let (game, seed) = (experiment.games[0], experiment.seeds[0]);
        let teacher = AgentId::teacher(game, seed);
        let (network, _) = agent::load(&folder.weights(&teacher), Device::Cpu).unwrap();
        let mut recorded: Vec<EpisodeRow> = read_rows(&folder.episodes()).unwrap();
        recorded.retain(|row| row.id().unwrap() == teacher);
        let rules = Rules::of_evaluation(&experiment, game);
        let mut pool = Pool::load(game, Rom::find(game).unwrap().as_ref(), &rules, 2).unwrap();
        let seed = Split::Test.seed(seed, game);
        let first = Match { episodes: 0..2, epsilon: experiment.evaluation.epsilon, seed };
        let played = play(&mut pool, &Player::new(&network, 0), &first, &Watch).unwrap();
        for (row, episode) in recorded.iter().zip(&played) {
            assert_eq!((row.score, row.frames), (episode.score, episode.frames), "{game}, episode {}", row.episode);
        }
        teachers += usize::from(recorded.len() >= 100);
    }
    assert_eq!(teachers, 13);
}

#[test]
fn the_catalogue_names_the_teachers_with_their_scores() {
    let mut pd = std::process::Command::new(env!("CARGO_BIN_EXE_pd"));
    let output = pd.arg("games").current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let rows = |from: &str| {
        let (_, lines) = text.split_once(&format!("`teacher.from = \"{from}\"` distils:\n")).unwrap();
        lines.lines().skip(1).take_while(|line| !line.is_empty()).collect::<Vec<_>>()
    };
    let [shipped, longer, dqn] = ["shipped", "teachers/longer", "teachers/dqn"].map(rows);
    assert_eq!((shipped.len(), longer.len(), dqn.len()), (10, 2, 1), "{text}");
    assert!(shipped[6].starts_with("qbert ") && shipped[6].contains(" 3,996.5 ["), "{text}");
}

/// Two games whose shipped teachers learned with different settings.
const SHIPPED: &str = r#"
games = ["breakout", "pong"]
seeds = [1, 2]
[teacher]
from = "shipped"
[evaluation]
episodes = 1
[[students]]
name = "net3"
network = "net3"
"#;

#[test]
fn an_experiment_takes_the_shipped_teachers_of_its_games_however_each_learned() {
    let run = Run::new(SHIPPED);
    let experiment = config::read(&run.path("x.toml"), &Overrides::default()).unwrap();
    let frames = |game: usize| experiment.teacher_settings(experiment.games[game]).frames;
    assert_eq!((frames(0), frames(1)), (16_000_000, 8_000_000));
    let teacher = |name: &str| format!("take/teacher/{name}/seed-1");
    run.succeed(&["run", "x.toml", "--task", &teacher("breakout"), "--task", &teacher("pong")]);
    for game in ["breakout", "pong"] {
        let weights = |root: &Path| std::fs::read(root.join(format!("teachers/{game}/seed-1/weights.safetensors")));
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("teachers").join(game);
        assert!(weights(&run.path("results/x")).unwrap() == weights(&shipped).unwrap(), "{game}");
    }
    let plan: serde_json::Value = serde_json::from_str(&run.succeed(&["plan", "x.toml", "--json"])).unwrap();
    let students = plan["tasks"].as_array().unwrap().iter().filter(|task| task["kind"] == "distill");
    let inputs: Vec<_> = students.map(|task| task["inputs"][0].as_str().unwrap().to_owned()).collect();
    // Both seeds of the students learn from the one teacher of their game.
    assert_eq!(inputs, [teacher("breakout"), teacher("pong"), teacher("breakout"), teacher("pong")]);
}

#[test]
fn a_game_without_a_shipped_teacher_is_refused() {
    let run = Run::new(&SHIPPED.replace("\"pong\"", "\"catch\""));
    let output = run.pd(&["run", "x.toml"]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("teachers/catch") && error.contains("`pd games` lists the shipped teachers"), "{error}");
}

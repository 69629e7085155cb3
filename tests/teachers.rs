//! The teachers that are part of the repository.

use std::path::Path;

use policy_distillation::agent::{self, Player};
use policy_distillation::config::{self, Overrides};
use policy_distillation::env::{Pool, Rom, Rules};
use policy_distillation::eval::{Match, Split, play};
use policy_distillation::nn::Device;
use policy_distillation::record::{AgentId, EpisodeRow, Folder, read_rows};

use super::scoring::Watch;

#[test]
fn each_teacher_plays_the_episodes_that_are_recorded_of_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("teachers");
    let mut teachers = 0;
    for entry in std::fs::read_dir(&root).unwrap() {
        let folder = Folder::at(entry.unwrap().path());
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
    assert_eq!(teachers, 4);
}

#[test]
fn the_catalogue_names_the_teachers_with_their_scores() {
    let mut pd = std::process::Command::new(env!("CARGO_BIN_EXE_pd"));
    let output = pd.arg("games").current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let lines: Vec<_> = text.lines().filter(|line| line.starts_with("teacher of ")).collect();
    assert_eq!(lines.len(), 4, "{text}");
    assert!(lines[3].starts_with("teacher of qbert: 3996.5 [") && lines[3].ends_with("\"teachers/qbert\""), "{text}");
}

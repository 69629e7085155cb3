//! Parsers against damaged and hostile files: each file is read or refused, and none ends the program.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use policy_distillation::agent;
use policy_distillation::config::{self, Overrides};
use policy_distillation::nn::Device;
use policy_distillation::record::{
    AdoptionRow, DistillRow, EpisodeRow, EvalRow, ScoreRow, SummaryRow, SweepRow, TrainRow, parse_rows, read_state,
    write_state,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::RngSeed;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::command::TINY;
use super::resume::teacher;

/// That many cases, or as many as `PD_CASES` says; always the same, unless `PD_SEED` chooses others.
fn cases(usual: u32) -> ProptestConfig {
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    ProptestConfig {
        cases: number("PD_CASES").map_or(usual, |cases| cases as u32),
        rng_seed: RngSeed::Fixed(number("PD_SEED").unwrap_or(1)),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Values that fit no key, or only just.
const VALUES: &[&str] = &[
    "0",
    "-1",
    "1e308",
    "5e-324",
    "nan",
    "inf",
    "2147483648",
    "9223372036854775807",
    "-9223372036854775808",
    "1_000",
    "[]",
    "[[]]",
    "\"\"",
    "\"\\u0000\"",
    "\"../..\"",
    "true",
    "{}",
    "{ conv = [1, 1, 1], hidden = 1 }",
    "{ hidden = [] }",
    "1979-05-27",
];

/// A change of a file's content.
#[derive(Debug, Clone)]
enum Change {
    Flip(Index, u8),
    Remove(Index, usize),
    Insert(Index, Vec<u8>),
    /// A piece of the file once more, elsewhere.
    Repeat(Index, Index, usize),
    Cut(Index),
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        let place = |index: &Index, length: usize| if length == 0 { 0 } else { index.index(length) };
        let length = content.len();
        match self {
            Change::Flip(index, bit) if length > 0 => content[place(index, length)] ^= 1 << bit,
            Change::Flip(..) => {}
            Change::Remove(index, count) => {
                let from = place(index, length);
                content.drain(from..(from + count).min(length));
            }
            Change::Insert(index, bytes) => {
                let at = place(index, length);
                content.splice(at..at, bytes.clone());
            }
            Change::Repeat(from, to, count) => {
                let from = place(from, length);
                let piece = content[from..(from + count).min(length)].to_vec();
                let to = place(to, length);
                content.splice(to..to, piece);
            }
            Change::Cut(index) => content.truncate(place(index, length)),
        }
    }
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        6 => (any::<Index>(), 0_u8..8).prop_map(|(index, bit)| Change::Flip(index, bit)),
        2 => (any::<Index>(), 1_usize..20).prop_map(|(index, count)| Change::Remove(index, count)),
        2 => (any::<Index>(), vec(any::<u8>(), 1..40)).prop_map(|(index, bytes)| Change::Insert(index, bytes)),
        2 => (any::<Index>(), select(VALUES)).prop_map(|(index, value)| Change::Insert(index, value.into())),
        1 => (any::<Index>(), any::<Index>(), 1_usize..60).prop_map(|(from, to, count)| Change::Repeat(from, to, count)),
        1 => any::<Index>().prop_map(Change::Cut),
    ]
}

fn changed(content: &[u8], changes: &[Change]) -> Vec<u8> {
    let mut content = content.to_vec();
    changes.iter().for_each(|change| change.apply(&mut content));
    content
}

/// The text with other values in some of its lines.
fn with_values(text: &str, values: &[(Index, &str)]) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for (index, value) in values {
        let line = &mut lines[index.index(text.lines().count())];
        if let Some((key, _)) = line.split_once(" = ") {
            *line = format!("{key} = {value}");
        }
    }
    lines.join("\n")
}

const RLT: &str = include_str!("../experiments/rlt/quick.toml");

/// Reads an experiment of either line; only a panic, or endless work, is a fault.
fn read_experiment(text: &str, set: Vec<String>) {
    let overrides = Overrides { set, seed: None };
    config::read_text("x.toml", "x", text, &overrides).ok();
    config::explanations::read_text("x.toml", "x", text, &overrides).ok();
}

/// Weights of a tiny network, and the folder in which they are changed.
static WEIGHTS: LazyLock<(TempDir, Vec<u8>)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    let experiment = config::read_text("x.toml", "x", TINY, &Overrides::default()).unwrap();
    teacher(&experiment, experiment.games[0], &path, 3);
    let content = fs::read(&path).unwrap();
    (folder, content)
});

/// A file with a state, as checkpoints have.
type State = (String, Vec<Vec<f32>>, Option<(u64, bool)>, Vec<(String, [u64; 4])>);

static STATE: LazyLock<(TempDir, Vec<u8>)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.bin");
    let state: State = ("x".into(), vec![vec![1.5; 20]; 3], Some((7, true)), vec![("generator".into(), [1, 2, 3, 4])]);
    write_state(&path, &state).unwrap();
    let content = fs::read(&path).unwrap();
    (folder, content)
});

/// Writes a file anew: to write into the old one waits for the disk.
fn write_new(path: &Path, content: &[u8]) {
    fs::remove_file(path).ok();
    fs::write(path, content).unwrap();
}

/// Reads weights as if they had no digests, so that every change must be noticed by what it does.
fn read_weights(content: &[u8]) {
    let path = WEIGHTS.0.path().join("changed.safetensors");
    write_new(&path, content);
    agent::metadata(&path).ok();
    agent::load(&path, Device::Cpu).ok();
}

fn without_digests(content: &[u8]) -> Vec<u8> {
    let mut content = content.to_vec();
    for name in [&b"data_sha256"[..], b"metadata_sha256"] {
        let place = content.windows(name.len()).position(|window| window == name).unwrap();
        content[place] = b'x';
    }
    content
}

fn read_logs(content: &[u8]) {
    parse_rows::<TrainRow>(content).ok();
    parse_rows::<DistillRow>(content).ok();
    parse_rows::<EvalRow>(content).ok();
    parse_rows::<AdoptionRow>(content).ok();
    parse_rows::<SweepRow>(content).ok();
    parse_rows::<EpisodeRow>(content).ok();
    parse_rows::<ScoreRow>(content).ok();
    parse_rows::<SummaryRow>(content).ok();
}

/// A committed file of results.
fn committed(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("results/quickstart").join(name)).unwrap()
}

static LOGS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let first_lines =
        |name: &str| committed(name).split_inclusive(|&byte| byte == b'\n').take(4).flatten().copied().collect();
    ["episodes.csv", "scores.csv", "summary.csv"].iter().map(|name| first_lines(name)).collect()
});

proptest! {
    #![proptest_config(cases(4_000))]

    #[test]
    fn an_experiment_with_other_values_is_read_or_refused(
        text in select(vec![TINY, RLT]),
        values in vec((any::<Index>(), select(VALUES)), 1..4),
    ) {
        read_experiment(&with_values(text, &values), vec![]);
    }

    #[test]
    fn an_experiment_with_changed_bytes_is_read_or_refused(
        text in select(vec![TINY, RLT]),
        changes in vec(change(), 1..4),
    ) {
        let content = changed(text.as_bytes(), &changes);
        read_experiment(&String::from_utf8_lossy(&content), vec![]);
    }

    #[test]
    fn any_option_is_taken_or_refused(option in r#"[a-z_.0-9]{0,30}(=|\.)[-a-z0-9{}\[\]"=., ]{0,30}"#, value in select(VALUES)) {
        read_experiment(TINY, vec![option]);
        read_experiment(TINY, vec![format!("teacher.learning_rate={value}"), format!("students.kl.network={value}")]);
    }

    #[test]
    fn a_state_is_read_or_refused_whatever_its_bytes_are_and_whole_digests_do_not_help(changes in vec(change(), 1..4)) {
        let (folder, whole) = &*STATE;
        let path = folder.path().join("changed.bin");
        let content = changed(whole, &changes);
        write_new(&path, &content);
        let read = read_state::<State>(&path);
        prop_assert!(read.is_err() || content == *whole);
        let mut content = changed(&whole[..whole.len() - 32], &changes);
        content.extend_from_slice(&Sha256::digest(&content));
        write_new(&path, &content);
        read_state::<State>(&path).ok();
    }
}

proptest! {
    #![proptest_config(cases(10_000))]

    #[test]
    fn weights_with_a_changed_header_are_read_or_refused(
        changes in vec(change(), 1..4),
        is_long_enough in any::<bool>(),
    ) {
        let whole = without_digests(&WEIGHTS.1);
        let header = 8 + u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
        let mut content = changed(&whole[8..header], &changes);
        let length = if is_long_enough { content.len() } else { header - 8 } as u64;
        content.splice(0..0, length.to_le_bytes());
        content.extend_from_slice(&whole[header..]);
        read_weights(&content);
    }

    #[test]
    fn rows_with_changed_bytes_are_read_or_refused(file in 0_usize..3, changes in vec(change(), 1..4)) {
        read_logs(&changed(&LOGS[file], &changes));
    }
}

#[test]
fn committed_results_are_read_as_before() {
    let episodes: Vec<EpisodeRow> = parse_rows(&committed("episodes.csv")[..]).unwrap();
    let scores: Vec<ScoreRow> = parse_rows(&committed("scores.csv")[..]).unwrap();
    let played = |row: &ScoreRow| {
        let own =
            |episode: &&EpisodeRow| (&episode.agent, &episode.game, episode.seed) == (&row.agent, &row.game, row.seed);
        episodes.iter().filter(own).count() as u64
    };
    assert!(!scores.is_empty() && scores.iter().all(|row| played(row) == row.episodes));
}

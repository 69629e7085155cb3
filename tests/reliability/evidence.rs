//! What was changed on disk is noticed when it is read.

use std::fs;
use std::path::Path;

use policy_distillation::agent;
use policy_distillation::config::{self, Overrides};
use policy_distillation::nn::Device;

use crate::command::{Run, TINY, results};
use crate::resume::teacher;

/// Flips the lowest bit of the first character of a cell in a line of a CSV file, both counted from 0.
fn damage(path: &Path, line: usize, cell: usize) {
    let text = fs::read_to_string(path).unwrap();
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let cells = text[start..].split_inclusive(',').take(cell).map(str::len).sum::<usize>();
    let mut bytes = text.into_bytes();
    bytes[start + cells] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn evidence_that_was_changed_is_named_and_can_be_made_anew() {
    let run = Run::new(TINY);
    run.succeed(&["run", "x.toml"]);
    let before = results(&run);
    for (file, cell) in [
        ("episodes.csv", 6),
        ("scores.csv", 14),
        ("students/kl/catch/seed-1/train.csv", 3),
        ("teachers/catch/seed-1/eval.csv", 5),
    ] {
        let path = run.path("results/x").join(file);
        let whole = fs::read(&path).unwrap();
        damage(&path, 1, cell);
        let output = run.pd(&["report", "x.toml"]);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{file}");
        assert!(error.contains(&format!("{file}: damaged: line 2 is not what was written")), "{file}: {error}");
        assert!(error.contains("bring back a copy of the file, or remove it"), "{file}: {error}");
        fs::remove_file(&path).unwrap();
        run.succeed(&["run", "x.toml"]);
        if file.ends_with("train.csv") || file.ends_with("eval.csv") {
            fs::write(&path, whole).unwrap();
        }
        assert!(results(&run) == before, "{file}");
    }
}

#[test]
fn settings_and_manifests_that_were_changed_are_named() {
    let run = Run::new(TINY);
    run.succeed(&["train", "x.toml"]);
    for (file, was, is) in
        [("experiment.toml", "gamma = 0.99", "gamma = 0.98"), ("manifest.json", "threads\": 1", "threads\": 3")]
    {
        let path = run.path("results/x").join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(was), "{text}");
        fs::write(&path, text.replace(was, is)).unwrap();
        let output = run.pd(&["run", "x.toml"]);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && error.contains(file) && error.contains("not what was written"), "{error}");
        // As an older version writes it.
        let old: Vec<&str> = text.lines().filter(|line| !line.contains("sha256")).collect();
        fs::write(&path, old.join("\n").replace(",\n}", "\n}")).unwrap();
        run.succeed(&["train", "x.toml"]);
        fs::write(&path, text).unwrap();
    }
}

#[test]
fn every_flipped_bit_of_weights_is_noticed_or_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    let experiment = config::read_text("x.toml", "x", TINY, &Overrides::default()).unwrap();
    teacher(&experiment, experiment.games[0], &path, 3);
    let (network, metadata) = agent::load(&path, Device::Cpu).unwrap();
    let bytes = fs::read(&path).unwrap();
    let header = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    // Every bit of the header, and some of the data.
    let bits = (0..8 * header).chain((8 * header..8 * bytes.len()).step_by(131));
    let mut unnoticed = 0;
    for bit in bits {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, changed).unwrap();
        if let Ok((other, found)) = agent::load(&path, Device::Cpu) {
            assert!(found == metadata && other.values() == network.values(), "bit {bit} of {header} header bytes");
            unnoticed += 1;
        }
        if let Ok(found) = agent::metadata(&path) {
            assert_eq!(found, metadata, "bit {bit} of the header");
        }
    }
    // Those in the padding and in the keys of the digests themselves.
    assert!(unnoticed < 8 * 64, "{unnoticed}");
}

#[test]
fn weights_without_a_digest_are_read_as_before() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/network.safetensors");
    agent::load(&shipped, Device::Cpu).unwrap();
}

//! The modules import in one direction, and every experiment file can be read.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use policy_distillation::config::{self, LineName, Overrides};

/// The levels of the crate, lowest first; modules of one level do not import one another.
const LEVELS: &[&[&str]] = &[
    &["units", "digest", "limited", "progress", "statistics", "losses", "spec"],
    &["game", "questions"],
    &["config"],
    &["record"],
    &["env", "replay", "nn"],
    &["agent"],
    &["teacher", "distill", "explain", "eval"],
    &["report"],
    &["pipeline"],
    &["cli"],
];

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
    found
}

fn level(module: &str) -> usize {
    LEVELS.iter().position(|level| level.contains(&module)).unwrap_or_else(|| panic!("{module} has no level"))
}

/// The top-level modules that a source file names after `crate::`, tests left out.
fn imports(text: &str) -> BTreeSet<String> {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let code: String = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let mut found = BTreeSet::new();
    for part in code.split("crate::").skip(1) {
        let names = part.strip_prefix('{').map_or(part, |group| group.split(';').next().unwrap_or_default());
        let grouped = part.starts_with('{');
        for name in names.split(',').take(if grouped { usize::MAX } else { 1 }) {
            let word: String = name.trim().chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
            if LEVELS.iter().any(|level| level.contains(&word.as_str())) {
                found.insert(word);
            }
        }
    }
    found
}

#[test]
fn modules_import_only_from_below() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut seen = 0;
    for path in files(&root, "rs") {
        let relative = path.strip_prefix(&root).unwrap();
        let module = relative.iter().next().unwrap().to_string_lossy().trim_end_matches(".rs").to_owned();
        if ["lib", "main"].contains(&module.as_str()) {
            continue;
        }
        for import in imports(&fs::read_to_string(&path).unwrap()) {
            let downwards = level(&import) < level(&module);
            assert!(downwards || import == module, "{}: imports {import} from above", relative.display());
            seen += 1;
        }
    }
    let below_tests =
        imports("#[cfg(test)]\nmod tests;\nuse crate::pipeline::run;\n#[cfg(test)]\nmod tests {\nuse crate::cli;");
    assert_eq!(below_tests, BTreeSet::from(["pipeline".to_owned()]));
    assert!(seen > 50, "only {seen} imports were found: is the test still reading them?");
}

#[test]
fn only_the_bindings_to_the_emulator_have_unsafe_code_and_each_block_says_why_it_is_safe() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let has_unsafe = |text: &str| text.lines().any(|line| line.contains("unsafe ") && !line.trim().starts_with("//"));
    for path in files(&root.join("src"), "rs") {
        assert!(!has_unsafe(&fs::read_to_string(&path).unwrap()), "{}: unsafe code", path.display());
    }
    let mut seen = 0;
    for path in files(&root.join("crates/ale-rs/src"), "rs") {
        let text = fs::read_to_string(&path).unwrap();
        let blocks: usize =
            ["unsafe {", "unsafe impl", "unsafe extern"].map(|word| text.matches(word).count()).iter().sum();
        assert!(text.matches("// SAFETY:").count() >= blocks, "{}: a block without reason", path.display());
        seen += blocks;
    }
    assert!(seen > 10, "only {seen} blocks were found: is the test still reading them?");
}

#[test]
fn every_experiment_file_can_be_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments");
    let found = files(&folder, "toml");
    assert!(!found.is_empty());
    for path in found {
        let read = match config::line_of(&path).unwrap() {
            LineName::Atari => config::read(&path, &Overrides::default()).map(drop),
            LineName::Explanations => config::explanations::read(&path, &Overrides::default()).map(drop),
        };
        read.unwrap_or_else(|error| panic!("{error}"));
    }
}

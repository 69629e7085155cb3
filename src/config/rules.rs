//! Rules that the checks of all lines use.

use std::collections::HashSet;
use std::hash::Hash;

use super::Fault;

/// Most letters of a name. Those of files that are made from it must fit in a file system, with its endings.
const MOST_LETTERS: usize = 100;

/// Refuses the value of `key` with what it must be, unless the rule holds.
pub fn rule(key: &str, holds: bool, must: &str) -> Result<(), Fault> {
    if holds { Ok(()) } else { Err((key.to_owned(), must.to_owned())) }
}

/// The letters of a name.
const LETTERS: &str = "names a folder: up to 100 letters, digits, '-', '_' and '.', which is not the first";

/// Whether a name can be that of a folder.
pub fn is_name(name: &str) -> bool {
    (1..=MOST_LETTERS).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        && !name.starts_with('.')
}

/// Refuses a name that is none of a folder.
pub fn name(key: &str, name: &str) -> Result<(), Fault> {
    rule(key, is_name(name), LETTERS)
}

/// Refuses the name of an experiment that is none of a folder.
pub fn experiment_name(name: &str) -> Result<(), Fault> {
    let must = format!("{LETTERS}. Without a `name` in the file it is the file's name: add one, or rename the file");
    rule("name", is_name(name), &must)
}

/// Refuses seeds that are none, too large, or the same.
pub fn seeds(seeds: &[u64]) -> Result<(), Fault> {
    rule("seeds", !seeds.is_empty(), "name at least one seed")?;
    distinct_seeds("seeds", seeds)
}

/// Refuses seeds that are too large or the same.
pub fn distinct_seeds(key: &str, seeds: &[u64]) -> Result<(), Fault> {
    // TOML's integers are signed, and every seed must fit in the file that records it.
    rule(key, seeds.iter().all(|&seed| i64::try_from(seed).is_ok()), "must be below 2^63")?;
    rule(key, distinct(seeds.iter()), "name each seed once")
}

/// Whether no two items are the same.
pub fn distinct<T: Hash + Eq>(mut items: impl Iterator<Item = T>) -> bool {
    let mut seen = HashSet::new();
    items.all(|item| seen.insert(item))
}

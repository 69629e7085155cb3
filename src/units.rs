//! Counts that must not be mixed up, and the seed from which every generator of a run is derived.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The generator used everywhere: small, fast, and its state can be saved in a checkpoint.
pub type Generator = Xoshiro256PlusPlus;

macro_rules! count {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", grouped(self.0))
            }
        }
    };
}

count! {
    /// Emulator frames, 60 per second of play. Published budgets ("200 M frames") are in this unit.
    Frames
}
count! {
    /// Agent steps: one decision, `frame_skip` frames.
    Steps
}
impl Steps {
    /// The emulator frames that this many decisions last.
    pub fn frames(self, frame_skip: u32) -> Frames {
        Frames(self.0 * u64::from(frame_skip))
    }
}

impl Frames {
    /// The decisions that fit in this many frames.
    pub fn steps(self, frame_skip: u32) -> Steps {
        Steps(self.0 / u64::from(frame_skip))
    }
}

/// `1234567` as `1,234,567`.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A seed from which others are derived by name and index, so that no two parts of a run share a generator and the
/// number of threads cannot change what any of them draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(pub u64);

impl Seed {
    /// The seed of the part `name`, number `index`: the first 8 bytes of SHA-256(seed, name, index).
    #[must_use]
    pub fn derive(self, name: &str, index: u64) -> Seed {
        let digest = Sha256::new()
            .chain_update(self.0.to_le_bytes())
            .chain_update(name.as_bytes())
            .chain_update(index.to_le_bytes())
            .finalize();
        Seed(u64::from_le_bytes(digest[..8].try_into().expect("a digest has 32 bytes")))
    }

    /// A generator that starts from this seed.
    pub fn generator(self) -> Generator {
        Generator::seed_from_u64(self.0)
    }
}

/// Seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// The moment that many seconds after 1970: `2026-11-26 16:40 UTC`.
pub fn date(unix_time: u64) -> String {
    let moment = i64::try_from(unix_time).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    moment.map_or_else(|| unix_time.to_string(), |moment| moment.strftime("%Y-%m-%d %H:%M UTC").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_differ_by_name_and_by_index_and_repeat() {
        let seed = Seed(1);
        assert_eq!(seed.derive("worker", 0), seed.derive("worker", 0));
        assert_ne!(seed.derive("worker", 0), seed.derive("worker", 1));
        assert_ne!(seed.derive("worker", 0), seed.derive("replay", 0));
        assert_ne!(seed.derive("worker", 0), Seed(2).derive("worker", 0));
    }

    #[test]
    fn counts_are_printed_in_groups_of_three() {
        assert_eq!(Frames(1_693_362).to_string(), "1,693,362");
        assert_eq!(Frames(999).to_string(), "999");
        assert_eq!(Steps(50_000).frames(4), Frames(200_000));
    }

    #[test]
    fn a_moment_is_told_in_universal_time() {
        // `date -u -d @1790353205`
        assert_eq!(date(1_790_353_205), "2026-09-25 16:20 UTC");
        assert_eq!(date(u64::MAX), u64::MAX.to_string());
    }
}

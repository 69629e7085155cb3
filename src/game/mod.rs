//! The catalogue: every game that this build can play, with its ROM, its actions and published reference scores.

use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::spec::{Shape, Spec};

/// One row of the catalogue. The MD5 identifies the ROM; scores are raw and unclipped.
#[derive(Debug, PartialEq, Deserialize)]
pub struct CatalogueEntry {
    /// Name in ALE's spelling, which is also the ROM's file name without `.bin`.
    pub game: String,
    /// MD5 of the dump that ALE lists; empty for games that are part of this program and have no ROM.
    pub md5: String,
    /// MD5 of another known dump of the same game, which ALE accepts under the game's name; empty if there is none.
    /// (Defender's second dump is left out: with it ALE 0.12.1 never reaches the start of the game.)
    pub other_md5: String,
    #[serde(deserialize_with = "spaced")]
    minimal_actions: Vec<i32>,
    /// Score of uniformly random play (Mnih et al., 2015; later papers for games that are missing there).
    pub random: Option<f64>,
    /// Score of a professional human tester, as papers after Mnih et al. report it; it differs from that paper's
    /// figure.
    pub human: Option<f64>,
    /// Score of DQN after 50 M agent steps with null-op starts (Mnih et al., 2015).
    pub dqn: Option<f64>,
}

fn spaced<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<i32>, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.split(' ').map(|id| id.parse().map_err(serde::de::Error::custom)).collect()
}

static CATALOGUE: LazyLock<Vec<CatalogueEntry>> = LazyLock::new(|| {
    let mut files = vec![include_str!("catalogue.csv")];
    if cfg!(feature = "gym-rs") {
        files.push(include_str!("gym_rs.csv"));
    }
    let rows = |file: &str| -> Result<Vec<CatalogueEntry>, csv::Error> {
        csv::Reader::from_reader(file.as_bytes()).deserialize().collect()
    };
    let read = |file| rows(file).expect("the catalogue is part of this build and its test reads it");
    let mut entries: Vec<_> = files.into_iter().flat_map(read).collect();
    entries.sort_by(|one, other| one.game.cmp(&other.game));
    entries
});

/// Which of the console's 18 joystick actions an agent may choose from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActionSet {
    /// The actions that have an effect in the game.
    Minimal,
    /// All 18, as in the paper's table of network sizes.
    Full,
}

/// The part of the console that an agent observes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum View {
    /// The screen.
    #[default]
    Pixels,
    /// The console's memory: [`RAM`] bytes as a vector, each divided by 255.
    Ram,
}

impl View {
    /// Every view.
    pub const ALL: [View; 2] = [View::Pixels, View::Ram];

    /// The name in experiment files.
    pub fn name(self) -> &'static str {
        match self {
            View::Pixels => "pixels",
            View::Ram => "ram",
        }
    }

    /// Shape of the observations of a console's game.
    pub fn shape(self) -> Shape {
        match self {
            View::Pixels => Shape::ATARI,
            View::Ram => Shape::Vector { size: RAM },
        }
    }

    /// Whether the agent observes the screen.
    pub fn is_pixels(&self) -> bool {
        *self == View::Pixels
    }
}

/// Bytes of the console's memory.
pub const RAM: usize = 128;

/// Games of classic control, with the size of the vector that an agent sees.
const CLASSIC_CONTROL: [(&str, usize); 4] =
    [("cartpole", 4), ("mountain_car", 2), ("gym_rs_cartpole", 4), ("gym_rs_mountain_car", 2)];
/// Begins the names of games that only the cargo feature `gym-rs` adds.
const GYM_RS: &str = "gym_rs_";

/// A game of the catalogue.
#[derive(Clone, Copy, PartialEq)]
pub struct Game(&'static CatalogueEntry);

impl Eq for Game {}

impl Game {
    /// The ten games of *Policy Distillation*.
    pub const PAPER: [&'static str; 10] = [
        "beam_rider",
        "breakout",
        "enduro",
        "freeway",
        "ms_pacman",
        "pong",
        "qbert",
        "riverraid",
        "seaquest",
        "space_invaders",
    ];

    /// The game of that name, in ALE's spelling (`space_invaders`).
    ///
    /// # Errors
    /// [`UnknownGame`], with the nearest names, if the catalogue has none of that name.
    pub fn named(name: &str) -> Result<Game, UnknownGame> {
        Game::all().find(|game| game.name() == name).ok_or_else(|| UnknownGame::new(name))
    }

    /// Every game, in alphabetical order.
    pub fn all() -> impl Iterator<Item = Game> {
        CATALOGUE.iter().map(Game)
    }

    /// Name in ALE's spelling.
    pub fn name(self) -> &'static str {
        &self.0.game
    }

    /// The catalogue's row.
    pub fn entry(self) -> &'static CatalogueEntry {
        self.0
    }

    /// Whether the game is part of this program and needs no ROM.
    pub fn is_built_in(self) -> bool {
        self.0.md5.is_empty()
    }

    /// Shape of the observation vector, for a game of classic control.
    fn classic_control(self) -> Option<Shape> {
        let named = CLASSIC_CONTROL.iter().find(|(name, _)| *name == self.name());
        named.map(|&(_, size)| Shape::Vector { size })
    }

    /// Whether it is a game of classic control, which has neither frames nor a screen.
    pub fn is_classic_control(self) -> bool {
        self.classic_control().is_some()
    }

    /// ALE's action ids, or Gymnasium's numbers, in the order of a network's outputs.
    pub fn actions(self, set: ActionSet) -> Vec<i32> {
        match set {
            _ if self.is_classic_control() => self.0.minimal_actions.clone(),
            ActionSet::Minimal => self.0.minimal_actions.clone(),
            ActionSet::Full => (0..18).collect(),
        }
    }

    /// Observations that the game returns, and actions that it accepts.
    pub fn spec(self, set: ActionSet, view: View) -> Spec {
        Spec { observation: self.classic_control().unwrap_or(view.shape()), actions: self.actions(set) }
    }
}

impl fmt::Display for Game {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Game {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Game {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Game {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Game::named(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// The catalogue has no game of that name. The message lists similar names.
#[derive(Debug, thiserror::Error)]
#[error("unknown game \"{name}\"; {advice}")]
pub struct UnknownGame {
    name: String,
    advice: String,
}

impl UnknownGame {
    fn new(name: &str) -> UnknownGame {
        let plain = |text: &str| text.to_lowercase().replace(['_', '-', ' ', '*', '.'], "");
        let name_of_gym = plain(of_gym(name));
        if let Some(game) = Game::all().map(Game::name).find(|game| plain(game) == name_of_gym) {
            return UnknownGame { name: name.to_owned(), advice: format!("write \"{game}\"") };
        }
        let mut games: Vec<_> = Game::all().map(Game::name).collect();
        games.sort_by_cached_key(|game| strsim::damerau_levenshtein(&plain(game), &plain(name)));
        let advice = match name.starts_with(GYM_RS) && !cfg!(feature = "gym-rs") {
            true => "it needs a program built with `--features gym-rs`".to_owned(),
            false => format!("did you mean {}? `pd games` lists all", games[..3].join(", ")),
        };
        UnknownGame { name: name.to_owned(), advice }
    }
}

/// The part of a name as Gym and Gymnasium write it (`ALE/Pong-v5`, `PongNoFrameskip-v4`) that names the game.
fn of_gym(name: &str) -> &str {
    let name = name.strip_prefix("ALE/").unwrap_or(name);
    let version = name.rsplit_once("-v").filter(|(_, version)| version.chars().all(|c| c.is_ascii_digit()));
    let name = version.map_or(name, |(name, _)| name);
    let suffixes = ["NoFrameskip", "Deterministic"].iter().find_map(|suffix| name.strip_suffix(suffix));
    let name = suffixes.unwrap_or(name);
    name.strip_suffix("-ram").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_gym_lead_to_ours() {
        for (name, ours) in [
            ("PongNoFrameskip-v4", "pong"),
            ("ALE/Pong-v5", "pong"),
            ("QbertNoFrameskip-v4", "qbert"),
            ("SpaceInvaders-ramDeterministic-v4", "space_invaders"),
            ("ALE/MsPacman-v5", "ms_pacman"),
            ("Q*bert", "qbert"),
            ("CartPole-v1", "cartpole"),
        ] {
            let error = Game::named(name).unwrap_err().to_string();
            assert!(error.contains(&format!("write \"{ours}\"")), "{error}");
        }
    }

    #[test]
    fn the_papers_ten_games_have_88_minimal_actions_in_all() {
        // 85 in the paper, whose fork of ALE gives Pong 3 actions instead of 6.
        let actions = Game::PAPER.map(|name| Game::named(name).unwrap().actions(ActionSet::Minimal).len());
        assert_eq!(actions.iter().sum::<usize>(), 88);
    }

    #[test]
    fn an_unknown_game_is_answered_with_the_nearest_names() {
        let error = Game::named("Space-Invader").unwrap_err().to_string();
        assert!(error.contains("space_invaders"), "{error}");
    }

    #[test]
    #[cfg(not(feature = "gym-rs"))]
    fn a_game_of_a_feature_is_answered_with_the_feature() {
        let error = Game::named("gym_rs_cartpole").unwrap_err().to_string();
        assert!(error.contains("--features gym-rs"), "{error}");
    }

    #[test]
    fn names_are_unique_and_sorted() {
        let names: Vec<_> = Game::all().map(Game::name).collect();
        assert!(names.windows(2).all(|pair| pair[0] < pair[1]), "{names:?}");
    }
}

//! Known results of Rusu et al., "Policy Distillation" (2016, arXiv 1511.06295), and how well they are known.
//!
//! The paper's own text was not at hand. A figure is here only if data confirm it or public notes of the paper report
//! it. Figures that are only remembered, such as its students' scores in single games, are left out.

use crate::config::{NamedNetwork, NetworkChoice, TeacherSettings, Temperature, Widths};
use crate::game::Game;
use crate::losses::{KL, Loss, NLL};

/// The source of a statement about the paper. None of them is confirmed by its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Citation {
    /// At least two independent notes of the paper agree.
    Notes,
    /// One note of the paper.
    OneNote,
    /// The DQN paper, whose agents are the paper's teachers; its settings are taken to hold for the paper.
    Dqn,
    /// No note says it, but only this agrees with the reported numbers of parameters.
    Derived,
}

impl Citation {
    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Citation::Notes => "several notes",
            Citation::OneNote => "one note",
            Citation::Dqn => "Mnih et al. (2015)",
            Citation::Derived => "derived from its networks’ parameters",
        }
    }
}

/// Mean scores of the paper's DQN teachers, from human starts; published data confirm these four.
pub const TEACHERS: [(&str, f64); 4] = [("breakout", 303.9), ("freeway", 25.8), ("pong", 16.2), ("qbert", 4589.8)];

/// Temperature of the paper's students that were distilled with the KL loss.
pub const TEMPERATURE: f64 = 0.01;

/// A geometric mean over games of student / teacher.
#[derive(Debug, PartialEq)]
pub struct Reported {
    /// The paper's name of the agent.
    pub agent: &'static str,
    /// `None` for agents that learned by DQN and were not distilled.
    pub loss: Option<Loss>,
    /// Widths of the trunk.
    pub widths: Widths,
    pub games: &'static [&'static str],
    /// Whether one network plays all the games.
    pub one_network: bool,
    pub share: f64,
    pub source: Citation,
}

/// Freeway, Pong and Q*bert: derived from the network's number of parameters.
const THREE: &[&str] = &["freeway", "pong", "qbert"];
const TEN: &[&str] = &Game::PAPER;
const TEACHER: Widths = NamedNetwork::Teacher.widths();
/// The trunk of the paper's network for ten games.
pub const TEN_GAMES: Widths = Widths { conv: [64, 64, 64], hidden: 1500 };

/// Every mean that notes of the paper report.
pub const REPORTED: [Reported; 7] = [
    single("net1", NamedNetwork::Net1, 1.083),
    single("net2", NamedNetwork::Net2, 1.017),
    single("net3", NamedNetwork::Net3, 0.839),
    multi("Multi-DQN", None, TEACHER, THREE, 0.835, Citation::OneNote),
    multi("Multi-Dist-NLL", Some(NLL), TEACHER, THREE, 1.051, Citation::OneNote),
    multi("Multi-Dist-KL", Some(KL), TEACHER, THREE, 1.169, Citation::OneNote),
    multi("Multi-Dist-KL", Some(KL), TEN_GAMES, TEN, 0.893, Citation::Notes),
];

/// Findings in notes of the paper without a figure that the notes agree on.
pub const FINDINGS: [(&str, Citation); 2] = [
    ("Of the losses KL is best, then NLL, then MSE (Breakout, Freeway, Pong, Q*bert).", Citation::Notes),
    (
        "Students that learn from a teacher still in training follow its best policy so far, with far less variance than \
         the teacher’s own curve.",
        Citation::Notes,
    ),
];

const fn single(agent: &'static str, network: NamedNetwork, share: f64) -> Reported {
    let (loss, widths) = (Some(KL), network.widths());
    Reported { agent, loss, widths, games: TEN, one_network: false, share, source: Citation::Notes }
}

const fn multi(
    agent: &'static str,
    loss: Option<Loss>,
    widths: Widths,
    games: &'static [&'static str],
    share: f64,
    source: Citation,
) -> Reported {
    Reported { agent, loss, widths, games, one_network: true, share, source }
}

/// The paper's score of its teacher of `game`; `None` if our teacher has another algorithm, a variant of DQN or another size.
pub fn teacher(game: Game, settings: &TeacherSettings) -> Option<f64> {
    let is_comparable = settings.is_plain_dqn() && settings.network.widths() == Some(TEACHER);
    TEACHERS.iter().find(|(name, _)| is_comparable && *name == game.name()).map(|(_, score)| *score)
}

/// The paper's figure for an agent of that kind, by its loss (`None` for DQN), its trunk, and whether games share it.
/// The paper's games may be others, and more. [`Reported::note`] says so and must stand beside the figure.
pub fn reported(loss: Option<Loss>, network: &NetworkChoice, network_games: u64) -> Option<&'static Reported> {
    let one_network = network_games > 1;
    REPORTED.iter().find(|reported| {
        reported.loss == loss && Some(reported.widths) == network.widths() && reported.one_network == one_network
    })
}

impl Reported {
    /// The reservations about the figure beside a result over `games` (at that temperature, for a loss with one).
    pub fn note(&self, games: &[Game], temperature: Option<Temperature>) -> String {
        let theirs = self.games.len();
        let place = if self.one_network { " in one network" } else { "" };
        let shared = games.iter().filter(|game| self.games.contains(&game.name())).count();
        let games = match games.len() - shared {
            0 if shared == theirs => format!("over the same {theirs} games{place}"),
            0 => format!("over {theirs} games{place}, of which {shared} here"),
            others => format!("over {theirs} games{place}, of which {shared} here beside {others} not among them"),
        };
        let known = format!("reported by {}, unconfirmed; {games}", self.source.name());
        match temperature.filter(|&own| own != Temperature::Absolute(TEMPERATURE)) {
            Some(own) => format!("{known}; temperature {TEMPERATURE}, here {own}"),
            None => known,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, Overrides};
    use crate::losses::MSE;

    fn games(names: &[&str]) -> Vec<Game> {
        names.iter().map(|name| Game::named(name).unwrap()).collect()
    }

    #[test]
    fn a_figure_is_found_by_what_an_agent_is() {
        let figure =
            |loss, network: &NetworkChoice, games| reported(loss, network, games).map(|reported| reported.share);
        let [teacher, net2] = &[NamedNetwork::Teacher, NamedNetwork::Net2].map(NetworkChoice::Named);
        assert_eq!(figure(Some(KL), net2, 1), Some(1.017));
        assert_eq!(figure(Some(KL), &NetworkChoice::Widths(NamedNetwork::Net2.widths()), 1), Some(1.017));
        assert_eq!(figure(Some(NLL), teacher, 3), Some(1.051));
        assert_eq!(figure(None, teacher, 3), Some(0.835));
        assert_eq!(figure(Some(KL), &NetworkChoice::Widths(TEN_GAMES), 10), Some(0.893));
        assert_eq!(figure(Some(KL), &NetworkChoice::Widths(TEN_GAMES), 4), Some(0.893));
        assert_eq!(figure(Some(KL), teacher, 3), Some(1.169));
        // For single games with other losses the notes agree on no figure.
        assert_eq!((figure(Some(MSE), net2, 1), figure(Some(KL), net2, 2)), (None, None));
        assert_eq!((figure(Some(KL), teacher, 1), figure(None, teacher, 1)), (None, None));
    }

    #[test]
    fn what_is_not_comparable_is_said_beside_the_figure() {
        let note = |names: &[&str], temperature: Option<f64>| {
            REPORTED[0].note(&games(names), temperature.map(Temperature::Absolute))
        };
        let known = "reported by several notes, unconfirmed; over";
        assert_eq!(note(&["pong", "breakout"], Some(0.01)), format!("{known} 10 games, of which 2 here"));
        let beside = format!("{known} 10 games, of which 1 here beside 1 not among them");
        assert_eq!(note(&["pong", "alien"], None), beside);
        assert_eq!(note(&Game::PAPER, Some(0.1)), format!("{known} the same 10 games; temperature 0.01, here 0.1"));
        let four = REPORTED[6].note(&games(&["pong", "qbert", "breakout", "riverraid"]), None);
        assert_eq!(four, format!("{known} 10 games in one network, of which 4 here"));
        let relative = REPORTED[0].note(&games(&Game::PAPER), Some(Temperature::relative(2.0)));
        assert!(relative.ends_with("temperature 0.01, here 2 × action gap"), "{relative}");
    }

    #[test]
    fn a_teachers_figure_is_that_of_a_dqn_of_its_size() {
        let teachers = |text: &str| {
            let text = format!("games = [\"pong\"]\n[teacher]\n{text}");
            let experiment = config::read_text("x.toml", "x", &text, &Overrides::default()).unwrap();
            teacher(experiment.games[0], &experiment.teacher)
        };
        assert_eq!(teachers("network = \"teacher\""), Some(16.2));
        assert_eq!((teachers("network = \"net1\""), teachers("algorithm = \"pqn\"")), (None, None));
        assert!(TEACHERS.iter().all(|(name, _)| Game::PAPER.contains(name)));
    }
}

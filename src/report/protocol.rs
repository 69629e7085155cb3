//! The experiment's protocol beside the paper's, as far as the latter is known.

use super::format::{counted, listed, percent};
use super::prose::starts;
use super::read::Results;
use crate::config::{
    Data, Distillation, Experiment, Initialization, NamedNetwork, NetworkChoice, OptimizerRule, TeacherSettings,
};
use crate::eval::paper::{Citation, TEN_GAMES};
use crate::game::Game;
use crate::units::grouped;

/// The games of the paper's experiments, as text for a table.
const GAMES: &str = "ten; four of them for the losses, three also in one network";

/// One point of the protocol. Paper and experiment agree if their texts are equal.
pub struct ProtocolPoint {
    pub what: &'static str,
    pub paper: String,
    pub here: String,
    /// The source of the statement about the paper.
    pub source: Citation,
}

impl ProtocolPoint {
    pub fn differs(&self) -> bool {
        self.paper != self.here
    }
}

fn point(what: &'static str, paper: &str, here: String, source: Citation) -> ProtocolPoint {
    ProtocolPoint { what, paper: paper.to_owned(), here, source }
}

/// Every known point of the paper's protocol.
pub fn points(results: &Results) -> Vec<ProtocolPoint> {
    let experiment = &results.experiment;
    let emulator = match &results.manifest {
        _ if experiment.games.iter().all(|game| game.is_built_in()) => {
            "none: the games are part of this program".to_owned()
        }
        Some(manifest) => format!("ALE {}", manifest.maker.ale.as_deref().unwrap_or("not known")),
        None => "not known".to_owned(),
    };
    let mut points = vec![
        point("games", GAMES, games(experiment), Citation::Derived),
        point("emulator", "an ALE of its own (Pong has 3 actions)", emulator, Citation::Derived),
    ];
    points.extend(evaluation(experiment));
    points.extend(teacher(experiment));
    points.extend(networks(experiment));
    points.extend(distillation(experiment));
    points
}

fn games(experiment: &Experiment) -> String {
    let all = experiment.games.len();
    let shared = experiment.games.iter().filter(|game| Game::PAPER.contains(&game.name())).count();
    match shared {
        10 if all == 10 => GAMES.to_owned(),
        _ if shared == all => format!("{all} of the ten"),
        _ => format!("{all}, of which {shared} among the ten"),
    }
}

fn evaluation(experiment: &Experiment) -> [ProtocolPoint; 5] {
    let (environment, evaluation) = (&experiment.environment, &experiment.evaluation);
    let sticky = match environment.sticky_actions {
        0.0 => "none".to_owned(),
        share => format!("probability {share}"),
    };
    [
        point(
            "starts of scored episodes",
            "human starts, not public",
            starts(evaluation.no_op_max).trim_start_matches("with ").to_owned(),
            Citation::Notes,
        ),
        point(
            "random actions in scored episodes",
            "probability 0.05",
            format!("probability {}", evaluation.epsilon),
            Citation::Notes,
        ),
        point(
            "longest scored episode",
            "108,000 frames",
            format!("{} frames", grouped(evaluation.max_frames)),
            Citation::Notes,
        ),
        point("frames per decision", "4", environment.frame_skip.to_string(), Citation::Notes),
        point("sticky actions", "none", sticky, Citation::Dqn),
    ]
}

fn teacher(experiment: &Experiment) -> [ProtocolPoint; 4] {
    let network = |teacher: &TeacherSettings| {
        let norm = if teacher.layer_norm { ", normalised layers" } else { "" };
        format!("{}{norm}", teacher.network)
    };
    let frames = |teacher: &TeacherSettings| format!("{} frames", grouped(teacher.frames));
    let settings =
        |teacher: &TeacherSettings| format!("preset “{}” and the file’s (see experiment.toml)", teacher.preset);
    let here = |text: &dyn Fn(&TeacherSettings) -> String| of_teachers(experiment, text);
    [
        point("teacher", "DQN", here(&|teacher| teacher.algorithm_name()), Citation::Notes),
        point("teacher’s network", "32/64/64, 512", here(&network), Citation::Notes),
        point("teacher’s training", "200,000,000 frames", here(&frames), Citation::Dqn),
        point("teacher’s other settings", "those of Mnih et al. (2015)", here(&settings), Citation::Dqn),
    ]
}

/// A text about the teachers' settings. Where it differs between games, it names them.
pub fn of_teachers(experiment: &Experiment, text: impl Fn(&TeacherSettings) -> String) -> String {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for &game in &experiment.games {
        let own = text(experiment.teacher_settings(game));
        match groups.iter_mut().find(|(text, _)| *text == own) {
            Some((_, games)) => games.push(game.name()),
            None => groups.push((own, vec![game.name()])),
        }
    }
    match groups.as_slice() {
        [(text, _)] => text.clone(),
        groups => {
            groups.iter().map(|(text, games)| format!("{text} ({})", games.join(", "))).collect::<Vec<_>>().join("; ")
        }
    }
}

/// The networks of students. Where several losses share a network, the paper's comparison of losses is the counterpart,
/// whose students have the teacher's network; else its compression to net1, net2 and net3. Of its other experiments the
/// networks are not known.
fn networks(experiment: &Experiment) -> Vec<ProtocolPoint> {
    let students = |shared: bool| experiment.students.iter().filter(move |student| student.is_shared() == shared);
    let here = |shared: bool| distinct(students(shared).map(|student| student.network.to_string()));
    let named = |name: NamedNetwork| NetworkChoice::Named(name).to_string();
    let losses = distinct(students(false).map(|student| student.loss.name().to_owned()));
    let compressed = [NamedNetwork::Net1, NamedNetwork::Net2, NamedNetwork::Net3].map(named);
    let (single, shared) = (here(false), here(true));
    let for_single = match single.as_slice() {
        [_] if losses.len() > 1 => Some(named(NamedNetwork::Teacher)),
        own if own.iter().all(|network| compressed.contains(network)) => (own.len() == 3).then(|| own.join("; ")),
        _ => Some(compressed.join("; ")),
    };
    let (for_shared, source) = match experiment.games.len() {
        ..=3 => (named(NamedNetwork::Teacher), Citation::OneNote),
        _ => (NetworkChoice::Widths(TEN_GAMES).to_string(), Citation::Notes),
    };
    let for_shared = (!shared.is_empty()).then_some(for_shared);
    let single = for_single.map(|paper| point("students’ networks", &paper, single.join("; "), Citation::Notes));
    let shared = for_shared.map(|paper| point("network for several games", &paper, shared.join("; "), source));
    single.into_iter().chain(shared).collect()
}

/// The texts without repetition, in their order.
fn distinct(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut all = Vec::new();
    for text in texts {
        if !all.contains(&text) {
            all.push(text);
        }
    }
    all
}

fn distillation(experiment: &Experiment) -> Vec<ProtocolPoint> {
    let settings = &experiment.distillation;
    let whose = match settings.data {
        Data::Teacher => "the teacher’s play",
        Data::Student => "the student’s play",
        Data::Mixed => "half the teacher’s play, half the student’s",
    };
    let optimizer = optimizer(settings);
    let mut points = vec![
        point("play for students", "500 hours", counted(settings.hours, "hour"), Citation::OneNote),
        point("steps per hour of play", "54,000", grouped(settings.steps_per_hour), Citation::Notes),
        point("updates per hour of play", "10,000", grouped(settings.updates_per_hour), Citation::Notes),
        point("steps of play in memory", "540,000", grouped(settings.memory), Citation::Notes),
        point(
            "random actions in play",
            "probability 0.05",
            format!("probability {}", settings.epsilon),
            Citation::Notes,
        ),
        point("states that students learn from", "the teacher’s play", whose.to_owned(), Citation::OneNote),
        point("students’ optimiser", "RMSProp", optimizer, Citation::Notes),
    ];
    points.extend(temperatures(experiment).map(|here| point("temperature", "0.01", here, Citation::Notes)));
    points
}

/// The optimiser, with all settings that differ from its defaults.
fn optimizer(settings: &Distillation) -> String {
    let mut text = match settings.optimizer {
        OptimizerRule::RmsProp => "RMSProp",
        OptimizerRule::Adam => "Adam",
        OptimizerRule::RAdam => "RAdam",
        OptimizerRule::Muon => "Muon",
    }
    .to_owned();
    if settings.learning_rate_end_share != 1.0 {
        text += &format!(", rate falling to {} of itself", percent(settings.learning_rate_end_share));
    }
    if settings.average_last > 0.0 {
        text += &format!(", weights averaged over the last {} of updates", percent(settings.average_last));
    }
    match settings.initialization {
        Initialization::Uniform => text,
        Initialization::Biases => text + ", first biases from states of play",
        Initialization::Data => text + ", first weights from states of play",
    }
}

/// The temperatures of the students that have one, without repetition.
fn temperatures(experiment: &Experiment) -> Option<String> {
    let students = experiment.students.iter().filter(|student| student.loss.has_temperature());
    let all = distinct(students.map(|student| student.temperature.to_string()));
    (!all.is_empty()).then(|| listed(&all))
}

//! The protocol in a few sentences, and what introduces tables.

use std::collections::BTreeSet;
use std::path::Path;

use super::agent_result::{AgentResult, AgentResults};
use super::format::{counted, listed, percent};
use super::protocol::{of_teachers, points};
use super::read::Results;
use super::verdict::KEPT;
use crate::config::{Data, EnvironmentSettings, Keep};
use crate::eval::statistics::RESAMPLES;
use crate::game::ActionSet;
use crate::record::{Ratio, Role, ScoreRow};
use crate::units::grouped;

/// The games in which a student's relative score is not above 0.
pub fn not_above_0(agent_results: &AgentResults, agent: &str) -> Vec<String> {
    let below = |agent_result: &&AgentResult| agent_result.relative.is_some_and(|share| share.value <= 0.0);
    agent_results
        .of_agent(Role::Student, agent)
        .filter(below)
        .map(|agent_result| agent_result.game.to_string())
        .collect()
}

/// The command that repeats the results, with an explanation.
pub fn repeat(results: &Results) -> (String, &'static str) {
    let followed = results.adoptions.iter().flat_map(|(_, rows)| rows).any(|row| row.unix_time.is_some());
    match followed {
        true => (
            format!("pd follow {}/experiment.toml --from DIR", results.folder.display()),
            "follows the training in DIR. What students take from it depends on when it is where, so that they cannot be \
             made again just as they are.",
        ),
        false => run_again(&results.folder),
    }
}

/// The command that runs the experiment in a folder again, with an explanation.
pub fn run_again(folder: &Path) -> (String, &'static str) {
    let folder = folder.display();
    (
        format!("pd run {folder}/experiment.toml --out {folder}-again"),
        "makes everything again in another folder, to compare. On a CPU the same settings give the same scores, \
         whatever the number of threads.",
    )
}

/// The sentence about intervals: `drawn` says how resamples are drawn, `chance` names what varies within a seed.
pub fn intervals(drawn: &str, chance: &str) -> String {
    format!(
        "Intervals are 95% percentile bootstrap intervals ({} resamples){drawn} With one seed they cover the chance of the \
         {chance} alone; with few seeds they are too narrow.",
        grouped(RESAMPLES as u64)
    )
}

/// The level of one interval among many.
pub const EACH_BY_ITSELF: &str = "Each interval is 95% by itself: among many comparisons some are wrong by chance.";

/// The start of scored episodes.
pub fn starts(no_op_max: u32) -> String {
    match no_op_max {
        0 => "in a state of its own".to_owned(),
        most => format!("with 1 to {most} null-op frames"),
    }
}

/// The protocol behind every score of the report.
pub fn protocol(results: &Results) -> Vec<String> {
    let (environment, evaluation) = (&results.experiment.environment, &results.experiment.evaluation);
    vec![
        format!(
            "Scores are raw and unclipped, of whole games: {} for each agent, game and seed. An episode starts {} and \
             ends after {} frames at the latest.",
            counted(evaluation.episodes as u64, "episode"),
            starts(evaluation.no_op_max),
            grouped(evaluation.max_frames),
        ),
        format!(
            "Every agent plays greedily but for a random action with probability {}; a decision lasts {}; {}. \
             Random play chooses uniformly.",
            evaluation.epsilon,
            counted(environment.frame_skip.into(), "frame"),
            choices(environment),
        ),
        whose_states(results),
        format!(
            "The checkpoint of the teacher that is distilled and scored is {}.",
            of_teachers(&results.experiment, |teacher| kept(teacher.keep).to_owned())
        ),
        students_weights(results),
        intervals(
            ", stratified by game: in each game the seeds are drawn with replacement, a student together with its teacher \
             and random play, then the episodes of each. (rliable draws seeds alone, with the mean of their episodes.)",
            "episodes",
        ),
        relative(results),
        format!(
            "At the top, a student keeps its teacher’s score if its interval reaches 100% and begins at {} or more. Two \
             students are compared by the interval of their difference, for which seeds, and the episodes of teacher and \
             random play, are drawn for both together. {EACH_BY_ITSELF}",
            percent(KEPT)
        ),
        latency(results),
    ]
}

/// The two definitions of a relative score, and the games that have the second.
fn relative(results: &Results) -> String {
    let is_marked = |row: &&ScoreRow| row.role == Role::Student && row.ratio == Some(Ratio::AboveRandom);
    let marked: BTreeSet<&str> = results.scores.iter().filter(is_marked).map(|row| row.game.as_str()).collect();
    let games = results.experiment.games.iter().map(|game| game.name());
    let games: Vec<String> = games.filter(|game| marked.contains(game)).map(str::to_owned).collect();
    let here = if games.is_empty() { String::new() } else { format!(", here {}", listed(&games)) };
    format!(
        "A score relative to the teacher is student mean / teacher mean, the paper’s metric. In a game where the mean of \
         some agent, with some seed, is not above 0 by two standard errors, it is (student − random) / (teacher − \
         random) for all agents, and the game is marked *{here}. The two are not to be compared: where scores are near 0, \
         as Pong’s can be, the first is near 0 and the second far from it."
    )
}

/// How latencies were measured, and on which processors.
pub fn latency(results: &Results) -> String {
    let decisions = grouped(results.experiment.evaluation.latency_decisions as u64);
    let of_rows = results.scores.iter().filter_map(|row| row.processor.as_deref());
    let of_manifest = results.manifest.iter().map(|manifest| manifest.maker.machine.cpu.as_str());
    let mut names: Vec<String> = of_rows.map(str::to_owned).collect();
    if names.is_empty() {
        names.extend(of_manifest.filter(|name| !name.is_empty()).map(str::to_owned));
    }
    names.sort_unstable();
    names.dedup();
    let place = if names.is_empty() { String::new() } else { format!(", on {}", listed(&names)) };
    format!("Latency is the median of {decisions} single decisions{place}.")
}

/// The choice of the weights with which students are scored.
fn students_weights(results: &Results) -> String {
    let baselines = results.experiment.students.iter().filter(|student| student.is_baseline());
    let chosen =
        results.experiment.teacher.keep == Keep::Best && baselines.into_iter().any(|student| !student.is_shared());
    let text = "A student is scored with its last weights; none is chosen by its scores";
    match chosen {
        true => {
            format!("{text}, but those that learn one game from rewards, whose weights are chosen as a teacher’s are.")
        }
        false => format!("{text}."),
    }
}

/// The player of the states, and the teachers of the students.
fn whose_states(results: &Results) -> String {
    let settings = &results.experiment.distillation;
    let whose = match settings.data {
        Data::Teacher => "the teacher’s play",
        Data::Student => "the student’s own play",
        Data::Mixed => "play of which half is the teacher’s and half the student’s own",
    };
    let teacher = match settings.online || !results.adoptions.is_empty() {
        true => ". They follow the teacher through its training: in each hour they learn from its best so far",
        false => "",
    };
    format!(
        "Students learn from states of {whose}, with a random action with probability {}, and from the teacher’s \
         Q-values there{teacher}.",
        settings.epsilon
    )
}

/// The choice of a teacher's checkpoint, which never uses reported scores.
fn kept(keep: Keep) -> &'static str {
    match keep {
        Keep::Best => {
            "its best in the periodic evaluations. Those episodes have other null-op counts and random actions, drawn \
             from other seeds, than the final ones, which all scores here are from"
        }
        Keep::Last => "its last",
    }
}

/// The environment's effect on an agent's actions.
fn choices(environment: &EnvironmentSettings) -> String {
    let sticky = match environment.sticky_actions {
        0.0 => "no sticky actions".to_owned(),
        share => format!("sticky actions with probability {share}"),
    };
    let actions = match environment.action_set {
        ActionSet::Minimal => "the game’s own minimal actions",
        ActionSet::Full => "all 18 actions",
    };
    format!("{sticky}; {actions}")
}

/// The sources about the paper, and the limits of a comparison with it.
pub const PAPER: &str = "The paper is Rusu et al., “Policy Distillation”, 2016 (arXiv 1511.06295). Its own text was not at \
    hand: the scores of its DQN teachers are confirmed in published data, all else is what public notes report of it, \
    unconfirmed. Its students’ scores in single games, which nothing confirms, are left out. It scored from human starts, \
    which are not public, so that nobody outside can repeat its numbers: they show the order of size to expect, not a \
    target.";

/// The choice of a temperature.
pub const SWEEPS: &str = "Where a temperature is to be chosen, a student is distilled for a short while with each of \
    some multiples of its teacher’s mean action gap, always on the final teacher’s play; the student then takes the \
    multiple of the gap on what it learns from itself. Of those whose score is not below the interval of the best, the \
    one is taken that agreed most with the teacher, an hour’s updates earlier, on play which it had not trained on; with \
    one network for several games their mean agreement alone decides. The episodes are not those of the final evaluation.";

/// The variance of a learning curve.
pub const CURVES: &str = "Whether students that follow the best teacher so far swing less than the teacher itself. An \
    evaluation’s distance from the middle between its neighbours is what counts, its median over the curve, scaled to a standard \
    deviation: a steady climb does not count, and a few bends do not decide. In the last column they do: it has the mean in place of the \
    median. A ratio is given where both curves have equally \
    many evaluations of equally many episodes. It has no interval: two curves are one pair, and only more trainings would show \
    how much it varies. A student that has learned nothing is steady, too.";

/// Introduces the paper's findings that have no figure.
pub const FINDINGS: &str = "It also found, without a figure that is known well enough to stand here:";

/// The origin of published scores.
pub const PUBLISHED: &str = "Published scores of DQN and of random play are those of Mnih et al. (2015), and of later papers for \
    games that it lacks; those of a human tester are as later papers give them, which differ from Mnih et al.’s.";

/// Points in which the protocol agrees with the paper's, and points of the paper that are unknown.
pub fn same_as_paper(results: &Results) -> String {
    let same = points(results).into_iter().filter(|point| !point.differs());
    let same: Vec<String> = same.map(|point| format!("{} ({})", point.what, point.here)).collect();
    let same = match same.is_empty() {
        true => String::new(),
        false => format!("The same as in the paper, as far as it is known: {}. ", listed(&same)),
    };
    same + "Not known of the paper, and so not compared: its number of trainings, of episodes per score, its minibatch and \
            which checkpoints it scored."
}

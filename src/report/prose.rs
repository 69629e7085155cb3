//! The result in a sentence, and the protocol in a few.

use super::format::{counted, listed, percent, percent_with_interval};
use super::read::Results;
use super::standing::Standings;
use super::tables::interval;
use crate::config::{Environment, Keep, Network};
use crate::game::ActionSet;
use crate::record::{Role, SummaryRow};
use crate::units::grouped;

/// Most students that the sentence names.
const NAMED: usize = 3;

/// What came out, in one sentence. It names the first student of each network in the experiment's order.
pub fn result(results: &Results, standings: &Standings) -> String {
    let mut networks: Vec<Network> = Vec::new();
    let mut clauses = Vec::new();
    let mut games = 0;
    let mut seeds = 0;
    for student in &results.experiment.students {
        let row = standings.overall.iter().find(|row| row.role == Role::Student && row.agent == student.name);
        let Some(row) = row.filter(|_| !networks.contains(&student.network) && clauses.len() < NAMED) else { continue };
        networks.push(student.network);
        (games, seeds) = (row.games.max(games), row.seeds.max(seeds));
        let above_random = standings.of_agent(Role::Student, &row.agent).any(|standing| standing.above_random);
        clauses.push(clause(row, above_random, clauses.is_empty()));
    }
    if clauses.is_empty() {
        return "No student is scored yet.".to_owned();
    }
    let all = &results.experiment.games;
    let place = match (games, all.len() as u64) {
        (1, 1) => format!("In {}", all[0]),
        (some, all) if some < all => format!("Over {some} of {all} games, as a geometric mean"),
        (all, _) => format!("Over {all} games, as a geometric mean"),
    };
    format!("{place}, with {}: {}.", counted(seeds, "seed"), listed(&clauses))
}

/// One student's part of the sentence; what `first` says holds for those after it.
fn clause(row: &SummaryRow, above_random: bool, first: bool) -> String {
    let agent = &row.agent;
    let Some(share) = row.relative_geometric_mean else {
        return format!("{agent} has no score relative to its teacher’s that is defined");
    };
    let verb = if share > 1.0 { "reaches" } else { "keeps" };
    let share = percent_with_interval(share, interval(row));
    let of = if above_random { " of its teacher’s score above random play" } else { " of its teacher’s score" };
    let size = row.compression.map_or(String::new(), percent);
    if first {
        format!("{agent} {verb} {share}{of} with {size} of the parameters")
    } else {
        format!("{agent} {verb} {share} with {size}")
    }
}

/// How every score of the report came about.
pub fn protocol(results: &Results) -> Vec<String> {
    let (environment, evaluation) = (&results.experiment.environment, &results.experiment.evaluation);
    let keep = match results.experiment.teacher.keep {
        Keep::Best => "its best in the periodic evaluations, whose episodes are not those of the final one",
        Keep::Last => "its last",
    };
    vec![
        format!(
            "Scores are raw and unclipped, of whole games: {} for each agent, game and seed. An episode starts with 1 \
             to {} null-op frames and ends after {} frames at the latest.",
            counted(evaluation.episodes as u64, "episode"),
            evaluation.no_op_max,
            grouped(evaluation.max_frames),
        ),
        format!(
            "Every agent plays greedily but for a random action with probability {}; a decision lasts {} frames; {}. \
             Random play chooses uniformly.",
            evaluation.epsilon,
            environment.frame_skip,
            choices(environment),
        ),
        format!("The checkpoint of the teacher that is distilled and scored is {keep}."),
        "Intervals are 95% percentile bootstrap intervals (10,000 resamples) over episodes, each game and seed \
         resampled on its own; those of relative scores resample the episodes of student and teacher. They cover the \
         chance of the episodes, not that of another training: for that compare the seeds."
            .to_owned(),
        "A score relative to the teacher is student mean / teacher mean, the paper’s metric. Where one of the two is \
         not above 0 it is (student − random) / (teacher − random), marked *."
            .to_owned(),
        format!("Latency is the median of {} single decisions.", grouped(evaluation.latency_decisions as u64)),
    ]
}

/// What an agent's choices meet in the emulator.
fn choices(environment: &Environment) -> String {
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

/// What the paper's figures are, and what they are not.
pub const PAPER: &str = "The paper’s figures (Rusu et al., “Policy Distillation”, 2016; arXiv 1511.06295) are reported \
    from notes of the paper that agree with one another: geometric means over its ten games, scored from human starts, \
    which are not public, after 500 hours of play. They show the order of size to expect, not a target that these \
    numbers could be measured against.";

/// What the published scores are.
pub const PUBLISHED: &str = "Another protocol, not comparable directly: published scores of random play, a human \
    tester and DQN (Mnih et al., 2015, and later papers for games that it lacks), as a rough scale.";

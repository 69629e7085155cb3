//! Two students against each other.

use super::Mean;
use crate::config::StudentSettings;
use crate::eval::statistics::{self, Estimate, GameRuns};
use crate::record::Role;
use crate::report::agent_result::{AgentResults, seed_for};
use crate::report::read::Results;
use crate::report::runs::runs_in_both;

/// The first student's mean relative score minus the second's, with its interval, over the games and seeds that both
/// have.
pub fn difference(
    results: &Results,
    agent_results: &AgentResults,
    mean: Mean,
    pair: [&StudentSettings; 2],
) -> Option<Estimate> {
    let [one, other] = pair.map(|student| student.name.as_str());
    let in_both = agent_results.of_agent(Role::Student, one).filter_map(|first| {
        let second = agent_results.of_agent(Role::Student, other).find(|own| own.game == first.game)?;
        runs_in_both(results, [first, second])
    });
    let (firsts, seconds): (Vec<GameRuns>, Vec<GameRuns>) = in_both.unzip();
    let one_network = pair.iter().any(|student| student.is_shared());
    let by =
        statistics::difference([&firsts, &seconds], mean.figure(), one_network, seed_for(&format!("{one} − {other}")))?;
    let is_single = firsts.iter().chain(&seconds).any(GameRuns::is_single);
    Some(by.known_if(!is_single))
}

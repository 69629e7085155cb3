//! The agents of an experiment, and their networks.

use crate::config::{EnvironmentSettings, Experiment, StudentSettings};
use crate::game::Game;
use crate::nn::Architecture;
use crate::record::{AgentId, Role};

/// Every teacher, seed by seed.
pub fn teachers(experiment: &Experiment) -> Vec<AgentId> {
    let of_seed = |&seed: &u64| experiment.games.iter().map(move |&game| AgentId::teacher(game, seed));
    experiment.teacher_seeds().iter().flat_map(of_seed).collect()
}

/// The teacher in `game` of the students with that seed.
pub fn teacher_of(experiment: &Experiment, game: Game, seed: u64) -> AgentId {
    AgentId::teacher(game, experiment.teacher_seed(seed))
}

/// Every network of the students that `chosen` accepts, seed by seed. A network for several games is listed once, as
/// the player of the first.
pub fn networks(experiment: &Experiment, chosen: impl Fn(&StudentSettings) -> bool) -> Vec<AgentId> {
    let mut networks = Vec::new();
    for &seed in &experiment.seeds {
        for student in experiment.students.iter().filter(|student| chosen(student)) {
            let games = if student.is_shared() { &experiment.games[..1] } else { &experiment.games };
            networks.extend(games.iter().map(|&game| AgentId::of(student, game, seed)));
        }
    }
    networks
}

/// Every agent that is scored, in the order of the files.
pub fn agents(experiment: &Experiment) -> Vec<AgentId> {
    let (own, teachers) = (&experiment.seeds, experiment.teacher_seeds());
    let mut agents = Vec::new();
    for &game in &experiment.games {
        for &seed in own {
            agents.push(AgentId::random(game, seed));
            agents.extend(teachers.contains(&seed).then(|| AgentId::teacher(game, seed)));
            agents.extend(experiment.students.iter().map(|student| AgentId::of(student, game, seed)));
        }
        let others = teachers.iter().filter(|seed| !own.contains(seed));
        agents.extend(others.map(|&seed| AgentId::teacher(game, seed)));
    }
    agents
}

/// The games that the agent's network plays, in the order of its heads.
pub fn games(experiment: &Experiment, agent: &AgentId) -> Vec<Game> {
    if agent.shared { experiment.games.clone() } else { vec![agent.game] }
}

/// The environment as the agent sees it.
pub fn environment(experiment: &Experiment, agent: &AgentId) -> EnvironmentSettings {
    let teachers = &experiment.environment;
    student(experiment, agent).map_or_else(|| teachers.clone(), |student| student.environment(teachers))
}

/// The agent's network in the experiment; `None` for random play.
pub fn architecture(experiment: &Experiment, agent: &AgentId) -> Option<Architecture> {
    let environment = environment(experiment, agent);
    let spec = |game: Game| environment.spec(game);
    match agent.role {
        Role::Random => None,
        Role::Teacher => Some(Architecture::teacher(experiment.teacher_settings(agent.game), &spec(agent.game))),
        Role::Student => {
            let student = student(experiment, agent)?;
            let games = games(experiment, agent).into_iter().map(|game| (game.name(), spec(game)));
            Some(Architecture::student(student, games).normalised(experiment.is_normalised(student)))
        }
    }
}

/// The agent's section of the experiment; `None` if it is not one of its students.
pub fn student<'a>(experiment: &'a Experiment, agent: &AgentId) -> Option<&'a StudentSettings> {
    experiment.students.iter().find(|student| agent.is_student() && student.name == agent.name)
}

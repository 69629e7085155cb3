//! The settings on which the result of each kind of work depends.

use super::work::AgentWork;
use crate::config::{Experiment, OF_EVERY_PLAY, is_of_scored_play, student_setting};
use crate::record::AgentId;

/// Settings of the teacher that change no weights.
const WITHOUT_EFFECT: [&str; 5] = ["from", "seeds", "preset", "checkpoint_every", "log_every"];

/// Settings of the periodic evaluation. It chooses the weights that are kept, unless the last ones are.
const CHOICE_OF_BEST: [&str; 2] = ["evaluation_every", "evaluation_episodes"];

/// Settings of distillation that change no student's weights.
const WITHOUT_EFFECT_ON_STUDENTS: [&str; 5] =
    // Each student's own section has the learning rate.
    ["preset", "checkpoint_every", "evaluation_every", "evaluation_episodes", "learning_rate"];

/// Whether the result of `work` depends on the setting `key`, apart from its inputs.
pub fn depends_on(experiment: &Experiment, work: &AgentWork, key: &str) -> bool {
    let (section, rest) = key.split_once('.').unwrap_or((key, ""));
    match work {
        // Each of a collection's teachers learned in its own way; only how it plays must agree.
        AgentWork::Take(_) if experiment.collection.is_some() => {
            OF_EVERY_PLAY.contains(&key) || key == "environment.observation"
        }
        AgentWork::Train(agent) | AgentWork::Take(agent) => match section {
            "environment" => true,
            "teacher" => training_depends_on(experiment, agent, rest),
            // Only a training writes the weights that students follow.
            "distillation" => rest == "online" && experiment.distillation.online && !agent.is_student(),
            "students" => agent.is_student() && student_depends_on(experiment, &agent.name, key),
            _ => false,
        },
        AgentWork::Sweep(agent) | AgentWork::Distill(agent) | AgentWork::Follow(agent) => match section {
            "environment" => true,
            "distillation" => match work {
                AgentWork::Sweep(_) => !["preset", "checkpoint_every", "evaluation_every"].contains(&rest),
                _ => !rest.starts_with("sweep_") && !WITHOUT_EFFECT_ON_STUDENTS.contains(&rest),
            },
            "students" => student_depends_on(experiment, &agent.name, key),
            _ => false,
        },
        AgentWork::Evaluate(_) => is_of_scored_play(key),
        AgentWork::Report => false,
    }
}

fn training_depends_on(experiment: &Experiment, agent: &AgentId, key: &str) -> bool {
    let is_baseline = agent.is_student();
    let is_without_effect = WITHOUT_EFFECT.contains(&key) || is_baseline && key == "network";
    !is_without_effect && (experiment.evaluations_choose(is_baseline) || !CHOICE_OF_BEST.contains(&key))
}

fn student_depends_on(experiment: &Experiment, name: &str, key: &str) -> bool {
    let Some((owner, key)) = student_setting(key) else { return false };
    let softens = experiment.students.iter().any(|student| student.name == name && student.loss.has_temperature());
    owner == name && key != "name" && (key != "temperature" || softens)
}

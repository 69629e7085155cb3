//! Refuses values that have the right type but cannot work.

use super::rules::{self, distinct, rule};
use super::{Algorithm, Data, EnvironmentSettings, Experiment, Fault, Layers, NetworkChoice, StepSpan, Widths};
use crate::game::{ActionSet, Game};
use crate::spec::Shape;

/// Maximum number of environments that are played at once.
pub const MOST_WORKERS: usize = 1024;
/// Maximum number of frames for which an action is repeated.
pub const MOST_FRAME_SKIP: u32 = 1024;
/// Maximum number of null-ops at the start of an episode.
pub const MOST_NO_OPS: u32 = 100_000;
/// Maximum number of samples of one update.
const MOST_BATCH: u64 = 1 << 16;
/// Maximum number of rollout steps, epochs and other repetitions.
const MOST_REPETITIONS: u64 = 1_000_000;
/// Maximum number of updates, steps and places in a memory.
const MOST_STEPS: u64 = 1_000_000_000;
/// Maximum number of frames.
const MOST_FRAMES: u64 = 1_000_000_000_000;

/// Refuses the first value that is out of range.
pub fn check(experiment: &Experiment) -> Result<(), Fault> {
    names(experiment)?;
    classic_control(experiment)?;
    counts(experiment)?;
    shares(experiment)?;
    memories(experiment)?;
    for (index, student) in experiment.students.iter().enumerate() {
        widths(&format!("students.{index}.network"), &student.network)?;
        let temperature = student.temperature.of_gap(|| 1.0).is_none_or(positive);
        rule(&format!("students.{index}.temperature"), temperature, "must be a finite number above 0")?;
    }
    students(experiment)?;
    widths("teacher.network", &experiment.teacher.network)?;
    shapes(experiment)
}

/// Settings that do not apply to games of classic control must have neutral values.
fn classic_control(experiment: &Experiment) -> Result<(), Fault> {
    let Experiment { games, environment, evaluation, .. } = experiment;
    let Some(game) = games.iter().find(|game| game.is_classic_control()) else {
        rule("environment.no_op_max", environment.no_op_max >= 1, "must be at least 1")?;
        return rule("evaluation.no_op_max", evaluation.no_op_max >= 1, "must be at least 1");
    };
    let alone = games.iter().all(|game| game.is_classic_control());
    rule("games", alone, &format!("{game} has steps, not frames; put it into an experiment of its own"))?;
    let one = format!("must be 1: {game} has no frames to skip");
    rule("environment.frame_skip", environment.frame_skip == 1, &one)?;
    let no_null_ops = format!("must be 0: {game} has no null-ops");
    rule("environment.no_op_max", environment.no_op_max == 0, &no_null_ops)?;
    rule("evaluation.no_op_max", evaluation.no_op_max == 0, &no_null_ops)?;
    let not_sticky = format!("must be 0: {game} has no frames between which an action could stick");
    rule("environment.sticky_actions", environment.sticky_actions == 0.0, &not_sticky)?;
    let minimal = format!("must be \"minimal\": {game} has no joystick");
    rule("environment.action_set", environment.action_set == ActionSet::Minimal, &minimal)?;
    let seen = |default| format!("must be \"{default}\", the default: {game} has no console; agents observe its state");
    rule("environment.observation", environment.observation.is_pixels(), &seen("pixels"))?;
    let own = experiment.students.iter().position(|student| !student.environment(environment).observation.is_pixels());
    own.map_or(Ok(()), |index| rule(&format!("students.{index}.observation"), false, &seen("teacher")))
}

/// Each network must fit the observations of the games.
fn shapes(experiment: &Experiment) -> Result<(), Fault> {
    let network = |key: &str, network: &NetworkChoice, environment: &EnvironmentSettings| {
        experiment.games.iter().try_for_each(|&game| {
            let shape = environment.spec(game).observation;
            let (fits, choose) = match (shape, network.layers()) {
                (Shape::Image { .. }, layers) => (
                    matches!(layers, Layers::Convolutional(_)),
                    "\"teacher\", \"net1\", \"net2\", \"net3\" or { conv = [A, B, C], hidden = D }",
                ),
                (Shape::Vector { .. }, layers) => (matches!(layers, Layers::Dense(_)), "{ hidden = [64, 64] }"),
            };
            rule(key, fits, &format!("{game} is seen as {shape}; choose {choose}"))
        })
    };
    network("teacher.network", &experiment.teacher.network, &experiment.environment)?;
    for (index, student) in experiment.students.iter().enumerate() {
        let environment = student.environment(&experiment.environment);
        network(&format!("students.{index}.network"), &student.network, &environment)?;
        let shape = |game: &Game| environment.spec(*game).observation;
        let first = &experiment.games[0];
        let other = experiment.games.iter().find(|game| student.is_shared() && shape(game) != shape(first));
        let Some(other) = other else { continue };
        let must = format!("together: {first} is seen as {}, {other} as {}; use \"each\"", shape(first), shape(other));
        rule(&format!("students.{index}.games"), false, &must)?;
    }
    Ok(())
}

/// Checks the sections on which the students depend.
fn students(experiment: &Experiment) -> Result<(), Fault> {
    let distillation = &experiment.distillation;
    let workers = experiment.environment.workers;
    let halves = distillation.data != Data::Mixed || workers.is_multiple_of(2);
    let must = format!(
        "mixed: every second worker plays for the student, so that {workers} are not half and half; set \
         environment.workers to an even number"
    );
    rule("distillation.data", halves, &must)?;
    for (index, student) in experiment.students.iter().enumerate() {
        let several = !student.is_shared() || experiment.games.len() > 1;
        rule(&format!("students.{index}.games"), several, "together: needs at least two games")?;
        let rate = student.learning_rate.or(distillation.learning_rate);
        rule(&format!("students.{index}.learning_rate"), positive(rate), "must be a finite number above 0")?;
    }
    let gaps = !distillation.sweep_gaps.is_empty() && distillation.sweep_gaps.iter().all(|&gaps| positive(gaps));
    rule("distillation.sweep_gaps", gaps, "must be one or more numbers above 0")?;
    let distinct = distinct(distillation.sweep_gaps.iter().map(|gaps| gaps.to_bits()));
    rule("distillation.sweep_gaps", distinct, "name each number once")?;
    // Agreement is measured at the beginning of an hour.
    rule("distillation.sweep_hours", distillation.sweep_hours >= 2, "must be at least 2")
}

fn positive(x: f64) -> bool {
    x > 0.0 && x.is_finite()
}

fn names(experiment: &Experiment) -> Result<(), Fault> {
    rules::experiment_name(&experiment.name)?;
    rule("games", !experiment.games.is_empty(), "name at least one game")?;
    rule("games", distinct(experiment.games.iter().map(|game| game.name())), "name each game once")?;
    rules::seeds(&experiment.seeds)?;
    rules::distinct_seeds("teacher.seeds", &experiment.teacher.seeds)?;
    for (index, student) in experiment.students.iter().enumerate() {
        let key = format!("students.{index}.name");
        rules::name(&key, &student.name)?;
        let reserved = ["teacher", "random"].contains(&student.name.as_str());
        rule(&key, !reserved, "every experiment has an agent of this name; choose another")?;
        let earlier = &experiment.students[..index];
        rule(
            &key,
            earlier.iter().all(|other| other.name != student.name),
            "another student or baseline has this name",
        )?;
    }
    Ok(())
}

fn counts(experiment: &Experiment) -> Result<(), Fault> {
    counts_from_1(experiment)?;
    counts_from_0(experiment)?;
    let skip = experiment.environment.frame_skip;
    let must = format!("must be at least {skip}, the frames of a step");
    rule("teacher.frames", experiment.teacher.steps(skip).0 > 0, &must)?;
    let falls = match experiment.teacher.epsilon_steps {
        StepSpan::Steps(steps) => (1..=MOST_FRAMES).contains(&steps),
        StepSpan::Share(share) => share > 0.0 && share <= 1.0,
    };
    rule("teacher.epsilon_steps", falls, "must be a number of steps of at least 1, or a share above 0 and up to 1.0")
}

/// Counts that must not be 0.
fn counts_from_1(experiment: &Experiment) -> Result<(), Fault> {
    let Experiment { environment, teacher, distillation, evaluation, .. } = experiment;
    for (key, value, most) in [
        ("environment.frame_skip", u64::from(environment.frame_skip), u64::from(MOST_FRAME_SKIP)),
        ("environment.max_frames", environment.max_frames, MOST_FRAMES),
        ("environment.workers", environment.workers as u64, MOST_WORKERS as u64),
        ("teacher.frames", teacher.frames, MOST_FRAMES),
        ("teacher.n_step", teacher.n_step as u64, MOST_REPETITIONS),
        ("teacher.batch", teacher.batch as u64, MOST_BATCH),
        ("teacher.update_period", teacher.update_period, MOST_FRAMES),
        ("teacher.target_period", teacher.target_period, MOST_FRAMES),
        ("teacher.rollout", teacher.rollout, MOST_REPETITIONS),
        ("teacher.epochs", teacher.epochs, MOST_REPETITIONS),
        ("teacher.minibatches", teacher.minibatches as u64, MOST_REPETITIONS),
        ("teacher.log_every", teacher.log_every, MOST_FRAMES),
        ("teacher.evaluation_every", teacher.evaluation_every, MOST_FRAMES),
        ("teacher.evaluation_episodes", teacher.evaluation_episodes as u64, MOST_REPETITIONS),
        ("teacher.checkpoint_every", teacher.checkpoint_every, MOST_FRAMES),
        ("distillation.hours", distillation.hours, MOST_REPETITIONS),
        ("distillation.steps_per_hour", distillation.steps_per_hour, MOST_STEPS),
        ("distillation.updates_per_hour", distillation.updates_per_hour, MOST_STEPS),
        ("distillation.memory", distillation.memory, MOST_STEPS),
        ("distillation.batch", distillation.batch as u64, MOST_BATCH),
        ("distillation.evaluation_episodes", distillation.evaluation_episodes as u64, MOST_REPETITIONS),
        ("distillation.checkpoint_every", distillation.checkpoint_every, MOST_FRAMES),
        ("evaluation.episodes", evaluation.episodes as u64, MOST_REPETITIONS),
        ("evaluation.max_frames", evaluation.max_frames, MOST_FRAMES),
        ("evaluation.workers", evaluation.workers as u64, MOST_WORKERS as u64),
        ("evaluation.latency_decisions", evaluation.latency_decisions as u64, MOST_REPETITIONS),
    ] {
        rule(key, value >= 1, "must be at least 1")?;
        rule(key, value <= most, &format!("must be at most {most}"))?;
    }
    Ok(())
}

/// Counts that may be 0.
fn counts_from_0(experiment: &Experiment) -> Result<(), Fault> {
    let Experiment { environment, teacher, distillation, evaluation, .. } = experiment;
    for (key, value, most) in [
        ("environment.no_op_max", u64::from(environment.no_op_max), u64::from(MOST_NO_OPS)),
        ("evaluation.no_op_max", u64::from(evaluation.no_op_max), u64::from(MOST_NO_OPS)),
        ("teacher.stagger", teacher.stagger, MOST_FRAMES),
        ("teacher.replay", teacher.replay, MOST_STEPS),
        ("teacher.warmup", teacher.warmup, MOST_FRAMES),
        ("distillation.sweep_hours", distillation.sweep_hours, MOST_REPETITIONS),
        ("distillation.evaluation_every", distillation.evaluation_every, MOST_FRAMES),
        ("distillation.sweep_gaps", distillation.sweep_gaps.len() as u64, 100),
    ] {
        rule(key, value <= most, &format!("must be at most {most}"))?;
    }
    Ok(())
}

fn shares(experiment: &Experiment) -> Result<(), Fault> {
    let (environment, teacher) = (&experiment.environment, &experiment.teacher);
    let (distillation, evaluation) = (&experiment.distillation, &experiment.evaluation);
    for (key, value) in [
        ("environment.sticky_actions", environment.sticky_actions),
        ("teacher.gamma", teacher.gamma),
        ("teacher.lambda", teacher.lambda),
        ("teacher.learning_rate_end_share", teacher.learning_rate_end_share),
        ("teacher.epsilon_start", teacher.epsilon_start),
        ("teacher.epsilon_end", teacher.epsilon_end),
        ("distillation.epsilon", distillation.epsilon),
        ("distillation.learning_rate_end_share", distillation.learning_rate_end_share),
        ("distillation.average_last", distillation.average_last),
        ("evaluation.epsilon", evaluation.epsilon),
    ] {
        rule(key, (0.0..=1.0).contains(&value), "must be between 0 and 1")?;
    }
    for (key, value) in [
        ("teacher.learning_rate", teacher.learning_rate),
        ("teacher.optimizer_epsilon", teacher.optimizer_epsilon),
        ("distillation.learning_rate", distillation.learning_rate),
        ("distillation.optimizer_epsilon", distillation.optimizer_epsilon),
    ] {
        rule(key, positive(value), "must be a finite number above 0")?;
    }
    let alone = !teacher.munchausen || (teacher.algorithm == Algorithm::Dqn && !teacher.double && teacher.n_step == 1);
    let must = "needs teacher.algorithm = \"dqn\", teacher.double = false and teacher.n_step = 1";
    rule("teacher.munchausen", alone, must)?;
    let workers = environment.workers as u64;
    let spread = teacher.stagger == 0 || workers > 1 && teacher.stagger >= workers;
    let must = format!("must be 0, or at least a step of its own for each of two or more workers: {}", workers.max(2));
    rule("teacher.stagger", spread, &must)?;
    let norm = teacher.max_gradient_norm;
    rule("teacher.max_gradient_norm", norm >= 0.0 && norm.is_finite(), "must not be below 0")?;
    let samples = workers * teacher.rollout;
    let fits = teacher.algorithm != Algorithm::Pqn || samples.is_multiple_of(teacher.minibatches as u64);
    rule("teacher.minibatches", fits, &format!("must divide the {samples} steps of a rollout of all workers"))
}

/// Each worker has an equal share of a memory, and a share must hold more than one stack of frames.
fn memories(experiment: &Experiment) -> Result<(), Fault> {
    let workers = experiment.environment.workers as u64;
    let least = 16 * workers;
    let teacher = &experiment.teacher;
    let enough = format!("must be at least {least}: 16 steps for each of {workers} workers");
    if teacher.algorithm == Algorithm::Dqn {
        rule("teacher.replay", teacher.replay >= least, &enough)?;
        rule("teacher.warmup", teacher.warmup >= least, &enough)?;
        let share = teacher.replay / workers;
        let must = format!("must be less than {share}, the share of teacher.replay that each worker has");
        rule("teacher.n_step", (teacher.n_step as u64) < share, &must)?;
        let steps = teacher.steps(experiment.environment.frame_skip).0;
        let must =
            format!("must be below the {steps} steps of the training (teacher.frames): it would end without an update");
        rule("teacher.warmup", teacher.warmup < steps, &must)?;
        let updates = teacher.updates(experiment.environment.frame_skip, experiment.environment.workers);
        let must =
            format!("must be less: with teacher.warmup = {}, {steps} steps end without an update", teacher.warmup);
        rule("teacher.update_period", updates > 0, &must)?;
        let takes_turns = experiment.students.iter().any(|student| student.is_baseline() && student.is_shared());
        let kept = teacher.replay / workers * workers;
        let must = format!(
            "must be above teacher.warmup = {}: a baseline for several games learns a game whose replay holds more steps",
            teacher.warmup
        );
        rule("teacher.replay", !takes_turns || kept > teacher.warmup, &must)?;
    }
    rule("distillation.memory", experiment.distillation.memory >= least, &enough)?;
    rule("distillation.steps_per_hour", experiment.distillation.steps_per_hour >= least, &enough)
}

fn widths(key: &str, network: &NetworkChoice) -> Result<(), Fault> {
    let widths = match network.layers() {
        Layers::Convolutional(Widths { conv, hidden }) => [&conv[..], &[hidden]].concat(),
        Layers::Dense(hidden) => hidden.to_vec(),
    };
    rule(key, !widths.is_empty(), "must have at least one layer")?;
    rule(key, widths.iter().all(|width| (1..=4096).contains(width)), "widths must be between 1 and 4096")
}

//! One student: a network that learns, and its log.

use anyhow::{Context, Result, ensure};
use tch::{Kind, Tensor};

use super::group::StudentGroup;
use super::initialization::initialize;
use super::schedule::UpdateSchedule;
use super::state_source::{QValues, StateSource};
use super::student_state::{SavedStudent, StudentState, find_saved};
use super::teacher_source::TeacherSource;
use crate::config::{self, Initialization};
use crate::losses::{Loss, entropy};
use crate::nn::{Architecture, Device, LearningNetwork, Network};
use crate::record::{AdoptionRow, AgentId, DistillRow, EvalRow, Log, LogMark};
use crate::replay::{Place, Replay};
use crate::units::{Seed, now};

/// Number of states, over all its games, from which a student's initial weights are made.
const INITIAL_STATES: usize = 512;
/// Number of quantities that are summed between two rows of `train.csv`.
const SUMS: i64 = 3;

/// A student whose numbers are not finite any more.
#[derive(Debug, thiserror::Error)]
#[error(
    "{student}: the distillation diverged: {which} is not a finite number in hour {hour}; lower {rate}, and start over with \
     --fresh"
)]
pub struct Diverged {
    pub student: AgentId,
    which: &'static str,
    hour: u64,
    /// The key of its learning rate.
    rate: String,
}

/// A student that is being distilled.
pub struct Student {
    /// The student. For a network for several games, the player of the first.
    pub agent: AgentId,
    pub settings: config::StudentSettings,
    pub loss: Loss,
    learning: LearningNetwork,
    pub state: StudentState,
    pub train: Log,
    pub eval: Log,
    /// The log of adopted teachers, if the student follows a teacher in training.
    adoptions: Option<Log>,
    /// Whether that training goes on in another process.
    follows_live: bool,
    schedule: UpdateSchedule,
    /// Whether a warning has said that it does not learn.
    pub warned: bool,
    /// The minibatch's observations, whose memory each update reuses.
    observations: Vec<u8>,
    /// Sums of loss, teacher entropy and agreement since the last row, one line per game; on the device.
    sums: Tensor,
}

impl Student {
    /// A new student, or the saved one.
    ///
    /// # Errors
    /// - The student learns from rewards, or its temperature is not chosen yet.
    /// - The saved students are others, or their state does not fit.
    /// - The logs cannot be written.
    pub fn start(
        group: &StudentGroup,
        settings: &config::StudentSettings,
        saved: Option<&[(String, SavedStudent)]>,
    ) -> Result<Student> {
        let StudentGroup { experiment, seed, games, folder, device, .. } = group;
        let game = games[0].0.game;
        let agent = AgentId::of(settings, game, *seed);
        let loss = settings.loss.loss().with_context(|| format!("{agent}: learns from rewards, not from a teacher"))?;
        ensure!(!settings.chooses_temperature(), "{agent}: its temperature is not chosen yet");
        let place = agent.place();
        let seed = Seed(*seed).derive("student", 0).derive(place, 0).derive(&agent.name, 0);
        let architecture =
            Architecture::student(settings, games.iter().map(|(played, _)| (played.game.name(), played.spec())));
        let network = Network::new(&architecture, seed.derive("weights", 0), *device);
        let config::Distillation { optimizer, optimizer_epsilon, .. } = experiment.distillation;
        let learning_rate = settings.learning_rate.or(experiment.distillation.learning_rate);
        let mut learning = LearningNetwork::new(network, optimizer, optimizer_epsilon);
        let mut sums = Tensor::zeros([games.len() as i64, SUMS], (Kind::Double, device.of_tensors()));
        let mut state = StudentState::new(games.len(), seed.derive("sampling", 0).generator());
        if let Some(saved) = saved {
            let saved = find_saved(saved, settings)?;
            learning.restore(&saved.weights, &saved.optimizer)?;
            sums.copy_(&Tensor::from_slice(&saved.sums).view([-1, SUMS]));
            state = saved.state.clone();
        }
        let [train, eval, adoptions] = &state.logs;
        let adoptions = || Log::resume(&folder.adoptions(&agent), adoptions);
        Ok(Student {
            train: Log::resume(&folder.train(&agent), train)?,
            eval: Log::resume(&folder.eval(&agent), eval)?,
            adoptions: group.is_online().then(adoptions).transpose()?,
            schedule: UpdateSchedule::new(&experiment.distillation, learning_rate, games.len()),
            warned: false,
            follows_live: games.iter().any(|(_, teacher_source)| matches!(teacher_source, TeacherSource::Latest(_))),
            settings: settings.clone(),
            loss,
            agent,
            learning,
            state,
            observations: Vec::new(),
            sums,
        })
    }

    pub fn network(&self) -> &Network {
        &self.learning.network
    }

    /// One step of the optimiser on a minibatch of one game's memory. Games take turns.
    pub fn update(&mut self, sources: &[StateSource], batch: usize) {
        let head = (self.state.updates % sources.len() as u64) as usize;
        if self.state.temperatures[head].is_none() && self.loss.has_temperature() {
            self.state.temperatures[head] = Some(self.temperature(&sources[head]));
        }
        let memory = &sources[head].memory;
        let places = memory.sample(&mut self.state.sampler, batch);
        let q = minibatch(memory, &places, self.learning.network.device(), &mut self.observations);
        let (loss, temperature) = (self.loss, self.state.temperatures[head].unwrap_or(1.0));
        let mut agreeing = None;
        let value = self.learning.network.learn(head, &self.observations, |outputs| {
            agreeing = Some(agreement(&q, &outputs.detach()));
            loss.value(&q, temperature, outputs)
        });
        self.learning.step(head, self.schedule.learning_rate(self.state.updates));
        let agreeing = agreeing.expect("the loss was computed");
        let _ = self.sums.get(head as i64).g_add_(&Tensor::stack(&[value, entropy(&q, temperature), agreeing], 0));
        self.state.updates += 1;
        self.state.since[head] += 1;
        let UpdateSchedule { total, average_last, .. } = self.schedule;
        self.state.average.after(self.state.updates, total, average_last, &mut self.learning.network);
    }

    /// The temperature for a game's teacher, in units of Q.
    fn temperature(&self, source: &StateSource) -> f64 {
        let temperature = self.settings.temperature.of_gap(|| source.mean_action_gap());
        let temperature = temperature.expect("it was chosen before the student started");
        if temperature > 0.0 {
            return temperature;
        }
        log::warn!("{}: the teacher of {} prefers no action; temperature 1 is used", self.agent, source.game);
        1.0
    }

    /// Before the first update, makes the initial weights that `initialization` defines from states of each head's
    /// game.
    pub fn initialize(&mut self, initialization: Initialization, sources: &[StateSource], places: &[Vec<Place>]) {
        let each = INITIAL_STATES / sources.len();
        let observations = |(source, places): (&StateSource, &Vec<Place>)| {
            let mut observations = Vec::new();
            source.memory.observations(&places[..each.clamp(1, places.len())], &mut observations);
            observations
        };
        let states: Vec<Vec<u8>> = sources.iter().zip(places).map(observations).collect();
        initialize(&mut self.learning.network, initialization, &states);
    }

    /// Logs the teacher that the student follows from now on in a head's game, and the score of the previous one.
    pub fn adopt(
        &mut self,
        source: &StateSource,
        head: usize,
        hour: u64,
        before: Option<f64>,
        reason: &str,
    ) -> Result<()> {
        self.state.adopted[head] = true;
        // The new teacher's Q-values have another scale.
        self.state.temperatures[head] = None;
        let Some(adoptions) = &mut self.adoptions else { return Ok(()) };
        adoptions.append(&AdoptionRow {
            game: source.game.name().into(),
            hour,
            updates: self.state.updates,
            teacher_frames: source.teacher.frames,
            teacher_score: source.teacher.score,
            before,
            reason: reason.to_owned(),
            weights: source.teacher.hash.clone(),
            unix_time: self.follows_live.then(now),
        })
    }

    /// Appends a row to `eval.csv`.
    pub fn evaluated(&mut self, head: usize, mut row: EvalRow) -> Result<()> {
        let best = &mut self.state.best[head];
        row.best = best.is_none_or(|best| row.mean > best);
        if row.best {
            *best = Some(row.mean);
        }
        self.state.evaluated = head + 1;
        self.eval.append(&row)
    }

    /// Appends a row to `train.csv` for each game with updates since its last row.
    pub fn log(&mut self, hour: u64, sources: &[StateSource]) -> Result<()> {
        for (head, source) in sources.iter().enumerate().filter(|&(head, _)| self.state.since[head] > 0) {
            let mean = |index: i64| self.sums.double_value(&[head as i64, index]) / self.state.since[head] as f64;
            let row = DistillRow {
                hour,
                steps: source.steps(),
                updates: self.state.updates,
                loss: mean(0),
                teacher_entropy: mean(1),
                agreement: mean(2),
                held_out_agreement: self.state.held_out_agreement[head],
                game: source.game.name().into(),
                alive: Some(self.state.alive[head]),
            };
            self.train.append(&row)?;
            let is_finite = row.loss.is_finite() && row.teacher_entropy.is_finite();
            ensure!(is_finite, self.diverged("a loss", hour));
        }
        let _ = self.sums.zero_();
        self.state.since.fill(0);
        Ok(())
    }

    fn diverged(&self, which: &'static str, hour: u64) -> Diverged {
        let rate = match self.settings.learning_rate {
            config::StudentRate::Own(_) => format!("students.{}.learning_rate", self.agent.name),
            config::StudentRate::Shared(_) => "distillation.learning_rate".to_owned(),
        };
        Diverged { student: self.agent.clone(), which, hour, rate }
    }

    /// Flushes the logs to disk, and returns their ends.
    ///
    /// # Errors
    /// As [`Log::sync`].
    pub fn sync(&self) -> Result<[LogMark; 3]> {
        let adoptions = self.adoptions.as_ref().map(Log::sync).transpose()?;
        Ok([self.train.sync()?, self.eval.sync()?, adoptions.unwrap_or_default()])
    }

    /// The weights.
    ///
    /// # Errors
    /// [`Diverged`], if one is not a finite number.
    pub fn finite_weights(&self, hour: u64) -> Result<Vec<Vec<f32>>, Diverged> {
        let weights = self.learning.network.values();
        let is_finite = weights.iter().flatten().all(|weight| weight.is_finite());
        if is_finite { Ok(weights) } else { Err(self.diverged("a weight", hour)) }
    }

    /// Everything on which further updates depend.
    ///
    /// # Errors
    /// If the logs, whose rows are counted, cannot be written, or a weight is not a finite number.
    pub fn save(&self, hour: u64) -> Result<SavedStudent> {
        let logs = self.sync()?;
        Ok(SavedStudent {
            weights: self.finite_weights(hour)?,
            optimizer: self.learning.save_optimizer(),
            sums: Vec::try_from(self.sums.view(-1)).expect("sums are doubles"),
            state: StudentState { logs, ..self.state.clone() },
        })
    }
}

/// Writes the observations of `places` into `observations`, which gets their size, and returns the teacher's Q-values,
/// [batch, actions].
pub fn minibatch(memory: &Replay<QValues>, places: &[Place], device: Device, observations: &mut Vec<u8>) -> Tensor {
    memory.observations(places, observations);
    let q: Vec<f32> = places.iter().flat_map(|&place| memory.payload(place)).copied().collect();
    Tensor::from_slice(&q).view([places.len() as i64, -1]).to_device(device.of_tensors())
}

/// Share of rows in which teacher and student have the same highest action, a scalar.
pub fn agreement(q: &Tensor, outputs: &Tensor) -> Tensor {
    q.argmax(1, false).eq_tensor(&outputs.argmax(1, false)).to_kind(Kind::Float).mean(Kind::Float)
}

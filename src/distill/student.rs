//! One student: a network, its optimiser, and its log.

use anyhow::Result;
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use super::loss::{entropy, loss};
use super::play::QValues;
use crate::config;
use crate::frame::OBSERVATION;
use crate::nn::{Architecture, Device, Network, Optimizer, OptimizerState};
use crate::record::{Agent, DistillRow, EvalRow, Folder, Log};
use crate::replay::{Place, Replay};
use crate::units::{Generator, Seed};

/// A student that is being distilled.
pub struct Student {
    pub agent: Agent,
    pub settings: config::Student,
    pub network: Network,
    pub state: StudentState,
    pub train: Log,
    pub eval: Log,
    optimizer: Optimizer,
    /// Sums of loss, teacher entropy and agreement since the last row; on the device.
    sums: Tensor,
}

/// What changes of a student, besides its weights and its optimiser.
#[derive(Clone, Serialize, Deserialize)]
pub struct StudentState {
    pub updates: u64,
    /// Updates since the last row of `train.csv`.
    pub since: u64,
    /// Agreement with the teacher on the hour's play before the student trained on it.
    pub held_out_agreement: f64,
    /// Hours after which it was evaluated.
    pub evaluated_hours: u64,
    /// Highest mean of its periodic evaluations.
    pub best: Option<f64>,
    /// Rows of `train.csv` and `eval.csv`.
    pub rows: (u64, u64),
    sampler: Generator,
}

/// A saved [`Student`].
#[derive(Serialize, Deserialize)]
pub struct SavedStudent {
    weights: Vec<Vec<f32>>,
    optimizer: OptimizerState,
    sums: [f64; 3],
    state: StudentState,
}

impl Student {
    /// A new student, or the saved one.
    ///
    /// # Errors
    /// If what was saved does not fit, or the logs cannot be written.
    pub fn start(
        experiment: &config::Experiment,
        agent: Agent,
        settings: &config::Student,
        folder: &Folder,
        device: Device,
        saved: Option<&SavedStudent>,
    ) -> Result<Student> {
        let seed = Seed(agent.seed).derive("student", 0).derive(agent.game.name(), 0).derive(&agent.name, 0);
        let actions = agent.game.actions(experiment.environment.action_set).len();
        let architecture = Architecture::new(settings.network, actions);
        let mut network = Network::new(&architecture, seed.derive("weights", 0), device);
        let config::Distillation { optimizer, learning_rate, optimizer_epsilon, .. } = experiment.distillation;
        let mut optimizer = Optimizer::new(optimizer, learning_rate, optimizer_epsilon, &network);
        let mut sums = Tensor::zeros([3], (Kind::Double, device.of_tensors()));
        let mut state = StudentState {
            updates: 0,
            since: 0,
            held_out_agreement: 0.0,
            evaluated_hours: 0,
            best: None,
            rows: (0, 0),
            sampler: seed.derive("sampling", 0).generator(),
        };
        if let Some(saved) = saved {
            network.copy_from(&Network::from_values(&architecture, &saved.weights, device));
            optimizer.restore(&saved.optimizer, &network)?;
            sums.copy_(&Tensor::from_slice(&saved.sums));
            state = saved.state.clone();
        }
        Ok(Student {
            train: Log::resume::<DistillRow>(&folder.train(&agent), state.rows.0)?,
            eval: Log::resume::<EvalRow>(&folder.eval(&agent), state.rows.1)?,
            settings: settings.clone(),
            agent,
            network,
            state,
            optimizer,
            sums,
        })
    }

    /// One step of the optimiser on a minibatch of the memory.
    pub fn update(&mut self, memory: &Replay<QValues>, batch: usize) {
        let places = memory.sample(&mut self.state.sampler, batch);
        let (observations, q) = minibatch(memory, &places, self.network.device());
        let config::Student { loss: kind, temperature, .. } = self.settings;
        let mut agreeing = None;
        let loss = self.network.learn(0, &observations, |outputs| {
            agreeing = Some(agreement(&q, &outputs.detach()));
            loss(kind, temperature, &q, outputs)
        });
        self.optimizer.step(&mut self.network, 0);
        let agreeing = agreeing.expect("the loss was computed");
        let _ = self.sums.g_add_(&Tensor::stack(&[loss, entropy(&q, temperature), agreeing], 0));
        self.state.updates += 1;
        self.state.since += 1;
    }

    /// Share of `places` in which the student prefers the teacher's action.
    pub fn agreement_on(&self, memory: &Replay<QValues>, places: &[Place], batch: usize) -> f64 {
        let agreeing = places.chunks(batch).map(|places| {
            let (observations, q) = minibatch(memory, places, self.network.device());
            let share = agreement(&q, &self.network.forward(0, &observations)).double_value(&[]);
            share * places.len() as f64
        });
        agreeing.sum::<f64>() / places.len() as f64
    }

    /// Appends a row to `train.csv` for the updates since the last.
    pub fn log(&mut self, hour: u64, steps: u64) -> Result<()> {
        let mean = |index: i64| self.sums.double_value(&[index]) / self.state.since as f64;
        let row = DistillRow {
            hour,
            steps,
            updates: self.state.updates,
            loss: mean(0),
            teacher_entropy: mean(1),
            agreement: mean(2),
            held_out_agreement: self.state.held_out_agreement,
        };
        let _ = self.sums.zero_();
        self.state.since = 0;
        self.train.append(&row)
    }

    /// Everything that further updates depend on.
    ///
    /// # Errors
    /// If the logs, whose rows are counted, cannot be written.
    pub fn save(&self) -> Result<SavedStudent> {
        self.train.sync()?;
        self.eval.sync()?;
        let rows = (self.train.rows(), self.eval.rows());
        Ok(SavedStudent {
            weights: self.network.values(),
            optimizer: self.optimizer.save(&self.network),
            sums: [0, 1, 2].map(|index| self.sums.double_value(&[index])),
            state: StudentState { rows, ..self.state.clone() },
        })
    }
}

/// Observations and the teacher's Q-values of `places`.
fn minibatch(memory: &Replay<QValues>, places: &[Place], device: Device) -> (Vec<u8>, Tensor) {
    let mut bytes = vec![0; places.len() * OBSERVATION];
    let mut q = Vec::new();
    memory.observations(places, &mut bytes);
    places.iter().for_each(|&place| q.extend_from_slice(memory.payload(place)));
    let q = Tensor::from_slice(&q).view([places.len() as i64, -1]).to_device(device.of_tensors());
    (bytes, q)
}

/// Share of rows in which teacher and student have the same highest action, a scalar.
fn agreement(q: &Tensor, outputs: &Tensor) -> Tensor {
    q.argmax(1, false).eq_tensor(&outputs.argmax(1, false)).to_kind(Kind::Float).mean(Kind::Float)
}

//! How long an experiment with explanations takes on this machine, from the speed of each kind of its work.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use super::bench::measure::{Clock, per_second};
use super::speed::hours;
use crate::config::explanations::{
    Coefficients, Explanations, Method, ModelSettings, ReinforceSettings, StudentModelSettings,
};
use crate::explain::{Asked, Counted, Explanation, Fit, Judge, RewardSignal, Run, Scripts, answer, fit, reinforce};
use crate::nn::Device;
use crate::nn::language::{Sampling, Size, Transformer, generate};
use crate::pipeline::{ModelPlan, ModelWork, Stage, TaskState, Work as _};
use crate::questions::{END, PAD, Question, QuestionSplit, QuestionTask};
use crate::record::ModelId;
use crate::units::Seed;

/// Time of one measurement.
const SPAN: Duration = Duration::from_millis(300);
/// Steps of a fit that is measured; the first is not.
const FIT_STEPS: u64 = 6;
/// More steps than a measurement makes.
const ENDLESS: u64 = 1_000_000_000;
/// Texts that are written at once, as in the experiment.
const WRITTEN: usize = 256;

/// The speed of each kind of work that is left, and the time that follows.
#[derive(Debug, Default, Serialize)]
pub struct ModelTime {
    /// Units of work per second, such as steps or answers, by what does it.
    pub per_second: BTreeMap<String, f64>,
    /// Hours of each stage, with as many tasks at once as `pd run` would do.
    pub hours: BTreeMap<Stage, f64>,
}

/// Measures each kind of work that is left, with models that have not learned, and estimates its time. What such models
/// write is about as long as what the experiment's write.
///
/// # Errors
/// If nothing can be written into the temporary folder.
pub fn planned_time(experiment: &Explanations, plan: &ModelPlan, device: Device, jobs: usize) -> Result<ModelTime> {
    let task = QuestionTask::new(&experiment.task);
    let machine = Machine { experiment, scripts: Scripts { task: &task, split: QuestionSplit::Train }, device };
    let mut time = ModelTime::default();
    let mut stages = Vec::new();
    for (work, task) in plan.work.iter().zip(&plan.tasks).filter(|(_, task)| task.state != TaskState::Done) {
        let Some(kind) = kind(experiment, work) else { continue };
        let speed = match time.per_second.get(&kind) {
            Some(speed) => *speed,
            None => machine.measure(work)?,
        };
        time.per_second.insert(kind, speed);
        stages.push((work.stage(), task.left() as f64 / speed));
    }
    time.hours = hours(stages, jobs);
    Ok(time)
}

/// The kind of a task's work; one task of each kind is measured. `None` where the work takes no time.
fn kind(experiment: &Explanations, work: &ModelWork) -> Option<String> {
    Some(match work {
        ModelWork::Learn(ModelId::Base { .. }) => "steps of the base model".to_owned(),
        ModelWork::Learn(ModelId::Warmup { .. }) => "steps of the warm-up".to_owned(),
        ModelWork::Learn(ModelId::Teacher { name, .. }) => format!("steps of teacher {name}"),
        ModelWork::Learn(ModelId::Student { name, .. }) => {
            let tokens = experiment.student(name).and_then(StudentModelSettings::budget_in_tokens);
            format!("{} of student {name}", if tokens.is_some() { "tokens" } else { "steps" })
        }
        ModelWork::Learn(ModelId::ColdStart { name, .. }) => format!("steps of cold start {name}"),
        ModelWork::Explain { teacher, .. } => match experiment.teacher(teacher) {
            Some(own) if own.texts_each() > 1 => format!("explanations, one of {} each", own.texts_each()),
            Some(own) if own.method.writes() => "explanations".to_owned(),
            _ => "given explanations".to_owned(),
        },
        ModelWork::Answer(model) => match experiment.student_of(model) {
            Some(student) => format!("answers of {}", student.name),
            None => "answers of the base model's size".to_owned(),
        },
        ModelWork::Report => return None,
    })
}

/// The experiment and device whose speed is measured, and the texts of its task.
struct Machine<'a> {
    experiment: &'a Explanations,
    scripts: Scripts<'a>,
    device: Device,
}

impl Machine<'_> {
    /// Units of a task's work per second.
    fn measure(&self, work: &ModelWork) -> Result<f64> {
        let own = self.experiment;
        match work {
            ModelWork::Learn(ModelId::Base { .. }) => self.fitting(own.model, own.base.fit.batch, false),
            ModelWork::Learn(ModelId::Warmup { .. }) => self.fitting(own.model, own.warmup.batch, false),
            ModelWork::Learn(model @ ModelId::Student { name, .. }) => {
                let student = own.student(name).expect("a task's student is in the file");
                self.fitting(own.size_of(model), student.fit.batch, student.budget_in_tokens().is_some())
            }
            ModelWork::Learn(ModelId::Teacher { name, .. }) => {
                let teacher = own.teacher(name).expect("a task's teacher is in the file");
                self.reinforcing(own.model, &teacher.learning, teacher.method == Method::Grpo)
            }
            ModelWork::Learn(model @ ModelId::ColdStart { name, .. }) => {
                let start = own.cold_start(name).expect("a task's cold start is in the file");
                self.reinforcing(own.size_of(model), &start.learning, false)
            }
            ModelWork::Explain { teacher, .. } => {
                let teacher = own.teacher(teacher).expect("a task's teacher is in the file");
                Ok(self.explaining(teacher.method.writes()) / teacher.texts_each() as f64)
            }
            ModelWork::Answer(model) => Ok(self.answering(own.size_of(model))),
            ModelWork::Report => Ok(f64::INFINITY),
        }
    }

    fn model(&self, settings: ModelSettings) -> Transformer {
        Transformer::new(Size::new(settings, self.scripts.task.alphabet().len()), Seed(0), self.device)
    }

    fn questions(&self, count: usize) -> Vec<Question> {
        let mut generator = Seed(0).derive("questions", 0).generator();
        (0..count).map(|_| self.scripts.task.draw(self.scripts.split, &mut generator)).collect()
    }

    /// Steps, or tokens that count, per second of learning from texts.
    fn fitting(&self, model: ModelSettings, batch: usize, counts_tokens: bool) -> Result<f64> {
        let text = |question: &Question| -> Counted {
            let script = self.scripts.student(question, &self.scripts.encode(&self.scripts.task.worked(question)));
            (script.tokens, script.explanation.start)
        };
        let texts: Vec<Counted> = self.questions(batch).iter().map(text).collect();
        let settings = Fit { steps: FIT_STEPS, tokens: None, learning_rate: 1e-4, warmup: 0.0, weight_decay: 0.0 };
        let learner = (self.model(model), Seed(0).generator());
        let tokens: usize = texts.iter().map(|(tokens, from)| tokens.len() - from).sum();
        let steps = self.clocked(|run| {
            let mut batch = |step: u64, _: &mut _| {
                run.progress.at(step, "");
                texts.clone()
            };
            fit(run, &settings, self.scripts.mark(PAD), learner, &mut batch).map(drop)
        })?;
        Ok(if counts_tokens { steps * tokens as f64 } else { steps })
    }

    /// Steps per second of learning from rewards.
    fn reinforcing(&self, model: ModelSettings, own: &ReinforceSettings, explains: bool) -> Result<f64> {
        let settings = ReinforceSettings { steps: ENDLESS, learning_rate: 0.0, reference_every: ENDLESS, ..*own };
        let student = self.model(self.experiment.model);
        let objective = match explains {
            true => RewardSignal::Explain { student: &student, coefficients: Coefficients::PUBLISHED },
            false => RewardSignal::Solve,
        };
        let policy = (self.model(model), Seed(0).generator());
        self.clocked(|run| reinforce(run, &settings, &self.scripts, &objective, policy).map(drop))
    }

    /// The speed of a run of learning whose files are thrown away.
    fn clocked(&self, learn: impl FnOnce(&Run) -> Result<()>) -> Result<f64> {
        let (folder, clock) = (tempfile::tempdir()?, Clock::new(1, SPAN));
        let (checkpoint, log) = (folder.path().join("checkpoint"), folder.path().join("train.csv"));
        let (every, identity) = (Duration::MAX, "measured");
        learn(&Run { identity, checkpoint: &checkpoint, log: &log, every, progress: &clock })?;
        clock.per_second()
    }

    /// Texts per second that are written, or given by the task's program, and scored.
    fn explaining(&self, writes: bool) -> f64 {
        let (model, questions) = (self.model(self.experiment.model), self.questions(WRITTEN));
        let (student, mut generator) = (self.model(self.experiment.model), Seed(0).generator());
        let coefficients = Coefficients::PUBLISHED;
        let judge = Judge { student: &student, teacher: &model, coefficients, temperature: 0.7 };
        let prompts: Vec<_> = questions.iter().map(|question| self.scripts.teacher_prompt(question)).collect();
        let sampling = Sampling { temperature: 0.7, end: self.scripts.mark(END), limit: self.scripts.teacher_limit() };
        per_second(SPAN, || {
            if writes {
                generate(&model, &prompts, &sampling, &mut generator);
            }
            let explained: Vec<Explanation> = questions
                .iter()
                .map(|question| Explanation {
                    question: question.clone(),
                    tokens: self.scripts.encode(&self.scripts.task.worked(question)),
                    is_closed: true,
                })
                .collect();
            judge.rewards(&self.scripts, &explained);
            questions.len()
        })
    }

    /// Answers per second.
    fn answering(&self, model: ModelSettings) -> f64 {
        let (model, silent) = (self.model(model), Clock::new(ENDLESS, SPAN));
        let scripts = Scripts { split: QuestionSplit::Test, ..self.scripts };
        let asked = Asked { questions: WRITTEN, temperature: 0.7, samples: 1 };
        per_second(SPAN, || answer(&model, &scripts, &asked, Seed(0), Seed(1), &silent).map_or(0, |rows| rows.len()))
    }
}

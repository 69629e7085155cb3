//! Tasks in which a model learns.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rand::RngExt;

use super::open::ExplainPipeline;
use super::work::{ModelTask, ModelWork};
use crate::config::explanations::{FitSettings, Method, ModelSettings, Start, TeacherModelSettings};
use crate::explain::{
    Counted, ExplanationsError, Fit, Learned, ModelMetadata, RewardSignal, Run, Script, Scripts, fit,
    load_explanations, load_model, reinforce, save_model,
};
use crate::nn::language::{Size, Transformer};
use crate::pipeline::batch::Batch;
use crate::progress::Ended;
use crate::questions::{PAD, QuestionSplit};
use crate::record::{ModelId, TaskRecord, remove_checkpoint};
use crate::units::{Generator, Seed};

/// Time between two checkpoints.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(60);

impl ExplainPipeline<'_> {
    /// Trains a model until its weights are on disk.
    pub fn learn(&self, batch: &Batch<ModelWork>, task: &ModelTask, model: &ModelId) -> Result<Ended> {
        let progress = batch.watch(&self.command, &task.work.to_string(), task.amount.amount, task.amount.unit);
        let folder = self.folder.run(model);
        let (checkpoint, log, identity) = (folder.checkpoint(), folder.train(), task.key.to_string());
        let run = Run {
            identity: &identity,
            checkpoint: &checkpoint,
            log: &log,
            every: CHECKPOINT_EVERY,
            progress: &progress,
        };
        let learned = match model {
            ModelId::Base { seed } => self.learn_base(&run, Seed(*seed)),
            ModelId::Warmup { seed } => self.learn_to_explain(&run, *seed),
            ModelId::Teacher { name, seed } => self.learn_from_rewards(&run, name, *seed),
            ModelId::Student { name, teacher, seed } => self.learn_from_explanations(&run, name, teacher, *seed),
            ModelId::ColdStart { name, seed } => self.learn_on(&run, name, *seed),
        };
        let Some(learned) = learned? else { return Ok(Ended::Stopped) };
        self.folder.check_there()?;
        let origin = format!("{} of {}", model, self.experiment.name);
        let metadata = ModelMetadata { vocabulary: self.vocabulary(), origin };
        save_model(&folder.weights(), &learned.model, &metadata)?;
        self.record(task, &folder.weights(), learned.cpu_seconds)?;
        remove_checkpoint(&folder.checkpoint())?;
        Ok(Ended::Done)
    }

    /// Writes a finished task's record.
    pub fn record(&self, task: &ModelTask, output: &Path, cpu_seconds: Option<f64>) -> Result<()> {
        let record = TaskRecord {
            id: task.id.0.clone(),
            key: task.key.to_string(),
            settings: task.key.settings.clone(),
            cpu_seconds: cpu_seconds.map(|seconds| (seconds * 10.0).round() / 10.0),
        };
        record.write(output)
    }

    /// Scripts about questions of a split.
    pub fn scripts(&self, split: QuestionSplit) -> Scripts<'_> {
        Scripts { task: &self.task, split }
    }

    /// The characters of the task's tokens.
    fn vocabulary(&self) -> String {
        self.task.alphabet().text()
    }

    fn size(&self, model: ModelSettings) -> Size {
        Size::new(model, self.task.alphabet().len())
    }

    /// The weights of a finished model.
    ///
    /// # Errors
    /// As [`load_model`].
    pub fn load(&self, model: &ModelId) -> Result<Transformer> {
        let size = self.size(self.experiment.size_of(model));
        load_model(&self.folder.run(model).weights(), size, &self.vocabulary(), self.command.device)
    }

    fn learn_base(&self, run: &Run, seed: Seed) -> Result<Option<Learned>> {
        let settings = &self.experiment.base;
        let model = self.fresh(self.experiment.model, seed, "base");
        let generator = seed.derive("base texts", 0).generator();
        let scripts = self.scripts(QuestionSplit::Train);
        let worked = settings.worked * settings.fit.steps as f64;
        let mut batch = |step: u64, generator: &mut Generator| -> Vec<Counted> {
            let text = |_| {
                let question = self.task.draw(QuestionSplit::Train, generator);
                let explanation = scripts.encode(&match (step as f64) < worked {
                    true => self.task.worked(&question),
                    false => self.task.mixed(&question, generator),
                });
                match generator.random_bool(settings.teacher_share) {
                    true => from_explanation(scripts.teacher(&question, &explanation)),
                    false => from_explanation(scripts.student(&question, &explanation)),
                }
            };
            (0..settings.fit.batch).map(text).collect()
        };
        fit(run, &budget(&settings.fit, None), scripts.mark(PAD), (model, generator), &mut batch)
    }

    fn learn_to_explain(&self, run: &Run, seed: u64) -> Result<Option<Learned>> {
        let settings = &self.experiment.warmup;
        let model = self.load(&ModelId::Base { seed })?;
        let generator = Seed(seed).derive("warm-up texts", 0).generator();
        let scripts = self.scripts(QuestionSplit::Train);
        let mut batch = |_: u64, generator: &mut Generator| -> Vec<Counted> {
            let text = |_| {
                let question = self.task.draw(QuestionSplit::Train, generator);
                let explanation = scripts.encode(&self.task.mixed(&question, generator));
                from_explanation(scripts.teacher(&question, &explanation))
            };
            (0..settings.batch).map(text).collect()
        };
        fit(run, &budget(settings, None), scripts.mark(PAD), (model, generator), &mut batch)
    }

    fn learn_from_rewards(&self, run: &Run, name: &str, seed: u64) -> Result<Option<Learned>> {
        let settings = self.teacher(name)?;
        let base = self.load(&ModelId::Base { seed })?;
        let generator = Seed(seed).derive(&format!("learning of {name}"), 0).generator();
        let scripts = self.scripts(QuestionSplit::Train);
        if settings.method == Method::Solver {
            return reinforce(run, &settings.learning, &scripts, &RewardSignal::Solve, (base, generator));
        }
        let policy = self.load(&ModelId::Warmup { seed })?;
        let objective = RewardSignal::Explain { student: &base, coefficients: settings.coefficients() };
        reinforce(run, &settings.learning, &scripts, &objective, (policy, generator))
    }

    /// A student goes on with right answers.
    fn learn_on(&self, run: &Run, name: &str, seed: u64) -> Result<Option<Learned>> {
        let own = self.experiment.cold_start(name).with_context(|| format!("there is no cold start {name}"))?;
        let (student, teacher) = (own.student.clone(), own.teacher.clone());
        let policy = self.load(&ModelId::Student { name: student, teacher, seed })?;
        let generator = Seed(seed).derive(&format!("learning of cold start {name}"), 0).generator();
        let scripts = self.scripts(QuestionSplit::Train);
        reinforce(run, &own.learning, &scripts, &RewardSignal::Solve, (policy, generator))
    }

    fn learn_from_explanations(&self, run: &Run, name: &str, teacher: &str, seed: u64) -> Result<Option<Learned>> {
        let student = self.experiment.student(name).with_context(|| format!("there is no student {name}"))?;
        let path = self.folder.explanations(teacher, seed).traces();
        let (_, explanations) = load_explanations(&path, &self.experiment.task)?;
        let scripts = self.scripts(QuestionSplit::Train);
        let mut texts = Vec::with_capacity(explanations.len());
        for (number, one) in explanations.iter().enumerate() {
            let foreign = || ExplanationsError::foreign_line(&path, number + 2);
            let question = self.task.question(&one.question).ok_or_else(foreign)?;
            let tokens = self.task.alphabet().encode(&one.explanation).map_err(|_| foreign())?;
            texts.push(from_explanation(scripts.student(&question, &tokens)));
        }
        ensure!(
            !texts.is_empty(),
            "{}: none of the explanations that were drawn is kept; set teachers.{teacher}.keep to \"all\", or raise \
             teachers.{teacher}.traces",
            path.display()
        );
        let seed_of = Seed(seed).derive(&format!("student {name} of {teacher}"), 0);
        let model = match student.from {
            Start::Base => self.load(&ModelId::Base { seed })?,
            Start::Scratch => self.fresh(self.experiment.model_of(student), Seed(seed), "student"),
        };
        let mut epochs = Epochs { seed: seed_of, texts: &texts, order: Vec::new(), epoch: None };
        let mut batch = |step: u64, _: &mut Generator| epochs.batch(step, student.fit.batch);
        fit(
            run,
            &budget(&student.fit, student.budget_in_tokens()),
            scripts.mark(PAD),
            (model, seed_of.generator()),
            &mut batch,
        )
    }

    fn fresh(&self, model: ModelSettings, seed: Seed, name: &str) -> Transformer {
        let seed = seed.derive(&format!("{name} weights"), 0);
        Transformer::new(self.size(model), seed, self.command.device)
    }

    /// A teacher's section.
    pub fn teacher(&self, name: &str) -> Result<&TeacherModelSettings> {
        self.experiment.teacher(name).with_context(|| format!("there is no teacher {name}"))
    }
}

/// Texts in shuffled epochs. The order depends on the seed and the epoch alone, so that it needs no saved state.
struct Epochs<'a> {
    seed: Seed,
    texts: &'a [Counted],
    order: Vec<usize>,
    epoch: Option<u64>,
}

impl Epochs<'_> {
    fn batch(&mut self, step: u64, size: usize) -> Vec<Counted> {
        let count = self.texts.len() as u64;
        (step * size as u64..(step + 1) * size as u64)
            .map(|place| self.texts[self.at(place / count, (place % count) as usize)].clone())
            .collect()
    }

    fn at(&mut self, epoch: u64, place: usize) -> usize {
        if self.epoch != Some(epoch) {
            let mut generator = self.seed.derive("epoch", epoch).generator();
            self.order = (0..self.texts.len()).collect();
            for last in (1..self.order.len()).rev() {
                self.order.swap(last, generator.random_range(0..=last));
            }
            self.epoch = Some(epoch);
        }
        self.order[place]
    }
}

/// A script's tokens, of which those from the explanation on count.
fn from_explanation(script: Script) -> Counted {
    (script.tokens, script.explanation.start)
}

/// The budget and rates of a section; `tokens` are the budget instead of steps.
fn budget(settings: &FitSettings, tokens: Option<u64>) -> Fit {
    let FitSettings { steps, learning_rate, warmup, weight_decay, .. } = *settings;
    Fit { steps, tokens, learning_rate, warmup, weight_decay }
}

//! Learning from rewards: a teacher from those of its explanations, a solver from those of its answers.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};
use tch::{Tensor, no_grad};

use super::answers::is_right;
use super::checkpoint::{Learned, Learning, Run};
use super::grpo;
use super::judge::{Explanation, Judge, rewards, rows};
use super::reward::Reward;
use super::scripts::{Script, Scripts};
use crate::config::explanations::{Coefficients, ReinforceSettings};
use crate::nn::language::{AdamW, AdamWSettings, Sampling, Texts, Transformer, generate};
use crate::questions::{ANSWER, END, PAD, Question, QuestionSplit};
use crate::statistics::{mean, sample_std};
use crate::units::Generator;

/// Betas of the published training.
const BETAS: (f64, f64) = (0.9, 0.999);
/// Largest norm of a gradient.
const MAX_NORM: f64 = 1.0;

/// The completions that a model draws, and their reward.
pub enum RewardSignal<'a> {
    /// Explanations of solved questions, by how much they help the student.
    Explain { student: &'a Transformer, coefficients: Coefficients },
    /// Right answers: 1, all others 0.
    Solve,
}

/// `train.csv` of a teacher or solver, one row per step; means over its completions. Qualities are shares of steps,
/// unless they say otherwise.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ReinforceRow {
    pub step: u64,
    pub reward: f64,
    /// Mean over questions of the standard deviation within a group.
    pub reward_std: f64,
    /// The parts of a teacher's reward.
    pub r_ss: Option<f64>,
    pub r_kl: Option<f64>,
    pub matched: Option<f64>,
    /// Divergence k3 from the reference, in nats per token.
    pub kl_reference: f64,
    /// Tokens per completion.
    pub tokens: f64,
    /// Share of completions with an end.
    pub closed: f64,
    /// Share of completions with every step, all right.
    pub complete: f64,
    pub fine: f64,
    pub terse: f64,
    pub wrong: f64,
    pub skipped: f64,
    /// Fillers per completion.
    pub fillers: f64,
    /// Share of completions that give the solution away.
    pub given_away: f64,
    /// Tokens per completion that state nothing.
    pub strange: f64,
}

/// Learns from rewards. Returns `None` if it was stopped; its state is on disk then.
///
/// # Errors
/// If the loss is not finite, or the run's files cannot be read or written.
pub fn reinforce(
    run: &Run,
    settings: &ReinforceSettings,
    scripts: &Scripts,
    objective: &RewardSignal,
    (policy, generator): (Transformer, Generator),
) -> Result<Option<Learned>> {
    let constants = AdamWSettings { betas: BETAS, weight_decay: 0.0, max_norm: MAX_NORM };
    let optimizer = AdamW::new(constants, &policy);
    let reference = policy.copied();
    let mut learning = Learning::resume(run, (policy, optimizer, generator, Some(reference)))?;
    run.progress.at(learning.steps, "");
    while learning.steps < settings.steps {
        let row = step(&mut learning, settings, scripts, objective)?;
        learning.log.append(&row)?;
        let note = format!("reward {:.2}, given away {:.0}%", row.reward, 100.0 * row.given_away);
        run.progress.at(learning.steps, &note);
        if learning.keep(run)? && learning.steps < settings.steps {
            return Ok(None);
        }
    }
    Ok(Some(learning.ended()))
}

/// Completions of a step, with the text in which each stands.
struct Drawn {
    explained: Vec<Explanation>,
    scripts: Vec<Script>,
    /// Places of the tokens that were drawn.
    places: Vec<std::ops::Range<usize>>,
    /// Whether the answer is right, for a solver.
    right: Vec<bool>,
}

/// Draws completions, rewards them, and makes one update.
fn step(
    learning: &mut Learning,
    settings: &ReinforceSettings,
    scripts: &Scripts,
    objective: &RewardSignal,
) -> Result<ReinforceRow> {
    let Learning { model, generator, .. } = learning;
    let questions: Vec<Question> = (0..settings.questions)
        .map(|_| scripts.task.draw(QuestionSplit::Train, generator))
        .flat_map(|question| std::iter::repeat_n(question, settings.group))
        .collect();
    let explains = matches!(objective, RewardSignal::Explain { .. });
    let drawn = draw(model, settings.temperature, scripts, questions, explains, generator);
    let tokens: Vec<Vec<i64>> = drawn.scripts.iter().map(|script| script.tokens.clone()).collect();
    let counts = |row: usize, place: usize| drawn.places[row].contains(&place);
    let texts = Texts::new(&tokens, scripts.mark(PAD), counts, model.device());
    let log_policy = model.log_probabilities(&texts, settings.temperature);
    let (parts, totals) = rewarded(model, settings, scripts, objective, &drawn, &log_policy);
    let (loss, kl_reference) = update(learning, settings, &texts, &log_policy, &totals);
    let step = learning.steps;
    ensure!(loss.is_finite(), "training diverged at step {step}: the loss is {loss}; lower the learning rate");
    let mean = |value: fn(&Reward) -> f64| mean(&parts.as_ref()?.iter().map(value).collect::<Vec<_>>());
    Ok(ReinforceRow {
        step,
        kl_reference,
        r_ss: mean(|part| part.r_ss),
        r_kl: mean(|part| part.r_kl),
        matched: mean(|part| part.matched),
        ..described(scripts, settings, &drawn, &totals)
    })
}

/// The reward of each completion, for a teacher with its parts.
fn rewarded(
    model: &Transformer,
    settings: &ReinforceSettings,
    scripts: &Scripts,
    objective: &RewardSignal,
    drawn: &Drawn,
    log_policy: &Tensor,
) -> (Option<Vec<Reward>>, Vec<f64>) {
    let RewardSignal::Explain { student, coefficients } = objective else {
        return (None, drawn.right.iter().map(|&right| f64::from(u8::from(right))).collect());
    };
    let judge = Judge { student, teacher: model, coefficients: *coefficients, temperature: settings.temperature };
    let parts = rewards(&judge, scripts, &drawn.explained, &drawn.scripts, &rows(log_policy));
    let totals = parts.iter().map(Reward::total).collect();
    (Some(parts), totals)
}

/// One update of the policy, and of the reference when it is time. Returns the loss and the divergence from the
/// reference.
fn update(
    learning: &mut Learning,
    settings: &ReinforceSettings,
    texts: &Texts,
    log_policy: &Tensor,
    totals: &[f64],
) -> (f64, f64) {
    let Learning { model, reference, optimizer, .. } = learning;
    let reference = reference.as_mut().expect("a policy learns beside its reference");
    let advantages = grpo::advantages(totals, settings.group).into_iter().map(|advantage| advantage as f32);
    let advantages = Tensor::from_slice(&advantages.collect::<Vec<f32>>()).to_device(model.device().of_tensors());
    let log_reference = no_grad(|| reference.log_probabilities(texts, settings.temperature));
    let (loss, k3) = grpo::loss(log_policy, &log_reference, texts.weights(), &advantages, settings.beta);
    model.learn(&loss);
    optimizer.step(model, settings.learning_rate);
    learning.steps += 1;
    if learning.steps.is_multiple_of(settings.reference_every) {
        reference.mix(model, settings.reference_share);
    }
    (loss.double_value(&[]), k3.double_value(&[]))
}

/// Draws a completion of each question.
fn draw(
    model: &Transformer,
    temperature: f64,
    scripts: &Scripts,
    questions: Vec<Question>,
    explains: bool,
    generator: &mut Generator,
) -> Drawn {
    let end = scripts.mark(END);
    let prompt = |question| if explains { scripts.teacher_prompt(question) } else { scripts.student_prompt(question) };
    let prompts: Vec<Vec<i64>> = questions.iter().map(prompt).collect();
    let limit = if explains { scripts.teacher_limit() } else { scripts.student_limit() };
    let completions = generate(model, &prompts, &Sampling { temperature, end, limit }, generator);
    let mut drawn = Drawn { explained: Vec::new(), scripts: Vec::new(), places: Vec::new(), right: Vec::new() };
    for ((question, prompt), completion) in questions.into_iter().zip(prompts).zip(completions) {
        let is_closed = completion.last() == Some(&end);
        let start = prompt.len();
        drawn.places.push(start..start + completion.len());
        let written = &completion[..completion.len() - usize::from(is_closed)];
        let tokens = if explains {
            drawn.scripts.push(scripts.teacher(&question, written));
            written.to_vec()
        } else {
            drawn.right.push(is_right(scripts, &question, &completion));
            drawn.scripts.push(Script {
                tokens: [prompt, completion.clone()].concat(),
                explanation: 0..0,
                solution: 0..0,
            });
            let answer = scripts.mark(ANSWER);
            written.iter().copied().take_while(|&token| token != answer).collect()
        };
        drawn.explained.push(Explanation { question, tokens, is_closed });
    }
    drawn
}

/// The means over a step's completions.
fn described(scripts: &Scripts, settings: &ReinforceSettings, drawn: &Drawn, totals: &[f64]) -> ReinforceRow {
    let count = totals.len() as f64;
    let reward = mean(totals).expect("a step has completions");
    let mut row = ReinforceRow { reward, ..ReinforceRow::default() };
    for group in totals.chunks(settings.group) {
        let groups = count / settings.group as f64;
        row.reward_std += sample_std(group).unwrap_or(0.0) / groups;
    }
    for (one, places) in drawn.explained.iter().zip(&drawn.places) {
        let quality = scripts.task.grade(&one.question, &scripts.task.alphabet().decode(&one.tokens));
        let of_steps = |steps: u32| f64::from(steps) / f64::from(quality.steps().max(1)) / count;
        row.tokens += places.len() as f64 / count;
        row.closed += f64::from(u8::from(one.is_closed)) / count;
        row.complete += f64::from(u8::from(quality.is_complete())) / count;
        row.fine += of_steps(quality.fine);
        row.terse += of_steps(quality.terse);
        row.wrong += of_steps(quality.wrong);
        row.skipped += of_steps(quality.skipped);
        row.fillers += f64::from(quality.fillers) / count;
        row.given_away += f64::from(u8::from(quality.gives_away())) / count;
        row.strange += f64::from(quality.strange) / count;
    }
    row
}

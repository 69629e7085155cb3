//! Whether the reward puts explanations of known quality into the right order, with the models of `results/rlt-quick`.

use std::path::Path;

use policy_distillation::config::Overrides;
use policy_distillation::config::explanations::{self, Coefficients, Explanations};
use policy_distillation::explain::{Explanation, Judge, Reward, Scripts, load_model};
use policy_distillation::nn::Device;
use policy_distillation::nn::language::{Size, Transformer};
use policy_distillation::questions::{Question, QuestionSplit, QuestionTask};
use policy_distillation::units::Seed;

/// A hand-made explanation of a question.
type Writer = fn(&QuestionTask, &Question) -> String;

/// The kinds of explanations: five in order, best first, and three that are worth nothing.
const KINDS: [(&str, Writer); 8] = [
    ("all steps fine", |task, question| task.worked(question)),
    ("answer given away, then fine", |task, question| format!("L{}{}", question.solution, task.worked(question))),
    ("all steps terse", |_, question| question.steps.iter().map(|step| step.terse.as_str()).collect()),
    ("last step alone", |_, question| question.steps.last().map_or(String::new(), |step| step.fine.clone())),
    ("final values alone", |_, question| {
        let (x, y) = question.solution.split_at(1);
        format!("x={x}y={y}")
    }),
    ("every result wrong", |_, question| {
        let wrong = |digit: char| char::from(b'0' + (digit as u8 - b'0' + 3) % 10);
        let spoiled = |fine: &str| format!("{}{}", &fine[..5], wrong(fine.chars().last().unwrap()));
        question.steps.iter().map(|step| spoiled(&step.fine)).collect()
    }),
    ("answer given away alone", |_, question| format!("L{}", question.solution)),
    ("nothing", |_, _| String::new()),
];

fn model(experiment: &Explanations, task: &QuestionTask, name: &str) -> Transformer {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("results/rlt-quick").join(name).join("seed-1");
    let size = Size::new(experiment.model, task.alphabet().len());
    load_model(&path.join("weights.safetensors"), size, &task.alphabet().text(), Device::Cpu).unwrap()
}

#[test]
fn the_reward_puts_hand_made_explanations_in_the_order_of_their_worth() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/rlt/quick.toml");
    let experiment = explanations::read(&file, &Overrides::default()).unwrap();
    let task = QuestionTask::new(&experiment.task);
    let (student, teacher) = (model(&experiment, &task, "base"), model(&experiment, &task, "warmup"));
    let judge = Judge { student: &student, teacher: &teacher, coefficients: Coefficients::PUBLISHED, temperature: 0.7 };
    let scripts = Scripts { task: &task, split: QuestionSplit::Test };
    let mut generator = Seed(11).generator();
    let questions: Vec<Question> = (0..200).map(|_| task.draw(QuestionSplit::Test, &mut generator)).collect();
    let mean = |write: Writer, value: fn(&Reward) -> f64| {
        let explain = |question: &Question| Explanation {
            tokens: scripts.encode(&write(&task, question)),
            question: question.clone(),
            is_closed: true,
        };
        let explained: Vec<Explanation> = questions.iter().map(explain).collect();
        let rewards = judge.rewards(&scripts, &explained);
        rewards.iter().map(value).sum::<f64>() / rewards.len() as f64
    };
    let parts: [fn(&Reward) -> f64; 3] = [Reward::total, |reward| reward.r_ss, |reward| reward.r_kl];
    let table: Vec<(&str, [f64; 3])> = KINDS.map(|(name, write)| (name, parts.map(|part| mean(write, part)))).to_vec();
    let shown: String =
        table.iter().map(|(name, [r, ss, kl])| format!("{name}: {r:.2} = {ss:.2} − {kl:.2}\n")).collect();
    println!("{shown}");
    let (ordered, worthless) = table.split_at(5);
    for pair in ordered.windows(2) {
        assert!(pair[0].1[0] > pair[1].1[0] + 0.1, "{} is not above {}:\n{shown}", pair[0].0, pair[1].0);
    }
    // Those that mislead or say nothing are far below; how far depends on how much the student trusts what it reads.
    assert!(worthless.iter().all(|(_, [r, _, _])| *r < ordered[4].1[0] - 1.0), "{shown}");
    // What the solution alone says does not tell fine, terse and given away apart.
    assert!(table[..3].iter().all(|(_, [_, ss, _])| *ss > -0.3), "{shown}");
}

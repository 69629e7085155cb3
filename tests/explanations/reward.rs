//! The reward and its learning rule against values computed with PyTorch.

use policy_distillation::config::explanations::Coefficients;
use policy_distillation::explain::{advantages, loss};
use serde::Deserialize;
use tch::{Kind, Tensor};

#[derive(Deserialize)]
struct Golden {
    reward: Rewards,
    grpo: Grpo,
}

#[derive(Deserialize)]
struct Rewards {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    closed: bool,
    log_student_solution: Vec<f32>,
    log_student_thought: Vec<f32>,
    log_teacher_thought: Vec<f32>,
    r_ss: f64,
    /// Without the coefficient 3.
    r_kl: f64,
    #[serde(rename = "match")]
    matched: f64,
    reward: f64,
}

#[derive(Deserialize)]
struct Grpo {
    rewards: Vec<Vec<f64>>,
    advantages: Vec<f64>,
    log_policy: Vec<Vec<f32>>,
    log_reference: Vec<Vec<f32>>,
    lengths: Vec<usize>,
    beta: f64,
    loss: f64,
    gradient_of_log_policy: Vec<Vec<f64>>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("reward.json")).unwrap()
}

#[test]
fn rewards_are_those_of_the_published_program() {
    let cases = golden().reward.cases;
    assert!(cases.iter().any(|case| !case.closed) && cases.iter().any(|case| case.log_student_thought.is_empty()));
    for case in cases {
        let found = Coefficients::PUBLISHED.reward(
            &case.log_student_solution,
            &case.log_student_thought,
            &case.log_teacher_thought,
            case.closed,
        );
        let pairs = [
            (found.r_ss, case.r_ss),
            (found.r_kl, 3.0 * case.r_kl),
            (found.matched, case.matched),
            (found.total(), case.reward),
        ];
        assert!(pairs.iter().all(|(found, expected)| (found - expected).abs() < 1e-5), "{pairs:?}");
    }
}

#[test]
fn advantages_loss_and_gradient_of_a_batch_are_those_of_pytorch() {
    let golden = golden().grpo;
    let found = advantages(&golden.rewards.concat(), golden.rewards[0].len());
    assert!(found.iter().zip(&golden.advantages).all(|(found, expected)| (found - expected).abs() < 1e-5));
    let matrix = |rows: &[Vec<f32>]| Tensor::from_slice(&rows.concat()).view([rows.len() as i64, -1]);
    let policy = matrix(&golden.log_policy).set_requires_grad(true);
    let width = golden.log_policy[0].len();
    let counts = golden.lengths.iter().flat_map(|&length| (0..width).map(move |place| f32::from(place < length)));
    let counts = Tensor::from_slice(&counts.collect::<Vec<f32>>()).view([-1, width as i64]);
    let advantages = Tensor::from_slice(&golden.advantages).to_kind(Kind::Float);
    let (loss, _) = loss(&policy, &matrix(&golden.log_reference), &counts, &advantages, golden.beta);
    assert!((loss.double_value(&[]) - golden.loss).abs() < 1e-6);
    loss.backward();
    let gradient = Vec::<Vec<f64>>::try_from(policy.grad()).unwrap();
    for (found, expected) in gradient.concat().iter().zip(golden.gradient_of_log_policy.concat()) {
        assert!((found - expected).abs() < 1e-6, "{found} instead of {expected}");
    }
}

//! Teachers that explain, and students that learn from explanations (Cetin, Zhao and Tang, 2025, "Reinforcement
//! Learning Teachers of Test Time Scaling"): the texts that both read, the reward for an explanation, and the two ways
//! to learn, from texts and from rewards.

mod answers;
mod checkpoint;
mod fit;
mod grpo;
mod judge;
mod record;
mod reinforce;
mod reward;
mod scripts;
mod weights;

pub use answers::{AnswerRow, Asked, answer, is_right};
pub use checkpoint::{Learned, Run};
pub use fit::{Counted, Fit, FitRow, fit};
pub use grpo::{advantages, loss};
pub use judge::{Explanation, Judge};
pub use record::{ExplanationRecord, ExplanationsError, ExplanationsHeader, load_explanations, save_explanations};
pub use reinforce::{ReinforceRow, RewardSignal, reinforce};
pub use reward::Reward;
pub use scripts::{Script, Scripts};
pub use weights::{ModelError, ModelMetadata, check_model, load_model, save_model};

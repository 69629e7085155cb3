//! `pd observe`: writes an agent's observations, for comparison with other environments.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::digest::sha256;
use crate::env::{Env, Environment, Rom, Rules, load};
use crate::game::{ActionSet, Game, View};
use crate::limited::read_text_limited;
use crate::pipeline::refused;
use crate::progress::Ended;
use crate::record::{is_same, write_file, write_json};
use crate::units::Seed;

/// Maximum number of bytes of a list of actions.
const MOST_ACTIONS: u64 = 256 << 20;

#[derive(Deserialize)]
#[serde(untagged)]
enum Actions {
    Indices(Vec<usize>),
    Steps { steps: Vec<StepAction> },
}

#[derive(Deserialize)]
struct StepAction {
    action: usize,
}

/// `FILE.json`, in the layout of the reference observations.
#[derive(Serialize)]
struct Observed {
    game: Game,
    rom_md5: Option<String>,
    action_set: Vec<i32>,
    steps: Vec<ObservedStep>,
}

#[derive(Serialize)]
struct ObservedStep {
    action: usize,
    reward: f64,
    lives: u32,
    game_over: bool,
    sha256: String,
}

/// Plays the actions. Writes the newest frame of each step to `out`, and the steps to a JSON file beside it.
pub fn observe(game: &str, actions: &Path, out: &Path) -> Result<Ended> {
    let game = Game::named(game)?;
    if game.is_classic_control() {
        return Err(refused(format!("{game}: has no screen to observe")));
    }
    let mut steps_file = out.as_os_str().to_owned();
    steps_file.push(".json");
    if [out, Path::new(&steps_file)].into_iter().any(|written| is_same(written, actions)) {
        return Err(refused(format!("--out {}: it would replace the actions; choose another", out.display())));
    }
    let rom = Rom::find(game)?;
    let actions = read(actions, game.actions(ActionSet::Minimal).len()).map_err(refused)?;
    let action_set = game.actions(ActionSet::Minimal);
    let rules = Rules {
        frame_skip: 4,
        no_op_max: 0,
        sticky_actions: 0.0,
        max_frames: u64::MAX,
        actions: action_set.clone(),
        views: vec![View::Pixels],
    };
    let mut env = Env::new(load(game, rom.as_ref())?, rules);
    let (mut frames, mut steps) = (Vec::new(), Vec::new());
    env.begin(Seed(0));
    for action in actions {
        let step = env.step(action);
        let sha256 = sha256(env.frame(0));
        frames.extend_from_slice(env.frame(0));
        let (lives, game_over) = (env.lives(), step.terminated);
        steps.push(ObservedStep { action, reward: step.reward, lives, game_over, sha256 });
        if game_over {
            env.begin(Seed(0));
        }
    }
    let rom_md5 = rom.map(|rom| rom.record.md5);
    write_file(out, &frames).map_err(refused)?;
    write_json(Path::new(&steps_file), &Observed { game, rom_md5, action_set, steps })?;
    Ok(Ended::Done)
}

fn read(path: &Path, actions: usize) -> Result<Vec<usize>> {
    let text = read_text_limited(path, MOST_ACTIONS).with_context(|| format!("{}: cannot be read", path.display()))?;
    parse(&text, actions).with_context(|| format!("{}: no list of action indices below {actions}", path.display()))
}

/// Action indices below `actions`, as a list or as steps.
fn parse(text: &str, actions: usize) -> Result<Vec<usize>> {
    let indices = match serde_json::from_str(text) {
        Ok(Actions::Indices(indices)) => indices,
        Ok(Actions::Steps { steps }) => steps.into_iter().map(|step| step.action).collect(),
        Err(error) => {
            let cause = serde_json::from_str::<serde_json::Value>(text).err().unwrap_or(error);
            bail!("{cause}; write [0, 1, 2], or an object whose \"steps\" have an \"action\" each");
        }
    };
    if let Some(wrong) = indices.iter().find(|&&index| index >= actions) {
        bail!("it has the index {wrong}");
    }
    Ok(indices)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn any_text_is_a_list_of_possible_actions_or_is_refused(
            text in r#"(\{"steps": ?\[)?\[?(\{"action": ?)?[-0-9eE.,\[\]{}" naul]{0,40}\}?\]?\}?"#,
            actions in 0_usize..20,
        ) {
            if let Ok(indices) = parse(&text, actions) {
                prop_assert!(indices.iter().all(|&index| index < actions), "{text}");
            }
        }
    }
}

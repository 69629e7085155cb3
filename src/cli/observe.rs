//! `pd observe`: writes an agent's observations, for comparison with other environments.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::env::{Env, Environment, Rom, Rules, load};
use crate::game::{ActionSet, Game, View};
use crate::limited::read_text_limited;
use crate::pipeline::refused;
use crate::progress::Ended;
use crate::record::{write_file, write_json};
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

/// Plays the actions. Writes the screens to `out`, and the steps to a JSON file beside it.
pub fn observe(game: &str, actions: &Path, out: &Path) -> Result<Ended> {
    let game = Game::named(game)?;
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
        let sha256 = Sha256::digest(env.frame(0)).iter().map(|byte| format!("{byte:02x}")).collect();
        frames.extend_from_slice(env.frame(0));
        let (lives, game_over) = (env.lives(), step.terminated);
        steps.push(ObservedStep { action, reward: step.reward, lives, game_over, sha256 });
        if game_over {
            env.begin(Seed(0));
        }
    }
    let rom_md5 = rom.map(|rom| rom.record.md5);
    write_file(out, &frames).map_err(refused)?;
    let mut name = out.as_os_str().to_owned();
    name.push(".json");
    write_json(Path::new(&name), &Observed { game, rom_md5, action_set, steps })?;
    Ok(Ended::Done)
}

fn read(path: &Path, actions: usize) -> Result<Vec<usize>> {
    let place = || format!("{}: not a list of action indices below {actions}", path.display());
    let text = read_text_limited(path, MOST_ACTIONS).with_context(|| format!("{}: cannot be read", path.display()))?;
    let indices = match serde_json::from_str(&text).with_context(place)? {
        Actions::Indices(indices) => indices,
        Actions::Steps { steps } => steps.into_iter().map(|step| step.action).collect(),
    };
    if let Some(wrong) = indices.iter().find(|&&index| index >= actions) {
        bail!("{}: it has the index {wrong}", place());
    }
    Ok(indices)
}

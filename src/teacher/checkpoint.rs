//! A training on disk: everything from which it continues as if it had not stopped.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use super::dqn::{Dqn, DqnState};
use super::train::{Run, State, Training};
use crate::env::{Pool, PoolState};
use crate::record::{read_state, replace_folder, write_file};
use crate::replay::{Replay, Transition};

const STATE: &str = "state.bin";
const REPLAY: &str = "replay.bin";

/// A training's state, but for its replay.
#[derive(Serialize, Deserialize)]
pub struct Checkpoint {
    identity: String,
    state: State,
    dqn: DqnState,
    pool: PoolState,
}

/// What a checkpoint must agree in with the training that continues it.
fn identity(training: &Training) -> Result<String> {
    let Training { experiment, agent, rom, .. } = training;
    let settings = (&experiment.environment, &experiment.teacher, &experiment.evaluation);
    let rom = rom.as_ref().map(|rom| &rom.md5);
    Ok(serde_json::to_string(&(agent.game, agent.seed, rom, settings))?)
}

/// Replaces the checkpoint of the run's folder, whole.
pub fn write(run: &Run) -> Result<()> {
    let checkpoint = Checkpoint {
        identity: identity(run.training)?,
        state: run.state.clone(),
        dqn: run.dqn.save(),
        pool: run.pool.save(),
    };
    replace_folder(&run.training.folder.checkpoint(&run.training.agent), |new| {
        write_file(&new.join(STATE), &postcard::to_stdvec(&checkpoint)?)?;
        run.replay.save(&new.join(REPLAY))
    })
}

impl Checkpoint {
    /// The checkpoint in the training's folder, if there is one.
    ///
    /// # Errors
    /// If it is damaged, or of another game, ROM or other settings.
    pub fn read(training: &Training) -> Result<Option<Checkpoint>> {
        let path = training.folder.checkpoint(&training.agent);
        let Some(checkpoint): Option<Checkpoint> = read_state(&path, STATE)? else { return Ok(None) };
        ensure!(
            checkpoint.identity == identity(training)?,
            "{}: a training with other settings, or another ROM; start over with --fresh, or choose another folder with --out",
            path.display()
        );
        Ok(Some(checkpoint))
    }

    /// Puts everything where it was.
    pub fn restore(
        self,
        dqn: &mut Dqn,
        pool: &mut Pool,
        replay: &mut Replay<Transition>,
        training: &Training,
    ) -> Result<State> {
        dqn.restore(&self.dqn)?;
        pool.restore(&self.pool)?;
        replay.load(&training.folder.checkpoint(&training.agent).join(REPLAY))?;
        Ok(self.state)
    }
}

//! Weights on disk: safetensors with PyTorch's names and layouts, readable from any language.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::architecture::{Architecture, TensorShape};
use super::device::Device;
use super::network::Network;
use crate::config::{Data, Environment, Temperature};
use crate::env::ale_version;
use crate::game::Game;
use crate::losses::Loss;
use crate::record::{Agent, RomRecord, write_file};

const FORMAT: &str = "policy-distillation 1";

/// The ALE with which files were made that do not say so.
const FIRST_ALE: &str = "0.6.0";

/// What a file of weights says of itself, besides the weights. In the header each field is a string: text as it is,
/// all else as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    pub architecture: Architecture,
    #[serde(flatten)]
    plays: Plays,
    /// Emulator frames that it was trained for; of a student, those of the play that it learned from.
    pub frames: u64,
    /// The environment in which it learned, and in which it must be scored.
    pub environment: Environment,
    /// `teacher` or `student`.
    pub role: String,
    /// The student's name in its experiment.
    pub name: String,
    pub seed: u64,
    /// The mean of the periodic evaluation by which a teacher's weights were chosen.
    #[serde(default)]
    pub score: Option<f64>,
    /// The loss and temperature of a student.
    pub loss: Option<(Loss, Temperature)>,
    /// Whose play the states are from that a student was distilled on.
    #[serde(default)]
    pub data: Option<Data>,
    /// What the temperature was in units of Q, for each game; empty where none was used.
    #[serde(default)]
    pub temperatures: Vec<f64>,
    /// SHA-256 of the weights of a student's teachers, with commas between them.
    pub teacher: Option<String>,
    /// See [`Metadata::ale`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ale: Option<String>,
    /// The program that wrote it.
    pub made_by: String,
}

impl Metadata {
    /// Of an agent with that network, trained for that long.
    pub fn new(
        agent: &Agent,
        architecture: &Architecture,
        environment: &Environment,
        mut games: Vec<Played>,
        frames: u64,
    ) -> Metadata {
        let has_rom = games.iter().any(|played| !played.game.is_built_in());
        Metadata {
            architecture: architecture.clone(),
            plays: if agent.shared { Plays::Several { games } } else { Plays::One(games.remove(0)) },
            frames,
            environment: environment.clone(),
            role: agent.role.to_string(),
            name: agent.name.clone(),
            seed: agent.seed,
            score: None,
            loss: None,
            data: None,
            temperatures: Vec::new(),
            teacher: None,
            ale: has_rom.then(|| ale_version().into()),
            made_by: format!("policy-distillation {}", env!("CARGO_PKG_VERSION")),
        }
    }

    /// The games that it plays, in the order of its heads.
    pub fn games(&self) -> &[Played] {
        match &self.plays {
            Plays::One(played) => std::slice::from_ref(played),
            Plays::Several { games } => games,
        }
    }

    /// The version of ALE that it learned with; none if all its games are built in.
    pub fn ale(&self) -> Option<&str> {
        let has_rom = self.games().iter().any(|played| !played.game.is_built_in());
        has_rom.then(|| self.ale.as_deref().unwrap_or(FIRST_ALE))
    }

    /// Says it if the ALE here may play the games differently.
    pub fn warn_of_another_ale(&self, path: &Path) {
        if let Some(ale) = self.ale().filter(|ale| *ale != ale_version()) {
            log::warn!("{}: it learned with ALE {ale}; here is ALE {}", path.display(), ale_version());
        }
    }

    /// The head that plays `game`.
    pub fn head(&self, game: Game) -> Option<usize> {
        self.games().iter().position(|played| played.game == game)
    }
}

/// A game that a network plays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Played {
    pub game: Game,
    /// ALE's action ids in the order of the outputs.
    pub actions: Vec<i32>,
    /// The ROM that it learned with; none for the built-in game.
    pub rom: Option<RomRecord>,
}

impl Played {
    /// Of a game with that action set and ROM.
    pub fn new(game: Game, environment: &Environment, rom: Option<RomRecord>) -> Played {
        Played { game, actions: game.actions(environment.action_set), rom }
    }
}

/// As it stands in the header: a network of one game has its fields there, one of several a list of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Plays {
    One(Played),
    Several { games: Vec<Played> },
}

/// Why a file cannot be used as weights.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    #[error("{}: not found; train or distil it first", .0.display())]
    Missing(PathBuf),
    #[error("{}: damaged or not a safetensors file ({reason}); make it again with --fresh", path.display())]
    Damaged { path: PathBuf, reason: String },
    #[error("{}: a safetensors file, but not weights of this program: {reason}", path.display())]
    Foreign { path: PathBuf, reason: String },
    #[error("{}: weights of {found}, but {expected} is needed; remove the file or start over with --fresh", path.display())]
    Mismatch { path: PathBuf, found: String, expected: String },
}

/// Writes a network, whole or not at all. The same network gives the same bytes.
///
/// # Errors
/// The path and the system's reason.
pub fn save(path: &Path, network: &Network, metadata: &Metadata) -> Result<()> {
    let fields = serde_json::to_value(metadata)?;
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut strings: BTreeMap<_, _> =
        fields.as_object().into_iter().flatten().map(|(key, value)| (key.clone(), text(value))).collect();
    strings.insert("format".into(), FORMAT.into());
    // The library would write the metadata in an order that changes from run to run.
    let values = network.values();
    // A training that diverged must not pass for one that is done.
    ensure!(
        values.iter().flatten().all(|value| value.is_finite()),
        "{}: training diverged: a weight is not a finite number; lower the learning rate",
        path.display()
    );
    let mut header = BTreeMap::from([("__metadata__".to_owned(), json!(strings))]);
    let mut data = Vec::new();
    for (TensorShape { name, shape, .. }, values) in metadata.architecture.tensors().into_iter().zip(values) {
        let start = data.len();
        data.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        header.insert(name, json!({"dtype": "F32", "shape": shape, "data_offsets": [start, data.len()]}));
    }
    let mut header = serde_json::to_vec(&header)?;
    header.resize(header.len().next_multiple_of(8), b' ');
    write_file(path, &[&(header.len() as u64).to_le_bytes()[..], &header, &data].concat())
}

/// Reads a network.
///
/// # Errors
/// [`WeightsError`], or the system's reason why the file cannot be read.
pub fn load(path: &Path, device: Device) -> Result<(Network, Metadata)> {
    if !path.exists() {
        return Err(WeightsError::Missing(path.to_owned()).into());
    }
    let content = std::fs::read(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    let damaged = |reason: String| WeightsError::Damaged { path: path.to_owned(), reason };
    let foreign = |reason: String| WeightsError::Foreign { path: path.to_owned(), reason };
    let tensors = SafeTensors::deserialize(&content).map_err(|error| damaged(error.to_string()))?;
    let (_, header) = SafeTensors::read_metadata(&content).map_err(|error| damaged(error.to_string()))?;
    let metadata = parse(header.metadata().as_ref()).map_err(foreign)?;
    let expected = metadata.architecture.tensors();
    let mut values = Vec::new();
    for TensorShape { name, shape, .. } in &expected {
        let tensor = tensors.tensor(name).map_err(|_| foreign(format!("it has no tensor {name}")))?;
        let found: Vec<_> = tensor.shape().iter().map(|&size| size as i64).collect();
        if tensor.dtype() != Dtype::F32 || &found != shape {
            let problem = format!("{name} is {:?} {found:?} instead of F32 {shape:?}", tensor.dtype());
            return Err(foreign(problem).into());
        }
        let floats = tensor.data().as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes));
        values.push(floats.collect::<Vec<_>>());
    }
    if values.iter().flatten().any(|value| !value.is_finite()) {
        return Err(damaged("a weight is not a finite number".into()).into());
    }
    Ok((Network::from_values(&metadata.architecture, &values, device), metadata))
}

fn parse(strings: Option<&HashMap<String, String>>) -> Result<Metadata, String> {
    let strings = strings.ok_or("its header has no metadata")?;
    let format = strings.get("format").map_or("none", String::as_str);
    if format != FORMAT {
        return Err(format!("its format is {format} instead of {FORMAT}"));
    }
    let as_text = ["format", "game", "role", "name", "made_by", "ale"];
    let value = |(key, text): (&String, &String)| {
        let text_value = serde_json::Value::String(text.clone());
        let parsed = if as_text.contains(&key.as_str()) { None } else { serde_json::from_str(text).ok() };
        (key.clone(), parsed.unwrap_or(text_value))
    };
    let object = serde_json::Value::Object(strings.iter().map(value).collect());
    let metadata: Metadata = serde_json::from_value(object).map_err(|error| format!("its metadata: {error}"))?;
    let widths = metadata.architecture.conv.iter().chain([&metadata.architecture.hidden]);
    if widths.chain(&metadata.architecture.actions()).any(|width| !(1..=4096).contains(width)) {
        return Err("its architecture has a width out of range".into());
    }
    if metadata.environment.workers == 0 || metadata.environment.frame_skip == 0 {
        return Err("its environment has no workers or no frames".into());
    }
    let actions: Vec<_> = metadata.games().iter().map(|played| played.actions.len() as i64).collect();
    if metadata.architecture.actions() != actions {
        return Err("it has another number of outputs than of actions".into());
    }
    let heads = metadata.architecture.heads().iter().map(|head| head.game);
    if !heads.clone().eq(metadata.games().iter().map(|played| played.game)) && heads.count() > 0 {
        return Err("its heads are of other games than it says".into());
    }
    Ok(metadata)
}

/// The part of a safetensors header that holds strings.
#[derive(Deserialize)]
struct Header {
    #[serde(rename = "__metadata__")]
    metadata: Option<HashMap<String, String>>,
}

/// What a file says of itself, without its weights.
///
/// # Errors
/// If the file cannot be read, or is none of this program's.
pub fn metadata(path: &Path) -> Result<Metadata> {
    let foreign = |reason: String| WeightsError::Foreign { path: path.to_owned(), reason };
    let read = || -> std::io::Result<(u64, Vec<u8>)> {
        let mut file = File::open(path)?;
        let all = file.metadata()?.len();
        let mut length = [0; 8];
        file.read_exact(&mut length)?;
        let mut header = Vec::new();
        file.take(u64::from_le_bytes(length)).read_to_end(&mut header)?;
        Ok((all, header))
    };
    if !path.exists() {
        return Err(WeightsError::Missing(path.to_owned()).into());
    }
    let damaged = |reason: String| WeightsError::Damaged { path: path.to_owned(), reason };
    let (length, bytes) = read().map_err(|error| damaged(error.to_string()))?;
    let header: Header = serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
    let metadata = parse(header.metadata.as_ref()).map_err(foreign)?;
    let values: i64 = metadata.architecture.tensors().iter().map(|tensor| tensor.shape.iter().product::<i64>()).sum();
    if length != 8 + bytes.len() as u64 + 4 * values as u64 {
        return Err(damaged("its length is not that of its tensors".into()).into());
    }
    Ok(metadata)
}

/// Reads a network that must play `game` in `environment` with the ROM that is used now.
///
/// # Errors
/// As [`load`], and if the weights are of another game, action set, environment or ROM.
pub fn load_for(
    path: &Path,
    device: Device,
    game: Game,
    environment: &Environment,
    rom: Option<&RomRecord>,
) -> Result<(Network, Metadata)> {
    let (network, metadata) = load(path, device)?;
    check_for(path, &metadata, game, environment, rom)?;
    Ok((network, metadata))
}

/// Checks that weights play `game` in `environment` with the ROM that is used now.
///
/// # Errors
/// [`WeightsError::Mismatch`].
pub fn check_for(
    path: &Path,
    metadata: &Metadata,
    game: Game,
    environment: &Environment,
    rom: Option<&RomRecord>,
) -> Result<()> {
    let md5 = |rom: Option<&RomRecord>| rom.map_or("none".to_owned(), |rom| rom.md5.clone());
    let what = |game: Game, actions: &[i32], environment: &Environment, rom: Option<&RomRecord>| {
        let Environment { frame_skip, sticky_actions, .. } = environment;
        let actions = format!("{} actions {actions:?}", actions.len());
        format!("{game} with {actions}, frame skip {frame_skip}, sticky actions {sticky_actions}, ROM {}", md5(rom))
    };
    let of = |played: &Played| what(played.game, &played.actions, &metadata.environment, played.rom.as_ref());
    let expected = what(game, &game.actions(environment.action_set), environment, rom);
    let found = metadata.games().iter().map(of).collect::<Vec<_>>();
    if !found.contains(&expected) {
        let found = found.join("; ");
        return Err(WeightsError::Mismatch { path: path.to_owned(), found, expected }.into());
    }
    metadata.warn_of_another_ale(path);
    Ok(())
}

/// SHA-256 of a file, in hexadecimal.
///
/// # Errors
/// The path and the system's reason.
pub fn sha256(path: &Path) -> Result<String> {
    let content = std::fs::read(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    Ok(Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect())
}

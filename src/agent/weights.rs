//! Weights on disk: a network with its metadata in a safetensors file.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Error, Result};

use super::metadata::{Metadata, Played};
use crate::config::EnvironmentSettings;
use crate::digest;
use crate::game::Game;
use crate::limited::read_limited;
use crate::nn::{self, Device, Network, Precision, Unreadable};
use crate::record::{RomRecord, WEIGHTS, is_there, write_file};

const FORMAT: &str = "policy-distillation 1";
/// Maximum number of bytes of a header, and of a whole file.
const MOST_HEADER: u64 = 16 << 20;
const MOST_BYTES: u64 = 8 << 30;
/// The first bytes of a pointer of Git LFS, in the place of a header's length.
const LFS_POINTER: &[u8; 8] = b"version ";

/// The reason why a file cannot be used as weights.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    #[error("{}: not found; train or distil it first", .0.display())]
    Missing(PathBuf),
    #[error("{}: damaged or not a safetensors file ({reason}){}", path.display(), way_out(path))]
    Damaged { path: PathBuf, reason: String },
    #[error("{}: a safetensors file, but not the weights of a network that plays: {reason}", path.display())]
    Foreign { path: PathBuf, reason: String },
    #[error("{}: weights of {found}, but {expected} is needed; remove the file or start over with --fresh", path.display())]
    Mismatch { path: PathBuf, found: String, expected: String },
}

/// Advice on a damaged file, if a task made it.
fn way_out(path: &Path) -> &'static str {
    if path.ends_with(WEIGHTS) { "; bring back a copy, or remove it to make it again alone" } else { "" }
}

impl WeightsError {
    fn of(path: &Path, error: Unreadable) -> WeightsError {
        let path = path.to_owned();
        match error {
            Unreadable::Damaged(reason) => WeightsError::Damaged { path, reason },
            Unreadable::Foreign(reason) => WeightsError::Foreign { path, reason },
        }
    }
}

/// Writes a network atomically, as f32. The same network gives the same bytes.
///
/// # Errors
/// The path and the system's reason.
pub fn save(path: &Path, network: &Network, metadata: &Metadata) -> Result<()> {
    save_as(path, network, metadata, Precision::Single)
}

/// Writes a network atomically in a number format.
///
/// # Errors
/// As [`save`].
pub fn save_as(path: &Path, network: &Network, metadata: &Metadata, precision: Precision) -> Result<()> {
    let fields = serde_json::to_value(metadata)?;
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut strings: BTreeMap<_, _> =
        fields.as_object().into_iter().flatten().map(|(key, value)| (key.clone(), text(value))).collect();
    strings.insert("format".into(), FORMAT.into());
    let content = nn::encode(network, &strings, precision).with_context(|| path.display().to_string())?;
    write_file(path, &content)
}

/// Reads a network.
///
/// # Errors
/// [`WeightsError`], or the system's reason why the file cannot be read.
pub fn load(path: &Path, device: Device) -> Result<(Network, Metadata)> {
    decode(path, &read(path)?, device)
}

/// The bytes of a file that can be weights.
fn read(path: &Path) -> Result<Vec<u8>> {
    // The header says how long the file is, before all of it is read.
    metadata(path)?;
    let content = read_limited(path, MOST_BYTES).with_context(|| format!("{}: cannot be read", path.display()))?;
    check_pointer(path, &content)?;
    Ok(content)
}

fn decode(path: &Path, content: &[u8], device: Device) -> Result<(Network, Metadata)> {
    let at_fault = |error: Unreadable| WeightsError::of(path, error);
    let strings = nn::strings_of(content).map_err(at_fault)?;
    let metadata = parse(&strings).map_err(|reason| WeightsError::Foreign { path: path.to_owned(), reason })?;
    let values = nn::decode(content, &metadata.architecture).map_err(at_fault)?;
    Ok((Network::from_values(&metadata.architecture, &values, device), metadata))
}

/// Refuses the file that stands for another in a checkout without Git LFS.
fn check_pointer(path: &Path, beginning: &[u8]) -> Result<(), WeightsError> {
    let reason = "a pointer of Git LFS; `git lfs pull` fetches the file itself".to_owned();
    let is_pointer = beginning.starts_with(LFS_POINTER);
    if is_pointer { Err(WeightsError::Foreign { path: path.to_owned(), reason }) } else { Ok(()) }
}

fn parse(strings: &HashMap<String, String>) -> Result<Metadata, String> {
    let format = strings.get("format").map_or("none", String::as_str);
    if format != FORMAT {
        return Err(match strings.contains_key("vocabulary") {
            true => "a language model of the line of explanations, which plays no game".into(),
            false => format!("its format is {format} instead of {FORMAT}"),
        });
    }
    let as_text = ["format", "game", "role", "name", "made_by", "ale"];
    let value = |(key, text): (&String, &String)| {
        let text_value = serde_json::Value::String(text.clone());
        let parsed = if as_text.contains(&key.as_str()) { None } else { serde_json::from_str(text).ok() };
        (key.clone(), parsed.unwrap_or(text_value))
    };
    let object = serde_json::Value::Object(strings.iter().map(value).collect());
    let metadata: Metadata = serde_json::from_value(object).map_err(|error| format!("its metadata: {error}"))?;
    metadata.check()?;
    Ok(metadata)
}

/// The metadata of a file, without its weights.
///
/// # Errors
/// [`WeightsError`], or the system's reason why the file cannot be read.
pub fn metadata(path: &Path) -> Result<Metadata> {
    let read = || -> std::io::Result<([u8; 8], u64, Vec<u8>)> {
        let refused = |reason| Err(std::io::Error::new(ErrorKind::InvalidInput, reason));
        if !path.metadata()?.is_file() {
            return refused("not a plain file");
        }
        let mut file = File::open(path)?;
        let file_length = file.metadata()?.len();
        let mut beginning = [0; 8];
        file.read_exact(&mut beginning)?;
        if beginning == *LFS_POINTER {
            return Ok((beginning, file_length, Vec::new()));
        }
        let length = u64::from_le_bytes(beginning);
        if length > MOST_HEADER {
            return refused("its header is too long");
        }
        let mut header = Vec::new();
        file.take(length).read_to_end(&mut header)?;
        if (header.len() as u64) < length {
            return refused("it ends within its header");
        }
        Ok((beginning, file_length, header))
    };
    if !is_there(path)? {
        return Err(WeightsError::Missing(path.to_owned()).into());
    }
    let damaged = |reason: String| WeightsError::Damaged { path: path.to_owned(), reason };
    let (beginning, length, header) = read().map_err(|error| match error.kind() {
        ErrorKind::InvalidInput | ErrorKind::UnexpectedEof => Error::from(damaged(error.to_string())),
        _ => Error::from(error).context(format!("{}: cannot be read", path.display())),
    })?;
    check_pointer(path, &beginning)?;
    let strings = nn::strings(&header).map_err(|error| WeightsError::of(path, error))?;
    let metadata = parse(&strings).map_err(|reason| WeightsError::Foreign { path: path.to_owned(), reason })?;
    let tensors = metadata.architecture.tensors();
    let data = length.saturating_sub(8 + header.len() as u64);
    let fits = |precision: Precision| data == precision.bytes(&tensors);
    if ![Precision::Single, Precision::Half, Precision::Byte].into_iter().any(fits) {
        return Err(damaged("its length does not match its tensors".into()).into());
    }
    Ok(metadata)
}

/// Reads a network and checks that it plays `game` in `environment` with the current ROM. Returns the SHA-256 of the
/// same bytes, too: another process may replace the file at any moment.
///
/// # Errors
/// As [`load`], and if the weights are of another game, observation, action set, environment or ROM.
pub fn load_for(
    path: &Path,
    device: Device,
    game: Game,
    environment: &EnvironmentSettings,
    rom: Option<&RomRecord>,
) -> Result<(Network, Metadata, String)> {
    let content = read(path)?;
    let (network, metadata) = decode(path, &content, device)?;
    check_for(path, &metadata, game, environment, rom)?;
    Ok((network, metadata, digest::sha256(&content)))
}

/// Checks that weights play `game` in `environment` with the current ROM.
///
/// # Errors
/// [`WeightsError::Mismatch`].
pub fn check_for(
    path: &Path,
    metadata: &Metadata,
    game: Game,
    environment: &EnvironmentSettings,
    rom: Option<&RomRecord>,
) -> Result<()> {
    let what = |played: &Played, environment: &EnvironmentSettings| {
        let Played { game, observation, actions, rom } = played;
        let EnvironmentSettings { frame_skip, sticky_actions, .. } = environment;
        let rom = rom.as_ref().map_or("none", |rom| &rom.md5);
        let actions = format!("{} actions {actions:?}", actions.len());
        format!(
            "{game} from {observation} with {actions}, frame skip {frame_skip}, sticky actions {sticky_actions}, ROM {rom}"
        )
    };
    let description = |played: &Played| what(played, &metadata.environment);
    let expected = what(&Played::new(game, environment, rom.cloned()), environment);
    let descriptions = metadata.games().iter().map(description).collect::<Vec<_>>();
    if !descriptions.contains(&expected) {
        let found = descriptions.join("; ");
        return Err(WeightsError::Mismatch { path: path.to_owned(), found, expected }.into());
    }
    metadata.warn_of_another_ale(path);
    Ok(())
}

/// SHA-256 of a file of weights, in hexadecimal. A damaged file has none, so that it is not taken for another network.
///
/// # Errors
/// [`WeightsError`], if the content is not what was written, as far as the file has digests; or the system's reason why
/// it cannot be read.
pub fn sha256(path: &Path) -> Result<String> {
    let content = read(path)?;
    nn::strings_of(&content).map_err(|error| WeightsError::of(path, error))?;
    Ok(digest::sha256(&content))
}

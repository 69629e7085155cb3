//! Transformers as files: safetensors with the size, the vocabulary and the origin in the header.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::limited::read_limited;
use crate::nn::language::{Size, Transformer};
use crate::nn::{Device, Precision, decode_tensors, encode_tensors, strings_of};
use crate::record::write_file;

/// Maximum number of bytes of a file.
const MOST_BYTES: u64 = 8 << 30;
/// The kind of network in a file's header.
const KIND: &str = "transformer";

/// The metadata of a file of weights, besides their size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelMetadata {
    /// The characters of the tokens, in order.
    pub vocabulary: String,
    /// The task that made the weights.
    pub origin: String,
}

/// Weights that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error(
        "{path}: is no transformer of this program ({problem}); bring back a copy, or remove it to make it again alone"
    )]
    Foreign { path: PathBuf, problem: String },
    #[error(
        "{path}: reads \"{found}\" where the task has \"{expected}\"; it is a model of another task, so choose another folder with --out or make it anew with --fresh"
    )]
    Vocabulary { path: PathBuf, found: String, expected: String },
    #[error(
        "{path}: has {found}, but the experiment says {expected}; choose another folder with --out or make it anew with --fresh"
    )]
    Size { path: PathBuf, found: Size, expected: Size },
}

/// Writes the weights of a model, whole or not at all.
///
/// # Errors
/// If a weight is not finite, or the file cannot be written.
pub fn save_model(path: &Path, model: &Transformer, metadata: &ModelMetadata) -> Result<()> {
    let strings = BTreeMap::from([
        ("kind".to_owned(), KIND.to_owned()),
        ("size".to_owned(), serde_json::to_string(&model.size())?),
        ("vocabulary".to_owned(), metadata.vocabulary.clone()),
        ("origin".to_owned(), metadata.origin.clone()),
    ]);
    write_file(path, &encode_tensors(model.size().tensors(), &model.values(), &strings, Precision::Single)?)
}

/// Checks that a file is a whole model of this program, of whatever task and size.
///
/// # Errors
/// [`ModelError::Foreign`], or that the file cannot be read.
pub fn check_model(path: &Path) -> Result<()> {
    read_model(path).map(|_| ())
}

/// The content of a model's file, which is verified, and the strings in its header.
fn read_model(path: &Path) -> Result<(Vec<u8>, HashMap<String, String>)> {
    let content = read_limited(path, MOST_BYTES).with_context(|| format!("{}: cannot be read", path.display()))?;
    let foreign = |problem: String| ModelError::Foreign { path: path.to_owned(), problem };
    let strings = strings_of(&content).map_err(|error| foreign(error.to_string()))?;
    match strings.get("kind") {
        Some(kind) if kind == KIND => Ok((content, strings)),
        Some(kind) => Err(foreign(format!("its kind is {kind}")).into()),
        None => Err(foreign("its header has no kind".into()).into()),
    }
}

/// Reads a model of that size over that vocabulary.
///
/// # Errors
/// [`ModelError`], or that the file cannot be read.
pub fn load_model(path: &Path, expected: Size, vocabulary: &str, device: Device) -> Result<Transformer> {
    let (content, strings) = read_model(path)?;
    let foreign = |problem: String| ModelError::Foreign { path: path.to_owned(), problem };
    let field = |name: &str| strings.get(name).ok_or_else(|| foreign(format!("its header has no {name}")));
    let found = field("vocabulary")?;
    if found != vocabulary {
        let (found, expected) = (found.clone(), vocabulary.to_owned());
        return Err(ModelError::Vocabulary { path: path.to_owned(), found, expected }.into());
    }
    let size: Size = serde_json::from_str(field("size")?).map_err(|error| foreign(error.to_string()))?;
    if size != expected {
        return Err(ModelError::Size { path: path.to_owned(), found: size, expected }.into());
    }
    let values = decode_tensors(&content, size.tensors()).map_err(|error| foreign(error.to_string()))?;
    Ok(Transformer::from_values(size, &values, device))
}

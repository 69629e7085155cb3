//! Weights as the bytes of a safetensors file, with PyTorch's names and layouts, readable from any language.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Result, ensure};
use half::f16;
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;
use serde_json::json;

use super::architecture::Architecture;
use super::block::TensorShape;
use super::network::Network;
use crate::digest::sha256;

/// Key of the SHA-256 of all bytes after the header, in hexadecimal.
const DATA_DIGEST: &str = "data_sha256";
/// Key of the SHA-256 of all other strings, in hexadecimal: see [`digest_of`].
const STRINGS_DIGEST: &str = "metadata_sha256";

/// The reason why bytes are not the weights of a network.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The bytes are not a complete safetensors file.
    #[error("{0}")]
    Damaged(String),
    /// The safetensors file holds something else.
    #[error("{0}")]
    Foreign(String),
}

/// The part of a safetensors header that holds strings.
#[derive(Deserialize)]
struct Header {
    #[serde(rename = "__metadata__")]
    metadata: Option<HashMap<String, String>>,
}

/// Number format of the weights in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// f32.
    Single,
    /// f16: each weight is rounded to 11 significant bits.
    Half,
    /// i8: each weight is rounded to a multiple of 1/127 of the largest in its output's row. The tensor NAME.scale
    /// holds the multiples' unit for each row. Vectors, such as biases, stay f32.
    Byte,
}

impl Precision {
    /// Number of bytes of these tensors' data in a file.
    pub fn bytes(self, tensors: &[TensorShape]) -> u64 {
        let bytes = |TensorShape { shape, .. }: &TensorShape| {
            let values = shape.iter().product::<i64>() as u64;
            match self {
                Precision::Byte if shape.len() > 1 => values + 4 * shape[0] as u64,
                Precision::Half => 2 * values,
                Precision::Single | Precision::Byte => 4 * values,
            }
        };
        tensors.iter().map(bytes).sum()
    }
}

/// The end of the name of the tensor with a tensor's scales.
const SCALE: &str = ".scale";

/// The rows of a matrix as whole numbers of a unit for each row.
fn rounded(rows: std::slice::ChunksExact<f32>) -> (Vec<f32>, Vec<i8>) {
    let (mut scales, mut numbers) = (Vec::new(), Vec::new());
    for row in rows {
        let scale = row.iter().fold(0.0_f32, |most, value| most.max(value.abs())) / f32::from(i8::MAX);
        scales.push(scale);
        let number = |value: &f32| if scale > 0.0 { (value / scale).round() as i8 } else { 0 };
        numbers.extend(row.iter().map(number));
    }
    (scales, numbers)
}

/// The weights as file content, with `strings` in the header. The same network and strings give the same bytes.
///
/// # Errors
/// If a weight is not a finite number.
pub fn encode(network: &Network, strings: &BTreeMap<String, String>, precision: Precision) -> Result<Vec<u8>> {
    let tensors = network.architecture().tensors().into_iter().map(|TensorShape { name, shape, .. }| (name, shape));
    encode_tensors(tensors.collect(), &network.values(), strings, precision)
}

/// As [`encode`], for `values` of tensors with any names and shapes.
///
/// # Errors
/// As [`encode`].
pub fn encode_tensors(
    tensors: Vec<(String, Vec<i64>)>,
    values: &[Vec<f32>],
    strings: &BTreeMap<String, String>,
    precision: Precision,
) -> Result<Vec<u8>> {
    check_finite(values, precision)?;
    // The library would write the metadata in an order that changes from run to run.
    let mut header = BTreeMap::new();
    let mut data = Vec::new();
    let mut add = |name: String, dtype: &str, shape: &[i64], bytes: &[u8]| {
        let start = data.len();
        data.extend(bytes);
        header.insert(name, json!({"dtype": dtype, "shape": shape, "data_offsets": [start, data.len()]}));
    };
    let single = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>();
    for ((name, shape), values) in tensors.into_iter().zip(values) {
        match precision {
            Precision::Half => {
                let bytes: Vec<_> = values.iter().flat_map(|&value| f16::from_f32(value).to_le_bytes()).collect();
                add(name, "F16", &shape, &bytes);
            }
            Precision::Byte if shape.len() > 1 => {
                let (scales, numbers) = rounded(values.chunks_exact(values.len() / shape[0] as usize));
                add(name.clone() + SCALE, "F32", &shape[..1], &single(&scales));
                add(name, "I8", &shape, &numbers.into_iter().map(i8::cast_unsigned).collect::<Vec<_>>());
            }
            Precision::Single | Precision::Byte => add(name, "F32", &shape, &single(values)),
        }
    }
    let mut strings = strings.clone();
    strings.insert(DATA_DIGEST.into(), sha256(&data));
    strings.insert(STRINGS_DIGEST.into(), digest_of(strings.iter()));
    header.insert("__metadata__".to_owned(), json!(strings));
    let mut header = serde_json::to_vec(&header)?;
    header.resize(header.len().next_multiple_of(8), b' ');
    Ok([&(header.len() as u64).to_le_bytes()[..], &header, &data].concat())
}

/// Refuses weights that are not finite: a training that diverged must not pass for one that is finished.
fn check_finite(values: &[Vec<f32>], precision: Precision) -> Result<()> {
    let all = |is_finite: fn(f32) -> bool| values.iter().flatten().all(|&value| is_finite(value));
    ensure!(all(f32::is_finite), "training diverged: a weight is not a finite number; lower the learning rate");
    let fits = precision != Precision::Half || all(|value| f16::from_f32(value).is_finite());
    ensure!(fits, "a weight is above 65,504, the largest number in half precision; keep 32 bits");
    Ok(())
}

/// The hash of the strings in key order, a line for each key and each value, without their own.
fn digest_of<'a>(strings: impl Iterator<Item = (&'a String, &'a String)>) -> String {
    let strings: BTreeMap<_, _> = strings.filter(|(key, _)| *key != STRINGS_DIGEST).collect();
    let lines: Vec<_> = strings.into_iter().map(|(key, value)| format!("{key}\n{value}\n")).collect();
    sha256(lines.concat().as_bytes())
}

/// Refuses a header whose strings are not those that were written. Files of other programs, and older ones, have no
/// digest and are taken as they are.
fn checked(strings: HashMap<String, String>) -> Result<HashMap<String, String>, Unreadable> {
    match strings.get(STRINGS_DIGEST) {
        Some(digest) if *digest != digest_of(strings.iter()) => {
            Err(Unreadable::Damaged("its header is not what was written".into()))
        }
        _ => Ok(strings),
    }
}

/// The strings in a file's header; `header` is the JSON after its length.
///
/// # Errors
/// [`Unreadable::Foreign`] if it has none, [`Unreadable::Damaged`] if they are not those that were written.
pub fn strings(header: &[u8]) -> Result<HashMap<String, String>, Unreadable> {
    let foreign = |error: serde_json::Error| Unreadable::Foreign(error.to_string());
    let header: Header = serde_json::from_slice(header).map_err(foreign)?;
    header.metadata.ok_or_else(|| Unreadable::Foreign("its header has no metadata".into())).and_then(checked)
}

/// The strings of a whole file, whose data is verified.
///
/// # Errors
/// [`Unreadable`], also if strings or data are not those that were written.
pub fn strings_of(content: &[u8]) -> Result<HashMap<String, String>, Unreadable> {
    let damaged = |error: safetensors::SafeTensorError| Unreadable::Damaged(error.to_string());
    SafeTensors::deserialize(content).map_err(damaged)?;
    let (length, header) = SafeTensors::read_metadata(content).map_err(damaged)?;
    let strings = header.metadata().clone().ok_or_else(|| Unreadable::Foreign("its header has no metadata".into()))?;
    let strings = checked(strings)?;
    let data = content.get(8 + length..).unwrap_or_default();
    if strings.get(DATA_DIGEST).is_some_and(|digest| *digest != sha256(data)) {
        return Err(Unreadable::Damaged("its weights are not those that were written".into()));
    }
    Ok(strings)
}

/// The values of each of the architecture's tensors, in the order of [`Architecture::tensors`].
///
/// # Errors
/// [`Unreadable`], also if a tensor is missing, has another shape, or holds a value that is not finite.
pub fn decode(content: &[u8], architecture: &Architecture) -> Result<Vec<Vec<f32>>, Unreadable> {
    let tensors = architecture.tensors().into_iter().map(|TensorShape { name, shape, .. }| (name, shape));
    decode_tensors(content, tensors.collect())
}

/// As [`decode`], for tensors with any names and shapes.
///
/// # Errors
/// As [`decode`].
pub fn decode_tensors(content: &[u8], expected: Vec<(String, Vec<i64>)>) -> Result<Vec<Vec<f32>>, Unreadable> {
    let tensors = SafeTensors::deserialize(content).map_err(|error| Unreadable::Damaged(error.to_string()))?;
    let mut values = Vec::new();
    for (name, shape) in expected {
        let tensor = tensors.tensor(&name).map_err(|_| Unreadable::Foreign(format!("it has no tensor {name}")))?;
        let found: Vec<_> = tensor.shape().iter().map(|&size| size as i64).collect();
        let data = tensor.data();
        values.push(match tensor.dtype() {
            Dtype::F32 if found == shape => data.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect(),
            Dtype::F16 if found == shape => {
                data.as_chunks().0.iter().map(|&bytes| f16::from_le_bytes(bytes).to_f32()).collect::<Vec<_>>()
            }
            Dtype::I8 if found == shape => scaled(&tensors, &name, &shape, data)?,
            dtype => {
                let problem = format!("{name} is {dtype:?} {found:?} instead of F32, F16 or I8 {shape:?}");
                return Err(Unreadable::Foreign(problem));
            }
        });
    }
    if values.iter().flatten().any(|value| !value.is_finite()) {
        return Err(Unreadable::Damaged("a weight is not a finite number".into()));
    }
    Ok(values)
}

/// The values of the tensor `name` of `shape`, whose whole numbers are `data`.
fn scaled(tensors: &SafeTensors, name: &str, shape: &[i64], data: &[u8]) -> Result<Vec<f32>, Unreadable> {
    let foreign = |problem: &str| Unreadable::Foreign(format!("{name}{SCALE} {problem}"));
    let scales = tensors.tensor(&format!("{name}{SCALE}")).map_err(|_| foreign("is missing"))?;
    let rows = shape.first().map_or(0, |&rows| rows as usize);
    if scales.dtype() != Dtype::F32 || scales.shape() != [rows] || data.is_empty() {
        return Err(foreign("does not have a number for each row"));
    }
    let scales = scales.data().as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes));
    let row =
        |(row, scale): (&[u8], f32)| row.iter().map(|&byte| f32::from(byte.cast_signed()) * scale).collect::<Vec<_>>();
    Ok(data.chunks_exact(data.len() / rows).zip(scales).flat_map(row).collect())
}

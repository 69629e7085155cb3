//! The form of an architecture in files. The paper's shape and plain dense networks are written as widths, all others
//! layer by layer.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::architecture::{Architecture, Outputs, layers_of};
use super::block::Layer;
use crate::spec::Shape;

/// Maximum number of filters or units of a layer.
const WIDEST: i64 = 4096;

/// An [`Architecture`] in files. A missing field has the value that held before files stored it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Saved {
    /// Filters of the paper's three convolutions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    conv: Option<[i64; 3]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hidden: Option<Hidden>,
    /// Every shared layer, for a network of another kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    layers: Option<Vec<Layer>>,
    actions: Outputs,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    layer_norm: bool,
    #[serde(default = "atari", skip_serializing_if = "is_atari")]
    observation: Shape,
}

/// Units of the fully connected layer after convolutions, or of every layer of a dense network.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum Hidden {
    One(i64),
    Several(Vec<i64>),
}

fn atari() -> Shape {
    Shape::ATARI
}

fn is_atari(shape: &Shape) -> bool {
    *shape == Shape::ATARI
}

impl From<Architecture> for Saved {
    fn from(architecture: Architecture) -> Saved {
        let layer_norm = architecture.is_normalised();
        let Architecture { observation, layers, outputs: actions } = architecture;
        let widths = |conv: bool| -> Vec<i64> {
            let width = |layer: &Layer| match *layer {
                Layer::Conv { filters, .. } if conv => Some(filters),
                Layer::Dense { units } if !conv => Some(units),
                _ => None,
            };
            layers.iter().filter_map(width).collect()
        };
        let (conv, hidden) = (widths(true), widths(false));
        let is_plain = layers == layers_of(&conv, &hidden, layer_norm);
        let named = Saved { conv: None, hidden: None, layers: None, actions, layer_norm, observation };
        match (conv.as_slice(), hidden.as_slice()) {
            (&[first, second, third], &[units]) if is_plain => {
                Saved { conv: Some([first, second, third]), hidden: Some(Hidden::One(units)), ..named }
            }
            ([], _) if is_plain => Saved { hidden: Some(Hidden::Several(hidden)), ..named },
            _ => Saved { layers: Some(layers), layer_norm: false, ..named },
        }
    }
}

impl TryFrom<Saved> for Architecture {
    type Error = String;

    fn try_from(saved: Saved) -> Result<Architecture, String> {
        let Saved { conv, hidden, layers, actions: outputs, layer_norm, observation } = saved;
        let layers = match (conv, hidden, layers) {
            (Some(conv), Some(Hidden::One(units)), None) => layers_of(&conv, &[units], layer_norm),
            (None, Some(Hidden::Several(units)), None) => layers_of(&[], &units, layer_norm),
            (None, None, Some(layers)) => layers,
            _ => return Err("a network has conv and hidden, hidden alone, or layers".into()),
        };
        let architecture = Architecture { observation, layers, outputs };
        check(&architecture)?;
        Ok(architecture)
    }
}

/// Refuses sizes of observations and numbers of outputs that are out of range, and two heads of one game.
fn check_widths(architecture: &Architecture) -> Result<(), String> {
    let sizes = match architecture.observation {
        Shape::Vector { size } => vec![size],
        Shape::Image { stack, height, width } => vec![stack, height, width],
    };
    let outputs = architecture.actions();
    let in_range = sizes.iter().all(|size| (1..=WIDEST as usize).contains(size))
        && outputs.iter().all(|width| (1..=WIDEST).contains(width));
    if architecture.layers.is_empty() || outputs.is_empty() || !in_range {
        return Err("its architecture has no layers, or a width out of range".into());
    }
    let games: BTreeSet<&str> = architecture.heads().iter().map(|head| head.game.as_str()).collect();
    if games.len() < architecture.heads().len() {
        return Err("its architecture has two heads for one game".into());
    }
    Ok(())
}

/// Refuses architectures that cannot be computed.
fn check(architecture: &Architecture) -> Result<(), String> {
    check_widths(architecture)?;
    let mut sides = match architecture.observation {
        Shape::Image { height, width, .. } => Some([height as i64, width as i64]),
        Shape::Vector { .. } => None,
    };
    let mut before = None;
    for &layer in &architecture.layers {
        let is_product = matches!(before, Some(Layer::Conv { .. } | Layer::Dense { .. }));
        let fits = match (layer, &mut sides) {
            (Layer::Conv { filters, kernel, stride }, Some(sides)) => {
                let fits = (1..=WIDEST).contains(&filters)
                    && kernel >= 1
                    && stride >= 1
                    && sides.iter().all(|&side| side >= kernel);
                if fits {
                    *sides = sides.map(|side| (side - kernel) / stride + 1);
                }
                fits
            }
            (Layer::Conv { .. }, None) => false,
            (Layer::Dense { units }, sides) => {
                *sides = None;
                (1..=WIDEST).contains(&units)
            }
            (Layer::Norm, _) => is_product,
            (Layer::Relu, _) => is_product || before == Some(Layer::Norm),
        };
        if !fits {
            return Err(format!("{layer:?} does not fit where it is, or has a width out of range"));
        }
        before = Some(layer);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Architecture, serde_json::Error> {
        serde_json::from_str(text)
    }

    #[test]
    fn a_network_of_the_papers_shape_stands_in_files_by_its_widths_alone() {
        for text in [
            r#"{"conv":[32,64,64],"hidden":512,"actions":6}"#,
            r#"{"conv":[2,3,17],"hidden":21,"actions":[{"game":"pong","actions":6}],"layer_norm":true}"#,
            r#"{"hidden":[64,64],"actions":2,"observation":{"vector":{"size":4}}}"#,
        ] {
            assert_eq!(serde_json::to_string(&read(text).unwrap()).unwrap(), text);
        }
    }

    #[test]
    fn any_list_of_layers_reads_back_the_same() {
        let layers = vec![
            Layer::Conv { filters: 8, kernel: 5, stride: 3 },
            Layer::Relu,
            Layer::Dense { units: 10 },
            Layer::Norm,
            Layer::Relu,
            Layer::Dense { units: 3 },
        ];
        let observation = Shape::Image { stack: 2, height: 30, width: 40 };
        let architecture = Architecture { observation, layers, outputs: Outputs::One(4) };
        assert_eq!(read(&serde_json::to_string(&architecture).unwrap()).unwrap(), architecture);
    }

    #[test]
    fn what_cannot_be_computed_is_refused() {
        for text in [
            r#"{"conv":[32,64,64],"hidden":0,"actions":6}"#,
            r#"{"conv":[32,64,64],"hidden":5000,"actions":6}"#,
            r#"{"conv":[32,64,64],"hidden":5,"actions":6,"observation":{"vector":{"size":4}}}"#,
            r#"{"conv":[32,64,64],"hidden":5,"actions":6,"observation":{"image":{"stack":4,"height":20,"width":84}}}"#,
            r#"{"hidden":[8],"actions":6,"observation":{"image":{"stack":0,"height":84,"width":84}}}"#,
            r#"{"hidden":[8],"actions":6,"observation":{"image":{"stack":4,"height":84,"width":1000000000}}}"#,
            r#"{"hidden":[8],"actions":[{"game":"pong","actions":6},{"game":"pong","actions":6}]}"#,
            r#"{"layers":["relu"],"actions":6}"#,
            r#"{"layers":[],"actions":6}"#,
            r#"{"hidden":[8],"actions":0,"observation":{"vector":{"size":4}}}"#,
            r#"{"hidden":[8],"actions":[],"observation":{"vector":{"size":4}}}"#,
            r#"{"actions":2}"#,
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}

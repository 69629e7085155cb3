//! Layers of a network, the blocks that they form, and the tensors of a block.

use serde::{Deserialize, Serialize};

/// Added to the variance by layer normalisations, PyTorch's default.
pub const NORM_EPSILON: f64 = 1e-5;

/// A layer of a network. Its input size follows from the layers before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// A convolution of an image by square kernels, without padding.
    Conv { filters: i64, kernel: i64, stride: i64 },
    /// A fully connected layer. An image is flattened.
    Dense { units: i64 },
    /// Normalises all values of a sample (Ba et al., 2016), with a gain and a shift for each of them. It follows a
    /// convolution or a fully connected layer.
    Norm,
    /// Rectifies each value.
    Relu,
}

/// A tensor of a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorShape {
    pub name: String,
    /// Shape in PyTorch's layout.
    pub shape: Vec<i64>,
    pub kind: TensorKind,
    /// The head of a network for several games that it belongs to; `None` for what all games share.
    pub head: Option<usize>,
    /// Whether it belongs to an output layer.
    pub is_output: bool,
}

impl TensorShape {
    /// Number of values.
    pub fn count(&self) -> usize {
        self.shape.iter().product::<i64>() as usize
    }
}

/// The purpose of a tensor, which decides its initial values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TensorKind {
    Weight,
    /// The bias of a layer; it follows the layer's weight.
    Bias,
    /// The gain of a normalisation.
    Gain,
    /// The shift of a normalisation; it follows the gain.
    Shift,
}

/// A convolution or fully connected layer, with the normalisation and ReLU after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Prefix of the names of its tensors.
    pub name: String,
    pub product: Layer,
    /// Shape of the input: channels, height and width, or a row of values.
    pub input: Vec<i64>,
    /// Shape of the output.
    pub output: Vec<i64>,
    pub norm: bool,
    pub relu: bool,
    /// The head of a network for several games that it belongs to; `None` for what all games share.
    pub head: Option<usize>,
    /// Whether it is an output layer.
    pub is_output: bool,
}

impl Block {
    /// Shape of the weight in PyTorch's layout.
    fn weight(&self) -> Vec<i64> {
        match self.product {
            Layer::Conv { kernel, .. } => vec![self.output[0], self.input[0], kernel, kernel],
            _ => vec![self.output[0], self.input.iter().product()],
        }
    }

    /// Multiplications for one sample.
    pub fn products(&self) -> i64 {
        let positions: i64 = self.output[1..].iter().product();
        positions * self.weight().iter().product::<i64>()
    }

    /// Its tensors, in the order of the data flow.
    pub fn tensors(&self) -> Vec<TensorShape> {
        let Block { name, head, is_output, .. } = self;
        let tensor = |part: &str, shape, kind| TensorShape {
            name: format!("{name}.{part}"),
            shape,
            kind,
            head: *head,
            is_output: *is_output,
        };
        let mut tensors = vec![
            tensor("weight", self.weight(), TensorKind::Weight),
            tensor("bias", vec![self.output[0]], TensorKind::Bias),
        ];
        if self.norm {
            tensors.push(tensor("norm.weight", self.output.clone(), TensorKind::Gain));
            tensors.push(tensor("norm.bias", self.output.clone(), TensorKind::Shift));
        }
        tensors
    }
}

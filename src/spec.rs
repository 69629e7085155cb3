//! The interface between an environment and an agent: the shape of observations, and the actions.
//!
//! An observation travels as bytes. A pixel is one byte. A value of a vector is an f32: four bytes, little-endian.
//! Batches, memories and files therefore treat all observations alike, and only a network interprets the bytes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Shape of an observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// The last `stack` grey frames, oldest first, each of `height` × `width` bytes, row by row.
    Image { stack: usize, height: usize, width: usize },
    /// `size` numbers that describe one moment.
    Vector { size: usize },
}

/// Observations that an environment returns, and actions that it accepts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    pub observation: Shape,
    /// The environment's own action numbers, in the order of an agent's action indices.
    pub actions: Vec<i32>,
}

impl Shape {
    /// Four frames of 84×84 (Mnih et al., 2015).
    pub const ATARI: Shape = Shape::Image { stack: 4, height: 84, width: 84 };

    /// Number of frames in an observation.
    pub const fn stack(self) -> usize {
        match self {
            Shape::Image { stack, .. } => stack,
            Shape::Vector { .. } => 1,
        }
    }

    /// Bytes of the newest part of an observation. A step adds only this part.
    pub const fn frame_bytes(self) -> usize {
        match self {
            Shape::Image { height, width, .. } => height * width,
            Shape::Vector { size } => size * size_of::<f32>(),
        }
    }

    /// Bytes of an observation.
    pub const fn bytes(self) -> usize {
        self.stack() * self.frame_bytes()
    }

    /// Fills `observation` for the first frame of an episode: black frames, then `frame` (as in Nature DQN).
    pub fn start(self, observation: &mut [u8], frame: &[u8]) {
        let (earlier, newest) = observation.split_at_mut(self.bytes() - self.frame_bytes());
        earlier.fill(0);
        newest.copy_from_slice(frame);
    }

    /// Drops the oldest frame of `observation` and appends `frame`.
    pub fn push(self, observation: &mut [u8], frame: &[u8]) {
        observation.copy_within(self.frame_bytes().., 0);
        observation[self.bytes() - self.frame_bytes()..].copy_from_slice(frame);
    }

    /// The newest frame of `observation`.
    pub fn newest(self, observation: &[u8]) -> &[u8] {
        &observation[self.bytes() - self.frame_bytes()..]
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Shape::Image { stack, height, width } => write!(f, "{stack} frames of {height}×{width}"),
            Shape::Vector { size } => write!(f, "a vector of {size}"),
        }
    }
}

/// Writes `values` as a vector's bytes.
pub fn write_values(values: impl IntoIterator<Item = f32>, bytes: &mut [u8]) {
    for (bytes, value) in bytes.as_chunks_mut().0.iter_mut().zip(values) {
        *bytes = value.to_le_bytes();
    }
}

/// The values that a vector's bytes hold.
pub fn values(bytes: &[u8]) -> impl ExactSizeIterator<Item = f32> {
    bytes.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_holds_the_last_frames_oldest_first() {
        let shape = Shape::Image { stack: 4, height: 3, width: 2 };
        let mut observation = vec![9; shape.bytes()];
        shape.start(&mut observation, &[1; 6]);
        for value in 2..=3 {
            shape.push(&mut observation, &[value; 6]);
        }
        let first_pixels: Vec<_> = observation.chunks(6).map(|frame| frame[0]).collect();
        assert_eq!(first_pixels, [0, 1, 2, 3]);
        assert_eq!(shape.newest(&observation), [3; 6]);
    }

    #[test]
    fn a_vector_holds_one_moment() {
        let shape = Shape::Vector { size: 2 };
        let (mut observation, mut frame) = (vec![9; 8], vec![0; 8]);
        write_values([1.5, -2.0], &mut frame);
        shape.start(&mut observation, &frame);
        assert_eq!(values(&observation).collect::<Vec<_>>(), [1.5, -2.0]);
        write_values([0.25, 7.0], &mut frame);
        shape.push(&mut observation, &frame);
        assert_eq!(values(shape.newest(&observation)).collect::<Vec<_>>(), [0.25, 7.0]);
    }
}

//! The last frames of one worker, in the form that suits their shape.

use std::collections::VecDeque;
use std::io::{Read, Write};

use anyhow::{Result, ensure};

use super::file::{read_block, write_block};
use super::frame_group::{FrameGroup, GROUP};
use crate::spec::Shape;

/// Frames by their number since the start. With each push the owner says which frames are kept.
pub enum Frames {
    /// Image frames: packed, since most of a screen stands still.
    Packed(Packed),
    /// Vectors: stored as they are.
    Plain(Ring),
}

/// Frames in groups. A group begins at every multiple of [`GROUP`] frames.
pub struct Packed {
    size: usize,
    /// Pixels in a row.
    width: usize,
    /// The first group holds the oldest frame that is kept.
    groups: VecDeque<FrameGroup>,
    /// The frames after the last group, not yet packed.
    open: Vec<u8>,
}

/// The last frames, each at its number modulo the capacity.
pub struct Ring {
    size: usize,
    capacity: usize,
    bytes: Vec<u8>,
}

impl Frames {
    /// Empty storage for at most `capacity` frames.
    pub fn new(shape: Shape, capacity: usize) -> Frames {
        let size = shape.frame_bytes();
        match shape {
            Shape::Image { width, .. } => {
                Frames::Packed(Packed { size, width, groups: VecDeque::new(), open: Vec::new() })
            }
            Shape::Vector { .. } => Frames::Plain(Ring { size, capacity, bytes: Vec::new() }),
        }
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        match self {
            Frames::Packed(Packed { groups, open, .. }) => {
                let spare = groups.capacity() - groups.len();
                groups.iter().map(FrameGroup::bytes).sum::<usize>() + spare * size_of::<FrameGroup>() + open.capacity()
            }
            Frames::Plain(ring) => ring.bytes.capacity(),
        }
    }

    /// Appends the frame number `pushed − 1`. After it, the last `len` of `pushed` frames are kept.
    pub fn push(&mut self, frame: &[u8], pushed: u64, len: usize) {
        match self {
            Frames::Packed(packed) => {
                packed.open.extend_from_slice(frame);
                if packed.open.len() == GROUP * packed.size {
                    packed.groups.push_back(FrameGroup::new(&packed.open, packed.width));
                    packed.open.clear();
                }
                if packed.groups.len() > whole_groups(pushed, len) {
                    packed.groups.pop_front();
                }
            }
            Frames::Plain(ring) => {
                let at = ring.place(pushed - 1);
                match ring.bytes.get_mut(at..at + ring.size) {
                    Some(old) => old.copy_from_slice(frame),
                    None => ring.bytes.extend_from_slice(frame),
                }
            }
        }
    }

    /// A reader of the last `len` of `pushed` frames.
    pub fn reader(&self, pushed: u64, len: usize) -> Reader<'_> {
        let common = match self {
            Frames::Packed(packed) => vec![0; packed.size],
            Frames::Plain(_) => Vec::new(),
        };
        Reader { frames: self, oldest: pushed - len as u64, group: None, common }
    }

    /// Writes the frames in their stored form.
    ///
    /// # Errors
    /// Errors of `out`.
    pub fn save(&self, out: &mut impl Write) -> Result<()> {
        match self {
            Frames::Packed(packed) => {
                write_block(out, &packed.open)?;
                packed.groups.iter().try_for_each(|group| group.save(out))
            }
            Frames::Plain(ring) => write_block(out, &ring.bytes),
        }
    }

    /// Reads frames that [`Frames::save`] wrote with the same `pushed` and `len`.
    ///
    /// # Errors
    /// If the input does not hold such frames. Damage within them is not detected.
    pub fn load(shape: Shape, capacity: usize, pushed: u64, len: usize, input: &mut impl Read) -> Result<Frames> {
        let mut frames = Frames::new(shape, capacity);
        let block = read_block(input)?;
        let (own, expected) = match &mut frames {
            Frames::Packed(packed) => (&mut packed.open, (pushed % GROUP as u64) as usize * packed.size),
            Frames::Plain(ring) => (&mut ring.bytes, len * ring.size),
        };
        ensure!(block.len() == expected, "its parts do not fit together");
        *own = block;
        if let Frames::Packed(packed) = &mut frames {
            packed.groups = (0..whole_groups(pushed, len)).map(|_| FrameGroup::load(input)).collect::<Result<_>>()?;
        }
        Ok(frames)
    }
}

impl Ring {
    fn place(&self, number: u64) -> usize {
        (number % self.capacity as u64) as usize * self.size
    }
}

/// Number of complete groups that hold the last `len` of `pushed` frames.
fn whole_groups(pushed: u64, len: usize) -> usize {
    (pushed / GROUP as u64 - (pushed - len as u64) / GROUP as u64) as usize
}

/// Reads frames one after another. The common screen of a group is decoded once for consecutive reads.
pub struct Reader<'a> {
    frames: &'a Frames,
    /// Number of the oldest frame.
    oldest: u64,
    group: Option<usize>,
    common: Vec<u8>,
}

impl Reader<'_> {
    /// Writes the frame with that age (0 is the oldest).
    pub fn read(&mut self, age: usize, frame: &mut [u8]) {
        let packed = match self.frames {
            Frames::Packed(packed) => packed,
            Frames::Plain(ring) => {
                let at = ring.place(self.oldest + age as u64);
                return frame.copy_from_slice(&ring.bytes[at..at + ring.size]);
            }
        };
        let from_first = (self.oldest % GROUP as u64) as usize + age;
        let (group, index) = (from_first / GROUP, from_first % GROUP);
        let Some(packed_group) = packed.groups.get(group) else {
            return frame.copy_from_slice(&packed.open[index * packed.size..(index + 1) * packed.size]);
        };
        if self.group != Some(group) {
            self.group = Some(group);
            packed_group.common(packed.width, &mut self.common);
        }
        packed_group.frame(index, &self.common, frame);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_frames_keep_no_more_groups_than_they_need() {
        let shape = Shape::Image { stack: 4, height: 6, width: 5 };
        for (capacity, most) in [(9, 1), (32, 2), (40, 3)] {
            let mut frames = Frames::new(shape, capacity);
            for step in 0..200_usize {
                frames.push(&[step as u8; 30], step as u64 + 1, capacity.min(step + 1));
                let Frames::Packed(packed) = &frames else { unreachable!("images are packed") };
                assert!(packed.groups.len() <= most, "capacity {capacity}, step {step}");
                assert_eq!(packed.open.len(), (step + 1) % GROUP * 30);
            }
        }
    }
}

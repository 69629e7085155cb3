//! Consecutive frames that are compressed together.
//!
//! Most of a screen stands still. A group stores the common part of its frames once, and for each frame only its
//! differences from that part. Each frame can be read without the others.

use std::io::{Read, Write};

use anyhow::{Result, ensure};

use super::file::{read_block, write_block};
use super::spans;
/// Frames in a group. A larger group shares its common screen among more frames, but that screen fits them less where
/// everything moves.
pub const GROUP: usize = 16;

/// [`GROUP`] frames.
pub struct FrameGroup {
    /// The spans of the common screen, then those of each frame.
    spans: Box<[u8]>,
    /// The end of each of them.
    ends: [u32; GROUP + 1],
}

impl FrameGroup {
    /// Packs [`GROUP`] frames, given one after another, whose rows have `width` pixels.
    pub fn new(frames: &[u8], width: usize) -> FrameGroup {
        let size = frames.len() / GROUP;
        let common = common(frames, size);
        // Rows resemble the row above them, so that this is mostly zero.
        let mut above = common.clone();
        above[width..].iter_mut().zip(&common).for_each(|(pixel, above)| *pixel ^= above);
        let mut spans = Vec::new();
        spans::write(&vec![0; size], &above, &mut spans);
        let mut ends = [spans.len() as u32; GROUP + 1];
        for (frame, end) in frames.chunks(size).zip(&mut ends[1..]) {
            spans::write(&common, frame, &mut spans);
            *end = spans.len() as u32;
        }
        FrameGroup { spans: spans.into(), ends }
    }

    /// Writes the common screen from which [`FrameGroup::frame`] makes the frames. Rows have `width` pixels.
    pub fn common(&self, width: usize, common: &mut [u8]) {
        common.fill(0);
        spans::apply(self.part(0), common);
        (width..common.len()).for_each(|at| common[at] ^= common[at - width]);
    }

    /// Writes the frame with that index; `common` is the output of [`FrameGroup::common`].
    pub fn frame(&self, index: usize, common: &[u8], frame: &mut [u8]) {
        frame.copy_from_slice(common);
        spans::apply(self.part(index + 1), frame);
    }

    fn part(&self, index: usize) -> &[u8] {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.spans[start as usize..self.ends[index] as usize]
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        size_of::<FrameGroup>() + self.spans.len()
    }

    /// Writes the group in its compressed form.
    pub fn save(&self, out: &mut impl Write) -> Result<()> {
        write_block(out, &self.ends.map(u32::to_le_bytes).concat())?;
        write_block(out, &self.spans)
    }

    /// Reads what [`FrameGroup::save`] wrote.
    ///
    /// # Errors
    /// If it is cut off, or the parts do not fit together. Damage within spans is not seen.
    pub fn load(input: &mut impl Read) -> Result<FrameGroup> {
        let (ends, spans) = (read_block(input)?, read_block(input)?);
        let mut ends = ends.chunks(4).filter_map(|end| Some(u32::from_le_bytes(end.try_into().ok()?)));
        let ends = [(); GROUP + 1].map(|()| ends.next().unwrap_or(0));
        ensure!(ends.is_sorted() && ends[GROUP] as usize == spans.len(), "a group of frames does not fit together");
        Ok(FrameGroup { spans: spans.into(), ends })
    }
}

/// For each pixel, the value of most frames if more than half of them agree, else one of its values: the majority vote
/// of Boyer and Moore (1981).
fn common(frames: &[u8], size: usize) -> Vec<u8> {
    let (mut values, mut leads) = (vec![0; size], vec![0_u8; size]);
    for frame in frames.chunks(size) {
        for ((value, lead), &new) in values.iter_mut().zip(&mut leads).zip(frame) {
            *value = if *lead == 0 { new } else { *value };
            *lead = if *value == new { *lead + 1 } else { *lead - 1 };
        }
    }
    values
}

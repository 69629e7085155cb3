//! The last steps of one worker, in order.

use std::io::{Read, Write};

use anyhow::{Context, Result, ensure};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::frame::{FRAME, OBSERVATION, STACK};

/// Frames that are compressed together when a lane is saved.
const BLOCK: usize = 256;

/// A ring of steps, each a frame and what was recorded with it (`P`). When it is full, a new step replaces the oldest.
pub struct Lane<P> {
    capacity: usize,
    frames: Vec<u8>,
    entries: Vec<Entry<P>>,
    /// Steps pushed since the start; the oldest kept has the number `pushed − len`.
    pushed: u64,
}

#[derive(Clone, Serialize, Deserialize)]
struct Entry<P> {
    /// The first frame of an episode: stacks do not reach beyond it.
    first: bool,
    /// None for a frame that only ends an episode, and where no step was made.
    payload: Option<P>,
}

impl<P: Clone + Serialize + DeserializeOwned> Lane<P> {
    /// An empty lane for `capacity` steps; memory is taken as it fills.
    pub fn new(capacity: usize) -> Lane<P> {
        Lane { capacity, frames: Vec::new(), entries: Vec::new(), pushed: 0 }
    }

    /// Most steps that it keeps.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Steps kept.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Bytes of memory, but for what a payload points to.
    pub fn bytes(&self) -> usize {
        self.frames.len() + self.entries.len() * size_of::<Entry<P>>()
    }

    /// Appends a step: the newest frame of what the agent saw, whether it began an episode, and what came of it.
    /// `None` for the last frame of an episode that was cut off, which only the step before needs.
    pub fn push(&mut self, frame: &[u8], first: bool, payload: Option<P>) {
        let entry = Entry { first, payload };
        if self.entries.len() < self.capacity {
            self.entries.push(entry);
            self.frames.extend_from_slice(frame);
        } else {
            let slot = (self.pushed % self.capacity as u64) as usize;
            self.entries[slot] = entry;
            self.frames[slot * FRAME..(slot + 1) * FRAME].copy_from_slice(frame);
        }
        self.pushed += 1;
    }

    /// The slot of the step that is `age` steps newer than the oldest.
    fn slot(&self, age: usize) -> usize {
        ((self.pushed - self.entries.len() as u64 + age as u64) % self.capacity as u64) as usize
    }

    /// What was recorded with the step of that age (0 is the oldest), if it can be used: its stack lies in the lane
    /// whole, and the frame after it is there too.
    pub fn usable(&self, age: usize) -> Option<&P> {
        if age + 1 >= self.len() {
            return None;
        }
        let whole = age + 1 >= STACK || (0..=age).any(|earlier| self.entries[self.slot(earlier)].first);
        if whole { self.entries[self.slot(age)].payload.as_ref() } else { None }
    }

    /// Writes the observation at that age: the last four frames, black where the episode had not begun.
    pub fn stack(&self, age: usize, observation: &mut [u8]) {
        debug_assert_eq!(observation.len(), OBSERVATION);
        let mut begun = false;
        for back in 0..STACK {
            let target = &mut observation[(STACK - 1 - back) * FRAME..(STACK - back) * FRAME];
            if begun || back > age {
                target.fill(0);
                continue;
            }
            let slot = self.slot(age - back);
            target.copy_from_slice(&self.frames[slot * FRAME..(slot + 1) * FRAME]);
            begun = self.entries[slot].first;
        }
    }

    /// Writes the lane, its frames compressed.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn save(&self, out: &mut impl Write) -> Result<()> {
        let entries = postcard::to_stdvec(&(self.pushed, &self.entries))?;
        write_block(out, &entries)?;
        for block in self.frames.chunks(BLOCK * FRAME) {
            write_block(out, &lz4_flex::compress_prepend_size(block))?;
        }
        Ok(())
    }

    /// Reads a lane of the same capacity that [`Lane::save`] wrote.
    ///
    /// # Errors
    /// If what is read is not such a lane.
    pub fn load(capacity: usize, input: &mut impl Read) -> Result<Lane<P>> {
        let (pushed, entries): (u64, Vec<Entry<P>>) = postcard::from_bytes(&read_block(input)?)?;
        ensure!(
            entries.len() <= capacity && entries.len() as u64 == pushed.min(capacity as u64),
            "a replay is damaged"
        );
        let mut frames = Vec::with_capacity(entries.len() * FRAME);
        while frames.len() < entries.len() * FRAME {
            frames.extend(lz4_flex::decompress_size_prepended(&read_block(input)?).context("a replay is damaged")?);
        }
        ensure!(frames.len() == entries.len() * FRAME, "a replay is damaged");
        Ok(Lane { capacity, frames, entries, pushed })
    }
}

fn write_block(out: &mut impl Write, block: &[u8]) -> Result<()> {
    out.write_all(&(block.len() as u64).to_le_bytes())?;
    Ok(out.write_all(block)?)
}

fn read_block(input: &mut impl Read) -> Result<Vec<u8>> {
    let mut length = [0; 8];
    input.read_exact(&mut length).context("a replay is cut off")?;
    let length = u64::from_le_bytes(length);
    let mut block = Vec::new();
    input.take(length).read_to_end(&mut block)?;
    ensure!(block.len() as u64 == length, "a replay is cut off");
    Ok(block)
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;
    use crate::frame::{push_frame, start_stack};
    use crate::units::{Generator, Seed};

    /// A step as a slow twin keeps it: the whole observation.
    struct Whole {
        observation: Vec<u8>,
        payload: Option<u64>,
    }

    fn frame(generator: &mut Generator) -> Vec<u8> {
        vec![generator.random(); FRAME]
    }

    /// Random episodes, pushed into a lane and kept whole beside it.
    fn episodes(capacity: usize, steps: u64) -> (Lane<u64>, Vec<Whole>) {
        let mut generator = Seed(7).generator();
        let (mut lane, mut twin) = (Lane::new(capacity), Vec::new());
        let mut observation = vec![0; OBSERVATION];
        let mut first = true;
        for step in 0..steps {
            let frame = frame(&mut generator);
            if first {
                start_stack(&mut observation, &frame)
            } else {
                push_frame(&mut observation, &frame)
            }
            let last = generator.random_range(0..6) == 0;
            let payload = (!last).then_some(step);
            lane.push(&frame, first, payload);
            twin.push(Whole { observation: observation.clone(), payload });
            first = last;
        }
        (lane, twin)
    }

    #[test]
    fn stacks_equal_those_of_a_twin_that_keeps_whole_observations() {
        for (capacity, steps) in [(50, 30), (50, 50), (50, 271)] {
            let (lane, twin) = episodes(capacity, steps);
            let kept = &twin[twin.len() - lane.len()..];
            let mut stack = vec![0; OBSERVATION];
            let mut usable = 0;
            for (age, whole) in kept.iter().enumerate() {
                if let Some(payload) = lane.usable(age) {
                    assert_eq!(Some(*payload), whole.payload);
                    lane.stack(age, &mut stack);
                    assert!(stack == whole.observation, "capacity {capacity}, steps {steps}, age {age}");
                    usable += 1;
                }
            }
            assert!(usable > lane.len() / 2);
            assert!(lane.usable(lane.len() - 1).is_none());
        }
    }

    #[test]
    fn a_saved_lane_reads_back_the_same_and_a_cut_one_is_refused() {
        let (lane, _) = episodes(300, 900);
        let mut saved = Vec::new();
        lane.save(&mut saved).unwrap();
        let read = Lane::<u64>::load(300, &mut saved.as_slice()).unwrap();
        assert!(read.frames == lane.frames && read.pushed == lane.pushed);
        assert!((0..300).all(|age| read.usable(age) == lane.usable(age)));
        assert!(Lane::<u64>::load(300, &mut &saved[..saved.len() - 1]).is_err());
        assert!(Lane::<u64>::load(301, &mut saved.as_slice()).is_err());
    }
}

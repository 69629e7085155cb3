//! The last steps of one worker, in order.

use std::collections::VecDeque;
use std::io::{Read, Write};

use anyhow::{Result, ensure};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::file::{read_block, write_block};
use super::frames::{Frames, Reader};
use crate::spec::Shape;

/// Number of steps for which a new buffer reserves memory.
const FIRST: usize = 16;

/// A ring of steps. A step is a frame and a payload (`P`). When the ring is full, a new step replaces the oldest.
pub struct WorkerBuffer<P> {
    shape: Shape,
    capacity: usize,
    frames: Frames,
    entries: VecDeque<StoredStep<P>>,
    /// Steps pushed since the start; the oldest step that is kept has the number `pushed − len`.
    pushed: u64,
}

#[derive(Serialize, Deserialize)]
struct StoredStep<P> {
    /// Whether this is the first frame of an episode: stacks do not reach beyond it.
    first: bool,
    /// `None` for a frame that only ends an episode, where no action was taken, and for a step that was forgotten.
    payload: Option<P>,
}

impl<P> WorkerBuffer<P> {
    /// An empty buffer for `capacity` steps with observations of that shape. Memory grows as it fills.
    pub fn new(shape: Shape, capacity: usize) -> WorkerBuffer<P> {
        WorkerBuffer { shape, capacity, frames: Frames::new(shape, capacity), entries: VecDeque::new(), pushed: 0 }
    }

    /// Maximum number of steps that are kept.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Steps kept.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it holds no steps.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Bytes of memory, without the memory that payloads point to.
    pub fn bytes(&self) -> usize {
        self.frames.bytes() + self.entries.capacity() * size_of::<StoredStep<P>>()
    }

    /// Appends a step: the newest frame of the observation, whether it began an episode, and the payload. The payload
    /// is `None` for the last frame of an episode that was cut off; only the step before needs that frame.
    pub fn push(&mut self, frame: &[u8], first: bool, payload: Option<P>) {
        if self.entries.len() == self.capacity {
            self.entries.pop_front();
        }
        if self.entries.len() == self.entries.capacity() {
            // Doubles the room, up to the capacity.
            let more = self.entries.len().max(FIRST).min(self.capacity - self.entries.len());
            self.entries.reserve_exact(more);
        }
        self.entries.push_back(StoredStep { first, payload });
        self.pushed += 1;
        self.frames.push(frame, self.pushed, self.entries.len());
    }

    /// The payload of the step with that age (0 is the oldest), if the step is usable: its whole stack and the frame
    /// after it are in the buffer.
    pub fn usable(&self, age: usize) -> Option<&P> {
        if age + 1 < self.len() { self.visible(age) } else { None }
    }

    /// The payload of a step that is usable now, or will be once the frame after it is there.
    pub fn visible(&self, age: usize) -> Option<&P> {
        let whole = age + 1 >= self.shape.stack() || (0..=age).any(|earlier| self.entries[earlier].first);
        if whole { self.entries[age].payload.as_ref() } else { None }
    }

    /// The payload of the step with that age, usable or not.
    pub fn payload_mut(&mut self, age: usize) -> Option<&mut P> {
        self.entries[age].payload.as_mut()
    }

    /// Drops the payload of the step with that age.
    pub fn forget(&mut self, age: usize) {
        self.entries[age].payload = None;
    }

    /// Writes the observation at that age. For images these are the last frames, with black frames before the episode's
    /// start.
    pub fn stack(&self, age: usize, observation: &mut [u8]) {
        self.read_stack(&mut self.reader(), age, observation);
    }

    /// Writes the observation at that age and the one `steps` later.
    pub fn stacks(&self, age: usize, steps: usize, observation: &mut [u8], next: &mut [u8]) {
        let mut reader = self.reader();
        self.read_stack(&mut reader, age, observation);
        if steps > 1 {
            return self.read_stack(&mut reader, age + steps, next);
        }
        // They share frames, unless an episode ended between them.
        let frame = self.shape.frame_bytes();
        let (earlier, newest) = next.split_at_mut(self.shape.bytes() - frame);
        if self.entries[age + 1].first {
            earlier.fill(0);
        } else {
            earlier.copy_from_slice(&observation[frame..]);
        }
        reader.read(age + 1, newest);
    }

    fn reader(&self) -> Reader<'_> {
        self.frames.reader(self.pushed, self.entries.len())
    }

    fn read_stack(&self, reader: &mut Reader, age: usize, observation: &mut [u8]) {
        let (stack, frame) = (self.shape.stack(), self.shape.frame_bytes());
        let oldest = (age + 1).saturating_sub(stack);
        let begin = (oldest..=age).rev().find(|&age| self.entries[age].first).unwrap_or(oldest);
        let (black, frames) = observation.split_at_mut((stack - (age + 1 - begin)) * frame);
        black.fill(0);
        for (age, frame) in (begin..).zip(frames.chunks_mut(frame)) {
            reader.read(age, frame);
        }
    }
}

impl<P: Serialize + DeserializeOwned> WorkerBuffer<P> {
    /// Writes the buffer, with frames in their stored form.
    ///
    /// # Errors
    /// Errors of `out`.
    pub fn save(&self, out: &mut impl Write) -> Result<()> {
        write_block(out, &postcard::to_stdvec(&(self.pushed, &self.entries))?)?;
        self.frames.save(out)
    }

    /// Reads a buffer of the same shape and capacity that [`WorkerBuffer::save`] wrote.
    ///
    /// # Errors
    /// If the input is not such a buffer. Damage within frames is not detected.
    pub fn load(shape: Shape, capacity: usize, input: &mut impl Read) -> Result<WorkerBuffer<P>> {
        let (pushed, entries): (u64, VecDeque<StoredStep<P>>) = postcard::from_bytes(&read_block(input)?)?;
        ensure!(entries.len() as u64 == pushed.min(capacity as u64), "its parts do not fit together");
        let frames = Frames::load(shape, capacity, pushed, entries.len(), input)?;
        Ok(WorkerBuffer { shape, capacity, frames, entries, pushed })
    }
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;
    use crate::spec::write_values;
    use crate::units::{Generator, Seed};

    const FRAME: usize = Shape::ATARI.frame_bytes();

    /// A step as a slow twin keeps it: the whole observation.
    struct Whole {
        observation: Vec<u8>,
        payload: Option<u64>,
    }

    /// A few things on a background that changes now and then.
    fn frame(generator: &mut Generator, background: &mut [u8]) -> Vec<u8> {
        if generator.random_range(0..20) == 0 {
            background.fill_with(|| generator.random_range(0..3));
        }
        let mut frame = background.to_vec();
        for _ in 0..10 {
            let start = generator.random_range(0..FRAME - 300);
            let length = generator.random_range(1..300);
            frame[start..start + length].fill(generator.random());
        }
        frame
    }

    /// Random episodes, pushed into a buffer and kept whole beside it.
    fn episodes(capacity: usize, steps: u64) -> (WorkerBuffer<u64>, Vec<Whole>) {
        let mut generator = Seed(7).generator();
        let (mut buffer, mut twin) = (WorkerBuffer::new(Shape::ATARI, capacity), Vec::new());
        let (mut observation, mut background) = (vec![0; Shape::ATARI.bytes()], vec![0; FRAME]);
        let mut first = true;
        for step in 0..steps {
            let frame = frame(&mut generator, &mut background);
            if first {
                Shape::ATARI.start(&mut observation, &frame)
            } else {
                Shape::ATARI.push(&mut observation, &frame)
            }
            let last = generator.random_range(0..6) == 0;
            let payload = (!last).then_some(step);
            buffer.push(&frame, first, payload);
            twin.push(Whole { observation: observation.clone(), payload });
            first = last;
        }
        (buffer, twin)
    }

    #[test]
    fn stacks_equal_those_of_a_twin_that_keeps_whole_observations() {
        for (capacity, steps) in [(50, 30), (50, 50), (50, 271), (9, 40), (32, 96), (33, 96)] {
            let (buffer, twin) = episodes(capacity, steps);
            let kept = &twin[twin.len() - buffer.len()..];
            let [mut alone, mut stack, mut next] = [(); 3].map(|()| vec![0; Shape::ATARI.bytes()]);
            let mut usable = 0;
            for (age, whole) in kept.iter().enumerate() {
                if let Some(payload) = buffer.usable(age) {
                    assert_eq!(Some(*payload), whole.payload);
                    buffer.stack(age, &mut alone);
                    buffer.stacks(age, 1, &mut stack, &mut next);
                    let equal = (alone == whole.observation, stack == alone, next == kept[age + 1].observation);
                    assert_eq!(equal, (true, true, true), "capacity {capacity}, steps {steps}, age {age}");
                    usable += 1;
                }
            }
            assert!(usable > buffer.len() / 2);
            assert!(buffer.usable(buffer.len() - 1).is_none());
        }
    }

    #[test]
    fn vectors_come_back_as_they_were_also_from_a_file() {
        let shape = Shape::Vector { size: 2 };
        let vector = |step: u64| {
            let mut bytes = [0; 8];
            write_values([step as f32, -0.5], &mut bytes);
            bytes
        };
        let mut buffer = WorkerBuffer::new(shape, 7);
        for step in 0..20 {
            buffer.push(&vector(step), step % 5 == 0, Some(step));
            let mut saved = Vec::new();
            buffer.save(&mut saved).unwrap();
            buffer = WorkerBuffer::load(shape, 7, &mut saved.as_slice()).unwrap();
            for age in 0..buffer.len() - 1 {
                let number = *buffer.usable(age).unwrap();
                let (mut observation, mut next) = ([0; 8], [0; 8]);
                buffer.stacks(age, 1, &mut observation, &mut next);
                assert_eq!((observation, next), (vector(number), vector(number + 1)));
            }
        }
        assert_eq!(buffer.usable(0), Some(&13));
    }

    #[test]
    fn a_saved_buffer_reads_back_the_same_and_goes_on_the_same() {
        let (mut buffer, _) = episodes(300, 900);
        let saved = |buffer: &WorkerBuffer<u64>| {
            let mut saved = Vec::new();
            buffer.save(&mut saved).unwrap();
            saved
        };
        let mut read = WorkerBuffer::<u64>::load(Shape::ATARI, 300, &mut saved(&buffer).as_slice()).unwrap();
        assert!(saved(&read) == saved(&buffer));
        for step in 0..50 {
            buffer.push(&[step; FRAME], step == 20, Some(step.into()));
            read.push(&[step; FRAME], step == 20, Some(step.into()));
        }
        assert!(saved(&read) == saved(&buffer));
    }

    #[test]
    fn a_buffer_of_another_capacity_or_cut_off_is_refused() {
        let (buffer, _) = episodes(100, 250);
        let mut saved = Vec::new();
        buffer.save(&mut saved).unwrap();
        assert!(WorkerBuffer::<u64>::load(Shape::ATARI, 101, &mut saved.as_slice()).is_err());
        for end in (0..saved.len()).step_by(saved.len() / 100) {
            assert!(WorkerBuffer::<u64>::load(Shape::ATARI, 100, &mut &saved[..end]).is_err(), "cut off at {end}");
        }
    }
}

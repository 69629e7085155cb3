//! The last steps of one worker, in order.

use std::collections::VecDeque;
use std::io::{Read, Write};

use anyhow::{Result, ensure};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::file::{read_block, write_block};
use super::group::{GROUP, Group};
use crate::frame::{FRAME, OBSERVATION, STACK};

/// A ring of steps, each a frame and what was recorded with it (`P`). When it is full, a new step replaces the oldest.
pub struct Lane<P> {
    capacity: usize,
    /// The frames in groups, which begin at every multiple of [`GROUP`] steps; the first one holds the oldest step.
    groups: VecDeque<Group>,
    /// The frames after the last group, not yet packed.
    open: Vec<u8>,
    entries: VecDeque<Entry<P>>,
    /// Steps pushed since the start; the oldest kept has the number `pushed − len`.
    pushed: u64,
}

#[derive(Serialize, Deserialize)]
struct Entry<P> {
    /// The first frame of an episode: stacks do not reach beyond it.
    first: bool,
    /// None for a frame that only ends an episode, and where no step was made.
    payload: Option<P>,
}

impl<P> Lane<P> {
    /// An empty lane for `capacity` steps; memory is taken as it fills.
    pub fn new(capacity: usize) -> Lane<P> {
        Lane { capacity, groups: VecDeque::new(), open: Vec::new(), entries: VecDeque::new(), pushed: 0 }
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
        let spare = self.groups.capacity() - self.groups.len();
        let groups = self.groups.iter().map(Group::bytes).sum::<usize>() + spare * size_of::<Group>();
        groups + self.open.capacity() + self.entries.capacity() * size_of::<Entry<P>>()
    }

    /// Appends a step: the newest frame of what the agent saw, whether it began an episode, and what came of it.
    /// `None` for the last frame of an episode that was cut off, which only the step before needs.
    pub fn push(&mut self, frame: &[u8], first: bool, payload: Option<P>) {
        if self.entries.len() == self.capacity {
            self.entries.pop_front();
        }
        if self.entries.len() == self.entries.capacity() {
            // Twice the room, but not more than is ever needed.
            let more = self.entries.len().max(GROUP).min(self.capacity - self.entries.len());
            self.entries.reserve_exact(more);
        }
        self.entries.push_back(Entry { first, payload });
        self.open.extend_from_slice(frame);
        self.pushed += 1;
        if self.open.len() == GROUP * FRAME {
            self.groups.push_back(Group::new(&self.open));
            self.open.clear();
        }
        if self.groups.len() > groups(self.pushed, self.len()) {
            self.groups.pop_front();
        }
    }

    /// What was recorded with the step of that age (0 is the oldest), if it can be used: its stack lies in the lane
    /// whole, and the frame after it is there too.
    pub fn usable(&self, age: usize) -> Option<&P> {
        if age + 1 < self.len() { self.visible(age) } else { None }
    }

    /// The same without the frame after it: the newest step, too, may be one that will be usable.
    pub fn visible(&self, age: usize) -> Option<&P> {
        let whole = age + 1 >= STACK || (0..=age).any(|earlier| self.entries[earlier].first);
        if whole { self.entries[age].payload.as_ref() } else { None }
    }

    /// What was recorded with the step of that age, usable or not.
    pub fn payload_mut(&mut self, age: usize) -> Option<&mut P> {
        self.entries[age].payload.as_mut()
    }

    /// Writes the observation at that age: the last four frames, black where the episode had not begun.
    pub fn stack(&self, age: usize, observation: &mut [u8]) {
        self.read_stack(&mut Reader::new(self), age, observation);
    }

    /// Writes the observation at that age and the one after it, which share three frames but where an episode ended.
    pub fn stacks(&self, age: usize, observation: &mut [u8], next: &mut [u8]) {
        let mut reader = Reader::new(self);
        self.read_stack(&mut reader, age, observation);
        let (earlier, newest) = next.split_at_mut(OBSERVATION - FRAME);
        if self.entries[age + 1].first {
            earlier.fill(0);
        } else {
            earlier.copy_from_slice(&observation[FRAME..]);
        }
        reader.read(age + 1, newest);
    }

    fn read_stack(&self, reader: &mut Reader<P>, age: usize, observation: &mut [u8]) {
        debug_assert_eq!(observation.len(), OBSERVATION);
        let oldest = (age + 1).saturating_sub(STACK);
        let begin = (oldest..=age).rev().find(|&age| self.entries[age].first).unwrap_or(oldest);
        let (black, frames) = observation.split_at_mut((STACK - (age + 1 - begin)) * FRAME);
        black.fill(0);
        for (age, frame) in (begin..).zip(frames.chunks_mut(FRAME)) {
            reader.read(age, frame);
        }
    }
}

impl<P: Serialize + DeserializeOwned> Lane<P> {
    /// Writes the lane, its frames as they are kept.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn save(&self, out: &mut impl Write) -> Result<()> {
        write_block(out, &postcard::to_stdvec(&(self.pushed, &self.entries))?)?;
        write_block(out, &self.open)?;
        self.groups.iter().try_for_each(|group| group.save(out))
    }

    /// Reads a lane of the same capacity that [`Lane::save`] wrote.
    ///
    /// # Errors
    /// If what is read is not such a lane; damage within frames is not seen.
    pub fn load(capacity: usize, input: &mut impl Read) -> Result<Lane<P>> {
        let (pushed, entries): (u64, VecDeque<Entry<P>>) = postcard::from_bytes(&read_block(input)?)?;
        let open = read_block(input)?;
        let fits = entries.len() as u64 == pushed.min(capacity as u64);
        ensure!(fits && open.len() == (pushed % GROUP as u64) as usize * FRAME, "its parts do not fit together");
        let groups = (0..groups(pushed, entries.len())).map(|_| Group::load(input)).collect::<Result<_>>()?;
        Ok(Lane { capacity, groups, open, entries, pushed })
    }
}

/// Whole groups that hold the last `len` of `pushed` steps.
fn groups(pushed: u64, len: usize) -> usize {
    (pushed / GROUP as u64 - (pushed - len as u64) / GROUP as u64) as usize
}

/// Reads frames of a lane, one after another; the common screen of a group is made once for those that follow.
struct Reader<'a, P> {
    lane: &'a Lane<P>,
    group: Option<usize>,
    common: [u8; FRAME],
}

impl<P> Reader<'_, P> {
    fn new(lane: &Lane<P>) -> Reader<'_, P> {
        Reader { lane, group: None, common: [0; FRAME] }
    }

    fn read(&mut self, age: usize, frame: &mut [u8]) {
        let lane = self.lane;
        let oldest = (lane.pushed - lane.len() as u64) % GROUP as u64;
        let (group, index) = ((oldest as usize + age) / GROUP, (oldest as usize + age) % GROUP);
        let Some(packed) = lane.groups.get(group) else {
            return frame.copy_from_slice(&lane.open[index * FRAME..(index + 1) * FRAME]);
        };
        if self.group != Some(group) {
            self.group = Some(group);
            self.common = packed.common();
        }
        packed.frame(index, &self.common, frame);
    }
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

    /// Random episodes, pushed into a lane and kept whole beside it.
    fn episodes(capacity: usize, steps: u64) -> (Lane<u64>, Vec<Whole>) {
        let mut generator = Seed(7).generator();
        let (mut lane, mut twin) = (Lane::new(capacity), Vec::new());
        let (mut observation, mut background) = (vec![0; OBSERVATION], vec![0; FRAME]);
        let mut first = true;
        for step in 0..steps {
            let frame = frame(&mut generator, &mut background);
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
        for (capacity, steps) in [(50, 30), (50, 50), (50, 271), (9, 40), (32, 96), (33, 96)] {
            let (lane, twin) = episodes(capacity, steps);
            let kept = &twin[twin.len() - lane.len()..];
            let (mut alone, mut stack, mut next) = (vec![0; OBSERVATION], vec![0; OBSERVATION], vec![0; OBSERVATION]);
            let mut usable = 0;
            for (age, whole) in kept.iter().enumerate() {
                if let Some(payload) = lane.usable(age) {
                    assert_eq!(Some(*payload), whole.payload);
                    lane.stack(age, &mut alone);
                    lane.stacks(age, &mut stack, &mut next);
                    let equal = (alone == whole.observation, stack == alone, next == kept[age + 1].observation);
                    assert_eq!(equal, (true, true, true), "capacity {capacity}, steps {steps}, age {age}");
                    usable += 1;
                }
            }
            assert!(usable > lane.len() / 2);
            assert!(lane.usable(lane.len() - 1).is_none());
        }
    }

    #[test]
    fn a_lane_that_wraps_keeps_no_more_groups_than_it_needs() {
        for (capacity, most) in [(9, 1), (32, 2), (40, 3)] {
            let mut lane = Lane::new(capacity);
            for step in 0..200_usize {
                lane.push(&[step as u8; FRAME], false, Some(step));
                assert_eq!(lane.len(), capacity.min(step + 1));
                assert!(lane.groups.len() <= most, "capacity {capacity}, step {step}");
                assert_eq!(lane.open.len(), (step + 1) % GROUP * FRAME);
            }
        }
    }

    #[test]
    fn a_saved_lane_reads_back_the_same_and_goes_on_the_same() {
        let (mut lane, _) = episodes(300, 900);
        let saved = |lane: &Lane<u64>| {
            let mut saved = Vec::new();
            lane.save(&mut saved).unwrap();
            saved
        };
        let mut read = Lane::<u64>::load(300, &mut saved(&lane).as_slice()).unwrap();
        assert!(saved(&read) == saved(&lane));
        for step in 0..50 {
            lane.push(&[step; FRAME], step == 20, Some(step.into()));
            read.push(&[step; FRAME], step == 20, Some(step.into()));
        }
        assert!(saved(&read) == saved(&lane));
    }

    #[test]
    fn a_lane_of_another_capacity_or_cut_off_is_refused() {
        let (lane, _) = episodes(100, 250);
        let mut saved = Vec::new();
        lane.save(&mut saved).unwrap();
        assert!(Lane::<u64>::load(101, &mut saved.as_slice()).is_err());
        for end in (0..saved.len()).step_by(saved.len() / 100) {
            assert!(Lane::<u64>::load(100, &mut &saved[..end]).is_err(), "cut off at {end}");
        }
    }
}

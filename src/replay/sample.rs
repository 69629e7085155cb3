//! Uniform draws from the steps of all workers.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::Path;

use anyhow::{Context, Error, Result};
use rand::RngExt;
use rayon::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::worker_buffer::WorkerBuffer;
use crate::digest::Hashed;
use crate::record::{cannot_write, is_damage};
use crate::spec::Shape;
use crate::units::Generator;

/// Minimum number of observations that one thread writes. Fewer are done before another thread has woken up.
const TOGETHER: usize = 8;

/// A step in a [`Replay`]; valid until the next push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub buffer: usize,
    pub age: usize,
}

/// The last steps of every worker.
pub struct Replay<P> {
    shape: Shape,
    buffers: Vec<WorkerBuffer<P>>,
}

impl<P> Replay<P> {
    /// An empty replay of `capacity` steps, shared equally by `workers`, for observations of that shape.
    pub fn new(shape: Shape, capacity: u64, workers: usize) -> Replay<P> {
        let each = capacity as usize / workers;
        Replay { shape, buffers: (0..workers).map(|_| WorkerBuffer::new(shape, each)).collect() }
    }

    /// Shape of the observations.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Steps kept.
    pub fn len(&self) -> usize {
        self.buffers.iter().map(WorkerBuffer::len).sum()
    }

    /// Whether it holds no steps.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of memory, without the memory that payloads point to.
    pub fn bytes(&self) -> usize {
        self.buffers.iter().map(WorkerBuffer::bytes).sum()
    }

    /// Appends a step of `worker`; see [`WorkerBuffer::push`].
    pub fn push(&mut self, worker: usize, frame: &[u8], first: bool, payload: Option<P>) {
        self.buffers[worker].push(frame, first, payload);
    }

    /// `count` usable steps, each drawn uniformly and independently. The replay must hold at least one.
    pub fn sample(&self, generator: &mut Generator, count: usize) -> Vec<Place> {
        self.sample_newest(generator, count, usize::MAX)
    }

    /// As [`Replay::sample`], but only among the `newest` steps of each worker.
    pub fn sample_newest(&self, generator: &mut Generator, count: usize, newest: usize) -> Vec<Place> {
        let eligible: Vec<_> = self.buffers.iter().map(|buffer| buffer.len().min(newest)).collect();
        let total: usize = eligible.iter().sum();
        let mut places = Vec::with_capacity(count);
        while places.len() < count {
            let mut drawn = generator.random_range(0..total);
            let mut buffer = 0;
            while drawn >= eligible[buffer] {
                drawn -= eligible[buffer];
                buffer += 1;
            }
            let age = self.buffers[buffer].len() - eligible[buffer] + drawn;
            if self.buffers[buffer].usable(age).is_some() {
                places.push(Place { buffer, age });
            }
        }
        places
    }

    /// The payload that was stored with the step.
    ///
    /// # Panics
    /// If `place` is not one that [`Replay::sample`] gave.
    pub fn payload(&self, place: Place) -> &P {
        self.buffers[place.buffer].usable(place.age).expect("sampled places are usable")
    }

    /// The payload of the step that many steps after `place`, if it is usable.
    pub fn payload_after(&self, place: Place, steps: usize) -> Option<&P> {
        self.buffers[place.buffer].usable(place.age + steps)
    }

    /// Every usable step, worker by worker, the oldest first.
    pub fn usable(&self) -> Vec<Place> {
        self.places(|buffer, age| buffer.usable(age).is_some())
    }

    /// Every step that is usable now or will become so, in the same order.
    pub fn visible(&self) -> Vec<Place> {
        self.places(|buffer, age| buffer.visible(age).is_some())
    }

    fn places(&self, is_chosen: impl Fn(&WorkerBuffer<P>, usize) -> bool) -> Vec<Place> {
        let every = |(buffer, steps): (usize, &WorkerBuffer<P>)| (0..steps.len()).map(move |age| Place { buffer, age });
        let mut places: Vec<Place> = self.buffers.iter().enumerate().flat_map(every).collect();
        places.retain(|&Place { buffer, age }| is_chosen(&self.buffers[buffer], age));
        places
    }

    /// Whether the step's observation is whole and its payload there. If so, it is usable now or will become so.
    pub fn is_visible(&self, place: Place) -> bool {
        self.buffers[place.buffer].visible(place.age).is_some()
    }

    /// Drops the payload of a step, which then is not usable any more. Its frame stays for the steps after it.
    pub fn forget(&mut self, place: Place) {
        self.buffers[place.buffer].forget(place.age);
    }

    /// As [`Replay::payload`], but mutable.
    ///
    /// # Panics
    /// If `place` is not one that [`Replay::sample`] or [`Replay::visible`] gave.
    pub fn payload_mut(&mut self, place: Place) -> &mut P {
        self.buffers[place.buffer].payload_mut(place.age).expect("sampled places are usable")
    }
}

impl<P: Sync> Replay<P> {
    /// Writes the observations of `places`, one after another, into `observations`, which gets their size; on the
    /// caller's rayon threads. See [`WorkerBuffer::stack`].
    pub fn observations(&self, places: &[Place], observations: &mut Vec<u8>) {
        observations.resize(places.len() * self.shape.bytes(), 0);
        let rows = observations.par_chunks_mut(self.shape.bytes());
        places.par_iter().zip(rows).with_min_len(TOGETHER).for_each(|(place, observation)| {
            self.buffers[place.buffer].stack(place.age, observation);
        });
    }

    /// Writes the observations of `places` and, of each, the observation that many steps later; see
    /// [`WorkerBuffer::stacks`].
    pub fn successions(&self, places: &[(Place, usize)], observations: &mut [u8], next: &mut [u8]) {
        let size = self.shape.bytes();
        let rows = observations.par_chunks_mut(size).zip(next.par_chunks_mut(size));
        places.par_iter().zip(rows).with_min_len(TOGETHER).for_each(|((place, steps), (observation, next))| {
            self.buffers[place.buffer].stacks(place.age, *steps, observation, next);
        });
    }
}

impl<P: Serialize + DeserializeOwned> Replay<P> {
    /// Writes everything to a file, with frames in their stored form.
    ///
    /// # Errors
    /// The path and the system's reason.
    pub fn save(&self, path: &Path) -> Result<()> {
        let save = || {
            let mut out = Hashed::new(BufWriter::new(File::create(path)?));
            self.buffers.iter().try_for_each(|buffer| buffer.save(&mut out))?;
            anyhow::Ok(out.seal()?.get_ref().sync_all()?)
        };
        save().with_context(|| cannot_write(path))
    }

    /// Reads a file that [`Replay::save`] wrote from a replay of the same shape.
    ///
    /// # Errors
    /// The path, if any bit of the file differs from the written one or it cannot be read.
    pub fn load(&mut self, path: &Path) -> Result<()> {
        let load = || {
            let mut input = Hashed::new(BufReader::new(File::open(path)?));
            let buffer = |buffer: &WorkerBuffer<P>| WorkerBuffer::load(self.shape, buffer.capacity(), &mut input);
            let buffers = self.buffers.iter().map(buffer).collect::<Result<_>>()?;
            input.check()?;
            anyhow::Ok(buffers)
        };
        let place = |error: Error| match is_damage(&error) {
            true => error.context(format!("{}: damaged; start over with --fresh", path.display())),
            false => error.context(format!("{}: cannot be read", path.display())),
        };
        self.buffers = load().map_err(place)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Seed;

    #[test]
    fn every_usable_step_is_drawn_about_equally_often_and_no_other() {
        let mut replay = Replay::new(Shape::ATARI, 60, 3);
        for step in 0..100_u32 {
            for worker in 0..3 {
                // Every tenth frame only ends an episode.
                replay.push(worker, &[0; Shape::ATARI.frame_bytes()], step % 10 == 0, (step % 10 != 9).then_some(step));
            }
        }
        let mut counts = std::collections::BTreeMap::new();
        for place in replay.sample(&mut Seed(1).generator(), 48_000) {
            *counts.entry((place.buffer, *replay.payload(place))).or_insert(0) += 1;
        }
        // 20 steps a buffer, from 80 to 99: two of them are ends, of which one is also the newest.
        assert_eq!(counts.len(), 3 * 18);
        let expected = 48_000.0 / 54.0;
        assert!(counts.values().all(|&count| (f64::from(count) / expected - 1.0).abs() < 0.15), "{counts:?}");
    }
}

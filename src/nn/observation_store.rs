//! Observations that are learned from more than once.

use tch::{Kind, Tensor, no_grad};

use super::network::{Backend, Network};

/// A rollout's observations, stored where the network computes, so that no minibatch is copied to the device again.
pub struct ObservationStore {
    row_bytes: usize,
    stored: Stored,
}

enum Stored {
    /// All observations, and a minibatch of them.
    Host(Vec<u8>, Vec<u8>),
    /// A tensor for all that there is room for, and the number of those in it.
    Device(Tensor, i64),
}

/// Observations where a network computes.
pub(super) enum Batch<'a> {
    /// One after another.
    Host(&'a [u8]),
    Uploaded(Tensor),
}

impl ObservationStore {
    /// An empty store with room for so many observations of a network.
    pub fn new(network: &Network, capacity: usize) -> ObservationStore {
        let row_bytes = network.architecture().observation.bytes();
        let stored = match network.backend() {
            Backend::Cpu(_) => Stored::Host(Vec::with_capacity(capacity * row_bytes), Vec::new()),
            Backend::Torch(network) => {
                let one = network.upload(&vec![0; row_bytes]);
                let shape = [&[capacity as i64], &one.size()[1..]].concat();
                Stored::Device(Tensor::zeros(shape, (one.kind(), one.device())), 0)
            }
        };
        ObservationStore { row_bytes, stored }
    }

    pub fn clear(&mut self) {
        match &mut self.stored {
            Stored::Host(all, _) => all.clear(),
            Stored::Device(_, count) => *count = 0,
        }
    }

    /// Appends observations that are where the network computes.
    pub(super) fn push(&mut self, batch: &Batch) {
        match (&mut self.stored, batch) {
            (Stored::Host(all, _), Batch::Host(observations)) => all.extend_from_slice(observations),
            (Stored::Device(all, count), Batch::Uploaded(observations)) => {
                let added = observations.size()[0];
                no_grad(|| all.narrow(0, *count, added).copy_(observations));
                *count += added;
            }
            _ => unreachable!("a store is made for its network's device"),
        }
    }

    /// The observations with those numbers, an integer tensor, `[batch]`, on the network's device.
    pub(super) fn take(&mut self, rows: &Tensor) -> Batch<'_> {
        match &mut self.stored {
            Stored::Device(all, _) => Batch::Uploaded(all.index_select(0, rows)),
            Stored::Host(all, minibatch) => {
                let rows = Vec::<i64>::try_from(rows.to_kind(Kind::Int64)).expect("numbers are a row of integers");
                minibatch.clear();
                for row in rows {
                    let start = row as usize * self.row_bytes;
                    minibatch.extend_from_slice(&all[start..start + self.row_bytes]);
                }
                Batch::Host(minibatch)
            }
        }
    }
}

//! A command at work in an experiment's folder, whatever the experiment's line.

use std::sync::atomic::{AtomicBool, Ordering};

use super::Observer;
use super::lock::Locks;
use super::open::Request;
use crate::nn::Device;
use crate::record::Machine;

/// The means of a command: its share of the machine, its locks in the folder, and who watches it.
pub struct Command<'a> {
    pub device: Device,
    /// Threads of all tasks together.
    pub threads: usize,
    /// Maximum number of tasks at once.
    pub jobs: usize,
    pub machine: Machine,
    pub locks: Locks,
    pub observer: &'a dyn Observer,
    works: AtomicBool,
}

impl<'a> Command<'a> {
    pub fn new(request: &Request, locks: Locks, observer: &'a dyn Observer) -> Command<'a> {
        Command {
            device: request.device,
            threads: request.threads,
            jobs: request.jobs(),
            machine: Machine::this(),
            locks,
            observer,
            works: AtomicBool::new(false),
        }
    }

    /// Notes that the command makes results from now on; returns whether this is the first time.
    pub fn begin_work(&self) -> bool {
        !self.works.swap(true, Ordering::SeqCst)
    }

    /// Whether the command has begun to make results.
    pub fn has_worked(&self) -> bool {
        self.works.load(Ordering::SeqCst)
    }
}

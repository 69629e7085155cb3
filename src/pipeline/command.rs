//! A command at work in an experiment's folder, whatever the experiment's line.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;

use super::Observer;
use super::lock::Locks;
use super::manifest::Provenance;
use super::request::Request;
use crate::nn::Device;
use crate::record::{Folder, Machine, Manifest};

/// The means of a command: its share of the machine, the folder with its locks and manifest, and who watches it.
pub struct Command<'a> {
    pub device: Device,
    /// Threads of all tasks together.
    pub threads: usize,
    /// Maximum number of tasks at once.
    pub jobs: usize,
    pub machine: Machine,
    pub locks: Locks,
    pub observer: &'a dyn Observer,
    /// The experiment's folder.
    pub folder: Folder,
    pub provenance: Provenance,
    works: AtomicBool,
}

impl<'a> Command<'a> {
    pub fn new(
        request: &Request,
        folder: &Folder,
        provenance: Provenance,
        locks: Locks,
        observer: &'a dyn Observer,
    ) -> Command<'a> {
        Command {
            device: request.device,
            threads: request.threads,
            jobs: request.jobs(),
            machine: Machine::this(),
            locks,
            observer,
            folder: folder.clone(),
            provenance,
            works: AtomicBool::new(false),
        }
    }

    /// Records the command in the manifest, before its first result.
    ///
    /// # Errors
    /// As [`Command::write_manifest`].
    pub fn begin_work(&self) -> Result<()> {
        if self.works.swap(true, Ordering::SeqCst) { Ok(()) } else { self.write_manifest(|_| ()) }
    }

    /// Changes the manifest, if the command has begun to make results.
    ///
    /// # Errors
    /// As [`Command::write_manifest`].
    pub fn record(&self, change: impl FnOnce(&mut Manifest)) -> Result<()> {
        if self.works.load(Ordering::SeqCst) { self.write_manifest(change) } else { Ok(()) }
    }
}

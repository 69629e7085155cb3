//! The report of the line.

use anyhow::Result;

use super::open::ExplainPipeline;
use crate::report::explanations::{self, Written};

impl ExplainPipeline<'_> {
    /// Writes scores and report from the files that are there.
    ///
    /// # Errors
    /// A file that is damaged or cannot be written, and the way out.
    pub fn report(&self) -> Result<Written> {
        let _lock = self.locks.wait("report")?;
        explanations::write(&self.folder, &self.experiment)
    }
}

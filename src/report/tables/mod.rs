//! The tables of a report.

mod choices;
mod networks;
mod overall;
mod paper;
mod scores;

pub use choices::{adoptions, sweeps};
pub use networks::networks;
pub use overall::{between, overall};
pub use paper::{differences, students_beside_paper, teachers_beside_paper};
pub use scores::{each_seed, scores};

//! Everything that a run keeps on disk: paths, row types, and writes that complete fully or not at all.

mod agent_id;
mod atomic;
mod best;
mod explanations;
mod folder;
mod machine;
mod manifest;
mod ratio;
mod rows;
mod table;

pub use agent_id::{AgentId, Role};
pub use atomic::{
    cannot_write, read_identity, read_json, read_state, remove_folder, replace_folder, write_file, write_json,
};
pub use best::{best_name, bests};
pub use explanations::{ModelId, RunFolder, TaskRecord};
pub use folder::{Folder, SHARED};
pub use machine::{Machine, thread_seconds};
pub use manifest::{Latency, Manifest, RomRecord};
pub use ratio::Ratio;
pub use rows::{AdoptionRow, DistillRow, EpisodeRow, EvalRow, ScoreRow, SummaryRow, SweepRow, TrainRow};
pub use table::{Log, read_rows, write_rows};

//! Everything that a run keeps on disk: paths, row types, and writes that complete fully or not at all.

mod agent_id;
mod atomic;
mod best;
mod checkpoint;
mod damaged;
mod explanations;
mod files;
mod folder;
mod machine;
mod manifest;
mod ratio;
mod row_digest;
mod rows;
mod state;
mod table;

pub use agent_id::{AgentId, Role};
pub use atomic::{
    behind_links, cannot_write, create_file, is_left_behind, read_json, replace_folder, write_file, write_json,
    write_toml,
};
pub use best::{best_name, bests};
pub use checkpoint::{
    Saved, has_checkpoint, peek_checkpoint, read_checkpoint, remove_before, remove_checkpoint, write_checkpoint,
};
pub use damaged::DamagedFile;
pub use explanations::{ModelId, RunFolder, TaskRecord};
pub use files::{children, children_below, copy_file, is_hidden, is_same, is_there, remove_file, remove_folder};
pub use folder::{Folder, SHARED, WEIGHTS};
pub use machine::{Machine, pool_seconds};
pub use manifest::{Latency, Maker, Manifest, RomRecord};
pub use ratio::Ratio;
pub use rows::{AdoptionRow, DistillRow, EpisodeRow, EvalRow, ScoreRow, SummaryRow, SweepRow, TrainRow};
pub use state::{CheckpointError, is_damage, read_state, write_state};
pub use table::{Log, LogMark, parse_rows, read_rows, write_rows};

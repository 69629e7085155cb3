//! Sections about the origin of the results, and how to repeat them.

use std::fmt::Write;

use super::{Section, paragraph};
use crate::game::Game;
use crate::record::{Maker, Manifest, RomRecord};
use crate::report::format::{NONE, counted, duration, escape};
use crate::report::read::Results;
use crate::report::table::{Table, numbers, words};
use crate::units::date;

/// Versions, machine, ROMs and times.
pub fn machine(results: &Results) -> Section {
    made_by(results.manifest.as_ref())
}

/// As [`machine`], for any line.
pub fn made_by(manifest: Option<&Manifest>) -> Section {
    let content = match manifest {
        Some(manifest) => facts(manifest) + &roms(manifest) + &stages(manifest),
        None => paragraph("There is no manifest.json: what made these files is not known."),
    };
    Section::new("provenance", "What made these results", content)
}

fn facts(manifest: &Manifest) -> String {
    let Maker { program, libtorch, ale, device, threads, machine, .. } = &manifest.maker;
    let seeds: Vec<String> = manifest.seeds.iter().map(u64::to_string).collect();
    let cpu = if machine.cpu.is_empty() { NONE } else { &machine.cpu };
    let memory = match machine.memory_mib {
        0 => String::new(),
        mib => format!(", {:.1} GiB of memory", mib as f64 / 1024.0),
    };
    let vector = if machine.vector_unit.is_empty() { String::new() } else { format!(" with {}", machine.vector_unit) };
    let facts = [
        ("program", program.clone()),
        ("commit", commit(&manifest.maker)),
        ("libtorch", libtorch.clone()),
        ("ALE", ale.clone().unwrap_or_else(|| NONE.to_owned())),
        ("device", device.clone()),
        ("threads", threads.to_string()),
        ("machine", format!("{cpu}{vector}, {} cores{memory}, {}", machine.cores, machine.os)),
        ("seeds", seeds.join(", ")),
    ];
    let worked = manifest.worked_at.map(|at| ("last work", date(at)));
    let before = |own: &Maker| {
        format!(
            "commit {}, {}, {}, on {}",
            commit(own),
            own.device,
            counted(own.threads as u64, "thread"),
            own.machine.cpu
        )
    };
    let earlier: Vec<String> = manifest.earlier.iter().map(before).collect();
    let earlier = (!earlier.is_empty()).then(|| ("before that", earlier.join("; ")));
    let mut html = String::from("<dl class=\"facts\">\n");
    for (name, value) in facts.into_iter().chain(worked).chain(earlier) {
        let _ = writeln!(html, "<div><dt>{name}</dt> <dd>{}</dd></div>", escape(&value));
    }
    html + "</dl>\n"
}

fn commit(maker: &Maker) -> String {
    maker.git_commit.clone().unwrap_or_else(|| "not known: not built of a checkout".into())
}

fn roms(manifest: &Manifest) -> String {
    let columns = vec![
        words("game", ""),
        words("ROM’s MD5", ""),
        words("dump", "Whether ALE lists a dump with this MD5."),
        words("from", ""),
    ];
    let row = |(game, rom): (&String, &RomRecord)| {
        vec![game.clone(), rom.md5.clone(), dump(game, rom).to_owned(), rom.source.clone()]
    };
    let table = Table::of(columns, manifest.roms.iter().map(row));
    if table.rows.is_empty() { String::new() } else { table.html("ROMs") }
}

fn dump(game: &str, rom: &RomRecord) -> &'static str {
    match Game::named(game).map(Game::entry) {
        Ok(_) if rom.md5.is_empty() => "built in",
        Ok(entry) if entry.md5 == rom.md5 => "listed",
        Ok(entry) if entry.other_md5 == rom.md5 => "another of this game",
        _ => "unknown",
    }
}

fn stages(manifest: &Manifest) -> String {
    let columns = vec![
        words("stage", ""),
        numbers("time", "Sum over the tasks that made these results; tasks at the same time count separately."),
    ];
    let rows = manifest.stage_seconds.iter().map(|(stage, &seconds)| vec![stage.clone(), duration(seconds)]);
    let table = Table::of(columns, rows);
    if table.rows.is_empty() { String::new() } else { table.html("Times of the stages") }
}

/// The resolved experiment.
pub fn settings(results: &Results) -> Section {
    settings_of(&results.settings)
}

/// As [`settings`], for any line.
pub fn settings_of(text: &str) -> Section {
    let text = escape(text.trim_end());
    let content = format!(
        "<details>\n<summary>Every setting, defaults included (experiment.toml)</summary>\n<pre>{text}</pre>\n\
         </details>\n"
    );
    Section::new("settings", "Settings", content)
}

/// A command that repeats the results, from the folder above `results/` or above the experiment's own, with its
/// explanation.
pub fn repeat((command, what): (String, &str)) -> Section {
    let content = format!(
        "<pre>{}</pre>\n<p>{what} The file holds the settings above, whatever the command line changed; it is the one in \
         the folder above this page.</p>\n",
        escape(&command)
    );
    Section::new("repeat", "How to repeat", content)
}

//! Progress on stderr: a bar on a terminal, plain lines elsewhere.

use std::cell::Cell;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGXCPU};
use signal_hook::iterator::Signals;

use crate::pipeline::{CommandProgress, Observer};
use crate::progress::{Progress, share};
use crate::report::TerminalReport;
use crate::units::grouped;

static STOP: AtomicBool = AtomicBool::new(false);

/// Signals that ask to stop: from a terminal, and from batch systems before a time limit.
const STOPPING: [i32; 5] = [SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGXCPU];

/// From now on the first of [`STOPPING`] asks tasks to save and stop, and the second ends the process at once. Signals
/// that were ignored when the program began, as after `nohup`, stay ignored.
pub fn catch_interrupts() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let caught = STOPPING.iter().filter(|&&signal| !is_ignored(&status, signal));
    let mut signals = match Signals::new(caught) {
        Ok(signals) => signals,
        Err(error) => return log::warn!("interrupts are not caught: {error}"),
    };
    std::thread::spawn(move || {
        for _ in signals.forever() {
            if STOP.swap(true, Ordering::SeqCst) {
                signal_hook::low_level::exit(130);
            }
            err!("pd: saving; once more to end at once");
        }
    });
}

/// Whether a process whose `/proc/self/status` is `status` ignores a signal.
fn is_ignored(status: &str, signal: i32) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

/// Length of a task's bar.
const BAR: u64 = 1000;
/// Time between two looks of a bar.
const BAR_EVERY: Duration = Duration::from_millis(100);
/// Time between plain lines of a task.
const LINE_EVERY: Duration = Duration::from_secs(15);
/// Time between plain lines of the whole command.
const WHOLE_EVERY: Duration = Duration::from_secs(60);

/// Whether an interrupt has asked to stop.
fn is_stopped() -> bool {
    STOP.load(Ordering::Relaxed)
}

/// The progress of a command: a line for each running task, and one for all tasks.
pub struct Terminal {
    quiet: bool,
    /// Whether reports are printed as JSON.
    json: bool,
    bars: MultiProgress,
    /// The line for all tasks, once there are several.
    whole: Mutex<Option<ProgressBar>>,
    last_line: Mutex<Instant>,
}

impl Terminal {
    pub fn new(quiet: bool, json: bool) -> Terminal {
        Terminal {
            quiet,
            json,
            bars: MultiProgress::new(),
            whole: Mutex::new(None),
            last_line: Mutex::new(Instant::now()),
        }
    }
}

impl Observer for Terminal {
    fn ready(&self) {
        catch_interrupts();
    }

    fn begin(&self, task: &str, total: u64, unit: &'static str) -> Box<dyn Progress + '_> {
        let mut stage = TaskProgress::new(task, total, unit, self.quiet);
        stage.bar = stage.bar.take().map(|bar| self.bars.insert(0, bar));
        Box::new(stage)
    }

    fn whole(&self, whole: &CommandProgress) {
        if self.quiet || whole.tasks < 2 {
            return;
        }
        let left = whole.left.map_or(String::new(), |left| format!(", about {} left", clock(left)));
        let text =
            format!("{} of {} tasks done, {:.0}% of all work{left}", whole.done, whole.tasks, 100.0 * whole.share);
        if !std::io::stderr().is_terminal() {
            let mut last = self.last_line.lock().unwrap_or_else(PoisonError::into_inner);
            if last.elapsed() >= WHOLE_EVERY {
                *last = Instant::now();
                err!("{text}");
            }
            return;
        }
        let mut line = self.whole.lock().unwrap_or_else(PoisonError::into_inner);
        let bar = line.get_or_insert_with(|| {
            let style = ProgressStyle::with_template("{msg}").expect("the template is fixed");
            self.bars.add(ProgressBar::new_spinner().with_style(style))
        });
        bar.set_message(text);
        bar.tick();
    }

    fn report(&self, report: &TerminalReport) {
        if self.json {
            return out!("{:#}", report.json());
        }
        out!("{}\n{}", report.table.on_terminal(width()), report.verdict);
        for warning in &report.warnings {
            out!("warning: {warning} {}", warning.remedy());
        }
        out!("report: {}", report.page.display());
    }

    fn say(&self, message: &str) {
        self.bars.suspend(|| err!("pd: {message}"));
    }

    fn note(&self, message: &str) {
        if !self.quiet {
            self.say(message);
        }
    }

    fn stop(&self) -> bool {
        is_stopped()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if let Some(bar) = self.whole.get_mut().unwrap_or_else(PoisonError::into_inner) {
            bar.finish_and_clear();
        }
    }
}

/// The letters that a line of the terminal holds; `None` if stdout is none.
pub fn width() -> Option<usize> {
    std::io::stdout().is_terminal().then(terminal_size::terminal_size).flatten().map(|(width, _)| usize::from(width.0))
}

/// A time as hours, minutes and seconds.
fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// Progress of one task; its line is gone when it is dropped.
pub struct TaskProgress {
    name: String,
    unit: &'static str,
    total: u64,
    quiet: bool,
    bar: Option<ProgressBar>,
    /// The first report.
    start: Cell<Option<Report>>,
    last_line: Cell<Instant>,
}

/// The position of a task at a moment.
#[derive(Clone, Copy)]
struct Report {
    done: u64,
    share: f64,
    time: Instant,
}

impl TaskProgress {
    pub fn new(name: &str, total: u64, unit: &'static str, quiet: bool) -> TaskProgress {
        let bar = (!quiet && std::io::stderr().is_terminal()).then(|| {
            let style = ProgressStyle::with_template("{prefix} {wide_bar} {msg}").expect("the template is fixed");
            ProgressBar::new(BAR).with_prefix(name.to_owned()).with_style(style)
        });
        let last_line = Cell::new(Instant::now());
        TaskProgress { name: name.to_owned(), unit, total, quiet, bar, start: Cell::new(None), last_line }
    }

    /// The position in words, with the time that is left if the task goes on as fast as since its first report.
    fn text(&self, now: Report, note: &str) -> String {
        let start = self.start.get().unwrap_or(now);
        let seconds = (now.time - start.time).as_secs_f64().max(1e-9);
        let rate = now.done.saturating_sub(start.done) as f64 / seconds;
        let left = seconds * (1.0 - now.share) / (now.share - start.share);
        let is_known = now.share > start.share && now.share < 1.0 && left < 1e9;
        let left = if is_known { format!(", {} left", clock(Duration::from_secs_f64(left))) } else { String::new() };
        let note = if note.is_empty() { String::new() } else { format!("; {note}") };
        // Rounding makes 0.29 less than 29%.
        let percent = (100.0 * now.share + 1e-9) as u64;
        let (done, total, unit) = (grouped(now.done), grouped(self.total), self.unit);
        let rate = if rate > 0.0 { format!(", {rate:.1}/s") } else { String::new() };
        format!("{percent}%, {done} of {total} {unit}{rate}{left}{note}")
    }
}

impl Drop for TaskProgress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Progress for TaskProgress {
    fn at(&self, done: u64, note: &str) {
        self.at_share(done, share(done, self.total), note);
    }

    fn at_share(&self, done: u64, share: f64, note: &str) {
        let now = Report { done, share, time: Instant::now() };
        let is_first = self.start.get().is_none();
        self.start.set(self.start.get().or(Some(now)));
        let every = if self.bar.is_some() { BAR_EVERY } else { LINE_EVERY };
        if self.quiet || now.time - self.last_line.get() < every && !(is_first && self.bar.is_some()) {
            return;
        }
        self.last_line.set(now.time);
        let text = self.text(now, note);
        match &self.bar {
            Some(bar) => {
                bar.set_position((share * BAR as f64) as u64);
                bar.set_message(text);
            }
            None => err!("{}: {text}", self.name),
        }
    }

    fn stop(&self) -> bool {
        is_stopped()
    }
}

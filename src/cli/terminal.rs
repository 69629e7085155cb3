//! Progress on stderr: a bar on a terminal, plain lines elsewhere.

use std::cell::{Cell, RefCell};
use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::pipeline::Observer;
use crate::progress::Progress;

static STOP: AtomicBool = AtomicBool::new(false);

/// From now on the first interrupt (Ctrl-C, SIGTERM) asks tasks to save and stop, and the second ends the process.
pub fn catch_interrupts() {
    let handler = || {
        if STOP.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
        err!("pd: saving; once more to end at once");
    };
    if let Err(error) = ctrlc::set_handler(handler) {
        log::warn!("interrupts are not caught: {error}");
    }
}

/// Time between plain lines.
const LINE_EVERY: Duration = Duration::from_secs(15);

/// Whether an interrupt has asked to stop.
fn is_stopped() -> bool {
    STOP.load(Ordering::Relaxed)
}

/// The progress of a command: a line for each running task, and one for all tasks.
pub struct Terminal {
    quiet: bool,
    bars: MultiProgress,
    /// The line for all tasks, once there are several.
    whole: Mutex<Option<ProgressBar>>,
    /// Number of tasks that are done, and number of all tasks.
    done: AtomicU64,
    tasks: AtomicU64,
}

impl Terminal {
    pub fn new(quiet: bool) -> Terminal {
        Terminal {
            quiet,
            bars: MultiProgress::new(),
            whole: Mutex::new(None),
            done: AtomicU64::new(0),
            tasks: AtomicU64::new(0),
        }
    }
}

impl Observer for Terminal {
    fn begin(&self, task: &str, total: u64, unit: &'static str) -> Box<dyn Progress + '_> {
        let (done, tasks) = (self.done.load(Ordering::Relaxed), self.tasks.load(Ordering::Relaxed));
        let of_several = if tasks > 1 && !std::io::stderr().is_terminal() {
            format!(" ({done} of {tasks} tasks done)")
        } else {
            String::new()
        };
        let mut stage = TaskProgress::new(&format!("{task}{of_several}"), total, unit, self.quiet);
        stage.bar = stage.bar.take().map(|bar| self.bars.insert(0, bar));
        Box::new(stage)
    }

    fn whole(&self, done: usize, tasks: usize, share: f64) {
        self.done.store(done as u64, Ordering::Relaxed);
        self.tasks.store(tasks as u64, Ordering::Relaxed);
        if self.quiet || tasks < 2 || !std::io::stderr().is_terminal() {
            return;
        }
        let mut whole = self.whole.lock().unwrap_or_else(PoisonError::into_inner);
        let bar = whole.get_or_insert_with(|| {
            let style = ProgressStyle::with_template("{msg}").expect("the template is fixed");
            self.bars.add(ProgressBar::new_spinner().with_style(style))
        });
        bar.set_message(format!("{done} of {tasks} tasks done, {:.0}% of all work", 100.0 * share));
        bar.tick();
    }

    fn say(&self, message: &str) {
        self.bars.suspend(|| err!("pd: {message}"));
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

/// Progress of one task; its line is gone when it is dropped.
pub struct TaskProgress {
    name: String,
    unit: &'static str,
    total: u64,
    quiet: bool,
    bar: Option<ProgressBar>,
    /// Progress and time at the first report.
    start: Cell<Option<(u64, Instant)>>,
    last_line: RefCell<Instant>,
}

impl TaskProgress {
    pub fn new(name: &str, total: u64, unit: &'static str, quiet: bool) -> TaskProgress {
        let bar = (!quiet && std::io::stderr().is_terminal()).then(|| {
            let style = format!(
                "{{prefix}} {{wide_bar}} {{human_pos}}/{{human_len}} {unit}, {{per_sec}}, {{eta}} left  {{msg}}"
            );
            let style = ProgressStyle::with_template(&style).expect("the template is fixed");
            ProgressBar::new(total).with_prefix(name.to_owned()).with_style(style)
        });
        let last_line = RefCell::new(Instant::now());
        TaskProgress { name: name.to_owned(), unit, total, quiet, bar, start: Cell::new(None), last_line }
    }

    fn line(&self, done: u64, note: &str) {
        let Some((from, since)) = self.start.get() else { return };
        let rate = (done - from) as f64 / since.elapsed().as_secs_f64().max(1e-9);
        let left = (self.total.saturating_sub(done) as f64 / rate.max(1e-9)).min(1e9) as u64;
        let left = if done > from { format!(", {}:{:02} left", left / 60, left % 60) } else { String::new() };
        let percent = (100 * done / self.total.max(1)).min(100);
        let note = if note.is_empty() { String::new() } else { format!("; {note}") };
        let unit = self.unit;
        err!("{}: {percent}%, {done} of {} {unit}, {rate:.1}/s{left}{note}", self.name, self.total);
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
        if self.start.get().is_none() {
            self.start.set(Some((done, Instant::now())));
            self.bar.iter().for_each(|bar| {
                bar.set_position(done);
                bar.reset_eta();
            });
        }
        if let Some(bar) = &self.bar {
            bar.set_position(done);
            if bar.message() != note {
                bar.set_message(note.to_owned());
            }
        } else if !self.quiet && self.last_line.borrow().elapsed() >= LINE_EVERY {
            *self.last_line.borrow_mut() = Instant::now();
            self.line(done, note);
        }
    }

    fn stop(&self) -> bool {
        is_stopped()
    }
}

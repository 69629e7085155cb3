//! Students of a training in another folder, whatever happens there.

use std::cell::{Cell, RefCell};
use std::fs;
use std::path::PathBuf;

use policy_distillation::agent::{self, Policy};
use policy_distillation::config::{self, Experiment, Overrides};
use policy_distillation::distill::{StudentGroup, TeacherSource, follow};
use policy_distillation::nn::Device;
use policy_distillation::progress::{Ended, Progress};
use policy_distillation::record::{AdoptionRow, AgentId, Folder, best_name, read_rows};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::command::TINY;
use super::resume::{StopAfter, emulators, evaluate, played, teacher, try_pupils};

/// Does something whenever the service waits, and asks it to stop after so many waits.
struct WhenWaiting<F>(RefCell<F>, Cell<u64>, u64);

impl<F: FnMut(u64)> Progress for WhenWaiting<F> {
    fn at(&self, _: u64, note: &str) {
        if note.starts_with("waiting") {
            self.1.set(self.1.get() + 1);
            (self.0.borrow_mut())(self.1.get());
        }
    }

    fn stop(&self) -> bool {
        assert!(self.1.get() < 20, "it waits for ever");
        self.1.get() >= self.2
    }
}

/// A training in a folder of its own, as its follower sees it.
struct Followed {
    experiment: Experiment,
    root: TempDir,
}

impl Followed {
    fn new() -> Followed {
        let text = TINY.replace("hours = 2", "hours = 1\nonline = true");
        let mut experiment = config::read_text("x.toml", "x", &text, &Overrides::default()).unwrap();
        experiment.students.truncate(1);
        let followed = Followed { experiment, root: tempfile::tempdir().unwrap() };
        fs::create_dir(followed.best()).unwrap();
        followed
    }

    fn best(&self) -> PathBuf {
        self.root.path().join("best")
    }

    fn named(&self, frames: u64) -> PathBuf {
        self.best().join(best_name(frames))
    }

    /// Leaves a best after so many frames, with weights of that seed: tests know a teacher by it.
    fn leave(&self, frames: u64, seed: u64) {
        teacher(&self.experiment, self.experiment.games[0], &self.named(frames), seed);
    }

    fn leave_half(&self, frames: u64) {
        self.leave(frames, frames);
        let whole = fs::read(self.named(frames)).unwrap();
        fs::write(self.named(frames), &whole[..whole.len() / 2]).unwrap();
    }

    fn end(&self) {
        fs::write(self.root.path().join("finished"), b"").unwrap();
    }

    fn students(&self) -> Folder {
        Folder::at(self.root.path().join("students"))
    }

    fn serve(&self, progress: &dyn Progress) -> Ended {
        let Followed { experiment, root, .. } = self;
        let game = experiment.games[0];
        let group = StudentGroup {
            experiment,
            seed: 1,
            students: experiment.students.clone(),
            games: vec![(played(experiment, game), TeacherSource::Latest(self.best()))],
            folder: &self.students(),
            device: Device::Cpu,
        };
        let mut evaluate =
            |game, policy: &dyn Policy, steps, updates| Ok(evaluate(game, policy, steps, updates, progress));
        follow(&group, emulators(game, 4, 108_000), &root.path().join("finished"), &mut evaluate, progress).unwrap()
    }

    fn serve_and(&self, waits: u64, act: impl FnMut(u64)) -> Ended {
        self.serve(&WhenWaiting(RefCell::new(act), Cell::new(0), waits))
    }

    /// The teachers that the student took, each by its seed and a word of the reason.
    fn adopted(&self) -> Vec<(u64, &'static str)> {
        let agent = AgentId::of(&self.experiment.students[0], self.experiment.games[0], 1);
        let rows: Vec<AdoptionRow> = read_rows(&self.students().adoptions(&agent)).unwrap();
        let word = |reason: &str| {
            ["began", "better", "gone", "replaced"].into_iter().find(|word| reason.contains(word)).unwrap()
        };
        let last = agent::metadata(&self.students().weights(&agent)).ok().and_then(|metadata| metadata.teacher);
        assert!(last.is_none_or(|hash| hash == rows.last().unwrap().weights), "the last that was adopted taught last");
        rows.iter().map(|row| (row.teacher_frames, word(&row.reason))).collect()
    }
}

#[test]
fn a_service_goes_back_only_from_a_teacher_that_is_gone_or_replaced_and_says_so() {
    let followed = Followed::new();
    followed.leave(700, 700);
    followed.leave(1500, 1500);
    let ended = followed.serve_and(u64::MAX, |wait| match wait {
        // A training that was killed goes on from before its last best, and finds it again.
        1 => fs::remove_file(followed.named(1500)).unwrap(),
        2 => followed.leave(1500, 1500),
        // One that is started over leaves other weights under the same name.
        3 => followed.leave(1500, 9),
        _ => followed.end(),
    });
    assert_eq!(ended, Ended::Done);
    assert_eq!(followed.adopted(), [(1500, "began"), (700, "gone"), (1500, "better"), (9, "replaced")]);
}

#[test]
fn a_best_that_cannot_be_read_is_followed_once_it_can() {
    let followed = Followed::new();
    let checkpoint = followed.students().distillation("catch", 1);
    followed.leave_half(700);
    let ended = followed.serve_and(u64::MAX, |wait| match wait {
        1 => followed.leave(700, 700),
        2 => {
            assert!(checkpoint.exists(), "a kill while it waits would lose all");
            followed.leave_half(1500);
            followed.end();
        }
        _ => followed.leave(1500, 1500),
    });
    assert_eq!(ended, Ended::Done);
    assert_eq!(followed.adopted(), [(700, "began"), (1500, "better")]);
}

#[test]
fn a_service_that_was_stopped_goes_on_from_its_teacher_whatever_became_of_the_file() {
    for in_an_hour in [true, false] {
        for (seed, reason) in [(700, "gone"), (9, "replaced")] {
            let followed = Followed::new();
            followed.leave(1500, 1500);
            let stopped = match in_an_hour {
                true => followed.serve(&StopAfter(Cell::new(20))),
                false => followed.serve_and(1, |_| {}),
            };
            assert_eq!(stopped, Ended::Stopped);
            if reason == "gone" {
                fs::remove_file(followed.named(1500)).unwrap();
            }
            followed.leave(if reason == "gone" { 700 } else { 1500 }, seed);
            followed.end();
            assert_eq!(followed.serve_and(u64::MAX, |_| {}), Ended::Done);
            assert_eq!(followed.adopted(), [(1500, "began"), (seed, reason)], "stopped in an hour: {in_an_hour}");
        }
    }
}

#[test]
fn a_distillation_that_was_stopped_refuses_another_teacher_of_the_same_name() {
    let followed = Followed::new();
    followed.leave(1500, 1500);
    let root = followed.students();
    let go_on = |stops| {
        let source = |_| TeacherSource::Best { folder: followed.best(), frames: 2400 };
        try_pupils(&followed.experiment, root.root(), source, stops)
    };
    assert_eq!(go_on(20).unwrap(), Ended::Stopped);
    followed.leave(1500, 9);
    let refusal = go_on(20).unwrap_err().to_string();
    assert!(refusal.contains("frames-000000001500") && refusal.contains("put it back"), "{refusal}");
    followed.leave(1500, 1500);
    assert_eq!(go_on(u64::MAX).unwrap(), Ended::Done);
}

#[test]
fn a_distillation_that_another_ale_began_is_refused() {
    let followed = Followed::new();
    followed.leave(1500, 1500);
    let root = followed.students();
    let go_on = |stops| {
        let source = |_| TeacherSource::Best { folder: followed.best(), frames: 2400 };
        try_pupils(&followed.experiment, root.root(), source, stops)
    };
    assert_eq!(go_on(20).unwrap(), Ended::Stopped);
    let checkpoint = root.distillation("catch", 1);
    assert!(!checkpoint.join("view-0.bin").exists());
    // Each file ends with its hash, which stands in the list, too.
    let change = |file: &str, from: &[u8], to: &[u8]| -> [Vec<u8>; 2] {
        let mut content = fs::read(checkpoint.join(file)).unwrap();
        let place = content.windows(from.len()).position(|bytes| bytes == from).unwrap();
        content[place..place + to.len()].copy_from_slice(to);
        let body = content.len() - 32;
        let before = content.split_off(body);
        let after = Sha256::digest(&content).to_vec();
        fs::write(checkpoint.join(file), [content, after.clone()].concat()).unwrap();
        [before, after]
    };
    let [before, after] = change("state.bin", b"\"0.12.1\"", b"\"0.6.00\"");
    change("files.bin", &before, &after);
    let refusal = go_on(20).unwrap_err().to_string();
    assert!(refusal.contains("another ALE than 0.12.1") && refusal.contains("--fresh"), "{refusal}");
}

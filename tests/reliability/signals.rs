//! Signals of terminals and batch systems.

use std::fs;

use super::{TEACHER, longer, send, shell, wait_for_work, wait_until};
use crate::command::{Run, TINY};

/// An experiment that learns for hours from its first rollout.
const LONG_ROLLOUTS: &str = "games = [\"cartpole\"]\nseeds = [1]\n[teacher]\nalgorithm = \"pqn\"\nframes = 100000000\n\
                            epochs = 1000000\n";

#[test]
fn what_is_done_in_one_go_stops_within_seconds_and_a_second_signal_ends_at_once() {
    let run = Run::new(LONG_ROLLOUTS);
    let log = run.path("results/x/teachers/cartpole/seed-1/train.csv");
    let said = || fs::read_to_string(run.path("said")).unwrap_or_default();
    let stopped_by = |signals: u32| {
        fs::remove_file(&log).ok();
        let mut child = shell(&run, "exec $pd train x.toml --threads 1 2>said");
        wait_until(&mut child, || log.exists());
        for number in 1..=signals {
            send("-TERM", &child);
            wait_until(&mut child, || number == signals || said().contains("once more to end at once"));
        }
        assert_eq!(child.wait().unwrap().code(), Some(130), "{}", said());
        said().contains("stopped in the middle of a rollout")
    };
    assert!(!stopped_by(2), "it ended by itself, not by the second signal");
    // What is left of that process is in nobody's way.
    assert!(stopped_by(1), "{}", said());
    assert!(!run.path("results/x/.locks").exists());
}

#[test]
fn batch_systems_signals_save_and_stop() {
    for signal in ["-USR1", "-XCPU", "-TERM"] {
        let run = longer();
        let mut child = shell(&run, "exec $pd train x.toml --quiet");
        wait_for_work(&run, &mut child);
        send(signal, &child);
        assert_eq!(child.wait().unwrap().code(), Some(130), "{signal}");
        assert!(run.path(TEACHER).join("checkpoint/state.bin").exists(), "{signal}");
        // The plan counts what is done.
        let plan: serde_json::Value = serde_json::from_str(&run.succeed(&["plan", "x.toml", "--json"])).unwrap();
        let (done, work) = (&plan["tasks"][0]["done"], &plan["tasks"][0]["work"]["amount"]);
        assert!(done.as_u64() > Some(0) && done.as_u64() < work.as_u64(), "{done} of {work}");
    }
}

#[test]
fn a_signal_that_was_ignored_at_the_start_stays_ignored() {
    let run = longer();
    let mut child = shell(&run, "trap '' HUP; exec $pd train x.toml --quiet");
    wait_for_work(&run, &mut child);
    send("-HUP", &child);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(run.path(TEACHER).join("weights.safetensors").exists());
}

#[test]
fn a_student_that_was_stopped_keeps_the_log_of_its_teachers() {
    let text = TINY
        .replace("hours = 2", "hours = 200\nonline = true")
        .replace("evaluation_every = 1\n", "evaluation_every = 0\n");
    let run = Run::new(&text);
    run.succeed(&["train", "x.toml"]);
    let log = run.path("results/x/students/kl/catch/seed-1/adoptions.csv");
    let read = || fs::read_to_string(&log).unwrap_or_default();
    let mut child = shell(&run, "exec $pd distill x.toml --quiet");
    wait_until(&mut child, || read().lines().count() > 1);
    send("-TERM", &child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let before = read();
    run.succeed(&["distill", "x.toml"]);
    assert!(before.lines().count() > 1 && read().starts_with(&before), "{before}\nbecame\n{}", read());
}

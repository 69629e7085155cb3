//! Outputs that are no plain files.

use std::fs;
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::{Child, Command};

use super::{TEACHER, shell};
use crate::command::{Run, TINY};

/// Cats a pipe into a file.
fn reader(run: &Run, pipe: &str, file: &str) -> Child {
    assert!(Command::new("mkfifo").arg(run.path(pipe)).status().unwrap().success());
    shell(run, &format!("cat {pipe} > {file}"))
}

#[test]
fn outputs_that_are_pipes_or_links_get_what_a_file_gets_and_stay() {
    let run = Run::new(TINY);
    run.succeed(&["train", "x.toml"]);
    let weights = format!("{TEACHER}/weights.safetensors");
    let make = |out: &str, kind: &str| match kind {
        "--gif" => run.succeed(&["play", &weights, "--seconds", "1", "--gif", out]),
        _ => run.succeed(&["export", &weights, "--half", "--out", out]),
    };
    for kind in ["--out", "--gif"] {
        make("plain", kind);
        let expected = fs::read(run.path("plain")).unwrap();
        let (pipe, link, got) = (format!("pipe{kind}"), format!("link{kind}"), format!("got{kind}"));
        let mut cat = reader(&run, &pipe, &got);
        make(&pipe, kind);
        assert!(cat.wait().unwrap().success());
        let is_pipe = fs::metadata(run.path(&pipe)).unwrap().file_type().is_fifo();
        assert!(is_pipe && fs::read(run.path(&got)).unwrap() == expected, "{kind} to a pipe");
        symlink("elsewhere", run.path(&link)).unwrap();
        make(&link, kind);
        assert!(
            run.path(&link).is_symlink() && fs::read(run.path("elsewhere")).unwrap() == expected,
            "{kind} to a link"
        );
    }
    for command in [&["play", &weights, "--seconds", "1", "--gif"][..], &["export", &weights, "--half", "--out"]] {
        let output = run.pd(&[command, &["/dev/full"]].concat());
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{error}");
        assert!(error.contains("/dev/full: cannot be written") && !Path::new("/dev/full").is_file(), "{error}");
    }
}

#[test]
fn outputs_that_are_links_or_devices_are_written_through() {
    let run = Run::new(TINY);
    fs::write(run.path("actions.json"), "[0, 1, 2]").unwrap();
    symlink("/dev/null", run.path("seen.bin")).unwrap();
    symlink("elsewhere.json", run.path("seen.bin.json")).unwrap();
    run.succeed(&["observe", "catch", "--actions", "actions.json", "--out", "seen.bin"]);
    assert!(run.path("seen.bin").is_symlink() && run.path("seen.bin.json").is_symlink());
    assert!(fs::read_to_string(run.path("elsewhere.json")).unwrap().contains("catch"));
}

#[test]
fn files_follow_the_umask() {
    for (mask, mode) in [("077", 0o600), ("002", 0o664)] {
        let run = Run::new(TINY);
        let child = shell(&run, &format!("umask {mask}; exec $pd train x.toml --quiet")).wait().unwrap();
        assert!(child.success());
        for file in ["weights.safetensors", "train.csv"] {
            let found = fs::metadata(run.path(TEACHER).join(file)).unwrap().permissions().mode() & 0o777;
            assert_eq!(found, mode, "{file} with umask {mask} is {found:o}");
        }
    }
}

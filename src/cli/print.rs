//! Prints lines on stdout and stderr. A reader that has gone away, or a full disk, never ends the work.

/// Prints a line of results on stdout.
macro_rules! out {
    ($($line:tt)*) => {{
        use std::io::Write;
        writeln!(std::io::stdout().lock(), $($line)*).ok();
    }};
}

/// Prints any other line on stderr.
macro_rules! err {
    ($($line:tt)*) => {{
        use std::io::Write;
        writeln!(std::io::stderr().lock(), $($line)*).ok();
    }};
}

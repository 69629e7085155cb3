//! Lines on stdout and stderr. A reader that has gone away, or a full disk behind them, never ends work.

/// Prints a line of results.
macro_rules! out {
    ($($line:tt)*) => {{
        use std::io::Write;
        writeln!(std::io::stdout().lock(), $($line)*).ok();
    }};
}

/// Prints a line of anything else.
macro_rules! err {
    ($($line:tt)*) => {{
        use std::io::Write;
        writeln!(std::io::stderr().lock(), $($line)*).ok();
    }};
}

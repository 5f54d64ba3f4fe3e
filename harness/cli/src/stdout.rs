//! Writing to standard output.

use std::io::{self, IsTerminal, Write};

use tinybench_support::exit::Failure;
use tinybench_support::exits_with;

/// Width of output that doesn't go to a terminal, and the widest table on one that does.
const DEFAULT_WIDTH: usize = 120;

/// Nothing can be printed.
#[derive(Debug, thiserror::Error)]
#[error("can't write to standard output: {0}")]
struct StdoutError(io::Error);

exits_with!(StdoutError => Output);

/// Prints `text` and a newline. A reader that went away, as `head` does, is no error.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(StdoutError(error).into()),
        _ => Ok(()),
    }
}

/// How many columns there are.
pub fn width() -> usize {
    terminal().unwrap_or(DEFAULT_WIDTH)
}

/// How many columns the terminal has; without one what is printed may be as wide as it likes.
pub fn terminal_width() -> usize {
    terminal().unwrap_or(usize::MAX)
}

fn terminal() -> Option<usize> {
    let size = terminal_size::terminal_size_of(io::stdout());
    size.map(|(terminal_size::Width(width), _)| width.into())
}

/// Whether to use colour: on a terminal, unless `NO_COLOR` is set to something.
pub fn colour() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

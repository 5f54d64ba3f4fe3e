//! Writes the bundle to a file: what `cargo package` needs beside `build.rs`.
//!
//! ```text
//! write FILE.zip
//! ```

use std::io;

fn main() -> io::Result<()> {
    let path = std::env::args_os().nth(1);
    let path = path.ok_or(io::Error::other("usage: write FILE.zip"))?;
    std::fs::write(path, tinybench_bundle::BYTES)
}

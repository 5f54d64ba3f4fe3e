//! Writes the bundle to a file: what `cargo package` needs beside `build.rs`.
//!
//! ```text
//! write FILE.zip
//! ```

use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let path = std::env::args_os().nth(1).map(PathBuf::from);
    std::fs::write(path.unwrap_or("bundle.zip".into()), tinybench_bundle::BYTES)
}

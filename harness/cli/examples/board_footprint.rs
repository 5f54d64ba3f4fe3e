//! What a virtual board costs its host: memory a board, and time from nothing to a probe that is
//! attached and has halted the core.
//!
//! ```text
//! cargo run --release -p tinybench --example board_footprint
//! ```
//! Linux only: the memory is what `/proc/self/statm` counts as resident. The times are processor
//! time, which a busy host doesn't change; attaching waits for nothing else.

use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nix::time::ClockId;
use tinybench_execution::target::session::Session;
use tinybench_inputs::board::{Board, Boards};
use tinybench_inputs::project::Project;
use tinybench_virtual_board::VirtualBoard;

const BOARDS: u32 = 8;

fn main() -> Result<(), Box<dyn Error>> {
    let project = Project::find(None, &std::env::current_dir()?)?;
    let board = Boards::open(&project.boards())?.load("nano33")?.board;
    // The first one reads probe-rs's chip descriptions, which all share.
    let (first, first_time) = attach(&board)?;
    let before = resident_bytes()?;
    let mut boards = Vec::new();
    let mut times = Vec::new();
    for _ in 0..BOARDS {
        let (session, time) = attach(&board)?;
        boards.push(session);
        times.push(time);
    }
    let megabytes = (resident_bytes()? - before) as f64 / f64::from(BOARDS) / 1e6;
    times.sort();
    println!("memory a board:               {megabytes:.1} MB (mean of {BOARDS}, attached)");
    println!("start to attached, first:     {}", milliseconds(first_time));
    println!(
        "start to attached, later:     {} (median of {BOARDS})",
        milliseconds(times[times.len() / 2])
    );
    drop((first, boards));
    Ok(())
}

/// A new board with a probe-rs session on it.
fn attach(description: &Board) -> Result<(Session, Duration), Box<dyn Error>> {
    let start = processor_time()?;
    let board = Arc::new(Mutex::new(VirtualBoard::new("nrf52840")?));
    let session = Session::attach(tinybench_virtual_probe::open(board), description)?;
    Ok((session, processor_time()? - start))
}

/// Of this thread, which does all the work.
fn processor_time() -> Result<Duration, Box<dyn Error>> {
    Ok(ClockId::CLOCK_THREAD_CPUTIME_ID.now()?.into())
}

fn resident_bytes() -> Result<u64, Box<dyn Error>> {
    const PAGE: u64 = 4096;
    let statm = std::fs::read_to_string("/proc/self/statm")?;
    let pages = statm.split(' ').nth(1).ok_or("statm has two fields")?;
    Ok(pages.parse::<u64>()? * PAGE)
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

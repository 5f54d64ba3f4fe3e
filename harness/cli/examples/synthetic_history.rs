//! Makes a history of run records from two real ones: the first holds until a commit, the second
//! from there on. Each record gets an invented commit; all else is what was run. The same seed
//! gives the same history.
//!
//! ```sh
//! cargo run --release --example synthetic_history -- before.json after.json -o history
//! ```

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use jiff::{SignedDuration, Timestamp};
use tinybench_record::reading;
use tinybench_record::{Commit, Other, RunRecord};
use tinybench_support::hash::sha256_hex;

#[derive(Parser)]
struct Arguments {
    /// The record that holds at first
    before: PathBuf,
    /// The record that holds later
    after: PathBuf,
    /// How many commits there are
    #[arg(long, default_value_t = 200)]
    commits: u32,
    /// From which commit on the second record holds
    #[arg(long, default_value_t = 140)]
    at: u32,
    /// By how much the cycles of a commit may differ, as a share: 0.01 is ±1 %
    #[arg(long, default_value_t = 0.0)]
    noise: f64,
    /// What chance comes from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The folder of records to make
    #[arg(short, long)]
    out: PathBuf,
}

fn main() -> ExitCode {
    match make(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn make(arguments: &Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let before = reading::parse(&fs::read(&arguments.before)?)?;
    let after = reading::parse(&fs::read(&arguments.after)?)?;
    let start: Timestamp = "2026-01-01T09:00:00Z".parse()?;
    fs::create_dir_all(&arguments.out)?;
    for number in 0..arguments.commits {
        let real = if number < arguments.at {
            &before
        } else {
            &after
        };
        let hash = sha256_hex(format!("{} {number}", arguments.seed).as_bytes());
        let id = hash[..40].to_owned();
        let time = start + SignedDuration::from_hours(7 * i64::from(number));
        let mut record = real.clone();
        record.started_at = (time + SignedDuration::from_mins(9)).to_string();
        record.commit = Some(Commit {
            url: Some(format!("https://example.org/project/commit/{id}")),
            time: Some(time.to_string()),
            release: None,
            id,
            other: Other::new(),
        });
        // 32 bits of the hash as a number from -1 to 1.
        let chance = u32::from_str_radix(&hash[40..48], 16)?;
        let chance = f64::from(chance) / f64::from(u32::MAX) * 2.0 - 1.0;
        disturb(&mut record, 1.0 + chance * arguments.noise);
        let path = arguments.out.join(format!("{number:05}.json"));
        fs::write(path, record.to_json()?)?;
    }
    Ok(())
}

/// Multiplies the cycles of every result, and what follows from them, by `factor`.
fn disturb(record: &mut RunRecord, factor: f64) {
    if factor == 1.0 {
        return;
    }
    let clock = record.board.clock_hz as f64;
    for result in &mut record.results {
        let latency = &mut result.latency;
        for cycles in &mut latency.cycles {
            *cycles = (f64::from(*cycles) * factor) as u32;
        }
        latency.min_cycles = latency.cycles.iter().copied().min().unwrap_or(0);
        latency.max_cycles = latency.cycles.iter().copied().max().unwrap_or(0);
        latency.median_cycles =
            tinybench_support::order::median(&latency.cycles).unwrap_or_default();
        latency.median_us = latency.median_cycles / clock * 1e6;
        if let Some(energy) = &mut result.energy {
            energy.uj_per_inference *= factor;
        }
    }
}

//! Sweeps that are killed at random moments and go on. `TINYBENCH_KILLS` says how often; skipped, saying
//! so, where firmware can't be built.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{Tinybench, project_root, toolchain_is_there};
use serde_json::Value;

/// Models of the interpreter's tests, small ones.
const MODELS: [&str; 4] = ["add", "dense", "dense_short", "softmax"];

/// How often it is killed, unless the variable says.
const KILLS: usize = 6;

const SEED: u64 = 14;

fn command(tinybench: &Tinybench) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tinybench"));
    command
        .current_dir(tinybench.folder.path())
        .env("TINYBENCH_PROJECT", project_root())
        .args(["sweep", "small.toml", "--out", "records"])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn sweep() -> Tinybench {
    let tinybench = Tinybench::new();
    let fixtures = project_root().join("targets/runtimes/interpreter/tests/fixtures");
    for name in MODELS {
        let file = format!("{name}.tflite");
        tinybench.file(&file, &fs::read(fixtures.join(&file)).unwrap());
    }
    // A failure is kept like a result.
    tinybench.file("zero.tflite", b"no model");
    let text =
        "boards = [\"nano33\", \"nucleo-l4r5zi\"]\nmodels = [\"*.tflite\"]\non = \"virtual\"\n";
    tinybench.file("small.toml", text.as_bytes());
    tinybench
}

/// The records, without what may differ.
fn records(tinybench: &Tinybench) -> Vec<Value> {
    ["nano33", "nucleo-l4r5zi"]
        .map(|board| {
            let text = fs::read(tinybench.path("records").join(format!("{board}.json"))).unwrap();
            let mut record: Value = serde_json::from_slice(&text).unwrap();
            record["started_at"] = Value::Null;
            record
        })
        .into()
}

/// The whole lines of a journal.
fn lines(path: &Path) -> Vec<String> {
    let bytes = fs::read(path).unwrap_or_default();
    let whole = bytes
        .iter()
        .rposition(|&it| it == b'\n')
        .map_or(0, |at| at + 1);
    let text = String::from_utf8(bytes[..whole].to_vec()).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// SplitMix64 (Steele, Lea, Flood, *Fast Splittable Pseudorandom Number Generators*, OOPSLA 2014).
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut it = *state;
    it = (it ^ it >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    it = (it ^ it >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    it ^ it >> 31
}

#[test]
fn a_sweep_that_is_killed_goes_on_and_gives_the_record_of_a_quiet_one() {
    if !toolchain_is_there() {
        return;
    }
    let kills = std::env::var("TINYBENCH_KILLS").map_or(KILLS, |it| it.parse().unwrap());
    let quiet = sweep();
    // Once to build the images, once to see how long it takes.
    for _ in 0..2 {
        assert_eq!(command(&quiet).status().unwrap().code(), Some(7));
    }
    let begun = Instant::now();
    assert_eq!(command(&quiet).status().unwrap().code(), Some(7));
    let span = begun.elapsed();
    let expected = records(&quiet);
    let mut state = SEED;
    let (mut killed, mut sweeps) = (0, 0);
    while killed < kills {
        let tinybench = sweep();
        sweeps += 1;
        let journal = tinybench.path("tinybench-results/small.journal");
        let mut before: Vec<String> = Vec::new();
        loop {
            let mut child = command(&tinybench).spawn().unwrap();
            let share = random(&mut state) as f64 / u64::MAX as f64;
            let end = Instant::now() + span.mul_f64(share);
            let ended = loop {
                if let Some(status) = child.try_wait().unwrap() {
                    break Some(status);
                }
                if killed < kills && Instant::now() >= end {
                    child.kill().unwrap();
                    child.wait().unwrap();
                    break None;
                }
                thread::sleep(Duration::from_millis(1));
            };
            if let Some(status) = ended {
                assert_eq!(status.code(), Some(7));
                break;
            }
            killed += 1;
            // It may have been killed between the record and the end of the journal.
            if !journal.exists() && tinybench.path("records/nucleo-l4r5zi.json").exists() {
                break;
            }
            let now = lines(&journal);
            assert!(now.starts_with(&before), "something was lost");
            let subjects: HashSet<String> = now.iter().skip(1).map(|line| subject(line)).collect();
            assert_eq!(
                subjects.len(),
                now.len().saturating_sub(1),
                "something was measured twice"
            );
            before = now;
        }
        assert!(!journal.exists());
        assert_eq!(records(&tinybench), expected);
    }
    eprintln!("{killed} kills of {sweeps} sweeps of {span:?}");
}

/// What a line of a journal is about.
fn subject(line: &str) -> String {
    let line: Value = serde_json::from_str(line).unwrap();
    format!(
        "{} {} {}",
        line["question"], line["workload"], line["runtime"]
    )
}

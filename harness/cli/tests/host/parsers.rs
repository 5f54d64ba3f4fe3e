//! Whatever a file holds, reading it gives a value or an error, and never a panic.

use std::path::Path;

use crate::support::project_root;
use proptest::prelude::{any, prop, proptest};
use serde_json::{Value, json};
use tinybench_analysis::compare::{Aspect, Gate, NamedLimit, Side, compare, table};
use tinybench_analysis::export::{bmf, csv, junit};
use tinybench_inputs::board::Board;
use tinybench_inputs::learning::Stream;
use tinybench_inputs::suite::Suite;
use tinybench_inputs::workload::Card;
use tinybench_record::RunRecord;
use tinybench_record::published;
use tinybench_record::reading::{self, Loaded};
use tinybench_support::printable::is_hazard;

/// `text` with some bytes replaced: places and new values.
fn damaged(text: &str, changes: &[(prop::sample::Index, u8)]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for (index, value) in changes {
        let at = index.index(bytes.len());
        bytes[at] = *value;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn changes() -> impl proptest::strategy::Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8)
}

fn read(path: &str) -> String {
    std::fs::read_to_string(project_root().join(path)).unwrap()
}

proptest! {
    #[test]
    fn a_damaged_board_file(changes in changes()) {
        let text = damaged(&read("targets/boards/nano33.toml"), &changes);
        if let Ok(loaded) = Board::parse(&text, Path::new("nano33.toml")) {
            // What is accepted is in range.
            let board = loaded.board;
            assert_eq!(board.name, "nano33");
            assert!(board.memory.ram.end() <= 1 << 32);
            assert!(board.clock_hz >= 1_000);
        }
    }

    #[test]
    fn a_damaged_card(changes in changes()) {
        let text = damaged(&read("workloads/models/kws/card.toml"), &changes);
        if let Ok(card) = Card::parse(&text, Path::new("kws/card.toml")) {
            assert_eq!(card.name, "kws");
            assert!(card.vectors.count > 0);
        }
    }

    #[test]
    fn a_damaged_stream(changes in changes(), labels in changes()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stream.toml");
        std::fs::write(&path, damaged(&read("workloads/models/knn/stream.toml"), &changes)).unwrap();
        let from = project_root().join("workloads/models/knn/vectors.labels.u8");
        let mut bytes = std::fs::read(from).unwrap();
        for (index, value) in &labels {
            let at = index.index(bytes.len());
            bytes[at] = *value;
        }
        std::fs::write(folder.path().join("vectors.labels.u8"), bytes).unwrap();
        match Stream::load(&path) {
            Err(error) => {
                let text = error.to_string().replace('\n', "");
                assert!(!text.contains(is_hazard), "{text:?}");
            }
            Ok(stream) => {
                let classes = stream.classes.len();
                assert!(stream.labels.iter().all(|&label| usize::from(label) < classes));
                for &policy in &stream.policies {
                    if let Ok(configuration) = stream.configuration(64, policy) {
                        assert!(configuration.check(stream.memory_bytes).is_ok());
                    }
                }
            }
        }
    }

    #[test]
    fn a_damaged_suite(changes in changes()) {
        let text = damaged(&read("workloads/suites/mlperf-tiny.toml"), &changes);
        if let Ok(suite) = Suite::parse(&text, Path::new("mlperf-tiny.toml")) {
            assert_eq!(suite.name, "mlperf-tiny");
            for model in &suite.models().unwrap().models {
                assert!(!model.file().is_empty() && !model.file().contains('/'));
            }
        }
    }

    #[test]
    fn damaged_published_results(changes in changes()) {
        let text = damaged(&read("results/published/mlperf-tiny.csv"), &changes);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("published.csv");
        std::fs::write(&path, text).unwrap();
        if let Ok(rows) = published::read(&path, &["kws", "ad"]) {
            for row in rows {
                assert!(row.latency_ms.iter().flatten().all(|ms| *ms > 0.0));
            }
        }
    }

    #[test]
    fn a_damaged_record(changes in changes()) {
        // What is accepted can be written, and reads back the same.
        let text = damaged(RECORD, &changes);
        if let Ok(record) = RunRecord::parse(text.as_bytes()) {
            let written = record.to_json().unwrap();
            assert_eq!(RunRecord::parse(written.as_bytes()).unwrap(), record);
        }
    }

    #[test]
    fn a_damaged_record_that_is_used(changes in changes()) {
        // What passes the check can be compared with itself, exported and shown, and an error is
        // safe to print.
        let text = damaged(RECORD, &changes);
        match reading::parse(text.as_bytes()) {
            Err(reason) => assert!(!reason.contains(is_hazard), "{reason:?}"),
            Ok(record) => {
                let loaded = [Loaded { path: "record.json".into(), record }];
                let side = Side::new("record", &loaded);
                let others = [side.clone()];
                let comparison = compare(&side, &others, &Gate::default(), &[]).unwrap();
                assert!(comparison.regressions().is_empty());
                let shown = table::render(&comparison, usize::MAX, false);
                assert!(!shown.replace('\n', "").contains(is_hazard), "{shown:?}");
                csv::render(&loaded).unwrap();
                bmf::render(&side).unwrap();
                junit::of_comparison(&comparison, &Gate::default()).unwrap();
            }
        }
    }

    #[test]
    fn a_record_with_any_number_in_any_place(place in any::<prop::sample::Index>(), number in number()) {
        let mut value = serde_json::from_str(RECORD).unwrap();
        let mut numbers = Vec::new();
        numbers_in(&value, String::new(), &mut numbers);
        let pointer = &numbers[place.index(numbers.len())];
        *value.pointer_mut(pointer).unwrap() = number;
        if let Ok(record) = reading::parse(value.to_string().as_bytes()) {
            let loaded = [Loaded { path: "record.json".into(), record }];
            let base = Side::new("record", &[Loaded {
                path: "record.json".into(),
                record: reading::parse(RECORD.as_bytes()).unwrap(),
            }]);
            let new = [Side::new("new", &loaded)];
            let all = Aspect::ALL;
            let comparison = compare(&base, &new, &Gate::default(), &all).unwrap();
            let json = comparison.to_json().unwrap();
            assert!(!json.contains("\"ratio\": null") || json.contains("\"base\": 0.0"));
        }
    }

    #[test]
    fn a_damaged_configuration(changes in changes()) {
        let text = damaged(CONFIG, &changes);
        if let Err(error) = tinybench_analysis::config::parse(&text, "tinybench.toml".into()) {
            let told = error.to_string().replace('\n', "");
            assert!(!told.contains(is_hazard), "{told:?}");
        }
    }

    #[test]
    fn arbitrary_limits(text in ".{0,24}") {
        if let Err(error) = text.parse::<NamedLimit>() {
            assert!(!error.to_string().contains(is_hazard));
        }
    }

    #[test]
    fn arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        let text = String::from_utf8_lossy(&bytes);
        Board::parse(&text, Path::new("nano33.toml")).unwrap_err();
        Card::parse(&text, Path::new("kws/card.toml")).unwrap_err();
        Suite::parse(&text, Path::new("mlperf-tiny.toml")).unwrap_err();
        RunRecord::parse(&bytes).unwrap_err();
    }
}

/// Numbers of every kind that JSON can have.
fn number() -> impl proptest::strategy::Strategy<Value = Value> {
    use proptest::strategy::Strategy;
    proptest::prop_oneof![
        any::<i64>().prop_map(|number| json!(number)),
        any::<u64>().prop_map(|number| json!(number)),
        any::<f64>().prop_map(|number| json!(number)),
        (0_u32..10).prop_map(|number| json!(number)),
    ]
}

/// The pointers of all numbers in `value`.
fn numbers_in(value: &Value, at: String, found: &mut Vec<String>) {
    match value {
        Value::Number(_) => found.push(at),
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                numbers_in(value, format!("{at}/{index}"), found);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                numbers_in(value, format!("{at}/{name}"), found);
            }
        }
        _ => {}
    }
}

/// A configuration with everything in it.
const CONFIG: &str = r#"
[compare]
allow = ["compiler", "flags"]
confirm = 2
limits = { latency = "2%", flash = "1%|400KB", energy = "off" }
noise = { latency = "1%" }

[workload.kws.limits]
latency = "150ms"
"#;

/// A record of a real run, shortened.
const RECORD: &str = include_str!("../data/record.json");

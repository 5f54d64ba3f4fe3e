//! Whatever a file holds, reading it gives a value or an error, and never a panic.

mod support;

use std::path::Path;

use proptest::prelude::{any, prop, proptest};
use support::project_root;
use tinybench::board::Board;
use tinybench::record::RunRecord;
use tinybench::suite::{Suite, published};
use tinybench::workload::Card;

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
    fn arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        let text = String::from_utf8_lossy(&bytes);
        Board::parse(&text, Path::new("nano33.toml")).unwrap_err();
        Card::parse(&text, Path::new("kws/card.toml")).unwrap_err();
        Suite::parse(&text, Path::new("mlperf-tiny.toml")).unwrap_err();
        RunRecord::parse(&bytes).unwrap_err();
    }
}

/// A record of a real run, shortened.
const RECORD: &str = include_str!("data/record.json");

//! Reads any bytes as a run record. What is accepted is compared with itself, which must find no
//! change, and exported in every format.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tinybench_analysis::compare::{Gate, Side, compare, markdown, table};
use tinybench_analysis::export::{bmf, csv, github, junit, sqlite};
use tinybench_analysis::metrics::Direction;
use tinybench_support::printable::is_hazard;
use tinybench_record::reading::{Loaded, parse};

fuzz_target!(|text: &[u8]| {
    let record = match parse(text) {
        Ok(record) => record,
        Err(reason) => {
            assert!(!reason.contains(is_hazard), "{reason:?}");
            return;
        }
    };
    let json = record.to_json().unwrap();
    assert_eq!(parse(json.as_bytes()).unwrap(), record);
    let loaded = [Loaded {
        path: "record.json".into(),
        record,
    }];
    let side = Side::new("record", &loaded);
    let comparison = compare(&side, std::slice::from_ref(&side), &Gate::default(), &[]).unwrap();
    assert!(comparison.regressions().is_empty());
    let shown = table::render(&comparison, usize::MAX, false);
    assert!(!shown.replace('\n', "").contains(is_hazard), "{shown:?}");
    markdown::render(&comparison);
    csv::render(&loaded).unwrap();
    bmf::render(&side).unwrap();
    sqlite::render(&loaded).unwrap();
    github::render(&side, Direction::SmallerIsBetter).unwrap();
    junit::of_comparison(&comparison, &Gate::default()).unwrap();
});

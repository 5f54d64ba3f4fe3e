//! Reads any bytes as the journal of a run. What is accepted reads the same up to the end of its last
//! whole line.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tinybench_execution::run::journal::parse;
use tinybench_support::printable::is_hazard;

fuzz_target!(|bytes: &[u8]| {
    match parse(bytes) {
        Ok(contents) => assert_eq!(parse(&bytes[..contents.bytes]).unwrap(), contents),
        Err(reason) => assert!(!reason.contains(is_hazard), "{reason:?}"),
    }
});

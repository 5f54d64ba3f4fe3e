//! What comes out of power instruments, and traces.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tinybench_instruments::joulescope::Frame;
use tinybench_instruments::lpm01a::{ascii, binary};
use tinybench_instruments::ppk2::{Calibration, Decoder};
use tinybench_instruments::trace::Reader;
use tinybench_instruments::{Integration, Plan};

fuzz_target!(|data: &[u8]| {
    let mut events = Vec::new();
    let metadata = String::from_utf8_lossy(data);
    let calibration = Calibration::parse(&metadata).unwrap_or_default();
    Decoder::new(calibration, 3.0).feed(data, &mut events);
    ascii::Decoder::default().feed(data, &mut events);
    binary::Decoder::new(100).feed(data, &mut events);
    let mut rest = data;
    while Frame::read(&mut rest).is_ok() {}
    if let Ok(mut reader) = Reader::new(data) {
        while let Ok(true) = reader.read(&mut events) {
            if events.len() > 1 << 20 {
                break;
            }
        }
    }
    let mut integration = Integration::new(Plan {
        sample_rate_hz: 1_000.0,
        supply_v: 3.0,
        mark_input: 0,
        windows: 3,
        settle_s: 0.001,
        late_s: 0.001,
    });
    integration.feed(&events);
    integration.finish(&[1.0]);
});

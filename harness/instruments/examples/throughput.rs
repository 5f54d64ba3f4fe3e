//! What following an instrument costs: ten minutes of a PPK2's stream are decoded, added up and written
//! to a trace.
//!
//! ```console
//! cargo run --release -p tinybench-instruments --example throughput
//! ```

use std::error::Error;
use std::fs::File;
use std::io::BufWriter;

use tinybench_instruments::ppk2::{CAPABILITY, Calibration, Decoder};
use tinybench_instruments::trace::{Header, SCHEMA, Writer};
use tinybench_instruments::{Integration, Plan};

/// How much of the stream there is, s.
const SECONDS: u32 = 600;
/// Samples of a reading: 20 ms.
const CHUNK: u32 = 2_000;
/// Samples of a window and of a rest: 10 s and 0.5 s.
const PERIOD: u32 = 1_050_000;
const REST: u32 = 50_000;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::temp_dir().join("tinybench-throughput.trace.gz");
    let rate = CAPABILITY.sample_rate_hz;
    let header = Header {
        schema: SCHEMA.to_owned(),
        instrument: "a stream that was made up".to_owned(),
        sample_rate_hz: rate,
        supply_v: 3.0,
        mark_input: 0,
    };
    let mut trace = Writer::new(BufWriter::new(File::create(&path)?), &header)?;
    let mut decoder = Decoder::new(Calibration::default(), 3.0);
    let mut integration = Integration::new(Plan {
        sample_rate_hz: rate,
        supply_v: 3.0,
        mark_input: 0,
        windows: 2 * SECONDS,
        settle_s: 0.002,
        late_s: 0.0,
    });
    let samples = SECONDS * rate as u32;
    let mut random = 1_u32;
    let (mut bytes, mut events) = (Vec::new(), Vec::new());
    for chunk in 0..samples / CHUNK {
        bytes.clear();
        for sample in chunk * CHUNK..(chunk + 1) * CHUNK {
            // Noise, which compresses badly (Numerical Recipes' generator).
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let inside = sample % PERIOD >= REST;
            let at_mark = [0, REST]
                .iter()
                .any(|it| (sample % PERIOD).wrapping_sub(*it) < 10);
            let reading = if inside { 250 } else { 40 } + (random >> 28);
            let logic = u32::from(!at_mark);
            bytes.extend((reading | 3 << 14 | (sample % 64) << 18 | logic << 24).to_le_bytes());
        }
        events.clear();
        decoder.feed(&bytes, &mut events);
        trace.write(&events)?;
        integration.feed(&events);
    }
    trace.finish()?;
    println!(
        "{} samples of {SECONDS} s, {} windows; trace {} MB",
        integration.samples(),
        integration.windows_done(),
        std::fs::metadata(&path)?.len() / 1_000_000
    );
    if let Some(took) = processor_seconds() {
        println!(
            "{took:.1} s of a processor, making the stream up too: {:.1} % of a core",
            took / f64::from(SECONDS) * 100.0
        );
    }
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        let peak = status.lines().find(|line| line.starts_with("VmHWM"));
        println!("{}", peak.unwrap_or_default());
    }
    std::fs::remove_file(&path)?;
    Ok(())
}

/// What this program has taken of processors, s, where the system tells: in hundredths of a second, of which
/// the 14th field of Linux's line is the program's own and the 15th the system's.
fn processor_seconds() -> Option<f64> {
    let line = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field, in brackets, may have spaces.
    let (_, rest) = line.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split(' ').collect();
    let hundredths: f64 = fields
        .get(11..13)?
        .iter()
        .filter_map(|it| it.parse::<f64>().ok())
        .sum();
    Some(hundredths / 100.0)
}

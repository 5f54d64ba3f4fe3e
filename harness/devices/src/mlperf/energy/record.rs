//! The energy of a session as a run record has it.

use std::io;
use std::path::Path;

use tinybench_execution::power::metered::course;
use tinybench_record::{self as record, Fidelity, Other};
use tinybench_support::hash::sha256_of;

use super::{Energy, TRACE};

/// The energy, whose trace is in `folder`, told as it is seen from `out`, where the record is.
///
/// # Errors
/// If the trace can't be read.
pub fn energy(
    energy: &Energy,
    source: &str,
    fidelity: Fidelity,
    folder: &Path,
    out: &Path,
) -> io::Result<record::Energy> {
    let windows_uj = energy.windows_uj();
    let windows = &energy.integral.windows;
    let time: f64 = windows.iter().map(|it| it.duration_s).sum();
    let sum: f64 = windows.iter().map(|it| it.energy_uj).sum();
    let peaks = windows.iter().map(|it| it.peak_mw);
    let trace = folder.join(TRACE);
    let file = trace.strip_prefix(out).unwrap_or(&trace);
    let header = &energy.header;
    Ok(record::Energy {
        uj_per_inference: energy.median_uj(),
        mean_mw: sum / time / 1_000.0,
        source: source.to_owned(),
        supply: Some(format!("{} V", header.supply_v)),
        fidelity,
        stated_error: None,
        metered: Some(record::Metered {
            instrument: header.instrument.clone(),
            supply_v: header.supply_v,
            sample_rate_hz: header.sample_rate_hz,
            samples: energy.integral.samples,
            inferences: energy.inferences.into(),
            windows_uj,
            // That of the mean isn't one of the median.
            interval_uj: None,
            peak_mw: peaks.fold(0.0, f64::max),
            idle_mw: None,
            stages: None,
            trace: record::TraceFile {
                file: file.to_string_lossy().replace('\\', "/"),
                sha256: sha256_of(&trace)?,
                other: Other::new(),
            },
            course: course(&energy.integral),
            other: Other::new(),
        }),
        other: Other::new(),
    })
}

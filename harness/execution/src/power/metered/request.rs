//! What is asked.

use std::path::PathBuf;
use std::time::Duration;

use tinybench_instruments::Meter;

/// How many windows there are, unless the user says.
pub const WINDOWS: u32 = 5;

/// How long a window is at least, unless the user says: that of an emulated instrument is shorter, as on a
/// virtual board all windows are equal.
pub fn default_window(meter: &Meter) -> Duration {
    match meter {
        Meter::Attached(..) => Duration::from_secs(10),
        Meter::Emulated(_) => Duration::from_secs(1),
    }
}

/// How a run measures energy.
#[derive(Clone, Debug, PartialEq)]
pub struct Metering {
    /// The instrument.
    pub meter: Meter,
    /// The voltage that it supplies, V.
    pub supply_v: f64,
    /// How many windows.
    pub windows: u32,
    /// How long a window is at least.
    pub window: Duration,
    /// The folder for traces.
    pub traces: PathBuf,
}

//! What a measurement is and may be asked, on the command line as in the file of a sweep.

use std::time::Duration;

/// How many inferences are timed, unless the user says.
pub const RUNS: u32 = 10;
/// How many can be timed at most.
pub const MAX_RUNS: u32 = 100_000;
/// In how many places of flash an inference can be timed at most.
pub const MAX_LAYOUTS: u32 = 64;
/// How long a target may take for one answer, unless the user says.
pub const TIMEOUT: &str = "60s";
/// Longest time a target can be given.
pub const MAX_TIMEOUT: Duration = Duration::from_secs(24 * 3600);
/// Longest interval at which something can be run.
pub const MAX_INTERVAL: Duration = Duration::from_secs(30 * 24 * 3600);

/// A time as [`time`] reads it.
pub fn time_text(time: Duration) -> String {
    let time = jiff::SignedDuration::try_from(time).unwrap_or(jiff::SignedDuration::MAX);
    format!("{time:#}").replace(' ', "")
}

/// A time as people write it, such as `100ms` or `2m30s`, if it isn't zero or longer than `longest`.
pub fn time(text: &str, longest: Duration) -> Option<Duration> {
    let time = text.parse::<jiff::SignedDuration>().ok()?;
    let time = Duration::try_from(time).ok()?;
    (!time.is_zero() && time <= longest).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_they_are_read() {
        for text in ["100ms", "1s500ms", "2m30s", "3h", "7us"] {
            let read = time(text, MAX_INTERVAL).unwrap();
            assert_eq!(time(&time_text(read), MAX_INTERVAL), Some(read), "{text}");
        }
    }
}

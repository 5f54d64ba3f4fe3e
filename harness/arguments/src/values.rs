//! Values of options, as people write them.

use clap::ValueEnum;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;
use tinybench_execution::power;
use tinybench_execution::power::Fed;
use tinybench_execution::run::limits::{MAX_INTERVAL, MAX_TIMEOUT, time};
use tinybench_inputs::subject::VectorCount;
use tinybench_record::scheduler::{self, ShareError};
use tinybench_record::shard::Part;

/// Longest window of a performance run: well within the 71 minutes of a device's clock.
const MAX_WINDOW: Duration = Duration::from_secs(600);

/// A form of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A table for people.
    Table,
    /// One JSON document: the run record, the report of a calibration, what is listed.
    Json,
}

/// A number of vectors, as the user gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vectors(pub VectorCount);

impl FromStr for Vectors {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "all" {
            return Ok(Self(VectorCount::All));
        }
        let count: NonZeroUsize = text
            .parse()
            .map_err(|_| "it must be a number from 1 on, or `all`".to_owned())?;
        Ok(Self(VectorCount::Count(count.get())))
    }
}

/// A variable and the file with its bytes.
pub fn result(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((variable, file)) if !variable.is_empty() && !file.is_empty() => {
            Ok((variable.to_owned(), file.into()))
        }
        _ => Err(
            "it must be the name of a variable and a file, such as output=expected.bin".to_owned(),
        ),
    }
}

/// Which part of a run to do, as the user says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShardChoice {
    /// This one.
    Part(Part),
    /// The one that the scheduler gives to this job.
    Auto,
}

impl ShardChoice {
    /// The part, told on stderr if the environment says which it is.
    pub fn part(self) -> Result<Part, ShareError> {
        match self {
            Self::Part(part) => Ok(part),
            Self::Auto => {
                let share = scheduler::share(|name| std::env::var(name).ok())?;
                eprintln!("shard {}, as {} says", share.part, share.scheduler);
                Ok(share.part)
            }
        }
    }
}

impl FromStr for ShardChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            _ => text
                .parse()
                .map(Self::Part)
                .map_err(|error| format!("{error}, or `auto`")),
        }
    }
}

/// A time such as `60s` or `2m30s`.
pub(super) fn timeout(text: &str) -> Result<Duration, String> {
    time(text, MAX_TIMEOUT)
        .ok_or_else(|| "it must be a time such as `60s` or `2m30s`, up to a day".to_owned())
}

/// A time such as `100ms`, `1s` or `5min`.
pub(super) fn interval(text: &str) -> Result<Duration, String> {
    time(text, MAX_INTERVAL).ok_or_else(|| {
        "it must be a time such as `100ms`, `1s` or `5min`, up to 30 days".to_owned()
    })
}

/// A cell by its name.
pub(super) fn cell(text: &str) -> Result<Fed, String> {
    power::find(text).map_err(|error| error.to_string())
}

/// The length of a window.
pub(super) fn window(text: &str) -> Result<Duration, String> {
    time(text, MAX_WINDOW)
        .filter(|time| *time >= Duration::from_millis(1))
        .ok_or_else(|| "it must be a time such as `10s` or `500ms`, from 1ms to 10m".to_owned())
}

/// A voltage such as `3.0V`.
pub(super) fn volts(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix(['V', 'v']).unwrap_or(text).trim_end();
    let volts = number.parse().ok();
    volts
        .filter(|volts| (0.1..=60.0).contains(volts))
        .ok_or_else(|| "it must be a voltage such as `3.0V`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn voltages_are_read_as_people_write_them() {
        assert_eq!(volts("3.0V"), Ok(3.0));
        assert_eq!(volts("1.8 v"), Ok(1.8));
        assert_eq!(volts("3.3"), Ok(3.3));
        for bad in ["", "V", "3mV", "0V", "-3V", "NaN", "1e9"] {
            assert!(volts(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn times_are_read_as_people_write_them() {
        assert_eq!(timeout("60s"), Ok(Duration::from_secs(60)));
        assert_eq!(timeout("2m30s"), Ok(Duration::from_secs(150)));
        assert_eq!(timeout("250ms"), Ok(Duration::from_millis(250)));
        for bad in ["", "60", "-1s", "0s", "2 weeks", "1e9h", "25h"] {
            assert!(timeout(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn intervals_are_read_as_people_write_them() {
        assert_eq!(interval("100ms"), Ok(Duration::from_millis(100)));
        assert_eq!(interval("1s"), Ok(Duration::from_secs(1)));
        assert_eq!(interval("5min"), Ok(Duration::from_secs(300)));
        assert_eq!(interval("1h"), Ok(Duration::from_secs(3_600)));
        for bad in ["", "1", "0s", "-1s", "1e9h", "721h"] {
            assert!(interval(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_shard_is_a_part_or_left_to_the_scheduler() {
        assert_eq!("auto".parse(), Ok(ShardChoice::Auto));
        assert_eq!("2/3".parse(), Ok(ShardChoice::Part("2/3".parse().unwrap())));
        for bad in ["", "AUTO", "3/2", "1"] {
            assert!(bad.parse::<ShardChoice>().is_err(), "{bad}");
        }
    }

    #[test]
    fn vectors_are_a_number_or_all() {
        assert_eq!("all".parse(), Ok(Vectors(VectorCount::All)));
        assert_eq!("7".parse(), Ok(Vectors(VectorCount::Count(7))));
        for bad in ["0", "-1", "", "some"] {
            assert!(bad.parse::<Vectors>().is_err(), "{bad}");
        }
    }
}

//! Units, and how numbers are written in them.

use tinybench_support::number::{decimal, grouped};

/// The unit of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Time, µs; shown in ms.
    Microseconds,
    /// Clock cycles of the core.
    Cycles,
    /// Instructions.
    Instructions,
    /// Bytes.
    Bytes,
    /// Energy, µJ.
    Microjoules,
    /// Power, mW.
    Milliwatts,
    /// A share from 0 to 1; shown in percent.
    Share,
    /// An area under a curve, from 0 to 1; shown as it is, as everywhere where such are published.
    Area,
    /// A number in a unit that isn't known here.
    Number,
}

impl Unit {
    /// The unit that values have in records and exports.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Microseconds => "µs",
            Self::Cycles => "cycles",
            Self::Instructions => "instructions",
            Self::Bytes => "B",
            Self::Microjoules => "µJ",
            Self::Milliwatts => "mW",
            Self::Share | Self::Area | Self::Number => "",
        }
    }

    /// The value for people, with its unit. Whole numbers are never rounded.
    pub fn show(self, value: f64) -> String {
        match self {
            Self::Microseconds => format!("{} ms", decimal(value / 1_000.0)),
            Self::Cycles | Self::Instructions => whole(value),
            Self::Bytes => format!("{} B", whole(value)),
            Self::Microjoules => format!("{} µJ", decimal(value)),
            Self::Milliwatts => format!("{} mW", decimal(value)),
            Self::Share => format!("{:.1} %", value * 100.0),
            Self::Area => format!("{value:.3}"),
            Self::Number => decimal(value),
        }
    }

    /// Reads a value with a unit, such as `400KB`, `1.5ms` or `0.9`, in the unit that values have in
    /// records. KB is 1,000 bytes and KiB 1,024.
    pub fn parse(self, text: &str) -> Option<f64> {
        let text = text.trim();
        let end = text
            .find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_')
            .unwrap_or(text.len());
        let (number, suffix) = text.split_at(end);
        let number: f64 = number.replace('_', "").parse().ok()?;
        let factor = self
            .suffixes()
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(suffix.trim()))?
            .1;
        let most = match self {
            Self::Share | Self::Area => 1.0,
            _ => f64::MAX,
        };
        Some(number * factor).filter(|value| *value <= most)
    }

    /// What may follow a number, with what it is multiplied by.
    pub fn suffixes(self) -> &'static [(&'static str, f64)] {
        match self {
            Self::Microseconds => &[("us", 1.0), ("µs", 1.0), ("ms", 1e3), ("s", 1e6)],
            Self::Cycles | Self::Instructions => &[("", 1.0), ("k", 1e3), ("M", 1e6)],
            Self::Bytes => &[
                ("B", 1.0),
                ("KB", 1e3),
                ("MB", 1e6),
                ("KiB", 1024.0),
                ("MiB", 1_048_576.0),
                ("", 1.0),
            ],
            Self::Microjoules => &[("uJ", 1.0), ("µJ", 1.0), ("mJ", 1e3), ("J", 1e6)],
            Self::Milliwatts => &[("mW", 1.0), ("uW", 1e-3), ("µW", 1e-3), ("W", 1e3)],
            Self::Share | Self::Area | Self::Number => &[("", 1.0)],
        }
    }
}

/// A whole number, or what is left of one that isn't (the median of an even number of counts).
fn whole(value: f64) -> String {
    if value.fract() == 0.0 && (0.0..9e15).contains(&value) {
        return grouped(value as u64);
    }
    format!(
        "{}{}",
        grouped(value as u64),
        &format!("{:.1}", value.fract())[1..]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_their_unit() {
        assert_eq!(Unit::Microseconds.show(140_628.125), "140.6 ms");
        assert_eq!(Unit::Cycles.show(9_000_200.5), "9,000,200.5");
        assert_eq!(Unit::Bytes.show(84_001.0), "84,001 B");
        assert_eq!(Unit::Share.show(0.9375), "93.8 %");
        assert_eq!(Unit::Area.show(0.9), "0.900");
    }

    #[test]
    fn limits_are_read_in_the_unit_of_the_record() {
        assert_eq!(Unit::Bytes.parse("400KB"), Some(400_000.0));
        assert_eq!(Unit::Bytes.parse("64 KiB"), Some(65_536.0));
        assert_eq!(Unit::Bytes.parse("1_000"), Some(1_000.0));
        assert_eq!(Unit::Microseconds.parse("1.5ms"), Some(1_500.0));
        assert_eq!(Unit::Cycles.parse("9.5M"), Some(9_500_000.0));
        assert_eq!(Unit::Share.parse("0.9"), Some(0.9));
        assert_eq!(Unit::Share.parse("1"), Some(1.0));
        assert_eq!(Unit::Share.parse("2"), None);
        for bad in ["", "ms", "-1ms", "1", "1kg", "1e9ms", "1.2.3ms"] {
            assert_eq!(Unit::Microseconds.parse(bad), None, "{bad}");
        }
    }
}

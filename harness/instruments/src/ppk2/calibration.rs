//! What a PPK2 says of itself: how its readings become currents.

/// Ranges of current.
pub const RANGES: usize = 5;

/// Calibration of a PPK2, each by range: the names are those of its metadata.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibration {
    /// Shunt, Ω.
    pub r: [f64; RANGES],
    /// Slope of the gain.
    pub gs: [f64; RANGES],
    /// Gain.
    pub gi: [f64; RANGES],
    /// Offset of the reading.
    pub o: [f64; RANGES],
    /// Current that a volt of supply adds, A.
    pub s: [f64; RANGES],
    /// Current that is always there, A.
    pub i: [f64; RANGES],
    /// The user's own gain.
    pub ug: [f64; RANGES],
}

impl Default for Calibration {
    /// That of a PPK2 whose metadata says nothing, as Nordic's application takes it.
    fn default() -> Self {
        Self {
            r: [1_031.64, 101.65, 10.15, 0.94, 0.043],
            gs: [1.0; RANGES],
            gi: [1.0; RANGES],
            o: [0.0; RANGES],
            s: [0.0; RANGES],
            i: [0.0; RANGES],
            ug: [1.0; RANGES],
        }
    }
}

/// What metadata can't be read for.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MetadataError {
    /// A value is no number, or makes no sense.
    #[error("its metadata has `{line}`, which makes no sense")]
    Value {
        /// The line.
        line: String,
    },
    /// It has no shunts.
    #[error("its metadata names no {0}")]
    Missing(String),
}

impl Calibration {
    /// Reads metadata: lines `R0: 1031.64`, of which others than those of the calibration are skipped.
    ///
    /// # Errors
    /// A value that is no number, a shunt or gain of 0 or less, a missing shunt.
    pub fn parse(text: &str) -> Result<Self, MetadataError> {
        let mut calibration = Self::default();
        let mut shunts = [false; RANGES];
        for line in text.lines() {
            let Some((key, value)) = line.split_once(':') else {
                continue;
            };
            let key = key.trim();
            let Some(range) = key
                .chars()
                .next_back()
                .and_then(|digit| digit.to_digit(10))
                .map(|digit| digit as usize)
                .filter(|&range| range < RANGES)
            else {
                continue;
            };
            let (field, positive) = match &key[..key.len() - 1] {
                "R" => {
                    shunts[range] = true;
                    (&mut calibration.r, true)
                }
                "GS" => (&mut calibration.gs, false),
                "GI" => (&mut calibration.gi, false),
                "O" => (&mut calibration.o, false),
                "S" => (&mut calibration.s, false),
                "I" => (&mut calibration.i, false),
                "UG" => (&mut calibration.ug, true),
                _ => continue,
            };
            let sensible = |value: &f64| value.abs() < 1e9 && (!positive || *value > 0.0);
            let value = value.trim().parse().ok().filter(sensible);
            field[range] = value.ok_or_else(|| MetadataError::Value {
                line: line.trim().to_owned(),
            })?;
        }
        match shunts.iter().position(|there| !there) {
            None => Ok(calibration),
            Some(range) => Err(MetadataError::Missing(format!("R{range}"))),
        }
    }

    /// Metadata that says this.
    pub fn to_metadata(&self) -> String {
        let fields = [
            ("R", &self.r),
            ("GS", &self.gs),
            ("GI", &self.gi),
            ("O", &self.o),
            ("S", &self.s),
            ("I", &self.i),
            ("UG", &self.ug),
        ];
        let lines = fields.iter().flat_map(|(name, values)| {
            let of_range = move |(range, value)| format!("{name}{range}: {value}\n");
            values.iter().enumerate().map(of_range)
        });
        format!(
            "Calibrated: 1\n{}HW: 0\nIA: 0\nEND\n",
            lines.collect::<String>()
        )
    }

    /// Current of a reading of 14 bits in `range`, A, at a supply of `volts`.
    ///
    /// With r = (4·reading - O) · 1.8 / 163,840 / R it is UG · (r · (GS · r + GI) + S · V + I).
    pub fn amperes(&self, reading: u16, range: usize, volts: f64) -> f64 {
        let adc = f64::from(reading) * 4.0;
        let r = (adc - self.o[range]) * (1.8 / 163_840.0 / self.r[range]);
        self.ug[range]
            * (r * (self.gs[range] * r + self.gi[range]) + (self.s[range] * volts + self.i[range]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_formula_is_nordics() {
        // By hand: 4 · 8,000 · 1.8 / 163,840 = 0.3515625 V over the shunt.
        let plain = Calibration::default();
        let volts = 0.351_562_5;
        for (range, shunt) in [1_031.64, 101.65, 10.15, 0.94, 0.043].iter().enumerate() {
            let r = volts / shunt;
            let amperes = plain.amperes(8_000, range, 3.0);
            assert!((amperes - r * (r + 1.0)).abs() < 1e-15, "{range}");
        }
        // O = 100 of the 32,000; GS 0.5, GI 2; S and I add 3 · 1 µA + 2 µA; UG 1.5.
        let full = Calibration {
            gs: [0.5; RANGES],
            gi: [2.0; RANGES],
            o: [100.0; RANGES],
            s: [1e-6; RANGES],
            i: [2e-6; RANGES],
            ug: [1.5; RANGES],
            ..plain
        };
        let r: f64 = (32_000.0 - 100.0) * 1.8 / 163_840.0 / 10.15;
        let expected = 1.5 * (r * (0.5 * r + 2.0) + 3e-6 + 2e-6);
        assert!((full.amperes(8_000, 2, 3.0) - expected).abs() < 1e-12);
    }

    #[test]
    fn metadata_is_read_back_and_nonsense_refused() {
        let calibration = Calibration {
            o: [1.5, 2.5, -3.5, 4.0, 5.0],
            ..Calibration::default()
        };
        let text = calibration.to_metadata();
        assert_eq!(Calibration::parse(&text), Ok(calibration));
        for (from, to) in [
            ("R0: 1031.64", "R0: 0"),
            ("R0: 1031.64", "R0: x"),
            ("R0: 1031.64", "R0: NaN"),
        ] {
            let error = Calibration::parse(&text.replace(from, to)).unwrap_err();
            assert!(error.to_string().contains(to), "{error}");
        }
        let error = Calibration::parse("R0: 1\nR1: 1\nR2: 1\nR4: 1\n").unwrap_err();
        assert_eq!(error, MetadataError::Missing("R3".to_owned()));
    }
}

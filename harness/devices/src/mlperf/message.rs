//! The lines that a device sends.

/// A line from the device.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// `m-ready`: the device waits for a command.
    Ready,
    /// `m-init-done`: the device has booted.
    InitDone,
    /// `m-timestamp-mode-…`: the device boots.
    TimestampMode(String),
    /// `m-lap-us-N`: a time stamp, µs; wraps at 2^32.
    Lap(u32),
    /// `m-name-dut-[…]`.
    Name(String),
    /// `m-profile-[…]`: the version of the protocol.
    Profile(String),
    /// `m-model-[…]`.
    Model(String),
    /// `m-[Expecting N bytes]`.
    Expecting(u64),
    /// `m-load-done`: the input is complete.
    LoadDone,
    /// `m-infer-start-N`: N inferences begin.
    InferStart(u32),
    /// `m-infer-done`.
    InferDone,
    /// `m-results-[…]`: the output of the latest inference.
    Results(Vec<f64>),
    /// `e-[…]`: the command was refused. Also the one refusal that comes without the brackets, of
    /// an input that doesn't fit.
    Refused(String),
    /// Anything else, which goes into the log and means nothing.
    Other,
}

impl Message {
    /// What a line says.
    pub fn parse(line: &str) -> Self {
        // Written into the reference firmware by hand, and copied as it is.
        const TOO_BIG: &str = "Supplied buffer size";
        let line = line.trim();
        match line {
            "m-init-done" => return Self::InitDone,
            "m-load-done" => return Self::LoadDone,
            "m-infer-done" => return Self::InferDone,
            // As the reference host takes it: what an interface board puts around it is no matter.
            line if line.contains("m-ready") => return Self::Ready,
            line if line.starts_with(TOO_BIG) => return Self::Refused(line.to_owned()),
            _ => {}
        }
        let text = |prefix: &str| bracketed(line, prefix).map(str::to_owned);
        None.or_else(|| text("e-").map(Self::Refused))
            .or_else(|| text("m-name-dut-").map(Self::Name))
            .or_else(|| text("m-profile-").map(Self::Profile))
            .or_else(|| text("m-model-").map(Self::Model))
            .or_else(|| number(line.strip_prefix("m-lap-us-")?).map(Self::Lap))
            .or_else(|| number(line.strip_prefix("m-infer-start-")?).map(Self::InferStart))
            .or_else(|| {
                let mode = line.strip_prefix("m-timestamp-mode-")?;
                Some(Self::TimestampMode(mode.to_owned()))
            })
            .or_else(|| {
                let count = bracketed(line, "m-")?.strip_prefix("Expecting ")?;
                number(count.strip_suffix(" bytes")?).map(Self::Expecting)
            })
            .or_else(|| values(bracketed(line, "m-results-")?).map(Self::Results))
            .unwrap_or(Self::Other)
    }
}

/// What stands between the brackets of `PREFIX[…]`.
fn bracketed<'a>(line: &'a str, prefix: &str) -> Option<&'a str> {
    line.strip_prefix(prefix)?
        .strip_prefix('[')?
        .strip_suffix(']')
}

/// A whole number of digits alone.
fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

/// Values separated by commas, one of which may be left over at the end. Each is a finite number.
fn values(text: &str) -> Option<Vec<f64>> {
    let text = text.trim().trim_end_matches(',');
    text.split(',')
        .map(|value| {
            value
                .trim()
                .parse()
                .ok()
                .filter(|value: &f64| value.is_finite())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_are_read_as_devices_write_them() {
        for (line, message) in [
            ("m-ready", Message::Ready),
            ("[dut]: m-ready", Message::Ready),
            ("m-init-done", Message::InitDone),
            ("m-lap-us-28973476", Message::Lap(28_973_476)),
            ("m-lap-us-4294967295", Message::Lap(u32::MAX)),
            (
                "m-name-dut-[unspecified]",
                Message::Name("unspecified".into()),
            ),
            ("m-model-[ad01]", Message::Model("ad01".into())),
            ("m-[Expecting 490 bytes]", Message::Expecting(490)),
            ("m-load-done", Message::LoadDone),
            ("m-infer-start-10", Message::InferStart(10)),
            ("m-infer-done", Message::InferDone),
            ("m-results-[94.519]", Message::Results(vec![94.519])),
            (
                "m-results-[0.000,0.996, 1,]",
                Message::Results(vec![0.0, 0.996, 1.0]),
            ),
            (
                "m-timestamp-mode-energy",
                Message::TimestampMode("energy".into()),
            ),
            (
                "m-profile-[ULPMark for tinyML Firmware V0.0.1]",
                Message::Profile("ULPMark for tinyML Firmware V0.0.1".into()),
            ),
            (
                "e-[Unknown command: nme]",
                Message::Refused("Unknown command: nme".into()),
            ),
            (
                "Supplied buffer size 27649 exceeds maximum of 27648",
                Message::Refused("Supplied buffer size 27649 exceeds maximum of 27648".into()),
            ),
        ] {
            assert_eq!(Message::parse(line), message, "{line}");
        }
    }

    #[test]
    fn what_is_not_quite_a_message_is_none() {
        for line in [
            "",
            "m-lap-us-",
            "m-lap-us-4294967296",
            "m-lap-us--1",
            "m-lap-us-12x",
            "m-infer-start-",
            "m-name-dut-[unspecified",
            "m-[Expecting many bytes]",
            "m-results-[]",
            "m-results-[0.1,,0.2]",
            "m-results-[NaN]",
            "m-results-[1e999]",
            "m-warmup-start-10",
            "Welcome to mbed",
        ] {
            assert_eq!(Message::parse(line), Message::Other, "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_line_is_read(line in ".*") {
            Message::parse(&line);
        }

        #[test]
        fn a_damaged_line_is_read(at in 0_usize..40, with in any::<char>()) {
            let mut line: Vec<char> = "m-results-[0.000,0.996,1.0]".chars().collect();
            let at = at % line.len();
            line[at] = with;
            let line: String = line.into_iter().collect();
            if let Message::Results(values) = Message::parse(&line) {
                prop_assert!(values.iter().all(|value| value.is_finite()));
            }
        }
    }
}

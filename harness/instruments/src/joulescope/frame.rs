//! The frames that the driver's process sends: `stream.py` says what they are.

use std::io::{self, Read};

/// Samples of a frame at most, and bytes of a text.
const MOST_SAMPLES: u32 = 1 << 20;
const MOST_TEXT: u32 = 1 << 12;

/// A frame.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame {
    /// The instrument with this path is open.
    Opened(String),
    /// Samples.
    Samples {
        /// The index of the first.
        first: u64,
        /// They.
        samples: Vec<Reading>,
    },
    /// What is wrong.
    Problem(String),
}

/// What the instrument says in one instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// Current, A.
    pub amperes: f32,
    /// Voltage, V.
    pub volts: f32,
    /// Whether the input was high all the time.
    pub high: bool,
}

/// There is no frame.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The process has ended.
    #[error("the driver's process has ended: {0}")]
    Read(#[from] io::Error),
    /// What came isn't one.
    #[error("the driver's process sends {0}")]
    Damaged(String),
}

impl Frame {
    /// Reads a frame.
    ///
    /// # Errors
    /// If there is none; behind that nothing can be read.
    pub fn read(from: &mut impl Read) -> Result<Self, FrameError> {
        let mut head = [0; 13];
        from.read_exact(&mut head)?;
        let [kind, rest @ ..] = head;
        let (first, count) = rest.split_at(8);
        let first = u64::from_le_bytes(first.try_into().unwrap_or_default());
        let count = u32::from_le_bytes(count.try_into().unwrap_or_default());
        match kind {
            b'S' if count <= MOST_SAMPLES => {
                let count = count as usize;
                let mut content = vec![0; 9 * count];
                from.read_exact(&mut content)?;
                let (amperes, rest) = content.split_at(4 * count);
                let (volts, high) = rest.split_at(4 * count);
                let ((amperes, _), (volts, _)) = (amperes.as_chunks::<4>(), volts.as_chunks::<4>());
                let samples = amperes.iter().zip(volts).zip(high);
                let samples = samples.map(|((amperes, volts), high)| Reading {
                    amperes: f32::from_le_bytes(*amperes),
                    volts: f32::from_le_bytes(*volts),
                    high: *high != 0,
                });
                Ok(Self::Samples {
                    first,
                    samples: samples.collect(),
                })
            }
            b'O' | b'E' if count <= MOST_TEXT => {
                let mut text = vec![0; count as usize];
                from.read_exact(&mut text)?;
                let text = String::from_utf8_lossy(&text).into_owned();
                Ok(match kind {
                    b'O' => Self::Opened(text),
                    _ => Self::Problem(text),
                })
            }
            _ => Err(FrameError::Damaged(format!(
                "a frame of the kind {kind:#04x} and length {count}"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn frames_are_read_as_the_script_writes_them() {
        let mut bytes = Vec::new();
        bytes.push(b'O');
        bytes.extend([0; 8]);
        bytes.extend(3_u32.to_le_bytes());
        bytes.extend(b"u/1");
        bytes.push(b'S');
        bytes.extend(77_u64.to_le_bytes());
        bytes.extend(2_u32.to_le_bytes());
        for value in [0.001_f32, 0.002, 3.0, 2.9] {
            bytes.extend(value.to_le_bytes());
        }
        bytes.extend([1, 0]);
        let mut from = &bytes[..];
        assert_eq!(
            Frame::read(&mut from).unwrap(),
            Frame::Opened("u/1".to_owned())
        );
        let reading = |amperes, volts, high| Reading {
            amperes,
            volts,
            high,
        };
        let samples = vec![reading(0.001, 3.0, true), reading(0.002, 2.9, false)];
        let expected = Frame::Samples { first: 77, samples };
        assert_eq!(Frame::read(&mut from).unwrap(), expected);
        assert!(matches!(Frame::read(&mut from), Err(FrameError::Read(_))));
    }

    proptest! {
        #[test]
        fn anything_is_a_frame_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut from = &bytes[..];
            while Frame::read(&mut from).is_ok() {}
        }
    }
}

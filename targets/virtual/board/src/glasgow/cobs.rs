//! Consistent Overhead Byte Stuffing: a packet without zero bytes, so that a zero can end it.
//!
//! Source: S. Cheshire and M. Baker, "Consistent Overhead Byte Stuffing", IEEE/ACM Transactions on
//! Networking 7(2), 1999.

/// A run of data bytes is at most this long.
const MAX_RUN: usize = 254;

/// The packet ends within a run, or holds a zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the packet is not valid COBS")]
pub struct CobsError;

/// Appends the encoding of `data` to `output`, without the zero that ends it.
pub fn encode(data: &[u8], output: &mut Vec<u8>) {
    let mut code_at = output.len();
    output.push(0);
    let mut run = 0;
    for (i, &byte) in data.iter().enumerate() {
        if byte != 0 {
            output.push(byte);
            run += 1;
        }
        let full = run == MAX_RUN;
        if byte == 0 || full {
            output[code_at] = run as u8 + 1;
            // A full run implies no zero, so nothing follows it at the end of the data.
            if full && byte != 0 && i + 1 == data.len() {
                return;
            }
            code_at = output.len();
            output.push(0);
            run = 0;
        }
    }
    output[code_at] = run as u8 + 1;
}

/// Decodes one packet, given without the zero that ends it.
///
/// # Errors
/// [`CobsError`] if `packet` is not a valid encoding. Nothing, too, is not valid.
pub fn decode(packet: &[u8]) -> Result<Vec<u8>, CobsError> {
    let mut data = Vec::with_capacity(packet.len());
    let mut rest = packet;
    loop {
        let (&code, after) = rest.split_first().ok_or(CobsError)?;
        let length = usize::from(code).checked_sub(1).ok_or(CobsError)?;
        let (run, after) = after.split_at_checked(length).ok_or(CobsError)?;
        if run.contains(&0) {
            return Err(CobsError);
        }
        data.extend_from_slice(run);
        if after.is_empty() {
            return Ok(data);
        }
        if length < MAX_RUN {
            data.push(0);
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encoded(data: &[u8]) -> Vec<u8> {
        let mut output = Vec::new();
        encode(data, &mut output);
        output
    }

    #[test]
    fn known_encodings() {
        let run: Vec<u8> = (1..=254).collect();
        let with_code = |code: u8, data: &[u8]| [&[code], data].concat();
        let cases: &[(&[u8], Vec<u8>)] = &[
            (&[], vec![1]),
            (&[0], vec![1, 1]),
            (&[0, 0], vec![1, 1, 1]),
            (&[0, 0x11, 0], vec![1, 2, 0x11, 1]),
            (&[0x11, 0x22, 0, 0x33], vec![3, 0x11, 0x22, 2, 0x33]),
            (&run, with_code(255, &run)),
        ];
        for (data, expected) in cases {
            assert_eq!(&encoded(data), expected);
        }
    }

    #[test]
    fn broken_packets_are_refused() {
        for packet in [&[][..], &[0], &[3, 1], &[2, 0], &[1, 0]] {
            assert_eq!(decode(packet), Err(CobsError), "{packet:?}");
        }
    }

    proptest! {
        #[test]
        fn decoding_gives_back_what_was_encoded(
            data in prop::collection::vec(prop_oneof![Just(0u8), any::<u8>()], 0..1200),
            long in prop::collection::vec(1u8.., 0..800),
        ) {
            for data in [data, long] {
                let packet = encoded(&data);
                prop_assert!(!packet.contains(&0));
                prop_assert_eq!(decode(&packet).unwrap(), data);
            }
        }

        #[test]
        fn decoding_never_panics(packet: Vec<u8>) {
            let _ = decode(&packet);
        }
    }
}

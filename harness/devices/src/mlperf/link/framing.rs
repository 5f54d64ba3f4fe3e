//! From bytes to lines.

/// Longest line that is kept whole, bytes. The longest that a device has reason to send is its
/// result; more is noise.
const MAX_LINE: usize = 4096;

/// Puts lines together from bytes as they arrive. CR, LF and NUL never are part of a line; bytes
/// that are no UTF-8 are replaced, as on a screen.
#[derive(Debug, Default)]
pub struct Framing {
    line: Vec<u8>,
    /// Bytes that had arrived, and those of them that no text has.
    bytes: u64,
    foreign: u64,
}

impl Framing {
    /// Takes bytes; calls `complete` with every line that they end.
    pub fn push(&mut self, bytes: &[u8], mut complete: impl FnMut(String)) {
        for &byte in bytes {
            self.bytes += 1;
            if !matches!(byte, b' '..=b'~' | b'\r' | b'\n' | b'\t' | 0) {
                self.foreign += 1;
            }
            match byte {
                b'\n' => complete(self.take()),
                b'\r' | 0 => {}
                _ => {
                    self.line.push(byte);
                    if self.line.len() >= MAX_LINE {
                        complete(self.take());
                    }
                }
            }
        }
    }

    /// What has arrived of a line that isn't complete.
    pub fn take(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.line)).into_owned()
    }

    /// Whether much of what has arrived since [`Self::watch`] is no text: the sign of another baud
    /// rate.
    pub fn is_noise(&self) -> bool {
        self.foreign * 4 > self.bytes
    }

    /// Begins to count anew what is text.
    pub fn watch(&mut self) {
        (self.bytes, self.foreign) = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(pieces: &[&[u8]]) -> (Vec<String>, String) {
        let mut framing = Framing::default();
        let mut lines = Vec::new();
        for piece in pieces {
            framing.push(piece, |line| lines.push(line));
        }
        (lines, framing.take())
    }

    #[test]
    fn lines_come_in_pieces() {
        let (lines, rest) = lines(&[b"m-rea", b"dy\r", b"\n\0m-", b"x\n\r\nend"]);
        assert_eq!(lines, ["m-ready", "m-x", ""]);
        assert_eq!(rest, "end");
    }

    #[test]
    fn a_line_without_end_is_cut() {
        let (lines, rest) = lines(&[&[b'x'; MAX_LINE + 3]]);
        assert_eq!(lines, ["x".repeat(MAX_LINE)]);
        assert_eq!(rest, "xxx");
    }

    #[test]
    fn another_baud_rate_is_noise_and_text_is_not() {
        let mut framing = Framing::default();
        framing.push(b"m-ready\r\n", drop);
        assert!(!framing.is_noise());
        framing.push(&[0xF8, 0x80, 0x00, 0xE0, 0x1C, 0xFE, 0xF8], drop);
        assert!(framing.is_noise());
        framing.watch();
        assert!(!framing.is_noise());
    }

    proptest! {
        #[test]
        fn it_is_no_matter_how_bytes_are_cut(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            cut in 0_usize..200,
        ) {
            let (first, second) = bytes.split_at(cut.min(bytes.len()));
            prop_assert_eq!(lines(&[&bytes]), lines(&[first, second]));
        }
    }
}

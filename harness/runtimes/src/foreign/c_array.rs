//! Models as source in C, an array of bytes: what `xxd -i` writes, and the examples of TensorFlow
//! Lite Micro have.

/// Fewest values of an array that counts as a file.
const FEWEST: usize = 16;

/// The bytes of the longest array of bytes in a source in C or C++, if there is one.
///
/// Read are lists of numbers in braces, decimal, octal or hexadecimal, from -128 to 255, with
/// comments between them. Whatever else a source has is skipped.
pub fn c_array(source: &[u8]) -> Option<Vec<u8>> {
    let mut longest = Vec::new();
    let mut rest = source;
    while let Some((byte, behind)) = next(rest) {
        rest = behind;
        if byte != b'{' {
            continue;
        }
        let (array, behind) = array(rest);
        rest = behind;
        if array.len() > longest.len() {
            longest = array;
        }
    }
    (longest.len() >= FEWEST).then_some(longest)
}

/// The next byte outside comments, and what is behind it.
fn next(mut source: &[u8]) -> Option<(u8, &[u8])> {
    loop {
        if source.starts_with(b"//") {
            let end = source.iter().position(|&byte| byte == b'\n');
            source = &source[end.unwrap_or(source.len())..];
        } else if source.starts_with(b"/*") {
            let end = source[2..].windows(2).position(|pair| pair == b"*/");
            source = end.map_or(&[][..], |end| &source[2 + end + 2..]);
        } else {
            let (&byte, behind) = source.split_first()?;
            return Some((byte, behind));
        }
    }
}

/// The numbers up to a closing brace, none if there is anything else between them; and what is
/// behind.
fn array(source: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut bytes = Vec::new();
    let mut rest = source;
    let mut word = Vec::new();
    while let Some((byte, behind)) = next(rest) {
        // A comment ends a word, too.
        let apart = rest.len() - behind.len() > 1 || !is_of_a_number(byte);
        if apart && !word.is_empty() {
            match number(&word) {
                Some(value) => bytes.push(value),
                None => return (Vec::new(), rest),
            }
            word.clear();
        }
        match byte {
            b'}' => return (bytes, behind),
            b',' | b' ' | b'\t' | b'\r' | b'\n' => {}
            _ if is_of_a_number(byte) && word.len() < 16 => word.push(byte),
            // Perhaps the brace of something else, with an array in it.
            _ => return (Vec::new(), rest),
        }
        rest = behind;
    }
    // It isn't closed.
    (Vec::new(), rest)
}

fn is_of_a_number(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

/// The value of a number in C, as a byte.
fn number(word: &[u8]) -> Option<u8> {
    let word = std::str::from_utf8(word).ok()?;
    let (negative, digits) = match word.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, word),
    };
    let digits = digits.trim_end_matches(['u', 'U', 'l', 'L']);
    let lower = digits.to_ascii_lowercase();
    let value = match lower.strip_prefix("0x") {
        Some(digits) => i64::from_str_radix(digits, 16),
        None if lower.len() > 1 && lower.starts_with('0') => i64::from_str_radix(&lower, 8),
        None => lower.parse(),
    };
    let value = value.ok()?;
    let value = if negative { -value } else { value };
    match value {
        0..=255 => Some(value as u8),
        -128..0 => Some(value as i8 as u8),
        _ => None,
    }
}

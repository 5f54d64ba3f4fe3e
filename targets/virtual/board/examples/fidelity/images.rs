//! The list of images, and their contents as they lie in the flash.

use std::path::Path;

/// Start of the flash.
const FLASH: u32 = 0x0800_0000;
/// Its size, bytes.
const FLASH_BYTES: usize = 0x20_0000;

/// An image and what was measured of it.
pub struct Published {
    /// Its file.
    pub file: String,
    /// Its bytes from the start of the flash on.
    pub binary: Vec<u8>,
    /// Whether the flash of the board was divided into two banks, if that makes a difference.
    pub dual_bank: Option<bool>,
    /// Cycles of an inference on the board.
    pub cycles: f64,
}

impl Published {
    /// Its name: that of the file, without what comes behind the point.
    pub fn name(&self) -> String {
        let stem = Path::new(&self.file).file_stem();
        stem.map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
    }
}

/// Reads a list and the images in it.
pub fn read(list: &Path, folder: &Path) -> Result<Vec<Published>, String> {
    let text = String::from_utf8(load(list)?).map_err(|error| error.to_string())?;
    text.lines()
        .skip(1)
        .map(|line| {
            let [file, _, banks, cycles, _] = line.split(',').collect::<Vec<_>>()[..] else {
                return Err(format!("{}: not five columns: {line}", list.display()));
            };
            let bytes = load(&folder.join(file))?;
            let binary = if file.ends_with(".hex") {
                from_hex(&bytes).map_err(|problem| format!("{file}: {problem}"))?
            } else {
                bytes
            };
            Ok(Published {
                file: file.to_owned(),
                binary,
                dual_bank: (!banks.is_empty()).then_some(banks == "2"),
                cycles: cycles
                    .parse()
                    .map_err(|_| format!("{cycles} are no cycles"))?,
            })
        })
        .collect()
}

fn load(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// The flash's contents from an Intel HEX file.
fn from_hex(text: &[u8]) -> Result<Vec<u8>, String> {
    let text = std::str::from_utf8(text).map_err(|error| error.to_string())?;
    let mut binary = Vec::new();
    let mut upper = 0_u32;
    for (number, line) in text.lines().enumerate() {
        let record = record(line).ok_or_else(|| format!("line {}: no record", number + 1))?;
        let [_, high, low, kind, data @ .., _] = &record[..] else {
            return Err(format!("line {}: too short", number + 1));
        };
        match (kind, data) {
            (0, data) => {
                let address = upper + u32::from(u16::from_be_bytes([*high, *low]));
                let start = address.wrapping_sub(FLASH) as usize;
                let end = start.saturating_add(data.len());
                if end > FLASH_BYTES {
                    return Err(format!("line {}: {address:#010x} is no flash", number + 1));
                }
                if binary.len() < end {
                    binary.resize(end, 0xFF);
                }
                binary[start..end].copy_from_slice(data);
            }
            (4, [a, b]) => upper = u32::from(u16::from_be_bytes([*a, *b])) << 16,
            (1, _) => break,
            _ => {}
        }
    }
    Ok(binary)
}

/// The bytes of a line whose length and sum are right.
fn record(line: &str) -> Option<Vec<u8>> {
    let digits = line.trim().strip_prefix(':')?;
    let bytes: Option<Vec<u8>> = digits
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    let bytes = bytes?;
    let sum = bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    (sum == 0 && bytes.len() == usize::from(*bytes.first()?) + 5).then_some(bytes)
}

//! Where a function calls through a pointer.

use object::{Object, ObjectSection, ObjectSymbol, SymbolKind};

use tinybench_interface::operators;

use super::{Elf, ImageError, symbols};

/// Addresses behind the calls through a pointer in the functions of these names, in order. Names are
/// as in the source: `crate::module::Type::function`.
///
/// # Errors
/// The file can't be read as an image.
pub fn behind_indirect_calls(elf: &[u8], functions: &[&str]) -> Result<Vec<u32>, ImageError> {
    let file = Elf::parse(elf)?;
    let mut found = Vec::new();
    for symbol in file.symbols() {
        if symbol.kind() != SymbolKind::Text || symbol.size() == 0 {
            continue;
        }
        let name = symbol.name().map(symbols::demangle).unwrap_or_default();
        // What one mangling puts into angle brackets, the other doesn't.
        let name: String = name.chars().filter(|it| !matches!(it, '<' | '>')).collect();
        if !functions.contains(&name.as_str()) {
            continue;
        }
        // The lowest bit says that the code is Thumb.
        let address = symbol.address() & !1;
        let section = symbol.section_index();
        let section = section.and_then(|index| file.section_by_index(index).ok());
        let Some(section) = section else {
            continue;
        };
        let code = section.data_range(address, symbol.size())?;
        found.extend(behind_calls(address as u32, code.unwrap_or(&[])));
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// The address behind the mark by which an engine says that an operator begins, if the image has such
/// marks: that of the mark by which one ends. [`None`] for an image in which they measure.
///
/// # Errors
/// The file can't be read as an image.
pub fn behind_mark(elf: &[u8]) -> Result<Option<u32>, ImageError> {
    let file = Elf::parse(elf)?;
    let begins = super::code_address_of(&file, operators::BEGINS);
    let ends = super::code_address_of(&file, operators::ENDS);
    // BX lr has two bytes.
    let next = |begins: u32| begins.checked_add(2);
    Ok(ends.filter(|&ends| begins.and_then(next) == Some(ends)))
}

/// Addresses behind each BLX with a register in a run of Thumb instructions (Armv7-M Architecture
/// Reference Manual, A7.7.19).
fn behind_calls(address: u32, code: &[u8]) -> Vec<u32> {
    let (halves, _) = code.as_chunks::<2>();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(half) = halves.get(at) {
        let half = u16::from_le_bytes(*half);
        // The first half-word of a 32-bit instruction: A5.1.
        let wide = half >> 11 >= 0b11101;
        at += if wide { 2 } else { 1 };
        if half & 0xFF87 == 0x4780 {
            found.push(address.wrapping_add(2 * at as u32));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_found_and_no_halves_of_others() {
        // BL with a second half-word like that of a BLX, BLX r1, BX r1, BLX r12.
        let halves: [u16; 5] = [0xF000, 0x4788, 0x4788, 0x4708, 0x47E0];
        let code: Vec<u8> = halves.iter().flat_map(|half| half.to_le_bytes()).collect();
        assert_eq!(behind_calls(0x100, &code), [0x106, 0x10A]);
        assert!(behind_calls(0x100, &code[..5]).is_empty());
    }

    #[test]
    fn what_is_no_image_is_an_error() {
        assert!(behind_indirect_calls(b"\x7fELF", &["main"]).is_err());
    }
}

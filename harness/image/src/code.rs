//! The instructions of an image.

use object::{Object, ObjectSection, SectionKind};

use super::{Elf, ImageError};

/// The code of an image.
pub(super) struct Code {
    /// Sections with their addresses.
    sections: Vec<(u32, Vec<u8>)>,
}

impl Code {
    pub(super) fn of(file: &Elf) -> Result<Self, ImageError> {
        let mut sections = Vec::new();
        for section in file.sections() {
            let address = u32::try_from(section.address());
            if let (SectionKind::Text, Ok(address)) = (section.kind(), address) {
                sections.push((address, section.data()?.to_vec()));
            }
        }
        Ok(Self { sections })
    }

    /// Addresses of the Thumb instructions in a run of `bytes` bytes from `address` (Armv7-M Architecture
    /// Reference Manual, A5.1). Where the image has no code, that is one.
    pub(super) fn instructions(&self, address: u32, bytes: u32) -> Vec<u32> {
        let run = self.sections.iter().find_map(|(start, code)| {
            let from = address.checked_sub(*start)? as usize;
            code.get(from..from.checked_add(bytes as usize)?)
        });
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(half) = run.and_then(|run| run.get(at..at + 2)) {
            found.push(address.wrapping_add(at as u32));
            let wide = half[1] >> 3 >= 0b11101;
            at += if wide { 4 } else { 2 };
        }
        if found.is_empty() {
            found.push(address);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_are_two_or_four_bytes_long() {
        // NOP, BL (two half-words), NOP.
        let halves: [u16; 4] = [0xBF00, 0xF000, 0xF800, 0xBF00];
        let code = Code {
            sections: vec![(
                0x100,
                halves.iter().flat_map(|it| it.to_le_bytes()).collect(),
            )],
        };
        assert_eq!(code.instructions(0x100, 8), [0x100, 0x102, 0x106]);
        assert_eq!(code.instructions(0x106, 2), [0x106]);
        for (address, bytes) in [(0x100, 100), (0x80, 2), (u32::MAX, 4), (0x100, 0)] {
            assert_eq!(code.instructions(address, bytes), [address]);
        }
    }
}

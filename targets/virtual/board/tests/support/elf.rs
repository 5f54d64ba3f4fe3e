//! Small ELF files, made by hand so that they can be wrong in every way.

/// A loadable segment: physical address and bytes.
pub type Part = (u32, Vec<u8>);

/// An ELF file of which everything can be chosen.
#[derive(Clone, Debug)]
pub struct Elf {
    pub class: u8,
    pub byte_order: u8,
    pub kind: u16,
    pub machine: u16,
    pub entry: u32,
    pub segments: Vec<Part>,
}

/// Bytes of the header, and of the header of one segment.
pub const HEADER: usize = 52;
pub const SEGMENT_HEADER: usize = 32;

impl Default for Elf {
    /// An endless loop for a chip with flash at 0 and RAM at 0x2000_0000.
    fn default() -> Self {
        let mut flash = vec![0; 8];
        flash[..4].copy_from_slice(&0x2000_1000_u32.to_le_bytes());
        flash[4..].copy_from_slice(&0x0000_0009_u32.to_le_bytes());
        // b .; nop
        flash.extend([0xFE, 0xE7, 0x00, 0xBF]);
        Self {
            class: 1,
            byte_order: 1,
            kind: 2,
            machine: 40,
            entry: 9,
            segments: vec![(0, flash)],
        }
    }
}

impl Elf {
    pub fn bytes(&self) -> Vec<u8> {
        let mut file = b"\x7fELF".to_vec();
        file.extend([self.class, self.byte_order, 1]);
        file.resize(16, 0);
        let half = |file: &mut Vec<u8>, value: u16| file.extend(value.to_le_bytes());
        let word = |file: &mut Vec<u8>, value: u32| file.extend(value.to_le_bytes());
        half(&mut file, self.kind);
        half(&mut file, self.machine);
        word(&mut file, 1);
        word(&mut file, self.entry);
        word(&mut file, HEADER as u32);
        word(&mut file, 0);
        word(&mut file, 0x0500_0000);
        half(&mut file, HEADER as u16);
        half(&mut file, SEGMENT_HEADER as u16);
        half(&mut file, self.segments.len() as u16);
        (0..3).for_each(|_| half(&mut file, 0));
        let mut offset = HEADER + SEGMENT_HEADER * self.segments.len();
        for (address, bytes) in &self.segments {
            let length = bytes.len() as u32;
            for value in [1, offset as u32, *address, *address, length, length, 5, 4] {
                word(&mut file, value);
            }
            offset += bytes.len();
        }
        for (_, bytes) in &self.segments {
            file.extend(bytes);
        }
        file
    }
}

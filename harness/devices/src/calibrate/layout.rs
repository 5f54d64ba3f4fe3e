//! Where the sequences are in flash.

use std::collections::HashMap;

use super::benchmarks::Benchmark;
use super::sequence::{ALIGNMENT, Home, Sequence};
use super::thumb::Code;
use tinybench_inputs::board::Region;

/// The sequences lie this far behind the start of flash: the program is smaller.
const OFFSET: u32 = 0x8000;
/// Zeros for sequences to read, in front of the sequences.
const ZEROS: usize = 4096;

/// The bytes that go to flash beside the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Address of the zeros, and of the first byte.
    pub address: u32,
    /// All of them.
    pub bytes: Vec<u8>,
    places: HashMap<Code, u32>,
}

impl Layout {
    /// Puts every sequence that runs from flash into `flash`. `None` if they don't fit.
    pub fn new(benchmarks: &[Benchmark], flash: Region) -> Option<Self> {
        let address = flash.origin.checked_add(OFFSET)?;
        let mut layout = Self {
            address,
            bytes: vec![0; ZEROS],
            places: HashMap::new(),
        };
        layout.place(&Sequence::check());
        for benchmark in benchmarks {
            layout.place(&benchmark.sequence);
            layout.place(&benchmark.control);
        }
        flash
            .contains(address, layout.bytes.len())
            .then_some(layout)
    }

    fn place(&mut self, sequence: &Sequence) {
        if sequence.home == Home::Ram {
            return;
        }
        let code = sequence.code();
        if self.places.contains_key(&code) {
            return;
        }
        let offset = self.bytes.len().next_multiple_of(ALIGNMENT as usize);
        self.bytes.resize(offset, 0);
        self.bytes
            .extend(code.iter().flat_map(|half| half.to_le_bytes()));
        self.places.insert(code, self.address + offset as u32);
    }

    /// Where a sequence is that runs from flash; `None` if it isn't one of those placed.
    pub fn find(&self, code: &Code) -> Option<u32> {
        self.places.get(code).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibrate::benchmarks::{Features, all};
    use crate::calibrate::cores::Core;

    #[test]
    fn sequences_are_aligned_and_placed_once() {
        let features = Features {
            cache: true,
            prefetch: true,
            other_ram: true,
            slow: true,
        };
        let benchmarks = all(Core::named("cortex-m4f").unwrap(), features);
        let flash = Region {
            origin: 0x0800_0000,
            length: 0x10_0000,
        };
        let layout = Layout::new(&benchmarks, flash).unwrap();
        for benchmark in &benchmarks {
            let code = benchmark.sequence.code();
            if benchmark.sequence.home == Home::Flash {
                let at = layout.find(&code).unwrap();
                assert!(at.is_multiple_of(ALIGNMENT));
                let offset = (at - layout.address) as usize;
                let first = u16::from_le_bytes([layout.bytes[offset], layout.bytes[offset + 1]]);
                assert_eq!(first, code[0]);
            }
        }
        assert!(layout.bytes[..ZEROS].iter().all(|&byte| byte == 0));
        let small = Region {
            length: 0x9000,
            ..flash
        };
        assert_eq!(Layout::new(&benchmarks, small), None);
    }
}

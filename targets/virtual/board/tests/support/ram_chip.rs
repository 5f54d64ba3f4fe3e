//! A chip that is little more than RAM, for tests of the debug port alone.

use std::collections::BTreeMap;

use tinybench_virtual_board::debug_port::{AccessSize, Attached, BusFault, DebugTarget};

/// First address of the RAM.
pub const RAM: u32 = 0x2000_0000;

const DHCSR: u32 = 0xE000_EDF0;
const DCRSR: u32 = 0xE000_EDF4;
const DCRDR: u32 = 0xE000_EDF8;

/// 64 KiB of RAM, core registers behind DCRSR, a DHCSR that halts and runs, and a System Control
/// Space that otherwise gives back what was written to it.
#[derive(Clone, Debug)]
pub struct RamChip {
    pub ram: Vec<u8>,
    pub scs: BTreeMap<u32, u32>,
    pub registers: [u32; 128],
    pub halted: bool,
    pub resets: u32,
    pub erases: u32,
    pub accesses: Vec<(u32, AccessSize)>,
    pub retired: u64,
    pub window: u64,
}

impl Default for RamChip {
    fn default() -> Self {
        // MVFR0 of a Cortex-M4F and FP_CTRL with six code comparators.
        let scs = BTreeMap::from([(0xE000_EF40, 0x1011_0021), (0xE000_2000, 0x260)]);
        // A debugger looks at the instruction at the program counter, which has to be somewhere.
        let mut registers = [0; 128];
        registers[15] = RAM;
        Self {
            ram: vec![0; 0x1_0000],
            scs,
            registers,
            halted: false,
            resets: 0,
            erases: 0,
            accesses: Vec::new(),
            retired: 0,
            window: 0,
        }
    }
}

impl RamChip {
    fn ram(&mut self, address: u32, size: AccessSize) -> Result<&mut [u8], BusFault> {
        let start = address.checked_sub(RAM).ok_or(BusFault)? as usize;
        self.ram
            .get_mut(start..start + size.bytes() as usize)
            .ok_or(BusFault)
    }
}

impl DebugTarget for RamChip {
    fn debug_read(&mut self, address: u32, size: AccessSize) -> Result<u32, BusFault> {
        self.accesses.push((address, size));
        if address == DHCSR {
            return Ok(self.scs.get(&DHCSR).unwrap_or(&0) | 1 << 16 | u32::from(self.halted) << 17);
        }
        if address >> 20 == 0xE00 {
            return Ok(*self.scs.get(&address).unwrap_or(&0));
        }
        let bytes = self.ram(address, size)?;
        let mut word = [0; 4];
        word[..bytes.len()].copy_from_slice(bytes);
        Ok(u32::from_le_bytes(word))
    }

    fn debug_write(&mut self, address: u32, size: AccessSize, value: u32) -> Result<(), BusFault> {
        self.accesses.push((address, size));
        match address {
            DHCSR if value >> 16 == 0xA05F => {
                // A step is over at once, without executing anything.
                self.halted = value & 1 != 0 && value & 0b110 != 0;
                self.scs.insert(DHCSR, value & 0xF);
            }
            DCRSR => {
                let register = &mut self.registers[(value & 0x7F) as usize];
                if value & 1 << 16 != 0 {
                    *register = *self.scs.get(&DCRDR).unwrap_or(&0);
                } else {
                    self.scs.insert(DCRDR, *register);
                }
            }
            _ if address >> 20 == 0xE00 => {
                self.scs.insert(address, value);
            }
            _ => {
                let bytes = self.ram(address, size)?;
                bytes.copy_from_slice(&value.to_le_bytes()[..bytes.len()]);
            }
        }
        Ok(())
    }

    fn reset(&mut self) {
        self.resets += 1;
    }

    fn erase_all(&mut self) {
        self.erases += 1;
    }

    fn instructions_retired(&self) -> u64 {
        self.retired
    }

    fn instructions_in_window(&self) -> u64 {
        self.window
    }
}

pub type Board = Attached<RamChip>;

/// A board as a probe finds it.
pub fn board() -> Board {
    Attached::new(RamChip::default())
}

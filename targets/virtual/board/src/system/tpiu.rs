//! Trace Port Interface Unit (C1.10, Cortex-M4 TRM chapter 11): its registers hold what is written
//! to them. No pin carries the trace; [`super::itm`] keeps it.

/// Asynchronous serial wire output with NRZ, and the formatter's reset value: triggers are
/// indicated, continuous formatting.
const NRZ: u32 = 2;
const FORMATTER: u32 = 0x102;

/// The registers.
#[derive(Clone, Debug)]
pub(crate) struct Tpiu {
    /// CSPSR: one bit for the width of the port.
    port_size: u32,
    prescaler: u32,
    protocol: u32,
    formatter: u32,
    claimed: u32,
}

impl Default for Tpiu {
    fn default() -> Self {
        Self {
            port_size: 1,
            prescaler: 0,
            protocol: 1,
            formatter: FORMATTER,
            claimed: 0,
        }
    }
}

impl Tpiu {
    /// Reads the register at `offset` from 0xE004_0000.
    pub fn read(&self, offset: u32) -> u32 {
        match offset {
            // SSPSR: ports of 1 to 4 bits.
            0x000 => 0xF,
            0x004 => self.port_size,
            0x010 => self.prescaler,
            0x0F0 => self.protocol,
            // FFSR: the formatter can't be stopped.
            0x300 => 1 << 3,
            0x304 => self.formatter,
            // CLAIMSET says how many bits there are.
            0xFA0 => 0xF,
            0xFA4 => self.claimed,
            // DEVID: Manchester and NRZ are there; DEVTYPE: a trace sink, a port.
            0xFC8 => 0xCA1,
            0xFCC => 0x11,
            _ => 0,
        }
    }

    /// Writes the register at `offset` from 0xE004_0000.
    pub fn write(&mut self, offset: u32, value: u32) {
        match offset {
            0x004 if (value & 0xF).is_power_of_two() && value <= 0xF => self.port_size = value,
            0x010 => self.prescaler = value & 0x1FFF,
            0x0F0 if value & 3 <= NRZ => self.protocol = value & 3,
            // Bit 8 is fixed, EnFCont is bit 1.
            0x304 => self.formatter = 1 << 8 | value & 2,
            0xFA0 => self.claimed |= value & 0xF,
            0xFA4 => self.claimed &= !value,
            _ => {}
        }
    }
}

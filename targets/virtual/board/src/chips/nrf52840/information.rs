//! FICR and UICR: factory and user information (Product Specification, 4.4 and 4.5).

/// Calibration of the temperature sensor: no chip's own, but those of the register tables.
const TEMPERATURE: [u32; 17] = [
    0xFFFF_F320,
    0xFFFF_F343,
    0xFFFF_F35D,
    0xFFFF_F400,
    0xFFFF_F452,
    0xFFFF_F37B,
    0xFFFF_3FCC,
    0xFFFF_3F98,
    0xFFFF_3F98,
    0xFFFF_0012,
    0xFFFF_004D,
    0xFFFF_3E10,
    0xFFFF_FFE2,
    0xFFFF_FF00,
    0xFFFF_FF14,
    0xFFFF_FF19,
    0xFFFF_FF50,
];

/// Reads the factory information register at `offset`; `None` where there is none.
pub(super) fn ficr(offset: u32) -> Option<u32> {
    Some(match offset {
        // CODEPAGESIZE, CODESIZE.
        0x010 => 4096,
        0x014 => 256,
        // DEVICEID, ER, IR, DEVICEADDRTYPE, DEVICEADDR: those of no real chip.
        0x060 => 0x0074_6E79,
        0x064 => 0x6265_6E63,
        0x080..=0x09C => 0,
        0x0A0 => 1,
        0x0A4 => 0x0000_0001,
        0x0A8 => 0x0000_C000,
        // INFO.PART, VARIANT ("AAD0"), PACKAGE (QI), RAM and FLASH in KB.
        0x100 => 0x0005_2840,
        0x104 => 0x4141_4430,
        0x108 => 0x0000_2004,
        0x10C => 256,
        0x110 => 1024,
        // What Nordic's start-up code tells revisions by, to know which errata to work around:
        // the nRF52840, revision 3.
        0x130 => 8,
        0x134 => 3,
        // TEMP.A0 to T4: what the start-up code copies to the sensor.
        0x404..=0x444 => TEMPERATURE[(offset as usize - 0x404) / 4],
        // TRNG90B.STARTUP.
        0xC0C => 0x210,
        // Fields that are reserved or were not programmed read as ones.
        0x000..=0x45C | 0xC00..=0xC1C => u32::MAX,
        _ => return None,
    })
}

/// The user information: words that are programmed like flash.
#[derive(Clone, Debug)]
pub(super) struct Uicr {
    words: Box<[u32]>,
}

impl Uicr {
    pub fn new() -> Self {
        // 0x308 is the last register (NRFFW, NRFHW, CUSTOMER, PSELRESET, APPROTECT, NFCPINS,
        // DEBUGCTRL, REGOUT0).
        Self {
            words: vec![u32::MAX; 0x30C / 4].into(),
        }
    }

    pub fn read(&self, offset: u32) -> Option<u32> {
        self.words.get(offset as usize / 4).copied()
    }

    pub fn write(&mut self, offset: u32, value: u32) -> Option<()> {
        *self.words.get_mut(offset as usize / 4)? &= value;
        Some(())
    }
}

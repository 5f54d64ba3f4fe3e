//! FICR and UICR: factory and user information (Product Specification, 4.4 and 4.5).

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
        // Fields that are reserved or were not programmed read as ones.
        0x000..=0x45C => u32::MAX,
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

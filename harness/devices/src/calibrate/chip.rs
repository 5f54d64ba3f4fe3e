//! What calibration must know of a chip: how to recognise it, and how its caches are switched.

use super::sequence::Cache;

/// A chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chip {
    /// Its name; those of its variants, as probe-rs spells them, begin like this.
    pub name: &'static str,
    /// What its ROM table says.
    pub identity: Identity,
    warm: &'static [[u32; 2]],
    cold: &'static [[u32; 2]],
    off: &'static [[u32; 2]],
    /// An address in a bank of RAM other than the one at the start.
    pub other_ram: Option<u32>,
}

/// Who made a chip and which it is: the peripheral identification of its ROM table (Arm CoreSight
/// Architecture Specification, B2.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// JEP106 continuation codes of the designer.
    pub continuation: u32,
    /// JEP106 identity of the designer, without parity.
    pub designer: u32,
    /// Part number.
    pub part: u32,
}

impl Identity {
    /// Of the registers PIDR4 and PIDR0 to PIDR2.
    pub fn of(pidr4: u32, [pidr0, pidr1, pidr2]: [u32; 3]) -> Self {
        Self {
            continuation: pidr4 & 0xF,
            designer: pidr1 >> 4 & 0xF | (pidr2 & 7) << 4,
            part: pidr0 & 0xFF | (pidr1 & 0xF) << 8,
        }
    }
}

impl std::fmt::Display for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let Self {
            continuation,
            designer,
            part,
        } = self;
        write!(
            f,
            "part {part:#05x} of designer {continuation}/{designer:#04x}"
        )
    }
}

/// NVMC.ICACHECNF (nRF52840 Product Specification, NVMC). Switching the cache off empties it.
const ICACHECNF: u32 = 0x4001_E540;

/// FLASH_ACR (RM0432, 3.7.1): LATENCY in bits 0 to 3, PRFTEN 8, ICEN 9, DCEN 10, ICRST 11, DCRST
/// 12. The caches can be emptied only while they are off. Five wait states, for 120 MHz.
const FLASH_ACR: u32 = 0x4002_2000;
const L4R5_ON: u32 = 0x705;
const L4R5_OFF: u32 = 0x005;
const L4R5_EMPTY: u32 = 0x1805;

static KNOWN: [Chip; 2] = [
    Chip {
        name: "nRF52840",
        // Nordic Semiconductor.
        identity: Identity {
            continuation: 2,
            designer: 0x44,
            part: 0x008,
        },
        warm: &[[ICACHECNF, 1]],
        cold: &[[ICACHECNF, 0], [ICACHECNF, 1]],
        off: &[[ICACHECNF, 0]],
        other_ram: None,
    },
    Chip {
        name: "STM32L4R5",
        // STMicroelectronics.
        identity: Identity {
            continuation: 0,
            designer: 0x20,
            part: 0x470,
        },
        warm: &[[FLASH_ACR, L4R5_ON]],
        cold: &[
            [FLASH_ACR, L4R5_OFF],
            [FLASH_ACR, L4R5_EMPTY],
            [FLASH_ACR, L4R5_OFF],
            [FLASH_ACR, L4R5_ON],
        ],
        off: &[[FLASH_ACR, L4R5_OFF]],
        // SRAM2.
        other_ram: Some(0x2003_0000),
    },
];

impl Chip {
    /// The chip that probe-rs calls so, if its caches are known.
    pub fn of(name: &str) -> Option<&'static Self> {
        KNOWN.iter().find(|known| name.starts_with(known.name))
    }

    /// The chip that says this of itself.
    pub fn with_identity(identity: Identity) -> Option<&'static Self> {
        KNOWN.iter().find(|known| known.identity == identity)
    }

    /// Addresses and values to write, in this order, before each repetition.
    pub fn writes(&self, cache: Cache) -> &'static [[u32; 2]] {
        match cache {
            Cache::Warm => self.warm,
            Cache::Cold => self.cold,
            Cache::Off => self.off,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_read_from_its_registers() {
        // As a Cortex-M4's own ROM table has them: Arm, part 0x4C4.
        let identity = Identity::of(0x4, [0xC4, 0xB4, 0x0B]);
        let arm = Identity {
            continuation: 4,
            designer: 0x3B,
            part: 0x4C4,
        };
        assert_eq!(identity, arm);
        assert_eq!(arm.to_string(), "part 0x4c4 of designer 4/0x3b");
    }

    #[test]
    fn chips_are_known_by_the_names_of_probe_rs() {
        assert_eq!(Chip::of("nRF52840_xxAA").unwrap().name, "nRF52840");
        assert_eq!(Chip::of("STM32L4R5ZITx").unwrap().name, "STM32L4R5");
        assert_eq!(Chip::of("nRF52832_xxAA"), None);
    }
}

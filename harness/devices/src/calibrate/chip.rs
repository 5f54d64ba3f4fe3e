//! What calibration must know of a chip: how to recognise it, and how its caches are switched.

use super::sequence::{Cache, Clock};

/// A chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chip {
    /// Its name; those of its variants, as probe-rs spells them, begin like this.
    pub name: &'static str,
    /// What its ROM table says.
    pub identity: Identity,
    caches: Caches,
    /// An address in a bank of RAM other than the one at the start.
    pub other_ram: Option<u32>,
    /// How it is made so slow that its flash needs no wait states, if that can be.
    pub slow: Option<Slow>,
}

/// Addresses and values that set the caches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Caches {
    warm: &'static [[u32; 2]],
    cold: &'static [[u32; 2]],
    off: &'static [[u32; 2]],
}

/// A clock at which flash is read without wait states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slow {
    /// From the full clock to this one, one step after the other.
    pub enter: &'static [Field],
    /// And back.
    pub leave: &'static [Field],
    caches: Caches,
}

/// Bits of a register, and what they are set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Address of the register.
    pub address: u32,
    /// The bits.
    pub mask: u32,
    /// Their value, in place.
    pub value: u32,
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
/// 12. The caches can be emptied only while they are off. Five wait states, for 120 MHz, or none.
const FLASH_ACR: u32 = 0x4002_2000;
const L4R5_WAIT_STATES: u32 = 5;

/// How the caches of an STM32L4R5 are set whose flash has so many wait states.
macro_rules! l4r5_caches {
    ($wait_states:expr) => {
        Caches {
            warm: &[[FLASH_ACR, 0x700 | $wait_states]],
            cold: &[
                [FLASH_ACR, $wait_states],
                [FLASH_ACR, 0x1800 | $wait_states],
                [FLASH_ACR, $wait_states],
                [FLASH_ACR, 0x700 | $wait_states],
            ],
            off: &[[FLASH_ACR, $wait_states]],
        }
    };
}

/// FLASH_ACR.LATENCY.
const fn l4r5_latency(wait_states: u32) -> Field {
    Field {
        address: FLASH_ACR,
        mask: 0xF,
        value: wait_states,
    }
}

/// RCC_CFGR.HPRE, by which the core's clock is divided (RM0432, 6.4.3): 0 for 1, 8 for 2, 10 for 8.
const fn l4r5_divider(hpre: u32) -> Field {
    Field {
        address: 0x4002_1008,
        mask: 0xF0,
        value: hpre << 4,
    }
}

static KNOWN: [Chip; 2] = [
    Chip {
        name: "nRF52840",
        // Nordic Semiconductor.
        identity: Identity {
            continuation: 2,
            designer: 0x44,
            part: 0x008,
        },
        caches: Caches {
            warm: &[[ICACHECNF, 1]],
            cold: &[[ICACHECNF, 0], [ICACHECNF, 1]],
            off: &[[ICACHECNF, 0]],
        },
        other_ram: None,
        // Clock and wait states are fixed.
        slow: None,
    },
    Chip {
        name: "STM32L4R5",
        // STMicroelectronics.
        identity: Identity {
            continuation: 0,
            designer: 0x20,
            part: 0x470,
        },
        caches: l4r5_caches!(L4R5_WAIT_STATES),
        // SRAM2.
        other_ram: Some(0x2003_0000),
        // 15 MHz: in voltage range 1 flash needs no wait states up to 20 MHz (RM0432, 3.3.3). Beyond
        // 80 MHz in two steps at least 1 µs apart (5.1.8), which is less than a probe needs for one.
        slow: Some(Slow {
            enter: &[l4r5_divider(10), l4r5_latency(0)],
            leave: &[
                l4r5_latency(L4R5_WAIT_STATES),
                l4r5_divider(8),
                l4r5_divider(0),
            ],
            caches: l4r5_caches!(0),
        }),
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
    pub fn writes(&self, cache: Cache, clock: Clock) -> &'static [[u32; 2]] {
        let caches = match (clock, &self.slow) {
            (Clock::Slow, Some(slow)) => &slow.caches,
            _ => &self.caches,
        };
        match cache {
            Cache::Warm => caches.warm,
            Cache::Cold => caches.cold,
            Cache::Off => caches.off,
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

    /// Flash must never be read with fewer wait states than the clock needs, and the clock must not
    /// jump from below 80 MHz to 120 MHz.
    #[test]
    fn the_stm32l4r5_gets_slow_before_its_flash_gets_fast_and_back_in_two_steps() {
        let chip = Chip::of("STM32L4R5ZITx").unwrap();
        let slow = chip.slow.unwrap();
        let steps = |fields: &[Field]| -> Vec<_> {
            let each = fields.iter();
            each.map(|field| (field.address, field.mask, field.value))
                .collect()
        };
        assert_eq!(
            steps(slow.enter),
            [(0x4002_1008, 0xF0, 0xA0), (FLASH_ACR, 0xF, 0)]
        );
        assert_eq!(
            steps(slow.leave),
            [
                (FLASH_ACR, 0xF, 5),
                (0x4002_1008, 0xF0, 0x80),
                (0x4002_1008, 0xF0, 0)
            ]
        );
        for cache in [Cache::Warm, Cache::Cold, Cache::Off] {
            let latency = |clock| {
                let writes = chip.writes(cache, clock).iter();
                writes.map(|[_, value]| value & 0xF).collect::<Vec<_>>()
            };
            assert!(latency(Clock::Full).iter().all(|&it| it == 5));
            assert!(latency(Clock::Slow).iter().all(|&it| it == 0));
        }
    }
}

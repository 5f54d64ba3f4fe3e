//! What calibration must know of a chip: how to recognise it, and how its caches are switched.

use super::sequence::{Cache, Clock};

/// A chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chip {
    /// Its name; those of its variants, as probe-rs spells them, begin like this.
    pub name: &'static str,
    /// What it says of itself.
    pub identity: Identity,
    caches: Caches,
    /// How its prefetch is switched apart from its caches, if that can be.
    prefetch: Option<Prefetch>,
    /// An address in a bank of RAM other than the one at the start.
    pub other_ram: Option<u32>,
    /// How it is made so slow that its flash needs no wait states, if that can be.
    pub slow: Option<Slow>,
}

/// Addresses and values that are written in turn.
type Writes = &'static [[u32; 2]];

/// What sets the caches, and the prefetch as the caches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Caches {
    warm: Writes,
    cold: Writes,
    off: Writes,
}

/// What sets either and not the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Prefetch {
    cold_without: Writes,
    alone: Writes,
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

/// How a chip says which it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// In the ROM table at 0xE00F_F000.
    RomTable(Component),
    /// DEV_ID, the lowest 12 bits of the IDCODE of its maker's debug unit.
    Device {
        /// Address of IDCODE.
        register: u32,
        /// What is there.
        id: u32,
        /// What switches that unit on.
        clock: Option<Field>,
    },
}

/// Who made a component and which it is: its peripheral identification (Arm CoreSight Architecture
/// Specification, B2.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Component {
    /// JEP106 continuation codes of the designer.
    pub continuation: u32,
    /// JEP106 identity of the designer, without parity.
    pub designer: u32,
    /// Part number.
    pub part: u32,
}

impl Component {
    /// Of the registers PIDR4 and PIDR0 to PIDR2.
    pub fn of(pidr4: u32, [pidr0, pidr1, pidr2]: [u32; 3]) -> Self {
        Self {
            continuation: pidr4 & 0xF,
            designer: pidr1 >> 4 & 0xF | (pidr2 & 7) << 4,
            part: pidr0 & 0xFF | (pidr1 & 0xF) << 8,
        }
    }
}

impl std::fmt::Display for Component {
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

/// FLASH_ACR of all STM32 here: LATENCY in the lowest bits, PRFTEN in bit 8.
const FLASH_ACR: u32 = 0x4002_2000;

/// In FLASH_ACR (RM0432, 3.7.1) ICEN in bit 9, DCEN 10, ICRST 11, DCRST 12. The caches can be emptied only
/// while they are off. Five wait states, for 120 MHz, or none.
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

/// In FLASH_ACR (RM0444, 3.7.1) ICEN in bit 9, ICRST 11, and bits 10 and 18 as after reset. Two wait
/// states, for 64 MHz.
const G0B1_CACHES: Caches = Caches {
    warm: &[[FLASH_ACR, 0x4_0702]],
    cold: &[
        [FLASH_ACR, 0x4_0502],
        [FLASH_ACR, 0x4_0D02],
        [FLASH_ACR, 0x4_0502],
        [FLASH_ACR, 0x4_0702],
    ],
    off: &[[FLASH_ACR, 0x4_0402]],
};
const G0B1_PREFETCH: Prefetch = Prefetch {
    cold_without: &[
        [FLASH_ACR, 0x4_0402],
        [FLASH_ACR, 0x4_0C02],
        [FLASH_ACR, 0x4_0402],
        [FLASH_ACR, 0x4_0602],
    ],
    alone: &[[FLASH_ACR, 0x4_0502]],
};

/// ICACHE_CR with EN in bit 0 and CACHEINV in bit 1, and ICACHE_FCR, whose bit 1 says that the end of an
/// invalidation was seen (RM0456, chapter 8; RM0487, chapter "Instruction cache"). One way.
const ICACHE_CR: u32 = 0x4003_0400;
const ICACHE_FCR: u32 = 0x4003_040C;

/// DBGMCU_IDCODE of an STM32U5 or U3.
const fn stm32u_identity(id: u32) -> Identity {
    Identity::Device {
        register: 0xE004_4000,
        id,
        clock: None,
    }
}

/// FLASH_ACR.PRFTEN of an STM32U5 or U3.
const PRFTEN: u32 = 1 << 8;

/// How the ICACHE of an STM32U5 or U3 is set whose flash has so many wait states, and the prefetch.
macro_rules! stm32u_caches {
    ($wait_states:expr) => {
        (
            Caches {
                warm: &[[FLASH_ACR, PRFTEN | $wait_states], [ICACHE_CR, 1]],
                cold: &[
                    [FLASH_ACR, PRFTEN | $wait_states],
                    [ICACHE_CR, 0],
                    [ICACHE_CR, 2],
                    [ICACHE_FCR, 2],
                    [ICACHE_CR, 1],
                ],
                off: &[[FLASH_ACR, $wait_states], [ICACHE_CR, 0]],
            },
            Prefetch {
                cold_without: &[
                    [FLASH_ACR, $wait_states],
                    [ICACHE_CR, 0],
                    [ICACHE_CR, 2],
                    [ICACHE_FCR, 2],
                    [ICACHE_CR, 1],
                ],
                alone: &[[FLASH_ACR, PRFTEN | $wait_states], [ICACHE_CR, 0]],
            },
        )
    };
}

/// At 160 and 96 MHz.
const U575_CACHES: (Caches, Prefetch) = stm32u_caches!(4);
const U385_CACHES: (Caches, Prefetch) = stm32u_caches!(2);

static KNOWN: [Chip; 5] = [
    Chip {
        name: "nRF52840",
        // Nordic Semiconductor.
        identity: Identity::RomTable(Component {
            continuation: 2,
            designer: 0x44,
            part: 0x008,
        }),
        caches: Caches {
            warm: &[[ICACHECNF, 1]],
            cold: &[[ICACHECNF, 0], [ICACHECNF, 1]],
            off: &[[ICACHECNF, 0]],
        },
        prefetch: None,
        other_ram: None,
        // Clock and wait states are fixed.
        slow: None,
    },
    Chip {
        name: "STM32L4R5",
        // STMicroelectronics.
        identity: Identity::RomTable(Component {
            continuation: 0,
            designer: 0x20,
            part: 0x470,
        }),
        caches: l4r5_caches!(L4R5_WAIT_STATES),
        prefetch: None,
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
    Chip {
        name: "STM32G0B1",
        // DBG_IDCODE and RCC_APBENR1.DBGEN. What is at 0xE00F_F000 is Arm's own.
        identity: Identity::Device {
            register: 0x4001_5800,
            id: 0x467,
            clock: Some(Field {
                address: 0x4002_103C,
                mask: 1 << 27,
                value: 1 << 27,
            }),
        },
        caches: G0B1_CACHES,
        prefetch: Some(G0B1_PREFETCH),
        other_ram: None,
        slow: None,
    },
    Chip {
        name: "STM32U575",
        identity: stm32u_identity(0x482),
        caches: U575_CACHES.0,
        prefetch: Some(U575_CACHES.1),
        // SRAM2.
        other_ram: Some(0x2003_0000),
        slow: None,
    },
    Chip {
        name: "STM32U385",
        identity: stm32u_identity(0x454),
        caches: U385_CACHES.0,
        prefetch: Some(U385_CACHES.1),
        other_ram: Some(0x2003_0000),
        slow: None,
    },
];

impl Chip {
    /// The chip that probe-rs calls so, if its caches are known.
    pub fn of(name: &str) -> Option<&'static Self> {
        KNOWN.iter().find(|known| name.starts_with(known.name))
    }

    /// The chip whose ROM table has this component.
    pub fn with_component(component: Component) -> Option<&'static Self> {
        let identity = Identity::RomTable(component);
        KNOWN.iter().find(|known| known.identity == identity)
    }

    /// The chip with this DEV_ID.
    pub fn with_device(found: u32) -> Option<&'static Self> {
        KNOWN
            .iter()
            .find(|known| matches!(known.identity, Identity::Device { id, .. } if id == found))
    }

    /// Addresses and values to write, in this order, before each repetition. `None` if the chip can't be set
    /// so.
    pub fn writes(&self, cache: Cache, clock: Clock) -> Option<Writes> {
        let (caches, prefetch) = match clock {
            Clock::Full => (&self.caches, self.prefetch),
            Clock::Slow => (&self.slow.as_ref()?.caches, None),
        };
        Some(match cache {
            Cache::Warm => caches.warm,
            Cache::Cold => caches.cold,
            Cache::Off => caches.off,
            Cache::ColdWithoutPrefetch => prefetch?.cold_without,
            Cache::PrefetchAlone => prefetch?.alone,
        })
    }
}

#[cfg(test)]
mod tests {
    use tinybench_interface::calibration::BEFORE_CAPACITY;

    use super::*;

    #[test]
    fn an_identity_is_read_from_its_registers() {
        // As a Cortex-M4's own ROM table has them: Arm, part 0x4C4.
        let component = Component::of(0x4, [0xC4, 0xB4, 0x0B]);
        let arm = Component {
            continuation: 4,
            designer: 0x3B,
            part: 0x4C4,
        };
        assert_eq!(component, arm);
        assert_eq!(arm.to_string(), "part 0x4c4 of designer 4/0x3b");
    }

    #[test]
    fn chips_are_known_by_the_names_of_probe_rs() {
        assert_eq!(Chip::of("STM32U575ZITxQ").unwrap().name, "STM32U575");
        assert_eq!(Chip::of("nRF52840_xxAA").unwrap().name, "nRF52840");
        assert_eq!(Chip::of("STM32L4R5ZITx").unwrap().name, "STM32L4R5");
        assert_eq!(Chip::of("nRF52832_xxAA"), None);
    }

    /// What is written before each repetition must fit into the block, and leave the wait states.
    #[test]
    fn each_chip_is_set_within_the_room_that_there_is() {
        let states = [
            Cache::Warm,
            Cache::Cold,
            Cache::Off,
            Cache::ColdWithoutPrefetch,
            Cache::PrefetchAlone,
        ];
        for chip in &KNOWN {
            for (cache, clock) in states
                .map(|it| [(it, Clock::Full), (it, Clock::Slow)])
                .concat()
            {
                let writes = chip.writes(cache, clock).unwrap_or_default();
                assert!(writes.len() <= BEFORE_CAPACITY, "{}", chip.name);
            }
        }
        for (chip, wait_states) in [("STM32G0B1", 2), ("STM32U575", 4), ("STM32U385", 2)] {
            let chip = Chip::of(chip).unwrap();
            for cache in states {
                let writes = chip.writes(cache, Clock::Full).unwrap();
                let acr = writes.iter().filter(|[address, _]| *address == FLASH_ACR);
                assert!(acr.clone().count() > 0);
                assert!(acr.clone().all(|[_, value]| value & 0xF == wait_states));
                assert_eq!(chip.writes(cache, Clock::Slow), None);
            }
        }
        let l4r5 = Chip::of("STM32L4R5ZITx").unwrap();
        assert_eq!(l4r5.writes(Cache::PrefetchAlone, Clock::Full), None);
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
                let writes = chip.writes(cache, clock).unwrap();
                writes
                    .iter()
                    .map(|[_, value]| value & 0xF)
                    .collect::<Vec<_>>()
            };
            assert!(latency(Clock::Full).iter().all(|&it| it == 5));
            assert!(latency(Clock::Slow).iter().all(|&it| it == 0));
        }
    }
}

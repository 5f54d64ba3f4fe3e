//! What probe-rs knows of a chip, and what it is told of a generic one.

use std::sync::LazyLock;

use probe_rs::architecture::arm::FullyQualifiedApAddress;
use probe_rs::architecture::arm::dp::DpAddress;
use probe_rs::architecture::arm::sequences::DefaultArmSequence;
use probe_rs::config::{CoreType, MemoryRegion, Registry, TargetSelector};
use probe_rs::probe::Probe;
use tinybench_inputs::board::{Board, Region};
use tinybench_support::exits_with;
use tinybench_support::suggest;
use tinybench_virtual_board::CoreModel;

use crate::target::virtual_board::{generic_core, is_generic};

/// The access port that only virtual boards have.
pub(super) const VIRTUAL_AP: FullyQualifiedApAddress =
    FullyQualifiedApAddress::v1_with_default_dp(2);
/// Its identification register, and what that holds: "TB" and the version.
pub(super) const VIRTUAL_AP_IDR: u64 = 0xFC;
pub(super) const VIRTUAL_AP_ID: u32 = 0x5442_0001;

/// The chips that probe-rs knows. Kept, because it would copy the list for each session, which takes
/// longer than all else that a virtual board needs to be attached to.
pub(super) static CHIPS: LazyLock<Registry> = LazyLock::new(Registry::from_builtin_families);

/// What [`description`] calls the chip of a board.
pub fn described_name(board: &Board) -> String {
    format!("virtual-{}", board.name)
}

/// A generic board as a target description file of probe-rs (YAML): a core, and memories that are all
/// written directly, for there is no flash controller.
pub fn description(board: &Board) -> String {
    let region = |name: &str, region: Region| {
        format!(
            "  - !Ram\n    name: {name}\n    range:\n      start: {:#x}\n      end: {:#x}\n    \
             cores:\n    - main\n",
            region.origin,
            region.end()
        )
    };
    let core = match generic_core(board) {
        Some(CoreModel::CortexM0Plus) => "armv6m",
        Some(CoreModel::CortexM33F) => "armv8m",
        Some(CoreModel::CortexM4F) | None => "armv7em",
    };
    format!(
        "name: tinybench\nvariants:\n- name: {}\n  cores:\n  - name: main\n    type: {core}\n    \
         core_access_options: !Arm\n      ap: !v1 0\n  memory_map:\n{}{}",
        described_name(board),
        region("flash", board.memory.flash),
        region("RAM", board.memory.all_ram()),
    )
}

/// By what the chip behind `probe` is attached to: the chip that the board file names, or, of a virtual
/// board that is generic, its description. The board says itself which of them it is.
pub(super) fn selector(
    probe: Probe,
    board: &Board,
) -> Result<(Probe, TargetSelector), probe_rs::Error> {
    if !is_generic(board) {
        let mut target = CHIPS.get_target_by_name(&board.chip)?;
        part_banks(&mut target.memory_map);
        return Ok((probe, target.into()));
    }
    let (probe, is_virtual) = is_virtual(probe)?;
    if !is_virtual {
        return Ok((probe, board.chip.as_str().into()));
    }
    let mut registry = Registry::new();
    registry.add_target_family_from_yaml(&description(board))?;
    let target = registry.get_target_by_name(described_name(board))?;
    Ok((probe, target.into()))
}

/// Moves a bank of flash that begins within the one before it behind that one. probe-rs 0.32 has the second bank
/// of all STM32U3 begin 64 KB behind the first, so that what lies in both would be programmed twice, which the
/// flash refuses.
fn part_banks(memories: &mut [MemoryRegion]) {
    let mut before: Option<std::ops::Range<u64>> = None;
    for memory in memories {
        let MemoryRegion::Nvm(bank) = memory else {
            continue;
        };
        if let Some(before) = before
            && before.start < bank.range.start
            && bank.range.start < before.end
            && before.end < bank.range.end
        {
            let length = bank.range.end - bank.range.start;
            bank.range = before.end..before.end + length;
        }
        before = Some(bank.range.clone());
    }
}

/// Whether a virtual board is behind `probe`.
fn is_virtual(mut probe: Probe) -> Result<(Probe, bool), probe_rs::Error> {
    probe.attach_to_unspecified()?;
    let mut interface = match probe.try_into_arm_debug_interface(DefaultArmSequence::create()) {
        Ok(interface) => interface,
        // Whatever it is, attaching will tell.
        Err((probe, _)) => return Ok((probe, false)),
    };
    let id = interface
        .select_debug_port(DpAddress::Default)
        .and_then(|()| interface.read_raw_ap_register(&VIRTUAL_AP, VIRTUAL_AP_IDR));
    Ok((interface.close(), matches!(id, Ok(VIRTUAL_AP_ID))))
}

/// What probe-rs knows of a chip that a board file needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownChip {
    /// Its name, as probe-rs spells it.
    pub name: String,
    /// The core that there is a model of.
    pub core: CoreModel,
    /// The largest flash.
    pub flash: Region,
    /// The largest RAM.
    pub ram: Region,
    /// Other memories that can be read, by their names.
    pub others: Vec<(String, Region)>,
}

/// A board file can't be made of what probe-rs knows.
#[derive(Debug, thiserror::Error)]
pub enum UnsuitableChip {
    /// It doesn't know the chip.
    #[error("probe-rs knows no chip `{name}`{hint} (`probe-rs chip list` lists those it knows)")]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// The nearest name.
        hint: String,
    },
    /// The chip's core isn't one for which there is firmware.
    #[error(
        "{chip} has {core}; there is firmware for Armv7E-M and Armv8-M with floating-point unit \
         (Cortex-M4F, Cortex-M33) and for Armv6-M (Cortex-M0+) alone"
    )]
    Core {
        /// The chip.
        chip: String,
        /// What probe-rs says of its core.
        core: String,
    },
    /// It has no flash, or no RAM.
    #[error(
        "probe-rs knows no {memory} of {chip}: write a board file by hand, as CONTRIBUTING.md says"
    )]
    NoMemory {
        /// The chip.
        chip: String,
        /// Flash or RAM.
        memory: &'static str,
    },
}

exits_with!(UnsuitableChip => Input);

/// What probe-rs knows of the chip of this name.
///
/// # Errors
/// A chip that it doesn't know, or that isn't suitable.
pub fn known(name: &str) -> Result<KnownChip, UnsuitableChip> {
    let families = CHIPS.families().iter();
    let chips = families.flat_map(|family| &family.variants);
    let names: Vec<&str> = chips
        .flat_map(|chip| chip.package_variants().map(String::as_str))
        .collect();
    let known = names.iter().find(|known| known.eq_ignore_ascii_case(name));
    let target = known.and_then(|known| CHIPS.get_target_by_name(known).ok());
    let Some(target) = target else {
        let near = suggest::nearest(name, names);
        return Err(UnsuitableChip::Unknown {
            name: name.to_owned(),
            hint: near.map_or(String::new(), |near| format!("; did you mean `{near}`?")),
        });
    };
    let core = target.cores.first().map(|core| core.core_type);
    let core = match core {
        Some(CoreType::Armv7em) => CoreModel::CortexM4F,
        Some(CoreType::Armv6m) => CoreModel::CortexM0Plus,
        Some(CoreType::Armv8m) => CoreModel::CortexM33F,
        core => {
            return Err(UnsuitableChip::Core {
                chip: target.name,
                core: described(core),
            });
        }
    };
    let flash = regions(&target.memory_map, |region| match region {
        MemoryRegion::Nvm(nvm) if !nvm.is_alias && nvm.is_executable() => Some(&nvm.name),
        _ => None,
    });
    let ram = regions(&target.memory_map, |region| match region {
        // Of two places of one memory it doesn't matter which is called the other's alias.
        MemoryRegion::Ram(ram) if ram.is_writable() => Some(&ram.name),
        _ => None,
    });
    let largest = |memory, regions: &[(String, Region)]| {
        // RAM on the system bus, from 0x2000_0000 on, rather than the same on the code bus.
        let largest = regions
            .iter()
            .max_by_key(|(_, region)| (region.length, region.origin >= 0x2000_0000));
        let none = || UnsuitableChip::NoMemory {
            chip: target.name.clone(),
            memory,
        };
        largest.map(|&(_, region)| region).ok_or_else(none)
    };
    let (flash_used, ram_used) = (largest("flash", &flash)?, largest("RAM", &ram)?);
    let others = flash.into_iter().chain(ram);
    Ok(KnownChip {
        core,
        flash: flash_used,
        ram: ram_used,
        others: others
            .filter(|(_, region)| ![flash_used, ram_used].contains(region))
            .collect(),
        name: target.name,
    })
}

/// A core for which there is no firmware.
fn described(core: Option<CoreType>) -> String {
    match core {
        Some(CoreType::Armv7m) => "an Armv7-M core (Cortex-M3)".to_owned(),
        Some(core) => format!("a core of {core:?}"),
        None => "no core that probe-rs knows".to_owned(),
    }
}

/// The regions that `named` takes, in whole words; what follows each other without a gap is one.
fn regions(
    map: &[MemoryRegion],
    named: impl Fn(&MemoryRegion) -> Option<&Option<String>>,
) -> Vec<(String, Region)> {
    let mut found: Vec<(String, Region)> = map
        .iter()
        .filter_map(|region| {
            let name = named(region)?.clone().unwrap_or_default();
            let range = region.address_range();
            let origin = u32::try_from(range.start).ok()?;
            let length = u32::try_from(range.end - range.start).ok()? & !3;
            (length > 0).then_some((name, Region { origin, length }))
        })
        .collect();
    found.sort_by_key(|(_, region)| region.origin);
    found.dedup_by(|(name, region), (first, before)| {
        let follows = before.end() == u64::from(region.origin);
        if follows {
            before.length += region.length;
            *first = format!("{first} + {name}");
        }
        follows
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_banks_of_an_stm32u385_lie_behind_each_other_and_no_others_are_moved() {
        let banks = |chip: &str| {
            let mut memories = CHIPS.get_target_by_name(chip).unwrap().memory_map;
            let before = memories.clone();
            part_banks(&mut memories);
            let ranges = memories.iter().filter_map(|memory| match memory {
                MemoryRegion::Nvm(bank) => Some(bank.range.clone()),
                _ => None,
            });
            (ranges.take(2).collect::<Vec<_>>(), memories == before)
        };
        assert_eq!(
            banks("STM32U385RGTxQ").0,
            [0x0800_0000..0x0808_0000, 0x0808_0000..0x0810_0000]
        );
        for chip in [
            "STM32U575ZITxQ",
            "STM32L4R5ZITx",
            "STM32G0B1RETx",
            "nRF52840_xxAA",
        ] {
            assert!(banks(chip).1, "{chip}");
        }
    }

    #[test]
    fn of_a_chip_its_largest_memories_are_taken() {
        let chip = known("stm32f446retx").unwrap();
        assert_eq!(chip.name, "STM32F446RETx");
        assert_eq!(chip.core, CoreModel::CortexM4F);
        assert_eq!(
            known("STM32G0B1RETx").unwrap().core,
            CoreModel::CortexM0Plus
        );
        assert_eq!(known("nRF5340_xxAA").unwrap().core, CoreModel::CortexM33F);
        assert_eq!(
            (chip.flash.origin, chip.flash.length),
            (0x0800_0000, 512 << 10)
        );
        assert_eq!((chip.ram.origin, chip.ram.length), (0x2000_0000, 128 << 10));
        let chip = known("nRF52840_xxAA").unwrap();
        assert_eq!((chip.flash.origin, chip.flash.length), (0, 1 << 20));
        assert_eq!((chip.ram.origin, chip.ram.length), (0x2000_0000, 256 << 10));
    }

    #[test]
    fn a_chip_that_is_not_known_or_not_suitable_is_refused_by_name() {
        let message = |name| known(name).unwrap_err().to_string();
        assert_eq!(
            message("STM32F446RETy"),
            "probe-rs knows no chip `STM32F446RETy`; did you mean `STM32F446RETx`? \
             (`probe-rs chip list` lists those it knows)"
        );
        assert_eq!(
            message("STM32F103C8"),
            "STM32F103C8 has an Armv7-M core (Cortex-M3); there is firmware for Armv7E-M and Armv8-M with floating-point unit \
             (Cortex-M4F, Cortex-M33) and for Armv6-M (Cortex-M0+) alone"
        );
    }

    #[test]
    fn memories_without_a_gap_between_them_are_one() {
        let ram = |start: u64, end: u64| {
            MemoryRegion::Ram(probe_rs::config::RamRegion {
                name: Some(format!("{start:x}")),
                range: start..end,
                cores: vec!["main".to_owned()],
                is_alias: false,
                access: None,
            })
        };
        let map = [ram(0x300, 0x400), ram(0x100, 0x200), ram(0x200, 0x280)];
        let found = regions(&map, |region| match region {
            MemoryRegion::Ram(ram) => Some(&ram.name),
            _ => None,
        });
        let places: Vec<_> = found
            .iter()
            .map(|(name, region)| (name.as_str(), region.origin, region.length))
            .collect();
        assert_eq!(places, [("100 + 200", 0x100, 0x180), ("300", 0x300, 0x100)]);
    }
}

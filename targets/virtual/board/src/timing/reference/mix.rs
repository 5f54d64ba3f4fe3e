//! What a program consists of, as far as its cycles depend on it.

use super::access::{Access, bank};
use crate::cpu::Core;
use crate::cpu::op::Kind;
use crate::memory::{FLASH_GROUP, PERIPHERAL_GROUP, Place};
use crate::timing::pipeline::Step;
use crate::timing::{Class, Shape};

/// Counts of the instructions that a [`Reference`](super::Reference) has stepped over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mix {
    /// All.
    pub instructions: u64,
    /// Of these, those fetched from RAM.
    pub code_in_ram: u64,
    /// 32-bit instructions that aren't word-aligned.
    pub misaligned: u64,
    /// Instructions of the floating-point unit.
    pub floats: u64,
    /// Of these, those that compute: neither moves nor loads nor stores.
    pub float_arithmetic: u64,
    /// Divides of integers.
    pub divides: u64,
    /// Loads, LDM as one: from flash, from the bank of RAM at its start, from its other banks, and
    /// from elsewhere.
    pub loads: [u64; 4],
    /// Stores, STM as one, by the same memories.
    pub stores: [u64; 4],
    /// Loads and stores of half-words and words that aren't aligned.
    pub unaligned: u64,
}

impl std::ops::AddAssign for Mix {
    fn add_assign(&mut self, other: Self) {
        self.instructions += other.instructions;
        self.code_in_ram += other.code_in_ram;
        self.misaligned += other.misaligned;
        self.floats += other.floats;
        self.float_arithmetic += other.float_arithmetic;
        self.divides += other.divides;
        for memory in 0..4 {
            self.loads[memory] += other.loads[memory];
            self.stores[memory] += other.stores[memory];
        }
        self.unaligned += other.unaligned;
    }
}

impl Mix {
    /// The counts in the order in which a debugger reads them: instructions, code in RAM,
    /// misaligned, floats, float arithmetic, divides, unaligned, loads and stores.
    pub fn counts(&self) -> [u64; 15] {
        let Self {
            loads: [flash, first_bank, other_banks, elsewhere],
            stores,
            ..
        } = *self;
        [
            self.instructions,
            self.code_in_ram,
            self.misaligned,
            self.floats,
            self.float_arithmetic,
            self.divides,
            self.unaligned,
            flash,
            first_bank,
            other_banks,
            elsewhere,
            stores[0],
            stores[1],
            stores[2],
            stores[3],
        ]
    }

    /// The mix whose [`Self::counts`] these are.
    pub fn from_counts(counts: [u64; 15]) -> Self {
        let [
            instructions,
            code_in_ram,
            misaligned,
            floats,
            float_arithmetic,
            divides,
            unaligned,
            accesses @ ..,
        ] = counts;
        let [l0, l1, l2, l3, stores @ ..] = accesses;
        Self {
            instructions,
            code_in_ram,
            misaligned,
            floats,
            float_arithmetic,
            divides,
            loads: [l0, l1, l2, l3],
            stores,
            unaligned,
        }
    }

    /// Counts an instruction and its access.
    pub(super) fn count(
        &mut self,
        core: &Core,
        step: &Step,
        (kind, shape): (Kind, &Shape),
        access: Option<Access>,
    ) {
        self.instructions += 1;
        let in_ram = matches!(core.memory.locate(step.address), Some(Place::Ram(_)));
        self.code_in_ram += u64::from(in_ram);
        self.misaligned += u64::from(step.size == 4 && !step.address.is_multiple_of(4));
        self.floats += u64::from(shape.float);
        self.float_arithmetic += u64::from(shape.float && computes(kind));
        self.divides += u64::from(shape.class == Class::Divide);
        let Some(access) = access else { return };
        let memory = match bank(core, access.address) {
            FLASH_GROUP => 0,
            1 => 1,
            PERIPHERAL_GROUP => 3,
            _ => 2,
        };
        let side = if access.store {
            &mut self.stores
        } else {
            &mut self.loads
        };
        side[memory] += 1;
        self.unaligned += u64::from(access.address & (access.bytes - 1) != 0);
    }
}

/// Whether an instruction of the floating-point unit does more than to move a value.
fn computes(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::Vmov
            | Kind::VmovImm
            | Kind::VmovToPair
            | Kind::VmovFromPair
            | Kind::VmovToSingle
            | Kind::VmovFromSingle
            | Kind::Vmsr
            | Kind::Vmrs
            | Kind::Vldr
            | Kind::VldrLit
            | Kind::Vstr
            | Kind::Vldm
            | Kind::Vstm
    )
}

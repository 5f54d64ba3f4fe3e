//! The cores there are, and in what they differ: what decoder, execution, exceptions, debug registers and
//! timing are parameterised by.

use crate::timing::rules;
use crate::timing::{PipelineKind, TimingParameters};

/// A core that is modelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoreModel {
    /// Cortex-M0+: Armv6-M.
    CortexM0Plus,
    /// Cortex-M4 with its floating-point unit: Armv7E-M.
    CortexM4F,
    /// Cortex-M33 with the DSP extension and its floating-point unit, without the Security Extension: Armv8-M
    /// with the Main Extension.
    CortexM33F,
}

impl CoreModel {
    /// Name as board files give it in `core`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CortexM0Plus => "cortex-m0plus",
            Self::CortexM4F => "cortex-m4f",
            Self::CortexM33F => "cortex-m33f",
        }
    }

    /// What it is made of.
    pub(crate) const fn architecture(self) -> &'static Architecture {
        match self {
            Self::CortexM0Plus => &CORTEX_M0_PLUS,
            Self::CortexM4F => &CORTEX_M4F,
            Self::CortexM33F => &CORTEX_M33F,
        }
    }

    /// The parameters of its cycle model, without what a chip adds.
    pub const fn timing(self) -> TimingParameters {
        self.architecture().timing
    }
}

/// In what cores differ.
#[derive(Clone, Debug)]
pub(crate) struct Architecture {
    /// Whether it is Armv7E-M or Armv8-M with the Main Extension, and else Armv6-M: which instructions there
    /// are, whether data may be unaligned, faults other than HardFault with their registers, BASEPRI and FAULTMASK, priority groups,
    /// the counters of the DWT, ITM and TPIU, and whether code reaches the debug registers.
    pub mainline: bool,
    /// Whether it is Armv8-M, which has more instructions, limits of the stacks, another MPU and other debug
    /// registers. The Security Extension is absent, as on a chip that is set so.
    pub armv8m: bool,
    /// The floating-point unit.
    pub fpu: bool,
    /// CPUID.
    pub cpuid: u32,
    /// Comparators of the breakpoint unit for code, and for literals behind them.
    pub breakpoints: [usize; 2],
    /// Comparators of the DWT.
    pub watchpoints: u32,
    /// Part number of its components as Arm delivers them.
    pub part: u16,
    /// Which pipeline's rules the cycle model applies.
    pub pipeline: PipelineKind,
    /// The parameters of the cycle model.
    pub timing: TimingParameters,
}

impl Architecture {
    /// The lowest value that returns from an exception when a handler branches to it.
    pub const fn first_exception_return(&self) -> u32 {
        if self.armv8m {
            0xFF00_0000
        } else {
            0xF000_0000
        }
    }
}

/// Cortex-M4 r0p1 (DDI 0439D).
static CORTEX_M4F: Architecture = Architecture {
    mainline: true,
    armv8m: false,
    fpu: true,
    cpuid: 0x410F_C241,
    breakpoints: [6, 2],
    watchpoints: 4,
    part: 0x4C4,
    pipeline: PipelineKind::CortexM4,
    timing: TimingParameters::DEFAULT,
};

/// Cortex-M0+ r0p1 (DDI 0484C). What its instructions take is in
/// [`shape`](crate::timing::shape): here is the rest.
static CORTEX_M0_PLUS: Architecture = Architecture {
    mainline: false,
    armv8m: false,
    fpu: false,
    cpuid: 0x410C_C601,
    breakpoints: [4, 0],
    watchpoints: 2,
    part: 0x4C0,
    pipeline: PipelineKind::CortexM0Plus,
    timing: TimingParameters {
        // A taken branch takes 2 cycles, BL 3, POP with the PC 3 + N (table 3-1).
        refill: 1,
        late_refill: 2,
        // Nothing overlaps, and so nothing is lost.
        load_after_store: 0,
        late_address: 0,
        lost_overlap: 0,
        // It fetches a word while it executes the one before (its pipeline has two stages).
        fetch_ahead: 2,
        fetch_latency: 1,
        fetch_restart: 0,
        // 15 cycles (1.2); that a return takes as many less two, as on the Cortex-M4, is an assumption, and
        // so is the time from one handler to the next.
        exception_entry: 15,
        exception_return: 13,
        tail_chain: rules::TAIL_CHAIN,
        ..TimingParameters::DEFAULT
    },
};

/// Cortex-M33 r0p4 (its Technical Reference Manual, 100230).
static CORTEX_M33F: Architecture = Architecture {
    mainline: true,
    armv8m: true,
    fpu: true,
    cpuid: 0x410F_D214,
    breakpoints: [8, 0],
    watchpoints: 4,
    part: 0xD21,
    pipeline: PipelineKind::CortexM33,
    // Measured by jnk0le on an RP2350 where nothing else is said; more in
    // [`dual`](crate::timing::dual).
    timing: TimingParameters {
        refill: 1,
        late_refill: 2,
        // Each load and store is issued in one cycle.
        load: 1,
        chained_load: 1,
        store: 1,
        store_register_offset: 1,
        load_after_store: 0,
        late_address: 0,
        lost_overlap: 0,
        // No stop of the prefetch unit was found.
        fetch_ahead: 4,
        fetch_latency: 1,
        fetch_restart: 0,
        ..TimingParameters::DEFAULT
    },
};

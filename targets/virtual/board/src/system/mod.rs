//! The core's own registers: the Private Peripheral Bus from 0xE000_0000 (Armv7-M Architecture
//! Reference Manual, DDI 0403E, B3 and C1).

mod accessor;
pub mod debug;
pub mod dwt;
pub mod exceptions;
pub mod fpb;
pub mod itm;
pub mod mpu;
pub mod scb;
pub mod systick;
pub mod tpiu;

pub(crate) use accessor::Accessor;

use crate::chips::ChipDescription;
use debug::Debug;
use dwt::Dwt;
use exceptions::Exceptions;
use fpb::Fpb;
use itm::Itm;
use mpu::Mpu;
use scb::Scb;
use systick::SysTick;
use tpiu::Tpiu;

/// The state of all registers on the Private Peripheral Bus.
pub(crate) struct System {
    pub exceptions: Exceptions,
    pub scb: Scb,
    pub systick: SysTick,
    pub dwt: Dwt,
    pub fpb: Fpb,
    pub itm: Itm,
    pub tpiu: Tpiu,
    pub mpu: Mpu,
    pub debug: Debug,
}

impl System {
    pub fn new(chip: &ChipDescription) -> Self {
        let core = chip.core.architecture();
        Self {
            exceptions: Exceptions::new(chip.interrupts, chip.priority_bits, core.mainline),
            scb: Scb::new(core),
            systick: SysTick::default(),
            dwt: Dwt::new(core),
            fpb: Fpb::new(core.breakpoints, core.armv8m),
            itm: Itm::default(),
            tpiu: Tpiu::default(),
            mpu: Mpu::new(chip.mpu_regions, core.armv8m),
            debug: Debug::default(),
        }
    }

    /// What a system reset does; the debug registers, FPB, DWT, ITM and TPIU live on in their own domain.
    pub fn reset(&mut self) {
        self.exceptions.reset();
        self.scb.reset();
        self.systick = SysTick::default();
        self.mpu.reset();
        self.debug.reset();
    }
}

//! Registers of the System Control Block and the NVIC that show and change exceptions (B3.2, B3.4).

use crate::chips::ResetReason;
use crate::cpu::Core;
use crate::system::exceptions::{Exceptions, number};

/// AIRCR bits.
const VECTRESET: u32 = 1;
const VECTCLRACTIVE: u32 = 1 << 1;
const SYSRESETREQ: u32 = 1 << 2;
/// The system handlers whose bits SHCSR shows: active, pending and enable positions.
const SHCSR_ACTIVE: [(u32, u32); 7] = [
    (0, number::MEM_MANAGE),
    (1, number::BUS_FAULT),
    (3, number::USAGE_FAULT),
    (7, number::SVCALL),
    (8, number::DEBUG_MONITOR),
    (10, number::PEND_SV),
    (11, number::SYS_TICK),
];
/// Those that SHCSR shows on Armv8-M alone, and of which the last can be set.
const SHCSR_ARMV8M_ACTIVE: [(u32, u32); 2] = [(2, number::HARD_FAULT), (5, number::NMI)];
const SHCSR_ARMV8M_PENDING: [(u32, u32); 1] = [(21, number::HARD_FAULT)];
const SHCSR_PENDING: [(u32, u32); 4] = [
    (12, number::USAGE_FAULT),
    (13, number::MEM_MANAGE),
    (14, number::BUS_FAULT),
    (15, number::SVCALL),
];
const SHCSR_ENABLED: [(u32, u32); 3] = [
    (16, number::MEM_MANAGE),
    (17, number::BUS_FAULT),
    (18, number::USAGE_FAULT),
];

impl Core {
    pub(super) fn priorities(&self, first: u32) -> u32 {
        (0..4).fold(0, |word, i| {
            let number = first + i;
            let value = if self.system.exceptions.exists(number) {
                u32::from(self.system.exceptions.priority[number as usize & 0xFF])
            } else {
                0
            };
            word | value << (8 * i)
        })
    }

    pub(super) fn set_priorities(&mut self, first: u32, value: u32) {
        for i in 0..4 {
            self.system
                .exceptions
                .set_priority(first + i, (value >> (8 * i)) as u8);
        }
    }

    pub(super) fn icsr(&self) -> u32 {
        let exceptions = &self.system.exceptions;
        let pending = |number| u32::from(Exceptions::is(&exceptions.pending, number));
        let highest = exceptions
            .next(crate::system::exceptions::THREAD_PRIORITY)
            .unwrap_or(0);
        let external = exceptions.pending[0] >> 16 != 0
            || exceptions.pending[1..].iter().any(|&word| word != 0);
        let return_to_base = self.ipsr == 0 || exceptions.active_count() <= 1;
        self.ipsr
            | u32::from(return_to_base) << 11
            | highest << 12
            | u32::from(external) << 22
            | pending(number::SYS_TICK) << 26
            | pending(number::PEND_SV) << 28
            | pending(number::NMI) << 31
    }

    pub(super) fn write_icsr(&mut self, value: u32) {
        // Armv7-M can't take an NMI back.
        let clears_nmi = u32::from(self.architecture.armv8m) << 30;
        let exceptions = &mut self.system.exceptions;
        for (set, clear, number) in [
            (1 << 31, clears_nmi, number::NMI),
            (1 << 28, 1 << 27, number::PEND_SV),
            (1 << 26, 1 << 25, number::SYS_TICK),
        ] {
            if value & set != 0 {
                exceptions.pend(number);
            } else if value & clear != 0 {
                Exceptions::put(&mut exceptions.pending, number, false);
            }
        }
        exceptions.check = true;
    }

    pub(super) fn write_aircr(&mut self, value: u32) {
        if value >> 16 != 0x05FA {
            return;
        }
        self.system.exceptions.group = value >> 8 & 7;
        self.system.exceptions.check = true;
        if value & SYSRESETREQ != 0 {
            self.reset_requested = Some(ResetReason::Software);
        }
        // Both are for a debugger that has halted the core, UNPREDICTABLE otherwise.
        if self.system.debug.halted {
            self.core_reset_requested |= value & VECTRESET != 0 && !self.architecture.armv8m;
            if value & VECTCLRACTIVE != 0 {
                self.system.exceptions.active = [0; 8];
                self.with_stack_switch(|core| core.ipsr = 0);
            }
        }
    }

    pub(super) fn shcsr(&self) -> u32 {
        let exceptions = &self.system.exceptions;
        let gather = |map: &[(u32, u32)], bits: &[u32; 8]| {
            map.iter().fold(0, |value, &(bit, number)| {
                value | u32::from(Exceptions::is(bits, number)) << bit
            })
        };
        let armv8m = if self.architecture.armv8m {
            gather(&SHCSR_ARMV8M_ACTIVE, &exceptions.active)
                | gather(&SHCSR_ARMV8M_PENDING, &exceptions.pending)
        } else {
            0
        };
        armv8m
            | gather(&SHCSR_ACTIVE, &exceptions.active)
            | gather(&SHCSR_PENDING, &exceptions.pending)
            | gather(&SHCSR_ENABLED, &exceptions.enabled)
    }

    pub(super) fn write_shcsr(&mut self, value: u32) {
        let armv8m = self.architecture.armv8m;
        let exceptions = &mut self.system.exceptions;
        if armv8m {
            for (bit, number) in SHCSR_ARMV8M_PENDING {
                Exceptions::put(&mut exceptions.pending, number, value & 1 << bit != 0);
            }
        }
        for (map, bits) in [
            (&SHCSR_ACTIVE[..], &mut exceptions.active),
            (&SHCSR_PENDING[..], &mut exceptions.pending),
            (&SHCSR_ENABLED[..], &mut exceptions.enabled),
        ] {
            for &(bit, number) in map {
                Exceptions::put(bits, number, value & 1 << bit != 0);
            }
        }
        exceptions.check = true;
    }
}

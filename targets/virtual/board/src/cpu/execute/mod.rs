//! Executes operations: one function for each category of [`super::op::Kind`].
//!
//! The kind is a constant to the caller, so that of such a function one arm is left. `T`: with the
//! cycle model. `S`: the short way, on which nothing calls a function, so that it needs no stack; where
//! that isn't enough it gives up with [`super::Trap`], before it has changed anything. On the long way a
//! trap means that [`Core::stop`] says why.

mod branch;
mod data_processing;
mod floating_point;
mod load_store;
mod media;
mod multiply;
mod parallel;
mod pseudo;
mod system;

pub(crate) use multiply::divide_cycles;

use super::{Core, Fault, Stop, Trap};

/// The way of an op that is tried first.
pub(super) const SHORT: bool = true;
/// The way of an op that always works.
pub(super) const LONG: bool = false;

/// Carry of an operation that leaves it as it is; 0 and 1 set it.
const CARRY_UNCHANGED: u8 = super::decode::CARRY_UNCHANGED as u8;

/// Truth of condition `cond` (bits 3:1 select, bit 0 inverts) for each NZCV nibble.
const CONDITIONS: [u16; 16] = conditions();

const fn conditions() -> [u16; 16] {
    let mut table = [0; 16];
    let mut condition = 0;
    while condition < 16 {
        let mut flags = 0;
        while flags < 16 {
            let (n, z, c, v) = (
                flags & 8 != 0,
                flags & 4 != 0,
                flags & 2 != 0,
                flags & 1 != 0,
            );
            let holds = match condition >> 1 {
                0 => z,
                1 => c,
                2 => n,
                3 => v,
                4 => c && !z,
                5 => n == v,
                6 => n == v && !z,
                _ => true,
            };
            if holds != (condition & 1 == 1 && condition != 15) {
                table[condition] |= 1 << flags;
            }
            flags += 1;
        }
        condition += 1;
    }
    table
}

impl Core {
    /// NZCV as a nibble.
    #[inline(always)]
    pub fn nzcv(&self) -> u32 {
        (self.n >> 31) << 3 | u32::from(self.z == 0) << 2 | u32::from(self.c) << 1 | self.v >> 31
    }

    /// Sets NZCV from a nibble.
    pub fn set_nzcv(&mut self, flags: u32) {
        self.n = flags << 28;
        self.z = u32::from(flags & 4 == 0);
        self.c = flags & 2 != 0;
        self.v = flags << 31;
    }

    /// Whether a condition holds.
    #[inline(always)]
    pub fn holds(&self, condition: u8) -> bool {
        CONDITIONS[(condition & 15) as usize] >> self.nzcv() & 1 != 0
    }

    #[inline(always)]
    fn set_nz(&mut self, value: u32) {
        self.n = value;
        self.z = value;
    }

    /// `a + b`, setting all flags.
    #[inline(always)]
    fn add_flags(&mut self, a: u32, b: u32) -> u32 {
        let (result, carry) = a.overflowing_add(b);
        self.set_nz(result);
        self.c = carry;
        self.v = (a ^ result) & (b ^ result);
        result
    }

    /// `a - b`, setting all flags.
    #[inline(always)]
    fn sub_flags(&mut self, a: u32, b: u32) -> u32 {
        let result = a.wrapping_sub(b);
        self.set_nz(result);
        self.c = a >= b;
        self.v = (a ^ b) & (a ^ result);
        result
    }

    /// AddWithCarry (A2.2.1), setting all flags.
    #[inline(always)]
    fn adc_flags(&mut self, a: u32, b: u32) -> u32 {
        let wide = u64::from(a) + u64::from(b) + u64::from(self.c);
        let result = wide as u32;
        self.set_nz(result);
        self.c = wide >> 32 != 0;
        self.v = (a ^ result) & (b ^ result);
        result
    }

    /// Flags of a logical operation: N and Z, and the carry unless it is [`CARRY_UNCHANGED`].
    #[inline(always)]
    fn logic_flags(&mut self, result: u32, carry: u8) -> u32 {
        self.set_nz(result);
        if carry != CARRY_UNCHANGED {
            self.c = carry == 1;
        }
        result
    }

    /// Sets Q. A branch, because an unconditional update would make each DSP instruction wait for
    /// the one before.
    #[inline(always)]
    fn note_saturation(&mut self, saturated: bool) {
        if saturated {
            self.q = true;
        }
    }

    /// Faults if the stack in use may not grow down to `sp`.
    fn need_stack(&mut self, sp: u32) -> Result<(), Trap> {
        if self.passes_stack_limit(sp) {
            return Err(self.fault(Fault::StackOverflow));
        }
        Ok(())
    }

    #[cold]
    fn fault(&mut self, fault: Fault) -> Trap {
        self.stop = Some(Stop::Fault(fault));
        Trap
    }
}

/// LSR by 0 to 63.
#[inline(always)]
fn shifted_right(value: u32, by: u32) -> u32 {
    (u64::from(value) >> (by & 63)) as u32
}

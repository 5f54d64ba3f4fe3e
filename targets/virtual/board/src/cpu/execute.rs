//! Executes the operations of one block.

use std::ops::Range;

use super::bus::little_endian;
use super::float::{SIGN, chained, convert_fixed, convert_to_half, finite, plain, product};
use super::op::{Kind as K, Op, literal};
use super::parallel::parallel;
use super::{Core, Fault, Stop, Trap};
use crate::memory::ANY_GROUP;
use crate::timing::TimingParameters;

/// The way of an op that always works: see [`Core::execute_as`].
pub(super) const LONG: bool = false;

/// Carry of an operation that leaves it as it is; 0 and 1 set it.
const CARRY_UNCHANGED: u8 = super::decode::CARRY_UNCHANGED as u8;

/// Whether there is a short way to carry out an op of this kind: see [`Core::execute_as`].
const fn has_short_way(kind: K) -> bool {
    !matches!(
        kind,
        K::LoadUnprivileged
            | K::StoreUnprivileged
            | K::Ldrex
            | K::Ldrexb
            | K::Ldrexh
            | K::Strex
            | K::Strexb
            | K::Strexh
            | K::LdrdLit
            | K::LdrPcImm
            | K::LdrPcReg
            | K::LdrPcPre
            | K::LdrPcPost
            | K::Svc
            | K::Bkpt
            | K::Udf
            | K::Cps
            | K::Mrs
            | K::Msr
            | K::Wfi
            | K::Wfe
            | K::VcvtFromHalf
            | K::VcvtToHalf
            | K::VcvtFixed
            | K::NoCoprocessor
    )
}

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

    /// Shift_C (A2.2.1) with a constant amount: 0 of type 3 is RRX, 32 is possible for LSR and
    /// ASR.
    #[inline]
    fn shift_carry(&self, value: u32, kind: u8, amount: u32) -> (u32, bool) {
        match (kind, amount) {
            (3, 0) => (u32::from(self.c) << 31 | value >> 1, value & 1 != 0),
            (_, 0) => (value, self.c),
            (0, 1..=31) => (value << amount, value >> (32 - amount) & 1 != 0),
            (0, 32) => (0, value & 1 != 0),
            (0, _) => (0, false),
            (1, 1..=31) => (value >> amount, value >> (amount - 1) & 1 != 0),
            (1, 32) => (0, value >> 31 != 0),
            (1, _) => (0, false),
            (2, 1..=31) => (
                (value as i32 >> amount) as u32,
                (value as i32 >> (amount - 1)) & 1 != 0,
            ),
            (2, _) => ((value as i32 >> 31) as u32, value >> 31 != 0),
            _ => {
                let result = value.rotate_right(amount & 31);
                (result, result >> 31 != 0)
            }
        }
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

    /// A shift by a constant, setting N, Z and C.
    #[inline]
    fn shift_flags(&mut self, value: u32, kind: u8, amount: u32) -> u32 {
        let (result, carry) = self.shift_carry(value, kind, amount);
        self.logic_flags(result, carry.into())
    }

    /// A shift by the low byte of a register; by 0 it leaves value and carry, whatever the type.
    #[inline]
    fn shift_by_register(&self, value: u32, kind: u8, amount: u32) -> (u32, bool) {
        match amount & 0xFF {
            0 => (value, self.c),
            amount => self.shift_carry(value, kind, amount),
        }
    }

    /// Base register plus immediate.
    #[inline(always)]
    fn offset_address(&self, op: &Op) -> u32 {
        self.r[usize::from(op.b)].wrapping_add(op.imm)
    }

    /// Base register plus shifted index register.
    #[inline(always)]
    fn register_address(&self, op: &Op) -> u32 {
        let index = self.r[usize::from(op.c)] << (op.d & 3);
        self.r[usize::from(op.b)].wrapping_add(index)
    }

    #[inline(always)]
    fn load_offset<const T: bool, const S: bool, const N: usize>(
        &mut self,
        op: &Op,
    ) -> Result<u32, Trap> {
        self.load::<T, S, N>(op, self.offset_address(op))
    }

    #[inline(always)]
    fn load_register<const T: bool, const S: bool, const N: usize>(
        &mut self,
        op: &Op,
    ) -> Result<u32, Trap> {
        self.load::<T, S, N>(op, self.register_address(op))
    }

    /// Pre-indexed: the base is written back once the access has not faulted.
    #[inline(always)]
    fn load_pre<const T: bool, const S: bool, const N: usize>(
        &mut self,
        op: &Op,
    ) -> Result<u32, Trap> {
        let address = self.offset_address(op);
        let value = self.load::<T, S, N>(op, address)?;
        self.r[usize::from(op.b)] = address;
        Ok(value)
    }

    /// Post-indexed.
    #[inline(always)]
    fn load_post<const T: bool, const S: bool, const N: usize>(
        &mut self,
        op: &Op,
    ) -> Result<u32, Trap> {
        let base = usize::from(op.b);
        let value = self.load::<T, S, N>(op, self.r[base])?;
        self.r[base] = self.r[base].wrapping_add(op.imm);
        Ok(value)
    }

    #[inline(always)]
    fn store_offset<const T: bool, const S: bool, const N: usize>(
        &mut self,
        op: &Op,
    ) -> Result<(), Trap> {
        self.store::<T, S, N>(op, self.offset_address(op), self.r[usize::from(op.a)])
    }

    #[inline(always)]
    fn store_register<const T: bool, const S: bool, const N: usize>(
        &mut self,
        op: &Op,
    ) -> Result<(), Trap> {
        self.store::<T, S, N>(op, self.register_address(op), self.r[usize::from(op.a)])
    }

    #[inline(always)]
    fn store_pre<const T: bool, const S: bool, const N: usize>(
        &mut self,
        op: &Op,
    ) -> Result<(), Trap> {
        let address = self.offset_address(op);
        self.store::<T, S, N>(op, address, self.r[usize::from(op.a)])?;
        self.r[usize::from(op.b)] = address;
        Ok(())
    }

    #[inline(always)]
    fn store_post<const T: bool, const S: bool, const N: usize>(
        &mut self,
        op: &Op,
    ) -> Result<(), Trap> {
        let base = usize::from(op.b);
        self.store::<T, S, N>(op, self.r[base], self.r[usize::from(op.a)])?;
        self.r[base] = self.r[base].wrapping_add(op.imm);
        Ok(())
    }

    /// Sets Q. A branch, because an unconditional update would make each DSP instruction wait for
    /// the one before.
    #[inline(always)]
    fn note_saturation(&mut self, saturated: bool) {
        if saturated {
            self.q = true;
        }
    }

    /// Saturates a signed value to `bits` bits, setting Q.
    #[inline]
    fn saturate_signed(&mut self, value: i64, bits: u32) -> u32 {
        let limit = 1_i64 << (bits - 1);
        let result = value.clamp(-limit, limit - 1);
        self.note_saturation(result != value);
        result as u32
    }

    #[inline]
    fn saturate_unsigned(&mut self, value: i64, bits: u32) -> u32 {
        let result = value.clamp(0, (1_i64 << bits) - 1);
        self.note_saturation(result != value);
        result as u32
    }

    /// Branch with interworking (BXWritePC): bit 0 must be set; in handler mode some values
    /// return from the exception.
    #[inline(always)]
    fn branch_exchange<const S: bool>(&mut self, target: u32) -> Result<(), Trap> {
        if S {
            need_plain_target(target)?;
            self.jump(target & !1);
            return Ok(());
        }
        if target >= 0xF000_0000 && self.ipsr != 0 {
            self.stop = Some(Stop::ExceptionReturn(target));
            self.jumped = true;
            return Err(Trap);
        }
        self.jumped = true;
        self.next_pc = target & !1;
        if target & 1 == 0 {
            // The fault belongs to the first instruction at the target.
            self.stop = Some(Stop::Fault(Fault::InvalidState));
            return Err(Trap);
        }
        Ok(())
    }

    #[inline(always)]
    fn jump(&mut self, target: u32) {
        self.next_pc = target;
        self.jumped = true;
    }

    #[inline(always)]
    fn jump_if(&mut self, condition: bool, target: u32) {
        if condition {
            self.jump(target);
        }
    }

    #[cold]
    fn fault(&mut self, fault: Fault) -> Trap {
        self.stop = Some(Stop::Fault(fault));
        Trap
    }

    /// A load of the width and sign of [`literal`].
    #[inline(always)]
    fn load_sized<const T: bool, const S: bool>(
        &mut self,
        op: &Op,
        how: u8,
        address: u32,
    ) -> Result<u32, Trap> {
        if S && how != literal::WORD {
            return Err(Trap);
        }
        Ok(match how {
            literal::WORD => self.load::<T, S, 4>(op, address)?,
            literal::BYTE => self.load::<T, S, 1>(op, address)?,
            literal::HALF => self.load::<T, S, 2>(op, address)?,
            literal::SIGNED_BYTE => self.load::<T, S, 1>(op, address)? as i8 as u32,
            _ => self.load::<T, S, 2>(op, address)? as i16 as u32,
        })
    }

    /// Carries out an op of this kind, which is a constant to the caller. On `Err` [`Core::stop`] says
    /// why.
    ///
    /// `S` is the short way: nothing on it calls a function, so it needs no stack. Where that isn't
    /// enough it gives up, before it has changed anything.
    #[inline(always)]
    #[expect(clippy::too_many_lines, reason = "one arm an operation")]
    pub(super) fn execute_as<const T: bool, const S: bool>(
        &mut self,
        kind: K,
        op: &Op,
        rest: &mut std::slice::Iter<'_, Op>,
    ) -> Result<(), Trap> {
        macro_rules! r {
            ($index:expr) => {
                self.r[usize::from($index)]
            };
        }
        macro_rules! s {
            ($index:expr) => {
                self.s[usize::from($index)]
            };
        }
        if S && !has_short_way(kind) {
            return Err(Trap);
        }
        match kind {
            K::Nop | K::It | K::Dsb | K::Dmb => {}
            K::Skip if !self.holds(op.a) => {
                self.skipped |= 1 << (op.index & 63);
                rest.nth(usize::from(op.b) - 1);
                if T {
                    // The difference to executing it is negative or zero.
                    self.add_cycles(i64::from(op.imm as i32) as u64);
                    self.last_group = ANY_GROUP;
                }
            }
            K::SetPc => self.r[15] = op.imm,
            K::AlignSp => self.r[13] &= !3,
            K::StayInIt => {
                self.it_state = op.a;
                self.deadline = 0;
            }

            K::MovImm => r!(op.a) = op.imm,
            K::MovImmS => r!(op.a) = self.logic_flags(op.imm, op.d),
            K::AddImm => r!(op.a) = r!(op.b).wrapping_add(op.imm),
            K::AddImmS => r!(op.a) = self.add_flags(r!(op.b), op.imm),
            K::SubImmS => r!(op.a) = self.sub_flags(r!(op.b), op.imm),
            K::RsbImm => r!(op.a) = op.imm.wrapping_sub(r!(op.b)),
            K::RsbImmS => r!(op.a) = self.sub_flags(op.imm, r!(op.b)),
            K::AdcImm => {
                r!(op.a) = r!(op.b)
                    .wrapping_add(op.imm)
                    .wrapping_add(u32::from(self.c));
            }
            K::AdcImmS => r!(op.a) = self.adc_flags(r!(op.b), op.imm),
            K::SbcImm => {
                r!(op.a) = r!(op.b)
                    .wrapping_add(!op.imm)
                    .wrapping_add(u32::from(self.c));
            }
            K::SbcImmS => r!(op.a) = self.adc_flags(r!(op.b), !op.imm),
            K::AndImm => r!(op.a) = r!(op.b) & op.imm,
            K::AndImmS => r!(op.a) = self.logic_flags(r!(op.b) & op.imm, op.d),
            K::OrrImm => r!(op.a) = r!(op.b) | op.imm,
            K::OrrImmS => r!(op.a) = self.logic_flags(r!(op.b) | op.imm, op.d),
            K::EorImm => r!(op.a) = r!(op.b) ^ op.imm,
            K::EorImmS => r!(op.a) = self.logic_flags(r!(op.b) ^ op.imm, op.d),
            K::TstImm => {
                self.logic_flags(r!(op.b) & op.imm, op.d);
            }
            K::TeqImm => {
                self.logic_flags(r!(op.b) ^ op.imm, op.d);
            }
            K::CmpImm => {
                self.sub_flags(r!(op.b), op.imm);
            }
            K::CmnImm => {
                self.add_flags(r!(op.b), op.imm);
            }
            K::Movt => r!(op.a) = r!(op.a) & 0xFFFF | op.imm << 16,

            K::MovReg => r!(op.a) = r!(op.c),
            K::MovRegS => r!(op.a) = self.logic_flags(r!(op.c), CARRY_UNCHANGED),
            K::MvnReg => r!(op.a) = !r!(op.c),
            K::MvnRegS => r!(op.a) = self.logic_flags(!r!(op.c), CARRY_UNCHANGED),
            K::AddReg => r!(op.a) = r!(op.b).wrapping_add(r!(op.c)),
            K::AddRegS => r!(op.a) = self.add_flags(r!(op.b), r!(op.c)),
            K::SubReg => r!(op.a) = r!(op.b).wrapping_sub(r!(op.c)),
            K::SubRegS => r!(op.a) = self.sub_flags(r!(op.b), r!(op.c)),
            K::RsbReg => r!(op.a) = r!(op.c).wrapping_sub(r!(op.b)),
            K::RsbRegS => r!(op.a) = self.sub_flags(r!(op.c), r!(op.b)),
            K::AdcReg => {
                r!(op.a) = r!(op.b)
                    .wrapping_add(r!(op.c))
                    .wrapping_add(u32::from(self.c));
            }
            K::AdcRegS => r!(op.a) = self.adc_flags(r!(op.b), r!(op.c)),
            K::SbcReg => {
                r!(op.a) = r!(op.b)
                    .wrapping_add(!r!(op.c))
                    .wrapping_add(u32::from(self.c));
            }
            K::SbcRegS => r!(op.a) = self.adc_flags(r!(op.b), !r!(op.c)),
            K::AndReg => r!(op.a) = r!(op.b) & r!(op.c),
            K::AndRegS => r!(op.a) = self.logic_flags(r!(op.b) & r!(op.c), CARRY_UNCHANGED),
            K::OrrReg => r!(op.a) = r!(op.b) | r!(op.c),
            K::OrrRegS => r!(op.a) = self.logic_flags(r!(op.b) | r!(op.c), CARRY_UNCHANGED),
            K::OrnReg => r!(op.a) = r!(op.b) | !r!(op.c),
            K::OrnRegS => r!(op.a) = self.logic_flags(r!(op.b) | !r!(op.c), CARRY_UNCHANGED),
            K::EorReg => r!(op.a) = r!(op.b) ^ r!(op.c),
            K::EorRegS => r!(op.a) = self.logic_flags(r!(op.b) ^ r!(op.c), CARRY_UNCHANGED),
            K::BicReg => r!(op.a) = r!(op.b) & !r!(op.c),
            K::BicRegS => r!(op.a) = self.logic_flags(r!(op.b) & !r!(op.c), CARRY_UNCHANGED),
            K::TstReg => self.set_nz(r!(op.b) & r!(op.c)),
            K::TeqReg => self.set_nz(r!(op.b) ^ r!(op.c)),
            K::CmpReg => {
                self.sub_flags(r!(op.b), r!(op.c));
            }
            K::CmnReg => {
                self.add_flags(r!(op.b), r!(op.c));
            }
            K::AddLsl => r!(op.a) = r!(op.b).wrapping_add(r!(op.c) << (op.imm & 31)),
            K::SubLsl => r!(op.a) = r!(op.b).wrapping_sub(r!(op.c) << (op.imm & 31)),
            K::OrrLsl => r!(op.a) = r!(op.b) | r!(op.c) << (op.imm & 31),
            K::AddLsr => r!(op.a) = r!(op.b).wrapping_add(shifted_right(r!(op.c), op.imm)),
            K::AddAsr => {
                let shifted = (i64::from(r!(op.c) as i32) >> (op.imm & 63)) as u32;
                r!(op.a) = r!(op.b).wrapping_add(shifted);
            }
            K::OrrLsr => r!(op.a) = r!(op.b) | shifted_right(r!(op.c), op.imm),
            K::AndLsr => r!(op.a) = r!(op.b) & shifted_right(r!(op.c), op.imm),
            K::EorLsl => r!(op.a) = r!(op.b) ^ r!(op.c) << (op.imm & 31),
            K::EorLsr => r!(op.a) = r!(op.b) ^ shifted_right(r!(op.c), op.imm),
            K::Shifted => self.shifted(op),

            K::LslImm => r!(op.a) = r!(op.b) << (op.imm & 31),
            K::LslImmS => r!(op.a) = self.shift_flags(r!(op.b), 0, op.imm),
            K::LslReg => r!(op.a) = self.shift_by_register(r!(op.b), 0, r!(op.c)).0,
            K::LslRegS => {
                let (result, carry) = self.shift_by_register(r!(op.b), 0, r!(op.c));
                r!(op.a) = self.logic_flags(result, carry.into());
            }
            K::LsrImm => r!(op.a) = shifted_right(r!(op.b), op.imm),
            K::LsrImmS => r!(op.a) = self.shift_flags(r!(op.b), 1, op.imm),
            K::LsrReg => r!(op.a) = self.shift_by_register(r!(op.b), 1, r!(op.c)).0,
            K::LsrRegS => {
                let (result, carry) = self.shift_by_register(r!(op.b), 1, r!(op.c));
                r!(op.a) = self.logic_flags(result, carry.into());
            }
            K::AsrImm => r!(op.a) = (i64::from(r!(op.b) as i32) >> (op.imm & 63)) as u32,
            K::AsrImmS => r!(op.a) = self.shift_flags(r!(op.b), 2, op.imm),
            K::AsrReg => r!(op.a) = self.shift_by_register(r!(op.b), 2, r!(op.c)).0,
            K::AsrRegS => {
                let (result, carry) = self.shift_by_register(r!(op.b), 2, r!(op.c));
                r!(op.a) = self.logic_flags(result, carry.into());
            }
            K::RorImm => r!(op.a) = r!(op.b).rotate_right(op.imm & 31),
            K::RorImmS => r!(op.a) = self.shift_flags(r!(op.b), 3, op.imm),
            K::RorReg => r!(op.a) = self.shift_by_register(r!(op.b), 3, r!(op.c)).0,
            K::RorRegS => {
                let (result, carry) = self.shift_by_register(r!(op.b), 3, r!(op.c));
                r!(op.a) = self.logic_flags(result, carry.into());
            }
            K::Rrx => r!(op.a) = self.shift_carry(r!(op.b), 3, 0).0,
            K::RrxS => r!(op.a) = self.shift_flags(r!(op.b), 3, 0),

            K::Mul => r!(op.a) = r!(op.b).wrapping_mul(r!(op.c)),
            K::MulS => {
                r!(op.a) = self.logic_flags(r!(op.b).wrapping_mul(r!(op.c)), CARRY_UNCHANGED)
            }
            K::Mla => r!(op.a) = r!(op.b).wrapping_mul(r!(op.c)).wrapping_add(r!(op.d)),
            K::Mls => r!(op.a) = r!(op.d).wrapping_sub(r!(op.b).wrapping_mul(r!(op.c))),
            K::Smull => {
                let product = i64::from(r!(op.b) as i32) * i64::from(r!(op.c) as i32);
                r!(op.a) = product as u32;
                r!(op.d) = (product >> 32) as u32;
            }
            K::Umull => {
                let product = u64::from(r!(op.b)) * u64::from(r!(op.c));
                r!(op.a) = product as u32;
                r!(op.d) = (product >> 32) as u32;
            }
            K::Smlal => {
                let product = i64::from(r!(op.b) as i32) * i64::from(r!(op.c) as i32);
                self.accumulate(op, product);
            }
            K::Umlal => {
                let product = u64::from(r!(op.b)) * u64::from(r!(op.c));
                self.accumulate(op, product as i64);
            }
            K::Umaal => {
                let sum = u64::from(r!(op.b)) * u64::from(r!(op.c))
                    + u64::from(r!(op.a))
                    + u64::from(r!(op.d));
                r!(op.a) = sum as u32;
                r!(op.d) = (sum >> 32) as u32;
            }
            K::Sdiv => {
                let (n, m) = (r!(op.b) as i32, r!(op.c) as i32);
                if m == 0 && self.traps_division() {
                    return Err(self.fault(Fault::DivideByZero));
                }
                if T {
                    self.add_cycles(divide_cycles(
                        &self.timing,
                        n.unsigned_abs(),
                        m.unsigned_abs(),
                    ));
                }
                r!(op.a) = if m == 0 { 0 } else { n.wrapping_div(m) as u32 };
            }
            K::Udiv => {
                let (n, m) = (r!(op.b), r!(op.c));
                if m == 0 && self.traps_division() {
                    return Err(self.fault(Fault::DivideByZero));
                }
                if T {
                    self.add_cycles(divide_cycles(&self.timing, n, m));
                }
                r!(op.a) = n.checked_div(m).unwrap_or(0);
            }

            K::SmulXy => {
                let product = half(r!(op.b), op.imm >> 1) * half(r!(op.c), op.imm);
                r!(op.a) = product as u32;
            }
            K::Smlabb | K::Smlabt | K::Smlatb | K::Smlatt => {
                let first = u32::from(matches!(kind, K::Smlatb | K::Smlatt));
                let second = u32::from(matches!(kind, K::Smlabt | K::Smlatt));
                let product = half(r!(op.b), first) * half(r!(op.c), second);
                let (sum, overflow) = product.overflowing_add(r!(op.d) as i32);
                self.note_saturation(overflow);
                r!(op.a) = sum as u32;
            }
            K::SmulW | K::SmlaW => {
                let product =
                    (i64::from(r!(op.b) as i32) * i64::from(half(r!(op.c), op.imm))) >> 16;
                if kind == K::SmulW {
                    r!(op.a) = product as u32;
                } else {
                    let (sum, overflow) = (product as i32).overflowing_add(r!(op.d) as i32);
                    self.note_saturation(overflow);
                    r!(op.a) = sum as u32;
                }
            }
            K::SmlalXy => {
                let product = half(r!(op.b), op.imm >> 1) * half(r!(op.c), op.imm);
                self.accumulate(op, product.into());
            }
            K::Smuad => {
                let (first, second) = products(r!(op.b), r!(op.c), op.imm);
                let sum = first + second;
                self.note_saturation(sum != i64::from(sum as i32));
                r!(op.a) = sum as u32;
            }
            K::Smlad | K::Smladx => {
                let exchange = u32::from(kind == K::Smladx);
                let (first, second) = products(r!(op.b), r!(op.c), exchange);
                let sum = first + second + i64::from(r!(op.d) as i32);
                self.note_saturation(sum != i64::from(sum as i32));
                r!(op.a) = sum as u32;
            }
            K::Smusd => {
                let (first, second) = products(r!(op.b), r!(op.c), op.imm);
                r!(op.a) = (first - second) as u32;
            }
            K::Smlsd => {
                let (first, second) = products(r!(op.b), r!(op.c), op.imm);
                let sum = first - second + i64::from(r!(op.d) as i32);
                self.note_saturation(sum != i64::from(sum as i32));
                r!(op.a) = sum as u32;
            }
            K::Smlald => {
                let (first, second) = products(r!(op.b), r!(op.c), op.imm);
                self.accumulate(op, first + second);
            }
            K::Smlsld => {
                let (first, second) = products(r!(op.b), r!(op.c), op.imm);
                self.accumulate(op, first - second);
            }
            K::Smmla | K::Smmls => {
                let product = i64::from(r!(op.b) as i32) * i64::from(r!(op.c) as i32);
                let accumulator = if op.d == 15 {
                    0
                } else {
                    i64::from(r!(op.d)) << 32
                };
                let sum = if kind == K::Smmla {
                    accumulator.wrapping_add(product)
                } else {
                    accumulator.wrapping_sub(product)
                };
                let rounded = sum.wrapping_add(if op.imm != 0 { 0x8000_0000 } else { 0 });
                r!(op.a) = (rounded >> 32) as u32;
            }
            K::Usada8 => {
                let (n, m) = (r!(op.b).to_le_bytes(), r!(op.c).to_le_bytes());
                let sum: u32 = n
                    .iter()
                    .zip(m)
                    .map(|(&n, m)| u32::from(n.abs_diff(m)))
                    .sum();
                r!(op.a) = if op.d == 15 {
                    sum
                } else {
                    sum.wrapping_add(r!(op.d))
                };
            }

            K::Ssat => {
                let value = saturation_operand(r!(op.b), op);
                r!(op.a) = self.saturate_signed(value, op.c.into());
            }
            K::Usat => {
                let value = saturation_operand(r!(op.b), op);
                r!(op.a) = self.saturate_unsigned(value, op.c.into());
            }
            K::Ssat16 | K::Usat16 => {
                let n = r!(op.b);
                let bits = u32::from(op.c);
                let mut result = 0;
                for shift in [0, 16] {
                    let value = i64::from((n >> shift) as i16);
                    let part = if kind == K::Ssat16 {
                        self.saturate_signed(value, bits)
                    } else {
                        self.saturate_unsigned(value, bits)
                    };
                    result |= (part & 0xFFFF) << shift;
                }
                r!(op.a) = result;
            }
            K::Qadd | K::Qsub | K::Qdadd | K::Qdsub => {
                let (n, m) = (i64::from(r!(op.b) as i32), i64::from(r!(op.c) as i32));
                let n = if matches!(kind, K::Qdadd | K::Qdsub) {
                    i64::from(self.saturate_signed(2 * n, 32) as i32)
                } else {
                    n
                };
                let value = if matches!(kind, K::Qadd | K::Qdadd) {
                    m + n
                } else {
                    m - n
                };
                r!(op.a) = self.saturate_signed(value, 32);
            }
            K::Pkhbt => {
                r!(op.a) = r!(op.b) & 0xFFFF | (r!(op.c) << (op.imm & 31)) & 0xFFFF_0000;
            }
            K::Pkhtb => {
                let low = (i64::from(r!(op.c) as i32) >> (op.imm & 63)) as u32;
                r!(op.a) = r!(op.b) & 0xFFFF_0000 | low & 0xFFFF;
            }

            K::Sxtb => r!(op.a) = rotated(r!(op.c), op.d) as i8 as u32,
            K::Sxth => r!(op.a) = rotated(r!(op.c), op.d) as i16 as u32,
            K::Uxtb => r!(op.a) = rotated(r!(op.c), op.d) & 0xFF,
            K::Uxth => r!(op.a) = rotated(r!(op.c), op.d) & 0xFFFF,
            K::Sxtb16 => r!(op.a) = sign_extend_bytes(rotated(r!(op.c), op.d)),
            K::Uxtb16 => r!(op.a) = rotated(r!(op.c), op.d) & 0x00FF_00FF,
            K::Sxtab => {
                r!(op.a) = r!(op.b).wrapping_add(rotated(r!(op.c), op.d) as i8 as u32);
            }
            K::Sxtah => {
                r!(op.a) = r!(op.b).wrapping_add(rotated(r!(op.c), op.d) as i16 as u32);
            }
            K::Uxtab => r!(op.a) = r!(op.b).wrapping_add(rotated(r!(op.c), op.d) & 0xFF),
            K::Uxtah => r!(op.a) = r!(op.b).wrapping_add(rotated(r!(op.c), op.d) & 0xFFFF),
            K::Sxtab16 => {
                r!(op.a) = add_halves(r!(op.b), sign_extend_bytes(rotated(r!(op.c), op.d)));
            }
            K::Uxtab16 => {
                r!(op.a) = add_halves(r!(op.b), rotated(r!(op.c), op.d) & 0x00FF_00FF);
            }
            K::Parallel => {
                let (result, ge) = parallel(op.imm, r!(op.b), r!(op.c));
                r!(op.a) = result;
                if let Some(ge) = ge {
                    self.ge = ge;
                }
            }
            K::Sel => {
                let mask = (0..4).fold(0, |mask, i| mask | ((self.ge >> i & 1) * 0xFF) << (8 * i));
                r!(op.a) = r!(op.b) & mask | r!(op.c) & !mask;
            }
            K::Clz => r!(op.a) = r!(op.c).leading_zeros(),
            K::Rbit => r!(op.a) = r!(op.c).reverse_bits(),
            K::Rev => r!(op.a) = r!(op.c).swap_bytes(),
            K::Rev16 => r!(op.a) = r!(op.c).swap_bytes().rotate_right(16),
            K::Revsh => r!(op.a) = (r!(op.c) as u16).swap_bytes() as i16 as u32,
            K::Bfi => {
                let mask = field_mask(op.d) << (op.c & 31);
                r!(op.a) = r!(op.a) & !mask | (r!(op.b) << (op.c & 31)) & mask;
            }
            K::Bfc => r!(op.a) &= !(field_mask(op.d) << (op.c & 31)),
            K::Ubfx => r!(op.a) = r!(op.b) >> (op.c & 31) & field_mask(op.d),
            K::Sbfx => {
                let left = (32 - (op.c + op.d)) & 31;
                let right = (32 - op.d) & 31;
                r!(op.a) = ((r!(op.b) << left) as i32 >> right) as u32;
            }

            K::LdrImm => r!(op.a) = self.load_offset::<T, S, 4>(op)?,
            K::LdrReg => r!(op.a) = self.load_register::<T, S, 4>(op)?,
            K::LdrPre => r!(op.a) = self.load_pre::<T, S, 4>(op)?,
            K::LdrPost => r!(op.a) = self.load_post::<T, S, 4>(op)?,
            K::LdrbImm => r!(op.a) = self.load_offset::<T, S, 1>(op)?,
            K::LdrbReg => r!(op.a) = self.load_register::<T, S, 1>(op)?,
            K::LdrbPre => r!(op.a) = self.load_pre::<T, S, 1>(op)?,
            K::LdrbPost => r!(op.a) = self.load_post::<T, S, 1>(op)?,
            K::LdrhImm => r!(op.a) = self.load_offset::<T, S, 2>(op)?,
            K::LdrhReg => r!(op.a) = self.load_register::<T, S, 2>(op)?,
            K::LdrhPre => r!(op.a) = self.load_pre::<T, S, 2>(op)?,
            K::LdrhPost => r!(op.a) = self.load_post::<T, S, 2>(op)?,
            K::LdrsbImm => r!(op.a) = self.load_offset::<T, S, 1>(op)? as i8 as u32,
            K::LdrsbReg => r!(op.a) = self.load_register::<T, S, 1>(op)? as i8 as u32,
            K::LdrsbPre => r!(op.a) = self.load_pre::<T, S, 1>(op)? as i8 as u32,
            K::LdrsbPost => r!(op.a) = self.load_post::<T, S, 1>(op)? as i8 as u32,
            K::LdrshImm => r!(op.a) = self.load_offset::<T, S, 2>(op)? as i16 as u32,
            K::LdrshReg => r!(op.a) = self.load_register::<T, S, 2>(op)? as i16 as u32,
            K::LdrshPre => r!(op.a) = self.load_pre::<T, S, 2>(op)? as i16 as u32,
            K::LdrshPost => r!(op.a) = self.load_post::<T, S, 2>(op)? as i16 as u32,
            K::StrImm => self.store_offset::<T, S, 4>(op)?,
            K::StrReg => self.store_register::<T, S, 4>(op)?,
            K::StrPre => self.store_pre::<T, S, 4>(op)?,
            K::StrPost => self.store_post::<T, S, 4>(op)?,
            K::StrbImm => self.store_offset::<T, S, 1>(op)?,
            K::StrbReg => self.store_register::<T, S, 1>(op)?,
            K::StrbPre => self.store_pre::<T, S, 1>(op)?,
            K::StrbPost => self.store_post::<T, S, 1>(op)?,
            K::StrhImm => self.store_offset::<T, S, 2>(op)?,
            K::StrhReg => self.store_register::<T, S, 2>(op)?,
            K::StrhPre => self.store_pre::<T, S, 2>(op)?,
            K::StrhPost => self.store_post::<T, S, 2>(op)?,
            K::LdrLit => r!(op.a) = self.load_sized::<T, S>(op, op.d, op.imm)?,
            K::LoadUnprivileged => {
                let address = r!(op.b).wrapping_add(op.imm);
                r!(op.a) = self.load_sized::<T, S>(op, op.d, address)?;
            }
            K::StoreUnprivileged => {
                let address = r!(op.b).wrapping_add(op.imm);
                match op.d {
                    literal::BYTE => self.store::<T, S, 1>(op, address, r!(op.a))?,
                    literal::HALF => self.store::<T, S, 2>(op, address, r!(op.a))?,
                    _ => self.store::<T, S, 4>(op, address, r!(op.a))?,
                }
            }
            K::Ldrd | K::LdrdLit => {
                let (first, after) = if kind == K::LdrdLit {
                    (op.imm, None)
                } else {
                    dual_addresses(r!(op.b), op)
                };
                let mut words = [0; 2];
                self.load_words::<T, S>(op, first, &mut words)?;
                let [low, high] = words;
                r!(op.a) = low;
                r!(op.c) = high;
                if let Some(base) = after {
                    r!(op.b) = base;
                }
            }
            K::Strd => {
                let (first, after) = dual_addresses(r!(op.b), op);
                self.store_words::<T, S>(op, first, &[r!(op.a), r!(op.c)])?;
                if let Some(base) = after {
                    r!(op.b) = base;
                }
            }
            K::Ldm | K::LdmPc => {
                if let Some(pc) = self.load_multiple::<T, S>(kind, op)? {
                    self.branch_exchange::<S>(pc)?;
                }
            }
            K::Stm => self.store_multiple::<T, S>(op)?,

            K::Ldrex => {
                let address = r!(op.b).wrapping_add(op.imm);
                self.need_alignment::<S>(address)?;
                r!(op.a) = self.load::<T, S, 4>(op, address)?;
                self.exclusive = Some(address);
            }
            K::Ldrexb => {
                r!(op.a) = self.load::<T, S, 1>(op, r!(op.b))?;
                self.exclusive = Some(r!(op.b));
            }
            K::Ldrexh => {
                let address = r!(op.b);
                if address & 1 != 0 {
                    return Err(self.fault(Fault::Unaligned));
                }
                r!(op.a) = self.load::<T, S, 2>(op, address)?;
                self.exclusive = Some(address);
            }
            K::Strex | K::Strexb | K::Strexh => self.store_exclusive::<T>(op)?,
            K::Clrex => self.exclusive = None,

            K::B => self.jump(op.imm),
            K::BCond => self.jump_if(self.holds(op.a), op.imm),
            K::BEq => self.jump_if(self.z == 0, op.imm),
            K::BNe => self.jump_if(self.z != 0, op.imm),
            K::BCs => self.jump_if(self.c, op.imm),
            K::BCc => self.jump_if(!self.c, op.imm),
            K::BMi => self.jump_if((self.n as i32) < 0, op.imm),
            K::BPl => self.jump_if((self.n as i32) >= 0, op.imm),
            K::BHi => self.jump_if(self.c && self.z != 0, op.imm),
            K::BLs => self.jump_if(!self.c || self.z == 0, op.imm),
            K::BGe => self.jump_if(((self.n ^ self.v) as i32) >= 0, op.imm),
            K::BLt => self.jump_if(((self.n ^ self.v) as i32) < 0, op.imm),
            K::BGt => self.jump_if(self.z != 0 && ((self.n ^ self.v) as i32) >= 0, op.imm),
            K::BLe => self.jump_if(self.z == 0 || ((self.n ^ self.v) as i32) < 0, op.imm),
            K::Bl => {
                self.r[14] = self.next_pc | 1;
                self.jump(op.imm);
            }
            K::Bx => self.branch_exchange::<S>(r!(op.c))?,
            K::Blx => {
                let target = r!(op.c);
                if S {
                    need_plain_target(target)?;
                }
                self.r[14] = self.next_pc | 1;
                self.jumped = true;
                self.next_pc = target & !1;
                if target & 1 == 0 {
                    return Err(self.fault(Fault::InvalidState));
                }
            }
            K::Cbz => self.jump_if(r!(op.b) == 0, op.imm),
            K::Cbnz => self.jump_if(r!(op.b) != 0, op.imm),
            K::Tbb => {
                let offset = self.load::<T, S, 1>(op, r!(op.b).wrapping_add(r!(op.c)))?;
                self.jump(self.next_pc.wrapping_add(2 * offset));
            }
            K::Tbh => {
                let address = r!(op.b).wrapping_add(r!(op.c) << 1);
                let offset = self.load::<T, S, 2>(op, address)?;
                self.jump(self.next_pc.wrapping_add(2 * offset));
            }
            K::MovPc => self.jump(r!(op.c) & !1),
            K::AddPc => self.jump(r!(op.b).wrapping_add(r!(op.c)) & !1),
            K::LdrPcImm => {
                let base = if op.d == 1 { 0 } else { r!(op.b) };
                let target = self.load::<T, S, 4>(op, base.wrapping_add(op.imm))?;
                self.branch_exchange::<S>(target)?;
            }
            K::LdrPcReg => {
                let address = r!(op.b).wrapping_add(r!(op.c) << (op.d & 3));
                let target = self.load::<T, S, 4>(op, address)?;
                self.branch_exchange::<S>(target)?;
            }
            K::LdrPcPre => {
                let address = r!(op.b).wrapping_add(op.imm);
                let target = self.load::<T, S, 4>(op, address)?;
                r!(op.b) = address;
                self.branch_exchange::<S>(target)?;
            }
            K::LdrPcPost => {
                let address = r!(op.b);
                let target = self.load::<T, S, 4>(op, address)?;
                r!(op.b) = address.wrapping_add(op.imm);
                self.branch_exchange::<S>(target)?;
            }

            K::Svc => {
                self.stop = Some(Stop::Supervisor);
                return Err(Trap);
            }
            K::Bkpt => {
                self.stop = Some(Stop::Breakpoint);
                return Err(Trap);
            }
            K::Udf => return Err(self.fault(Fault::Undefined)),
            K::NoCoprocessor => return Err(self.fault(Fault::NoCoprocessor)),
            K::Cps => self.change_processor_state(op),
            K::Mrs => r!(op.a) = self.read_special(op.imm),
            K::Msr => self.write_special(op.imm, op.c, r!(op.b)),
            // What has been written before is visible from here: nothing is buffered.
            K::Isb => {}
            K::Wfi => {
                self.stop = Some(Stop::Sleep { event: false });
                return Err(Trap);
            }
            K::Wfe if !self.take_event() => {
                self.stop = Some(Stop::Sleep { event: true });
                return Err(Trap);
            }
            K::Sev => self.event = true,

            K::Vldr | K::VldrLit => {
                let base = if kind == K::VldrLit { 0 } else { r!(op.b) };
                let address = base.wrapping_add(op.imm);
                if op.d == 0 {
                    self.need_alignment::<S>(address)?;
                    s!(op.a) = self.load::<T, S, 4>(op, address)?;
                } else if S {
                    return Err(Trap);
                } else {
                    let mut words = [0; 2];
                    self.load_words::<T, S>(op, address, &mut words)?;
                    [s!(op.a), s!(op.a + 1)] = words;
                }
            }
            K::Vstr => {
                let address = r!(op.b).wrapping_add(op.imm);
                if op.d == 0 {
                    self.need_alignment::<S>(address)?;
                    self.store::<T, S, 4>(op, address, s!(op.a))?;
                } else if S {
                    return Err(Trap);
                } else {
                    self.store_words::<T, S>(op, address, &[s!(op.a), s!(op.a + 1)])?;
                }
            }
            K::Vldm | K::Vstm => {
                let (first, after) = self.multiple_addresses(op, op.imm);
                let singles = usize::from(op.a)..usize::from(op.a) + usize::from(op.c & 63);
                let mut words = [0; 64];
                let words = &mut words[..singles.len()];
                if kind == K::Vldm {
                    self.load_words::<T, S>(op, first, words)?;
                    self.s[singles].copy_from_slice(words);
                } else {
                    words.copy_from_slice(&self.s[singles]);
                    self.store_words::<T, S>(op, first, words)?;
                }
                if op.d & 2 != 0 {
                    r!(op.b) = after;
                }
            }
            K::VmovToSingle => s!(op.a) = r!(op.b),
            K::VmovFromSingle => r!(op.a) = s!(op.b),
            K::VmovToPair => {
                s!(op.a) = r!(op.b);
                s!(op.a + 1) = r!(op.c);
            }
            K::VmovFromPair => {
                r!(op.a) = s!(op.c);
                r!(op.b) = s!(op.c + 1);
            }
            K::VmovImm => s!(op.a) = op.imm,
            K::Vmov => s!(op.a) = s!(op.b),
            K::Vabs => s!(op.a) = s!(op.b) & 0x7FFF_FFFF,
            K::Vneg => s!(op.a) = s!(op.b) ^ 0x8000_0000,
            K::Vadd => self.arithmetic::<S>(
                op,
                |[_, n, m]| finite(n + m),
                |fp, _, [_, n, m]| fp.add(n, m),
            )?,
            K::Vsub => self.arithmetic::<S>(
                op,
                |[_, n, m]| finite(n - m),
                |fp, _, [_, n, m]| fp.sub(n, m),
            )?,
            K::Vmul => self.arithmetic::<S>(
                op,
                |[_, n, m]| product(n, m),
                |fp, _, [_, n, m]| fp.mul(n, m),
            )?,
            K::Vnmul => self.arithmetic::<S>(
                op,
                |[_, n, m]| product(n, m).map(|product| -product),
                |fp, _, [_, n, m]| fp.mul(n, m) ^ SIGN,
            )?,
            K::Vdiv => self.arithmetic::<S>(
                op,
                |[_, n, m]| plain(n / m),
                |fp, _, [_, n, m]| fp.div(n, m),
            )?,
            K::Vsqrt => self.arithmetic::<S>(
                op,
                |[_, n, _]| plain(n.sqrt()),
                |fp, _, [_, n, _]| fp.sqrt(n),
            )?,
            K::Vmla => self.arithmetic::<S>(
                op,
                |[d, n, m]| finite(d + product(n, m)?),
                |fp, _, operands| chained(fp, operands, 0, 0),
            )?,
            K::Vmls => self.arithmetic::<S>(
                op,
                |[d, n, m]| finite(d - product(n, m)?),
                |fp, _, operands| chained(fp, operands, 0, SIGN),
            )?,
            K::Vnmla => self.arithmetic::<S>(
                op,
                |[d, n, m]| finite(-d - product(n, m)?),
                |fp, _, operands| chained(fp, operands, SIGN, SIGN),
            )?,
            K::Vnmls => self.arithmetic::<S>(
                op,
                |[d, n, m]| finite(product(n, m)? - d),
                |fp, _, operands| chained(fp, operands, SIGN, 0),
            )?,
            K::Vfma => self.arithmetic::<S>(
                op,
                |[d, n, m]| plain(n.mul_add(m, d)),
                |fp, _, [d, n, m]| fp.fused(d, n, m),
            )?,
            K::Vfms => self.arithmetic::<S>(
                op,
                |[d, n, m]| plain((-n).mul_add(m, d)),
                |fp, _, [d, n, m]| fp.fused(d, n ^ SIGN, m),
            )?,
            K::Vfnma => self.arithmetic::<S>(
                op,
                |[d, n, m]| plain((-n).mul_add(m, -d)),
                |fp, _, [d, n, m]| fp.fused(d ^ SIGN, n ^ SIGN, m),
            )?,
            K::Vfnms => self.arithmetic::<S>(
                op,
                |[d, n, m]| plain(n.mul_add(m, -d)),
                |fp, _, [d, n, m]| fp.fused(d ^ SIGN, n, m),
            )?,
            K::Vcmp => self.compare_floats::<S>(op)?,
            K::VcvtFromHalf => self.arithmetic_in_full(op, |fp, op, [_, n, _]| {
                fp.half_to_single((n >> (16 * u32::from(op.d & 1))) as u16)
            }),
            K::VcvtToHalf => {
                self.arithmetic_in_full(op, |fp, op, [d, n, _]| convert_to_half(fp, op, d, n));
            }
            K::VcvtFromInt => self.convert_from_integer::<S>(op)?,
            K::VcvtToInt => self.convert_to_integer::<S>(op)?,
            K::VcvtFixed => {
                self.arithmetic_in_full(op, |fp, op, [d, ..]| convert_fixed(fp, op, d));
            }
            K::Vmrs => {
                if op.a == 15 {
                    self.set_nzcv(self.fpscr >> 28);
                } else {
                    r!(op.a) = self.fpscr;
                }
            }
            K::Vmsr => self.fpscr = r!(op.b) & 0xF7C0_009F,
            // The condition holds; the event was there.
            K::Skip | K::Wfe => {}
            _ => debug_assert!(false, "a fused kind is carried out as its parts"),
        }
        Ok(())
    }

    /// Data processing with a constant shift: see [`K::Shifted`].
    fn shifted(&mut self, op: &Op) {
        let n = self.r[usize::from(op.b)];
        let (m, carry) = self.shift_carry(self.r[usize::from(op.c)], op.d, op.imm & 0xFF);
        let opcode = op.imm >> 8 & 15;
        let s = op.imm & 0x1000 != 0;
        let arithmetic = matches!(opcode, 8 | 10 | 11 | 13 | 14);
        let carry_in = u32::from(self.c);
        let result = match (opcode, s) {
            (0, _) => n & m,
            (1, _) => n & !m,
            (2, _) => n | m,
            (3, _) if op.b == 15 => !m,
            (3, _) => n | !m,
            (4, _) => n ^ m,
            (8, false) => n.wrapping_add(m),
            (8, true) => self.add_flags(n, m),
            (10, false) => n.wrapping_add(m).wrapping_add(carry_in),
            (10, true) => self.adc_flags(n, m),
            (11, false) => n.wrapping_add(!m).wrapping_add(carry_in),
            (11, true) => self.adc_flags(n, !m),
            (13, false) => n.wrapping_sub(m),
            (13, true) => self.sub_flags(n, m),
            (14, false) => m.wrapping_sub(n),
            _ => self.sub_flags(m, n),
        };
        if s && !arithmetic {
            self.set_nz(result);
            self.c = carry;
        }
        // TST, TEQ, CMP and CMN are the forms with destination 15.
        if op.a != 15 {
            self.r[usize::from(op.a)] = result;
        }
    }

    /// Adds to the 64-bit accumulator `d:a`.
    #[inline(always)]
    fn accumulate(&mut self, op: &Op, value: i64) {
        let (low, high) = (usize::from(op.a), usize::from(op.d));
        let old = u64::from(self.r[high]) << 32 | u64::from(self.r[low]);
        let sum = old.wrapping_add(value as u64);
        self.r[low] = sum as u32;
        self.r[high] = (sum >> 32) as u32;
    }

    fn traps_division(&self) -> bool {
        self.system.scb.ccr & crate::system::scb::ccr::DIV_0_TRP != 0
    }

    #[inline(always)]
    pub(super) fn need_alignment<const S: bool>(&mut self, address: u32) -> Result<(), Trap> {
        if address & 3 != 0 {
            return Err(if S {
                Trap
            } else {
                self.fault(Fault::Unaligned)
            });
        }
        Ok(())
    }

    /// First address of LDM, STM, VLDM and VSTM of so many bytes, and the base after it.
    #[inline(always)]
    fn multiple_addresses(&self, op: &Op, bytes: u32) -> (u32, u32) {
        let base = self.r[usize::from(op.b)];
        if op.d & 1 != 0 {
            let start = base.wrapping_sub(bytes);
            (start, start)
        } else {
            (base, base.wrapping_add(bytes))
        }
    }

    /// The bytes in RAM that LDM or STM reaches, if nothing has to be checked.
    #[inline(always)]
    fn multiple_in_ram(&self, op: &Op, address: u32) -> Option<Range<usize>> {
        let start = address.wrapping_sub(self.memory.ram_origin) as usize;
        let end = start + 4 * usize::from(op.c);
        (address & 3 == 0 && end <= self.memory.ram.len()).then_some(start..end)
    }

    /// LDM and POP; the new PC, if it is in the list.
    #[inline(always)]
    fn load_multiple<const T: bool, const S: bool>(
        &mut self,
        kind: K,
        op: &Op,
    ) -> Result<Option<u32>, Trap> {
        let (address, after) = self.multiple_addresses(op, 4 * u32::from(op.c));
        let Some(range) = self.multiple_in_ram(op, address) else {
            if S {
                return Err(Trap);
            }
            return self.load_multiple_checked::<T>(op, address, after);
        };
        if S && kind == K::LdmPc
            && let Some((_, pc)) = self.memory.ram[range.clone()].split_last_chunk()
        {
            need_plain_target(u32::from_le_bytes(*pc))?;
        }
        if T && op.flags != 0 {
            let bank = self.memory.ram_bank(range.start);
            self.last_group = bank & 0xF;
            let waits = u32::from(op.c) * self.slow_bank_waits(bank);
            self.add_load_store_cycles(waits.into());
        }
        if op.d & 2 != 0 {
            self.r[usize::from(op.b)] = after;
        }
        let mut list = op.imm;
        if let Some(bytes) = self.memory.ram.get(range) {
            let words = bytes.chunks_exact(4).map(little_endian::<4>);
            for word in words {
                self.r[(list.trailing_zeros() & 15) as usize] = word;
                list &= list.wrapping_sub(1);
            }
        }
        Ok((kind == K::LdmPc).then_some(self.r[15]))
    }

    /// LDM and POP of other memory, or with timing of their own.
    #[inline(never)]
    fn load_multiple_checked<const T: bool>(
        &mut self,
        op: &Op,
        mut address: u32,
        after: u32,
    ) -> Result<Option<u32>, Trap> {
        self.need_alignment::<LONG>(address)?;
        let mut values = [0; 16];
        let mut list = op.imm;
        while list != 0 {
            let register = list.trailing_zeros() as usize & 15;
            values[register] = self.load::<T, LONG, 4>(op, address)?;
            address = address.wrapping_add(4);
            list &= list - 1;
        }
        if op.d & 2 != 0 {
            self.r[usize::from(op.b)] = after;
        }
        let mut list = op.imm & 0x7FFF;
        while list != 0 {
            let register = list.trailing_zeros() as usize & 15;
            self.r[register] = values[register];
            list &= list - 1;
        }
        Ok((op.kind == K::LdmPc).then_some(values[15]))
    }

    /// STM and PUSH.
    #[inline(always)]
    fn store_multiple<const T: bool, const S: bool>(&mut self, op: &Op) -> Result<(), Trap> {
        let (address, after) = self.multiple_addresses(op, 4 * u32::from(op.c));
        let range = self.multiple_in_ram(op, address);
        let Some(range) = range.filter(|range| !self.memory.may_be_code(range)) else {
            if S {
                return Err(Trap);
            }
            return self.store_multiple_checked::<T>(op, address, after);
        };
        let mut list = op.imm;
        if let Some(bytes) = self.memory.ram.get_mut(range) {
            for word in bytes.chunks_exact_mut(4) {
                let value = self.r[(list.trailing_zeros() & 15) as usize];
                word.copy_from_slice(&value.to_le_bytes());
                list &= list.wrapping_sub(1);
            }
        }
        if op.d & 2 != 0 {
            self.r[usize::from(op.b)] = after;
        }
        Ok(())
    }

    /// STM and PUSH to other memory or over code, or with timing of their own.
    #[inline(never)]
    fn store_multiple_checked<const T: bool>(
        &mut self,
        op: &Op,
        mut address: u32,
        after: u32,
    ) -> Result<(), Trap> {
        self.need_alignment::<LONG>(address)?;
        let mut list = op.imm;
        while list != 0 {
            let register = list.trailing_zeros() as usize & 15;
            self.store::<T, LONG, 4>(op, address, self.r[register])?;
            address = address.wrapping_add(4);
            list &= list - 1;
        }
        if op.d & 2 != 0 {
            self.r[usize::from(op.b)] = after;
        }
        Ok(())
    }

    fn store_exclusive<const T: bool>(&mut self, op: &Op) -> Result<(), Trap> {
        let address = self.r[usize::from(op.b)].wrapping_add(op.imm);
        let aligned = match op.kind {
            K::Strex => address & 3 == 0,
            K::Strexh => address & 1 == 0,
            _ => true,
        };
        if !aligned {
            return Err(self.fault(Fault::Unaligned));
        }
        let value = self.r[usize::from(op.a)];
        let passes = self.exclusive.take() == Some(address);
        if passes {
            match op.kind {
                K::Strexb => self.store::<T, LONG, 1>(op, address, value)?,
                K::Strexh => self.store::<T, LONG, 2>(op, address, value)?,
                _ => self.store::<T, LONG, 4>(op, address, value)?,
            }
        }
        self.r[usize::from(op.c)] = u32::from(!passes);
        Ok(())
    }
}

/// The short way is for branches to Thumb code that don't return from an exception.
#[inline(always)]
fn need_plain_target(target: u32) -> Result<(), Trap> {
    if target & 1 == 0 || target >= 0xF000_0000 {
        return Err(Trap);
    }
    Ok(())
}

/// First address of LDRD and STRD, and the new base if there is write-back.
#[inline(always)]
fn dual_addresses(base: u32, op: &Op) -> (u32, Option<u32>) {
    let indexed = base.wrapping_add(op.imm);
    (
        if op.d & 1 != 0 { indexed } else { base },
        (op.d & 2 != 0).then_some(indexed),
    )
}

/// The top half if bit 0 of `top` is set, else the bottom half, signed.
#[inline(always)]
fn half(value: u32, top: u32) -> i32 {
    i32::from((value >> ((top & 1) << 4)) as i16)
}

/// Products of the bottom and of the top halves; bit 0 of `exchange` swaps those of `m`.
#[inline(always)]
fn products(n: u32, m: u32, exchange: u32) -> (i64, i64) {
    let m = m.rotate_right((exchange & 1) << 4);
    (
        i64::from(half(n, 0) * half(m, 0)),
        i64::from(half(n, 1) * half(m, 1)),
    )
}

/// LSR by 0 to 63.
#[inline(always)]
fn shifted_right(value: u32, by: u32) -> u32 {
    (u64::from(value) >> (by & 63)) as u32
}

#[inline(always)]
fn rotated(value: u32, by: u8) -> u32 {
    value.rotate_right(u32::from(by))
}

/// SXTB16: bytes 0 and 2 to half-words.
#[inline(always)]
fn sign_extend_bytes(value: u32) -> u32 {
    (value as i8 as u32) & 0xFFFF | ((value >> 16) as i8 as u32) << 16
}

#[inline(always)]
fn add_halves(a: u32, b: u32) -> u32 {
    a.wrapping_add(b) & 0xFFFF | (a >> 16).wrapping_add(b >> 16) << 16
}

/// `width` ones, 1 to 32.
#[inline(always)]
fn field_mask(width: u8) -> u32 {
    u32::MAX >> ((32 - width) & 31)
}

/// The shifted operand of SSAT and USAT, as a signed value.
fn saturation_operand(value: u32, op: &Op) -> i64 {
    let value = value as i32;
    i64::from(if op.d == 0 {
        value << (op.imm & 31)
    } else {
        value >> (op.imm & 31)
    })
}

/// Cycles of a divide beyond its static one.
#[inline]
pub(crate) fn divide_cycles(rules: &TimingParameters, dividend: u32, divisor: u32) -> u64 {
    if divisor == 0 || dividend < divisor {
        return rules.divide_short.into();
    }
    let bits = divisor.leading_zeros() - dividend.leading_zeros();
    u64::from(rules.divide_long + bits.div_ceil(rules.divide_bits))
}

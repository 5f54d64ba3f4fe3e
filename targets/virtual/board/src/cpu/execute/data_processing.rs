//! Data processing and shifts (A4.4.1, A4.4.2).

use crate::cpu::op::{Kind as K, Op};
use crate::cpu::{Core, Trap};

use super::{CARRY_UNCHANGED, shifted_right};

impl Core {
    /// Carries out an op of this category: see [`super`].
    #[cfg_attr(optimised, inline(always))]
    pub(in crate::cpu) fn data_processing<const T: bool, const S: bool>(
        &mut self,
        kind: K,
        op: &Op,
    ) -> Result<(), Trap> {
        match kind {
            K::MovImm => self.r[op.a] = op.imm,
            K::MovImmS => self.r[op.a] = self.logic_flags(op.imm, op.d),
            K::AddImm => self.r[op.a] = self.r[op.b].wrapping_add(op.imm),
            K::AddImmS => self.r[op.a] = self.add_flags(self.r[op.b], op.imm),
            K::SubImmS => self.r[op.a] = self.sub_flags(self.r[op.b], op.imm),
            K::RsbImm => self.r[op.a] = op.imm.wrapping_sub(self.r[op.b]),
            K::RsbImmS => self.r[op.a] = self.sub_flags(op.imm, self.r[op.b]),
            K::AdcImm => {
                self.r[op.a] = self.r[op.b]
                    .wrapping_add(op.imm)
                    .wrapping_add(u32::from(self.c));
            }
            K::AdcImmS => self.r[op.a] = self.adc_flags(self.r[op.b], op.imm),
            K::SbcImm => {
                self.r[op.a] = self.r[op.b]
                    .wrapping_add(!op.imm)
                    .wrapping_add(u32::from(self.c));
            }
            K::SbcImmS => self.r[op.a] = self.adc_flags(self.r[op.b], !op.imm),
            K::AndImm => self.r[op.a] = self.r[op.b] & op.imm,
            K::AndImmS => self.r[op.a] = self.logic_flags(self.r[op.b] & op.imm, op.d),
            K::OrrImm => self.r[op.a] = self.r[op.b] | op.imm,
            K::OrrImmS => self.r[op.a] = self.logic_flags(self.r[op.b] | op.imm, op.d),
            K::EorImm => self.r[op.a] = self.r[op.b] ^ op.imm,
            K::EorImmS => self.r[op.a] = self.logic_flags(self.r[op.b] ^ op.imm, op.d),
            K::TstImm => {
                self.logic_flags(self.r[op.b] & op.imm, op.d);
            }
            K::TeqImm => {
                self.logic_flags(self.r[op.b] ^ op.imm, op.d);
            }
            K::CmpImm => {
                self.sub_flags(self.r[op.b], op.imm);
            }
            K::CmnImm => {
                self.add_flags(self.r[op.b], op.imm);
            }
            K::Movt => self.r[op.a] = self.r[op.a] & 0xFFFF | op.imm << 16,
            K::MovReg => self.r[op.a] = self.r[op.c],
            K::MovRegS => self.r[op.a] = self.logic_flags(self.r[op.c], CARRY_UNCHANGED),
            K::MvnReg => self.r[op.a] = !self.r[op.c],
            K::MvnRegS => self.r[op.a] = self.logic_flags(!self.r[op.c], CARRY_UNCHANGED),
            K::AddReg => self.r[op.a] = self.r[op.b].wrapping_add(self.r[op.c]),
            K::AddRegS => self.r[op.a] = self.add_flags(self.r[op.b], self.r[op.c]),
            K::SubReg => self.r[op.a] = self.r[op.b].wrapping_sub(self.r[op.c]),
            K::SubRegS => self.r[op.a] = self.sub_flags(self.r[op.b], self.r[op.c]),
            K::RsbReg => self.r[op.a] = self.r[op.c].wrapping_sub(self.r[op.b]),
            K::RsbRegS => self.r[op.a] = self.sub_flags(self.r[op.c], self.r[op.b]),
            K::AdcReg => {
                self.r[op.a] = self.r[op.b]
                    .wrapping_add(self.r[op.c])
                    .wrapping_add(u32::from(self.c));
            }
            K::AdcRegS => self.r[op.a] = self.adc_flags(self.r[op.b], self.r[op.c]),
            K::SbcReg => {
                self.r[op.a] = self.r[op.b]
                    .wrapping_add(!self.r[op.c])
                    .wrapping_add(u32::from(self.c));
            }
            K::SbcRegS => self.r[op.a] = self.adc_flags(self.r[op.b], !self.r[op.c]),
            K::AndReg => self.r[op.a] = self.r[op.b] & self.r[op.c],
            K::AndRegS => {
                self.r[op.a] = self.logic_flags(self.r[op.b] & self.r[op.c], CARRY_UNCHANGED)
            }
            K::OrrReg => self.r[op.a] = self.r[op.b] | self.r[op.c],
            K::OrrRegS => {
                self.r[op.a] = self.logic_flags(self.r[op.b] | self.r[op.c], CARRY_UNCHANGED)
            }
            K::OrnReg => self.r[op.a] = self.r[op.b] | !self.r[op.c],
            K::OrnRegS => {
                self.r[op.a] = self.logic_flags(self.r[op.b] | !self.r[op.c], CARRY_UNCHANGED)
            }
            K::EorReg => self.r[op.a] = self.r[op.b] ^ self.r[op.c],
            K::EorRegS => {
                self.r[op.a] = self.logic_flags(self.r[op.b] ^ self.r[op.c], CARRY_UNCHANGED)
            }
            K::BicReg => self.r[op.a] = self.r[op.b] & !self.r[op.c],
            K::BicRegS => {
                self.r[op.a] = self.logic_flags(self.r[op.b] & !self.r[op.c], CARRY_UNCHANGED)
            }
            K::TstReg => self.set_nz(self.r[op.b] & self.r[op.c]),
            K::TeqReg => self.set_nz(self.r[op.b] ^ self.r[op.c]),
            K::CmpReg => {
                self.sub_flags(self.r[op.b], self.r[op.c]);
            }
            K::CmnReg => {
                self.add_flags(self.r[op.b], self.r[op.c]);
            }
            K::AddLsl => self.r[op.a] = self.r[op.b].wrapping_add(self.r[op.c] << (op.imm & 31)),
            K::SubLsl => self.r[op.a] = self.r[op.b].wrapping_sub(self.r[op.c] << (op.imm & 31)),
            K::OrrLsl => self.r[op.a] = self.r[op.b] | self.r[op.c] << (op.imm & 31),
            K::AddLsr => {
                self.r[op.a] = self.r[op.b].wrapping_add(shifted_right(self.r[op.c], op.imm))
            }
            K::AddAsr => {
                let shifted = (i64::from(self.r[op.c] as i32) >> (op.imm & 63)) as u32;
                self.r[op.a] = self.r[op.b].wrapping_add(shifted);
            }
            K::OrrLsr => self.r[op.a] = self.r[op.b] | shifted_right(self.r[op.c], op.imm),
            K::AndLsr => self.r[op.a] = self.r[op.b] & shifted_right(self.r[op.c], op.imm),
            K::EorLsl => self.r[op.a] = self.r[op.b] ^ self.r[op.c] << (op.imm & 31),
            K::EorLsr => self.r[op.a] = self.r[op.b] ^ shifted_right(self.r[op.c], op.imm),
            K::Shifted => self.shifted(op),
            K::LslImm => self.r[op.a] = self.r[op.b] << (op.imm & 31),
            K::LslImmS => {
                let wide = u64::from(self.r[op.b]) << (op.imm & 31);
                self.r[op.a] = self.logic_flags(wide as u32, (wide >> 32) as u8 & 1);
            }
            K::LslReg => self.r[op.a] = self.shift_by_register(self.r[op.b], 0, self.r[op.c]).0,
            K::LslRegS => {
                let (result, carry) = self.shift_by_register(self.r[op.b], 0, self.r[op.c]);
                self.r[op.a] = self.logic_flags(result, carry.into());
            }
            K::LsrImm => self.r[op.a] = shifted_right(self.r[op.b], op.imm),
            K::LsrImmS => {
                let wide = self.r[op.b] >> (op.imm.wrapping_sub(1) & 31);
                self.r[op.a] = self.logic_flags(wide >> 1, wide as u8 & 1);
            }
            K::LsrReg => self.r[op.a] = self.shift_by_register(self.r[op.b], 1, self.r[op.c]).0,
            K::LsrRegS => {
                let (result, carry) = self.shift_by_register(self.r[op.b], 1, self.r[op.c]);
                self.r[op.a] = self.logic_flags(result, carry.into());
            }
            K::AsrImm => self.r[op.a] = (i64::from(self.r[op.b] as i32) >> (op.imm & 63)) as u32,
            K::AsrImmS => {
                let wide = self.r[op.b] as i32 >> (op.imm.wrapping_sub(1) & 31);
                self.r[op.a] = self.logic_flags((wide >> 1) as u32, wide as u8 & 1);
            }
            K::AsrImmC => {
                let wide = self.r[op.b] as i32 >> (op.imm.wrapping_sub(1) & 31);
                self.c = wide & 1 != 0;
                self.r[op.a] = (wide >> 1) as u32;
            }
            K::AsrReg => self.r[op.a] = self.shift_by_register(self.r[op.b], 2, self.r[op.c]).0,
            K::AsrRegS => {
                let (result, carry) = self.shift_by_register(self.r[op.b], 2, self.r[op.c]);
                self.r[op.a] = self.logic_flags(result, carry.into());
            }
            K::RorImm => self.r[op.a] = self.r[op.b].rotate_right(op.imm & 31),
            K::RorImmS => self.r[op.a] = self.shift_flags(self.r[op.b], 3, op.imm),
            K::RorReg => self.r[op.a] = self.shift_by_register(self.r[op.b], 3, self.r[op.c]).0,
            K::RorRegS => {
                let (result, carry) = self.shift_by_register(self.r[op.b], 3, self.r[op.c]);
                self.r[op.a] = self.logic_flags(result, carry.into());
            }
            K::Rrx => self.r[op.a] = self.shift_carry(self.r[op.b], 3, 0).0,
            K::RrxS => self.r[op.a] = self.shift_flags(self.r[op.b], 3, 0),
            _ => debug_assert!(false, "{kind:?} is carried out elsewhere"),
        }
        Ok(())
    }

    /// Shift_C (A2.2.1) with a constant amount: 0 of type 3 is RRX, 32 is possible for LSR and
    /// ASR.
    #[cfg_attr(optimised, inline(always))]
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

    /// A shift by a constant, setting N, Z and C.
    #[cfg_attr(optimised, inline(always))]
    fn shift_flags(&mut self, value: u32, kind: u8, amount: u32) -> u32 {
        let (result, carry) = self.shift_carry(value, kind, amount);
        self.logic_flags(result, carry.into())
    }

    /// A shift by the low byte of a register; by 0 it leaves value and carry, whatever the type.
    #[cfg_attr(optimised, inline(always))]
    fn shift_by_register(&self, value: u32, kind: u8, amount: u32) -> (u32, bool) {
        match amount & 0xFF {
            0 => (value, self.c),
            amount => self.shift_carry(value, kind, amount),
        }
    }

    /// Data processing with a constant shift: see [`K::Shifted`].
    fn shifted(&mut self, op: &Op) {
        let n = self.r[op.b];
        let (m, carry) = self.shift_carry(self.r[op.c], op.d, op.imm & 0xFF);
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
            self.r[op.a] = result;
        }
    }
}

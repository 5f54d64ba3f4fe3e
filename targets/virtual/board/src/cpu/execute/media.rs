//! Saturation, packing, extension, parallel arithmetic and bits (A4.4.5 to A4.4.8).

use super::parallel::parallel;
use crate::cpu::op::{Kind as K, Op};
use crate::cpu::{Core, Trap};

impl Core {
    /// Carries out an op of this category: see [`super`].
    #[cfg_attr(optimised, inline(always))]
    pub(in crate::cpu) fn media<const T: bool, const S: bool>(
        &mut self,
        kind: K,
        op: &Op,
    ) -> Result<(), Trap> {
        match kind {
            K::Ssat => {
                let value = saturation_operand(self.r[op.b], op);
                self.r[op.a] = self.saturate_signed(value, op.c.into());
            }
            K::Usat => {
                let value = saturation_operand(self.r[op.b], op);
                self.r[op.a] = self.saturate_unsigned(value, op.c.into());
            }
            K::Ssat16 | K::Usat16 => {
                let n = self.r[op.b];
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
                self.r[op.a] = result;
            }
            K::Qadd | K::Qsub | K::Qdadd | K::Qdsub => {
                let (n, m) = (
                    i64::from(self.r[op.b] as i32),
                    i64::from(self.r[op.c] as i32),
                );
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
                self.r[op.a] = self.saturate_signed(value, 32);
            }
            K::Pkhbt => {
                self.r[op.a] =
                    self.r[op.b] & 0xFFFF | (self.r[op.c] << (op.imm & 31)) & 0xFFFF_0000;
            }
            K::Pkhtb => {
                let low = (i64::from(self.r[op.c] as i32) >> (op.imm & 63)) as u32;
                self.r[op.a] = self.r[op.b] & 0xFFFF_0000 | low & 0xFFFF;
            }
            K::Sxtb => self.r[op.a] = rotated(self.r[op.c], op.d) as i8 as u32,
            K::Sxth => self.r[op.a] = rotated(self.r[op.c], op.d) as i16 as u32,
            K::Uxtb => self.r[op.a] = rotated(self.r[op.c], op.d) & 0xFF,
            K::Uxth => self.r[op.a] = rotated(self.r[op.c], op.d) & 0xFFFF,
            K::Sxtb16 => self.r[op.a] = sign_extend_bytes(rotated(self.r[op.c], op.d)),
            K::Uxtb16 => self.r[op.a] = rotated(self.r[op.c], op.d) & 0x00FF_00FF,
            K::Sxtab => {
                self.r[op.a] = self.r[op.b].wrapping_add(rotated(self.r[op.c], op.d) as i8 as u32);
            }
            K::Sxtah => {
                self.r[op.a] = self.r[op.b].wrapping_add(rotated(self.r[op.c], op.d) as i16 as u32);
            }
            K::Uxtab => {
                self.r[op.a] = self.r[op.b].wrapping_add(rotated(self.r[op.c], op.d) & 0xFF)
            }
            K::Uxtah => {
                self.r[op.a] = self.r[op.b].wrapping_add(rotated(self.r[op.c], op.d) & 0xFFFF)
            }
            K::Sxtab16 => {
                self.r[op.a] =
                    add_halves(self.r[op.b], sign_extend_bytes(rotated(self.r[op.c], op.d)));
            }
            K::Uxtab16 => {
                self.r[op.a] = add_halves(self.r[op.b], rotated(self.r[op.c], op.d) & 0x00FF_00FF);
            }
            K::Parallel => {
                let (result, ge) = parallel(op.imm, self.r[op.b], self.r[op.c]);
                self.r[op.a] = result;
                if let Some(ge) = ge {
                    self.ge = ge;
                }
            }
            K::Sel => {
                let mask = (0..4).fold(0, |mask, i| mask | ((self.ge >> i & 1) * 0xFF) << (8 * i));
                self.r[op.a] = self.r[op.b] & mask | self.r[op.c] & !mask;
            }
            K::Clz => self.r[op.a] = self.r[op.c].leading_zeros(),
            K::Rbit => self.r[op.a] = self.r[op.c].reverse_bits(),
            K::Rev => self.r[op.a] = self.r[op.c].swap_bytes(),
            K::Rev16 => self.r[op.a] = self.r[op.c].swap_bytes().rotate_right(16),
            K::Revsh => self.r[op.a] = (self.r[op.c] as u16).swap_bytes() as i16 as u32,
            K::Bfi => {
                let mask = field_mask(op.d) << (op.c & 31);
                self.r[op.a] = self.r[op.a] & !mask | (self.r[op.b] << (op.c & 31)) & mask;
            }
            K::Bfc => self.r[op.a] &= !(field_mask(op.d) << (op.c & 31)),
            K::Ubfx => self.r[op.a] = self.r[op.b] >> (op.c & 31) & field_mask(op.d),
            K::Sbfx => {
                let left = (32 - (op.c + op.d)) & 31;
                let right = (32 - op.d) & 31;
                self.r[op.a] = ((self.r[op.b] << left) as i32 >> right) as u32;
            }
            _ => debug_assert!(false, "{kind:?} is carried out elsewhere"),
        }
        Ok(())
    }

    /// Saturates a signed value to `bits` bits, setting Q.
    #[cfg_attr(optimised, inline(always))]
    fn saturate_signed(&mut self, value: i64, bits: u32) -> u32 {
        let limit = 1_i64 << (bits - 1);
        let result = value.clamp(-limit, limit - 1);
        self.note_saturation(result != value);
        result as u32
    }

    #[cfg_attr(optimised, inline(always))]
    fn saturate_unsigned(&mut self, value: i64, bits: u32) -> u32 {
        let result = value.clamp(0, (1_i64 << bits) - 1);
        self.note_saturation(result != value);
        result as u32
    }
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

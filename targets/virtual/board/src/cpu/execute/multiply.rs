//! Multiplication and division (A4.4.3, A4.4.4).

use crate::cpu::op::{Kind as K, Op};
use crate::cpu::{Core, Fault, Trap};
use crate::timing::TimingParameters;

use super::CARRY_UNCHANGED;

impl Core {
    /// Carries out an op of this category: see [`super`].
    #[cfg_attr(optimised, inline(always))]
    pub(in crate::cpu) fn multiply<const T: bool, const S: bool>(
        &mut self,
        kind: K,
        op: &Op,
    ) -> Result<(), Trap> {
        match kind {
            K::Mul => self.r[op.a] = self.r[op.b].wrapping_mul(self.r[op.c]),
            K::MulS => {
                self.r[op.a] =
                    self.logic_flags(self.r[op.b].wrapping_mul(self.r[op.c]), CARRY_UNCHANGED)
            }
            K::Mla => {
                self.r[op.a] = self.r[op.b]
                    .wrapping_mul(self.r[op.c])
                    .wrapping_add(self.r[op.d])
            }
            K::Mls => {
                self.r[op.a] = self.r[op.d].wrapping_sub(self.r[op.b].wrapping_mul(self.r[op.c]))
            }
            K::Smull => {
                let product = i64::from(self.r[op.b] as i32) * i64::from(self.r[op.c] as i32);
                self.r[op.a] = product as u32;
                self.r[op.d] = (product >> 32) as u32;
            }
            K::Umull => {
                let product = u64::from(self.r[op.b]) * u64::from(self.r[op.c]);
                self.r[op.a] = product as u32;
                self.r[op.d] = (product >> 32) as u32;
            }
            K::Smlal => {
                let product = i64::from(self.r[op.b] as i32) * i64::from(self.r[op.c] as i32);
                self.accumulate(op, product);
            }
            K::Umlal => {
                let product = u64::from(self.r[op.b]) * u64::from(self.r[op.c]);
                self.accumulate(op, product as i64);
            }
            K::Umaal => {
                let sum = u64::from(self.r[op.b]) * u64::from(self.r[op.c])
                    + u64::from(self.r[op.a])
                    + u64::from(self.r[op.d]);
                self.r[op.a] = sum as u32;
                self.r[op.d] = (sum >> 32) as u32;
            }
            K::Sdiv => {
                let (n, m) = (self.r[op.b] as i32, self.r[op.c] as i32);
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
                self.r[op.a] = if m == 0 { 0 } else { n.wrapping_div(m) as u32 };
            }
            K::Udiv => {
                let (n, m) = (self.r[op.b], self.r[op.c]);
                if m == 0 && self.traps_division() {
                    return Err(self.fault(Fault::DivideByZero));
                }
                if T {
                    self.add_cycles(divide_cycles(&self.timing, n, m));
                }
                self.r[op.a] = n.checked_div(m).unwrap_or(0);
            }
            K::SmulXy => {
                let product = half(self.r[op.b], op.imm >> 1) * half(self.r[op.c], op.imm);
                self.r[op.a] = product as u32;
            }
            K::Smlabb | K::Smlabt | K::Smlatb | K::Smlatt => {
                let first = u32::from(matches!(kind, K::Smlatb | K::Smlatt));
                let second = u32::from(matches!(kind, K::Smlabt | K::Smlatt));
                let product = half(self.r[op.b], first) * half(self.r[op.c], second);
                let (sum, overflow) = product.overflowing_add(self.r[op.d] as i32);
                self.note_saturation(overflow);
                self.r[op.a] = sum as u32;
            }
            K::SmulW | K::SmlaW => {
                let product =
                    (i64::from(self.r[op.b] as i32) * i64::from(half(self.r[op.c], op.imm))) >> 16;
                if kind == K::SmulW {
                    self.r[op.a] = product as u32;
                } else {
                    let (sum, overflow) = (product as i32).overflowing_add(self.r[op.d] as i32);
                    self.note_saturation(overflow);
                    self.r[op.a] = sum as u32;
                }
            }
            K::SmlalXy => {
                let product = half(self.r[op.b], op.imm >> 1) * half(self.r[op.c], op.imm);
                self.accumulate(op, product.into());
            }
            K::Smuad => {
                let (first, second) = products(self.r[op.b], self.r[op.c], op.imm);
                let sum = first + second;
                self.note_saturation(sum != i64::from(sum as i32));
                self.r[op.a] = sum as u32;
            }
            K::Smlad | K::Smladx => {
                let exchange = u32::from(kind == K::Smladx);
                let (first, second) = half_products(self.r[op.b], self.r[op.c], exchange);
                let (both, overflow) = first.overflowing_add(second);
                let (sum, again) = both.overflowing_add(self.r[op.d] as i32);
                // The second overflow can only take back the first one.
                self.note_saturation(overflow != again);
                self.r[op.a] = sum as u32;
            }
            K::Smusd => {
                let (first, second) = products(self.r[op.b], self.r[op.c], op.imm);
                self.r[op.a] = (first - second) as u32;
            }
            K::Smlsd => {
                let (first, second) = products(self.r[op.b], self.r[op.c], op.imm);
                let sum = first - second + i64::from(self.r[op.d] as i32);
                self.note_saturation(sum != i64::from(sum as i32));
                self.r[op.a] = sum as u32;
            }
            K::Smlald => {
                let (first, second) = products(self.r[op.b], self.r[op.c], op.imm);
                self.accumulate(op, first + second);
            }
            K::Smlsld => {
                let (first, second) = products(self.r[op.b], self.r[op.c], op.imm);
                self.accumulate(op, first - second);
            }
            K::Smmla | K::Smmls => {
                let product = i64::from(self.r[op.b] as i32) * i64::from(self.r[op.c] as i32);
                let accumulator = if op.d == 15 {
                    0
                } else {
                    i64::from(self.r[op.d]) << 32
                };
                let sum = if kind == K::Smmla {
                    accumulator.wrapping_add(product)
                } else {
                    accumulator.wrapping_sub(product)
                };
                let rounded = sum.wrapping_add(if op.imm != 0 { 0x8000_0000 } else { 0 });
                self.r[op.a] = (rounded >> 32) as u32;
            }
            K::Usada8 => {
                let (n, m) = (self.r[op.b].to_le_bytes(), self.r[op.c].to_le_bytes());
                let sum: u32 = n
                    .iter()
                    .zip(m)
                    .map(|(&n, m)| u32::from(n.abs_diff(m)))
                    .sum();
                self.r[op.a] = if op.d == 15 {
                    sum
                } else {
                    sum.wrapping_add(self.r[op.d])
                };
            }
            _ => debug_assert!(false, "{kind:?} is carried out elsewhere"),
        }
        Ok(())
    }

    /// Adds to the 64-bit accumulator `d:a`.
    #[inline(always)]
    fn accumulate(&mut self, op: &Op, value: i64) {
        let (low, high) = (op.a, op.d);
        let old = u64::from(self.r[high]) << 32 | u64::from(self.r[low]);
        let sum = old.wrapping_add(value as u64);
        self.r[low] = sum as u32;
        self.r[high] = (sum >> 32) as u32;
    }

    fn traps_division(&self) -> bool {
        self.system.scb.ccr & crate::system::scb::ccr::DIV_0_TRP != 0
    }
}

/// The top half if bit 0 of `top` is set, else the bottom half, signed.
#[inline(always)]
fn half(value: u32, top: u32) -> i32 {
    i32::from((value >> ((top & 1) << 4)) as i16)
}

/// Products of the bottom and of the top halves; bit 0 of `exchange` swaps those of `m`.
#[inline(always)]
fn half_products(n: u32, m: u32, exchange: u32) -> (i32, i32) {
    let m = m.rotate_right((exchange & 1) << 4);
    (half(n, 0) * half(m, 0), half(n, 1) * half(m, 1))
}

/// [`half_products`], where their sum needs more bits.
#[inline(always)]
fn products(n: u32, m: u32, exchange: u32) -> (i64, i64) {
    let (first, second) = half_products(n, m, exchange);
    (first.into(), second.into())
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

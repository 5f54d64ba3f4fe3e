//! What the instructions do: the host's arithmetic where it needs no test, and the rest in full.

use rustc_apfloat::Round;

use super::arithmetic::Arithmetic;
use super::format::{
    EQUAL, FZ, GREATER, IXC, LESS, RMODE, SIGN, TWO_TO_31, TWO_TO_32, is_plain_normal,
};
use crate::cpu::op::Op;
use crate::cpu::{Core, Trap};

/// A result that the host's arithmetic rounds as the core's does: one that is neither tiny, nor
/// infinite, nor no number.
#[inline(always)]
pub(in crate::cpu) fn plain(result: f32) -> Option<f32> {
    is_plain_normal(result.to_bits()).then_some(result)
}

/// A sum that the host's arithmetic rounds as the core's does: a tiny one is exact.
#[inline(always)]
pub(in crate::cpu) fn finite(sum: f32) -> Option<f32> {
    sum.is_finite().then_some(sum)
}

/// A product that the host's arithmetic rounds as the core's does. It is zero only if a factor is.
#[inline(always)]
pub(in crate::cpu) fn product(n: f32, m: f32) -> Option<f32> {
    let product = n * m;
    let plain = is_plain_normal(product.to_bits());
    (plain || product == 0.0 && (n == 0.0 || m == 0.0)).then_some(product)
}

/// An integer that fits the 32 bits of the result.
#[inline(always)]
fn integer(x: u32, signed: bool) -> Option<u32> {
    let fits = if signed {
        x & !SIGN < TWO_TO_31
    } else {
        x < TWO_TO_32
    };
    fits.then_some(f32::from_bits(x) as i64 as u32)
}

/// The operation of an [`Op`] in full, on the singles `a`, `b` and `c`.
type InFull = fn(&mut Arithmetic, &Op, [u32; 3]) -> u32;

impl Core {
    /// Whether, for ordinary results, the host's arithmetic does what FPSCR asks for and leaves no
    /// flag to set: round to nearest, no flush to zero, inexactness noted already.
    #[inline(always)]
    fn rounds_like_host(&self) -> bool {
        self.fpscr & (RMODE | FZ | IXC) == IXC
    }

    #[inline(always)]
    fn single(&self, register: u8) -> u32 {
        self.s[register]
    }

    /// Carries out an operation on the singles `a`, `b` and `c` whose result goes to `a`: as `host`
    /// does, unless that has no result or FPSCR asks for more.
    #[inline(always)]
    pub(in crate::cpu) fn arithmetic<const S: bool>(
        &mut self,
        op: &Op,
        host: impl FnOnce([f32; 3]) -> Option<f32>,
        in_full: InFull,
    ) -> Result<(), Trap> {
        if self.rounds_like_host()
            && let Some(result) = host([op.a, op.b, op.c].map(|at| f32::from_bits(self.single(at))))
        {
            self.s[op.a] = result.to_bits();
        } else if S {
            return Err(Trap);
        } else {
            self.arithmetic_in_full(op, in_full);
        }
        Ok(())
    }

    /// [`Self::arithmetic`] the long way.
    #[inline(never)]
    pub(in crate::cpu) fn arithmetic_in_full(&mut self, op: &Op, in_full: InFull) {
        let mut fp = Arithmetic { fpscr: self.fpscr };
        let operands = [op.a, op.b, op.c].map(|at| self.single(at));
        self.s[op.a] = in_full(&mut fp, op, operands);
        self.fpscr = fp.fpscr;
    }

    /// VCVT from an integer.
    #[inline(always)]
    pub(in crate::cpu) fn convert_from_integer<const S: bool>(
        &mut self,
        op: &Op,
    ) -> Result<(), Trap> {
        if self.rounds_like_host() {
            let converted = integer_operand(op, self.single(op.b)) as f32;
            self.s[op.a] = converted.to_bits();
        } else if S {
            return Err(Trap);
        } else {
            self.arithmetic_in_full(op, |fp, op, [_, n, _]| {
                fp.integer_to_single(integer_operand(op, n))
            });
        }
        Ok(())
    }

    /// VCVT to an integer.
    #[inline(always)]
    pub(in crate::cpu) fn convert_to_integer<const S: bool>(
        &mut self,
        op: &Op,
    ) -> Result<(), Trap> {
        let towards_zero = op.d & 2 == 0;
        if towards_zero
            && self.fpscr & (FZ | IXC) == IXC
            && let Some(integer) = integer(self.single(op.b), op.d & 1 != 0)
        {
            self.s[op.a] = integer;
        } else if S {
            return Err(Trap);
        } else {
            self.arithmetic_in_full(op, |fp, op, [_, n, _]| {
                fp.single_to_integer(n, op.d & 1 != 0, op.d & 2 == 0)
            });
        }
        Ok(())
    }

    /// Compares the singles `a` and `b`.
    #[inline(always)]
    pub(in crate::cpu) fn compare_floats<const S: bool>(&mut self, op: &Op) -> Result<(), Trap> {
        let second = if op.d & 2 != 0 { 0 } else { self.single(op.c) };
        let (n, m) = (f32::from_bits(self.single(op.b)), f32::from_bits(second));
        let flags = if self.fpscr & FZ != 0 || n.is_nan() || m.is_nan() {
            if S {
                return Err(Trap);
            }
            self.compare_in_full(op, n.to_bits(), second)
        } else if n == m {
            EQUAL
        } else if n < m {
            LESS
        } else {
            GREATER
        };
        self.fpscr = self.fpscr & 0x0FFF_FFFF | flags << 28;
        Ok(())
    }

    #[inline(never)]
    fn compare_in_full(&mut self, op: &Op, n: u32, m: u32) -> u32 {
        let mut fp = Arithmetic { fpscr: self.fpscr };
        let flags = fp.compare(n, m, op.d & 1 != 0);
        self.fpscr = fp.fpscr;
        flags
    }
}

/// The operand of VCVT from an integer.
#[inline(always)]
fn integer_operand(op: &Op, n: u32) -> i64 {
    if op.d & 1 != 0 {
        (n as i32).into()
    } else {
        n.into()
    }
}

/// `d + n × m` with two roundings; `SIGN` in `addend` or `product` negates that part.
pub(in crate::cpu) fn chained(
    fp: &mut Arithmetic,
    [d, n, m]: [u32; 3],
    addend: u32,
    product: u32,
) -> u32 {
    let negated_product = fp.mul(n, m) ^ product;
    fp.add(d ^ addend, negated_product)
}

/// Single to half, into the half of `d` that `op` says.
pub(in crate::cpu) fn convert_to_half(fp: &mut Arithmetic, op: &Op, d: u32, n: u32) -> u32 {
    let half = u32::from(fp.single_to_half(n));
    if op.d & 1 != 0 {
        d & 0xFFFF | half << 16
    } else {
        d & 0xFFFF_0000 | half
    }
}

/// VCVT between single and fixed point, in place.
pub(in crate::cpu) fn convert_fixed(fp: &mut Arithmetic, op: &Op, d: u32) -> u32 {
    let (signed, wide) = (op.d & 1 != 0, op.d & 2 != 0);
    if op.d & 4 != 0 {
        let bits = if wide { 32 } else { 16 };
        let value = fp.single_to_fixed(d, op.imm, bits, signed, Round::TowardZero);
        return match (wide, signed) {
            (true, _) => value,
            (false, true) => value as i16 as u32,
            (false, false) => value & 0xFFFF,
        };
    }
    let value = match (wide, signed) {
        (true, true) => i64::from(d as i32),
        (true, false) => i64::from(d),
        (false, true) => i64::from(d as i16),
        (false, false) => i64::from(d as u16),
    };
    fp.fixed_to_single(value, op.imm, Round::NearestTiesToEven)
}

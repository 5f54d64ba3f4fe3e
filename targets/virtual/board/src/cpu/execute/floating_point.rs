//! Floating point (A4.11 to A4.13): what is not arithmetic, and which arithmetic is whose.

use crate::cpu::float::{SIGN, chained, convert_fixed, convert_to_half, finite, plain, product};
use crate::cpu::op::{Kind as K, Op};
use crate::cpu::{Core, Trap};

impl Core {
    /// Carries out an op of this category: see [`super`].
    #[cfg_attr(optimised, inline(always))]
    pub(in crate::cpu) fn floating_point<const T: bool, const S: bool>(
        &mut self,
        kind: K,
        op: &Op,
    ) -> Result<(), Trap> {
        // There is no short way.
        if S && matches!(
            kind,
            K::VcvtFromHalf
                | K::VcvtToHalf
                | K::VcvtFixed
                | K::Vmaxnm
                | K::Vminnm
                | K::Vrint
                | K::VcvtRounded
        ) {
            return Err(Trap);
        }
        match kind {
            K::Vldr | K::VldrLit => {
                let base = if kind == K::VldrLit { 0 } else { self.r[op.b] };
                let address = base.wrapping_add(op.imm);
                if op.d == 0 {
                    self.need_alignment::<S>(address)?;
                    self.s[op.a] = self.load::<T, S, 4>(op, address)?;
                } else if S {
                    return Err(Trap);
                } else {
                    let mut words = [0; 2];
                    self.load_words::<T, S>(op, address, &mut words)?;
                    [self.s[op.a], self.s[op.a + 1]] = words;
                }
            }
            K::Vstr => {
                let address = self.r[op.b].wrapping_add(op.imm);
                if op.d == 0 {
                    self.need_alignment::<S>(address)?;
                    self.store::<T, S, 4>(op, address, self.s[op.a])?;
                } else if S {
                    return Err(Trap);
                } else {
                    self.store_words::<T, S>(op, address, &[self.s[op.a], self.s[op.a + 1]])?;
                }
            }
            K::Vldm | K::Vstm => {
                let (first, after) = self.multiple_addresses(op, op.imm);
                let mut words = [0; 64];
                let words = &mut words[..usize::from(op.c & 63)];
                let singles = (0..).map(|at| op.a + at);
                if kind == K::Vldm {
                    self.load_words::<T, S>(op, first, words)?;
                    for (single, &mut word) in singles.zip(words) {
                        self.s[single] = word;
                    }
                } else {
                    for (single, word) in singles.zip(&mut *words) {
                        *word = self.s[single];
                    }
                    self.store_words::<T, S>(op, first, words)?;
                }
                if op.d & 2 != 0 {
                    self.r[op.b] = after;
                }
            }
            K::VmovToSingle => self.s[op.a] = self.r[op.b],
            K::VmovFromSingle => self.r[op.a] = self.s[op.b],
            K::VmovToPair => {
                self.s[op.a] = self.r[op.b];
                self.s[op.a + 1] = self.r[op.c];
            }
            K::VmovFromPair => {
                self.r[op.a] = self.s[op.c];
                self.r[op.b] = self.s[op.c + 1];
            }
            K::VmovImm => self.s[op.a] = op.imm,
            K::Vmov => self.s[op.a] = self.s[op.b],
            K::Vabs => self.s[op.a] = self.s[op.b] & 0x7FFF_FFFF,
            K::Vneg => self.s[op.a] = self.s[op.b] ^ 0x8000_0000,
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
            K::Vsel => {
                let chosen = if self.holds(op.d) { op.b } else { op.c };
                self.s[op.a] = self.s[chosen];
            }
            K::Vmaxnm => self.arithmetic_in_full(op, |fp, _, [_, n, m]| fp.maximum_number(n, m)),
            K::Vminnm => self.arithmetic_in_full(op, |fp, _, [_, n, m]| fp.minimum_number(n, m)),
            K::Vrint => {
                self.arithmetic_in_full(op, |fp, op, [_, n, _]| fp.round_to_integral(n, op.imm))
            }
            K::VcvtRounded => self.arithmetic_in_full(op, |fp, op, [_, n, _]| {
                let round = fp.rounding(op.imm);
                fp.single_to_fixed(n, 0, 32, op.d & 1 != 0, round)
            }),
            K::Vmrs => {
                if op.a == 15 {
                    self.set_nzcv(self.fpscr >> 28);
                } else {
                    self.r[op.a] = self.fpscr;
                }
            }
            K::Vmsr => self.fpscr = self.r[op.b] & 0xF7C0_009F,
            _ => debug_assert!(false, "{kind:?} is carried out elsewhere"),
        }
        Ok(())
    }
}

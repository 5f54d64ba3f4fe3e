//! Loads and stores (A4.6, A4.7).

use std::ops::Range;

use crate::cpu::bus::little_endian;
use crate::cpu::op::{Kind as K, Op, literal};
use crate::cpu::{Core, Fault, Trap};

use super::LONG;
use super::branch::need_plain_target;

impl Core {
    /// Carries out an op of this category: see [`super`].
    #[cfg_attr(optimised, inline(always))]
    pub(in crate::cpu) fn load_store<const T: bool, const S: bool>(
        &mut self,
        kind: K,
        op: &Op,
    ) -> Result<(), Trap> {
        // There is no short way.
        if S && matches!(
            kind,
            K::LdrdLit
                | K::LoadUnprivileged
                | K::StoreUnprivileged
                | K::LoadAcquire
                | K::StoreRelease
                | K::Ldrex
                | K::Ldrexb
                | K::Ldrexh
                | K::Strex
                | K::Strexb
                | K::Strexh
        ) {
            return Err(Trap);
        }
        match kind {
            K::LdrImm => self.r[op.a] = self.load_offset::<T, S, 4>(op)?,
            K::LdrReg => self.r[op.a] = self.load_register::<T, S, 4>(op)?,
            K::LdrPre => self.r[op.a] = self.load_pre::<T, S, 4>(op)?,
            K::LdrPost => self.r[op.a] = self.load_post::<T, S, 4>(op)?,
            K::LdrbImm => self.r[op.a] = self.load_offset::<T, S, 1>(op)?,
            K::LdrbReg => self.r[op.a] = self.load_register::<T, S, 1>(op)?,
            K::LdrbPre => self.r[op.a] = self.load_pre::<T, S, 1>(op)?,
            K::LdrbPost => self.r[op.a] = self.load_post::<T, S, 1>(op)?,
            K::LdrhImm => self.r[op.a] = self.load_offset::<T, S, 2>(op)?,
            K::LdrhReg => self.r[op.a] = self.load_register::<T, S, 2>(op)?,
            K::LdrhPre => self.r[op.a] = self.load_pre::<T, S, 2>(op)?,
            K::LdrhPost => self.r[op.a] = self.load_post::<T, S, 2>(op)?,
            K::LdrsbImm => self.r[op.a] = self.load_offset::<T, S, 1>(op)? as i8 as u32,
            K::LdrsbReg => self.r[op.a] = self.load_register::<T, S, 1>(op)? as i8 as u32,
            K::LdrsbPre => self.r[op.a] = self.load_pre::<T, S, 1>(op)? as i8 as u32,
            K::LdrsbPost => self.r[op.a] = self.load_post::<T, S, 1>(op)? as i8 as u32,
            K::LdrshImm => self.r[op.a] = self.load_offset::<T, S, 2>(op)? as i16 as u32,
            K::LdrshReg => self.r[op.a] = self.load_register::<T, S, 2>(op)? as i16 as u32,
            K::LdrshPre => self.r[op.a] = self.load_pre::<T, S, 2>(op)? as i16 as u32,
            K::LdrshPost => self.r[op.a] = self.load_post::<T, S, 2>(op)? as i16 as u32,
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
            K::LdrLit => self.r[op.a] = self.load_sized::<T, S>(op, op.d, op.imm)?,
            K::LoadUnprivileged => {
                let address = self.r[op.b].wrapping_add(op.imm);
                self.r[op.a] = self.load_sized::<T, S>(op, op.d, address)?;
            }
            K::StoreUnprivileged => {
                let address = self.r[op.b].wrapping_add(op.imm);
                self.store_sized::<T, S>(op, address)?;
            }
            K::LoadAcquire => {
                let address = self.r[op.b];
                self.need_natural_alignment(op, address)?;
                self.r[op.a] = self.load_sized::<T, S>(op, op.d, address)?;
            }
            K::StoreRelease => {
                let address = self.r[op.b];
                self.need_natural_alignment(op, address)?;
                self.store_sized::<T, S>(op, address)?;
            }
            K::Ldrd | K::LdrdLit => {
                let (first, after) = if kind == K::LdrdLit {
                    (op.imm, None)
                } else {
                    dual_addresses(self.r[op.b], op)
                };
                let mut words = [0; 2];
                self.load_words::<T, S>(op, first, &mut words)?;
                let [low, high] = words;
                self.r[op.a] = low;
                self.r[op.c] = high;
                if let Some(base) = after {
                    self.r[op.b] = base;
                }
            }
            K::Strd => {
                let (first, after) = dual_addresses(self.r[op.b], op);
                self.store_words::<T, S>(op, first, &[self.r[op.a], self.r[op.c]])?;
                if let Some(base) = after {
                    self.r[op.b] = base;
                }
            }
            K::Stm => self.store_multiple::<T, S>(op)?,
            K::Ldrex => {
                let address = self.r[op.b].wrapping_add(op.imm);
                self.need_alignment::<S>(address)?;
                self.r[op.a] = self.load::<T, S, 4>(op, address)?;
                self.exclusive = Some(address);
            }
            K::Ldrexb => {
                self.r[op.a] = self.load::<T, S, 1>(op, self.r[op.b])?;
                self.exclusive = Some(self.r[op.b]);
            }
            K::Ldrexh => {
                let address = self.r[op.b];
                if address & 1 != 0 {
                    return Err(self.fault(Fault::Unaligned));
                }
                self.r[op.a] = self.load::<T, S, 2>(op, address)?;
                self.exclusive = Some(address);
            }
            K::Strex | K::Strexb | K::Strexh => self.store_exclusive::<T>(op)?,
            K::Clrex => self.exclusive = None,
            K::Ldm | K::Ldm2 | K::LdmPc => {
                if let Some(pc) = self.load_multiple::<T, S>(kind, op)? {
                    self.branch_exchange::<S>(pc)?;
                }
            }
            _ => debug_assert!(false, "{kind:?} is carried out elsewhere"),
        }
        Ok(())
    }

    /// Base register plus immediate.
    #[inline(always)]
    fn offset_address(&self, op: &Op) -> u32 {
        self.r[op.b].wrapping_add(op.imm)
    }

    /// Base register plus shifted index register.
    #[inline(always)]
    fn register_address(&self, op: &Op) -> u32 {
        let index = self.r[op.c] << (op.d & 3);
        self.r[op.b].wrapping_add(index)
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
        self.r[op.b] = address;
        Ok(value)
    }

    /// Post-indexed.
    #[inline(always)]
    fn load_post<const T: bool, const S: bool, const N: usize>(
        &mut self,
        op: &Op,
    ) -> Result<u32, Trap> {
        let base = op.b;
        let value = self.load::<T, S, N>(op, self.r[base])?;
        self.r[base] = self.r[base].wrapping_add(op.imm);
        Ok(value)
    }

    #[inline(always)]
    fn store_offset<const T: bool, const S: bool, const N: usize>(
        &mut self,
        op: &Op,
    ) -> Result<(), Trap> {
        self.store::<T, S, N>(op, self.offset_address(op), self.r[op.a])
    }

    #[inline(always)]
    fn store_register<const T: bool, const S: bool, const N: usize>(
        &mut self,
        op: &Op,
    ) -> Result<(), Trap> {
        self.store::<T, S, N>(op, self.register_address(op), self.r[op.a])
    }

    #[inline(always)]
    fn store_pre<const T: bool, const S: bool, const N: usize>(
        &mut self,
        op: &Op,
    ) -> Result<(), Trap> {
        let address = self.offset_address(op);
        self.store::<T, S, N>(op, address, self.r[op.a])?;
        self.r[op.b] = address;
        Ok(())
    }

    #[inline(always)]
    fn store_post<const T: bool, const S: bool, const N: usize>(
        &mut self,
        op: &Op,
    ) -> Result<(), Trap> {
        let base = op.b;
        self.store::<T, S, N>(op, self.r[base], self.r[op.a])?;
        self.r[base] = self.r[base].wrapping_add(op.imm);
        Ok(())
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

    /// A store of the width of [`literal`] in `d`.
    #[inline(always)]
    fn store_sized<const T: bool, const S: bool>(
        &mut self,
        op: &Op,
        address: u32,
    ) -> Result<(), Trap> {
        match op.d {
            literal::BYTE => self.store::<T, S, 1>(op, address, self.r[op.a]),
            literal::HALF => self.store::<T, S, 2>(op, address, self.r[op.a]),
            _ => self.store::<T, S, 4>(op, address, self.r[op.a]),
        }
    }

    /// The alignment that the width of [`literal`] in `d` asks for.
    fn need_natural_alignment(&mut self, op: &Op, address: u32) -> Result<(), Trap> {
        let mask = match op.d {
            literal::BYTE => 0,
            literal::HALF => 1,
            _ => 3,
        };
        if address & mask != 0 {
            return Err(self.fault(Fault::Unaligned));
        }
        Ok(())
    }

    #[inline(always)]
    pub(in crate::cpu) fn need_alignment<const S: bool>(
        &mut self,
        address: u32,
    ) -> Result<(), Trap> {
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
    pub(super) fn multiple_addresses(&self, op: &Op, bytes: u32) -> (u32, u32) {
        let base = self.r[op.b];
        if op.d & 1 != 0 {
            let start = base.wrapping_sub(bytes);
            (start, start)
        } else {
            (base, base.wrapping_add(bytes))
        }
    }

    /// The bytes in RAM that LDM or STM reaches, if nothing has to be checked.
    #[inline(always)]
    fn multiple_in_ram(&self, words: u8, address: u32) -> Option<Range<usize>> {
        let start = address.wrapping_sub(self.memory.ram_origin) as usize;
        let end = start + 4 * usize::from(words);
        (address & 3 == 0 && end <= self.memory.ram.len()).then_some(start..end)
    }

    /// LDM and POP; the new PC, if it is in the list.
    #[inline(always)]
    fn load_multiple<const T: bool, const S: bool>(
        &mut self,
        kind: K,
        op: &Op,
    ) -> Result<Option<u32>, Trap> {
        let words = if kind == K::Ldm2 { 2 } else { op.c };
        let (address, after) = self.multiple_addresses(op, 4 * u32::from(words));
        let Some(range) = self.multiple_in_ram(words, address) else {
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
            // It overlaps with nothing before it, so it waits for no more than the bank.
            self.ram_load_waits(op, range.start);
        }
        if op.d & 2 != 0 {
            self.r[op.b] = after;
        }
        if kind == K::Ldm2 {
            if let Some([low, high]) = self.memory.ram.get(range).map(|it| it.as_chunks().0) {
                self.r[op.a & 15] = u32::from_le_bytes(*low);
                self.r[op.a >> 4] = u32::from_le_bytes(*high);
            }
            return Ok(None);
        }
        let mut list = op.imm;
        if let Some(bytes) = self.memory.ram.get(range) {
            let words = bytes.chunks_exact(4).map(little_endian::<4>);
            for word in words {
                self.r[(list.trailing_zeros() & 15) as u8] = word;
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
            self.r[op.b] = after;
        }
        let mut list = op.imm & 0x7FFF;
        while list != 0 {
            let register = list.trailing_zeros() as u8 & 15;
            self.r[register] = values[usize::from(register)];
            list &= list - 1;
        }
        Ok((op.kind == K::LdmPc).then_some(values[15]))
    }

    /// STM and PUSH.
    #[inline(always)]
    fn store_multiple<const T: bool, const S: bool>(&mut self, op: &Op) -> Result<(), Trap> {
        let (address, after) = self.multiple_addresses(op, 4 * u32::from(op.c));
        let range = self.multiple_in_ram(op.c, address);
        let Some(range) = range.filter(|range| !self.memory.may_be_code(range)) else {
            if S {
                return Err(Trap);
            }
            return self.store_multiple_checked::<T>(op, address, after);
        };
        let mut list = op.imm;
        if let Some(bytes) = self.memory.ram.get_mut(range) {
            for word in bytes.chunks_exact_mut(4) {
                let value = self.r[(list.trailing_zeros() & 15) as u8];
                word.copy_from_slice(&value.to_le_bytes());
                list &= list.wrapping_sub(1);
            }
        }
        if op.d & 2 != 0 {
            self.r[op.b] = after;
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
            let register = list.trailing_zeros() as u8 & 15;
            self.store::<T, LONG, 4>(op, address, self.r[register])?;
            address = address.wrapping_add(4);
            list &= list - 1;
        }
        if op.d & 2 != 0 {
            self.r[op.b] = after;
        }
        Ok(())
    }

    fn store_exclusive<const T: bool>(&mut self, op: &Op) -> Result<(), Trap> {
        let address = self.r[op.b].wrapping_add(op.imm);
        let aligned = match op.kind {
            K::Strex => address & 3 == 0,
            K::Strexh => address & 1 == 0,
            _ => true,
        };
        if !aligned {
            return Err(self.fault(Fault::Unaligned));
        }
        let value = self.r[op.a];
        let passes = self.exclusive.take() == Some(address);
        if passes {
            match op.kind {
                K::Strexb => self.store::<T, LONG, 1>(op, address, value)?,
                K::Strexh => self.store::<T, LONG, 2>(op, address, value)?,
                _ => self.store::<T, LONG, 4>(op, address, value)?,
            }
        }
        self.r[op.c] = u32::from(!passes);
        Ok(())
    }
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

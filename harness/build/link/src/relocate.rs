//! Writes addresses into sections (ELF for the Arm Architecture, 5.6).

use object::elf::{
    R_ARM_ABS32, R_ARM_NONE, R_ARM_REL32, R_ARM_THM_JUMP24, R_ARM_THM_MOVT_ABS,
    R_ARM_THM_MOVW_ABS_NC, R_ARM_THM_PC11, R_ARM_THM_PC22, STT_FUNC,
};

use super::LinkError;
use super::debug::{Debug, tombstone};
use super::layout::Layout;
use super::objects::{Kind, Objects, Relocation, Section};

/// The address of every symbol; none of one that was left out.
pub(crate) struct Values(Vec<Option<u32>>);

impl Values {
    pub fn new(objects: &Objects, layout: &Layout, debug: &Debug) -> Self {
        let value = |symbol: &super::Symbol| match symbol.section {
            Some(section) => {
                let start = layout.addresses.get(&section);
                let start = start.or_else(|| debug.offsets.get(&section));
                start.map(|start| start.wrapping_add(symbol.value))
            }
            None => layout.names.get(symbol.name.as_str()).copied(),
        };
        Self(objects.symbols.iter().map(value).collect())
    }

    /// The address of the symbol at `index`, if it is in the image.
    pub fn get(&self, index: u32) -> Option<u32> {
        self.0.get(index as usize).copied().flatten()
    }

    /// The bytes of a section that begins at `address`, with all addresses in them.
    pub fn write(
        &self,
        objects: &Objects,
        section: &Section,
        address: u32,
    ) -> Result<Vec<u8>, LinkError> {
        let mut bytes = section.bytes.clone();
        for relocation in &section.relocations {
            let wrong = |problem: &str| LinkError::Relocation {
                section: section.name.clone(),
                problem: format!("at {:#x}, {problem}", relocation.offset),
            };
            let Some(value) = self.get(relocation.symbol) else {
                if section.kind != Kind::Debug {
                    return Err(wrong("it refers to what isn't there"));
                }
                let place = bytes
                    .get_mut(relocation.offset as usize..)
                    .and_then(|it| it.first_chunk_mut());
                *place.ok_or_else(|| wrong("it is outside"))? =
                    tombstone(&section.name).to_le_bytes();
                continue;
            };
            let symbol = &objects.symbols[relocation.symbol as usize];
            let is_function = symbol.kind == STT_FUNC;
            apply(&mut bytes, relocation, address, value, is_function).map_err(|it| wrong(&it))?;
        }
        Ok(bytes)
    }
}

/// What is added to a symbol's address, of the kinds that constants are referred to by.
pub(crate) fn addend(bytes: &[u8], relocation: &Relocation) -> Option<i32> {
    let place = bytes.get(relocation.offset as usize..)?.first_chunk()?;
    match relocation.kind {
        R_ARM_ABS32 => Some(i32::from_le_bytes(*place)),
        R_ARM_THM_MOVW_ABS_NC | R_ARM_THM_MOVT_ABS => Some(wide_immediate(halves(place)).into()),
        _ => None,
    }
}

/// Changes what [`addend`] gives.
pub(crate) fn set_addend(bytes: &mut [u8], relocation: &Relocation, addend: i32) {
    let place = bytes.get_mut(relocation.offset as usize..);
    if let Some(place) = place.and_then(|it| it.first_chunk_mut()) {
        *place = match relocation.kind {
            R_ARM_ABS32 => addend.to_le_bytes(),
            _ => bytes_of(with_wide_immediate(halves(place), addend as u16)),
        };
    }
}

/// Writes one address. `address` is where `bytes` begin, `value` that of the symbol.
fn apply(
    bytes: &mut [u8],
    relocation: &Relocation,
    address: u32,
    value: u32,
    is_function: bool,
) -> Result<(), String> {
    let offset = relocation.offset as usize;
    let here = address.wrapping_add(relocation.offset);
    if relocation.kind == R_ARM_THM_PC11 {
        let place = bytes.get_mut(offset..).and_then(|it| it.first_chunk_mut());
        return short_branch(place.ok_or("it is outside")?, here, value);
    }
    let place = bytes
        .get_mut(offset..)
        .and_then(|it| it.first_chunk_mut::<4>());
    let place = place.ok_or("it is outside")?;
    match relocation.kind {
        R_ARM_NONE => {}
        R_ARM_ABS32 => {
            let word = u32::from_le_bytes(*place).wrapping_add(value);
            *place = word.to_le_bytes();
        }
        R_ARM_REL32 => {
            let word = u32::from_le_bytes(*place).wrapping_add(value);
            *place = word.wrapping_sub(here).to_le_bytes();
        }
        R_ARM_THM_MOVW_ABS_NC | R_ARM_THM_MOVT_ABS => {
            let halves = halves(place);
            let value = value.wrapping_add_signed(wide_immediate(halves).into());
            let shift = if relocation.kind == R_ARM_THM_MOVT_ABS {
                16
            } else {
                0
            };
            *place = bytes_of(with_wide_immediate(halves, (value >> shift) as u16));
        }
        R_ARM_THM_PC22 | R_ARM_THM_JUMP24 => {
            if is_function && value & 1 == 0 {
                return Err("a branch to a function that isn't Thumb".to_owned());
            }
            let halves = halves(place);
            let target = (value & !1).wrapping_add_signed(branch_offset(halves));
            let distance = target.wrapping_sub(here).cast_signed();
            if !(-(1 << 24)..1 << 24).contains(&distance) {
                return Err(format!("a branch of {distance} bytes is too far"));
            }
            *place = bytes_of(with_branch_offset(halves, distance));
        }
        kind => return Err(format!("the relocation {kind} isn't known")),
    }
    Ok(())
}

/// B of 16 bits (A7.7.12, encoding T2), which has 11 bits for half the distance.
fn short_branch(place: &mut [u8; 2], here: u32, value: u32) -> Result<(), String> {
    let code = u16::from_le_bytes(*place);
    let added = i32::from((code << 5).cast_signed() >> 4);
    let target = (value & !1).wrapping_add_signed(added);
    let distance = target.wrapping_sub(here).cast_signed();
    if !(-(1 << 11)..1 << 11).contains(&distance) {
        return Err(format!("a branch of {distance} bytes is too far"));
    }
    let code = code & 0xF800 | (distance >> 1) as u16 & 0x7FF;
    *place = code.to_le_bytes();
    Ok(())
}

fn halves(bytes: &[u8; 4]) -> [u16; 2] {
    let [a, b, c, d] = *bytes;
    [u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d])]
}

fn bytes_of([first, second]: [u16; 2]) -> [u8; 4] {
    let ([a, b], [c, d]) = (first.to_le_bytes(), second.to_le_bytes());
    [a, b, c, d]
}

/// imm4:i:imm3:imm8 of MOVW and MOVT (Armv7-M Architecture Reference Manual, A7.7.76, encoding T3), as
/// the signed addend that it is before anything was written.
fn wide_immediate([first, second]: [u16; 2]) -> i16 {
    let value =
        (first & 0xF) << 12 | (first >> 10 & 1) << 11 | (second >> 12 & 7) << 8 | second & 0xFF;
    value.cast_signed()
}

fn with_wide_immediate([first, second]: [u16; 2], value: u16) -> [u16; 2] {
    [
        first & !0x040F | value >> 12 | (value >> 11 & 1) << 10,
        second & !0x70FF | (value >> 8 & 7) << 12 | value & 0xFF,
    ]
}

/// S:I1:I2:imm10:imm11:0 of BL and B (A7.7.18, encoding T1; A7.7.12, encoding T4).
fn branch_offset([first, second]: [u16; 2]) -> i32 {
    let [first, second] = [first, second].map(i32::from);
    let sign = first >> 10 & 1;
    let [i1, i2] = [second >> 13, second >> 11].map(|j| !(j ^ sign) & 1);
    let bits = sign << 24 | i1 << 23 | i2 << 22 | (first & 0x3FF) << 12 | (second & 0x7FF) << 1;
    bits << 7 >> 7
}

fn with_branch_offset([first, second]: [u16; 2], offset: i32) -> [u16; 2] {
    let sign = offset >> 24 & 1;
    let [j1, j2] = [offset >> 23, offset >> 22].map(|i| !(i ^ sign) & 1);
    let [high, low] = [
        sign << 10 | offset >> 12 & 0x3FF,
        j1 << 13 | j2 << 11 | offset >> 1 & 0x7FF,
    ];
    [first & 0xF800 | high as u16, second & 0xD000 | low as u16]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn instructions_hold_what_the_manual_says() {
        // bl .-4 of an object file, movw r0, #0xABCD, movt r1, #0x1234.
        assert_eq!(branch_offset([0xF7FF, 0xFFFE]), -4);
        assert_eq!(
            with_branch_offset([0xF7FF, 0xFFFE], 0x1234),
            [0xF001, 0xF91A]
        );
        assert_eq!(
            with_wide_immediate([0xF240, 0x0000], 0xABCD),
            [0xF64A, 0x30CD]
        );
        assert_eq!(
            with_wide_immediate([0xF2C0, 0x0100], 0x1234),
            [0xF2C1, 0x2134]
        );
    }

    #[test]
    fn a_short_branch_reaches_two_kilobytes() {
        // b .-4 of an object file.
        let branch = |here, value| {
            let mut place = 0xE7FE_u16.to_le_bytes();
            short_branch(&mut place, here, value).map(|()| u16::from_le_bytes(place))
        };
        assert_eq!(branch(0x1000, 0x1000 + 1), Ok(0xE7FE));
        assert_eq!(branch(0x1000, 0x1010 + 1), Ok(0xE006));
        assert_eq!(
            branch(0x1000, 0x1804),
            Err("a branch of 2048 bytes is too far".to_owned())
        );
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(value: u16, offset in -(1 << 23)..1 << 23, code: [u16; 2]) {
            let offset: i32 = 2 * offset;
            prop_assert_eq!(branch_offset(with_branch_offset(code, offset)), offset);
            prop_assert_eq!(wide_immediate(with_wide_immediate(code, value)), value.cast_signed());
        }
    }
}

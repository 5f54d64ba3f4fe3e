//! The instructions of which the sequences are made, as half-words (Armv7-M Architecture
//! Reference Manual, A7.7; the encoding is named with each). Registers are numbers below 16, below
//! 8 for the 16-bit encodings; offsets are in bytes. Those of 16 bits, the barriers and the special registers
//! are Armv6-M's too, but for IT, CBZ and CBNZ.

mod branch;
mod data;
mod float;
mod memory;
mod system;

pub use branch::*;
pub use data::*;
pub use float::*;
pub use memory::*;
pub use system::*;

/// Half-words of one instruction or several.
pub type Code = Vec<u16>;

/// One cycle, no effect, and unlike NOP never absorbed by a load before it: `mov r12, r12`
/// (MOV register, T1).
pub const FILL: u16 = 0x46E4;
/// NOP, T1.
pub const NOP: u16 = 0xBF00;

/// `count` times [`FILL`].
pub fn fill(count: usize) -> Code {
    vec![FILL; count]
}

/// `count` times `code`.
pub fn repeat(code: &[u16], count: usize) -> Code {
    code.repeat(count)
}

/// One after the other.
pub fn join(parts: &[&[u16]]) -> Code {
    parts.concat()
}

fn wide(first: u16, second: u16) -> Code {
    vec![first, second]
}

/// Compares instructions with the half-words that an assembler makes of their text.
#[cfg(test)]
fn check(cases: &[(&str, Code, &[u16])]) {
    for (text, code, expected) in cases {
        assert_eq!(code, expected, "{text}");
    }
}

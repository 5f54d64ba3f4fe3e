//! A small Thumb assembler: what the images need around the instructions under test.

/// A place in the code that branches can name before it is known.
#[derive(Clone, Copy, Debug)]
pub struct Label(usize);

#[derive(Clone, Copy, Debug)]
enum Fix {
    /// B.W, T4.
    Branch,
    /// B<c>.W, T3, with its condition.
    Conditional(u32),
    /// BL.
    Link,
    /// MOVW and MOVT of the address with bit 0 set.
    Address(u32),
}

/// Condition codes (A7.3).
pub mod condition {
    pub const EQ: u32 = 0;
    pub const NE: u32 = 1;
    pub const LS: u32 = 9;
}

/// Code under construction at a fixed address.
#[derive(Clone, Debug)]
pub struct Assembler {
    origin: u32,
    halves: Vec<u16>,
    labels: Vec<Option<u32>>,
    fixes: Vec<(usize, Label, Fix)>,
}

impl Assembler {
    pub fn new(origin: u32) -> Self {
        Self {
            origin,
            halves: Vec::new(),
            labels: Vec::new(),
            fixes: Vec::new(),
        }
    }

    /// Address of the next instruction.
    pub fn here(&self) -> u32 {
        self.origin + 2 * self.halves.len() as u32
    }

    /// A 16-bit instruction.
    pub fn narrow(&mut self, half: u32) -> &mut Self {
        self.halves.push(half as u16);
        self
    }

    /// A 32-bit instruction, first half-word in the high bits.
    pub fn wide(&mut self, word: u32) -> &mut Self {
        self.narrow(word >> 16).narrow(word & 0xFFFF)
    }

    /// A data word; the place must be aligned.
    pub fn word(&mut self, value: u32) -> &mut Self {
        self.narrow(value & 0xFFFF).narrow(value >> 16)
    }

    /// Overwrites a data word.
    pub fn set_word(&mut self, address: u32, value: u32) {
        let at = (address - self.origin) as usize / 2;
        self.halves[at] = value as u16;
        self.halves[at + 1] = (value >> 16) as u16;
    }

    /// NOP up to a multiple of `bytes`.
    pub fn align(&mut self, bytes: u32) -> &mut Self {
        while !self.here().is_multiple_of(bytes) {
            self.narrow(0xBF00);
        }
        self
    }

    pub fn label(&mut self) -> Label {
        self.labels.push(None);
        Label(self.labels.len() - 1)
    }

    pub fn bind(&mut self, label: Label) -> &mut Self {
        self.labels[label.0] = Some(self.here());
        self
    }

    /// A new label bound here.
    pub fn mark(&mut self) -> Label {
        let label = self.label();
        self.bind(label);
        label
    }

    fn fix(&mut self, label: Label, fix: Fix, words: u32) -> &mut Self {
        self.fixes.push((self.halves.len(), label, fix));
        for _ in 0..words {
            self.wide(0);
        }
        self
    }

    pub fn b(&mut self, to: Label) -> &mut Self {
        self.fix(to, Fix::Branch, 1)
    }

    pub fn b_if(&mut self, condition: u32, to: Label) -> &mut Self {
        self.fix(to, Fix::Conditional(condition), 1)
    }

    pub fn bl(&mut self, to: Label) -> &mut Self {
        self.fix(to, Fix::Link, 1)
    }

    /// `rd = label | 1`
    pub fn address(&mut self, rd: u32, of: Label) -> &mut Self {
        self.fix(of, Fix::Address(rd), 2)
    }

    /// `rd = value`, by MOVW and MOVT.
    pub fn mov32(&mut self, rd: u32, value: u32) -> &mut Self {
        self.wide(movw(rd, value)).wide(movt(rd, value))
    }

    /// `ldr rt, [rn, #offset]`
    pub fn ldr(&mut self, rt: u32, rn: u32, offset: u32) -> &mut Self {
        self.wide(0xF8D0_0000 | rn << 16 | rt << 12 | offset)
    }

    /// `str rt, [rn, #offset]`
    pub fn str(&mut self, rt: u32, rn: u32, offset: u32) -> &mut Self {
        self.wide(0xF8C0_0000 | rn << 16 | rt << 12 | offset)
    }

    /// `ldr rt, [rn], #4`
    pub fn ldr_next(&mut self, rt: u32, rn: u32) -> &mut Self {
        self.wide(0xF850_0B04 | rn << 16 | rt << 12)
    }

    /// `str rt, [rn], #4`
    pub fn str_next(&mut self, rt: u32, rn: u32) -> &mut Self {
        self.wide(0xF840_0B04 | rn << 16 | rt << 12)
    }

    /// `ldmia rn!, {list}`
    pub fn ldm(&mut self, rn: u32, list: u32) -> &mut Self {
        self.wide(0xE8B0_0000 | rn << 16 | list)
    }

    /// `stmia rn!, {list}`
    pub fn stm(&mut self, rn: u32, list: u32) -> &mut Self {
        self.wide(0xE8A0_0000 | rn << 16 | list)
    }

    /// `mov rd, rm`, any registers.
    pub fn mov(&mut self, rd: u32, rm: u32) -> &mut Self {
        self.narrow(0x4600 | (rd & 8) << 4 | rm << 3 | rd & 7)
    }

    /// `movs rd, #imm`, low register.
    pub fn movs(&mut self, rd: u32, imm: u32) -> &mut Self {
        self.narrow(0x2000 | rd << 8 | imm)
    }

    /// `adds rd, #imm`, low register.
    pub fn adds(&mut self, rd: u32, imm: u32) -> &mut Self {
        self.narrow(0x3000 | rd << 8 | imm)
    }

    /// `subs rd, #imm`, low register.
    pub fn subs(&mut self, rd: u32, imm: u32) -> &mut Self {
        self.narrow(0x3800 | rd << 8 | imm)
    }

    /// `cmp rn, #imm`, low register.
    pub fn cmp(&mut self, rn: u32, imm: u32) -> &mut Self {
        self.narrow(0x2800 | rn << 8 | imm)
    }

    /// `bx rm`
    pub fn bx(&mut self, rm: u32) -> &mut Self {
        self.narrow(0x4700 | rm << 3)
    }

    /// `mrs rd, special`
    pub fn mrs(&mut self, rd: u32, special: u32) -> &mut Self {
        self.wide(0xF3EF_8000 | rd << 8 | special)
    }

    /// `msr special, rn`; of the APSR all flags.
    pub fn msr(&mut self, special: u32, rn: u32) -> &mut Self {
        let mask = if special < 4 { 3 } else { 2 };
        self.wide(0xF380_8000 | rn << 16 | mask << 10 | special)
    }

    /// Stores `value` at `address` through `r0` and `r1`.
    pub fn poke(&mut self, address: u32, value: u32) -> &mut Self {
        self.mov32(0, address).mov32(1, value).str(1, 0, 0)
    }

    /// Resolves the labels.
    ///
    /// # Panics
    /// A label that was never bound, or is too far away for its branch.
    pub fn finish(mut self) -> Vec<u8> {
        for (at, label, fix) in std::mem::take(&mut self.fixes) {
            let target = self.labels[label.0].expect("bound label");
            let next = self.origin + 2 * at as u32 + 4;
            let offset = target.wrapping_sub(next);
            let words = match fix {
                Fix::Branch => vec![branch(offset)],
                Fix::Link => vec![branch(offset) | 0x4000],
                Fix::Conditional(condition) => vec![branch_if(condition, offset)],
                Fix::Address(rd) => vec![movw(rd, target | 1), movt(rd, target | 1)],
            };
            for (i, word) in words.into_iter().enumerate() {
                self.halves[at + 2 * i] = (word >> 16) as u16;
                self.halves[at + 2 * i + 1] = word as u16;
            }
        }
        self.halves
            .iter()
            .flat_map(|half| half.to_le_bytes())
            .collect()
    }
}

fn wide_immediate(rd: u32, imm: u32) -> u32 {
    (imm >> 12 & 0xF) << 16 | (imm >> 11 & 1) << 26 | (imm >> 8 & 7) << 12 | rd << 8 | imm & 0xFF
}

fn movw(rd: u32, value: u32) -> u32 {
    0xF240_0000 | wide_immediate(rd, value & 0xFFFF)
}

fn movt(rd: u32, value: u32) -> u32 {
    0xF2C0_0000 | wide_immediate(rd, value >> 16)
}

/// B.W (T4) by `offset` from the PC.
pub fn branch(offset: u32) -> u32 {
    let s = offset >> 24 & 1;
    let j1 = !(offset >> 23 ^ s) & 1;
    let j2 = !(offset >> 22 ^ s) & 1;
    0xF000_9000 | s << 26 | (offset >> 12 & 0x3FF) << 16 | j1 << 13 | j2 << 11 | offset >> 1 & 0x7FF
}

/// B<c>.W (T3) by `offset` from the PC.
pub fn branch_if(condition: u32, offset: u32) -> u32 {
    let (s, j2, j1) = (offset >> 20 & 1, offset >> 19 & 1, offset >> 18 & 1);
    0xF000_8000
        | s << 26
        | condition << 22
        | (offset >> 12 & 0x3F) << 16
        | j1 << 13
        | j2 << 11
        | offset >> 1 & 0x7FF
}

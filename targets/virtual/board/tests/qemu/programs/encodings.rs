//! Every encoding of Armv7E-M with the DSP extension and FPv4-SP, by the name the Armv7-M
//! Architecture Reference Manual (DDI 0403E, chapters A6 and A7) gives it, and what Armv8-M with FPv5 adds, by its
//! name in the Armv8-M Architecture Reference Manual (DDI 0553, C2.4).
//!
//! A pattern is written as in the manual: `0` and `1` are fixed, `z` and `o` are bits that should
//! be zero and one (UNPREDICTABLE if not), any other letter is a bit of the field of that name,
//! most significant bit first even if the field is in pieces. Fields `d n m t a h l u` of four
//! bits are core registers, and SP and PC are UNPREDICTABLE there unless `allow` says otherwise.

use std::collections::BTreeMap;
use std::sync::OnceLock;

/// How a generator can put an encoding to the test.
#[derive(Clone, Copy, Debug)]
pub enum How {
    /// Any operands do.
    Plain,
    /// Reads memory relative to the PC: any offset does, flash is all around.
    Literal,
    /// Computes the SP, which has to be captured and set right again.
    WritesSp,
    /// Accesses memory at a base register that has to be set up.
    Memory(Memory),
    /// Goes elsewhere: needs code of its own around it.
    Branch(Branch),
    /// Has an effect on the system; the directed tests run it.
    System,
}

/// Shape of a memory access.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// The base register; SP if there is no field `n`.
    pub base: fn(&Fields<'_>) -> u32,
    /// Lowest address accessed minus the base register's value, without an index register.
    pub lowest: fn(&Fields<'_>) -> i32,
    /// Bytes accessed.
    pub bytes: fn(&Fields<'_>) -> u32,
    /// Alignment the access needs.
    pub align: u32,
    /// There is an index register `m`, shifted left by `s` if there is such a field.
    pub index: bool,
    /// A store-exclusive wants a load-exclusive before it.
    pub exclusive: bool,
}

/// Kinds of branches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Branch {
    /// Field `i` counts half-words from the PC.
    NarrowOffset,
    /// B<c>.W
    WideConditional,
    /// B.W, BL
    WideOffset,
    CompareZero,
    /// Target address with bit 0 in register `m`.
    Register,
    /// `mov pc, rm`
    Move,
    /// `add pc, rm`
    Add,
    TableByte,
    TableHalf,
    /// LDR PC, by immediate, index or write-back.
    Load,
    LoadLiteral,
    /// LDM and POP with the PC in the list.
    LoadMultiple,
}

type Rule = fn(&Fields<'_>) -> bool;

/// One encoding.
#[derive(Clone, Debug)]
pub struct Encoding {
    /// Name in the manual.
    pub name: &'static str,
    /// 16 or 32.
    pub width: u32,
    pub how: How,
    /// May not stand in an IT block.
    pub outside_it: bool,
    /// Came with Armv8-M.
    pub armv8m: bool,
    mask: u32,
    value: u32,
    should_mask: u32,
    should_value: u32,
    fields: BTreeMap<char, Vec<u32>>,
    registers: BTreeMap<char, u32>,
    rules: Vec<Rule>,
    /// Rules of what to generate beyond what is allowed.
    choices: Vec<Rule>,
}

/// The fields of an instruction.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'e> {
    encoding: &'e Encoding,
    /// The instruction; 32-bit ones have their first half-word in the high bits.
    pub bits: u32,
}

impl Fields<'_> {
    /// A field's value; 0 if there is no such field.
    pub fn get(&self, field: char) -> u32 {
        self.encoding.fields.get(&field).map_or(0, |positions| {
            positions
                .iter()
                .fold(0, |value, &at| value << 1 | self.bits >> at & 1)
        })
    }
}

impl Encoding {
    pub fn fields(&self, bits: u32) -> Fields<'_> {
        Fields {
            encoding: self,
            bits,
        }
    }

    pub fn has(&self, field: char) -> bool {
        self.fields.contains_key(&field)
    }

    /// `bits` with `field` set to `value`.
    pub fn with(&self, bits: u32, field: char, value: u32) -> u32 {
        let positions = &self.fields[&field];
        positions
            .iter()
            .rev()
            .zip(0..)
            .fold(bits, |bits, (&at, i)| {
                bits & !(1 << at) | (value >> i & 1) << at
            })
    }

    /// The fixed bits are those of this encoding.
    pub fn matches(&self, bits: u32) -> bool {
        bits & self.mask == self.value
    }

    /// The instruction is of this encoding and not UNPREDICTABLE.
    pub fn valid(&self, bits: u32) -> bool {
        let fields = self.fields(bits);
        self.matches(bits)
            && bits & self.should_mask == self.should_value
            && self
                .registers
                .iter()
                .all(|(&field, &allowed)| allowed >> fields.get(field) & 1 != 0)
            && self.rules.iter().all(|rule| rule(&fields))
    }

    /// An instruction of this encoding, made of random bits.
    pub fn random(&self, mut word: impl FnMut() -> u32) -> u32 {
        loop {
            let free = !(self.mask | self.should_mask) & ones(self.width);
            let bits = self.value | self.should_value | word() & free;
            let fields = self.fields(bits);
            if self.valid(bits) && self.choices.iter().all(|rule| rule(&fields)) {
                return bits;
            }
        }
    }

    /// Name and field values.
    pub fn describe(&self, bits: u32) -> String {
        let fields = self.fields(bits);
        let list: Vec<String> = self
            .fields
            .keys()
            .map(|&field| format!("{field}={:#x}", fields.get(field)))
            .collect();
        format!("{} {}", self.name, list.join(" "))
    }

    fn allow(mut self, field: char, registers: u32) -> Self {
        *self.registers.get_mut(&field).expect("register field") |= registers;
        self
    }

    fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    fn choose(mut self, rule: Rule) -> Self {
        self.choices.push(rule);
        self
    }

    fn how(mut self, how: How) -> Self {
        self.how = how;
        self
    }

    fn outside_it(mut self) -> Self {
        self.outside_it = true;
        self
    }

    fn branch(self, branch: Branch) -> Self {
        self.how(How::Branch(branch))
    }
}

const fn ones(width: u32) -> u32 {
    if width == 32 { u32::MAX } else { 0xFFFF }
}

const SP: u32 = 1 << 13;
const PC: u32 = 1 << 15;

/// Parses a pattern.
fn e(name: &'static str, pattern: &str) -> Encoding {
    let letters: Vec<char> = pattern.chars().filter(|c| *c != ' ').collect();
    let width = letters.len() as u32;
    assert!(matches!(width, 16 | 32), "{name}: {width} bits");
    let mut encoding = Encoding {
        name,
        width,
        how: How::Plain,
        outside_it: false,
        armv8m: false,
        mask: 0,
        value: 0,
        should_mask: 0,
        should_value: 0,
        fields: BTreeMap::new(),
        registers: BTreeMap::new(),
        rules: Vec::new(),
        choices: Vec::new(),
    };
    for (&letter, at) in letters.iter().zip((0..width).rev()) {
        let bit = 1 << at;
        match letter {
            '0' => encoding.mask |= bit,
            '1' => {
                encoding.mask |= bit;
                encoding.value |= bit;
            }
            'z' => encoding.should_mask |= bit,
            'o' => {
                encoding.should_mask |= bit;
                encoding.should_value |= bit;
            }
            _ => encoding.fields.entry(letter).or_default().push(at),
        }
    }
    for (&field, positions) in &encoding.fields {
        if positions.len() == 4 && "dnmtahlu".contains(field) {
            encoding.registers.insert(field, 0x5FFF);
        }
    }
    encoding
}

fn n(f: &Fields<'_>) -> u32 {
    f.get('n')
}

/// All encodings.
pub fn table() -> &'static [Encoding] {
    static TABLE: OnceLock<Vec<Encoding>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut all = Vec::new();
        narrow_data(&mut all);
        narrow_memory(&mut all);
        narrow_branches(&mut all);
        immediate(&mut all);
        shifted(&mut all);
        register(&mut all);
        multiply(&mut all);
        wide_branches(&mut all);
        wide_memory(&mut all);
        multiple(&mut all);
        exclusive(&mut all);
        float_data(&mut all);
        float_memory(&mut all);
        let before = all.len();
        armv8m(&mut all);
        all[before..].iter_mut().for_each(|it| it.armv8m = true);
        all
    })
}

fn narrow_data(all: &mut Vec<Encoding>) {
    all.push(e("MOV (register) T2", "0000000000mmmddd").outside_it());
    for (name, pattern) in [
        ("LSL (immediate) T1", "00000iiiiimmmddd"),
        ("LSR (immediate) T1", "00001iiiiimmmddd"),
        ("ASR (immediate) T1", "00010iiiiimmmddd"),
    ] {
        let encoding = e(name, pattern);
        all.push(if name.starts_with("LSL") {
            encoding.rule(|f| f.get('i') != 0)
        } else {
            encoding
        });
    }
    for (name, pattern) in [
        ("ADD (register) T1", "0001100mmmnnnddd"),
        ("SUB (register) T1", "0001101mmmnnnddd"),
        ("ADD (immediate) T1", "0001110iiinnnddd"),
        ("SUB (immediate) T1", "0001111iiinnnddd"),
        ("MOV (immediate) T1", "00100dddiiiiiiii"),
        ("CMP (immediate) T1", "00101nnniiiiiiii"),
        ("ADD (immediate) T2", "00110dddiiiiiiii"),
        ("SUB (immediate) T2", "00111dddiiiiiiii"),
        ("AND (register) T1", "0100000000mmmddd"),
        ("EOR (register) T1", "0100000001mmmddd"),
        ("LSL (register) T1", "0100000010mmmddd"),
        ("LSR (register) T1", "0100000011mmmddd"),
        ("ASR (register) T1", "0100000100mmmddd"),
        ("ADC (register) T1", "0100000101mmmddd"),
        ("SBC (register) T1", "0100000110mmmddd"),
        ("ROR (register) T1", "0100000111mmmddd"),
        ("TST (register) T1", "0100001000mmmnnn"),
        ("RSB (immediate) T1", "0100001001nnnddd"),
        ("CMP (register) T1", "0100001010mmmnnn"),
        ("CMN (register) T1", "0100001011mmmnnn"),
        ("ORR (register) T1", "0100001100mmmddd"),
        ("MUL T1", "0100001101nnnddd"),
        ("BIC (register) T1", "0100001110mmmddd"),
        ("MVN (register) T1", "0100001111mmmddd"),
        ("ADR T1", "10100dddiiiiiiii"),
        ("ADD (SP plus immediate) T1", "10101dddiiiiiiii"),
        ("SXTH T1", "1011001000mmmddd"),
        ("SXTB T1", "1011001001mmmddd"),
        ("UXTH T1", "1011001010mmmddd"),
        ("UXTB T1", "1011001011mmmddd"),
        ("REV T1", "1011101000mmmddd"),
        ("REV16 T1", "1011101001mmmddd"),
        ("REVSH T1", "1011101011mmmddd"),
        ("NOP T1", "1011111100000000"),
        ("YIELD T1", "1011111100010000"),
        ("SEV T1", "1011111101000000"),
    ] {
        all.push(e(name, pattern));
    }
    all.push(e("ADD (register) T2", "01000100dmmmmddd").allow('m', SP | PC));
    all.push(
        e("ADD (SP plus register) T2", "010001001mmmm101")
            .allow('m', SP)
            .how(How::WritesSp),
    );
    all.push(
        e("CMP (register) T2", "01000101nmmmmnnn")
            .allow('n', SP)
            .allow('m', SP)
            .rule(|f| f.get('n') > 7 || f.get('m') > 7),
    );
    all.push(e("MOV (register) T1", "01000110dmmmmddd").allow('m', SP | PC));
    all.push(
        e("MOV (register) T1, to SP", "010001101mmmm101")
            .allow('m', SP)
            .how(How::WritesSp),
    );
    all.push(e("ADD (SP plus immediate) T2", "101100000iiiiiii").how(How::WritesSp));
    all.push(e("SUB (SP minus immediate) T1", "101100001iiiiiii").how(How::WritesSp));
    for (name, pattern) in [
        ("WFE T1", "1011111100100000"),
        ("WFI T1", "1011111100110000"),
        ("BKPT T1", "10111110iiiiiiii"),
        ("SVC T1", "11011111iiiiiiii"),
    ] {
        all.push(e(name, pattern).how(How::System));
    }
    all.push(
        e("CPS T1", "10110110011i00ff")
            .outside_it()
            .rule(|f| f.get('f') != 0)
            .how(How::System),
    );
    // Hints that aren't allocated execute as NOP.
    all.push(e("hint T1", "10111111hhhh0000").how(How::System));
    all.push(
        e("IT T1", "10111111ccccmmmm")
            .outside_it()
            .rule(|f| {
                let (c, m) = (f.bits >> 4 & 15, f.bits & 15);
                m != 0 && c != 15 && (c != 14 || m.count_ones() == 1)
            })
            .how(How::System),
    );
    all.last_mut().expect("IT").registers.clear();
}

/// A single access of `bytes`, offset by field `i` scaled.
fn single(bytes: u32) -> Memory {
    Memory {
        base: n,
        lowest: match bytes {
            1 => |f| f.get('i') as i32,
            2 => |f| 2 * f.get('i') as i32,
            _ => |f| 4 * f.get('i') as i32,
        },
        bytes: match bytes {
            1 => |_| 1,
            2 => |_| 2,
            _ => |_| 4,
        },
        align: 1,
        index: false,
        exclusive: false,
    }
}

fn indexed(bytes: u32) -> Memory {
    Memory {
        lowest: |_| 0,
        index: true,
        ..single(bytes)
    }
}

fn list_bytes(f: &Fields<'_>) -> u32 {
    4 * (f.get('r') | f.get('M') << 14 | f.get('P') << 15).count_ones()
}

fn narrow_memory(all: &mut Vec<Encoding>) {
    all.push(e("LDR (literal) T1", "01001tttiiiiiiii").how(How::Literal));
    for (name, pattern, bytes) in [
        ("STR (register) T1", "0101000mmmnnnttt", 4),
        ("STRH (register) T1", "0101001mmmnnnttt", 2),
        ("STRB (register) T1", "0101010mmmnnnttt", 1),
        ("LDRSB (register) T1", "0101011mmmnnnttt", 1),
        ("LDR (register) T1", "0101100mmmnnnttt", 4),
        ("LDRH (register) T1", "0101101mmmnnnttt", 2),
        ("LDRB (register) T1", "0101110mmmnnnttt", 1),
        ("LDRSH (register) T1", "0101111mmmnnnttt", 2),
    ] {
        all.push(
            e(name, pattern)
                .choose(|f| f.get('m') != f.get('n'))
                .how(How::Memory(indexed(bytes))),
        );
    }
    for (name, pattern, bytes) in [
        ("STR (immediate) T1", "01100iiiiinnnttt", 4),
        ("LDR (immediate) T1", "01101iiiiinnnttt", 4),
        ("STRB (immediate) T1", "01110iiiiinnnttt", 1),
        ("LDRB (immediate) T1", "01111iiiiinnnttt", 1),
        ("STRH (immediate) T1", "10000iiiiinnnttt", 2),
        ("LDRH (immediate) T1", "10001iiiiinnnttt", 2),
    ] {
        all.push(e(name, pattern).how(How::Memory(single(bytes))));
    }
    for (name, pattern) in [
        ("STR (immediate) T2", "10010tttiiiiiiii"),
        ("LDR (immediate) T2", "10011tttiiiiiiii"),
    ] {
        let memory = Memory {
            base: |_| 13,
            align: 4,
            ..single(4)
        };
        all.push(e(name, pattern).how(How::Memory(memory)));
    }
    let multiple = Memory {
        base: n,
        lowest: |_| 0,
        bytes: list_bytes,
        align: 4,
        index: false,
        exclusive: false,
    };
    all.push(
        e("STM T1", "11000nnnrrrrrrrr")
            .rule(|f| f.get('r') != 0)
            // The base in the list is stored as UNKNOWN unless it is the first.
            .choose(|f| {
                let base = 1 << f.get('n');
                f.get('r') & base == 0 || f.get('r') & (base - 1) == 0
            })
            .how(How::Memory(multiple)),
    );
    all.push(
        e("LDM T1", "11001nnnrrrrrrrr")
            .rule(|f| f.get('r') != 0)
            .how(How::Memory(multiple)),
    );
    all.push(
        e("PUSH T1", "1011010Mrrrrrrrr")
            .rule(|f| list_bytes(f) != 0)
            .how(How::Memory(Memory {
                base: |_| 13,
                lowest: |f| -(list_bytes(f) as i32),
                ..multiple
            })),
    );
    all.push(
        e("POP T1", "10111100rrrrrrrr")
            .rule(|f| f.get('r') != 0)
            .how(How::Memory(Memory {
                base: |_| 13,
                ..multiple
            })),
    );
}

fn narrow_branches(all: &mut Vec<Encoding>) {
    use Branch as B;
    all.push(
        e("ADD (register) T2, to PC", "010001001mmmm111")
            .rule(|f| f.get('m') != 15)
            .allow('m', SP)
            .choose(|f| f.get('m') != 13)
            .branch(B::Add),
    );
    all.push(
        e("MOV (register) T1, to PC", "010001101mmmm111")
            .allow('m', SP | PC)
            .choose(|f| f.get('m') != 13 && f.get('m') != 15)
            .branch(B::Move),
    );
    all.push(
        e("BX T1", "010001110mmmmzzz")
            .allow('m', SP | PC)
            .choose(|f| f.get('m') != 13 && f.get('m') != 15)
            .branch(B::Register),
    );
    all.push(
        e("BLX (register) T1", "010001111mmmmzzz")
            .allow('m', SP)
            .choose(|f| f.get('m') != 13)
            .branch(B::Register),
    );
    all.push(
        e("CBZ T1", "101100i1iiiiinnn")
            .outside_it()
            .branch(B::CompareZero),
    );
    all.push(
        e("CBNZ T1", "101110i1iiiiinnn")
            .outside_it()
            .branch(B::CompareZero),
    );
    all.push(e("POP T1, to PC", "10111101rrrrrrrr").branch(B::LoadMultiple));
    all.push(
        e("B T1", "1101cccciiiiiiii")
            .outside_it()
            .rule(|f| f.get('c') < 14)
            .branch(B::NarrowOffset),
    );
    all.push(e("B T2", "11100iiiiiiiiiii").branch(B::NarrowOffset));
}

/// ThumbExpandImm refuses a replicated zero.
fn expandable(f: &Fields<'_>) -> bool {
    let imm = f.get('i');
    imm >> 10 != 0 || imm >> 8 == 0 || imm & 0xFF != 0
}

fn immediate(all: &mut Vec<Encoding>) {
    for (name, pattern) in [
        ("AND (immediate) T1", "11110i00000Snnnn0iiiddddiiiiiiii"),
        ("BIC (immediate) T1", "11110i00001Snnnn0iiiddddiiiiiiii"),
        ("ORR (immediate) T1", "11110i00010Snnnn0iiiddddiiiiiiii"),
        ("MOV (immediate) T2", "11110i00010S11110iiiddddiiiiiiii"),
        ("ORN (immediate) T1", "11110i00011Snnnn0iiiddddiiiiiiii"),
        ("MVN (immediate) T1", "11110i00011S11110iiiddddiiiiiiii"),
        ("EOR (immediate) T1", "11110i00100Snnnn0iiiddddiiiiiiii"),
        ("ADD (immediate) T3", "11110i01000Snnnn0iiiddddiiiiiiii"),
        ("ADC (immediate) T1", "11110i01010Snnnn0iiiddddiiiiiiii"),
        ("SBC (immediate) T1", "11110i01011Snnnn0iiiddddiiiiiiii"),
        ("SUB (immediate) T3", "11110i01101Snnnn0iiiddddiiiiiiii"),
        ("RSB (immediate) T2", "11110i01110Snnnn0iiiddddiiiiiiii"),
        ("TST (immediate) T1", "11110i000001nnnn0iii1111iiiiiiii"),
        ("TEQ (immediate) T1", "11110i001001nnnn0iii1111iiiiiiii"),
        ("CMN (immediate) T1", "11110i010001nnnn0iii1111iiiiiiii"),
        ("CMP (immediate) T2", "11110i011011nnnn0iii1111iiiiiiii"),
        (
            "ADD (SP plus immediate) T3",
            "11110i01000S11010iiiddddiiiiiiii",
        ),
        (
            "SUB (SP minus immediate) T2",
            "11110i01101S11010iiiddddiiiiiiii",
        ),
    ] {
        let mut encoding = e(name, pattern).rule(expandable);
        if name.starts_with("CM") {
            encoding = encoding.allow('n', SP);
        }
        all.push(encoding);
    }
    for (name, pattern) in [
        (
            "ADD (SP plus immediate) T3, to SP",
            "11110i01000S11010iii1101iiiiiiii",
        ),
        (
            "SUB (SP minus immediate) T2, to SP",
            "11110i01101S11010iii1101iiiiiiii",
        ),
    ] {
        all.push(e(name, pattern).rule(expandable).how(How::WritesSp));
    }
    for (name, pattern) in [
        (
            "ADD (SP plus immediate) T4, to SP",
            "11110i10000011010iii1101iiiiiiii",
        ),
        (
            "SUB (SP minus immediate) T3, to SP",
            "11110i10101011010iii1101iiiiiiii",
        ),
    ] {
        all.push(e(name, pattern).how(How::WritesSp));
    }
    for (name, pattern) in [
        ("ADD (immediate) T4", "11110i100000nnnn0iiiddddiiiiiiii"),
        (
            "ADD (SP plus immediate) T4",
            "11110i10000011010iiiddddiiiiiiii",
        ),
        ("ADR T3", "11110i10000011110iiiddddiiiiiiii"),
        ("SUB (immediate) T4", "11110i101010nnnn0iiiddddiiiiiiii"),
        (
            "SUB (SP minus immediate) T3",
            "11110i10101011010iiiddddiiiiiiii",
        ),
        ("ADR T2", "11110i10101011110iiiddddiiiiiiii"),
        ("MOV (immediate) T3", "11110i100100iiii0iiiddddiiiiiiii"),
        ("MOVT T1", "11110i101100iiii0iiiddddiiiiiiii"),
    ] {
        all.push(e(name, pattern));
    }
    all.push(
        e("SSAT T1", "11110z1100S0nnnn0iiiddddiizjjjjj")
            .rule(|f| f.get('S') == 0 || f.get('i') != 0),
    );
    all.push(
        e("USAT T1", "11110z1110S0nnnn0iiiddddiizjjjjj")
            .rule(|f| f.get('S') == 0 || f.get('i') != 0),
    );
    all.push(e("SSAT16 T1", "11110z110010nnnn0000dddd00zzjjjj"));
    all.push(e("USAT16 T1", "11110z111010nnnn0000dddd00zzjjjj"));
    let fits: Rule = |f| f.get('i') + f.get('j') < 32;
    all.push(e("SBFX T1", "11110z110100nnnn0iiiddddiizjjjjj").rule(fits));
    all.push(e("UBFX T1", "11110z111100nnnn0iiiddddiizjjjjj").rule(fits));
    let ordered: Rule = |f| f.get('j') >= f.get('i');
    all.push(e("BFI T1", "11110z110110nnnn0iiiddddiizjjjjj").rule(ordered));
    all.push(e("BFC T1", "11110z11011011110iiiddddiizjjjjj").rule(ordered));
}

fn shifted(all: &mut Vec<Encoding>) {
    for (name, pattern) in [
        ("AND (register) T2", "11101010000Snnnnziiiddddiiyymmmm"),
        ("BIC (register) T2", "11101010001Snnnnziiiddddiiyymmmm"),
        ("ORR (register) T2", "11101010010Snnnnziiiddddiiyymmmm"),
        ("ORN (register) T1", "11101010011Snnnnziiiddddiiyymmmm"),
        ("MVN (register) T2", "11101010011S1111ziiiddddiiyymmmm"),
        ("EOR (register) T2", "11101010100Snnnnziiiddddiiyymmmm"),
        ("ADD (register) T3", "11101011000Snnnnziiiddddiiyymmmm"),
        ("ADC (register) T2", "11101011010Snnnnziiiddddiiyymmmm"),
        ("SBC (register) T2", "11101011011Snnnnziiiddddiiyymmmm"),
        ("SUB (register) T2", "11101011101Snnnnziiiddddiiyymmmm"),
        ("RSB (register) T1", "11101011110Snnnnziiiddddiiyymmmm"),
        ("TST (register) T2", "111010100001nnnnziii1111iiyymmmm"),
        ("TEQ (register) T1", "111010101001nnnnziii1111iiyymmmm"),
        ("CMN (register) T2", "111010110001nnnnziii1111iiyymmmm"),
        ("CMP (register) T3", "111010111011nnnnziii1111iiyymmmm"),
        ("PKHBT T1", "111010101100nnnnziiiddddii00mmmm"),
        ("PKHTB T1", "111010101100nnnnziiiddddii10mmmm"),
        (
            "ADD (SP plus register) T3",
            "11101011000S1101ziiiddddiiyymmmm",
        ),
        (
            "SUB (SP minus register) T1",
            "11101011101S1101ziiiddddiiyymmmm",
        ),
    ] {
        let mut encoding = e(name, pattern);
        if name.starts_with("CM") {
            encoding = encoding.allow('n', SP);
        }
        all.push(encoding);
    }
    for (name, pattern) in [
        (
            "ADD (SP plus register) T3, to SP",
            "11101011000S1101ziii1101iiyymmmm",
        ),
        (
            "SUB (SP minus register) T1, to SP",
            "11101011101S1101ziii1101iiyymmmm",
        ),
    ] {
        all.push(
            e(name, pattern)
                .rule(|f| f.get('y') == 0 && f.get('i') < 4)
                .how(How::WritesSp),
        );
    }
    all.push(
        e("MOV (register) T3", "11101010010S1111z000dddd0000mmmm")
            .allow('m', SP)
            .rule(|f| f.get('S') == 0 || f.get('m') != 13),
    );
    all.push(
        e(
            "MOV (register) T3, to SP",
            "1110101001001111z00011010000mmmm",
        )
        .how(How::WritesSp),
    );
    let some: Rule = |f| f.get('i') != 0;
    all.push(e("LSL (immediate) T2", "11101010010S1111ziiiddddii00mmmm").rule(some));
    all.push(e("LSR (immediate) T2", "11101010010S1111ziiiddddii01mmmm"));
    all.push(e("ASR (immediate) T2", "11101010010S1111ziiiddddii10mmmm"));
    all.push(e("ROR (immediate) T1", "11101010010S1111ziiiddddii11mmmm").rule(some));
    all.push(e("RRX T1", "11101010010S1111z000dddd0011mmmm"));
}

fn register(all: &mut Vec<Encoding>) {
    for (name, pattern) in [
        ("LSL (register) T2", "11111010000Snnnn1111dddd0000mmmm"),
        ("LSR (register) T2", "11111010001Snnnn1111dddd0000mmmm"),
        ("ASR (register) T2", "11111010010Snnnn1111dddd0000mmmm"),
        ("ROR (register) T2", "11111010011Snnnn1111dddd0000mmmm"),
        ("SXTAH T1", "111110100000nnnn1111dddd1zrrmmmm"),
        ("SXTH T2", "11111010000011111111dddd1zrrmmmm"),
        ("UXTAH T1", "111110100001nnnn1111dddd1zrrmmmm"),
        ("UXTH T2", "11111010000111111111dddd1zrrmmmm"),
        ("SXTAB16 T1", "111110100010nnnn1111dddd1zrrmmmm"),
        ("SXTB16 T1", "11111010001011111111dddd1zrrmmmm"),
        ("UXTAB16 T1", "111110100011nnnn1111dddd1zrrmmmm"),
        ("UXTB16 T1", "11111010001111111111dddd1zrrmmmm"),
        ("SXTAB T1", "111110100100nnnn1111dddd1zrrmmmm"),
        ("SXTB T2", "11111010010011111111dddd1zrrmmmm"),
        ("UXTAB T1", "111110100101nnnn1111dddd1zrrmmmm"),
        ("UXTB T2", "11111010010111111111dddd1zrrmmmm"),
        ("SADD16 T1", "111110101001nnnn1111dddd0000mmmm"),
        ("SASX T1", "111110101010nnnn1111dddd0000mmmm"),
        ("SSAX T1", "111110101110nnnn1111dddd0000mmmm"),
        ("SSUB16 T1", "111110101101nnnn1111dddd0000mmmm"),
        ("SADD8 T1", "111110101000nnnn1111dddd0000mmmm"),
        ("SSUB8 T1", "111110101100nnnn1111dddd0000mmmm"),
        ("QADD16 T1", "111110101001nnnn1111dddd0001mmmm"),
        ("QASX T1", "111110101010nnnn1111dddd0001mmmm"),
        ("QSAX T1", "111110101110nnnn1111dddd0001mmmm"),
        ("QSUB16 T1", "111110101101nnnn1111dddd0001mmmm"),
        ("QADD8 T1", "111110101000nnnn1111dddd0001mmmm"),
        ("QSUB8 T1", "111110101100nnnn1111dddd0001mmmm"),
        ("SHADD16 T1", "111110101001nnnn1111dddd0010mmmm"),
        ("SHASX T1", "111110101010nnnn1111dddd0010mmmm"),
        ("SHSAX T1", "111110101110nnnn1111dddd0010mmmm"),
        ("SHSUB16 T1", "111110101101nnnn1111dddd0010mmmm"),
        ("SHADD8 T1", "111110101000nnnn1111dddd0010mmmm"),
        ("SHSUB8 T1", "111110101100nnnn1111dddd0010mmmm"),
        ("UADD16 T1", "111110101001nnnn1111dddd0100mmmm"),
        ("UASX T1", "111110101010nnnn1111dddd0100mmmm"),
        ("USAX T1", "111110101110nnnn1111dddd0100mmmm"),
        ("USUB16 T1", "111110101101nnnn1111dddd0100mmmm"),
        ("UADD8 T1", "111110101000nnnn1111dddd0100mmmm"),
        ("USUB8 T1", "111110101100nnnn1111dddd0100mmmm"),
        ("UQADD16 T1", "111110101001nnnn1111dddd0101mmmm"),
        ("UQASX T1", "111110101010nnnn1111dddd0101mmmm"),
        ("UQSAX T1", "111110101110nnnn1111dddd0101mmmm"),
        ("UQSUB16 T1", "111110101101nnnn1111dddd0101mmmm"),
        ("UQADD8 T1", "111110101000nnnn1111dddd0101mmmm"),
        ("UQSUB8 T1", "111110101100nnnn1111dddd0101mmmm"),
        ("UHADD16 T1", "111110101001nnnn1111dddd0110mmmm"),
        ("UHASX T1", "111110101010nnnn1111dddd0110mmmm"),
        ("UHSAX T1", "111110101110nnnn1111dddd0110mmmm"),
        ("UHSUB16 T1", "111110101101nnnn1111dddd0110mmmm"),
        ("UHADD8 T1", "111110101000nnnn1111dddd0110mmmm"),
        ("UHSUB8 T1", "111110101100nnnn1111dddd0110mmmm"),
        ("QADD T1", "111110101000nnnn1111dddd1000mmmm"),
        ("QDADD T1", "111110101000nnnn1111dddd1001mmmm"),
        ("QSUB T1", "111110101000nnnn1111dddd1010mmmm"),
        ("QDSUB T1", "111110101000nnnn1111dddd1011mmmm"),
        ("SEL T1", "111110101010nnnn1111dddd1000mmmm"),
    ] {
        all.push(e(name, pattern));
    }
    for (name, pattern) in [
        ("REV T2", "111110101001nnnn1111dddd1000mmmm"),
        ("REV16 T2", "111110101001nnnn1111dddd1001mmmm"),
        ("RBIT T1", "111110101001nnnn1111dddd1010mmmm"),
        ("REVSH T2", "111110101001nnnn1111dddd1011mmmm"),
        ("CLZ T1", "111110101011nnnn1111dddd1000mmmm"),
    ] {
        all.push(e(name, pattern).rule(|f| f.get('n') == f.get('m')));
    }
}

fn multiply(all: &mut Vec<Encoding>) {
    for (name, pattern) in [
        ("MLA T1", "111110110000nnnnaaaadddd0000mmmm"),
        ("MUL T2", "111110110000nnnn1111dddd0000mmmm"),
        ("MLS T1", "111110110000nnnnaaaadddd0001mmmm"),
        ("SMLABB T1", "111110110001nnnnaaaadddd0000mmmm"),
        ("SMLABT T1", "111110110001nnnnaaaadddd0001mmmm"),
        ("SMLATB T1", "111110110001nnnnaaaadddd0010mmmm"),
        ("SMLATT T1", "111110110001nnnnaaaadddd0011mmmm"),
        ("SMULBB T1", "111110110001nnnn1111dddd0000mmmm"),
        ("SMULBT T1", "111110110001nnnn1111dddd0001mmmm"),
        ("SMULTB T1", "111110110001nnnn1111dddd0010mmmm"),
        ("SMULTT T1", "111110110001nnnn1111dddd0011mmmm"),
        ("SMLAD T1", "111110110010nnnnaaaadddd0000mmmm"),
        ("SMLADX T1", "111110110010nnnnaaaadddd0001mmmm"),
        ("SMUAD T1", "111110110010nnnn1111dddd0000mmmm"),
        ("SMUADX T1", "111110110010nnnn1111dddd0001mmmm"),
        ("SMLAWB T1", "111110110011nnnnaaaadddd0000mmmm"),
        ("SMLAWT T1", "111110110011nnnnaaaadddd0001mmmm"),
        ("SMULWB T1", "111110110011nnnn1111dddd0000mmmm"),
        ("SMULWT T1", "111110110011nnnn1111dddd0001mmmm"),
        ("SMLSD T1", "111110110100nnnnaaaadddd0000mmmm"),
        ("SMLSDX T1", "111110110100nnnnaaaadddd0001mmmm"),
        ("SMUSD T1", "111110110100nnnn1111dddd0000mmmm"),
        ("SMUSDX T1", "111110110100nnnn1111dddd0001mmmm"),
        ("SMMLA T1", "111110110101nnnnaaaadddd0000mmmm"),
        ("SMMLAR T1", "111110110101nnnnaaaadddd0001mmmm"),
        ("SMMUL T1", "111110110101nnnn1111dddd0000mmmm"),
        ("SMMULR T1", "111110110101nnnn1111dddd0001mmmm"),
        ("SMMLS T1", "111110110110nnnnaaaadddd0000mmmm"),
        ("SMMLSR T1", "111110110110nnnnaaaadddd0001mmmm"),
        ("USADA8 T1", "111110110111nnnnaaaadddd0000mmmm"),
        ("USAD8 T1", "111110110111nnnn1111dddd0000mmmm"),
        ("SDIV T1", "111110111001nnnnoooodddd1111mmmm"),
        ("UDIV T1", "111110111011nnnnoooodddd1111mmmm"),
    ] {
        all.push(e(name, pattern));
    }
    for (name, pattern) in [
        ("SMULL T1", "111110111000nnnnllllhhhh0000mmmm"),
        ("UMULL T1", "111110111010nnnnllllhhhh0000mmmm"),
        ("SMLAL T1", "111110111100nnnnllllhhhh0000mmmm"),
        ("SMLALBB T1", "111110111100nnnnllllhhhh1000mmmm"),
        ("SMLALBT T1", "111110111100nnnnllllhhhh1001mmmm"),
        ("SMLALTB T1", "111110111100nnnnllllhhhh1010mmmm"),
        ("SMLALTT T1", "111110111100nnnnllllhhhh1011mmmm"),
        ("SMLALD T1", "111110111100nnnnllllhhhh1100mmmm"),
        ("SMLALDX T1", "111110111100nnnnllllhhhh1101mmmm"),
        ("SMLSLD T1", "111110111101nnnnllllhhhh1100mmmm"),
        ("SMLSLDX T1", "111110111101nnnnllllhhhh1101mmmm"),
        ("UMLAL T1", "111110111110nnnnllllhhhh0000mmmm"),
        ("UMAAL T1", "111110111110nnnnllllhhhh0110mmmm"),
    ] {
        all.push(e(name, pattern).rule(|f| f.get('l') != f.get('h')));
    }
}

fn wide_branches(all: &mut Vec<Encoding>) {
    use Branch as B;
    all.push(
        e("B T3", "11110icccciiiiii10iiiiiiiiiiiiii")
            .outside_it()
            .rule(|f| f.get('c') < 14)
            .branch(B::WideConditional),
    );
    // J1 and J2 are fixed by the generator, which knows the short offset they belong to.
    all.push(e("B T4", "11110iiiiiiiiiii10i1iiiiiiiiiiii").branch(B::WideOffset));
    all.push(e("BL T1", "11110iiiiiiiiiii11i1iiiiiiiiiiii").branch(B::WideOffset));
    let table: Rule = |f| f.get('m') != 13 && f.get('m') != 15;
    all.push(
        e("TBB T1", "111010001101nnnnoooozzzz0000mmmm")
            .allow('n', PC)
            .rule(table)
            .choose(|f| f.get('m') != f.get('n'))
            .branch(B::TableByte),
    );
    all.push(
        e("TBH T1", "111010001101nnnnoooozzzz0001mmmm")
            .allow('n', PC)
            .rule(table)
            .choose(|f| f.get('m') != f.get('n'))
            .branch(B::TableHalf),
    );
    all.push(
        e("MRS T1", "11110z11111zoooo10z0ddddssssssss")
            .choose(|f| matches!(f.get('s'), 0..=3 | 5..=8 | 16..=20)),
    );
    all.push(
        e("MSR T1, APSR", "11110z11100znnnn10z0kkzz000000ss")
            .rule(|f| f.get('k') != 0)
            // Bit 0 of the special register would be the read-only IPSR.
            .choose(|f| f.get('s') == 0),
    );
    all.push(
        e("MSR T1", "11110z11100znnnn10z0kkzzssssssss")
            .rule(|f| f.get('k') != 0)
            .how(How::System),
    );
    for (name, pattern) in [
        ("NOP T2", "11110011101ooooo10z0z00000000000"),
        ("YIELD T2", "11110011101ooooo10z0z00000000001"),
        ("SEV T2", "11110011101ooooo10z0z00000000100"),
        ("DBG T1", "11110011101ooooo10z0z0001111iiii"),
        ("CLREX T1", "111100111011oooo10z0oooo0010oooo"),
        ("DSB T1", "111100111011oooo10z0oooo0100iiii"),
        ("DMB T1", "111100111011oooo10z0oooo0101iiii"),
        ("ISB T1", "111100111011oooo10z0oooo0110iiii"),
    ] {
        let pattern = pattern.replace("11110011101ooooo", "111100111010oooo");
        all.push(e(name, &pattern));
    }
    all.push(e("hint T2", "111100111010oooo10z0z000hhhhhhhh").how(How::System));
}

/// The addressing forms of a single access with an 8- or 12-bit immediate: name, pattern of the
/// bits below the register `t`, and whether it is a plain offset.
const FORMS: [(&str, &str); 6] = [
    ("offset -", "1100iiiiiiii"),
    ("post-index -", "1001iiiiiiii"),
    ("post-index +", "1011iiiiiiii"),
    ("pre-index -", "1101iiiiiiii"),
    ("pre-index +", "1111iiiiiiii"),
    ("unprivileged", "1110iiiiiiii"),
];

fn minus(f: &Fields<'_>) -> i32 {
    -(f.get('i') as i32)
}

fn wide_memory(all: &mut Vec<Encoding>) {
    // Name, opcode bits with `?` for the bit that makes the 12-bit form, bytes.
    let accesses = [
        ("STRB", "11111000?000", 1),
        ("STRH", "11111000?010", 2),
        ("STR", "11111000?100", 4),
        ("LDRB", "11111000?001", 1),
        ("LDRH", "11111000?011", 2),
        ("LDR", "11111000?101", 4),
        ("LDRSB", "11111001?001", 1),
        ("LDRSH", "11111001?011", 2),
    ];
    for (name, opcode, bytes) in accesses {
        let leak = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
        let data = |encoding: Encoding| {
            if bytes == 4 {
                encoding.allow('t', SP).choose(|f| f.get('t') != 13)
            } else {
                encoding
            }
        };
        let (short, long) = (opcode.replace('?', "0"), opcode.replace('?', "1"));
        all.push(
            data(e(
                leak(format!("{name} (immediate), 12 bits")),
                &format!("{long}nnnnttttiiiiiiiiiiii"),
            ))
            .allow('n', SP)
            .how(How::Memory(Memory {
                lowest: |f| f.get('i') as i32,
                ..single(bytes)
            })),
        );
        for (form, low) in FORMS {
            let encoding = e(
                leak(format!("{name} (immediate), {form}")),
                &format!("{short}nnnntttt{low}"),
            );
            let encoding = if form == "unprivileged" {
                encoding
            } else {
                data(encoding)
            };
            let encoding = if form.contains("index") {
                encoding.rule(|f| f.get('n') != f.get('t'))
            } else {
                encoding
            };
            let lowest: fn(&Fields<'_>) -> i32 = match form {
                "offset -" | "pre-index -" => minus,
                "pre-index +" | "unprivileged" => |f| f.get('i') as i32,
                _ => |_| 0,
            };
            all.push(encoding.allow('n', SP).how(How::Memory(Memory {
                lowest,
                ..single(bytes)
            })));
        }
        all.push(
            data(e(
                leak(format!("{name} (register) T2")),
                &format!("{short}nnnntttt000000ssmmmm"),
            ))
            .allow('n', SP)
            .choose(|f| f.get('m') != f.get('n'))
            .how(How::Memory(indexed(bytes))),
        );
        if name.starts_with("LD") {
            let pattern = format!("{}U{}1111ttttiiiiiiiiiiii", &opcode[..8], &opcode[9..]);
            all.push(data(e(leak(format!("{name} (literal), wide")), &pattern)).how(How::Literal));
        }
        if matches!(name, "LDRB" | "LDRSB") {
            let hint = if name == "LDRB" { "PLD" } else { "PLI" };
            for (form, pattern) in [
                ("immediate, 12 bits", format!("{long}nnnn1111iiiiiiiiiiii")),
                (
                    "immediate, offset -",
                    format!("{short}nnnn11111100iiiiiiii"),
                ),
                (
                    "literal",
                    format!("{}U{}11111111iiiiiiiiiiii", &opcode[..8], &opcode[9..]),
                ),
                ("register", format!("{short}nnnn1111000000ssmmmm")),
            ] {
                let encoding = e(leak(format!("{hint} ({form})")), &pattern);
                all.push(if encoding.has('n') {
                    encoding.allow('n', SP)
                } else {
                    encoding
                });
            }
        }
    }
    load_to_pc(all);
    dual(all);
}

fn load_to_pc(all: &mut Vec<Encoding>) {
    for (name, pattern) in [
        (
            "LDR (immediate) T3, to PC",
            "111110001101nnnn1111iiiiiiiiiiii",
        ),
        (
            "LDR (immediate) T4, offset -, to PC",
            "111110000101nnnn11111100iiiiiiii",
        ),
        (
            "LDR (immediate) T4, post-index -, to PC",
            "111110000101nnnn11111001iiiiiiii",
        ),
        (
            "LDR (immediate) T4, post-index +, to PC",
            "111110000101nnnn11111011iiiiiiii",
        ),
        (
            "LDR (immediate) T4, pre-index -, to PC",
            "111110000101nnnn11111101iiiiiiii",
        ),
        (
            "LDR (immediate) T4, pre-index +, to PC",
            "111110000101nnnn11111111iiiiiiii",
        ),
        (
            "LDR (register) T2, to PC",
            "111110000101nnnn1111000000ssmmmm",
        ),
    ] {
        all.push(
            e(name, pattern)
                .allow('n', SP)
                .choose(|f| f.get('n') != 13 && !(f.encoding.has('m') && f.get('n') == f.get('m')))
                .branch(Branch::Load),
        );
    }
    all.push(
        e(
            "LDR (literal) T2, to PC",
            "11111000U10111111111iiiiiiiiiiii",
        )
        .branch(Branch::LoadLiteral),
    );
}

fn dual(all: &mut Vec<Encoding>) {
    for (load, store, p, lowest) in [
        (
            "LDRD (immediate), offset +",
            "STRD (immediate), offset +",
            "110",
            (|f| 4 * f.get('i') as i32) as fn(&Fields<'_>) -> i32,
        ),
        (
            "LDRD (immediate), offset -",
            "STRD (immediate), offset -",
            "100",
            |f| -4 * f.get('i') as i32,
        ),
        (
            "LDRD (immediate), post-index +",
            "STRD (immediate), post-index +",
            "011",
            |_| 0,
        ),
        (
            "LDRD (immediate), post-index -",
            "STRD (immediate), post-index -",
            "001",
            |_| 0,
        ),
        (
            "LDRD (immediate), pre-index +",
            "STRD (immediate), pre-index +",
            "111",
            |f| 4 * f.get('i') as i32,
        ),
        (
            "LDRD (immediate), pre-index -",
            "STRD (immediate), pre-index -",
            "101",
            |f| -4 * f.get('i') as i32,
        ),
    ] {
        for (name, l) in [(load, '1'), (store, '0')] {
            let (pu, w) = p.split_at(2);
            let mut encoding =
                e(name, &format!("1110100{pu}1{w}{l}nnnnttttddddiiiiiiii")).allow('n', SP);
            if w == "1" {
                encoding = encoding.rule(|f| f.get('n') != f.get('t') && f.get('n') != f.get('d'));
            }
            if l == '1' {
                encoding = encoding.rule(|f| f.get('t') != f.get('d'));
            }
            all.push(encoding.how(How::Memory(Memory {
                base: n,
                lowest,
                bytes: |_| 8,
                align: 4,
                index: false,
                exclusive: false,
            })));
        }
    }
    all.push(
        e("LDRD (literal) T1", "11101001U1011111ttttddddiiiiiiii")
            .rule(|f| f.get('t') != f.get('d'))
            .how(How::Literal),
    );
    all.push(
        e(
            "LDRD (literal) T1, post-index",
            "11101000111z1111ttttddddiiiiiiii",
        )
        .rule(|_| false)
        .how(How::System),
    );
}

fn multiple(all: &mut Vec<Encoding>) {
    let up = Memory {
        base: n,
        lowest: |_| 0,
        bytes: list_bytes,
        align: 4,
        index: false,
        exclusive: false,
    };
    let down = Memory {
        lowest: |f| -(list_bytes(f) as i32),
        ..up
    };
    // The list must hold at least two registers, and not a base that is written back.
    let list: Rule = |f| {
        list_bytes(f) >= 8
            && (f.get('W') == 0 || (f.get('r') | f.get('M') << 14) >> f.get('n') & 1 == 0)
    };
    for (name, pattern, memory) in [
        ("STM T2", "1110100010W0nnnnzMzrrrrrrrrrrrrr", up),
        ("LDM T2", "1110100010W1nnnn0Mzrrrrrrrrrrrrr", up),
        ("STMDB T1", "1110100100W0nnnnzMzrrrrrrrrrrrrr", down),
        ("LDMDB T1", "1110100100W1nnnn0Mzrrrrrrrrrrrrr", down),
    ] {
        all.push(
            e(name, pattern)
                .allow('n', SP)
                .rule(list)
                .how(How::Memory(memory)),
        );
    }
    for (name, pattern) in [
        ("LDM T2, to PC", "1110100010W1nnnn1zzrrrrrrrrrrrrr"),
        ("LDMDB T1, to PC", "1110100100W1nnnn1zzrrrrrrrrrrrrr"),
    ] {
        all.push(
            e(name, pattern)
                .allow('n', SP)
                .rule(|f| f.get('r') != 0 && (f.get('W') == 0 || f.get('r') >> f.get('n') & 1 == 0))
                .choose(|f| f.get('n') != 13 || f.get('W') == 1)
                .branch(Branch::LoadMultiple),
        );
    }
}

fn exclusive(all: &mut Vec<Encoding>) {
    let word = Memory {
        base: n,
        lowest: |f| 4 * f.get('i') as i32,
        bytes: |_| 4,
        align: 4,
        index: false,
        exclusive: false,
    };
    let narrow = |bytes, align| Memory {
        lowest: |_| 0,
        bytes,
        align,
        ..word
    };
    all.push(
        e("LDREX T1", "111010000101nnnnttttooooiiiiiiii")
            .allow('n', SP)
            .how(How::Memory(word)),
    );
    all.push(
        e("LDREXB T1", "111010001101nnnnttttoooo0100oooo")
            .allow('n', SP)
            .how(How::Memory(narrow(|_| 1, 1))),
    );
    all.push(
        e("LDREXH T1", "111010001101nnnnttttoooo0101oooo")
            .allow('n', SP)
            .how(How::Memory(narrow(|_| 2, 2))),
    );
    let distinct: Rule = |f| f.get('d') != f.get('n') && f.get('d') != f.get('t');
    for (name, pattern, memory) in [
        ("STREX T1", "111010000100nnnnttttddddiiiiiiii", word),
        (
            "STREXB T1",
            "111010001100nnnnttttoooo0100dddd",
            narrow(|_| 1, 1),
        ),
        (
            "STREXH T1",
            "111010001100nnnnttttoooo0101dddd",
            narrow(|_| 2, 2),
        ),
    ] {
        all.push(
            e(name, pattern)
                .allow('n', SP)
                .rule(distinct)
                .how(How::Memory(Memory {
                    exclusive: true,
                    ..memory
                })),
        );
    }
}

fn float_data(all: &mut Vec<Encoding>) {
    for (name, pattern) in [
        ("VMLA T2", "111011100x00yyyyxxxx1010y0w0wwww"),
        ("VMLS T2", "111011100x00yyyyxxxx1010y1w0wwww"),
        ("VNMLS T1", "111011100x01yyyyxxxx1010y0w0wwww"),
        ("VNMLA T1", "111011100x01yyyyxxxx1010y1w0wwww"),
        ("VMUL T2", "111011100x10yyyyxxxx1010y0w0wwww"),
        ("VNMUL T2", "111011100x10yyyyxxxx1010y1w0wwww"),
        ("VADD T2", "111011100x11yyyyxxxx1010y0w0wwww"),
        ("VSUB T2", "111011100x11yyyyxxxx1010y1w0wwww"),
        ("VDIV T1", "111011101x00yyyyxxxx1010y0w0wwww"),
        ("VFNMS T1", "111011101x01yyyyxxxx1010y0w0wwww"),
        ("VFNMA T1", "111011101x01yyyyxxxx1010y1w0wwww"),
        ("VFMA T2", "111011101x10yyyyxxxx1010y0w0wwww"),
        ("VFMS T2", "111011101x10yyyyxxxx1010y1w0wwww"),
        ("VMOV (immediate) T2", "111011101x11iiiixxxx1010z0z0iiii"),
        ("VMOV (register) T2", "111011101x110000xxxx101001w0wwww"),
        ("VABS T2", "111011101x110000xxxx101011w0wwww"),
        ("VNEG T2", "111011101x110001xxxx101001w0wwww"),
        ("VSQRT T1", "111011101x110001xxxx101011w0wwww"),
        (
            "VCVTB (half to single) T1",
            "111011101x110010xxxx101001w0wwww",
        ),
        (
            "VCVTT (half to single) T1",
            "111011101x110010xxxx101011w0wwww",
        ),
        (
            "VCVTB (single to half) T1",
            "111011101x110011xxxx101001w0wwww",
        ),
        (
            "VCVTT (single to half) T1",
            "111011101x110011xxxx101011w0wwww",
        ),
        ("VCMP T1", "111011101x110100xxxx101001w0wwww"),
        ("VCMPE T1", "111011101x110100xxxx101011w0wwww"),
        ("VCMP (zero) T2", "111011101x110101xxxx101001z0zzzz"),
        ("VCMPE (zero) T2", "111011101x110101xxxx101011z0zzzz"),
        (
            "VCVT (unsigned to single) T1",
            "111011101x111000xxxx101001w0wwww",
        ),
        (
            "VCVT (signed to single) T1",
            "111011101x111000xxxx101011w0wwww",
        ),
        (
            "VCVTR (single to unsigned) T1",
            "111011101x111100xxxx101001w0wwww",
        ),
        (
            "VCVT (single to unsigned) T1",
            "111011101x111100xxxx101011w0wwww",
        ),
        (
            "VCVTR (single to signed) T1",
            "111011101x111101xxxx101001w0wwww",
        ),
        (
            "VCVT (single to signed) T1",
            "111011101x111101xxxx101011w0wwww",
        ),
        (
            "VMOV (register to single) T1",
            "111011100000yyyytttt1010yzz1zzzz",
        ),
        (
            "VMOV (single to register) T1",
            "111011100001yyyytttt1010yzz1zzzz",
        ),
        (
            "VMOV (register to scalar) T1",
            "1110111000h0yyyytttt1011000 1zzzz",
        ),
        (
            "VMOV (scalar to register) T1",
            "1110111000h1yyyytttt1011000 1zzzz",
        ),
        ("VMSR T1", "111011101110zzz1tttt1010zzz1zzzz"),
    ] {
        let pattern = pattern.replace("zzz1tttt", "0001tttt");
        all.push(e(name, &pattern));
    }
    all.push(e("VMRS T1", "1110111011110001tttt1010zzz1zzzz").allow('t', PC));
    for (name, pattern) in [
        (
            "VCVT (fixed to single, signed 16) T1",
            "111011101x111010xxxx101001j0iiii",
        ),
        (
            "VCVT (fixed to single, signed 32) T1",
            "111011101x111010xxxx101011j0iiii",
        ),
        (
            "VCVT (fixed to single, unsigned 16) T1",
            "111011101x111011xxxx101001j0iiii",
        ),
        (
            "VCVT (fixed to single, unsigned 32) T1",
            "111011101x111011xxxx101011j0iiii",
        ),
        (
            "VCVT (single to fixed, signed 16) T1",
            "111011101x111110xxxx101001j0iiii",
        ),
        (
            "VCVT (single to fixed, signed 32) T1",
            "111011101x111110xxxx101011j0iiii",
        ),
        (
            "VCVT (single to fixed, unsigned 16) T1",
            "111011101x111111xxxx101001j0iiii",
        ),
        (
            "VCVT (single to fixed, unsigned 32) T1",
            "111011101x111111xxxx101011j0iiii",
        ),
    ] {
        // More fraction bits than there are bits is UNPREDICTABLE.
        all.push(e(name, pattern).rule(|f| {
            let size = if f.bits & 0x80 != 0 { 32 } else { 16 };
            f.get('i') << 1 | f.get('j') <= size
        }));
    }
    all.push(
        e(
            "VMOV (registers to two singles) T1",
            "111011000100uuuutttt101000w1wwww",
        )
        .rule(|f| single_number(f) != 31),
    );
    all.push(
        e(
            "VMOV (two singles to registers) T1",
            "111011000101uuuutttt101000w1wwww",
        )
        .rule(|f| single_number(f) != 31 && f.get('t') != f.get('u')),
    );
    all.push(e(
        "VMOV (registers to double) T1",
        "111011000100uuuutttt10110001wwww",
    ));
    all.push(
        e(
            "VMOV (double to registers) T1",
            "111011000101uuuutttt10110001wwww",
        )
        .rule(|f| f.get('t') != f.get('u')),
    );
}

/// Register number of a single whose low bit `w` comes first in the encoding.
fn single_number(f: &Fields<'_>) -> u32 {
    (f.get('w') & 15) << 1 | f.get('w') >> 4
}

fn float_memory(all: &mut Vec<Encoding>) {
    for (name, l, sz) in [
        ("VLDR (single) T2", '1', '0'),
        ("VLDR (double) T1", '1', '1'),
        ("VSTR (single) T2", '0', '0'),
        ("VSTR (double) T1", '0', '1'),
    ] {
        let x = if sz == '1' { '0' } else { 'x' };
        all.push(
            e(name, &format!("11101101U{x}0{l}nnnnxxxx101{sz}iiiiiiii"))
                .allow('n', SP)
                .how(How::Memory(Memory {
                    base: n,
                    lowest: |f| {
                        let offset = 4 * f.get('i') as i32;
                        if f.get('U') == 1 { offset } else { -offset }
                    },
                    bytes: |f| if f.bits & 0x100 != 0 { 8 } else { 4 },
                    align: 4,
                    index: false,
                    exclusive: false,
                })),
        );
    }
    all.push(
        e(
            "VLDR (literal, single) T2",
            "11101101Ux011111xxxx1010iiiiiiii",
        )
        .how(How::Literal),
    );
    all.push(
        e(
            "VLDR (literal, double) T1",
            "11101101U0011111xxxx1011iiiiiiii",
        )
        .how(How::Literal),
    );
    let memory = Memory {
        base: n,
        lowest: |_| 0,
        bytes: |f| 4 * f.get('i'),
        align: 4,
        index: false,
        exclusive: false,
    };
    for (name, pul, sz, down) in [
        ("VLDMIA (single) T2", "01W1", '0', false),
        ("VLDMIA (double) T1", "01W1", '1', false),
        ("VLDMDB (single) T2", "1011", '0', true),
        ("VLDMDB (double) T1", "1011", '1', true),
        ("VSTMIA (single) T2", "01W0", '0', false),
        ("VSTMIA (double) T1", "01W0", '1', false),
        ("VSTMDB (single) T2", "1010", '0', true),
        ("VSTMDB (double) T1", "1010", '1', true),
    ] {
        let x = if sz == '1' { '0' } else { 'x' };
        let (pu, wl) = pul.split_at(2);
        let memory = if down {
            Memory {
                lowest: |f| -4 * f.get('i') as i32,
                ..memory
            }
        } else {
            memory
        };
        all.push(
            e(name, &format!("1110110{pu}{x}{wl}nnnnxxxx101{sz}iiiiiiii"))
                .allow('n', SP)
                .rule(|f| {
                    let count = f.get('i');
                    let x = f.get('x');
                    let first = if f.bits & 0x100 != 0 {
                        x * 2
                    } else {
                        (x & 15) << 1 | x >> 4
                    };
                    count != 0 && first + count <= 32
                })
                // Odd counts of doubles are the deprecated FLDMX forms.
                .choose(|f| f.bits & 0x100 == 0 || f.get('i') % 2 == 0)
                .how(How::Memory(memory)),
        );
    }
}

/// What Armv8-M with the Main Extension and FPv5-SP has beyond Armv7E-M, without the Security Extension.
fn armv8m(all: &mut Vec<Encoding>) {
    let at_base = |bytes, align| {
        How::Memory(Memory {
            base: n,
            lowest: |_| 0,
            bytes,
            align,
            index: false,
            exclusive: false,
        })
    };
    let (byte, half, word): (How, How, How) =
        (at_base(|_| 1, 1), at_base(|_| 2, 2), at_base(|_| 4, 4));
    for (name, pattern, how) in [
        ("LDAB T1", "111010001101nnnnttttoooo1000oooo", byte),
        ("LDAH T1", "111010001101nnnnttttoooo1001oooo", half),
        ("LDA T1", "111010001101nnnnttttoooo1010oooo", word),
        ("LDAEXB T1", "111010001101nnnnttttoooo1100oooo", byte),
        ("LDAEXH T1", "111010001101nnnnttttoooo1101oooo", half),
        ("LDAEX T1", "111010001101nnnnttttoooo1110oooo", word),
        ("STLB T1", "111010001100nnnnttttoooo1000oooo", byte),
        ("STLH T1", "111010001100nnnnttttoooo1001oooo", half),
        ("STL T1", "111010001100nnnnttttoooo1010oooo", word),
    ] {
        all.push(e(name, pattern).allow('n', SP).how(how));
    }
    let distinct: Rule = |f| f.get('d') != f.get('n') && f.get('d') != f.get('t');
    for (name, pattern, how) in [
        ("STLEXB T1", "111010001100nnnnttttoooo1100dddd", byte),
        ("STLEXH T1", "111010001100nnnnttttoooo1101dddd", half),
        ("STLEX T1", "111010001100nnnnttttoooo1110dddd", word),
    ] {
        let How::Memory(memory) = how else {
            unreachable!("they access memory")
        };
        let how = How::Memory(Memory {
            exclusive: true,
            ..memory
        });
        all.push(e(name, pattern).allow('n', SP).rule(distinct).how(how));
    }
    all.push(e("TT, TTT T1", "111010000100nnnn1111dddd0T000000").allow('n', SP));
    all.push(e("SG T1", "11101001011111111110100101111111").outside_it());
    for (name, pattern) in [
        ("VSEL T1", "111111100xccyyyyxxxx1010y0w0wwww"),
        ("VMAXNM T1", "111111101x00yyyyxxxx1010y0w0wwww"),
        ("VMINNM T1", "111111101x00yyyyxxxx1010y1w0wwww"),
        ("VRINTA, N, P, M T1", "111111101x1110rrxxxx101001w0wwww"),
        ("VCVTA, N, P, M T1", "111111101x1111rrxxxx1010s1w0wwww"),
    ] {
        all.push(e(name, pattern).outside_it());
    }
    for (name, pattern) in [
        ("VRINTR T1", "111011101x110110xxxx101001w0wwww"),
        ("VRINTZ T1", "111011101x110110xxxx101011w0wwww"),
        ("VRINTX T1", "111011101x110111xxxx101001w0wwww"),
    ] {
        all.push(e(name, pattern));
    }
}

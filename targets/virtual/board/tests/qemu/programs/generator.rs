//! Random programs: images of many cases, each a few instructions of one encoding.
//!
//! For each case the driver loads FPSCR, S0-S31, APSR, R0-R12 and LR from a record in flash and
//! jumps to it; the case branches back, and the driver appends all of these and the SP to the
//! results in RAM, for cases that touch memory with the scratch area.

use super::assembler::{Assembler, branch, branch_if, condition};
use super::encodings::{Branch, Encoding, How, Memory, table};
use super::image::{Image, M33, RAM};
use super::operands;
use super::rng::Rng;

const DRIVER: u32 = 0x100;
const EXIT: u32 = 0x400;
const SCRATCH_VALUES: u32 = 0x500;
/// Behind 4 KiB of random words, which literal loads may reach.
const CODE: u32 = 0x1800;
/// What may lie behind the last case and be reached by its literal loads.
const TAIL: u32 = 0x1100;

/// Memory that cases read and write: 64 words.
const SCRATCH: u32 = RAM + 0x1_D800;
const SCRATCH_WORDS: u32 = 64;
/// The stack pointer every case starts with; the word below is the address it came from.
const STACK: u32 = SCRATCH + 128;
/// Record pointer, result pointer, whether the case touches memory.
const CELLS: u32 = RAM + 0x1_F000;
const RESULTS_END: u32 = RAM + 0x1_C000;

/// Words of a result: APSR, FPSCR, S0-S31, R0-R12, LR, SP.
const RESULT_WORDS: usize = 2 + 32 + 14 + 1;

/// Operands of a case.
#[derive(Clone, Debug)]
pub struct Inputs {
    pub fpscr: u32,
    pub singles: [u32; 32],
    pub apsr: u32,
    /// R0-R12 and LR.
    pub registers: [u32; 14],
}

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its encoding, an index in [`table`].
    pub encoding: usize,
    pub inputs: Inputs,
    /// Each instruction with address and fields.
    pub listing: Vec<String>,
    address: u32,
    touches_memory: bool,
    /// Instances of the encoding outside IT blocks.
    pub unconditional: u64,
}

/// A batch of cases as an image.
#[derive(Clone, Debug)]
pub struct Program {
    pub image: Image,
    pub cases: Vec<Case>,
}

/// The encodings that random programs of a chip test.
pub fn candidates(chip: &str) -> Vec<usize> {
    let runs = |encoding: &Encoding| {
        !matches!(encoding.how, How::System) && (chip == M33 || !encoding.armv8m)
    };
    (0..table().len()).filter(|&i| runs(&table()[i])).collect()
}

/// Program `index` of the run with this seed, for a chip.
pub fn program(chip: &'static str, seed: u64, index: u64) -> Program {
    let mut rng = Rng::new(seed, index);
    let candidates = candidates(chip);
    let mut code = Assembler::new(CODE);
    let mut cases = Vec::new();
    let mut results = 0;
    let mut next = rng.below(candidates.len() as u32) as usize;
    let finish = code.label();
    loop {
        let encoding = candidates[next % candidates.len()];
        next += 1;
        let words = RESULT_WORDS as u32 + if memory(encoding) { SCRATCH_WORDS } else { 0 };
        if RAM + 4 * (results + words) > RESULTS_END {
            break;
        }
        results += words;
        let mut case = Emitter::new(&mut code, &mut rng, encoding).emit();
        code.b(finish);
        code.align(4);
        case.touches_memory = memory(encoding);
        cases.push(case);
    }
    code.bind(finish);
    // The end of every case goes to the driver.
    let back = DRIVER.wrapping_sub(code.here() + 4);
    code.wide(branch(back));
    let image = assemble(chip, code, &cases, results, &mut rng);
    Program { image, cases }
}

fn memory(encoding: usize) -> bool {
    matches!(table()[encoding].how, How::Memory(_))
}

fn assemble(
    chip: &'static str,
    code: Assembler,
    cases: &[Case],
    results: u32,
    rng: &mut Rng,
) -> Image {
    let code = code.finish();
    let records = (CODE + code.len() as u32).next_multiple_of(4);
    let mut flash = Vec::new();
    flash.extend((RAM + 0x2_0000 - 0x100).to_le_bytes());
    let driver = driver();
    flash.extend((driver.start | 1).to_le_bytes());
    flash.extend(records.to_le_bytes());
    while flash.len() < DRIVER as usize {
        flash.extend((EXIT | 1).to_le_bytes());
    }
    flash.extend(driver.code);
    assert!(flash.len() <= EXIT as usize, "the driver fits");
    flash.resize(CODE as usize, 0);
    for word in flash[SCRATCH_VALUES as usize..].chunks_exact_mut(4) {
        word.copy_from_slice(&operands::integer(rng).to_le_bytes());
    }
    flash.extend(code);
    flash.resize(records as usize, 0);
    let mut word = |value: u32| flash.extend(value.to_le_bytes());
    for case in cases {
        word(case.address | 1);
        word(case.touches_memory.into());
        word(case.inputs.fpscr);
        case.inputs.singles.into_iter().for_each(&mut word);
        word(case.inputs.apsr);
        case.inputs.registers.into_iter().for_each(&mut word);
    }
    word(0);
    (0..TAIL / 4).for_each(|i| word(i.wrapping_mul(0x9E37_79B9)));
    Image {
        chip,
        flash,
        exit: EXIT,
        result_bytes: 4 * results,
    }
}

struct Driver {
    code: Vec<u8>,
    /// Where reset starts.
    start: u32,
}

/// [`DRIVER`] is where cases end: it stores the results and starts the next case.
fn driver() -> Driver {
    let mut code = Assembler::new(DRIVER);
    let (next, plain) = (code.label(), code.label());
    code.wide(0xE92D_5FFF); // push {r0-r12, lr}
    code.mrs(0, 0).wide(0xEEF1_1A10); // vmrs r1, fpscr
    code.mov32(2, CELLS).ldr(3, 2, 4);
    code.stm(3, 0b11).wide(0xECA3_0A20); // vstmia r3!, {s0-s31}
    for _ in 0..2 {
        code.wide(0xE8BD_07F0).stm(3, 0x07F0); // pop {r4-r10}
    }
    code.mov(0, 13).str_next(0, 3);
    code.ldr(0, 2, 8).cmp(0, 0).b_if(condition::EQ, plain);
    code.mov32(0, SCRATCH);
    for _ in 0..SCRATCH_WORDS / 8 {
        code.ldm(0, 0x0FF0).stm(3, 0x0FF0);
    }
    code.bind(plain).str(3, 2, 4);
    code.bind(next);
    let (go, exit) = (code.label(), code.label());
    code.ldr(1, 2, 0)
        .ldr_next(4, 1)
        .cmp(4, 0)
        .b_if(condition::EQ, exit);
    code.ldr_next(0, 1)
        .str(0, 2, 8)
        .cmp(0, 0)
        .b_if(condition::EQ, go);
    code.mov32(5, SCRATCH_VALUES).mov32(6, SCRATCH);
    for _ in 0..SCRATCH_WORDS / 4 {
        code.ldm(5, 0x0F00).stm(6, 0x0F00);
    }
    code.bind(go);
    code.mov32(5, STACK - 4).str(4, 5, 0);
    // Every record is 48 words behind its first two.
    code.mov(0, 1).narrow(0x30C0).str(0, 2, 0); // adds r0, #48 * 4
    code.ldr_next(0, 1).wide(0xEEE1_0A10); // vmsr fpscr, r0
    code.wide(0xECB1_0A20); // vldmia r1!, {s0-s31}
    code.ldr_next(0, 1).msr(0, 0);
    code.mov(13, 1).wide(0xE8BD_5FFF); // pop {r0-r12, lr}
    // ldr.w sp, [pc, #...]; pop {pc}
    let literal = (code.here() + 6).next_multiple_of(4);
    let offset = literal - (code.here() + 4) / 4 * 4;
    code.wide(0xF8DF_D000 | offset).narrow(0xBD00);
    code.align(4).word(STACK - 4);
    code.bind(exit);
    let here = code.here();
    code.wide(branch(EXIT.wrapping_sub(here + 4)));
    let start = code.here();
    code.poke(0xE000_ED88, 0x00F0_0000); // CPACR
    code.wide(0xF3BF_8F4F).wide(0xF3BF_8F6F); // dsb; isb
    code.mov32(2, CELLS).movs(0, 8).ldr(1, 0, 0).str(1, 2, 0);
    code.mov32(1, RAM).str(1, 2, 4).b(next);
    Driver {
        code: code.finish(),
        start,
    }
}

/// Makes one case.
struct Emitter<'a> {
    code: &'a mut Assembler,
    rng: &'a mut Rng,
    encoding: &'static Encoding,
    index: usize,
    listing: Vec<String>,
    unconditional: u64,
}

impl<'a> Emitter<'a> {
    fn new(code: &'a mut Assembler, rng: &'a mut Rng, index: usize) -> Self {
        Self {
            code,
            rng,
            encoding: &table()[index],
            index,
            listing: Vec::new(),
            unconditional: 0,
        }
    }

    fn emit(mut self) -> Case {
        let address = self.code.here();
        let instructions = 1 + self.rng.below(8);
        let mut left = instructions;
        while left > 0 {
            let group = match self.encoding.how {
                How::Plain | How::Literal => self.group(left),
                How::WritesSp => {
                    self.maybe_it();
                    self.plain();
                    self.restore_sp();
                    1
                }
                How::Memory(memory) => {
                    self.memory(&memory);
                    1
                }
                How::Branch(kind) => {
                    self.branch(kind);
                    1
                }
                How::System => unreachable!("not generated"),
            };
            left -= group;
        }
        let rng = self.rng;
        let inputs = Inputs {
            fpscr: operands::fpscr(rng),
            singles: std::array::from_fn(|_| operands::single(rng)),
            apsr: rng.word() & 0xF80F_0000,
            registers: std::array::from_fn(|_| operands::integer(rng)),
        };
        Case {
            encoding: self.index,
            inputs,
            listing: self.listing,
            address,
            touches_memory: false,
            unconditional: self.unconditional,
        }
    }

    /// One instruction, or an IT block of up to `most`. Returns how many.
    fn group(&mut self, most: u32) -> u32 {
        let length = if self.wants_it() {
            let length = 1 + self.rng.below(4.min(most));
            self.it(length);
            length
        } else {
            self.unconditional += 1;
            1
        };
        (0..length).for_each(|_| self.plain());
        length
    }

    fn random(&mut self) -> u32 {
        let rng = &mut *self.rng;
        self.encoding.random(|| rng.word())
    }

    fn put(&mut self, bits: u32) {
        let text = format!(
            "{:#07x}: {bits:0w$x} {}",
            self.code.here(),
            self.encoding.describe(bits),
            w = self.encoding.width as usize / 4
        );
        self.listing.push(text);
        if self.encoding.width == 32 {
            self.code.wide(bits);
        } else {
            self.code.narrow(bits);
        }
    }

    fn plain(&mut self) {
        let bits = self.random();
        self.put(bits);
    }

    fn note(&mut self, text: String) {
        self.listing
            .push(format!("{:#07x}: {text}", self.code.here()));
    }

    fn wants_it(&mut self) -> bool {
        !self.encoding.outside_it && self.rng.one_in(4)
    }

    /// Puts the next instruction into an IT block of one, now and then. True if so.
    fn maybe_it(&mut self) -> bool {
        let it = self.wants_it();
        if it {
            self.it(1);
        } else {
            self.unconditional += 1;
        }
        it
    }

    /// An IT instruction for a block of `length`.
    fn it(&mut self, length: u32) {
        let first = self.rng.below(15);
        let mut mask = 8 >> (length - 1);
        for slot in 1..length {
            // Each further slot's bit is the low bit of its condition.
            let other = if first == 14 { 0 } else { self.rng.below(2) };
            mask |= (first & 1 ^ other) << (4 - slot);
        }
        self.note(format!("IT cond={first} mask={mask:04b}"));
        self.code.narrow(0xBF00 | first << 4 | mask);
    }

    fn mov32(&mut self, register: u32, value: u32) {
        self.note(format!("r{register} = {value:#010x}"));
        self.code.mov32(register, value);
    }

    /// A register below 13 that is none of these.
    fn other_register(&mut self, not: &[u32]) -> u32 {
        loop {
            let register = self.rng.below(13);
            if !not.contains(&register) {
                return register;
            }
        }
    }

    /// Keeps the SP in a register and sets it right again.
    fn restore_sp(&mut self) {
        let keep = self.other_register(&[]);
        let other = self.other_register(&[keep]);
        self.note(format!("mov r{keep}, sp; sp restored through r{other}"));
        self.code.mov(keep, 13).mov32(other, STACK).mov(13, other);
    }

    fn set_base(&mut self, base: u32, value: u32, busy: &[u32]) {
        if base == 13 {
            let through = self.other_register(busy);
            self.mov32(through, value);
            self.note(format!("mov sp, r{through}"));
            self.code.mov(13, through);
        } else {
            self.mov32(base, value);
        }
    }

    fn memory(&mut self, memory: &Memory) {
        let encoding = self.encoding;
        let bits = loop {
            let bits = self.random();
            let fields = encoding.fields(bits);
            // The SP stays a multiple of four.
            let written = encoding.name.contains("index") && !fields.get('i').is_multiple_of(4);
            if (memory.base)(&fields) != 13 || !written {
                break bits;
            }
        };
        let fields = encoding.fields(bits);
        let base = (memory.base)(&fields);
        let bytes = (memory.bytes)(&fields);
        let lowest = (memory.lowest)(&fields) as u32;
        let mut target = SCRATCH + self.rng.below(4 * SCRATCH_WORDS - bytes + 1);
        if self.rng.one_in(2) {
            target &= !3;
        }
        target &= !(memory.align - 1);
        let index = fields.get('m');
        let mut offset = lowest;
        if memory.index {
            let value = self.rng.below(64).wrapping_sub(32);
            offset = value << fields.get('s');
            self.mov32(index, value);
        }
        let mut value = target.wrapping_sub(offset);
        if base == 13 {
            value &= !3;
        }
        let busy = if memory.index { vec![index] } else { vec![] };
        self.set_base(base, value, &busy);
        if memory.exclusive {
            self.exclusive(bits, base);
        }
        self.maybe_it();
        self.put(bits);
    }

    /// What decides whether a store-exclusive succeeds: a load-exclusive of the same place, or
    /// CLREX.
    fn exclusive(&mut self, bits: u32, base: u32) {
        if self.rng.one_in(3) {
            self.note("CLREX".to_owned());
            self.code.wide(0xF3BF_8F2F);
            return;
        }
        let fields = self.encoding.fields(bits);
        let load = match self.encoding.name {
            "STREX T1" | "STLEX T1" => 0xE850_0F00 | fields.get('i'),
            "STREXB T1" | "STLEXB T1" => 0xE8D0_0F4F,
            _ => 0xE8D0_0F5F,
        };
        self.note("load-exclusive of the same place".to_owned());
        self.code.wide(load | base << 16 | fields.get('d') << 12);
    }

    /// Instructions that show which of them ran; a branch may skip some.
    fn filler(&mut self, count: u32) {
        for _ in 0..count {
            let (register, imm) = (self.rng.below(8), self.rng.below(256));
            self.note(format!("adds r{register}, #{imm}"));
            self.code.adds(register, imm);
        }
    }

    fn branch(&mut self, kind: Branch) {
        use Branch as B;
        let encoding = self.encoding;
        let mut bits = self.random();
        let fields = encoding.fields(bits);
        let (count, skip) = (4, 1 + self.rng.below(4));
        let far = 2 * skip;
        let m = fields.get('m');
        match kind {
            B::NarrowOffset => {
                bits = encoding.with(bits, 'i', skip - 1);
                self.maybe_it();
            }
            B::WideConditional => {
                bits = branch_if(fields.get('c'), far);
                self.maybe_it();
            }
            B::WideOffset => {
                let link = if encoding.name.starts_with("BL") {
                    0x4000
                } else {
                    0
                };
                bits = branch(far) | link;
                self.maybe_it();
            }
            B::CompareZero => {
                bits = encoding.with(bits, 'i', skip - 1);
                if self.rng.one_in(2) {
                    self.note("movs rn, #0".to_owned());
                    self.code.movs(fields.get('n'), 0);
                }
                self.unconditional += 1;
            }
            B::Register | B::Move | B::Add => {
                let it = self.wants_it();
                let at = self.code.here() + 8 + if it { 2 } else { 0 };
                let target = at + 2 + far;
                let value = match kind {
                    B::Register => target | 1,
                    B::Move => target | self.rng.below(2),
                    _ => target - (at + 4),
                };
                self.mov32(m, value);
                if it {
                    self.it(1);
                } else {
                    self.unconditional += 1;
                }
            }
            B::TableByte | B::TableHalf => {
                self.table_branch(bits, kind == B::TableByte);
                self.filler(count);
                return;
            }
            B::Load => {
                self.load_branch(bits, far);
                self.filler(count);
                return;
            }
            B::LoadLiteral => {
                let literal = self.literals(1);
                self.unconditional += 1;
                let target = self.code.here() + 4 + far;
                let distance = (self.code.here() + 4) / 4 * 4 - literal.at;
                bits = encoding.with(encoding.with(bits, 'U', 0), 'i', distance);
                self.set_literal(literal, 0, target | 1);
            }
            B::LoadMultiple => {
                self.load_multiple_branch(bits, far);
                self.filler(count);
                if encoding.name.starts_with("POP") || fields.get('n') == 13 {
                    self.restore_sp();
                }
                return;
            }
        }
        self.put(bits);
        self.filler(count);
    }

    fn table_branch(&mut self, bits: u32, bytes: bool) {
        let fields = self.encoding.fields(bits);
        let index = self.rng.below(4);
        let table_bytes = if bytes { 4 } else { 8 };
        self.unconditional += 1;
        self.mov32(fields.get('m'), index);
        if fields.get('n') != 15 {
            let table = self.code.here() + 8 + 4;
            self.mov32(fields.get('n'), table);
        }
        self.put(bits);
        let entries: Vec<u32> = (0..4)
            .map(|_| table_bytes / 2 + self.rng.below(5))
            .collect();
        self.note(format!("table {entries:?}"));
        if bytes {
            self.code.narrow(entries[0] | entries[1] << 8);
            self.code.narrow(entries[2] | entries[3] << 8);
        } else {
            entries.iter().for_each(|&entry| {
                self.code.narrow(entry);
            });
        }
    }

    /// Room for words that are jumped over.
    fn literals(&mut self, words: u32) -> Literals {
        self.code.align(4);
        self.note(format!("b over {words} words"));
        self.code.wide(branch(4 * words));
        let at = self.code.here();
        for _ in 0..words {
            let value = operands::integer(self.rng);
            self.code.word(value);
        }
        Literals { at }
    }

    fn set_literal(&mut self, literals: Literals, index: u32, value: u32) {
        self.code.set_word(literals.at + 4 * index, value);
    }

    fn load_branch(&mut self, bits: u32, far: u32) {
        let encoding = self.encoding;
        let fields = encoding.fields(bits);
        let literal = self.literals(1);
        let imm = fields.get('i');
        let mut offset = match encoding.name {
            name if name.contains("T3") || name.contains("pre-index +") => imm,
            name if name.contains("offset -") || name.contains("pre-index -") => imm.wrapping_neg(),
            _ => 0,
        };
        if encoding.has('m') {
            let value = self.rng.below(64).wrapping_sub(32);
            offset = value << fields.get('s');
            self.mov32(fields.get('m'), value);
        }
        self.mov32(fields.get('n'), literal.at.wrapping_sub(offset));
        self.maybe_it();
        let target = self.code.here() + 4 + far;
        self.set_literal(literal, 0, target | 1);
        self.put(bits);
    }

    fn load_multiple_branch(&mut self, bits: u32, far: u32) {
        let encoding = self.encoding;
        let fields = encoding.fields(bits);
        let others = fields.get('r').count_ones();
        let literals = self.literals(others + 1);
        let base = if encoding.width == 16 {
            13
        } else {
            fields.get('n')
        };
        let start = if encoding.name.starts_with("LDMDB") {
            literals.at + 4 * (others + 1)
        } else {
            literals.at
        };
        self.set_base(base, start, &[]);
        self.maybe_it();
        let target = self.code.here() + encoding.width / 8 + far;
        self.set_literal(literals, others, target | 1);
        self.put(bits);
    }
}

/// Words in the code.
#[derive(Clone, Copy, Debug)]
struct Literals {
    at: u32,
}

impl Program {
    /// The part of the results that belongs to each case, in words.
    pub fn split<'r>(&self, results: &'r [u8]) -> Vec<&'r [u8]> {
        let mut rest = results;
        self.cases
            .iter()
            .map(|case| {
                let words = RESULT_WORDS
                    + if case.touches_memory {
                        SCRATCH_WORDS as usize
                    } else {
                        0
                    };
                let (result, behind) = rest.split_at(4 * words);
                rest = behind;
                result
            })
            .collect()
    }
}

/// Name of word `index` of a case's result.
pub fn result_name(index: usize) -> String {
    match index {
        0 => "APSR".to_owned(),
        1 => "FPSCR".to_owned(),
        2..34 => format!("S{}", index - 2),
        34..47 => format!("R{}", index - 34),
        47 => "LR".to_owned(),
        48 => "SP".to_owned(),
        _ => format!("scratch word {}", index - RESULT_WORDS),
    }
}

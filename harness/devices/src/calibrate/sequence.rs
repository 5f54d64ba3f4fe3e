//! A sequence of instructions between two readings of a counter.

use tinybench_interface::calibration::Reading;

/// Instructions of the sequence that checks the cycle counter.
const CHECK_INSTRUCTIONS: usize = 64;

use super::thumb::{self, Code, FILL};

/// Instructions before the first reading, which fill the prefetch unit.
const LEAD_IN: usize = 8;
/// Half-words from the start of a sequence to the instructions under test: the lead-in, the
/// reading, and a fill that keeps a load under test from overlapping with it.
const BODY: usize = LEAD_IN + 2;
/// `ldr r6, [r7]`, `ldr r5, [r7]` and `bx r12`.
const READ_START: u16 = 0x683E;
const READ_END: u16 = 0x683D;
const RETURN: u16 = 0x4760;

/// Sequences begin at multiples of this, so that each is alike to caches and flash sectors.
pub const ALIGNMENT: u32 = 64;

/// Registers that the frame of a sequence needs: the readings and the counter's address.
const RESERVED: [u8; 3] = [5, 6, 7];

/// Where a sequence is executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Home {
    /// Flash.
    Flash,
    /// The RAM of the image.
    Ram,
}

/// How caches and prefetch of the flash are set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cache {
    /// On and filled: as the board file has them, after the repetitions of the warm-up.
    Warm,
    /// On, and emptied before each repetition.
    Cold,
    /// Off.
    Off,
    /// The caches on and emptied before each repetition, while the flash doesn't read ahead.
    ColdWithoutPrefetch,
    /// The caches off, while the flash reads ahead.
    PrefetchAlone,
}

/// How fast the core runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Clock {
    /// As the board's set-up leaves it.
    Full,
    /// So slowly that the flash needs no wait states: see [`Chip::slow`](super::chip::Chip::slow).
    Slow,
}

/// What a register holds when a sequence begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// This value.
    Word(u32),
    /// An address in RAM, so many bytes from a multiple of 64.
    Ram(u32),
    /// An address in flash, so many bytes from a multiple of 64. All there is 0.
    Flash(u32),
    /// An address in the RAM bank that isn't the one of [`Value::Ram`], if the board has one.
    OtherRam(u32),
    /// The address, with the Thumb bit, so many half-words behind the first instruction under
    /// test.
    Code(u32),
}

/// Which readings bound what is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Window {
    /// From the first to the last.
    #[default]
    Whole,
    /// From the first to the one that the handler of an exception takes.
    Entry,
    /// From there to the last.
    Exit,
}

impl Window {
    /// The readings before and behind it.
    pub fn bounds(self, reading: &Reading) -> (u32, u32) {
        match self {
            Self::Whole => (reading.start, reading.end),
            Self::Entry => (reading.start, reading.between),
            Self::Exit => (reading.between, reading.end),
        }
    }
}

/// Instructions under test and their circumstances.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sequence {
    /// The instructions.
    pub body: Code,
    /// Half-words by which the whole is moved up from its alignment.
    pub shift: usize,
    /// Where it runs.
    pub home: Home,
    /// How the caches are.
    pub cache: Cache,
    /// How fast the core runs.
    pub clock: Clock,
    /// Registers that aren't as usual: numbers below 12.
    pub registers: Vec<(u8, Value)>,
    /// What is counted.
    pub window: Window,
}

impl Sequence {
    /// The loop-free sequence by which the cycle counter is checked.
    pub fn check() -> Self {
        Self::new(vec![FILL; CHECK_INSTRUCTIONS])
    }

    /// In flash, out of a warm cache, at full speed, with the usual registers: r0 and r1 point to RAM, r2 to
    /// flash, r3 is 4, r4 and r8 to r11 are 0.
    pub fn new(body: Code) -> Self {
        Self {
            body,
            shift: 0,
            home: Home::Flash,
            cache: Cache::Warm,
            clock: Clock::Full,
            registers: Vec::new(),
            window: Window::Whole,
        }
    }

    /// The same with a register that is something else.
    pub fn with(mut self, register: u8, value: Value) -> Self {
        debug_assert!(register < 12 && !RESERVED.contains(&register));
        self.registers.push((register, value));
        self
    }

    /// The same from RAM.
    pub fn in_ram(mut self) -> Self {
        self.home = Home::Ram;
        self
    }

    /// The same with other caches.
    pub fn cached(mut self, cache: Cache) -> Self {
        self.cache = cache;
        self
    }

    /// The same at another speed.
    pub fn clocked(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// The same, moved up by some half-words.
    pub fn shifted(mut self, shift: usize) -> Self {
        self.shift = shift;
        self
    }

    /// The same with another window.
    pub fn counting(mut self, window: Window) -> Self {
        self.window = window;
        self
    }

    /// The same circumstances with nothing to count: what the readings themselves take.
    pub fn empty(&self) -> Self {
        Self {
            body: Vec::new(),
            window: Window::Whole,
            ..self.clone()
        }
    }

    /// All half-words, from a multiple of [`ALIGNMENT`] on.
    pub fn code(&self) -> Code {
        thumb::join(&[
            &thumb::fill(self.shift + LEAD_IN),
            &[READ_START, FILL],
            &self.body,
            &[FILL, READ_END, RETURN],
        ])
    }

    /// r0 to r11 at the start of the sequence, whose code is at `places.code`.
    pub fn registers(&self, places: Places) -> [u32; 12] {
        let mut values = [0; 12];
        let usual = [
            (0, Value::Ram(0)),
            (1, Value::Ram(0x100)),
            (2, Value::Flash(0)),
            (3, Value::Word(4)),
        ];
        for &(register, value) in usual.iter().chain(&self.registers) {
            values[usize::from(register)] = match value {
                Value::Word(word) => word,
                Value::Ram(offset) => places.ram + offset,
                Value::Flash(offset) => places.flash + offset,
                Value::OtherRam(offset) => places.other_ram.unwrap_or(places.ram) + offset,
                Value::Code(half) => {
                    let first = (self.shift + BODY) as u32;
                    (places.code + 2 * (first + half)) | 1
                }
            };
        }
        values
    }

    /// Whether the board must have a second bank of RAM.
    pub fn needs_other_ram(&self) -> bool {
        self.registers
            .iter()
            .any(|(_, value)| matches!(value, Value::OtherRam(_)))
    }
}

/// Addresses that registers can point to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places {
    /// The sequence itself.
    pub code: u32,
    /// RAM that may be written.
    pub ram: u32,
    /// Zeros in flash.
    pub flash: u32,
    /// Another bank of RAM.
    pub other_ram: Option<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_is_framed_by_readings() {
        let code = Sequence::new(thumb::adds(4, 1)).code();
        assert_eq!(
            code,
            [
                [FILL; LEAD_IN].as_slice(),
                &[READ_START, FILL, 0x3401, FILL, READ_END, RETURN]
            ]
            .concat()
        );
        let moved = Sequence::new(thumb::adds(4, 1)).shifted(3).code();
        assert_eq!(&moved[3..], code);
    }

    #[test]
    fn registers_are_resolved() {
        let places = Places {
            code: 0x8000,
            ram: 0x2000_0100,
            flash: 0x9000,
            other_ram: None,
        };
        let sequence = Sequence::new(Code::new())
            .shifted(1)
            .with(8, Value::Code(2))
            .with(1, Value::Ram(2));
        let registers = sequence.registers(places);
        assert_eq!(registers[..4], [0x2000_0100, 0x2000_0102, 0x9000, 4]);
        assert_eq!(registers[8], 0x8000 + 2 * (1 + 10 + 2) + 1);
    }
}

//! The block of the calibration image, which runs short sequences of instructions and reads counters
//! before and behind them: those of the DWT, or SysTick on Armv6-M, which has no others.
//!
//! The conversation is that of the measuring image: the host writes its part with the core
//! halted, lets it run, and reads the answer once it has halted again. The sequences themselves
//! come from the host, into flash with the image or into [`Block::code_address`].
//!
//! A sequence is entered with r0 to r11 as [`Block::registers`] has them, but for r7, which is the
//! address of a counter, and with its own return address in r12. It reads the counter into r6
//! before and into r5 behind the instructions under test, and may leave a third reading in r4. It
//! ends with `BX r12` and leaves r12 and the stack pointer as they were.

use core::mem::offset_of;

use crate::Fault;

/// Name of the ELF symbol of the [`Block`].
pub const SYMBOL: &str = "TINYBENCH_CALIBRATION";

/// First word of the block: `TBCA` in ASCII, little-endian.
pub const MAGIC: u32 = u32::from_le_bytes(*b"TBCA");

/// Version of this layout. An image of another version is refused by the host.
pub const VERSION: u32 = 1;

/// Counters that can be read, one after the other: [`DWT_COUNTERS`], or [`SYSTICK_COUNTER`] alone.
pub const COUNTER_COUNT: usize = 5;

/// Addresses of DWT_CYCCNT, DWT_CPICNT, DWT_EXCCNT, DWT_LSUCNT and DWT_FOLDCNT (Armv7-M
/// Architecture Reference Manual, C1.8). All but the first count in their lowest 8 bits.
pub const DWT_COUNTERS: [u32; COUNTER_COUNT] = [
    0xE000_1004,
    0xE000_1008,
    0xE000_100C,
    0xE000_1014,
    0xE000_1018,
];

/// Address of SYST_CVR (Armv6-M Architecture Reference Manual, B3.3.4), which counts down and comes
/// round after all that its bits hold.
pub const SYSTICK_COUNTER: u32 = 0xE000_E018;

/// Bits of SYST_CVR.
pub const SYSTICK_BITS: u32 = 24;

/// Repetitions that fill caches and aren't recorded.
pub const WARM_UP: usize = 2;

/// Repetitions that can be recorded for each counter.
pub const REPETITIONS: usize = 8;

/// Register writes that [`Block::before`] has room for.
pub const BEFORE_CAPACITY: usize = 8;

/// Words of the answer.
const READING_WORDS: usize = COUNTER_COUNT * REPETITIONS * 3;

/// What one repetition of a sequence leaves in r4, r5 and r6.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// A reading between the other two, if the sequence takes one.
    pub between: u32,
    /// The counter behind the instructions under test.
    pub end: u32,
    /// The counter before them.
    pub start: u32,
}

/// The block itself. Written by the image: I; by the host: H.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// I: [`MAGIC`], from the start.
    pub magic: u32,
    /// I: [`VERSION`], from the start.
    pub version: u32,
    /// I: a [`crate::Status`].
    pub status: u32,
    /// I: address of a buffer for sequences in RAM, a multiple of 64.
    pub code_address: u32,
    /// I: its size, bytes.
    pub code_capacity: u32,
    /// I: address of a buffer that sequences may read and write, a multiple of 64.
    pub data_address: u32,
    /// I: its size, bytes.
    pub data_capacity: u32,
    /// H: a number of the host's choosing, which the answer repeats.
    pub request: u32,
    /// H: how many counters to read, from the first on.
    pub counter_count: u32,
    /// H: how many repetitions to record, at most [`REPETITIONS`].
    pub repetition_count: u32,
    /// H: address of the sequence, with the Thumb bit.
    pub sequence: u32,
    /// H: r0 to r11 at its start.
    pub registers: [u32; 12],
    /// H: how many of `before` there are.
    pub before_count: u32,
    /// H: addresses and values of words that are written before each repetition, in this order.
    pub before: [[u32; 2]; BEFORE_CAPACITY],
    /// I: `request`, once the answer is complete.
    pub answered: u32,
    /// I: the recorded repetitions, by counter; 0 where none was asked for.
    pub readings: [[Reading; REPETITIONS]; COUNTER_COUNT],
    /// I: [`checksum`] of `answered` and `readings`.
    pub checksum: u32,
    /// I: the caught exception, if `status` is [`crate::Status::Fault`].
    pub fault: Fault,
}

impl Block {
    /// The block as the image holds it at link time.
    pub const INITIAL: Self = Self {
        magic: MAGIC,
        version: VERSION,
        status: 0,
        code_address: 0,
        code_capacity: 0,
        data_address: 0,
        data_capacity: 0,
        request: 0,
        counter_count: 0,
        repetition_count: 0,
        sequence: 0,
        registers: [0; 12],
        before_count: 0,
        before: [[0; 2]; BEFORE_CAPACITY],
        answered: 0,
        readings: [[Reading {
            between: 0,
            end: 0,
            start: 0,
        }; REPETITIONS]; COUNTER_COUNT],
        checksum: 0,
        fault: Fault::NONE,
    };

    /// Size of the block in words.
    pub const WORDS: usize = size_of::<Self>() / 4;

    /// Builds what the image writes of the block from the words read out of a target, in address
    /// order. The host's part stays 0.
    pub fn from_words(words: &[u32; Self::WORDS]) -> Self {
        let at = |offset: usize| words[offset / 4];
        let first = offset_of!(Self, readings) / 4;
        let mut readings = Self::INITIAL.readings;
        for (reading, words) in readings
            .as_flattened_mut()
            .iter_mut()
            .zip(words[first..first + READING_WORDS].chunks_exact(3))
        {
            *reading = Reading {
                between: words[0],
                end: words[1],
                start: words[2],
            };
        }
        let fault = offset_of!(Self, fault) / 4;
        Self {
            magic: at(offset_of!(Self, magic)),
            version: at(offset_of!(Self, version)),
            status: at(offset_of!(Self, status)),
            code_address: at(offset_of!(Self, code_address)),
            code_capacity: at(offset_of!(Self, code_capacity)),
            data_address: at(offset_of!(Self, data_address)),
            data_capacity: at(offset_of!(Self, data_capacity)),
            answered: at(offset_of!(Self, answered)),
            readings,
            checksum: at(offset_of!(Self, checksum)),
            fault: Fault::from_words(&words[fault..]),
            ..Self::INITIAL
        }
    }
}

/// Tells a damaged answer from a whole one: Fletcher's sum of the words, each taken modulo
/// 65,535, and never 0 for an answer that isn't empty.
pub fn checksum(answered: u32, readings: &[[Reading; REPETITIONS]; COUNTER_COUNT]) -> u32 {
    let words = readings
        .as_flattened()
        .iter()
        .flat_map(|reading| [reading.between, reading.end, reading.start]);
    let (mut sum, mut sums) = (1, 1);
    for word in core::iter::once(answered).chain(words) {
        sum = (sum + word % 65_535) % 65_535;
        sums = (sums + sum) % 65_535;
    }
    sums << 16 | sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_comes_out_of_its_words() {
        let mut words = [0; Block::WORDS];
        for (i, word) in words.iter_mut().enumerate() {
            *word = i as u32;
        }
        let block = Block::from_words(&words);
        assert_eq!((block.magic, block.status), (0, 2));
        let first = offset_of!(Block, readings) as u32 / 4;
        assert_eq!(
            block.readings[0][1],
            Reading {
                between: first + 3,
                end: first + 4,
                start: first + 5
            }
        );
        assert_eq!(block.readings[1][0].between, first + 3 * REPETITIONS as u32);
        assert_eq!(block.fault.exception, offset_of!(Block, fault) as u32 / 4);
        assert_eq!(block.fault.bfar, Block::WORDS as u32 - 1);
    }

    #[test]
    fn one_word_changed_or_two_swapped_change_the_sum() {
        let mut readings = Block::INITIAL.readings;
        readings[2][3].end = 17;
        let sum = checksum(5, &readings);
        assert_ne!(sum, checksum(6, &readings));
        readings[2][3].end = 0;
        readings[2][3].start = 17;
        assert_ne!(sum, checksum(5, &readings));
        assert_ne!(checksum(0, &Block::INITIAL.readings), 0);
    }
}

//! What the tests on the chip share.

#![no_std]

/// Numbers that look random, the same in each run.
#[derive(Clone, Debug)]
pub struct Noise(u32);

impl Noise {
    /// Starts anew; each seed gives other numbers.
    pub fn new(seed: u32) -> Self {
        Self(seed.wrapping_mul(2).wrapping_add(1))
    }

    /// All 32 bits.
    pub fn word(&mut self) -> u32 {
        // Marsaglia's xorshift (Journal of Statistical Software 8(14), 2003), multiplied.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0.wrapping_mul(0x9E37_79B9)
    }

    /// From `low` to `high`, both included.
    pub fn between(&mut self, low: i32, high: i32) -> i32 {
        let span = i64::from(high) - i64::from(low) + 1;
        let offset = (i64::from(self.word()) * span) >> 32;
        (i64::from(low) + offset) as i32
    }

    /// Fills with bytes of the whole range.
    pub fn fill(&mut self, bytes: &mut [i8]) {
        for byte in bytes {
            *byte = (self.word() >> 24) as i8;
        }
    }
}

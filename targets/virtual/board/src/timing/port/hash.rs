//! A hash of numbers that the model itself makes: nobody can choose them so that they collide, so it may be quick.

use std::hash::{BuildHasherDefault, Hasher};

/// Hashes by [`Mixer`].
pub(super) type Mixed = BuildHasherDefault<Mixer>;

/// Multiplies number by number.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mixer(u64);

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(byte.into());
        }
    }

    #[inline]
    fn write_u32(&mut self, number: u32) {
        self.write_u64(number.into());
    }

    #[inline]
    fn write_u64(&mut self, number: u64) {
        // The golden ratio: neighbours come to lie far apart.
        self.0 = (self.0.rotate_left(23) ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    #[inline]
    fn finish(&self) -> u64 {
        // The lowest bits of a product depend on few.
        self.0 ^ self.0 >> 32
    }
}

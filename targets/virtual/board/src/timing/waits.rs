//! Cycles that loads and stores wait beyond their static ones, with a few causes apart: in one word,
//! so that keeping them apart costs nothing where they are added.

/// Cycles in the lowest [`BITS`] bits; above them those of them that are waits for flash, and above
/// these those of accesses that aren't aligned.
///
/// As for any sum of such words, the difference of two is right as long as each part is below
/// 2^[`BITS`]: that of a block is.
pub(crate) type Waits = u64;

const BITS: u32 = 20;
const MASK: u64 = (1 << BITS) - 1;

/// Waits for flash.
pub(crate) const fn of_flash(cycles: u32) -> Waits {
    cycles as u64 * (1 + (1 << BITS))
}

/// Waits of an access that isn't aligned.
pub(crate) const fn of_unaligned(cycles: u32) -> Waits {
    cycles as u64 * (1 + (1 << (2 * BITS)))
}

/// All cycles.
pub(crate) const fn cycles(waits: Waits) -> u64 {
    waits & MASK
}

/// Those for flash, those of what isn't aligned, and the others, which may be negative: the fetch
/// can go on meanwhile.
pub(crate) const fn parts(waits: Waits) -> [i64; 3] {
    let flash = waits >> BITS & MASK;
    let unaligned = waits >> (2 * BITS) & MASK;
    let others = cycles(waits) as i64 - flash as i64 - unaligned as i64;
    [flash as i64, unaligned as i64, others]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_differences_keep_the_parts_apart() {
        let before = u64::MAX - 5;
        let after = before
            .wrapping_add(of_flash(3))
            .wrapping_add(of_unaligned(2))
            .wrapping_add(of_flash(1))
            .wrapping_add(7);
        let waits = after.wrapping_sub(before);
        assert_eq!(cycles(waits), 13);
        assert_eq!(parts(waits), [4, 2, 7]);
        // A cycle that the fetch takes meanwhile.
        assert_eq!(parts(of_flash(2) - 1), [2, 0, -1]);
    }
}

//! The decoder takes every bit pattern.

use super::{Place, decode, is_wide};

const PLACES: [Place; 5] = [
    Place {
        mainline: false,
        armv8m: false,
        pc: 0x1002,
        in_it: false,
        last_in_it: false,
    },
    Place {
        mainline: true,
        armv8m: false,
        pc: 0x1002,
        in_it: false,
        last_in_it: false,
    },
    Place {
        mainline: true,
        armv8m: false,
        pc: 0x1002,
        in_it: true,
        last_in_it: false,
    },
    Place {
        mainline: true,
        armv8m: false,
        pc: 0xFFFF_FFFC,
        in_it: true,
        last_in_it: true,
    },
    Place {
        mainline: true,
        armv8m: true,
        pc: 0x1002,
        in_it: false,
        last_in_it: false,
    },
];

#[test]
fn every_narrow_pattern_is_decoded_or_refused() {
    for first in (0..=u16::MAX).filter(|&first| !is_wide(first)) {
        for place in PLACES {
            if let Ok(decoded) = decode(first, 0, place) {
                assert_eq!(decoded.size, 2);
            }
        }
    }
}

/// Each first half-word with every `stride`th second one.
fn wide_patterns(stride: usize) {
    for first in (0..=u16::MAX).filter(|&first| is_wide(first)) {
        let start = usize::from(first) % stride;
        for second in (start..=usize::from(u16::MAX)).step_by(stride) {
            for place in PLACES {
                if let Ok(decoded) = decode(first, second as u16, place) {
                    assert_eq!(decoded.size, 4);
                }
            }
        }
    }
}

#[test]
fn wide_patterns_are_decoded_or_refused() {
    wide_patterns(257);
}

#[test]
#[ignore = "all 32-bit patterns; scripts/emulator-vs-qemu runs it"]
fn every_wide_pattern_is_decoded_or_refused() {
    wide_patterns(1);
}

//! Feeds the words of a profile with anything: they are refused, or written as they were read.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tinybench_virtual_board::WindowProfile;

fuzz_target!(|data: &[u8]| {
    let words: Vec<u32> = data
        .chunks_exact(4)
        .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
        .collect();
    if let Ok(profile) = WindowProfile::from_words(&words) {
        assert_eq!(WindowProfile::from_words(&profile.to_words()), Ok(profile));
    }
});

//! Code in RAM that the program itself changes.

use super::directed_exceptions::same;
use crate::programs::image::RAM;
use crate::programs::system_program::SystemProgram;

/// Where the code lies: at the start of a granule of the code map.
const CODE: u32 = RAM + 0x3_9000;

#[test]
fn a_store_into_code_takes_effect_wherever_it_starts() {
    // `movs r0, #2` stored alone, and as the end of words that start before the code.
    let changed = 0x2002;
    for (address, value) in [
        (CODE, 0x4770_0000 | changed),
        (CODE - 2, changed << 16),
        (CODE - 1, changed << 8 | 0x7000_0000),
    ] {
        let image = SystemProgram::image(
            |_| {},
            |program| {
                // movs r0, #1; bx lr
                program.poke(CODE, 0x4770_2001);
                program.barrier();
                program.code.mov32(5, CODE | 1);
                for _ in 0..2 {
                    program.code.narrow(0x47A8); // blx r5
                    program.log(0);
                    program.poke(address, value);
                    program.barrier();
                }
            },
        );
        assert_eq!(same(&image), [1, 2], "{address:#x}");
    }
}

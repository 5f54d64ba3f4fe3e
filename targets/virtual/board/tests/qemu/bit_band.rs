//! The bit-band regions: each bit of the first megabyte of RAM and peripherals is a word as well. The
//! STM32L4R5 has them, the nRF52840 doesn't.

use tinybench_virtual_board::debug_port::DebugTarget;
use tinybench_virtual_board::{AccessSize, Machine};

use super::directed_exceptions::same;
use crate::programs::image::RAM;
use crate::programs::system_program::SystemProgram;

/// The alias of a bit.
fn alias(address: u32, bit: u32) -> u32 {
    (address & 0xF000_0000) + 0x0200_0000 + 32 * (address & 0xF_FFFF) + 4 * bit
}

#[test]
fn bits_of_the_ram_are_read_and_written_by_their_aliases() {
    let word = RAM + 0x3_9004;
    let mut image = SystemProgram::image(
        |_| {},
        |program| {
            program.poke(word, 0x8000_0101);
            for bit in [0, 1, 7, 8, 31] {
                program.log_word(alias(word, bit));
            }
            // Only the lowest bit of what is written counts.
            for (bit, value) in [(0, 2), (1, 1), (9, u32::MAX), (31, 0x80), (17, 3)] {
                program.poke(alias(word, bit), value);
                program.log_word(word);
            }
            program.poke_byte(alias(word, 24), 1);
            program.log_word(word);
        },
    );
    image.chip = "stm32l4r5";
    assert_eq!(
        same(&image),
        [
            1,
            0,
            0,
            1,
            1,
            0x8000_0100,
            0x8000_0102,
            0x8000_0302,
            0x0000_0302,
            0x0002_0302,
            0x0102_0302
        ]
    );
}

#[test]
fn bits_of_peripherals_have_aliases_too() {
    const RCC_CIER: u32 = 0x4002_1018;
    let mut machine = Machine::new("stm32l4r5").expect("the chip exists");
    let mut write = |address, value| {
        machine
            .debug_write(address, AccessSize::Word, value)
            .expect("it is there");
    };
    write(RCC_CIER, 0x0F00);
    write(alias(RCC_CIER, 8), 0);
    write(alias(RCC_CIER, 1), 1);
    let mut read = |address| machine.debug_read(address, AccessSize::Word);
    assert_eq!(read(RCC_CIER), Ok(0x0E02));
    assert_eq!(read(alias(RCC_CIER, 9)), Ok(1));
    assert_eq!(read(alias(RCC_CIER, 8)), Ok(0));
    for beside in [0x21FF_FFFC, 0x2400_0000, 0x41FF_FFFC, 0x4400_0000] {
        assert!(read(beside).is_err(), "{beside:#010x}");
    }
}

#[test]
fn a_chip_may_have_none() {
    let mut machine = Machine::new("nrf52840").expect("the chip exists");
    for address in [alias(RAM, 0), alias(0x4000_8540, 0)] {
        let read = machine.debug_read(address, AccessSize::Word);
        assert!(read.is_err(), "{address:#010x}");
    }
}

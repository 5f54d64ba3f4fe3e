//! Unmodified probe-rs in front of the virtual STM32L4R5: its own debug sequence and its own flash
//! algorithm, which runs on the emulated core.

#[allow(dead_code, reason = "other tests use more of it")]
mod common;
#[path = "common/stm32.rs"]
mod stm32;

use std::sync::Arc;
use std::time::Duration;

use common::attach;
use probe_rs::MemoryInterface;
use probe_rs::architecture::arm::FullyQualifiedApAddress;
use probe_rs::flashing::{FlashProgress, erase, erase_all};
use stm32::{FLASH, L4R5, RESULT, Shared, contents, flash};
use tinybench_virtual_probe::open;

const CHIP: &str = L4R5.name;
const SECOND: Duration = Duration::from_secs(1);

fn board() -> Shared {
    L4R5.board()
}

fn large(bytes: usize) -> Vec<u8> {
    stm32::large(&L4R5, bytes)
}

#[test]
fn the_debug_unit_tells_the_device_and_what_probe_rs_has_set() {
    let board = board();
    let mut session = attach(open(Arc::clone(&board)), CHIP);
    flash(&mut session, 0, &L4R5.program());
    let mut core = session.core(0).unwrap();
    core.reset_and_halt(SECOND).unwrap();
    core.run().unwrap();
    core.wait_for_core_halted(SECOND).unwrap();
    assert_eq!(core.read_word_32(RESULT.into()).unwrap(), L4R5.flash_size.1);
    // DBGMCU.
    assert_eq!(core.read_word_32(0xE004_2000).unwrap() & 0xFFF, 0x470);
    assert_eq!(core.read_word_32(0xE004_2004).unwrap() & 7, 7);
}

#[test]
fn half_a_megabyte_in_both_banks_is_flashed_and_verified() {
    let board = board();
    let image = large(512 * 1024);
    let mut session = attach(open(Arc::clone(&board)), CHIP);
    let start = std::time::Instant::now();
    // A quarter of a megabyte on both sides of the banks' border.
    let offset = 0x10_0000 - 256 * 1024;
    flash(&mut session, offset, &image);
    println!("512 KiB flashed and verified in {:?}", start.elapsed());
    assert!(contents(&board, offset, image.len()) == image);
    let mut read = vec![0; 64];
    let mut core = session.core(0).unwrap();
    core.read_8(u64::from(FLASH + offset), &mut read).unwrap();
    assert_eq!(read, image[..64]);
}

#[test]
fn only_the_sectors_that_are_written_are_erased() {
    let board = board();
    let mut session = attach(open(Arc::clone(&board)), CHIP);
    flash(&mut session, 0, &large(16 * 1024));
    flash(&mut session, 0x1000, &[0x55; 8]);
    assert_eq!(contents(&board, 0, 0x1000), large(16 * 1024)[..0x1000]);
    assert_eq!(contents(&board, 0x1000, 8), [0x55; 8]);
    assert!(contents(&board, 0x1008, 0xFF8).iter().all(|&b| b == 0xFF));
    assert_eq!(contents(&board, 0x2000, 0x2000), large(16 * 1024)[0x2000..]);
}

#[test]
fn sectors_and_the_chip_are_erased() {
    let board = board();
    let mut session = attach(open(Arc::clone(&board)), CHIP);
    flash(&mut session, 0, &large(16 * 1024));
    flash(&mut session, 0x10_0000, &large(16 * 1024));
    let sector = u64::from(FLASH + 0x2000);
    erase(
        &mut session,
        &mut FlashProgress::empty(),
        sector,
        sector + 0x1000,
        false,
    )
    .expect("it is erased");
    assert!(contents(&board, 0x2000, 0x1000).iter().all(|&b| b == 0xFF));
    assert_eq!(contents(&board, 0x3000, 0x1000), large(16 * 1024)[0x3000..]);

    erase_all(&mut session, &mut FlashProgress::empty(), false).expect("it is erased");
    assert!(contents(&board, 0, 0x20_0000).iter().all(|&b| b == 0xFF));
}

/// Without a name only the ROM table tells: designer and part.
#[test]
fn the_chip_is_recognised_by_its_rom_table() {
    let mut session = attach(open(board()), CHIP);
    let interface = session.get_arm_interface().unwrap();
    let access_port = FullyQualifiedApAddress::v1_with_default_dp(0);
    // There is no access port 1.
    let nothing = FullyQualifiedApAddress::v1_with_default_dp(1);
    assert_eq!(interface.read_raw_ap_register(&nothing, 0xFC).unwrap(), 0);
    let mut memory = interface.memory_interface(&access_port).unwrap();
    let mut id = |register: u64| memory.read_word_32(0xE00F_F000 + register).unwrap();
    assert_eq!(id(0xFE0) | (id(0xFE4) & 0xF) << 8, 0x470);
    // JEP106: no continuation code, 0x20.
    assert_eq!(id(0xFD0), 0);
    assert_eq!(id(0xFE4) >> 4 | (id(0xFE8) & 7) << 4, 0x20);
}

#[test]
fn a_chip_with_one_bank_is_flashed_too() {
    let board = board();
    assert!(board.lock().unwrap().machine.set_dual_bank(false));
    let mut session = attach(open(Arc::clone(&board)), CHIP);
    let image = large(64 * 1024);
    flash(&mut session, 0, &vec![0x55; 64 * 1024]);
    flash(&mut session, 0, &image);
    assert!(contents(&board, 0, image.len()) == image);
}

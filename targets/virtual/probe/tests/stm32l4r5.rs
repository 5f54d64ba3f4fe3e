//! Unmodified probe-rs in front of the virtual STM32L4R5: its own debug sequence and its own flash
//! algorithm, which runs on the emulated core.

mod common;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{Running, attach};
use probe_rs::architecture::arm::FullyQualifiedApAddress;
use probe_rs::flashing::{DownloadOptions, FlashProgress, erase, erase_all};
use probe_rs::{MemoryInterface, Session};
use tinybench_virtual_board::VirtualBoard;
use tinybench_virtual_probe::open;

/// probe-rs's name of the chip.
const CHIP: &str = "STM32L4R5ZITx";
const SECOND: Duration = Duration::from_secs(1);
const FLASH: u32 = 0x0800_0000;
const RESULT: u32 = 0x2000_0400;

type Shared = Arc<Mutex<VirtualBoard>>;

fn board() -> Shared {
    Arc::new(Mutex::new(
        VirtualBoard::new("stm32l4r5").expect("there is such a chip"),
    ))
}

/// A program that stores the flash size in KB at [`RESULT`] and stops.
fn program() -> Vec<u8> {
    const CODE: u32 = 0x100;
    let mut words = vec![(FLASH + CODE + 10) | 1; CODE as usize / 4];
    words[0] = 0x2003_0000;
    words[1] = (FLASH + CODE) | 1;
    let code: [u16; 10] = [
        0x4802, // 100: ldr  r0, [pc, #8]
        0x8801, // 102: ldrh r1, [r0]
        0x4A02, // 104: ldr  r2, [pc, #8]
        0x6011, // 106: str  r1, [r2]
        0xBE00, // 108: bkpt 0
        0xE7FE, // 10a: b    10a
        0x75E0,
        0x1FFF, // 10c: .word 0x1fff75e0
        RESULT as u16,
        (RESULT >> 16) as u16, // 110
    ];
    let table = words.into_iter().flat_map(u32::to_le_bytes);
    table
        .chain(code.iter().flat_map(|half| half.to_le_bytes()))
        .collect()
}

/// `bytes` that start with [`program`] and go on with words that all differ.
fn large(bytes: usize) -> Vec<u8> {
    let mut image = program();
    let first = image.len() as u32 / 4;
    image.extend((first..bytes as u32 / 4).flat_map(|i| i.wrapping_mul(0x9E37_79B9).to_le_bytes()));
    image
}

/// Puts bytes into the flash as `probe-rs download --verify` does.
fn flash(session: &mut Session, offset: u32, bytes: &[u8]) {
    let mut loader = session.target().flash_loader();
    loader
        .add_data(u64::from(FLASH + offset), bytes)
        .expect("it fits");
    let mut options = DownloadOptions::default();
    options.verify = true;
    loader
        .commit(session, options)
        .expect("it is flashed and verified");
}

fn contents(board: &Shared, offset: u32, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    let board = board.lock().unwrap();
    board
        .machine
        .read_memory(FLASH + offset, &mut bytes)
        .expect("it is flash");
    bytes
}

#[test]
fn flashes_and_runs_a_program() {
    let in_process = board();
    let served = board();
    let running = Running::new(&served);
    for (probe, board) in [
        (open(Arc::clone(&in_process)), &in_process),
        (running.probe(), &served),
    ] {
        let mut session = attach(probe, CHIP);
        flash(&mut session, 0, &program());
        assert_eq!(contents(board, 0, program().len()), program());
        let mut core = session.core(0).unwrap();
        let halted = core.reset_and_halt(SECOND).unwrap();
        assert_eq!(halted.pc, u64::from(FLASH + 0x100));
        core.run().unwrap();
        core.wait_for_core_halted(SECOND).unwrap();
        assert_eq!(core.read_word_32(RESULT.into()).unwrap(), 2048);
        // DBGMCU: the device, and what probe-rs has set.
        assert_eq!(core.read_word_32(0xE004_2000).unwrap() & 0xFFF, 0x470);
        assert_eq!(core.read_word_32(0xE004_2004).unwrap() & 7, 7);
        let board = board.lock().unwrap();
        assert_eq!(board.machine.diagnostics().next(), None);
    }
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

//! Injected faults: each does what it says, and nothing once it is cleared.

#[path = "support/nrf52840.rs"]
mod support;

use support::*;
use tinybench_virtual_board::faults::InjectedFault;
use tinybench_virtual_board::{Ended, VirtualBoard};

/// Where [`COUNTER`] counts.
const COUNT: u32 = RAM + 0x400;
const HANDLER: u32 = 0x112;
/// Counts for ever in memory. Enables debug halting first, so that the handler's BKPT halts.
const COUNTER: [u16; 10] = [
    0x2020, // 100: movs r0, #0x20
    0x0600, // 102: lsls r0, r0, #24
    0x2104, // 104: movs r1, #4
    0x0209, // 106: lsls r1, r1, #8
    0x1840, // 108: adds r0, r0, r1
    0x6802, // 10a: ldr  r2, [r0]
    0x3201, // 10c: adds r2, #1
    0x6002, // 10e: str  r2, [r0]
    0xE7FB, // 110: b    10a
    0xBE00, // 112: bkpt 0
];
const LOAD: u32 = 0x10A;
const STORE: u32 = 0x10E;

fn counting() -> VirtualBoard {
    let mut board = blank();
    load(&mut board, &COUNTER, HANDLER);
    // Halting debug on.
    write(&mut board, 0xE000_EDF0, 0xA05F_0001);
    write(&mut board, COUNT, 0);
    board
}

fn count(board: &VirtualBoard) -> u32 {
    let mut bytes = [0; 4];
    board.machine.read_memory(COUNT, &mut bytes).unwrap();
    u32::from_le_bytes(bytes)
}

#[test]
fn a_hang_keeps_the_core_at_its_instruction() {
    let mut board = counting();
    assert_eq!(board.machine.run(1000), Ended::Budget);
    let before = count(&board);
    assert!(before > 10);
    board.inject(InjectedFault::HangAt { address: STORE });
    let start = board.machine.cycles();
    assert_eq!(board.machine.run(1_000_000), Ended::Budget);
    assert!(board.machine.cycles() - start >= 1_000_000);
    assert_eq!(board.machine.pc(), STORE);
    assert!(count(&board) <= before + 1);

    board.machine.reset();
    board.machine.run(1_000_000);
    assert_eq!(board.machine.pc(), STORE, "a reset doesn't cure it");

    board.clear_faults();
    let before = count(&board);
    board.machine.run(1000);
    assert!(count(&board) > before + 10);
}

#[test]
fn a_hang_in_time_comes_after_the_cycles() {
    let mut board = counting();
    board.inject(InjectedFault::HangAfter { cycles: 5000 });
    board.machine.run(4000);
    let early = count(&board);
    board.machine.run(4000);
    let late = count(&board);
    assert!(late > early);
    board.machine.run(100_000);
    assert_eq!(count(&board), late);
}

#[test]
fn the_nth_access_faults() {
    for nth in [1, 2, 7, 100] {
        let mut board = counting();
        board.inject(InjectedFault::BusFault {
            addresses: COUNT..COUNT + 4,
            nth,
        });
        assert_eq!(board.machine.run(100_000), Ended::Halted);
        assert_eq!(board.machine.pc(), HANDLER);
        // Each pass loads, then stores.
        assert_eq!(u64::from(count(&board)), (nth - 1) / 2, "access {nth}");
        assert_eq!(
            read(&mut board, 0xE000_ED28),
            0x8200,
            "PRECISERR, BFARVALID"
        );
        assert_eq!(read(&mut board, 0xE000_ED38), COUNT);
        let frame = board.machine.register(13);
        let faulted = if nth % 2 == 1 { LOAD } else { STORE };
        assert_eq!(read(&mut board, frame + 24), faulted);
    }
}

#[test]
fn accesses_beside_the_range_do_not_count() {
    let mut board = counting();
    board.inject(InjectedFault::BusFault {
        addresses: COUNT + 4..COUNT + 8,
        nth: 1,
    });
    assert_eq!(board.machine.run(10_000), Ended::Budget);
    assert!(count(&board) > 100);
}

#[test]
fn reads_see_flipped_bits_and_memory_keeps_its_own() {
    let mut board = counting();
    board.machine.run(100);
    write(&mut board, COUNT, 0x1234_5600);
    board.inject(InjectedFault::FlipOnRead {
        address: COUNT + 1,
        mask: 0x80,
    });
    write(&mut board, 0xE000_EDF0, 0xA05F_0003);
    for _ in 0..5 {
        board.machine.set_register(15, LOAD);
        write(&mut board, 0xE000_EDF0, 0xA05F_0005);
        let loaded = board.machine.register(2);
        assert_eq!(board.machine.register(15), LOAD + 2);
        assert_eq!(loaded, count(&board) ^ 0x8000);
    }
    assert_eq!(read(&mut board, COUNT), 0x1234_5600);
}

#[test]
fn programmed_flash_has_a_flipped_bit() {
    let mut board = blank();
    board.inject(InjectedFault::FlipFlashBit {
        offset: 0x2001,
        bit: 3,
    });
    program(&mut board, 0x1FFC, &[0xCAFE_F00D, 0xCAFE_F00D, 0xCAFE_F00D]);
    assert_eq!(read(&mut board, 0x1FFC), 0xCAFE_F00D);
    assert_eq!(read(&mut board, 0x2000), 0xCAFE_F80D);
    assert_eq!(read(&mut board, 0x2004), 0xCAFE_F00D);
}

#[test]
fn samples_of_the_program_counter_are_lost() {
    const PCSR: u32 = 0xE000_101C;
    let mut board = counting();
    write(&mut board, 0xE000_EDFC, 1 << 24);
    board.inject(InjectedFault::DropSamples { nth: 3 });
    let lost: Vec<bool> = (0..6).map(|_| read(&mut board, PCSR) == u32::MAX).collect();
    assert_eq!(lost, [false, false, true, false, false, true]);
    board.clear_faults();
    assert!((0..6).all(|_| read(&mut board, PCSR) != u32::MAX));
}

#[test]
fn a_lost_probe_comes_back_when_cleared() {
    let mut board = blank();
    board.inject(InjectedFault::LoseProbe { after_transfers: 0 });
    assert!(!board.port.is_connected());
    board.clear_faults();
    assert!(board.port.is_connected());
}

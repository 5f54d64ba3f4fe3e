//! Exceptions and halting debug as far as no other emulator shows them: cycle by cycle, and with a
//! debugger that looks on.

#[path = "support/nrf52840.rs"]
mod support;

use support::*;
use tinybench_virtual_board::{Ended, VirtualBoard, register};

const SYSTICK: u32 = 0xE000_E010;
const ISER: u32 = 0xE000_E100;
const ISPR: u32 = 0xE000_E200;
const ICSR: u32 = 0xE000_ED04;
const VTOR: u32 = 0xE000_ED08;
const AIRCR: u32 = 0xE000_ED0C;
const CCR: u32 = 0xE000_ED14;
const SHPR2: u32 = 0xE000_ED1C;
const SHPR3: u32 = 0xE000_ED20;
const SHCSR: u32 = 0xE000_ED24;
const CFSR: u32 = 0xE000_ED28;
const HFSR: u32 = 0xE000_ED2C;
const DFSR: u32 = 0xE000_ED30;
const DHCSR: u32 = 0xE000_EDF0;
const DEMCR: u32 = 0xE000_EDFC;

const HALT: u32 = 0xA05F_0003;
const RUN: u32 = 0xA05F_0001;
/// Without a debugger.
const FREE: u32 = 0xA05F_0000;

const PENDSVSET: u32 = 1 << 28;
const PENDSTCLR: u32 = 1 << 25;
const NMIPENDSET: u32 = 1 << 31;
const PEND_SV: u32 = 14;
const SYS_TICK: u32 = 15;

const TOP: u32 = RAM + 0x4_0000;
const NOP: u16 = 0xBF00;
const BX_LR: u16 = 0x4770;

/// A board halted at the start of `code`; every exception is handled by `handler`.
fn board(code: &[u16], handler: &[u16]) -> VirtualBoard {
    let mut board = blank();
    let mut all = code.to_vec();
    let start = CODE + 2 * all.len() as u32;
    all.extend(handler);
    load(&mut board, &all, start);
    write(&mut board, DHCSR, HALT);
    board
}

fn exception(board: &VirtualBoard) -> u32 {
    board.machine.register(register::XPSR) & 0x1FF
}

/// Has SysTick come to zero, and pend its exception, so many cycles from now.
fn tick_in(board: &mut VirtualBoard, cycles: u32) {
    write(board, SYSTICK + 4, cycles - 1);
    write(board, SYSTICK + 8, 0);
    write(board, SYSTICK, 7);
}

/// Cycles of `bx lr`, without the return.
const BRANCH: u64 = 3;

/// Cycles of one step. SysTick is taken once at most.
fn step(board: &mut VirtualBoard) -> u64 {
    let before = board.machine.cycles();
    board.machine.step_instruction();
    let cycles = board.machine.cycles() - before;
    write(board, SYSTICK, 0);
    if exception(board) == SYS_TICK {
        write(board, ICSR, PENDSTCLR);
    }
    cycles
}

/// A board that takes PendSV next, with SysTick more urgent.
fn about_to_enter() -> VirtualBoard {
    let mut board = board(&[NOP; 8], &[BX_LR, NOP]);
    write(&mut board, SHPR3, 0x40C0 << 16);
    write(&mut board, ICSR, PENDSVSET);
    board
}

#[test]
fn a_late_arrival_takes_over_the_frame() {
    for arrival in 2..=11 {
        let mut board = about_to_enter();
        tick_in(&mut board, arrival);
        // The frame takes 12 cycles, a vector 6 from when it is known which.
        let expected = u64::from(arrival + 6).max(12);
        assert_eq!(step(&mut board), expected, "arrival {arrival}");
        assert_eq!(exception(&board), SYS_TICK);
        assert_eq!(board.machine.register(register::SP), TOP - 0x20);
        assert_eq!(read(&mut board, TOP - 8), CODE, "returns to the thread");
        assert_ne!(read(&mut board, ICSR) & PENDSVSET, 0);
        // What was to be entered first is chained.
        assert_eq!(step(&mut board), BRANCH + 6);
        assert_eq!(exception(&board), PEND_SV);
        assert_eq!(board.machine.register(register::SP), TOP - 0x20);
    }
}

#[test]
fn what_arrives_too_late_preempts_the_handler() {
    let mut board = about_to_enter();
    tick_in(&mut board, 12);
    board.machine.step_instruction();
    assert_eq!(exception(&board), PEND_SV);
    assert_eq!(step(&mut board), 12);
    assert_eq!(exception(&board), SYS_TICK);
    assert_eq!(board.machine.register(register::SP), TOP - 0x40);
}

#[test]
fn an_arrival_that_is_no_more_urgent_waits() {
    for pend_sv in [0x40, 0x20] {
        let mut board = about_to_enter();
        write(&mut board, SHPR3, 0x4000_0000 | pend_sv << 16);
        tick_in(&mut board, 5);
        assert_eq!(step(&mut board), 12);
        assert_eq!(exception(&board), PEND_SV);
        assert_eq!(step(&mut board), BRANCH + 6);
        assert_eq!(exception(&board), SYS_TICK);
    }
    // Nor does a higher subpriority count.
    let mut board = about_to_enter();
    write(&mut board, AIRCR, 0x05FA_0700);
    tick_in(&mut board, 5);
    step(&mut board);
    assert_eq!(exception(&board), PEND_SV);
}

#[test]
fn a_call_can_be_overtaken_and_stays_pending() {
    let mut board = board(&[0xDF00, NOP, NOP, NOP], &[BX_LR, NOP]); // svc #0
    write(&mut board, SHPR2, 0xC0 << 24);
    write(&mut board, SHPR3, 0x40 << 24);
    tick_in(&mut board, 6);
    step(&mut board);
    assert_eq!(exception(&board), SYS_TICK);
    assert_ne!(read(&mut board, SHCSR) & 1 << 15, 0, "SVCALLPENDED");
    step(&mut board);
    assert_eq!(exception(&board), 11);
    assert_eq!(read(&mut board, TOP - 8), CODE + 2);
}

#[test]
fn an_arrival_during_the_return_is_chained() {
    let returning = || {
        let mut board = about_to_enter();
        step(&mut board);
        board
    };
    let undisturbed = step(&mut returning());
    assert_eq!(undisturbed, BRANCH + 10);
    for arrival in 3..13 {
        let mut board = returning();
        tick_in(&mut board, arrival);
        assert_eq!(step(&mut board), u64::from(arrival) + 6, "{arrival}");
        assert_eq!(exception(&board), SYS_TICK);
        assert_eq!(board.machine.register(register::SP), TOP - 0x20);
        assert_eq!(board.machine.register(register::LR), 0xFFFF_FFF9);
    }
    let mut board = returning();
    tick_in(&mut board, 13);
    let before = board.machine.cycles();
    board.machine.step_instruction();
    assert_eq!(board.machine.cycles() - before, undisturbed);
    assert_eq!((exception(&board), board.machine.pc()), (0, CODE));
    assert_eq!(step(&mut board), 12);
}

#[test]
fn a_vector_that_cannot_be_read_is_a_hard_fault_in_its_place() {
    let mut board = board(&[NOP; 8], &[BX_LR, NOP]);
    // The RAM ends behind the vectors of 32 exceptions.
    for number in 0..32 {
        write(&mut board, TOP - 0x80 + 4 * number, (CODE + 16) | 1);
    }
    board.machine.set_register(register::SP, RAM + 0x1000);
    write(&mut board, VTOR, TOP - 0x80);
    write(&mut board, ISER, 1 << 20);
    write(&mut board, ISPR, 1 << 20);
    step(&mut board);
    assert_eq!(exception(&board), 3);
    assert_eq!(read(&mut board, HFSR), 1 << 1, "VECTTBL");
    assert_eq!(board.machine.register(register::SP), RAM + 0x1000 - 0x20);
    assert_eq!(read(&mut board, ISPR), 1 << 20, "it is still to come");
    // And comes with the next table.
    write(&mut board, VTOR, 0);
    step(&mut board);
    assert_eq!(exception(&board), 16 + 20);
}

/// Runs into a fault with these bits of DEMCR set; whether its handler's first instruction was
/// stopped at.
fn catches(demcr: u32, shcsr: u32, code: &[u16], prepare: impl Fn(&mut VirtualBoard)) -> bool {
    let mut board = board(code, &[NOP, 0xBE00]); // bkpt #0
    write(&mut board, SHCSR, shcsr);
    write(&mut board, DEMCR, demcr);
    prepare(&mut board);
    write(&mut board, DFSR, u32::MAX);
    write(&mut board, DHCSR, RUN);
    assert_eq!(board.machine.run(1000), Ended::Halted);
    let handler = CODE + 2 * code.len() as u32;
    let caught = board.machine.pc() == handler;
    let status = read(&mut board, DFSR);
    assert_eq!(status & 1 << 3 != 0, caught, "VCATCH");
    assert_eq!(status & 1 << 1 != 0, !caught, "BKPT");
    caught
}

#[test]
fn vector_catch_halts_at_the_handlers_of_the_faults_it_names() {
    const MMERR: u32 = 1 << 4;
    const NOCPERR: u32 = 1 << 5;
    const CHKERR: u32 = 1 << 6;
    const STATERR: u32 = 1 << 7;
    const BUSERR: u32 = 1 << 8;
    const INTERR: u32 = 1 << 9;
    const HARDERR: u32 = 1 << 10;
    const ALL: u32 = MMERR | NOCPERR | CHKERR | STATERR | BUSERR | INTERR | HARDERR;
    const ENABLED: u32 = 7 << 16;
    let undefined = [0xDE00, NOP, NOP, NOP];
    let divide = [0xFBB0, 0xF0F1, NOP, NOP]; // udiv r0, r0, r1
    let float = [0xEE30, 0x0A20, NOP, NOP]; // vadd.f32 s0, s0, s1
    let load = [0x6800, NOP, NOP, NOP]; // ldr r0, [r0]
    let call = [0xDF00, NOP, NOP, NOP];
    let jump = [0x4700, NOP, NOP, NOP]; // bx r0
    let trap = |board: &mut VirtualBoard| write(board, CCR, 1 << 4);
    let nowhere = |board: &mut VirtualBoard| board.machine.set_register(0, 0x6000_0001);
    let no_stack = |board: &mut VirtualBoard| {
        board.machine.set_register(register::PSP, 0x6000_0000);
        board.machine.set_register(20, 2 << 24);
    };
    let nothing = |_: &mut VirtualBoard| {};
    type Prepare<'a> = &'a dyn Fn(&mut VirtualBoard);
    let cases: [(&[u16], Prepare<'_>, u32, u32); 9] = [
        (&undefined, &nothing, ENABLED, STATERR),
        (&undefined, &nothing, 0, HARDERR),
        (&divide, &trap, ENABLED, CHKERR),
        (&float, &nothing, ENABLED, NOCPERR),
        (&load, &nowhere, ENABLED, BUSERR),
        (&load, &nowhere, 0, HARDERR),
        (&jump, &nowhere, ENABLED, BUSERR),
        (&call, &no_stack, ENABLED, BUSERR | INTERR),
        (&call, &no_stack, 0, HARDERR | INTERR),
    ];
    for (number, (code, prepare, shcsr, by)) in cases.into_iter().enumerate() {
        for bit in (4..=10).map(|bit| 1 << bit) {
            let caught = catches(bit, shcsr, code, prepare);
            assert_eq!(caught, by & bit != 0, "case {number}, DEMCR {bit:#x}");
        }
        assert!(!catches(ALL & !by, shcsr, code, prepare), "case {number}");
    }
    // An earlier fault that is still in CFSR is not the one that is caught.
    let earlier = |board: &mut VirtualBoard| {
        board.machine.set_register(register::PC, CODE + 4);
        board.machine.step_instruction();
        assert_eq!(read(board, CFSR), 1 << 19, "NOCP");
        board.machine.set_register(register::XPSR, 1 << 24);
        write(board, SHCSR, 7 << 16);
        board.machine.set_register(register::PC, CODE);
    };
    let code = [0xDE00, NOP, 0xEE30, 0x0A20];
    assert!(catches(STATERR, 7 << 16, &code, earlier));
    assert!(!catches(NOCPERR, 0, &code, |_| {}));
}

#[test]
fn the_monitor_steps_through_less_urgent_code() {
    const MON_EN: u32 = 1 << 16;
    const MON_PEND: u32 = 1 << 17;
    const MON_STEP: u32 = 1 << 18;
    let code = [NOP, 0x3301, 0x3301, 0x3301, 0xE7FE, NOP]; // adds r3, #1 three times; b .
    let mut board = board(&code, &[0x3401, BX_LR]); // adds r4, #1
    board.machine.set_register(3, 0);
    write(&mut board, DEMCR, MON_EN | MON_STEP);
    while board.machine.pc() != CODE + 8 {
        board.machine.step_instruction();
    }
    assert_eq!(board.machine.register(3), 3);
    assert_eq!(
        board.machine.register(4),
        0,
        "a debugger's steps are its own"
    );
    let mut board = self::board(&code, &[0x3401, BX_LR]);
    write(&mut board, DEMCR, MON_EN | MON_STEP);
    write(&mut board, DHCSR, FREE);
    board.machine.run_to(CODE + 8, 10_000).unwrap();
    assert_eq!(board.machine.register(4), 4, "once behind each instruction");
    assert_ne!(read(&mut board, DFSR) & 1, 0, "HALTED");

    // Without MON_STEP it comes when it is pended.
    write(&mut board, DEMCR, MON_EN);
    board.machine.run(1000);
    let before = board.machine.register(4);
    write(&mut board, DEMCR, MON_EN | MON_PEND);
    assert_eq!(
        read(&mut board, DEMCR) & MON_PEND,
        0,
        "it was taken meanwhile"
    );
    board.machine.run(1000);
    assert_eq!(board.machine.register(4), before + 1);
}

#[test]
fn a_reset_clears_the_monitors_controls_and_keeps_the_catches() {
    let mut board = board(&[NOP; 4], &[BX_LR]);
    write(&mut board, DEMCR, 0x010D_07F1);
    assert_eq!(read(&mut board, DEMCR), 0x010D_07F1);
    board.machine.reset();
    assert_eq!(read(&mut board, DEMCR), 0x0100_07F1);
}

#[test]
fn masked_interrupts_are_held_back_but_not_nmi_and_faults() {
    const MASKINTS: u32 = 1 << 3;
    let code = [NOP, NOP, 0xDE00, NOP, NOP, NOP]; // udf #0
    let halted = || {
        let mut board = board(&code, &[BX_LR, NOP]);
        write(&mut board, DHCSR, HALT);
        write(&mut board, ISER, 1);
        write(&mut board, ISPR, 1);
        write(&mut board, ICSR, PENDSVSET | 1 << 26);
        board
    };
    let step = |board: &mut VirtualBoard, mask| write(board, DHCSR, 0xA05F_0005 | mask);
    let mut free = halted();
    step(&mut free, 0);
    assert_eq!(exception(&free), PEND_SV);
    let mut masked = halted();
    write(&mut masked, DHCSR, 0xA05F_0003 | MASKINTS);
    assert_eq!(read(&mut masked, ICSR) >> 12 & 0x1FF, 0, "VECTPENDING");
    step(&mut masked, MASKINTS);
    assert_eq!((exception(&masked), masked.machine.pc()), (0, CODE + 2));
    write(&mut masked, ICSR, NMIPENDSET);
    step(&mut masked, MASKINTS);
    assert_eq!(exception(&masked), 2);
    step(&mut masked, MASKINTS);
    assert_eq!((exception(&masked), masked.machine.pc()), (0, CODE + 2));
    step(&mut masked, MASKINTS);
    step(&mut masked, MASKINTS);
    assert_eq!(exception(&masked), 3);
}

#[test]
fn a_program_cannot_enable_halting_debug() {
    let code = [0x6001, NOP, 0xBE00, NOP]; // str r1, [r0]; nop; bkpt #0
    for debugger in [false, true] {
        let mut board = board(&code, &[0xE7FE]);
        write(&mut board, DHCSR, if debugger { RUN } else { FREE });
        board.machine.set_register(0, DHCSR);
        board.machine.set_register(1, RUN);
        let ended = board.machine.run(1000);
        assert_eq!(ended == Ended::Halted, debugger);
        assert_eq!(exception(&board), if debugger { 0 } else { 3 });
    }
    // With C_DEBUGEN set it can halt itself.
    let mut board = board(&[0x6001, 0xE7FE], &[BX_LR]); // str r1, [r0]; b .
    write(&mut board, DHCSR, RUN);
    board.machine.set_register(0, DHCSR);
    board.machine.set_register(1, 0xA05F_0002);
    assert_eq!(board.machine.run(100), Ended::Halted);
    assert_eq!(board.machine.pc(), CODE + 2);
    assert_ne!(read(&mut board, DFSR) & 1, 0, "HALTED");
}

#[test]
fn basepri_has_as_many_bits_as_a_priority() {
    // msr BASEPRI, r0; msr BASEPRI_MAX, r1; mrs r2, BASEPRI
    let code = [0xF380, 0x8811, 0xF381, 0x8812, 0xF3EF, 0x8211, NOP, NOP];
    for (base, raise, found) in [
        (0x1F, 0, 0),
        (0xFF, 0, 0xE0),
        (0x5F, 0x1F, 0x40),
        (0x5F, 0x3F, 0x20),
        (0, 0x81, 0x80),
    ] {
        let mut board = board(&code, &[BX_LR]);
        board.machine.set_register(0, base);
        board.machine.set_register(1, raise);
        for _ in 0..3 {
            step(&mut board);
        }
        assert_eq!(board.machine.register(2), found, "{base:#x}, {raise:#x}");
    }
    // A value without any of them masks nothing.
    let mut board = board(&code, &[BX_LR, NOP]);
    write(&mut board, SHPR3, 0xE0 << 16);
    board.machine.set_register(20, 0x1F << 8);
    write(&mut board, ICSR, PENDSVSET);
    step(&mut board);
    assert_eq!(exception(&board), PEND_SV);
}

#[test]
fn a_debugger_resets_the_core_alone() {
    const TIMER0_PRESCALER: u32 = 0x4000_8510;
    let mut halted = {
        let mut board = board(&[NOP; 8], &[BX_LR, NOP]);
        write(&mut board, ICSR, PENDSVSET);
        step(&mut board);
        write(&mut board, DEMCR, 1);
        write(&mut board, TIMER0_PRESCALER, 7);
        write(&mut board, AIRCR, 0x05FA_0001);
        board
    };
    assert_eq!((exception(&halted), halted.machine.pc()), (0, CODE));
    assert_eq!(halted.machine.register(register::SP), TOP);
    assert_eq!(read(&mut halted, SHCSR), 0);
    assert_eq!(read(&mut halted, TIMER0_PRESCALER), 7);
    assert_ne!(read(&mut halted, DHCSR) & 1 << 17, 0, "VC_CORERESET");

    // VECTCLRACTIVE leaves everything but the exceptions.
    let mut board = board(&[NOP; 8], &[NOP, NOP, NOP, NOP]);
    write(&mut board, ICSR, PENDSVSET);
    step(&mut board);
    assert_eq!(read(&mut board, SHCSR), 1 << 10);
    let pc = board.machine.pc();
    write(&mut board, AIRCR, 0x05FA_0002);
    assert_eq!((exception(&board), board.machine.pc()), (0, pc));
    assert_eq!(read(&mut board, SHCSR), 0);
}

#[test]
fn bus_faults_at_negative_priority_can_be_ignored() {
    const BFHFNMIGN: u32 = 1 << 8;
    const BFAR: u32 = 0xE000_ED38;
    // ldr r0, [r1]; str r0, [r1]; udf #0
    let code = [0x6808, 0x6008, 0xDE00, NOP];
    for (ccr, exception, ignored) in [
        (BFHFNMIGN, 2, true),
        (BFHFNMIGN, 3, true),
        (0, 2, false),
        (0, 3, false),
        // At any other priority it is a fault all the same.
        (BFHFNMIGN, 11, false),
    ] {
        let mut board = board(&[0xDE00, NOP, 0xDF00, NOP], &code);
        write(&mut board, CCR, ccr);
        match exception {
            2 => write(&mut board, ICSR, NMIPENDSET),
            11 => board.machine.set_register(register::PC, CODE + 4),
            _ => {}
        }
        step(&mut board);
        assert_eq!(self::exception(&board), exception);
        write(&mut board, CFSR, u32::MAX);
        board.machine.set_register(0, 5);
        board.machine.set_register(1, 0x6000_0000);
        let pc = board.machine.pc();
        step(&mut board);
        assert_eq!(board.machine.pc() == pc + 2, ignored, "{exception}");
        assert_eq!(read(&mut board, CFSR), 0x8200, "PRECISERR, BFARVALID");
        assert_eq!(read(&mut board, BFAR), 0x6000_0000);
        if ignored {
            step(&mut board);
            assert_eq!(board.machine.pc(), pc + 4);
            // Other faults still lock up.
            step(&mut board);
            assert_eq!(board.machine.pc(), 0xFFFF_FFFE);
        }
    }
}

#[test]
fn systick_flags_reloads_and_stops() {
    const LOAD: u32 = SYSTICK + 4;
    const VALUE: u32 = SYSTICK + 8;
    const CALIB: u32 = SYSTICK + 12;
    const COUNTFLAG: u32 = 1 << 16;
    // ldr r1, [r0]; b .
    let mut board = board(&[0x6801, 0xE7FE], &[BX_LR, NOP]);
    // No reference clock, so the core's is used whatever CLKSOURCE says.
    assert_eq!(read(&mut board, CALIB), 1 << 31);
    write(&mut board, SYSTICK, 0);
    assert_eq!(read(&mut board, SYSTICK), 1 << 2);
    write(&mut board, LOAD, 0xFF00_0064);
    assert_eq!(read(&mut board, LOAD), 100);
    let pass = |board: &mut VirtualBoard, cycles| {
        board.machine.set_register(register::PC, CODE + 2);
        write(board, DHCSR, RUN);
        board.machine.run(cycles);
        write(board, DHCSR, HALT);
    };
    let core_reads = |board: &mut VirtualBoard| {
        board.machine.set_register(register::PC, CODE);
        board.machine.set_register(0, SYSTICK);
        board.machine.step_instruction();
        board.machine.register(register::R1)
    };
    write(&mut board, VALUE, 5);
    assert_eq!(read(&mut board, VALUE), 0, "any value clears it");
    write(&mut board, SYSTICK, 1);
    pass(&mut board, 60);
    assert_eq!(core_reads(&mut board) & COUNTFLAG, 0);
    pass(&mut board, 60);
    // A debugger's read leaves the flag, the core's clears it.
    for _ in 0..2 {
        assert_ne!(read(&mut board, SYSTICK) & COUNTFLAG, 0);
    }
    assert_ne!(core_reads(&mut board) & COUNTFLAG, 0);
    assert_eq!(core_reads(&mut board) & COUNTFLAG, 0);
    // So does writing the value.
    pass(&mut board, 200);
    write(&mut board, VALUE, 0);
    assert_eq!(read(&mut board, SYSTICK) & COUNTFLAG, 0);
    // Without TICKINT nothing was pended.
    assert_eq!(read(&mut board, ICSR) & 1 << 26, 0);
    // With LOAD at zero it comes to rest, after one last time.
    pass(&mut board, 10);
    write(&mut board, LOAD, 0);
    write(&mut board, SYSTICK, 3);
    board.machine.set_register(20, 1); // PRIMASK
    pass(&mut board, 200);
    assert_eq!(read(&mut board, VALUE), 0);
    assert_ne!(read(&mut board, ICSR) & 1 << 26, 0);
    write(&mut board, ICSR, PENDSTCLR);
    assert_ne!(core_reads(&mut board) & COUNTFLAG, 0);
    pass(&mut board, 1000);
    assert_eq!(read(&mut board, ICSR) & 1 << 26, 0);
    assert_eq!(read(&mut board, SYSTICK) & COUNTFLAG, 0);
}

#[test]
fn the_nvic_has_as_many_lines_and_priority_bits_as_the_chip() {
    let mut board = board(&[NOP; 2], &[BX_LR]);
    assert_eq!(read(&mut board, 0xE000_E004), 1, "ICTR: 33 to 64 lines");
    for bank in [ISER, ISPR] {
        for (word, lines) in [(0, u32::MAX), (4, 0xFFFF), (8, 0), (28, 0)] {
            write(&mut board, bank + word, u32::MAX);
            assert_eq!(read(&mut board, bank + word), lines);
            assert_eq!(read(&mut board, bank + word + 0x80), lines);
            write(&mut board, bank + word + 0x80, 0x5555_5555);
            assert_eq!(read(&mut board, bank + word), lines & 0xAAAA_AAAA);
            write(&mut board, bank + word, 0);
            assert_eq!(read(&mut board, bank + word), lines & 0xAAAA_AAAA);
            write(&mut board, bank + word + 0x80, u32::MAX);
            assert_eq!(read(&mut board, bank + word), 0);
        }
    }
    for (offset, value) in [(0, 0xE0E0_E0E0), (44, 0xE0E0_E0E0), (48, 0), (0xEC, 0)] {
        write(&mut board, 0xE000_E400 + offset, u32::MAX);
        assert_eq!(read(&mut board, 0xE000_E400 + offset), value, "{offset}");
    }
    // SHPR1 to 3: reserved bytes and the debug monitor's.
    for (register, value) in [
        (SHPR2 - 4, 0x00E0_E0E0),
        (SHPR2, 0xE000_0000),
        (SHPR3, 0xE0E0_00E0),
    ] {
        write(&mut board, register, u32::MAX);
        assert_eq!(read(&mut board, register), value, "{register:#x}");
    }
    // AIRCR takes PRIGROUP with its key alone, and reads with another.
    write(&mut board, AIRCR, 0x1234_0300);
    assert_eq!(read(&mut board, AIRCR), 0xFA05_0000);
    write(&mut board, AIRCR, 0x05FA_0300);
    assert_eq!(read(&mut board, AIRCR), 0xFA05_0300);
}

#[test]
fn an_nmi_interrupts_a_lockup_in_hard_fault() {
    let locked_up = |by_nmi: bool| {
        // udf #0; all handlers but NMI's fault again.
        let mut board = board(&[0xDE00, NOP], &[0xDE00, NOP]);
        for number in 0..16 {
            write(&mut board, RAM + 4 * number, CODE + 4 + 1);
        }
        if !by_nmi {
            write(&mut board, RAM + 8, RAM + 0x100 + 1);
        }
        board
            .machine
            .write_bytes(RAM + 0x100, &BX_LR.to_le_bytes())
            .unwrap();
        write(&mut board, VTOR, RAM);
        if by_nmi {
            write(&mut board, ICSR, NMIPENDSET);
        }
        write(&mut board, DHCSR, RUN);
        assert_eq!(board.machine.run(1000), Ended::Lockup);
        assert_eq!(exception(&board), if by_nmi { 2 } else { 3 });
        assert_ne!(read(&mut board, DHCSR) & 1 << 19, 0, "S_LOCKUP");
        board
    };
    for by_nmi in [false, true] {
        let mut board = locked_up(by_nmi);
        write(&mut board, ICSR, NMIPENDSET);
        let cycles = board.machine.cycles();
        assert_eq!(board.machine.run(1000), Ended::Lockup);
        assert_eq!(board.machine.cycles() > cycles, !by_nmi, "NMI ran");
        assert_eq!(read(&mut board, ICSR) >> 31 != 0, by_nmi, "NMI is pending");
        assert_eq!(board.machine.pc(), 0xFFFF_FFFE);
    }
}

#[test]
fn the_core_sleeps_on_leaving_the_last_handler_if_told_to() {
    const SCR: u32 = 0xE000_ED10;
    const SLEEPONEXIT: u32 = 1 << 1;
    // wfi; adds r4, #1; b .-2
    let code = [0xBF30, 0x3401, 0xE7FD, NOP];
    for scr in [0, SLEEPONEXIT] {
        let mut board = board(&code, &[0x3501, BX_LR]); // adds r5, #1
        write(&mut board, SCR, scr);
        write(&mut board, SYSTICK + 4, 999);
        write(&mut board, SYSTICK + 8, 0);
        write(&mut board, SYSTICK, 7);
        write(&mut board, DHCSR, RUN);
        board.machine.run(10_500);
        assert_eq!(board.machine.register(5), 10, "handlers");
        let thread = board.machine.register(4);
        assert_eq!(thread == 0, scr == SLEEPONEXIT, "{thread}");
        let asleep = read(&mut board, DHCSR) & 1 << 18 != 0;
        assert_eq!(asleep, scr == SLEEPONEXIT, "S_SLEEP");
    }
}

#[test]
fn a_moved_vector_table_is_used_at_once() {
    let mut board = board(&[NOP; 4], &[BX_LR, NOP]);
    write(&mut board, VTOR, RAM + 0x7F);
    assert_eq!(read(&mut board, VTOR), RAM, "multiples of 128 bytes");
    write(&mut board, RAM + 4 * PEND_SV, (RAM + 0x200) | 1);
    write(&mut board, ICSR, PENDSVSET);
    step(&mut board);
    assert_eq!(board.machine.pc(), RAM + 0x200);
    board.machine.reset();
    write(&mut board, DHCSR, HALT);
    assert_eq!(read(&mut board, VTOR), 0);
}

//! The MPU in programs that try what is allowed and what isn't, compared with QEMU.

use tinybench_virtual_board::Ended;

use super::directed_exceptions::{self, entries, run, trace};
use crate::machines::emulator::{self, Path};
use crate::programs::assembler::Assembler;
use crate::programs::image::{Image, RAM};
use crate::programs::rng::Rng;
use crate::programs::system_program::{SystemProgram, special};

const SHCSR: u32 = 0xE000_ED24;
const MMFAR: u32 = 0xE000_ED34;
const MPU_TYPE: u32 = 0xE000_ED90;
const MPU_CTRL: u32 = 0xE000_ED94;
const MPU_RNR: u32 = 0xE000_ED98;
const MPU_RBAR: u32 = 0xE000_ED9C;
const MPU_RASR: u32 = 0xE000_EDA0;
const MPU_RASR_A1: u32 = 0xE000_EDA8;

const ENABLE: u32 = 1;
const HFNMIENA: u32 = 2;
const PRIVDEFENA: u32 = 4;

const XN: u32 = 1 << 28;
const NO_ACCESS: u32 = 0;
const PRIVILEGED: u32 = 1;
const FULL: u32 = 3;
const READ_ONLY: u32 = 6;

const HARD_FAULT: usize = 3;
const MEM_MANAGE: usize = 4;
const BUS_FAULT: usize = 5;
const SVCALL: usize = 11;

/// RAM that nothing else uses, 32 KiB.
const WINDOW: u32 = RAM + 0x2_8000;

/// MPU_RASR of an enabled region of 2^`log2` bytes.
fn attributes(permission: u32, log2: u32) -> u32 {
    permission << 24 | (log2 - 1) << 1 | 1
}

fn set_region(program: &mut SystemProgram, number: u32, base: u32, attributes: u32) {
    program.poke(MPU_RBAR, base | 1 << 4 | number);
    program.poke(MPU_RASR, attributes);
}

/// Regions 0 and 1: flash to run from and RAM to write to, for everyone. MPU on.
fn protect(program: &mut SystemProgram, control: u32) {
    program.poke(SHCSR, 7 << 16);
    set_region(program, 0, 0, attributes(READ_ONLY, 20));
    set_region(program, 1, RAM, XN | attributes(FULL, 18));
    program.poke(MPU_CTRL, control);
    program.barrier();
}

/// A program with handlers that log faults, and a system call that gives privilege back; the MPU
/// is off again at its end.
fn protected(thread: impl FnOnce(&mut SystemProgram)) -> Image {
    SystemProgram::image(
        |program| {
            for fault in [HARD_FAULT, MEM_MANAGE, BUS_FAULT] {
                program.handler(fault, |program| program.log_word(MMFAR));
            }
            program.raw_handler(SVCALL, |code| {
                code.movs(0, 0).msr(special::CONTROL, 0).bx(14);
            });
        },
        |program| {
            thread(program);
            program.poke(MPU_CTRL, 0);
            program.barrier();
        },
    )
}

fn drop_privilege(program: &mut SystemProgram) {
    program.code.movs(0, 1).msr(special::CONTROL, 0);
    program.barrier();
}

fn take_privilege(program: &mut SystemProgram) {
    program.code.narrow(0xDF00);
    program.barrier();
}

fn load(program: &mut SystemProgram, address: u32) {
    program.guarded(|code| {
        code.mov32(0, address).ldr(1, 0, 0);
    });
}

fn store(program: &mut SystemProgram, address: u32) {
    program.guarded(|code| {
        code.mov32(0, address).str(1, 0, 0);
    });
}

/// LDRT and STRT.
fn load_unprivileged(program: &mut SystemProgram, address: u32) {
    program.guarded(|code| {
        code.mov32(0, address).wide(0xF850_1E00);
    });
}

fn store_unprivileged(program: &mut SystemProgram, address: u32) {
    program.guarded(|code| {
        code.mov32(0, address).wide(0xF840_1E00);
    });
}

/// Calls code; R1 tells whether it ran.
fn call(program: &mut SystemProgram, address: u32) {
    program.code.movs(1, 0);
    program.guarded(|code| {
        code.mov32(0, address | 1).narrow(0x4780); // blx r0
    });
    program.log(1);
}

/// Puts `movs r1, #1; bx lr` into RAM.
fn place_code(program: &mut SystemProgram, address: u32) {
    program.poke(address, 0x4770_2101);
    program.barrier();
}

/// The trace, equal on QEMU and in single steps.
fn same(image: &Image) -> Vec<u32> {
    let trace = directed_exceptions::same(image);
    assert_eq!(trace, stepped(image));
    trace
}

/// The trace, equal in single steps.
fn alone(image: &Image) -> Vec<u32> {
    let trace = directed_exceptions::alone(image);
    assert_eq!(trace, stepped(image));
    trace
}

fn stepped(image: &Image) -> Vec<u32> {
    trace(&emulator::run(image, Path::Stepped).result)
}

fn faults(trace: &[u32]) -> usize {
    entries(trace).iter().filter(|&&e| e == 4).count()
}

#[test]
fn registers_read_back_through_their_aliases() {
    let image = protected(|program| {
        program.log_word(MPU_TYPE);
        for number in 0..8 {
            set_region(program, number, 0x2000_0000 + 0x1000 * number, 0x1307_0016);
        }
        program.poke(MPU_RNR, 2);
        program.poke(MPU_RASR_A1, 0x0301_3F0E);
        for address in (MPU_CTRL..=0xE000_EDB8).step_by(4) {
            program.log_word(address);
        }
        program.poke(MPU_RBAR, 0x2000_4000);
        program.log_word(MPU_RBAR);
        program.log_word(MPU_RNR);
        for number in 0..8 {
            program.poke(MPU_RNR, number);
            program.log_word(MPU_RASR);
            program.poke(MPU_RASR, 0);
        }
    });
    assert_eq!(same(&image)[0], 8 << 8);
}

#[test]
fn a_regions_attributes_are_written_by_halves_too() {
    let image = protected(|program| {
        program.poke(0xE000_ED98, 3);
        program.poke(MPU_RASR, 0x0306_0000 | 9 << 1);
        for (address, value) in [(MPU_RASR, 0x8013), (MPU_RASR + 2, 0x1102)] {
            // strh r1, [r0]
            program
                .code
                .mov32(0, address)
                .mov32(1, value)
                .narrow(0x8001);
            program.log_word(MPU_RASR);
        }
    });
    let found = alone(&image);
    assert_eq!(found, [0x0306_8013, 0x1102_8013]);
}

#[test]
fn permissions_depend_on_privilege() {
    // Faults of privileged read and write, unprivileged read and write.
    for (permission, refused) in [
        (0, [1, 1, 1, 1]),
        (1, [0, 0, 1, 1]),
        (2, [0, 0, 0, 1]),
        (3, [0, 0, 0, 0]),
        (5, [0, 1, 1, 1]),
        (6, [0, 1, 0, 1]),
        (7, [0, 1, 0, 1]),
    ] {
        let image = protected(|program| {
            protect(program, ENABLE);
            set_region(program, 2, WINDOW, attributes(permission, 10));
            program.barrier();
            load(program, WINDOW + 0x10);
            store(program, WINDOW + 0x20);
            load_unprivileged(program, WINDOW + 0x30);
            store_unprivileged(program, WINDOW + 0x40);
            drop_privilege(program);
            load(program, WINDOW + 0x50);
            store(program, WINDOW + 0x60);
            take_privilege(program);
        });
        let [read, write, user_read, user_write] = refused;
        let expected = read + write + 2 * (user_read + user_write);
        assert_eq!(faults(&same(&image)), expected, "AP {permission}");
    }
}

/// Regions of eight subregions, 2^`log2` bytes each, over one twice as large.
fn overlapping(log2: u32) -> Image {
    protected(|program| {
        protect(program, ENABLE);
        set_region(program, 3, WINDOW, attributes(READ_ONLY, log2 + 4));
        let disabled = 0b1010_0110 << 8;
        set_region(
            program,
            5,
            WINDOW,
            disabled | attributes(NO_ACCESS, log2 + 3),
        );
        program.barrier();
        for subregion in 0..16 {
            load(program, WINDOW + (subregion << log2));
            store(program, WINDOW + (subregion << log2) + (1 << log2) - 4);
        }
    })
}

#[test]
fn the_highest_region_decides_and_disabled_subregions_leave_it_to_the_next() {
    // Four subregions refuse loads; the read-only region all sixteen stores.
    assert_eq!(faults(&same(&overlapping(10))), 4 + 16);
    assert_eq!(faults(&alone(&overlapping(5))), 4 + 16);
}

#[test]
fn the_background_map_is_for_privileged_code_if_enabled() {
    for (control, expected) in [(ENABLE, 4), (ENABLE | PRIVDEFENA, 2)] {
        let image = protected(|program| {
            protect(program, control);
            // All of the RAM but the window.
            set_region(program, 1, RAM, 1 << 13 | XN | attributes(FULL, 18));
            program.barrier();
            load(program, WINDOW);
            store(program, WINDOW);
            drop_privilege(program);
            load(program, WINDOW);
            store(program, WINDOW);
            take_privilege(program);
        });
        assert_eq!(faults(&same(&image)), expected);
    }
}

#[test]
fn code_is_fetched_by_the_privilege_it_runs_with() {
    let image = protected(|program| {
        place_code(program, WINDOW);
        call(program, WINDOW);
        protect(program, ENABLE);
        // XN of region 1.
        call(program, WINDOW);
        set_region(program, 2, WINDOW, attributes(PRIVILEGED, 5));
        program.barrier();
        for _ in 0..2 {
            call(program, WINDOW);
            drop_privilege(program);
            call(program, WINDOW);
            take_privilege(program);
        }
        set_region(program, 2, WINDOW, attributes(READ_ONLY, 5));
        program.barrier();
        drop_privilege(program);
        call(program, WINDOW);
        take_privilege(program);
    });
    assert_eq!(faults(&same(&image)), 3);
}

/// Code that runs over the end of a region of 2^`log2` bytes, and then not.
fn running_over(log2: u32) -> Image {
    protected(|program| {
        let end = WINDOW + (1 << log2);
        // nop, movs r1, #1 before the border; bx lr behind it.
        program.poke(end - 4, 0x2101_BF00);
        program.poke(end, 0x0000_4770);
        protect(program, ENABLE);
        for log2 in [log2, log2 + 1] {
            set_region(program, 2, WINDOW, attributes(FULL, log2));
            program.barrier();
            call(program, end - 4);
        }
    })
}

#[test]
fn code_that_runs_into_a_region_faults_at_its_border() {
    assert_eq!(faults(&same(&running_over(10))), 1);
    assert_eq!(faults(&alone(&running_over(5))), 1);
}

#[test]
fn fault_handlers_see_the_default_map_unless_told_otherwise() {
    let image = protected(|program| {
        protect(program, ENABLE);
        set_region(program, 2, WINDOW, attributes(NO_ACCESS, 10));
        program.barrier();
        program.code.narrow(0xB671); // cpsid f
        load(program, WINDOW);
        program.code.narrow(0xB661); // cpsie f
        program.barrier();
        load(program, WINDOW);
    });
    assert_eq!(faults(&same(&image)), 1);
}

#[test]
fn a_violation_at_negative_priority_locks_up() {
    let image = protected(|program| {
        protect(program, ENABLE | HFNMIENA);
        set_region(program, 2, WINDOW, attributes(NO_ACCESS, 10));
        program.barrier();
        program.code.narrow(0xB671); // cpsid f
        load(program, WINDOW);
    });
    assert_eq!(run(&image).0, Ended::Lockup);
}

#[test]
fn a_violation_without_its_handler_is_a_hard_fault() {
    let image = protected(|program| {
        protect(program, ENABLE);
        program.poke(SHCSR, 0);
        load(program, 0x3000_0000);
        call(program, 0x3000_0000);
    });
    assert_eq!(entries(&same(&image)), [3, 3]);
}

/// Makes a system call with this process stack; its handler runs `handler` and returns. The
/// window is out of bounds.
fn with_forbidden_stack(stack: u32, handler: impl Fn(&mut Assembler)) -> Vec<u32> {
    let image = SystemProgram::image(
        |program| {
            program.raw_handler(SVCALL, |code| {
                handler(code);
                code.bx(14);
            });
            program.last_handler(MEM_MANAGE);
            program.last_handler(HARD_FAULT);
        },
        |program| {
            protect(program, ENABLE | PRIVDEFENA);
            set_region(program, 2, WINDOW, attributes(NO_ACCESS, 10));
            program.code.mov32(0, stack).msr(special::PSP, 0);
            program.code.movs(0, 2).msr(special::CONTROL, 0);
            program.barrier();
            program.guarded(|code| {
                code.narrow(0xDF00);
            });
            program.poke(MPU_CTRL, 0);
            program.barrier();
        },
    );
    same(&image)
}

#[test]
fn stacking_and_unstacking_are_checked() {
    let trace = with_forbidden_stack(WINDOW + 0x100, |_| {});
    assert_eq!(entries(&trace), [4]);
    assert!(trace.contains(&0x10), "MSTKERR: {trace:08x?}");
    let trace = with_forbidden_stack(WINDOW - 0x100, |code| {
        code.mov32(0, WINDOW + 0x100).msr(special::PSP, 0);
    });
    assert_eq!(entries(&trace), [4]);
    assert!(trace.contains(&0x08), "MUNSTKERR: {trace:08x?}");
}

#[test]
fn protection_costs_no_cycles() {
    const CYCCNT: u32 = 0xE000_1004;
    let image = protected(|program| {
        program.poke(0xE000_EDFC, 1 << 24);
        program.poke(0xE000_1000, 1);
        for control in [0, ENABLE] {
            protect(program, control);
            program.code.align(1024).mov32(4, WINDOW).mov32(5, 0x100);
            program.poke(CYCCNT, 0);
            // Loads from flash and RAM in turn, an unaligned load and store.
            program.code.ldr(0, 5, 0).ldr(1, 4, 0).ldr(0, 5, 0x40);
            program.code.ldr(0, 4, 4).ldr(0, 4, 5).str(0, 4, 9);
            program.log_word(CYCCNT);
        }
    });
    let cycles = trace(&emulator::run(&image, Path::Blocks).result);
    assert_eq!(cycles.len(), 2);
    assert_eq!(cycles[0], cycles[1]);
}

#[test]
fn random_regions_allow_the_same() {
    let mut total = 0;
    for seed in 0..6 {
        let mut rng = Rng::new(0x3B5, seed);
        let image = protected(|program| {
            protect(program, ENABLE | PRIVDEFENA);
            for _ in 0..8 {
                for number in 2..8 {
                    let log2 = 10 + rng.below(5);
                    let base = WINDOW + (rng.below(0x8000) >> log2 << log2);
                    let permission = rng.pick(&[0, 1, 2, 3, 5, 6, 7]);
                    let disabled = if log2 < 13 { 0 } else { rng.below(256) };
                    let value = disabled << 8 | attributes(permission, log2);
                    set_region(program, number, base, value ^ u32::from(rng.one_in(4)));
                }
                program.barrier();
                for _ in 0..24 {
                    let address = WINDOW + rng.below(0x2000) * 4;
                    let access = [load, store, load_unprivileged, store_unprivileged];
                    rng.pick(&access)(program, address);
                }
            }
        });
        total += faults(&same(&image));
    }
    assert!(total > 100, "{total} violations");
}

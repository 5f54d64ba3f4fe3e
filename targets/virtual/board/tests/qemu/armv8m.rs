//! The Cortex-M33 against QEMU's (`qemu-system-arm -M mps2-an521`), in the state that isn't secure: as a core
//! without the Security Extension.
//!
//! # Known differences
//!
//! Section names are those of the Armv8-M Architecture Reference Manual, DDI 0553. The programs stay away from
//! these, and from what the tests of the Cortex-M4F stay away from:
//!
//! - CCR.STKOFHFNMIGN isn't there on QEMU 7.2.
//! - LDAEXD and STLEXD execute on QEMU. The M profile has neither.
//! - QEMU's core has the Security Extension, and so clears R0 to R3, R12 and the flags when it enters a handler,
//!   and leaves FAULTMASK as it is when it returns from HardFault (R_KBNF); without the extension the first are
//!   UNKNOWN (here what they were), and the last is cleared.

use crate::directed_exceptions::{alone, entries, same, watched};
use crate::programs::image::{Image, M33, RAM};
use crate::programs::system_program::{PROCESS_STACK, SystemProgram, special};
use crate::{random_exceptions, random_programs, undefined};

const SHCSR: u32 = 0xE000_ED24;
const CCR: u32 = 0xE000_ED14;
const CFSR: u32 = 0xE000_ED28;
const MMFAR: u32 = 0xE000_ED34;
const MPU_TYPE: u32 = 0xE000_ED90;
const MPU_CTRL: u32 = 0xE000_ED94;
const MPU_RNR: u32 = 0xE000_ED98;
const MPU_RBAR: u32 = 0xE000_ED9C;
const MPU_RLAR: u32 = 0xE000_EDA0;
const MPU_RBAR_A1: u32 = 0xE000_EDA4;
const MPU_RLAR_A3: u32 = 0xE000_EDB8;
const MPU_MAIR0: u32 = 0xE000_EDC0;

const HARD_FAULT: usize = 3;
const MEM_MANAGE: usize = 4;
const BUS_FAULT: usize = 5;
const USAGE_FAULT: usize = 6;
const SVCALL: usize = 11;
const PEND_SV: usize = 14;

fn on_m33(image: Image) -> Image {
    Image { chip: M33, ..image }
}

#[test]
fn a_seeded_part_of_armv8m_is_equal_on_all_paths() {
    random_programs::compare_on_all_paths(M33);
}

#[test]
#[ignore = "takes minutes; scripts/emulator-vs-qemu runs it"]
fn every_encoding_of_armv8m_is_equal() {
    random_programs::compare_every_encoding(M33);
}

#[test]
fn narrow_undefined_instructions_of_armv8m_fault() {
    undefined::compare_narrow(M33);
}

#[test]
fn wide_undefined_instructions_of_armv8m_fault() {
    undefined::compare_wide(M33);
}

#[test]
fn a_seeded_part_of_random_exceptions_of_armv8m_is_equal() {
    random_exceptions::compare_some(M33);
}

#[test]
#[ignore = "takes minutes; scripts/emulator-vs-qemu runs it"]
fn random_exceptions_of_armv8m_are_equal() {
    random_exceptions::compare_all(M33);
}

#[test]
fn exceptions_return_with_the_values_of_a_core_without_security() {
    let image = watched(&[SVCALL, PEND_SV], |program| {
        program.code.narrow(0xDF00);
        program.code.mov32(0, PROCESS_STACK).msr(special::PSP, 0);
        program.code.movs(0, 2).msr(special::CONTROL, 0);
        program.barrier();
        program.code.narrow(0xDF00);
        program.code.wide(0xEE30_0A20); // vadd.f32 s0, s0, s1
        program.code.narrow(0xDF00);
        program.log_state();
    });
    let trace = same(&on_m33(image));
    let links: Vec<u32> = trace
        .iter()
        .zip(&trace[1..])
        .filter(|(word, _)| **word == 0xE000_000B)
        .map(|(_, &link)| link)
        .collect();
    assert_eq!(links, [0xFFFF_FFB8, 0xFFFF_FFBC, 0xFFFF_FFAC]);
}

#[test]
fn returns_that_a_core_without_security_has_not_are_usage_faults() {
    // Secure, secure stack, default stacking not used, bit 1.
    for value in [0xFFFF_FFB9, 0xFFFF_FFF8, 0xFFFF_FF98, 0xFFFF_FFBA_u32] {
        let image = SystemProgram::image(
            |program| {
                program.last_handler(USAGE_FAULT);
                program.raw_handler(SVCALL, |code| {
                    code.bx(6);
                });
            },
            |program| {
                program.code.mov32(6, value);
                program.poke(SHCSR, 7 << 16);
                program.guarded(|code| {
                    code.narrow(0xDF00);
                });
            },
        );
        // What QEMU makes of them depends on the extension that its core has.
        assert_eq!(entries(&alone(&on_m33(image))), [6], "{value:#x}");
    }
}

/// A process stack of 64 bytes with a limit, and instructions at `action` that may pass it.
fn limited(action: &[u32]) -> Vec<u32> {
    let image = SystemProgram::image(
        |program| {
            for fault in [HARD_FAULT, USAGE_FAULT] {
                program.handler(fault, |program| program.log_word(CFSR));
            }
        },
        |program| {
            program.poke(SHCSR, 7 << 16);
            program.code.mov32(0, PROCESS_STACK).msr(special::PSP, 0);
            program.code.mov32(0, PROCESS_STACK - 256 + 5);
            program.code.msr(special::PSPLIM, 0);
            program.code.mrs(0, special::PSPLIM);
            program.log(0);
            program.code.movs(0, 2).msr(special::CONTROL, 0);
            program.barrier();
            // Room for the frame of a fault.
            program.code.mov32(0, 0x1234).mov32(1, 0x5678);
            program.code.wide(0xF1AD_0D98); // sub.w sp, sp, #0x98
            for &instruction in action {
                program.guarded(|code| {
                    if instruction > 0xFFFF {
                        code.wide(instruction);
                    } else {
                        code.narrow(instruction);
                    }
                });
                program.code.mov(0, 13);
                program.log(0);
            }
            program.code.mov32(0, PROCESS_STACK).mov(13, 0);
            program.code.movs(0, 0).msr(special::PSPLIM, 0);
            program.log_state();
        },
    );
    same(&on_m33(image))
}

#[test]
fn a_stack_that_would_pass_its_limit_is_a_usage_fault() {
    for (action, faults) in [
        // 104 bytes are left; a frame of 32 fits behind each of these.
        (&[0xB5FF_u32][..], 0),           // push {r0-r7, lr}: 36
        (&[0xB5FF, 0xB5FF, 0xB5FF], 1),   // the third has no room
        (&[0xB09F], 1),                   // sub sp, #124
        (&[0xF1AD_0D78], 1),              // sub.w sp, sp, #0x78
        (&[0xF5AD_7D80], 1),              // sub.w sp, sp, #0x100
        (&[0xEBAD_0D40], 1),              // sub.w sp, sp, r0, lsl #1
        (&[0xF84D_0D7C], 1),              // str.w r0, [sp, #-124]!
        (&[0xF84D_097C], 1),              // str.w r0, [sp], #-124
        (&[0xE96D_011F], 1),              // strd r0, r1, [sp, #-124]!
        (&[0xE92D_1FFF, 0xF1AD_0D40], 1), // stmdb sp!, {r0-r12}: 52; sub.w sp, sp, #0x40
        (&[0xED2D_0A1E], 1),              // vpush {s0-s29}: 120
        (&[0xB082, 0xBC03], 0),           // sub sp, #8; pop {r0, r1}
    ] {
        let trace = limited(action);
        let found = entries(&trace);
        assert_eq!(found, vec![6; faults], "{action:08x?}");
        assert_eq!(
            trace[0],
            PROCESS_STACK - 256,
            "the limit is a multiple of 8"
        );
    }
}

#[test]
fn a_frame_that_passes_the_limit_is_a_usage_fault_before_the_exception() {
    let image = SystemProgram::image(
        |program| {
            program.last_handler(HARD_FAULT);
            program.last_handler(USAGE_FAULT);
            program.last_handler(SVCALL);
        },
        |program| {
            program.poke(SHCSR, 7 << 16);
            program.set_priority(11, 0x80);
            program.set_priority(6, 0x40);
            program.code.mov32(0, PROCESS_STACK).msr(special::PSP, 0);
            program.code.mov32(0, PROCESS_STACK - 16);
            program.code.msr(special::PSPLIM, 0);
            program.code.movs(0, 2).msr(special::CONTROL, 0);
            program.barrier();
            program.guarded(|code| {
                code.narrow(0xDF00);
            });
        },
    );
    assert_eq!(entries(&same(&on_m33(image)))[0], 6);
}

fn set_region(program: &mut SystemProgram, number: u32, base: u32, limit: u32) {
    program.poke(MPU_RNR, number);
    program.poke(MPU_RBAR, base);
    program.poke(MPU_RLAR, limit | 1);
}

/// Logs what TT and TTT say of an address.
fn test_target(program: &mut SystemProgram, address: u32) {
    program.code.mov32(4, address).wide(0xE844_F000); // tt r0, r4
    program.log(0);
    program.code.mov32(4, address).wide(0xE844_F040); // ttt r0, r4
    program.log(0);
}

#[test]
fn regions_with_limits_protect_and_tell_what_they_do() {
    const WINDOW: u32 = RAM + 0x1_2000;
    const RW_PRIVILEGED: u32 = 0;
    const RW: u32 = 1 << 1;
    const READ_ONLY_PRIVILEGED: u32 = 2 << 1;
    const READ_ONLY: u32 = 3 << 1;
    const XN: u32 = 1;
    let image = SystemProgram::image(
        |program| {
            for fault in [HARD_FAULT, MEM_MANAGE, BUS_FAULT] {
                program.handler(fault, |program| program.log_word(MMFAR));
            }
            program.raw_handler(SVCALL, |code| {
                code.movs(0, 0).msr(special::CONTROL, 0).bx(14);
            });
        },
        |program| {
            program.poke(SHCSR, 7 << 16);
            program.log_word(MPU_TYPE);
            program.poke(MPU_MAIR0, 0x4444_FF00);
            program.log_word(MPU_MAIR0);
            set_region(program, 0, READ_ONLY, 0x000F_FFE0);
            // All of the RAM but the window.
            set_region(program, 1, RAM | RW | XN, WINDOW - 32);
            set_region(program, 2, (WINDOW + 0x2000) | RW | XN, RAM + 0x1_FFE0);
            for (number, access) in [RW_PRIVILEGED, RW, READ_ONLY_PRIVILEGED, READ_ONLY]
                .into_iter()
                .enumerate()
            {
                let base = WINDOW + 0x400 * number as u32;
                set_region(program, 4 + number as u32, base | access, base + 0x3E0);
            }
            // Through the aliases: region 13, and the limit of 15, which overlaps with 4.
            program.poke(MPU_RNR, 12);
            program.poke(MPU_RBAR_A1, (WINDOW + 0x1400) | RW);
            program.poke(MPU_RNR, 13);
            program.log_word(MPU_RBAR);
            program.poke(MPU_RLAR, (WINDOW + 0x17E0) | 1);
            program.poke(MPU_RNR, 15);
            program.poke(MPU_RBAR, WINDOW | RW);
            program.poke(MPU_RNR, 12);
            program.poke(MPU_RLAR_A3, WINDOW | 1);
            // movs r1, #1; bx lr
            program.poke(WINDOW + 0x1400, 0x4770_2101);
            program.poke(WINDOW + 0xC00, 0x4770_2101);
            let places = [0, 0x40, 0x400, 0x7FC, 0x800, 0xC00, 0x1000, 0x1400, 0x1800];
            for control in [5, 1, 7] {
                program.poke(MPU_CTRL, control);
                program.barrier();
                for unprivileged in [false, true] {
                    if unprivileged {
                        program.code.movs(0, 1).msr(special::CONTROL, 0);
                        program.barrier();
                    }
                    for place in places {
                        let address = WINDOW + place;
                        program.guarded(|code| {
                            code.mov32(0, address).ldr(1, 0, 0);
                        });
                        program.guarded(|code| {
                            code.mov32(0, address).ldr(1, 0, 0).str(1, 0, 0);
                        });
                        test_target(program, address);
                    }
                    for place in [0xC00, 0x1400] {
                        program.code.movs(1, 0);
                        program.guarded(|code| {
                            code.mov32(0, WINDOW + place + 1).narrow(0x4780); // blx r0
                        });
                        program.log(1);
                    }
                    if unprivileged {
                        program.code.narrow(0xDF00);
                        program.barrier();
                    }
                }
            }
            program.poke(MPU_CTRL, 0);
            program.barrier();
        },
    );
    let trace = same(&on_m33(image));
    assert_eq!(trace[0], 16 << 8);
    assert!(entries(&trace).len() > 20, "{}", entries(&trace).len());
}

#[test]
fn fixed_bits_of_system_registers_are_those_of_armv8m() {
    let image = watched(&[], |program| {
        program.poke(CCR, 0);
        program.log_word(CCR);
        program.poke(CCR, 0x11A);
        program.log_word(CCR);
        program.poke(CCR, 0x201);
        for identification in (0xE000_ED40..0xE000_ED80).step_by(4) {
            // ID_PFR1 tells of the Security Extension, of which QEMU's core has one.
            if identification != 0xE000_ED44 {
                program.log_word(identification);
            }
        }
        for media in [0xE000_EF40, 0xE000_EF44, 0xE000_EF48] {
            program.log_word(media);
        }
        program.log_word(0xE000_ED0C);
        // What is secure code's.
        program.log_word(0xE000_EDD0);
        program.log_word(0xE000_EDE4);
    });
    let trace = same(&on_m33(image));
    assert_eq!(trace[..2], [0x201, 0x31B]);
}

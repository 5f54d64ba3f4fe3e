//! Exceptions, faults and sleep in programs written for one thing each. What QEMU models is
//! compared with it; lockup, which ends QEMU, is looked at here alone.

use std::time::Duration;

use tinybench_virtual_board::debug_port::DebugTarget;
use tinybench_virtual_board::{AccessSize, Ended, Machine};

use crate::machines::emulator::{self, Path};
use crate::machines::oracle;
use crate::programs::image::{Image, RAM};
use crate::programs::system_program::{PROCESS_STACK, SystemProgram, special};

const ICSR: u32 = 0xE000_ED04;
const SHCSR: u32 = 0xE000_ED24;
const CCR: u32 = 0xE000_ED14;
const ISER: u32 = 0xE000_E100;
const ISPR: u32 = 0xE000_E200;

const NMI: usize = 2;
const HARD_FAULT: usize = 3;
const BUS_FAULT: usize = 5;
const USAGE_FAULT: usize = 6;
const SVCALL: usize = 11;
const PEND_SV: usize = 14;
const SYS_TICK: usize = 15;
const IRQ0: usize = 16;

pub type Part = fn(&mut SystemProgram);

/// Handlers that only write down what they see, for these exceptions.
pub fn watched(exceptions: &'static [usize], thread: Part) -> Image {
    SystemProgram::image(
        |program| {
            exceptions
                .iter()
                .for_each(|&exception| program.handler(exception, |_| {}))
        },
        thread,
    )
}

/// The trace here, after it was found equal on QEMU.
pub fn same(image: &Image) -> Vec<u32> {
    let found = alone(image);
    if oracle::installed() {
        let outcome = oracle::run(std::slice::from_ref(image), Duration::from_secs(20));
        let expected = outcome.results.first();
        let expected = expected.unwrap_or_else(|| panic!("QEMU: {}", outcome.messages));
        let expected = trace(expected);
        assert!(expected == found, "QEMU {expected:08x?}\nhere {found:08x?}");
    }
    found
}

/// The trace here.
pub fn alone(image: &Image) -> Vec<u32> {
    let run = emulator::run(image, Path::Blocks);
    assert_eq!(run.problem, None);
    let untimed = emulator::run(image, Path::Untimed);
    assert!(run.result == untimed.result, "timing changes the outcome");
    trace(&run.result)
}

/// The words up to the last that is not zero.
pub fn trace(bytes: &[u8]) -> Vec<u32> {
    let word = |chunk: &[u8]| u32::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]);
    let mut words: Vec<u32> = bytes.chunks_exact(4).map(word).collect();
    while words.last() == Some(&0) {
        words.pop();
    }
    words
}

/// The exceptions whose handlers ran, in order.
pub fn entries(trace: &[u32]) -> Vec<u32> {
    let entry = |word: &&u32| (0xE000_0001..0xE000_0100).contains(*word);
    trace.iter().filter(entry).map(|word| word & 0xFF).collect()
}

#[test]
fn system_calls_and_pended_exceptions_come_in_order_of_priority() {
    let image = watched(&[SVCALL, PEND_SV, SYS_TICK, IRQ0, 17, 18], |program| {
        program.poke(ISER, 7);
        for (exception, priority) in [
            (11, 0x40),
            (14, 0xE0),
            (15, 0xC0),
            (16, 0xA0),
            (17, 0x20),
            (18, 0xA0),
        ] {
            program.set_priority(exception, priority);
        }
        program.code.narrow(0xB672); // cpsid i
        program.poke(ISPR, 7);
        program.poke(ICSR, 1 << 28 | 1 << 26);
        program.barrier();
        program.code.narrow(0xB662); // cpsie i
        program.barrier();
        program.code.narrow(0xDF07); // svc #7
        program.log_state();
    });
    assert_eq!(entries(&same(&image)), [17, 16, 18, 15, 14, 11]);
}

#[test]
fn a_higher_priority_preempts_and_a_lower_tail_chains() {
    let image = SystemProgram::image(
        |program| {
            program.handler(IRQ0, |program| {
                program.poke(ISPR, 0b110);
                program.barrier();
                program.log_value(0xAAAA);
            });
            program.handler(17, |_| {});
            program.handler(18, |_| {});
        },
        |program| {
            program.poke(ISER, 7);
            for (exception, priority) in [(16, 0x80), (17, 0x40), (18, 0xC0)] {
                program.set_priority(exception, priority);
            }
            program.poke(ISPR, 1);
            program.barrier();
            program.log_state();
        },
    );
    assert_eq!(entries(&same(&image)), [16, 17, 18]);
}

#[test]
fn masks_hold_back_what_they_should() {
    let image = watched(&[NMI, IRQ0, 17], |program| {
        program.poke(ISER, 3);
        program.set_priority(16, 0x80);
        program.set_priority(17, 0x40);
        program.code.mov32(0, 0x60).msr(special::BASEPRI, 0);
        program.poke(ISPR, 3);
        program.barrier();
        program.log_value(1);
        // BASEPRI_MAX only raises.
        program.code.mov32(0, 0xE0).msr(special::BASEPRI_MAX, 0);
        program.code.mrs(0, special::BASEPRI);
        program.log(0);
        program.code.mov32(0, 0).msr(special::BASEPRI_MAX, 0);
        program.code.mrs(0, special::BASEPRI);
        program.log(0);
        program.code.narrow(0xB671); // cpsid f
        program.poke(ISPR, 3);
        program.poke(ICSR, 1 << 31);
        program.barrier();
        program.log_value(2);
        program.code.narrow(0xB661); // cpsie f
        program.barrier();
        program.code.mov32(0, 0).msr(special::BASEPRI, 0);
        program.barrier();
        program.log_state();
    });
    assert_eq!(entries(&same(&image)), [17, 2, 17, 16]);
}

#[test]
fn faults_go_to_their_handler_or_escalate() {
    let image = watched(&[HARD_FAULT, BUS_FAULT, USAGE_FAULT], |program| {
        for enabled in [0, 7 << 16] {
            program.poke(SHCSR, enabled);
            program.poke(CCR, 0x218);
            program.guarded(|code| {
                code.wide(0xF7F0_A000); // udf.w
            });
            program.guarded(|code| {
                code.mov32(0, 0x6000_0010).ldr(1, 0, 0);
            });
            program.guarded(|code| {
                code.mov32(0, 0x6000_0010).str(1, 0, 0);
            });
            program.guarded(|code| {
                code.mov32(0, 0x6000_0001).bx(0);
            });
            program.guarded(|code| {
                code.mov32(0, RAM + 1).ldr(1, 0, 0);
            });
        }
    });
    assert_eq!(entries(&same(&image)), [3, 3, 3, 3, 3, 6, 5, 5, 5, 6]);
}

#[test]
fn a_call_that_cannot_be_taken_escalates() {
    let image = watched(&[HARD_FAULT, SVCALL], |program| {
        program.code.narrow(0xB672); // cpsid i
        program.guarded(|code| {
            code.narrow(0xDF01);
        });
        program.log_state();
    });
    assert_eq!(entries(&same(&image)), [3]);
}

#[test]
fn an_it_block_goes_on_after_an_exception() {
    let image = watched(&[SVCALL], |program| {
        program.code.mov32(4, 0).movs(5, 1).cmp(5, 1);
        program.code.narrow(0xBF06); // itte eq
        program.code.adds(4, 1).narrow(0xDF00).adds(4, 16);
        program.code.narrow(0xBF1C); // itt ne
        program.code.adds(4, 64).narrow(0xDF00);
        program.log(4);
        program.code.mrs(0, 0);
        program.log(0);
    });
    assert_eq!(entries(&same(&image)), [11]);
}

#[test]
fn frames_are_aligned_to_eight_bytes_and_the_padding_is_undone() {
    let image = watched(&[SVCALL], |program| {
        for ccr in [0x200, 0] {
            program.poke(CCR, ccr);
            program.code.narrow(0xDF00).narrow(0xB081).narrow(0xDF00); // svc; sub sp, #4; svc
            program.code.mov(0, 13);
            program.log(0);
        }
    });
    assert_eq!(entries(&same(&image)).len(), 4);
}

#[test]
fn the_process_stack_takes_frames_of_thread_mode() {
    let image = watched(&[SVCALL, PEND_SV], |program| {
        program.code.mov32(0, PROCESS_STACK).msr(special::PSP, 0);
        program.code.movs(0, 2).msr(special::CONTROL, 0);
        program.barrier();
        program.code.narrow(0xDF00);
        program.code.wide(0xEE30_0A20); // vadd.f32 s0, s0, s1
        program.code.narrow(0xDF00);
        program.poke(ICSR, 1 << 28);
        program.barrier();
        program.code.mov(0, 13);
        program.log(0);
        program.log_state();
    });
    assert_eq!(entries(&same(&image)), [11, 11, 14]);
}

#[test]
fn a_handler_that_uses_floats_saves_the_context_it_interrupted() {
    let image = SystemProgram::image(
        |program| {
            program.handler(SVCALL, |program| {
                program.log_word(0xE000_EF38);
                program.code.mov32(1, 0x4000_0000).wide(0xEE00_1A10); // vmov s0, r1
                program.log_word(0xE000_EF34);
            });
        },
        |program| {
            program.code.mov32(1, 0x3F80_0000).wide(0xEE00_1A10);
            program.code.narrow(0xDF00);
            program.code.wide(0xEE10_0A10); // vmov r0, s0
            program.log(0);
        },
    );
    assert_eq!(same(&image).last(), Some(&0x3F80_0000));
}

#[test]
fn illegal_exception_returns_are_usage_faults() {
    for value in [0xFFFF_FFF5, 0xFFFF_FFF1, 0xFFFF_FFF3_u32] {
        let image = SystemProgram::image(
            |program| {
                program.last_handler(USAGE_FAULT);
                // Returns with the value that thread mode left in R6.
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
        assert_eq!(entries(&same(&image)), [6], "{value:#x}");
    }
}

#[test]
fn a_stack_without_memory_is_a_bus_fault_of_stacking() {
    // The bus fault comes first or stays pending, by its priority; or it is a HardFault.
    for (enabled, call, fault, first) in [
        (7 << 16, 0x80, 0x40, 5),
        (7 << 16, 0x40, 0x80, 11),
        (0, 0x40, 0x80, 3),
    ] {
        let image = SystemProgram::image(
            |program| {
                program.last_handler(HARD_FAULT);
                program.last_handler(BUS_FAULT);
                program.last_handler(SVCALL);
            },
            |program| {
                program.poke(SHCSR, enabled);
                program.set_priority(11, call);
                program.set_priority(5, fault);
                program.code.mov32(0, 0x6000_1000).msr(special::PSP, 0);
                program.code.movs(0, 2).msr(special::CONTROL, 0);
                program.barrier();
                program.guarded(|code| {
                    code.narrow(0xDF00);
                });
            },
        );
        assert_eq!(entries(&same(&image))[0], first);
    }
}

#[test]
fn wfi_wakes_for_what_primask_holds_back() {
    let image = watched(&[IRQ0], |program| {
        program.poke(ISER, 1);
        program.code.narrow(0xB672); // cpsid i
        program.poke(ISPR, 1);
        program.barrier();
        program.code.narrow(0xBF30); // wfi
        program.log_value(7);
        program.code.narrow(0xB662); // cpsie i
        program.barrier();
        program.log_state();
    });
    assert_eq!(entries(&same(&image)), [16]);
}

#[test]
fn wfe_goes_on_after_an_event() {
    let image = watched(&[], |program| {
        program.code.narrow(0xBF40).narrow(0xBF20); // sev; wfe
        program.log_value(7);
    });
    assert_eq!(same(&image), [7]);
}

#[test]
fn exception_and_sleep_cycles_are_counted_while_enabled() {
    const DWT_CTRL: u32 = 0xE000_1000;
    const DEMCR: u32 = 0xE000_EDFC;
    let image = watched(&[], |program| {
        program.code.narrow(0xB672); // cpsid i
        program.poke(0xE000_E014, 100);
        program.poke(DEMCR, 1 << 24);
        for control in [0, 3 << 18] {
            program.poke(0xE000_E018, 0);
            program.poke(0xE000_E010, 7);
            program.poke(DWT_CTRL, control);
            program.code.narrow(0xBF30); // wfi
            program.poke(0xE000_E010, 0);
            program.poke(ICSR, 1 << 25);
            program.barrier();
        }
        program.log_word(DWT_CTRL + 0x0C);
        program.log_word(DWT_CTRL + 0x10);
    });
    let asleep = trace(&emulator::run(&image, Path::Blocks).result);
    assert!(matches!(asleep[..], [0, 60..=99]), "{asleep:?}");
    let image = SystemProgram::image(
        |program| {
            program.raw_handler(SVCALL, |code| {
                code.bx(14);
            });
        },
        |program| {
            program.poke(DEMCR, 1 << 24);
            program.poke(DWT_CTRL, 3 << 18);
            program.code.narrow(0xDF00).narrow(0xDF00);
            program.log_word(DWT_CTRL + 0x0C);
        },
    );
    // Two entries of 12 cycles, two returns of 10.
    assert_eq!(alone(&image), [44]);
}

#[test]
fn a_debugger_samples_the_pc() {
    let image = watched(&[], |program| {
        let here = program.code.mark();
        program.code.b(here);
    });
    let (_, mut machine) = run(&image);
    let pcsr = |machine: &mut Machine| machine.debug_read(0xE000_101C, AccessSize::Word);
    assert_eq!(pcsr(&mut machine), Ok(u32::MAX));
    machine
        .debug_write(0xE000_EDFC, AccessSize::Word, 1 << 24)
        .expect("DEMCR written");
    let pc = machine.pc();
    assert_eq!(pcsr(&mut machine), Ok(pc));
}

#[test]
fn sevonpend_makes_pending_an_event_once() {
    for (scr, expected) in [(0, Ended::Asleep), (1 << 4, Ended::Lockup)] {
        let image = SystemProgram::image(
            |_| {},
            |program| {
                program.poke(0xE000_ED10, scr);
                // A disabled interrupt.
                program.poke(ISPR, 1);
                program.code.narrow(0xBF20); // wfe
                program.code.wide(0xF7F0_A000); // udf.w
            },
        );
        assert_eq!(run(&image).0, expected);
    }
    let image = watched(&[], |program| {
        program.poke(0xE000_ED10, 1 << 4);
        program.poke(ISPR, 1);
        // It stays pending: no event for the second WFE.
        program.code.narrow(0xBF20).narrow(0xBF20);
    });
    assert_eq!(run(&image).0, Ended::Asleep);
}

#[test]
fn a_reset_vector_without_the_thumb_bit_is_an_invalid_state() {
    let mut image = SystemProgram::image(
        |program| {
            program.raw_handler(HARD_FAULT, |code| {
                code.mov32(0, 0xE000_ED28).ldr(1, 0, 0);
                code.ldr(2, 13, 24).ldr(3, 13, 28);
                let here = code.mark();
                code.b(here);
            });
        },
        |_| {},
    );
    image.flash[4] &= !1;
    let entry = u32::from(image.flash[4]) | u32::from(image.flash[5]) << 8;
    let (ended, machine) = run(&image);
    assert_eq!(ended, Ended::Budget);
    assert_eq!(machine.register(1), 1 << 17);
    assert_eq!(machine.register(2), entry);
    assert_eq!(machine.register(3) & 1 << 24, 0);
}

#[test]
fn systick_counts_down_and_wakes() {
    let image = watched(&[SYS_TICK], |program| {
        program.code.narrow(0xB672); // cpsid i
        program.poke(0xE000_E014, 1000);
        program.poke(0xE000_E018, 0);
        program.poke(0xE000_E010, 7);
        program.code.narrow(0xBF30); // wfi
        program.poke(0xE000_E010, 0);
        program.log_word(0xE000_E014);
        program.code.narrow(0xB662); // cpsie i
        program.barrier();
        program.log_value(7);
    });
    assert_eq!(entries(&same(&image)), [15]);
}

pub fn run(image: &Image) -> (Ended, Machine) {
    let mut machine = emulator::load(image);
    (machine.run(1 << 20), machine)
}

#[test]
fn a_fault_in_hard_fault_or_nmi_locks_up() {
    for (exception, cause) in [(HARD_FAULT, false), (NMI, true)] {
        let image = SystemProgram::image(
            |program| {
                program.raw_handler(exception, |code| {
                    code.wide(0xF7F0_A000); // udf.w
                });
            },
            |program| {
                if cause {
                    program.poke(ICSR, 1 << 31);
                    program.barrier();
                }
                program.code.wide(0xF7F0_A000);
            },
        );
        let (ended, machine) = run(&image);
        assert_eq!(ended, Ended::Lockup);
        assert_eq!(machine.pc(), 0xFFFF_FFFE);
        assert_eq!(machine.register(16) & 0x1FF, exception as u32);
    }
}

#[test]
fn a_call_in_hard_fault_locks_up() {
    let image = SystemProgram::image(
        |program| {
            program.raw_handler(HARD_FAULT, |code| {
                code.narrow(0xDF00);
            });
        },
        |program| {
            program.code.wide(0xF7F0_A000);
        },
    );
    assert_eq!(run(&image).0, Ended::Lockup);
}

#[test]
fn sleep_that_nothing_ends_is_told() {
    let image = watched(&[], |program| {
        program.code.narrow(0xBF30); // wfi
    });
    assert_eq!(run(&image).0, Ended::Asleep);
}

#[test]
fn unprivileged_code_reaches_no_system_register() {
    let image = SystemProgram::image(
        |program| {
            program.handler(HARD_FAULT, |_| {});
            program.handler(BUS_FAULT, |_| {});
            // Gives the privilege back.
            program.raw_handler(SVCALL, |code| {
                code.movs(0, 0).msr(special::CONTROL, 0).bx(14);
            });
        },
        |program| {
            program.poke(SHCSR, 7 << 16);
            program.code.movs(0, 1).msr(special::CONTROL, 0);
            program.barrier();
            // Neither the masks nor CONTROL change, and the PPB refuses.
            program.code.narrow(0xB672).mrs(4, special::PRIMASK);
            program.code.mov32(0, 0).msr(special::CONTROL, 0);
            program.code.mrs(5, special::CONTROL);
            program.log(4);
            program.log(5);
            program.guarded(|code| {
                code.mov32(0, ICSR).ldr(1, 0, 0);
            });
            program.guarded(|code| {
                code.mov32(0, ICSR).str(1, 0, 0);
            });
            program.code.narrow(0xDF00);
            program.log_state();
        },
    );
    assert_eq!(entries(&same(&image)), [5, 5]);
}

#[test]
fn a_frame_must_fit_the_mode_that_is_returned_to() {
    // EXC_RETURN, xPSR of the frame, and the bit of UFSR: INVPC or INVSTATE.
    const INVPC: u32 = 1 << 18;
    const INVSTATE: u32 = 1 << 17;
    for (value, xpsr, fault) in [
        (0xFFFF_FFF9_u32, 0x0100_000B_u32, INVPC),
        (0xFFFF_FFFD, 0x0100_0003, INVPC),
        (0xFFFF_FFF1, 0x0100_0000, INVPC),
        (0xFFFF_FFF9, 0, INVSTATE),
        (0xFFFF_FFFD, 0, INVSTATE),
    ] {
        let image = SystemProgram::image(
            |program| {
                program.last_handler(HARD_FAULT);
                program.last_handler(USAGE_FAULT);
                program.raw_handler(SVCALL, |code| {
                    code.mov32(0, xpsr).str(0, 13, 28);
                    code.mrs(1, special::PSP).str(0, 1, 28);
                    code.ldr(0, 13, 24).str(0, 1, 24).bx(6);
                });
            },
            |program| {
                let frame = PROCESS_STACK - 64;
                program.code.mov32(0, frame).msr(special::PSP, 0);
                program.code.mov32(6, value);
                program.poke(SHCSR, 7 << 16);
                program.guarded(|code| {
                    code.narrow(0xDF00);
                });
            },
        );
        let forged = value == 0xFFFF_FFFD && xpsr & 0xFF != 0;
        let found = if forged { alone(&image) } else { same(&image) };
        assert_eq!(entries(&found), [6], "{value:#x} {xpsr:#x}");
        assert!(found.contains(&fault), "{value:#x} {xpsr:#x}: {found:x?}");
    }
}

#[test]
fn the_fpu_can_be_for_privileged_code_alone() {
    const CPACR: u32 = 0xE000_ED88;
    const NOCP: u32 = 1 << 19;
    let image = SystemProgram::image(
        |program| {
            program.handler(HARD_FAULT, |_| {});
            program.handler(USAGE_FAULT, |_| {});
            // Changes the privilege.
            program.raw_handler(SVCALL, |code| {
                code.mrs(0, special::CONTROL).wide(0xF080_0001); // eor r0, r0, #1
                code.msr(special::CONTROL, 0).bx(14);
            });
        },
        |program| {
            program.poke(SHCSR, 7 << 16);
            for access in [0, 0x50_0000, 0xF0_0000] {
                program.poke(CPACR, access);
                program.barrier();
                program.log_word(CPACR);
                if access != 0 {
                    program.code.wide(0xEE30_0A20); // vadd.f32 s0, s0, s1
                }
                for _ in 0..2 {
                    program.code.narrow(0xDF00); // svc #0
                    program.log_value(access);
                    if access != 0 {
                        program.guarded(|code| {
                            code.wide(0xEE30_0A20);
                        });
                    }
                }
            }
        },
    );
    let found = same(&image);
    assert_eq!(entries(&found), [6]);
    assert!(found.contains(&NOCP), "{found:x?}");
}

#[test]
fn reserved_system_registers_read_as_zero() {
    let image = watched(&[HARD_FAULT, BUS_FAULT], |program| {
        program.poke(SHCSR, 7 << 16);
        for address in [
            0xE000_E020,
            0xE000_ED78,
            0xE000_ED7C,
            0xE000_EE00,
            0xE000_EFC0,
        ] {
            program.guarded(|code| {
                code.mov32(0, address).mov32(1, u32::MAX).str(1, 0, 0);
                code.ldr(1, 0, 0);
            });
            program.log(1);
        }
        // Registers that can't be written keep their value.
        // The feature registers beyond these are those of a Cortex-M3 on QEMU 7.2.
        let identification = (0xE000_ED40..=0xE000_ED4C).step_by(4);
        let floats = [0xE000_EF40, 0xE000_EF44, 0xE000_EF48];
        for address in identification.chain(floats).chain([0xE000_ED90]) {
            program.poke(address, 0);
            program.log_word(address);
        }
    });
    let found = same(&image);
    assert_eq!(entries(&found), [0; 0]);
    assert_eq!(found[..5], [0; 5]);
}

#[test]
fn floating_point_context_registers_read_back() {
    const FPCCR: u32 = 0xE000_EF34;
    let image = watched(&[], |program| {
        for value in [0, 0xFFFF_FBFE, 0xC000_0000] {
            for register in [FPCCR, FPCCR + 4, FPCCR + 8] {
                program.poke(register, value);
                program.log_word(register);
            }
        }
    });
    same(&image);
}

/// An instruction with R0 as its base that isn't aligned.
fn guarded_access(program: &mut SystemProgram, bits: u32) {
    program.guarded(|code| {
        code.mov32(0, RAM + 0x3_9001).wide(bits);
    });
}

#[test]
fn multiple_and_exclusive_accesses_must_be_aligned() {
    let image = watched(&[HARD_FAULT, USAGE_FAULT], |program| {
        program.poke(SHCSR, 7 << 16);
        for bits in [
            0xE890_0006, // ldm r0, {r1, r2}
            0xE880_0006, // stm r0, {r1, r2}
            0xE910_0006, // ldmdb r0, {r1, r2}
            0xE9D0_1200, // ldrd r1, r2, [r0]
            0xE9C0_1200, // strd r1, r2, [r0]
            0xE850_1F00, // ldrex r1, [r0]
            0xE8D0_1F5F, // ldrexh r1, [r0]
            0xF8D0_1000, // ldr r1, [r0]
            0xF8A0_1000, // strh r1, [r0]
        ] {
            guarded_access(program, bits);
        }
        for bits in [
            0xED90_0A00, // vldr s0, [r0]
            0xED80_0A00, // vstr s0, [r0]
            0xEC90_0A02, // vldmia r0, {s0, s1}
            0xEC80_0A02, // vstmia r0, {s0, s1}
        ] {
            guarded_access(program, bits);
        }
    });
    assert_eq!(entries(&same(&image)), [6; 11]);
}

#[test]
fn thread_mode_is_returned_to_from_a_nested_handler_only_if_allowed() {
    for (ccr, fault) in [(0x200, true), (0x201, false)] {
        let image = SystemProgram::image(
            |program| {
                program.last_handler(HARD_FAULT);
                program.last_handler(USAGE_FAULT);
                program.handler(SVCALL, |program| {
                    program.poke(ICSR, 1 << 28);
                    program.barrier();
                });
                // Returns to R7 in thread mode, past the other handler.
                program.raw_handler(PEND_SV, |code| {
                    code.mov32(0, 0x0100_0000).str(0, 13, 28).str(7, 13, 24);
                    code.mov32(0, 0xFFFF_FFF9).bx(0);
                });
            },
            |program| {
                program.set_priority(11, 0x80);
                program.set_priority(14, 0x40);
                program.poke(SHCSR, 7 << 16);
                program.poke(CCR, ccr);
                program.guarded(|code| {
                    code.narrow(0xDF00);
                });
                program.code.mrs(0, special::IPSR);
                program.log(0);
                program.log_state();
            },
        );
        let expected = if fault { vec![11, 6] } else { vec![11] };
        assert_eq!(entries(&same(&image)), expected);
    }
}

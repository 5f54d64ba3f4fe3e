//! The engine against the reference, on small programs of the nRF52840.

use super::Reference;
use crate::debug_port::DebugTarget;
use crate::{AccessSize, Ended, Machine};

const DATA: u32 = 0x2000_4000;
const DHCSR: u32 = 0xE000_EDF0;
const ICACHECNF: u32 = 0x4001_E540;
const BKPT: u16 = 0xBE00;
/// Number of xPSR in DCRSR.
const XPSR: u32 = 16;

/// Where a program lies, and how it is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Home {
    Ram,
    Flash,
    CachedFlash,
}

impl Home {
    const ALL: [Self; 3] = [Self::Ram, Self::Flash, Self::CachedFlash];

    fn address(self) -> u32 {
        match self {
            Self::Ram => 0x2000_0400,
            Self::Flash | Self::CachedFlash => 0x400,
        }
    }
}

/// A machine halted at the start of `code`, which ends with BKPT. r0 and r1 point to data.
fn halted(code: &[u16], home: Home) -> Machine {
    let mut machine = Machine::new("nrf52840").expect("there is such a chip");
    debug_control(&mut machine, 0b0011);
    let bytes: Vec<u8> = code.iter().flat_map(|half| half.to_le_bytes()).collect();
    machine
        .write_bytes(home.address(), &bytes)
        .expect("it is flash or RAM");
    machine.reset();
    debug_control(&mut machine, 0b0011);
    machine
        .debug_write(
            ICACHECNF,
            AccessSize::Word,
            u32::from(home == Home::CachedFlash),
        )
        .expect("ICACHECNF can be written");
    let registers = [
        (0, DATA),
        (1, DATA + 0x100),
        (13, DATA),
        (15, home.address()),
        (XPSR, 1 << 24),
    ];
    for (register, value) in registers {
        machine.set_register(register, value);
    }
    machine
}

fn debug_control(machine: &mut Machine, bits: u32) {
    machine
        .debug_write(DHCSR, AccessSize::Word, 0xA05F_0000 | bits)
        .expect("DHCSR can be written");
}

/// Cycles and instructions of the program by the engine.
fn fast(code: &[u16], home: Home) -> (u64, u64) {
    let mut machine = halted(code, home);
    let (cycles, instructions) = (machine.cycles(), machine.instructions());
    debug_control(&mut machine, 0b0001);
    assert_eq!(machine.run(1_000_000), Ended::Halted);
    (
        machine.cycles() - cycles,
        machine.instructions() - instructions,
    )
}

/// The same by the reference.
fn slow(code: &[u16], home: Home) -> (u64, u64) {
    let mut machine = halted(code, home);
    let instructions = machine.instructions();
    let mut reference = Reference::new(&machine);
    while code[((machine.pc() - home.address()) / 2) as usize] != BKPT {
        assert_eq!(reference.step(&mut machine), Ended::Halted);
    }
    (reference.cycles(), machine.instructions() - instructions)
}

/// The engine is within 2 % of the reference, wherever the program lies.
fn agrees(code: &[u16]) {
    for home in Home::ALL {
        let (fast, slow) = (fast(code, home), slow(code, home));
        assert_eq!(fast.1, slow.1, "the same instructions");
        assert!(fast.1 > 300, "{} instructions", fast.1);
        let off = fast.0.abs_diff(slow.0) as f64 / slow.0 as f64;
        assert!(
            off <= 0.02,
            "{home:?}: {} cycles, the reference {}",
            fast.0,
            slow.0
        );
    }
}

#[test]
fn a_loop_of_loads_and_stores_agrees() {
    agrees(&[
        0x2464, // movs r4, #100
        0x2500, // movs r5, #0
        0x6806, // ldr r6, [r0]
        0xF8D0, 0x8004, // ldr.w r8, [r0, #4]
        0xEB05, 0x0506, // add.w r5, r5, r6
        0xEB05, 0x0508, // add.w r5, r5, r8
        0x600D, // str r5, [r1]
        0x3C01, // subs r4, #1
        0xD1F5, // bne #-22
        0xBE00, // bkpt #0
    ]);
}

#[test]
fn calls_with_conditional_instructions_agree() {
    agrees(&[
        0x2432, // movs r4, #50
        0xF000, 0xF803, // bl #6
        0x3C01, // subs r4, #1
        0xD1FB, // bne #-10
        0xBE00, // bkpt #0
        0xB520, // push {r5, lr}
        0x6805, // ldr r5, [r0]
        0x2C14, // cmp r4, #20
        0xBFC8, // it gt
        0x3501, // addgt r5, #1
        0x6846, // ldr r6, [r0, #4]
        0x6086, // str r6, [r0, #8]
        0xB106, // cbz r6, #0
        0x3501, // adds r5, #1
        0xBD20, // pop {r5, pc}
    ]);
}

#[test]
fn nested_loops_of_misaligned_wide_instructions_agree() {
    agrees(&[
        0x241E, // movs r4, #30
        0x2508, // movs r5, #8
        0xEB06, 0x0605, // add.w r6, r6, r5
        0xEA86, 0x0605, // eor.w r6, r6, r5
        0x3601, // adds r6, #1
        0xEB06, 0x0605, // add.w r6, r6, r5
        0xEA86, 0x0605, // eor.w r6, r6, r5
        0xEB06, 0x0605, // add.w r6, r6, r5
        0xFB05, 0x6605, // mla r6, r5, r5, r6
        0x6803, // ldr r3, [r0]
        0x6842, // ldr r2, [r0, #4]
        0xF8C0, 0x6008, // str.w r6, [r0, #8]
        0x3D01, // subs r5, #1
        0xD1EC, // bne #-40
        0x3C01, // subs r4, #1
        0xD1E9, // bne #-46
        0xBE00, // bkpt #0
    ]);
}

#[test]
fn straight_code_of_several_blocks_agrees() {
    let mut code = Vec::new();
    for _ in 0..60 {
        code.extend(&[
            0x6804, // ldr r4, [r0]
            0x6845, // ldr r5, [r0, #4]
            0xEB04, 0x0405, // add.w r4, r4, r5
            0xFB04, 0x6605, // mla r6, r4, r5, r6
            0xF8C1, 0x4008, // str.w r4, [r1, #8]
            0x3401, // adds r4, #1
            0xEA84, 0x0405, // eor.w r4, r4, r5
        ]);
    }
    code.push(BKPT);
    agrees(&code);
}

#[test]
fn a_loop_larger_than_the_cache_agrees() {
    let mut code = vec![
        0x2405, // movs r4, #5
    ];
    while code.len() < 1 + 1536 {
        code.extend(&[
            0x6805, // ldr r5, [r0]
            0xFB05, 0x6605, // mla r6, r5, r5, r6
            0x2D00, // cmp r5, #0
            0xD000, // beq #0
            0x3601, // adds r6, #1
            0x6046, // str r6, [r0, #4]
            0x3701, // adds r7, #1
        ]);
    }
    code.extend(&[
        0x3C01, // subs r4, #1
        0xF47F, 0xA9FD, // bne.w #-3078
        BKPT,
    ]);
    let halves = code.len() as u32;
    assert_eq!(halves, 1 + 1536 + 4);
    agrees(&code);
}

/// What a debugger sees of a program that it samples.
#[test]
fn samples_count_what_instructions_are_and_change_no_result() {
    let code = [
        0x2464, // movs r4, #100
        0xED90, 0x0A00, // vldr s0, [r0]
        0xEE30, 0x0A00, // vadd.f32 s0, s0, s0
        0xFBB4, 0xF6F4, // udiv r6, r4, r4
        0x600D, // str r5, [r1]
        0x3C01, // subs r4, #1
        0xD1F6, // bne #-20
        0xBE00, // bkpt #0
    ];
    let run = |sample: Option<(u32, u32)>| {
        let mut machine = halted(&code, Home::CachedFlash);
        // CPACR: the floating-point unit is on.
        machine
            .debug_write(0xE000_ED88, AccessSize::Word, 0xF << 20)
            .unwrap();
        let instructions = machine.instructions();
        debug_control(&mut machine, 0b0001);
        let mut samples = 0;
        while !machine.core().system.debug.halted {
            match sample {
                Some((instructions, cycles)) => {
                    let runs = machine.sample(instructions, cycles);
                    assert_eq!(runs, !machine.core().system.debug.halted);
                }
                None => drop(machine.run(1_000)),
            }
            samples += 1;
            assert!(samples < 1_000, "the program doesn't end");
        }
        let registers = [4, 5, 6, 15].map(|number| machine.register(number));
        (
            registers,
            machine.instructions() - instructions,
            machine.mix(),
        )
    };
    let (registers, instructions, nothing) = run(None);
    assert_eq!(nothing, Default::default());
    // All of them: the first sample begins where the program does.
    let mut machine = halted(&code, Home::CachedFlash);
    machine
        .debug_write(0xE000_ED88, AccessSize::Word, 0xF << 20)
        .unwrap();
    debug_control(&mut machine, 0b0001);
    assert!(!machine.sample(10_000, 0));
    assert_eq!(
        [4, 5, 6, 15].map(|number| machine.register(number)),
        registers
    );
    let mix = machine.mix();
    assert_eq!(mix.instructions, instructions);
    assert_eq!(
        (mix.floats, mix.float_arithmetic, mix.divides),
        (200, 100, 100)
    );
    assert_eq!((mix.loads, mix.stores), ([0, 100, 0, 0], [0, 100, 0, 0]));
    // Some of them.
    let (sampled, executed, some) = run(Some((10, 20)));
    assert_eq!((sampled, executed), (registers, instructions));
    assert!(some.instructions <= instructions, "{some:?}");
    machine.forget_samples();
    assert_eq!(machine.mix(), Default::default());
}

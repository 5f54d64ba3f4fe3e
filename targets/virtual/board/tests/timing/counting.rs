//! Counting where the cycles of a window go, by the operators that are called in it.

use proptest::prelude::*;
use tinybench_virtual_board::timing::{Cause, Causes};
use tinybench_virtual_board::{
    BlockCost, Ended, Machine, ReportError, SegmentCost, Timing, WindowProfile,
};

/// Where the program below starts, behind its calls, and where it ends.
const START: u32 = 0x400;
const BEHIND_CALLS: [u32; 2] = [0x42E, 0x434];
const END: u32 = 0x43C;
/// The loop of what it calls.
const LOOP: u32 = 0x444;

/// Turns CYCCNT on and, three times, reads it, calls 0x440 with 40 in r2, calls it with 7, and reads
/// it again. The function loads from flash, aligned and not, divides and stores, r2 times.
const PROGRAM: [u16; 46] = [
    0xF64E, 0x50FC, 0xF2CE, 0x0000, 0xF04F, 0x7180, 0x6001, 0xF241, 0x0704, 0xF2CE, 0x0700, 0x1F38,
    0x2101, 0x6001, 0xF240, 0x4441, 0xF240, 0x5600, 0x2503, 0xF8D7, 0x8000, 0x2228, 0x47A0, 0x2207,
    0xBF00, 0x47A0, 0xF8D7, 0x9000, 0x3D01, 0xD1F4, 0xBE00, 0x0000, 0xB510, 0x2309, 0x58B0, 0xF8D6,
    0x1001, 0xFBB0, 0xF0F3, 0x4348, 0xF84D, 0x0C08, 0x3A01, 0xD1F5, 0xBF00, 0xBD10,
];

fn machine() -> Machine {
    machine_with(&PROGRAM)
}

fn machine_with(program: &[u16]) -> Machine {
    let mut machine = Machine::new("nrf52840").unwrap();
    machine.write_word(0, 0x2000_4000).unwrap();
    machine.write_word(4, START | 1).unwrap();
    let bytes: Vec<u8> = program.iter().flat_map(|half| half.to_le_bytes()).collect();
    machine.write_bytes(START, &bytes).unwrap();
    machine.reset();
    machine
}

/// Where the caller of [`small`] begins, and what it calls.
const CALLER: u32 = 0x426;
const CALLEE: u32 = 0x460;

/// CYCCNT on, its address in r7, that of `callee` in r4 and 3 in r5, as the program above; then `caller`.
fn small(caller: &[u16], callee: &[u16]) -> Vec<u16> {
    let mut program = PROGRAM[..(CALLER - START) as usize / 2].to_vec();
    // MOVW r4, #0x461.
    program[14..16].copy_from_slice(&[0xF240, 0x4461]);
    program.extend(caller);
    program.resize((CALLEE - START) as usize / 2, 0xBF00);
    program.extend(callee);
    program
}

/// Runs a program to `end`: the difference of r9 and r8, and what was counted.
fn counted_in(program: &[u16], end: u32, behind_calls: &[u32]) -> (u32, WindowProfile) {
    let mut machine = machine_with(program);
    machine.start_counting(behind_calls);
    assert_eq!(machine.run_to(end, 1_000_000), Ok(Ended::Reached));
    let cycles = machine.register(9).wrapping_sub(machine.register(8));
    (cycles, machine.stop_counting().unwrap())
}

/// All cycles and instructions are in one of the parts.
fn adds_up(profile: &WindowProfile) {
    let parts = || profile.calls.iter().chain([&profile.between]);
    let sum = |of: fn(&SegmentCost) -> u64| parts().map(of).sum::<u64>();
    assert_eq!(sum(|it| it.cycles), profile.cycles);
    assert_eq!(sum(|it| it.instructions), profile.instructions);
    for part in parts() {
        let of_blocks = |of: fn(&BlockCost) -> u64| part.blocks.iter().map(of).sum::<u64>();
        assert_eq!(of_blocks(|it| it.cycles), part.cycles, "{part:?}");
        assert_eq!(
            of_blocks(|it| it.instructions),
            part.instructions,
            "{part:?}"
        );
        assert_eq!(part.causes.total(), part.cycles as i64, "{part:?}");
    }
}

fn run(machine: &mut Machine) -> u32 {
    assert_eq!(machine.run_to(END, 1_000_000), Ok(Ended::Reached));
    machine.register(9) - machine.register(8)
}

fn counted(behind_calls: &[u32]) -> (Machine, u32, WindowProfile) {
    let mut machine = machine();
    machine.start_counting(behind_calls);
    let cycles = run(&mut machine);
    let profile = machine.stop_counting().unwrap();
    (machine, cycles, profile)
}

#[test]
fn counting_changes_no_cycle_and_the_parts_add_up() {
    let mut alone = machine();
    let cycles = run(&mut alone);
    let (machine, with, profile) = counted(&BEHIND_CALLS);
    assert_eq!((with, machine.cycles()), (cycles, alone.cycles()));
    assert_eq!(machine.instructions(), alone.instructions());
    assert_eq!(profile.cycles, u64::from(cycles));
    assert_eq!(profile.instructions, machine.instructions_in_window());

    let [long, short] = &profile.calls[..] else {
        panic!("{} calls", profile.calls.len());
    };
    adds_up(&profile);
    // PUSH and MOVS, seven instructions a round, NOP and POP.
    assert_eq!(long.instructions, 2 + 40 * 7 + 2);
    assert_eq!(short.instructions, 2 + 7 * 7 + 2);
    let rounds = |part: &SegmentCost| -> u64 {
        let of_loop = |block: &&BlockCost| (0x440..=LOOP).contains(&block.address);
        let blocks = part.blocks.iter().filter(of_loop);
        blocks.map(|block| block.executions).sum()
    };
    assert_eq!((rounds(long), rounds(short)), (40, 7));
}

#[test]
fn an_operator_that_is_slowed_down_takes_that_more() {
    let (_, cycles, plain) = counted(&BEHIND_CALLS);
    let mut machine = machine();
    machine.slow_operator(1, 1_000);
    machine.start_counting(&BEHIND_CALLS);
    assert_eq!(run(&mut machine), cycles + 1_000);
    let slow = machine.stop_counting().unwrap();
    let of = |profile: &WindowProfile| -> Vec<u64> {
        let calls = profile.calls.iter().chain([&profile.between]);
        calls.map(|it| it.cycles).collect()
    };
    let mut expected = of(&plain);
    expected[1] += 1_000;
    assert_eq!(of(&slow), expected);
    assert_eq!(slow.instructions, plain.instructions);
}

#[test]
fn cycles_are_told_by_their_causes() {
    let (_, _, profile) = counted(&BEHIND_CALLS);
    let [long, short] = &profile.calls[..] else {
        panic!("{} calls", profile.calls.len());
    };
    let expected = [
        // One each, and a further one for each of the two registers that PUSH and POP have beside one.
        (Cause::Instruction, 284 + 2),
        // Of the first load 2 cycles for an odd address and 1 for half a word, of the second always 2.
        (Cause::Unaligned, (20 * 2 + 10) + 40 * 2),
        // 39 branches back, the call and the return.
        (Cause::Refill, 2 * (39 + 2)),
        (Cause::Divide, 40 * 10),
        (Cause::Alignment, 0),
        (Cause::Float, 0),
    ];
    for (cause, cycles) in expected {
        assert_eq!(long.causes.of(cause), cycles, "{cause:?}: {long:?}");
    }
    for cause in [Cause::LoadUse, Cause::FlashData, Cause::Fetch] {
        assert!(long.causes.of(cause) > short.causes.of(cause), "{cause:?}");
    }
}

#[test]
fn without_calls_a_window_is_of_one_piece() {
    let (_, cycles, profile) = counted(&[]);
    assert!(profile.calls.is_empty());
    assert_eq!(profile.between.cycles, u64::from(cycles));
    // Of two calls the one whose address isn't given is in between.
    let (_, _, one) = counted(&[BEHIND_CALLS[0]]);
    assert_eq!(one.calls.len(), 1);
    assert_eq!(one.cycles, profile.cycles);
}

#[test]
fn an_operator_that_is_called_by_another_is_part_of_it() {
    // LDR r8, [r7]; BLX r4; LDR r9, [r7]; BKPT.
    let caller = [0xF8D7, 0x8000, 0x47A0, 0xF8D7, 0x9000, 0xBE00];
    // PUSH {r4, lr}; MOVW r3, #0x471; BLX r3; BLX r3; POP {r4, pc}; at 0x470 BX lr.
    let callee = [
        0xB510, 0xF240, 0x4371, 0x4798, 0x4798, 0xBD10, 0xBF00, 0xBF00, 0x4770,
    ];
    let behind_calls = [CALLER + 6, CALLEE + 8, CALLEE + 10];
    let (cycles, profile) = counted_in(&small(&caller, &callee), CALLER + 10, &behind_calls);
    assert_eq!(profile.cycles, u64::from(cycles));
    let [call] = &profile.calls[..] else {
        panic!("{} calls", profile.calls.len());
    };
    assert_eq!((call.nested, call.instructions), (2, 7));
    adds_up(&profile);
}

#[test]
fn a_counter_that_is_read_in_an_operator_ends_no_window() {
    let caller = [0xF8D7, 0x8000, 0x47A0, 0xF8D7, 0x9000, 0xBE00];
    // LDR r1, [r7], twice; BX lr.
    let callee = [0x6839, 0x6839, 0x4770];
    let (cycles, profile) = counted_in(&small(&caller, &callee), CALLER + 10, &[CALLER + 6]);
    assert_eq!(profile.cycles, u64::from(cycles));
    assert_eq!(profile.calls.len(), 1);
    assert_eq!(profile.calls[0].instructions, 3);
    adds_up(&profile);
}

#[test]
fn of_two_reads_in_a_row_the_second_begins_the_window() {
    // LDR r8, [r7], twice; BLX r4; LDR r9, [r7]; BKPT.
    let caller = [
        0xF8D7, 0x8000, 0xF8D7, 0x8000, 0x47A0, 0xF8D7, 0x9000, 0xBE00,
    ];
    let callee = [0xBF00, 0x4770];
    let (cycles, profile) = counted_in(&small(&caller, &callee), CALLER + 14, &[CALLER + 10]);
    assert_eq!(profile.cycles, u64::from(cycles));
    assert_eq!(profile.calls.len(), 1);
    adds_up(&profile);
}

#[test]
fn a_counter_that_is_read_once_begins_what_is_told() {
    // LDR r8, [r7]; BLX r4; NOP; BKPT.
    let caller = [0xF8D7, 0x8000, 0x47A0, 0xBF00, 0xBE00];
    let callee = [0xBF00, 0x4770];
    let (_, profile) = counted_in(&small(&caller, &callee), CALLER + 8, &[CALLER + 6]);
    // What sets the counter up, sixteen instructions, isn't part of it.
    assert_eq!(profile.instructions, 2 + 2 + 1);
    assert_eq!(profile.calls.len(), 1);
    adds_up(&profile);
}

#[test]
fn without_timing_cycles_are_instructions() {
    let mut machine = machine();
    machine.set_timing(Timing::InstructionsOnly);
    machine.start_counting(&BEHIND_CALLS);
    run(&mut machine);
    let profile = machine.stop_counting().unwrap();
    adds_up(&profile);
    let causes = profile.calls[0].causes;
    assert_eq!(causes.of(Cause::Instruction), causes.total());
}

#[test]
fn a_program_that_reads_no_counter_is_counted_as_a_whole() {
    let mut machine = machine();
    let before = machine.cycles();
    machine.start_counting(&[]);
    machine.run_to(0x426, 1_000_000).unwrap();
    let spent = machine.cycles() - before;
    let profile = machine.stop_counting().unwrap();
    assert_eq!(profile.cycles, spent);
    assert_eq!(profile.between.causes.total(), spent as i64);
    assert!(machine.stop_counting().is_none());
}

fn segment() -> impl Strategy<Value = SegmentCost> {
    let block = any::<[u32; 5]>().prop_map(|[address, bytes, executions, cycles, instructions]| {
        BlockCost {
            address,
            bytes,
            executions: executions.into(),
            cycles: cycles.into(),
            instructions: instructions.into(),
        }
    });
    let blocks = prop::collection::vec(block, 0..4);
    (
        any::<[u64; 2]>(),
        any::<[u32; 2]>(),
        any::<[i64; Cause::COUNT]>(),
        blocks,
    )
        .prop_map(
            |([cycles, instructions], [nested, argument], causes, blocks)| SegmentCost {
                cycles,
                instructions,
                nested,
                argument,
                causes: Causes(causes),
                blocks,
            },
        )
}

proptest! {
    #[test]
    fn a_profile_is_read_as_it_was_written(
        calls in prop::collection::vec(segment(), 0..4),
        between in segment(),
        [cycles, instructions] in any::<[u64; 2]>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let profile = WindowProfile { cycles, instructions, calls, between };
        let mut words = profile.to_words();
        prop_assert_eq!(WindowProfile::from_words(&words), Ok(profile));
        let short = &words[..cut.index(words.len())];
        prop_assert!(WindowProfile::from_words(short).is_err());
        words.push(0);
        prop_assert_eq!(WindowProfile::from_words(&words), Err(ReportError::Long(1)));
    }

    #[test]
    fn any_words_are_read_or_refused(mut words in prop::collection::vec(any::<u32>(), 0..200)) {
        let _ = WindowProfile::from_words(&words);
        if let Some(first) = words.first_mut() {
            *first = 1;
        }
        let _ = WindowProfile::from_words(&words);
    }
}

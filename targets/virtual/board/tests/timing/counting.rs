//! Counting where the cycles of a window go, by the operators that are called in it.

use proptest::prelude::*;
use tinybench_virtual_board::timing::{Cause, Causes};
use tinybench_virtual_board::{BlockCost, Ended, Machine, ReportError, SegmentCost, WindowProfile};

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
    let mut machine = Machine::new("nrf52840").unwrap();
    machine.write_word(0, 0x2000_4000).unwrap();
    machine.write_word(4, START | 1).unwrap();
    let bytes: Vec<u8> = PROGRAM.iter().flat_map(|half| half.to_le_bytes()).collect();
    machine.write_bytes(START, &bytes).unwrap();
    machine.reset();
    machine
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
    let parts = [long, short, &profile.between];
    let sum = |of: fn(&SegmentCost) -> u64| parts.into_iter().map(of).sum::<u64>();
    assert_eq!(sum(|it| it.cycles), profile.cycles);
    assert_eq!(sum(|it| it.instructions), profile.instructions);
    for part in parts {
        assert_eq!(part.causes.total(), part.cycles as i64, "{part:?}");
        let of_blocks: u64 = part.blocks.iter().map(|block| block.cycles).sum();
        assert_eq!(of_blocks, part.cycles, "{part:?}");
        let of_blocks: u64 = part.blocks.iter().map(|block| block.instructions).sum();
        assert_eq!(of_blocks, part.instructions, "{part:?}");
    }
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
fn cycles_are_told_by_their_causes() {
    let (_, _, profile) = counted(&BEHIND_CALLS);
    let [long, short] = &profile.calls[..] else {
        panic!("{} calls", profile.calls.len());
    };
    for cause in [
        Cause::Instruction,
        Cause::LoadUse,
        Cause::FlashData,
        Cause::Unaligned,
        Cause::Divide,
        Cause::Refill,
    ] {
        assert!(long.causes.of(cause) > short.causes.of(cause), "{cause:?}");
    }
    // Each round branches back but for the last.
    assert!(long.causes.of(Cause::Refill) >= 39);
    assert_eq!(long.causes.of(Cause::Float), 0);
}

#[test]
fn without_calls_a_window_is_of_one_piece() {
    let (_, cycles, profile) = counted(&[]);
    assert!(profile.calls.is_empty());
    assert_eq!(profile.between.cycles, u64::from(cycles));
    // A call that is made in a call is part of it.
    let (_, _, nested) = counted(&[BEHIND_CALLS[0]]);
    assert_eq!(nested.calls.len(), 1);
    assert_eq!(nested.calls[0].nested, 0);
    assert_eq!(nested.cycles, profile.cycles);
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
        any::<u32>(),
        any::<[i64; Cause::COUNT]>(),
        blocks,
    )
        .prop_map(
            |([cycles, instructions], nested, causes, blocks)| SegmentCost {
                cycles,
                instructions,
                nested,
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

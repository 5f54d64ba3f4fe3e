//! What instructions take on a Cortex-M0+ in memory without wait states (Cortex-M0+ Technical Reference
//! Manual, DDI 0484C, table 3-1), and what its debug registers don't have.

use tinybench_virtual_board::debug_port::DebugTarget;
use tinybench_virtual_board::{
    AccessSize, AddressRange, CoreModel, Ended, GenericChip, GenericMemory, Machine, register,
};

const RAM: u32 = 0x2000_0000;
const CODE: u32 = 0x100;
/// Instructions before those that are looked at.
const NOPS: usize = 8;

/// A machine that stands before `code` and a branch to itself, with its handlers there too.
fn machine(code: &[u16]) -> (Machine, u32) {
    let mut machine = Machine::generic(&GenericChip {
        core: CoreModel::CortexM0Plus,
        flash: AddressRange {
            origin: 0,
            length: 0x1000,
        },
        ram: AddressRange {
            origin: RAM,
            length: 0x1000,
        },
        clock_hz: 64_000_000,
        memory: GenericMemory::default(),
    })
    .unwrap();
    let end = CODE + 2 * (NOPS + code.len()) as u32;
    let mut words = vec![RAM + 0x800, CODE | 1];
    words.resize(CODE as usize / 4, end | 1);
    let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let halves = [&[0xBF00; NOPS][..], code, &[0xE7FE]].concat();
    bytes.extend(halves.iter().flat_map(|half| half.to_le_bytes()));
    machine.write_bytes(0, &bytes).unwrap();
    machine.reset();
    (machine, end)
}

/// The cycles of `code`.
fn cycles(code: &[u16]) -> u64 {
    let of = |code: &[u16]| {
        let (mut machine, end) = machine(code);
        let before = machine.cycles();
        assert_eq!(machine.run_to(end, 10_000).unwrap(), Ended::Reached);
        machine.cycles() - before
    };
    of(code) - of(&[])
}

#[test]
fn instructions_take_what_the_manual_says() {
    for (name, code, expected) in [
        ("ADDS", &[0x3001][..], 1),
        ("MULS", &[0x4348], 1),
        ("LDR", &[0x6838], 2),
        ("LDR, LDR", &[0x6838, 0x6879], 4),
        ("STR", &[0x9000], 2),
        ("LDR, STR", &[0x6838, 0x9000], 4),
        ("LDM of 4", &[0xCF0F], 5),
        // MOV r7, SP; STM.
        ("STM of 4", &[0x466F, 0xC70F], 1 + 5),
        ("PUSH of 4", &[0xB40F], 5),
        ("PUSH and POP of 4", &[0xB40F, 0xBC0F], 5 + 5),
        ("B", &[0xE7FF], 2),
        ("BEQ, not taken", &[0x2001, 0xD0FF], 2),
        ("BNE, taken", &[0x2001, 0xD1FF], 3),
        ("BL", &[0xF000, 0xF800], 3),
        // MOV r6, PC; ADDS; BX.
        ("BX", &[0x467E, 0x3603, 0x4730], 1 + 1 + 2),
        ("BLX", &[0x467E, 0x3603, 0x47B0], 1 + 1 + 2),
        ("MOV to the PC", &[0x467E, 0x3602, 0x46B7], 1 + 1 + 2),
        // MOVS r6, #2; RSBS r6, r6, #0; ADD.
        ("ADD to the PC", &[0x2602, 0x4276, 0x44B7], 1 + 1 + 2),
        // MOV r6, PC; ADDS; PUSH; POP of the PC.
        (
            "POP with the PC",
            &[0x467E, 0x3605, 0xB440, 0xBD00],
            1 + 1 + 2 + 4,
        ),
        ("MRS", &[0xF3EF, 0x8000], 3),
        ("MSR", &[0xF380, 0x8800], 3),
        ("DSB", &[0xF3BF, 0x8F4F], 3),
        ("DMB", &[0xF3BF, 0x8F5F], 3),
        ("ISB", &[0xF3BF, 0x8F6F], 3),
        // The event is there when it is waited for.
        ("SEV, WFE", &[0xBF40, 0xBF20], 1 + 2),
        // Its handler is where the code ends.
        ("SVC", &[0xDF00], 1 + 15),
    ] {
        assert_eq!(cycles(code), expected, "{name}");
    }
}

#[test]
fn what_armv6m_does_not_have_is_a_hard_fault() {
    for (name, code) in [
        ("CBZ", &[0xB100][..]),
        ("IT", &[0xBF08]),
        ("MOVW", &[0xF240, 0x0000]),
        ("UDIV", &[0xFBB0, 0xF0F1]),
        ("VADD", &[0xEE30, 0x0A20]),
        // ADDS r7, #1; LDR r0, [r7].
        ("an unaligned load", &[0x3701, 0x6838]),
        // ADDS r7, #2; STM r7!, {r0}.
        ("an unaligned store", &[0x3702, 0xC701]),
    ] {
        let (mut machine, end) = machine(code);
        machine.run(200);
        assert_eq!(machine.register(register::XPSR) & 0x3F, 3, "{name}");
        assert_eq!(machine.pc(), end, "{name}: in the handler");
        assert!(machine.last_fault().is_some(), "{name}");
    }
}

#[test]
fn a_debugger_finds_a_cortex_m0plus() {
    let (mut machine, _) = machine(&[]);
    let mut read = |address| machine.debug_read(address, AccessSize::Word);
    assert_eq!(read(0xE000_ED00), Ok(0x410C_C601), "CPUID");
    assert_eq!(read(0xE000_ED14), Ok(0x208), "CCR");
    assert_eq!(read(0xE000_2000), Ok(4 << 4), "BP_CTRL: four comparators");
    assert_eq!(read(0xE000_1000), Ok(2 << 28), "DWT_CTRL: two comparators");
    assert_eq!(read(0xE000_1004), Ok(0), "no CYCCNT");
    assert_eq!(read(0xE000_ED28), Ok(0), "no CFSR");
    assert!(read(0xE000_0000).is_err(), "no ITM");
    let told: Vec<_> = machine.diagnostics().collect();
    assert!(told.iter().any(|it| it.contains("0xe0001004")), "{told:?}");
}

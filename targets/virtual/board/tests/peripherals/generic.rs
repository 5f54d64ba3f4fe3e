//! A chip that is a core and its memories, made from a description.

use tinybench_virtual_board::chips::CacheShape;
use tinybench_virtual_board::debug_port::{AccessSize, DebugTarget};
use tinybench_virtual_board::{
    AddressRange, CoreModel, Ended, GenericChip, GenericMemory, Machine, VirtualBoard,
};

const RAM: u32 = 0x2000_0000;
/// Copies 192 bytes from the start of flash, whose address it is given, to RAM, then branches to itself.
const COPY: [u16; 10] = [
    0x2000, // movs r0, #0
    0x2101, // movs r1, #1
    0x0749, // lsls r1, r1, #29
    0x4C03, // ldr  r4, [pc, #12]
    0x5823, // ldr  r3, [r4, r0]
    0x500B, // str  r3, [r1, r0]
    0x3004, // adds r0, #4
    0x28C0, // cmp  r0, #192
    0xD1FA, // bne  108
    0xE7FE, // b    .
];

fn chip(flash: u32) -> GenericChip {
    GenericChip {
        core: CoreModel::CortexM4F,
        flash: AddressRange {
            origin: flash,
            length: 0x1_0000,
        },
        ram: AddressRange {
            origin: RAM,
            length: 0x5000,
        },
        clock_hz: 16_000_000,
        memory: GenericMemory::default(),
    }
}

/// A vector table, `code` behind it and the address of flash behind that, at `flash`.
fn program(flash: u32, code: &[u16]) -> Vec<u8> {
    let mut words = vec![RAM + 0x4000, flash + 0x101];
    words.resize(0x100 / 4, flash + 0x113);
    let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    bytes.extend(code.iter().flat_map(|half| half.to_le_bytes()));
    bytes.extend(flash.to_le_bytes());
    bytes
}

fn run(mut machine: Machine, flash: u32, code: &[u16]) -> Machine {
    machine.write_bytes(flash, &program(flash, code)).unwrap();
    machine.reset();
    assert_eq!(machine.run(2_000), Ended::Budget);
    machine
}

#[test]
fn a_program_runs_wherever_flash_and_ram_are() {
    for flash in [0, 0x0800_0000, 0x1000_0000, RAM + 0x8000, 0x6000_0000] {
        let machine = run(Machine::generic(&chip(flash)).unwrap(), flash, &COPY);
        assert_eq!(machine.pc(), flash + 0x112, "{flash:#x}");
        let mut copy = [0; 192];
        machine.read_bytes(RAM, &mut copy).unwrap();
        assert_eq!(copy, program(flash, &COPY)[..192]);
        assert_eq!(machine.clock_hz(), 16_000_000);
        assert_eq!(machine.diagnostics().count(), 0);
    }
}

#[test]
fn with_the_memories_of_a_modelled_chip_a_program_takes_its_cycles() {
    let mut like_nrf52840 = chip(0);
    like_nrf52840.memory.wait_states = 2;
    let cycles = |machine: Machine| {
        let mut machine = machine;
        machine.write_bytes(0, &program(0, &COPY)).unwrap();
        machine.reset();
        let before = (machine.cycles(), machine.instructions());
        machine.run_to(0x112, 100_000).unwrap();
        (
            machine.cycles() - before.0,
            machine.instructions() - before.1,
        )
    };
    let modelled = cycles(Machine::new("nrf52840").unwrap());
    assert_eq!(cycles(Machine::generic(&like_nrf52840).unwrap()), modelled);
    let without_waits = cycles(Machine::generic(&chip(0)).unwrap());
    assert!(
        without_waits.0 < modelled.0,
        "{without_waits:?} {modelled:?}"
    );
    like_nrf52840.memory.instruction_cache = Some(CacheShape {
        sets: 64,
        ways: 2,
        line_bytes: 16,
    });
    let cached = cycles(Machine::generic(&like_nrf52840).unwrap());
    assert!(
        without_waits.0 < cached.0 && cached.0 < modelled.0,
        "{cached:?}"
    );
}

#[test]
fn a_debugger_writes_flash_and_a_program_does_not() {
    let mut board = VirtualBoard::generic(&chip(0x0800_0000)).unwrap();
    let machine = &mut board.machine;
    for (size, value) in [(AccessSize::Word, 0x1234_5678), (AccessSize::Byte, 0xAB)] {
        machine.debug_write(0x0800_1000, size, value).unwrap();
    }
    assert_eq!(
        machine.debug_read(0x0800_1000, AccessSize::Word),
        Ok(0x1234_56AB)
    );
    // Twice to one place, as flash behind a controller doesn't allow.
    machine
        .debug_write(0x0800_1000, AccessSize::Word, u32::MAX)
        .unwrap();
    assert_eq!(
        machine.debug_read(0x0800_1000, AccessSize::Word),
        Ok(u32::MAX)
    );

    // ldr r4, [pc, #12]; str r0, [r4]; b .
    let mut code = COPY;
    code[..6].copy_from_slice(&[0xBF00, 0xBF00, 0xBF00, 0x4C03, 0x6020, 0xE7FE]);
    let machine = run(
        Machine::generic(&chip(0x0800_0000)).unwrap(),
        0x0800_0000,
        &code,
    );
    let fault = machine.last_fault().expect("the store faults").to_string();
    assert!(fault.contains("0x08000000"), "{fault}");
}

#[test]
fn a_peripheral_is_a_bus_fault_that_is_told() {
    // movs r4, #64; lsls r4, r4, #24; ldr r0, [r4]; b .
    let mut code = COPY;
    code[..4].copy_from_slice(&[0x2440, 0x0624, 0x6820, 0xE7FE]);
    let machine = run(Machine::generic(&chip(0)).unwrap(), 0, &code);
    let told: Vec<_> = machine.diagnostics().collect();
    assert_eq!(
        told,
        ["generic-m4f has no peripherals, so that 0x40000000 is a bus fault"]
    );
    assert!(machine.last_fault().is_some());
}

#[test]
fn impossible_memories_are_refused_by_name() {
    let message = |change: &dyn Fn(&mut GenericChip)| {
        let mut chip = chip(0x0800_0000);
        change(&mut chip);
        Machine::generic(&chip)
            .err()
            .expect("it can't be")
            .to_string()
    };
    assert_eq!(
        message(&|it| it.ram.origin = 0x4000_0000),
        "RAM from 0x40000000 to 0x40005000 reaches where a Cortex-M has peripherals; memories lie below \
         0x40000000 or from 0x60000000 to 0xa0000000"
    );
    assert_eq!(
        message(&|it| it.ram.origin = 0xFFFF_F000),
        "RAM from 0xfffff000 to 0x100004000 reaches where a Cortex-M has its own registers; memories \
         lie below 0x40000000 or from 0x60000000 to 0xa0000000"
    );
    assert_eq!(
        message(&|it| it.flash.length = 0),
        "flash of 0x0 bytes at 0x08000000: it must be whole words, and not empty"
    );
    assert_eq!(
        message(&|it| it.flash.length = 0x1000_0000),
        "flash of 0x10000000 bytes at 0x08000000: a virtual board models 32 MiB of it at most"
    );
    assert_eq!(
        message(&|it| it.ram.origin = 0x0800_0000),
        "flash and RAM overlap"
    );
    assert_eq!(
        message(&|it| it.ram.origin = 0),
        "RAM lies at address 0, where the core looks for its vector table after reset, which is in flash"
    );
    let of_memory = |change: &dyn Fn(&mut GenericMemory)| message(&|it| change(&mut it.memory));
    let cache = |sets, ways, line_bytes| {
        Some(CacheShape {
            sets,
            ways,
            line_bytes,
        })
    };
    for (told, expected) in [
        (
            of_memory(&|it| it.wait_states = 101),
            "wait_states is 101, which must be 0 to 100",
        ),
        (
            of_memory(&|it| it.read_bytes = 12),
            "read_bytes is 12, which must be 4, 8, 16, 32 or 64",
        ),
        (
            of_memory(&|it| it.mpu_regions = Some(9)),
            "mpu_regions is 9, which must be 0 or 8",
        ),
        (
            of_memory(&|it| it.interrupts = Some(241)),
            "interrupts is 241, which must be 1 to 240",
        ),
        (
            of_memory(&|it| it.priority_bits = Some(2)),
            "priority_bits is 2, which must be 3 to 8",
        ),
        (
            of_memory(&|it| it.instruction_cache = cache(3, 1, 16)),
            "instruction_cache.sets is 3, which must be a power of two, at most 65536",
        ),
        (
            of_memory(&|it| it.data_cache = cache(4, 0, 16)),
            "data_cache.ways is 0, which must be 1 to 1024",
        ),
        (
            of_memory(&|it| it.data_cache = cache(4, 1, 8)),
            "data_cache.line_bytes is 8, which must be a power of two, and one to eight reads of flash \
             (read_bytes)",
        ),
        (
            of_memory(&|it| it.instruction_cache = cache(1 << 16, 16, 16)),
            "instruction_cache is 16777216, which must be at most 1048576 bytes in all",
        ),
    ] {
        assert_eq!(told, expected);
    }
}

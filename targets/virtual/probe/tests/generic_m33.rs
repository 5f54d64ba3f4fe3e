//! Unmodified probe-rs in front of a generic chip with a Cortex-M33, as one of its Armv8-M.

#[allow(dead_code, reason = "other tests use more of it")]
mod common;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::Running;
use probe_rs::config::{Registry, TargetSelector};
use probe_rs::probe::Probe;
use probe_rs::{CoreStatus, CoreType, HaltReason, MemoryInterface, Permissions};
use tinybench_virtual_board::{AddressRange, CoreModel, GenericChip, GenericMemory, VirtualBoard};
use tinybench_virtual_probe::open;

const RAM: u32 = 0x2000_0000;
/// As `tinybench serve --chip-description` writes it.
const DESCRIPTION: &str = "\
name: tinybench
variants:
- name: virtual-m33
  cores:
  - name: main
    type: armv8m
    core_access_options: !Arm
      ap: !v1 0
  memory_map:
  - !Ram
    name: flash
    range:
      start: 0x0
      end: 0x10000
    cores:
    - main
  - !Ram
    name: RAM
    range:
      start: 0x20000000
      end: 0x20010000
    cores:
    - main
";

/// nop; nop; adds r0, #1; adds r1, #2; b to the first addition.
const PROGRAM: [u16; 6] = [0xBF00, 0xBF00, 0x3001, 0x3102, 0xE7FC, 0xBF00];
const CODE: u32 = 0x100;

fn board() -> VirtualBoard {
    let board = VirtualBoard::generic(&GenericChip {
        core: CoreModel::CortexM33F,
        flash: AddressRange {
            origin: 0,
            length: 0x1_0000,
        },
        ram: AddressRange {
            origin: RAM,
            length: 0x1_0000,
        },
        clock_hz: 100_000_000,
        memory: GenericMemory::default(),
    });
    board.expect("there can be such a chip")
}

fn exercise(probe: Probe) {
    let mut registry = Registry::new();
    registry
        .add_target_family_from_yaml(DESCRIPTION)
        .expect("the description is one");
    let target = registry.get_target_by_name("virtual-m33").unwrap();
    let mut session = probe
        .attach(TargetSelector::from(target), Permissions::default())
        .expect("it attaches");
    let mut core = session.core(0).unwrap();
    assert_eq!(core.core_type(), CoreType::Armv8m);
    let patience = Duration::from_secs(2);
    core.halt(patience).expect("it halts");
    assert!(core.fpu_support().unwrap());
    assert_eq!(core.available_breakpoint_units().unwrap(), 8);

    let bytes: Vec<u8> = PROGRAM.iter().flat_map(|half| half.to_le_bytes()).collect();
    // The same program where only the second version of the unit has breakpoints.
    for place in [CODE, RAM + 0x100] {
        core.write(place.into(), &bytes).expect("memory is written");
        for register in 0..2 {
            core.write_core_reg(register, 0_u32).unwrap();
        }
        core.write_core_reg(15, place).unwrap();
        let breakpoint = u64::from(place) + 6;
        core.set_hw_breakpoint(breakpoint).expect("there is one");
        for pass in 1..=3_u32 {
            core.run().expect("it runs");
            core.wait_for_core_halted(patience).expect("it halts again");
            assert!(matches!(
                core.status().unwrap(),
                CoreStatus::Halted(HaltReason::Breakpoint(_))
            ));
            assert_eq!(core.read_core_reg::<u32>(0).unwrap(), pass);
            assert_eq!(core.read_core_reg::<u32>(15).unwrap(), place + 6);
            let stepped = core.step().expect("it steps");
            assert_eq!(stepped.pc, u64::from(place) + 8);
            assert_eq!(core.read_core_reg::<u32>(1).unwrap(), 2 * pass);
        }
        core.clear_hw_breakpoint(breakpoint).unwrap();
    }
    core.reset_and_halt(patience).expect("it resets");
}

#[test]
fn probe_rs_attaches_to_a_cortex_m33_in_process() {
    exercise(open(Arc::new(Mutex::new(board()))));
}

#[test]
fn probe_rs_attaches_to_a_cortex_m33_through_the_server() {
    exercise(Running::new(&Arc::new(Mutex::new(board()))).probe());
}

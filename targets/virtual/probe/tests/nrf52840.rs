//! Unmodified probe-rs in front of the virtual nRF52840: flashing with its own algorithm, running,
//! halting, breakpoints, faults and RTT, through the in-process probe and the Glasgow server.

mod common;
#[path = "common/image.rs"]
mod image;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use common::{Running, attach};
use image::*;
use probe_rs::{
    BreakpointCause, Core, CoreStatus, HaltReason, MemoryInterface, Permissions, Session,
    VectorCatchCondition,
    architecture::arm::FullyQualifiedApAddress,
    config::TargetSelector,
    flashing::{DownloadOptions, FlashError},
    probe::Probe,
    rtt::Rtt,
    semihosting::SemihostingCommand,
};
use tinybench_virtual_board::{VirtualBoard, faults::InjectedFault};
use tinybench_virtual_probe::open;

/// probe-rs's name of the chip.
const CHIP: &str = "nRF52840_xxAA";
const SECOND: Duration = Duration::from_secs(1);

type Shared = Arc<Mutex<VirtualBoard>>;

fn board() -> Shared {
    Arc::new(Mutex::new(
        VirtualBoard::new("nrf52840").expect("there is such a chip"),
    ))
}

/// Runs `test` twice: with the in-process probe, and with probe-rs's Glasgow driver.
fn through_both(test: impl Fn(Probe, &Shared)) {
    let in_process = board();
    test(open(Arc::clone(&in_process)), &in_process);
    let served = board();
    let running = Running::new(&served);
    test(running.probe(), &served);
}

/// Puts an image into the flash as `probe-rs download --verify` does.
fn try_flash(session: &mut Session, image: &[u8]) -> Result<(), FlashError> {
    let mut loader = session.target().flash_loader();
    loader.add_data(0, image).expect("it fits");
    let mut options = DownloadOptions::default();
    options.verify = true;
    loader.commit(session, options)
}

fn flash(session: &mut Session, image: &[u8]) {
    try_flash(session, image).expect("it is flashed and verified");
}

/// An attached session with an image flashed, halted at its first instruction.
fn at_reset(probe: Probe, image: &[u8]) -> Session {
    let mut session = attach(probe, CHIP);
    flash(&mut session, image);
    let halted = session
        .core(0)
        .expect("there is a core")
        .reset_and_halt(SECOND)
        .expect("it halts at reset");
    assert_eq!(halted.pc, u64::from(CODE));
    session
}

fn pc(core: &mut Core) -> u32 {
    let register = core.program_counter().id();
    core.read_core_reg(register).expect("the PC is read")
}

fn run_to_halt(core: &mut Core) -> u32 {
    core.run().expect("it runs");
    core.wait_for_core_halted(SECOND).expect("it halts");
    pc(core)
}

#[test]
fn flashes_and_runs_from_breakpoint_to_breakpoint() {
    through_both(|probe, board| {
        let mut session = at_reset(probe, &sum());
        let mut read = vec![0; sum().len()];
        board.lock().unwrap().machine.read_memory(0, &mut read);
        assert_eq!(read, sum());

        let mut core = session.core(0).unwrap();
        assert_eq!(run_to_halt(&mut core), FIRST_STOP);
        let status = core.status().unwrap();
        assert!(
            matches!(status, CoreStatus::Halted(HaltReason::Breakpoint(_))),
            "{status:?}"
        );
        assert_eq!(core.read_word_32(RESULT.into()).unwrap(), 28);
        assert_eq!(core.read_core_reg::<u32>(0).unwrap(), 28);
        assert_eq!(core.read_core_reg::<u32>(2).unwrap(), RESULT);

        assert_eq!(run_to_halt(&mut core), SECOND_STOP);
        assert_eq!(core.read_word_32(RESULT.into()).unwrap(), 29);

        core.run().unwrap();
        assert_eq!(core.status().unwrap(), CoreStatus::Running);
        assert_eq!(core.halt(SECOND).unwrap().pc, u64::from(END));

        core.reset().unwrap();
        core.wait_for_core_halted(SECOND).unwrap();
        assert_eq!(pc(&mut core), FIRST_STOP, "a plain reset runs on");
    });
}

#[test]
fn hardware_breakpoints_and_steps() {
    through_both(|probe, _| {
        let mut session = at_reset(probe, &sum());
        let mut core = session.core(0).unwrap();
        assert_eq!(core.available_breakpoint_units().unwrap(), 6);
        core.set_hw_breakpoint(LOOP.into()).unwrap();
        core.set_hw_breakpoint(AFTER_LOOP.into()).unwrap();
        for pass in 0..7 {
            assert_eq!(run_to_halt(&mut core), LOOP);
            assert_eq!(core.read_core_reg::<u32>(1).unwrap(), 7 - pass);
            let CoreStatus::Halted(reason) = core.status().unwrap() else {
                panic!("it is halted");
            };
            assert!(matches!(reason, HaltReason::Breakpoint(_)), "{reason:?}");
        }
        core.clear_hw_breakpoint(LOOP.into()).unwrap();
        assert_eq!(run_to_halt(&mut core), AFTER_LOOP);
        assert_eq!(core.read_core_reg::<u32>(0).unwrap(), 28);

        // The step after one onto a BKPT is taken by the BKPT; the next passes over it.
        for after in [0x10C, FIRST_STOP, FIRST_STOP, 0x110, 0x112, SECOND_STOP] {
            assert_eq!(core.step().unwrap().pc, u64::from(after));
        }
        for after in [SECOND_STOP, END] {
            assert_eq!(core.step().unwrap().pc, u64::from(after));
        }
        assert_eq!(core.read_word_32(RESULT.into()).unwrap(), 29);

        core.write_core_reg(core.program_counter().id(), u64::from(LOOP))
            .unwrap();
        core.write_core_reg(1, 1u32).unwrap();
        core.write_core_reg(0, 99u32).unwrap();
        assert_eq!(run_to_halt(&mut core), AFTER_LOOP);
        assert_eq!(core.read_core_reg::<u32>(0).unwrap(), 100);
    });
}

#[test]
fn registers_are_written_and_read_back() {
    through_both(|probe, _| {
        let mut session = at_reset(probe, &sum());
        let mut core = session.core(0).unwrap();
        assert!(core.fpu_support().unwrap());
        let registers: Vec<_> = core.registers().core_registers().cloned().collect();
        let mut written = Vec::new();
        for (value, register) in (0u32..).zip(&registers) {
            // SP, PC and the status registers have bits that don't hold.
            let name = register.name().to_lowercase();
            if name.starts_with('r') && name != "r15" && name != "r13" || name.starts_with('s') {
                let value = 0x0101_0100 * (value + 1);
                if core.write_core_reg(register.id(), value).is_ok() && name != "sp" {
                    written.push((register.id(), value));
                }
            }
        }
        for register in 64..96u16 {
            core.write_core_reg(register, 0x3F80_0000 + u32::from(register))
                .unwrap();
            written.push((register.into(), 0x3F80_0000 + u32::from(register)));
        }
        assert!(written.len() > 44, "{}", written.len());
        for (id, value) in written {
            assert_eq!(core.read_core_reg::<u32>(id).unwrap(), value, "{id:?}");
        }
    });
}

#[test]
fn blank_flash_locks_up_and_the_session_lives_on() {
    through_both(|probe, _| {
        let mut session = attach(probe, CHIP);
        {
            let mut core = session.core(0).unwrap();
            core.reset().unwrap();
            assert_eq!(core.status().unwrap(), CoreStatus::LockedUp);
            core.halt(SECOND).unwrap();
            assert_eq!(pc(&mut core), 0xFFFF_FFFE);
            core.run().unwrap();
            assert_eq!(core.status().unwrap(), CoreStatus::LockedUp);
            core.reset_and_halt(SECOND).unwrap();
        }
        flash(&mut session, &sum());
        let mut core = session.core(0).unwrap();
        core.reset_and_halt(SECOND).unwrap();
        assert_eq!(run_to_halt(&mut core), FIRST_STOP);
    });
}

#[test]
fn a_fault_is_caught_or_ends_in_its_handler() {
    through_both(|probe, _| {
        let mut session = at_reset(probe, &fault());
        let mut core = session.core(0).unwrap();
        core.run().unwrap();
        assert_eq!(core.status().unwrap(), CoreStatus::Running);
        assert_eq!(core.halt(SECOND).unwrap().pc, 0x108);
        // CFSR: PRECISERR, BFARVALID. HFSR: FORCED. BFAR.
        assert_eq!(core.read_word_32(0xE000_ED28).unwrap(), 0x8200);
        assert_eq!(core.read_word_32(0xE000_ED2C).unwrap(), 0x4000_0000);
        assert_eq!(core.read_word_32(0xE000_ED38).unwrap(), 0x6000_0000);

        core.reset_and_halt(SECOND).unwrap();
        core.enable_vector_catch(VectorCatchCondition::HardFault)
            .unwrap();
        assert_eq!(run_to_halt(&mut core), 0x108);
        assert_eq!(
            core.status().unwrap(),
            CoreStatus::Halted(HaltReason::Exception)
        );
        // The stacked PC is that of the load.
        let sp: u32 = core.read_core_reg(core.stack_pointer().id()).unwrap();
        assert_eq!(core.read_word_32(u64::from(sp) + 24).unwrap(), 0x104);
    });
}

#[test]
fn counters_of_the_virtual_access_port() {
    through_both(|probe, board| {
        let mut session = at_reset(probe, &sum());
        let read = |session: &mut Session, address: u64| {
            session
                .get_arm_interface()
                .unwrap()
                .read_raw_ap_register(&FullyQualifiedApAddress::v1_with_default_dp(2), address)
                .expect("it is read")
        };
        assert_eq!(read(&mut session, 0xFC), 0x5442_0001);
        assert_eq!(read(&mut session, 0x00), 4);
        let before = read(&mut session, 0x04);
        assert_eq!(run_to_halt(&mut session.core(0).unwrap()), FIRST_STOP);
        // Two moves, seven passes of three, a load and a store.
        assert_eq!(read(&mut session, 0x04) - before, 2 + 7 * 3 + 2);
        assert_eq!(read(&mut session, 0x08), 0);
        assert_eq!(
            u64::from(read(&mut session, 0x04)),
            board.lock().unwrap().machine.instructions()
        );
    });
}

#[test]
fn instructions_between_two_reads_of_the_cycle_counter() {
    through_both(|probe, _| {
        let mut session = at_reset(probe, &window());
        {
            let mut core = session.core(0).unwrap();
            // DEMCR.TRCENA, DWT_CTRL.CYCCNTENA.
            core.write_word_32(0xE000_EDFC, 1 << 24).unwrap();
            core.write_word_32(0xE000_1000, 1).unwrap();
            assert_eq!(run_to_halt(&mut core), 0x10C);
            // The debugger's own reads of the counter don't move the window.
            let count = core.read_word_32(0xE000_1004).unwrap();
            assert_eq!(count, core.read_word_32(0xE000_1004).unwrap(), "halted");
            let first: u32 = core.read_core_reg(1).unwrap();
            let second: u32 = core.read_core_reg(2).unwrap();
            assert!((4..20).contains(&(second - first)), "{first} {second}");
        }
        let access_port = FullyQualifiedApAddress::v1_with_default_dp(2);
        let interface = session.get_arm_interface().unwrap();
        let low = interface.read_raw_ap_register(&access_port, 0x0C).unwrap();
        let high = interface.read_raw_ap_register(&access_port, 0x10).unwrap();
        assert_eq!((low, high), (4, 0), "the first read and three others");
    });
}

#[test]
fn rtt_is_read_while_the_core_runs() {
    through_both(|probe, _| {
        let mut session = at_reset(probe, &rtt());
        let mut core = session.core(0).unwrap();
        core.write_8(RTT_BLOCK.into(), &rtt_block()).unwrap();
        core.run().unwrap();
        let mut rtt = Rtt::attach(&mut core).expect("the control block is found");
        assert_eq!(rtt.ptr(), 0x0080_1000, "in the code RAM alias");
        let channel = rtt.up_channel(0).unwrap();
        let mut received = Vec::new();
        while received.len() < 1000 {
            let mut bytes = [0; RTT_BUFFER_BYTES as usize];
            let count = channel.read(&mut core, &mut bytes).unwrap();
            received.extend_from_slice(&bytes[..count]);
        }
        assert_eq!(core.status().unwrap(), CoreStatus::Running);
        let expected: Vec<u8> = (0..received.len()).map(|i| i as u8).collect();
        assert_eq!(received, expected);
    });
}

#[test]
fn half_a_megabyte_is_flashed_and_verified() {
    through_both(|probe, board| {
        let image = large(512 * 1024);
        let mut session = attach(probe, CHIP);
        let start = std::time::Instant::now();
        flash(&mut session, &image);
        println!("512 KiB flashed and verified in {:?}", start.elapsed());
        let mut read = vec![0; image.len()];
        board.lock().unwrap().machine.read_memory(0, &mut read);
        assert!(read == image);
    });
}

#[test]
fn flash_with_a_bad_bit_fails_to_verify() {
    through_both(|probe, board| {
        board.lock().unwrap().inject(InjectedFault::FlipFlashBit {
            offset: CODE + 5,
            bit: 0,
        });
        let mut session = attach(probe, CHIP);
        let error = try_flash(&mut session, &sum()).expect_err("a bit is wrong");
        assert!(matches!(error, FlashError::Verify), "{error:?}");
        board.lock().unwrap().clear_faults();
        flash(&mut session, &sum());
    });
}

#[test]
fn a_program_that_hangs_never_halts_by_itself() {
    through_both(|probe, board| {
        let mut session = at_reset(probe, &sum());
        board
            .lock()
            .unwrap()
            .inject(InjectedFault::HangAt { address: LOOP });
        let mut core = session.core(0).unwrap();
        core.run().unwrap();
        core.wait_for_core_halted(Duration::from_millis(50))
            .expect_err("it hangs");
        assert_eq!(core.halt(SECOND).unwrap().pc, u64::from(LOOP));
    });
}

#[test]
fn a_probe_lost_while_flashing_is_an_error() {
    through_both(|probe, board| {
        let mut session = attach(probe, CHIP);
        board.lock().unwrap().inject(InjectedFault::LoseProbe {
            after_transfers: 2000,
        });
        try_flash(&mut session, &large(64 * 1024)).expect_err("the probe is lost");
        assert!(!board.lock().unwrap().port.is_connected());
    });
}

#[test]
fn the_chip_is_recognised() {
    through_both(|probe, _| {
        let session = probe
            .attach(TargetSelector::Auto, Permissions::default())
            .expect("it is found out");
        assert_eq!(session.target().name, CHIP);
    });
}

#[test]
fn everything_is_erased_through_the_chips_own_access_port() {
    through_both(|probe, board| {
        let mut session = at_reset(probe, &sum());
        let control = FullyQualifiedApAddress::v1_with_default_dp(1);
        let interface = session.get_arm_interface().unwrap();
        // ERASEALL, ERASEALLSTATUS, RESET.
        interface.write_raw_ap_register(&control, 0x04, 1).unwrap();
        let busy = interface.read_raw_ap_register(&control, 0x08).unwrap();
        assert_eq!(busy, 0);
        interface.write_raw_ap_register(&control, 0x00, 1).unwrap();
        interface.write_raw_ap_register(&control, 0x00, 0).unwrap();
        let mut read = vec![0; sum().len()];
        board.lock().unwrap().machine.read_memory(0, &mut read);
        assert!(read.iter().all(|&byte| byte == 0xFF));
        flash(&mut session, &sum());
    });
}

#[test]
fn semihosting_exit_is_understood() {
    through_both(|probe, _| {
        let mut session = at_reset(probe, &exit());
        let mut core = session.core(0).unwrap();
        run_to_halt(&mut core);
        let status = core.status().unwrap();
        let exited = CoreStatus::Halted(HaltReason::Breakpoint(BreakpointCause::Semihosting(
            SemihostingCommand::ExitSuccess,
        )));
        assert_eq!(status, exited);
    });
}

#[test]
fn a_sleeping_core_is_halted_and_goes_back_to_sleep() {
    through_both(|probe, _| {
        let mut session = at_reset(probe, &sleep());
        let mut core = session.core(0).unwrap();
        for _ in 0..3 {
            core.run().unwrap();
            assert_eq!(core.status().unwrap(), CoreStatus::Sleeping);
            assert_eq!(core.halt(SECOND).unwrap().pc, 0x102);
        }
    });
}

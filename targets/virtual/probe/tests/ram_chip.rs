//! Unmodified probe-rs through the in-process probe and through the Glasgow server, in front of a
//! chip that is little more than RAM and a DHCSR.

mod common;
#[path = "../../board/tests/support/ram_chip.rs"]
mod support;

use std::sync::{Arc, Mutex};

use common::{Running, attach};
use probe_rs::{
    MemoryInterface, Permissions,
    probe::{DebugProbeError, DebugProbeSelector, Probe, WireProtocol, list::Lister},
};
use support::{Board, RAM, board};
use tinybench_virtual_probe::{ProbeLost, VirtualProbeFactory, open};

/// probe-rs's name of a chip with a Cortex-M4.
const CHIP: &str = "nRF52840_xxAA";

fn shared() -> Arc<Mutex<Board>> {
    Arc::new(Mutex::new(board()))
}

/// What any debugger does, through any probe.
fn exercise(probe: Probe, board: &Mutex<Board>) {
    let mut session = attach(probe, CHIP);
    let mut core = session.core(0).expect("there is a core");
    core.halt(std::time::Duration::from_secs(1))
        .expect("it halts");
    assert!(core.core_halted().unwrap());

    core.write_core_reg(5, 0xCAFE_F00Du32)
        .expect("a register is written");
    let value: u32 = core.read_core_reg(5).expect("and read");
    assert_eq!(value, 0xCAFE_F00D);
    assert_eq!(board.lock().unwrap().target.registers[5], 0xCAFE_F00D);

    let words: Vec<u32> = (0..0x1000u32)
        .map(|i| i.wrapping_mul(0x9E37_79B9))
        .collect();
    core.write_32(RAM.into(), &words)
        .expect("words are written");
    let mut read = vec![0; words.len()];
    core.read_32(RAM.into(), &mut read).expect("and read");
    assert_eq!(
        read, words,
        "a block of 16 KiB crosses every auto-increment boundary"
    );

    for (offset, length) in [(0u64, 1), (1, 2), (3, 5), (1022, 7), (4093, 9)] {
        let bytes: Vec<u8> = (0..length).map(|i| 0xA0 + i).collect();
        core.write(u64::from(RAM) + offset, &bytes)
            .expect("bytes are written");
        let mut read = vec![0; bytes.len()];
        core.read(u64::from(RAM) + offset, &mut read)
            .expect("and read");
        assert_eq!(read, bytes);
        let start = offset as usize;
        assert_eq!(
            board.lock().unwrap().target.ram[start..start + bytes.len()],
            bytes
        );
    }

    core.run().expect("it runs");
    assert!(!board.lock().unwrap().target.halted);
}

/// Accesses that fail are errors, and those after them work.
fn survive_bus_faults(probe: Probe) {
    let mut session = attach(probe, CHIP);
    let mut core = session.core(0).unwrap();
    for _ in 0..2 {
        core.read_word_32(0x6000_0000)
            .expect_err("nothing is there");
        core.read_32(0x6000_0000, &mut [0; 300])
            .expect_err("nor for a block");
        core.write_32(0x6000_0000, &[0; 300])
            .expect_err("nor to write");
        core.write_word_32(RAM.into(), 0x55AA_55AA)
            .expect("RAM is there");
        assert_eq!(core.read_word_32(RAM.into()).unwrap(), 0x55AA_55AA);
    }
}

#[test]
fn in_process_probe_serves_a_debugger() {
    let board = shared();
    exercise(open(Arc::clone(&board)), &board);
    exercise(open(Arc::clone(&board)), &board);
}

#[test]
fn glasgow_server_serves_a_debugger() {
    let board = shared();
    let running = Running::new(&board);
    exercise(running.probe(), &board);
    exercise(running.probe(), &board);
}

#[test]
fn bus_faults_through_the_in_process_probe() {
    survive_bus_faults(open(shared()));
}

#[test]
fn bus_faults_through_the_glasgow_server() {
    survive_bus_faults(Running::new(&shared()).probe());
}

#[test]
fn a_second_client_of_the_server_is_refused_by_name() {
    let running = Running::new(&shared());
    let _session = attach(running.probe(), CHIP);
    let error = running
        .info()
        .open()
        .expect_err("one client at a time")
        .to_string();
    assert!(error.contains("board in use"), "{error}");
}

#[test]
fn a_single_failing_write_is_noticed_at_once() {
    let mut session = attach(open(shared()), CHIP);
    let mut core = session.core(0).unwrap();
    core.write_word_32(0x6000_0000, 1)
        .expect_err("nothing is there");
    core.write_8(0x6000_0001, &[1]).expect_err("nor for a byte");
}

/// Whether a lost probe is among the causes, as for one on USB.
fn is_probe_lost(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source()).any(|cause| {
        let usb = match cause.downcast_ref::<DebugProbeError>() {
            Some(DebugProbeError::Usb(error)) => Some(error),
            _ => cause.downcast_ref::<std::io::Error>(),
        };
        usb.and_then(|error| error.get_ref())
            .is_some_and(|inner| inner.is::<ProbeLost>())
    })
}

#[test]
fn a_lost_probe_is_a_usb_error() {
    let board = shared();
    let mut session = attach(open(Arc::clone(&board)), CHIP);
    board.lock().unwrap().port.disconnect_after(40);
    let mut core = session.core(0).unwrap();
    let error = core
        .read_32(RAM.into(), &mut [0; 100])
        .expect_err("lost in mid-block");
    assert!(is_probe_lost(&error), "{error:?}");
    drop(core);
    drop(session);
    let error = open(Arc::clone(&board))
        .attach(CHIP, Permissions::default())
        .expect_err("still lost");
    assert!(is_probe_lost(&error), "{error:?}");
    board.lock().unwrap().port.reconnect();
    attach(open(board), CHIP);
}

#[test]
fn a_lost_probe_through_the_server_is_an_error_too() {
    let board = shared();
    let running = Running::new(&board);
    let mut session = attach(running.probe(), CHIP);
    board.lock().unwrap().port.disconnect_after(40);
    let mut core = session.core(0).unwrap();
    core.read_32(RAM.into(), &mut [0; 100])
        .expect_err("lost in mid-block");
}

#[test]
fn reset_pin_and_ctrl_ap_reach_the_chip() {
    let board = shared();
    let probe = open(Arc::clone(&board));
    let mut probe = probe;
    probe.target_reset_assert().unwrap();
    assert!(board.lock().unwrap().port.reset_asserted());
    probe.target_reset_deassert().unwrap();
    assert_eq!(board.lock().unwrap().target.resets, 2);
}

#[test]
fn only_swd_is_spoken() {
    let mut probe = open(shared());
    assert_eq!(probe.protocol(), Some(WireProtocol::Swd));
    probe
        .select_protocol(WireProtocol::Jtag)
        .expect_err("no JTAG");
    probe.set_speed(0).expect_err("no standstill");
    assert_eq!(probe.set_speed(1000).unwrap(), 1000);
}

#[test]
fn registered_boards_are_listed_and_opened_by_name() {
    let factory = VirtualProbeFactory::register();
    let board = shared();
    factory.insert("first", Arc::clone(&board));
    let infos = Lister::new().list_all();
    let info = infos
        .iter()
        .find(|info| info.serial_number.as_deref() == Some("first"))
        .unwrap();
    assert_eq!(
        info.to_string(),
        "tinybench virtual board -- 5442:0001:first (tinybench virtual board)"
    );
    exercise(info.open().unwrap(), &board);

    let selector: DebugProbeSelector = "5442:0001:second".parse().unwrap();
    Lister::new()
        .open(selector)
        .expect_err("there is no such board");
    assert!(factory.remove("first").is_some());
    assert!(
        !Lister::new()
            .list_all()
            .iter()
            .any(|info| info.vendor_id == 0x5442)
    );
}

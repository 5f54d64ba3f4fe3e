//! The same program under QEMU: a separate `qemu-system-arm -M mps2-an386`, a Cortex-M4F with memory
//! at 0 and at 0x20000000, started with the flash, RAM and registers of the virtual board.

use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::cpu_time;
use super::program::{FLASH_BYTES, PC, Program, RAM};

/// Where the code below stands: flash that no program of the bench uses.
const STUB: usize = 0xF_0000;
/// The handler of the program's BKPT, from the start of the stub.
const BREAKPOINT: u32 = 0x2E;
/// The literal with the address at which the program goes on.
const START: usize = STUB + 0x48;
/// The registers it starts with: s0-s31, FPSCR, SP, LR, r0-r12.
const REGISTERS: usize = STUB + 0x100;
/// Runs to come: behind the flash.
const COUNT: usize = FLASH_BYTES;

/// Loads the registers and jumps into the program; passes over its BKPT until the runs are done,
/// then leaves QEMU by a semihosting call.
#[rustfmt::skip]
const STUB_CODE: &[u16] = &[
    0x4812,         // reset:      ldr r0, =0xE000ED88
    0xF44F, 0x0170, //             mov r1, #0xF00000
    0x6001,         //             str r1, [r0]
    0xF3BF, 0x8F4F, //             dsb
    0xF3BF, 0x8F6F, //             isb
    0x480F,         //             ldr r0, =REGISTERS
    0xECB0, 0x0A20, //             vldmia r0!, {s0-s31}
    0xF850, 0x1B04, //             ldr r1, [r0], #4
    0xEEE1, 0x1A10, //             vmsr fpscr, r1
    0xF850, 0xDB04, //             ldr sp, [r0], #4
    0xF850, 0xEB04, //             ldr lr, [r0], #4
    0xE890, 0x1FFF, //             ldm r0, {r0-r12}
    0xF8DF, 0xF01C, //             ldr pc, start
    0x4909,         // breakpoint: ldr r1, =COUNT
    0x6808,         //             ldr r0, [r1]
    0x3801,         //             subs r0, #1
    0xD004,         //             beq exit
    0x6008,         //             str r0, [r1]
    0x9806,         //             ldr r0, [sp, #24]
    0x3002,         //             adds r0, #2
    0x9006,         //             str r0, [sp, #24]
    0x4770,         //             bx lr
    0x2018,         // exit:       movs r0, #SYS_EXIT
    0x4905,         //             ldr r1, =ADP_Stopped_ApplicationExit
    0xBEAB,         //             bkpt #0xAB
    0xBF00,         //             nop
    0x0000, 0x0000, // start:      .word
    0xED88, 0xE000,
    0x0100, 0x000F,
    0x0000, 0x0010,
    0x0026, 0x0002,
];

/// A program ready to run under QEMU.
pub struct Qemu {
    folder: TempDir,
    /// Of a process with one run: starting, loading, translating.
    start_up: Duration,
}

impl Qemu {
    /// Takes over the program's state. `None`, and it says so, if QEMU isn't installed.
    pub fn start(program: &Program) -> Option<Self> {
        let version = Command::new("qemu-system-arm").arg("--version").output();
        if !version.is_ok_and(|output| output.status.success()) {
            eprintln!("skipped: qemu-system-arm isn't installed");
            return None;
        }
        let (mut flash, ram, register) = program.state();
        assert!(
            flash[STUB..REGISTERS + 0x100]
                .iter()
                .all(|&byte| byte == 0xFF)
        );
        // The vector table: reset, and the faults that a BKPT without a debugger can become.
        let entry = STUB as u32 | 1;
        put(&mut flash, 0, &[RAM + 0x1000, entry]);
        put(&mut flash, 12, &[entry + BREAKPOINT; 4]);
        put(&mut flash, 48, &[entry + BREAKPOINT]);
        for (half, at) in STUB_CODE.iter().zip((STUB..).step_by(2)) {
            flash[at..at + 2].copy_from_slice(&half.to_le_bytes());
        }
        put(&mut flash, START, &[(register(PC) + 2) | 1]);
        let numbers = (64..96).chain([33, 13, 14]).chain(0..13);
        let registers: Vec<u32> = numbers.map(&register).collect();
        put(&mut flash, REGISTERS, &registers);
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("flash"), flash).expect("the flash written");
        std::fs::write(folder.path().join("ram"), ram).expect("the RAM written");
        let mut qemu = Self {
            folder,
            start_up: Duration::ZERO,
        };
        qemu.start_up = (0..3).map(|_| qemu.process(1)).min()?;
        Some(qemu)
    }

    /// Processor time of `runs` runs, without that of starting QEMU.
    pub fn time(&self, runs: u64) -> Duration {
        self.process(runs + 1).saturating_sub(self.start_up)
    }

    fn process(&self, runs: u64) -> Duration {
        let runs = u32::try_from(runs).expect("a number of runs that fits a word");
        std::fs::write(self.folder.path().join("count"), runs.to_le_bytes())
            .expect("the count written");
        let start = cpu_time::spent();
        let status = Command::new("qemu-system-arm")
            .current_dir(self.folder.path())
            .args(["-M", "mps2-an386", "-display", "none", "-monitor", "none"])
            .args(["-serial", "none"])
            .args(["-semihosting-config", "enable=on,target=native"])
            .args(["-device", "loader,file=flash,addr=0,force-raw=on"])
            .args(["-device", "loader,file=ram,addr=0x20000000,force-raw=on"])
            .arg("-device")
            .arg(format!("loader,file=count,addr={COUNT:#x},force-raw=on"))
            .stdin(Stdio::null())
            .status()
            .expect("QEMU started");
        assert!(status.success(), "QEMU ran the program");
        cpu_time::spent() - start
    }
}

fn put(memory: &mut [u8], at: usize, words: &[u32]) {
    for (word, at) in words.iter().zip((at..).step_by(4)) {
        memory[at..at + 4].copy_from_slice(&word.to_le_bytes());
    }
}

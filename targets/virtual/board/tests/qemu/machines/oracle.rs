//! QEMU as the other machine: a separate `qemu-system-arm -M mps2-an386` process runs images one
//! after the other and writes what they leave in RAM to a file.
//!
//! A loader in the board's PSRAM, which no image touches, reads each image through semihosting
//! into the SSRAM at 0, clears the RAM, and starts it as a reset would. The image's exit stub
//! comes back to the loader, which writes the RAM out and resets the whole machine.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::programs::assembler::{Assembler, condition};
use crate::programs::image::{Image, RAM};

const LOADER: u32 = 0x2100_0000;
/// Where images come back to.
const DONE: u32 = LOADER + 0x400;
/// The loader's variables: opened, handles, parameter block, header of the image.
const STATE: u32 = LOADER + 0x8000;
/// Names of the files, behind the variables.
const NAMES: u32 = LOADER + 0x800;

mod call {
    pub const OPEN: u32 = 0x01;
    pub const WRITE: u32 = 0x05;
    pub const READ: u32 = 0x06;
    pub const EXIT: u32 = 0x18;
}

/// Whether QEMU is installed; says so if not.
pub fn installed() -> bool {
    let found = Command::new("qemu-system-arm")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !found {
        eprintln!("skipped: qemu-system-arm is not installed");
    }
    found
}

/// What became of a batch of images.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The RAM each image left, as far as they ended.
    pub results: Vec<Vec<u8>>,
    /// What QEMU said on its standard error.
    pub messages: String,
}

/// Runs images, each from reset, for at most `limit` together.
///
/// # Panics
/// QEMU can't be started.
pub fn run(images: &[Image], limit: Duration) -> Outcome {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = |name: &str| folder.path().join(name);
    let mut input = Vec::new();
    for image in images {
        let bytes = image.with_exit(&exit_stub());
        input.extend((bytes.len() as u32).to_le_bytes());
        input.extend(image.result_bytes.to_le_bytes());
        input.extend(bytes);
    }
    std::fs::write(path("images"), input).expect("images written");
    std::fs::write(path("loader"), loader()).expect("loader written");
    let vectors = [0x2100_F000_u32, LOADER | 1].map(u32::to_le_bytes).concat();
    std::fs::write(path("vectors"), vectors).expect("vectors written");
    let messages = spawn(folder.path(), limit);
    let mut output = std::fs::read(path("results")).unwrap_or_default();
    let mut results = Vec::new();
    for image in images {
        let length = image.result_bytes as usize;
        if output.len() < length {
            break;
        }
        let rest = output.split_off(length);
        results.push(std::mem::replace(&mut output, rest));
    }
    Outcome { results, messages }
}

fn spawn(folder: &Path, limit: Duration) -> String {
    let errors = std::fs::File::create(folder.join("errors")).expect("file for messages");
    let mut child = Command::new("qemu-system-arm")
        .current_dir(folder)
        .args(["-M", "mps2-an386", "-display", "none", "-monitor", "none"])
        .args(["-serial", "none", "-kernel", "vectors"])
        .args(["-semihosting-config", "enable=on,target=native"])
        .arg("-device")
        .arg(format!("loader,file=loader,addr={LOADER:#x},force-raw=on"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(errors)
        .spawn()
        .expect("QEMU started");
    let start = Instant::now();
    while child.try_wait().expect("QEMU's state").is_none() {
        if start.elapsed() > limit {
            child.kill().expect("QEMU ended");
            child.wait().expect("QEMU ended");
            return format!("it did not finish in {limit:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    String::from_utf8_lossy(&std::fs::read(folder.join("errors")).expect("messages")).into_owned()
}

/// The code an image branches to at its end.
fn exit_stub() -> Vec<u8> {
    let mut code = Assembler::new(0);
    code.mov32(12, DONE | 1).bx(12);
    code.finish()
}

/// A semihosting call with three parameters that are in r5, r6, r7.
fn semihosting(code: &mut Assembler, number: u32) {
    code.str(5, 4, 0x20).str(6, 4, 0x24).str(7, 4, 0x28);
    code.movs(0, number).wide(0xF104_0120); // add r1, r4, #0x20
    code.narrow(0xBEAB);
}

fn loader() -> Vec<u8> {
    let mut code = Assembler::new(LOADER);
    let (ready, end) = (code.label(), code.label());
    code.mov32(4, STATE).ldr(0, 4, 0).cmp(0, 0);
    code.b_if(condition::NE, ready);
    for (name, mode, length, handle) in [(NAMES, 1, 6, 4), (NAMES + 8, 5, 7, 8)] {
        code.mov32(5, name).mov32(6, mode).mov32(7, length);
        semihosting(&mut code, call::OPEN);
        code.str(0, 4, handle);
    }
    code.movs(0, 1).str(0, 4, 0);
    code.bind(ready);
    clear_ram(&mut code);
    code.ldr(5, 4, 4).mov32(6, STATE + 0x40).mov32(7, 8);
    semihosting(&mut code, call::READ);
    code.cmp(0, 0).b_if(condition::NE, end);
    code.ldr(5, 4, 4).mov32(6, 0).ldr(7, 4, 0x40);
    semihosting(&mut code, call::READ);
    code.cmp(0, 0).b_if(condition::NE, end);
    // Registers as after a reset of the other machine.
    code.mov32(0, 0).ldr(1, 0, 0).msr(8, 1).ldr(0, 0, 4);
    code.mov32(14, u32::MAX);
    for register in 1..13 {
        code.mov32(register, 0);
    }
    code.bx(0);
    code.bind(end);
    code.mov32(1, 0x2_0026).movs(0, call::EXIT).narrow(0xBEAB);
    while code.here() < DONE {
        code.narrow(0xBF00);
    }
    code.mov32(4, STATE)
        .ldr(5, 4, 8)
        .mov32(6, RAM)
        .ldr(7, 4, 0x44);
    semihosting(&mut code, call::WRITE);
    code.poke(0xE000_ED0C, 0x05FA_0004);
    let here = code.mark();
    code.b(here);
    while code.here() < NAMES {
        code.narrow(0xBF00);
    }
    let mut bytes = code.finish();
    bytes.extend(b"images\0\0results\0");
    bytes
}

/// Clears the 256 KiB of RAM that both machines have.
fn clear_ram(code: &mut Assembler) {
    code.mov32(0, RAM).mov32(1, RAM + 0x4_0000);
    for register in [2, 3, 5, 6, 7, 8, 9, 10] {
        code.mov32(register, 0);
    }
    let again = code.mark();
    code.stm(0, 0b111_1110_1100).narrow(0x4288); // cmp r0, r1
    code.b_if(condition::NE, again);
}

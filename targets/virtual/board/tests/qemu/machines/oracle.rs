//! QEMU as the other machine: a separate `qemu-system-arm -M mps2-an386` or `mps2-an521` process runs images
//! one after the other and writes what they leave in RAM to a file.
//!
//! A loader in memory that no image touches reads each image through semihosting
//! into the SSRAM at 0, clears the RAM, and starts it as a reset would. The image's exit stub
//! comes back to the loader, which writes the RAM out and resets the whole machine.
//!
//! The Cortex-M33 of the mps2-an521 has the Security Extension. Code that runs before the loader, in secure
//! state, gives memories, interrupts, faults and the floating-point unit away, and leaves for the other
//! state, in which all is as on a core without the extension.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::programs::assembler::{Assembler, condition};
use crate::programs::image::{Image, M33, RAM};

/// A board of QEMU's.
#[derive(Clone, Copy, Debug)]
struct Board {
    name: &'static str,
    /// Where the loader is, in memory that no image touches.
    loader: u32,
    /// Bytes of RAM at [`RAM`].
    ram_bytes: u32,
    /// Whether it begins in secure state.
    secure: bool,
}

const AN386: Board = Board {
    name: "mps2-an386",
    loader: 0x2100_0000,
    ram_bytes: 0x4_0000,
    secure: false,
};
const AN521: Board = Board {
    name: "mps2-an521",
    loader: 0x0020_0000,
    ram_bytes: 0x2_0000,
    secure: true,
};
/// Where the code in secure state is: the SSRAM 2 and 3 of the mps2-an521 at its secure address.
const SECURE: u32 = 0x3800_0000;
/// Where that core looks for its vectors after a reset.
const SECURE_VECTORS: u32 = 0x1000_0000;

impl Board {
    fn of(image: &Image) -> Self {
        if image.chip == M33 { AN521 } else { AN386 }
    }

    /// Where images come back to.
    fn done(self) -> u32 {
        self.loader + 0x400
    }

    /// The loader's variables: opened, handles, parameter block, header of the image.
    fn state(self) -> u32 {
        self.loader + 0x8000
    }

    /// Names of the files, behind the code.
    fn names(self) -> u32 {
        self.loader + 0x800
    }

    fn stack(self) -> u32 {
        self.loader + 0xF000
    }
}

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

/// Runs images, all for the same chip, each from reset, for at most `limit` together.
///
/// # Panics
/// QEMU can't be started.
pub fn run(images: &[Image], limit: Duration) -> Outcome {
    let board = images.first().map_or(AN386, Board::of);
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = |name: &str| folder.path().join(name);
    let mut input = Vec::new();
    for image in images {
        let bytes = image.with_exit(&exit_stub(board));
        input.extend((bytes.len() as u32).to_le_bytes());
        input.extend(image.result_bytes.to_le_bytes());
        input.extend(bytes);
    }
    std::fs::write(path("images"), input).expect("images written");
    std::fs::write(path("loader"), loader(board)).expect("loader written");
    let vectors = if board.secure {
        std::fs::write(path("secure"), leave_secure_state(board)).expect("code written");
        [SECURE + 0xF000, SECURE | 1]
    } else {
        [board.stack(), board.loader | 1]
    };
    let vectors = vectors.map(u32::to_le_bytes).concat();
    std::fs::write(path("vectors"), vectors).expect("vectors written");
    let messages = spawn(board, folder.path(), limit);
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

fn spawn(board: Board, folder: &Path, limit: Duration) -> String {
    let errors = std::fs::File::create(folder.join("errors")).expect("file for messages");
    let mut files = vec![("loader", board.loader)];
    let options: &[&str] = if board.secure {
        files.extend([("secure", SECURE), ("vectors", SECURE_VECTORS)]);
        // Else only the second core of this board has them.
        &[
            "-global",
            "sse-200.CPU0_FPU=on",
            "-global",
            "sse-200.CPU0_DSP=on",
        ]
    } else {
        &["-kernel", "vectors"]
    };
    let files = files.iter().flat_map(|(name, address)| {
        let file = format!("loader,file={name},addr={address:#x},force-raw=on");
        ["-device".to_owned(), file]
    });
    let mut child = Command::new("qemu-system-arm")
        .current_dir(folder)
        .args(["-M", board.name, "-display", "none", "-monitor", "none"])
        .args(["-serial", "none"])
        .args(options)
        .args(["-semihosting-config", "enable=on,target=native"])
        .args(files)
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
fn exit_stub(board: Board) -> Vec<u8> {
    let mut code = Assembler::new(0);
    code.mov32(12, board.done() | 1).bx(12);
    code.finish()
}

/// A semihosting call with three parameters that are in r5, r6, r7.
fn semihosting(code: &mut Assembler, number: u32) {
    code.str(5, 4, 0x20).str(6, 4, 0x24).str(7, 4, 0x28);
    code.movs(0, number).wide(0xF104_0120); // add r1, r4, #0x20
    code.narrow(0xBEAB);
}

/// Sets up what isn't secure, and starts the loader there.
fn leave_secure_state(board: Board) -> Vec<u8> {
    /// The memory protection controllers of SSRAM 1 and of the four banks of RAM (AN521, DAI 0521A, and the
    /// SIE-200's manual, DDI 0571).
    const PROTECTION: [u32; 5] = [
        0x5800_7000,
        0x5008_3000,
        0x5008_4000,
        0x5008_5000,
        0x5008_6000,
    ];
    // Registers of such a controller.
    const BLK_MAX: u32 = 0x10;
    const BLK_IDX: u32 = 0x18;
    const BLK_LUT: u32 = 0x1C;
    let mut code = Assembler::new(SECURE);
    for controller in PROTECTION {
        // BLK_IDX counts up with each word that is written.
        code.poke(controller, 1 << 8);
        code.mov32(0, controller).ldr(1, 0, BLK_MAX);
        code.movs(2, 0).str(2, 0, BLK_IDX).mov32(3, u32::MAX);
        let again = code.mark();
        code.str(3, 0, BLK_LUT).adds(2, 1).narrow(0x428A); // cmp r2, r1
        code.b_if(condition::LS, again);
    }
    // SAU_CTRL.ALLNS; NSACR: the floating-point unit; AIRCR.BFHFNMINS; NVIC_ITNS.
    code.poke(0xE000_EDD0, 2).poke(0xE000_ED8C, 0xC00);
    code.poke(0xE000_ED0C, 0x05FA_2000);
    code.poke(0xE000_E380, u32::MAX);
    // MSP_NS; BXNS.
    code.mov32(0, board.stack()).msr(0x88, 0);
    code.mov32(0, board.loader).narrow(0x4704);
    code.finish()
}

fn loader(board: Board) -> Vec<u8> {
    let (state, names, done) = (board.state(), board.names(), board.done());
    let mut code = Assembler::new(board.loader);
    let (ready, end) = (code.label(), code.label());
    code.mov32(4, state).ldr(0, 4, 0).cmp(0, 0);
    code.b_if(condition::NE, ready);
    for (name, mode, length, handle) in [(names, 1, 6, 4), (names + 8, 5, 7, 8)] {
        code.mov32(5, name).mov32(6, mode).mov32(7, length);
        semihosting(&mut code, call::OPEN);
        code.str(0, 4, handle);
    }
    code.movs(0, 1).str(0, 4, 0);
    code.bind(ready);
    clear_ram(&mut code, board.ram_bytes);
    code.ldr(5, 4, 4).mov32(6, state + 0x40).mov32(7, 8);
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
    while code.here() < done {
        code.narrow(0xBF00);
    }
    code.mov32(4, state)
        .ldr(5, 4, 8)
        .mov32(6, RAM)
        .ldr(7, 4, 0x44);
    semihosting(&mut code, call::WRITE);
    code.poke(0xE000_ED0C, 0x05FA_0004);
    let here = code.mark();
    code.b(here);
    while code.here() < names {
        code.narrow(0xBF00);
    }
    let mut bytes = code.finish();
    bytes.extend(b"images\0\0results\0");
    bytes
}

/// Clears so many bytes of RAM.
fn clear_ram(code: &mut Assembler, bytes: u32) {
    code.mov32(0, RAM).mov32(1, RAM + bytes);
    for register in [2, 3, 5, 6, 7, 8, 9, 10] {
        code.mov32(register, 0);
    }
    let again = code.mark();
    code.stm(0, 0b111_1110_1100).narrow(0x4288); // cmp r0, r1
    code.b_if(condition::NE, again);
}

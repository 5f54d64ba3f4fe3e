//! The programs that are run: each stands on a BKPT, and a run goes on from there to the next.
//! Published images don't: a run of one is so many instructions of its inferences.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tinybench_execution::build::{self, Engine, Opt, Request};
use tinybench_execution::image::Image;
use tinybench_execution::target::conversation::{Conversation, ImageView};
use tinybench_execution::target::session::Session;
use tinybench_execution::target::virtual_board;
use tinybench_inputs::board::Boards;
use tinybench_inputs::project::Project;
use tinybench_support::progress::Progress;
use tinybench_virtual_board::debug_port::DebugTarget;
use tinybench_virtual_board::{AccessSize, Ended, Machine, Timing, VirtualBoard};

const DHCSR: u32 = 0xE000_EDF0;
/// DHCSR's key and C_DEBUGEN: run, with halting debug on.
const RUN: u32 = 0xA05F_0001;
/// The same with C_HALT.
const HALT: u32 = 0xA05F_0003;
/// The PC in the numbering of DCRSR.
pub const PC: u32 = 15;
/// More cycles than a run takes.
const ENOUGH: u64 = 1 << 34;

pub const FLASH_BYTES: usize = 0x10_0000;
pub const RAM: u32 = 0x2000_0000;
pub const RAM_BYTES: usize = 0x4_0000;

/// A program on a virtual board.
pub struct Program {
    pub name: &'static str,
    board: Arc<Mutex<VirtualBoard>>,
    instructions: u64,
    /// It has no breakpoint to run to.
    endless: bool,
    /// QEMU's board can run it.
    on_qemu: bool,
}

/// Published firmware images (`scripts/validate` says where they are from).
const IMAGES: [(&str, &str); 4] = [
    ("published ad", "l4r5_ad.bin"),
    ("published ic", "l4r5_ic.bin"),
    ("published kws", "l4r5_kws.bin"),
    ("published vww", "l4r5_vww.bin"),
];
/// Start of the flash on which they run, and their serial port.
const STM32_FLASH: u32 = 0x0800_0000;
const LPUART1: usize = 0;

impl Program {
    /// One inference of the workload `kws`.
    pub fn kws() -> Self {
        let project = project();
        let model = project.root().join("workloads/models/kws/kws.tflite");
        Self::new(
            "kws inference",
            after_inference(&project, "nano33", &model, &[]),
        )
    }

    /// The same on a Cortex-M4F whose flash is behind caches.
    pub fn kws_on_l4r5() -> Self {
        Self::kws_on("nucleo-l4r5zi", "kws on an L4R5")
    }

    /// The same on a Cortex-M33.
    pub fn kws_on_m33() -> Self {
        Self::kws_on("pico2", "kws on an M33")
    }

    /// The same on a Cortex-M0+ whose flash is behind one bus for instructions and data.
    pub fn kws_on_m0plus() -> Self {
        Self::kws_on("nucleo-g0b1re", "kws on an M0+")
    }

    fn kws_on(board: &str, name: &'static str) -> Self {
        let project = project();
        let model = project.root().join("workloads/models/kws/kws.tflite");
        let board = after_inference(&project, board, &model, &[]);
        Self {
            on_qemu: false,
            ..Self::new(name, board)
        }
    }

    /// One inference of the same network in float32.
    pub fn kws_float32() -> Self {
        let project = project();
        let model = project.suites().join("compression/kws-float32.tflite");
        let board = after_inference(&project, "nano33", &model, &[]);
        Self::new("kws in float32", board)
    }

    /// One inference of MLPerf Tiny's visual wake words, if its model is there.
    pub fn vww() -> Option<Self> {
        let project = project();
        let model = shared_folder(&project).join("mlperf-tiny/vww_96_int8.tflite");
        if !model.exists() {
            eprintln!("skipped: {} isn't there", model.display());
            return None;
        }
        Some(Self::new(
            "vww inference",
            after_inference(&project, "nano33", &model, &[]),
        ))
    }

    /// Single-precision arithmetic in short functions that call each other.
    pub fn floats_and_calls() -> Self {
        let mut board = VirtualBoard::new("nrf52840").expect("the virtual chip");
        let machine = &mut board.machine;
        let mut write = |address, value| {
            machine
                .debug_write(address, AccessSize::Word, value)
                .expect("a word written");
        };
        write(DHCSR, HALT);
        // NVMC.CONFIG: write enable, and off again; then the instruction cache on.
        write(0x4001_E504, 1);
        for (pair, address) in FLOATS_AND_CALLS.chunks(2).zip((FLOATS..).step_by(4)) {
            let high = pair.get(1).copied().unwrap_or(0xFFFF);
            write(address, u32::from(pair[0]) | u32::from(high) << 16);
        }
        write(0x4001_E504, 0);
        write(0x4001_E540, 1);
        // CPACR: floating point on.
        write(0xE000_ED88, 0xF << 20);
        for (register, value) in [(13, RAM + 0x1000), (PC, FLOATS), (16, 1 << 24)] {
            machine.set_register(register, value);
        }
        Self::new("floats and calls", Arc::new(Mutex::new(board)))
    }

    /// Inferences of published firmware images, those that are there.
    pub fn images() -> Vec<Self> {
        let folder = std::env::var_os("TINYBENCH_IMAGES").map_or_else(
            || shared_folder(&project()).join("images/bosch"),
            PathBuf::from,
        );
        let image = |(name, file): (&'static str, &str)| {
            let path = folder.join(file);
            let Ok(binary) = std::fs::read(&path) else {
                eprintln!("skipped: {} isn't there", path.display());
                return None;
            };
            let mut board = VirtualBoard::new("stm32l4r5").expect("the virtual chip");
            let machine = &mut board.machine;
            machine
                .write_bytes(STM32_FLASH, &binary)
                .expect("it fits the flash");
            machine.reset();
            // It boots, and then takes a command of more inferences than anyone waits for.
            machine.run(50_000_000);
            machine.serial_input(LPUART1, b"infer 1000000 0%");
            machine.run(5_000_000);
            Some(Self {
                name,
                board: Arc::new(Mutex::new(board)),
                instructions: 10_000_000,
                endless: true,
                on_qemu: false,
            })
        };
        IMAGES.into_iter().filter_map(image).collect()
    }

    /// Whether QEMU can run it: from breakpoint to breakpoint, on a core and with memories that its board has.
    pub fn is_for_qemu(&self) -> bool {
        self.on_qemu
    }

    fn new(name: &'static str, board: Arc<Mutex<VirtualBoard>>) -> Self {
        let mut program = Self {
            name,
            board,
            instructions: 0,
            endless: false,
            on_qemu: true,
        };
        let before = program.lock().machine.instructions();
        program.run();
        let after = program.lock().machine.instructions();
        program.instructions = after - before;
        program
    }

    /// Instructions of one run.
    pub fn instructions(&self) -> u64 {
        self.instructions
    }

    pub fn set_timing(&mut self, timing: Timing) {
        self.lock().machine.set_timing(timing);
    }

    /// From breakpoint to breakpoint, or so many instructions.
    pub fn run(&mut self) {
        let machine = &mut self.lock().machine;
        if self.endless {
            let end = machine.instructions() + self.instructions;
            while machine.instructions() < end {
                machine.run(10_000);
            }
            return;
        }
        let pc = machine.register(PC);
        machine.set_register(PC, pc + 2);
        machine
            .debug_write(DHCSR, AccessSize::Word, RUN)
            .expect("DHCSR is always there");
        assert_eq!(machine.run(ENOUGH), Ended::Halted);
    }

    /// Flash, RAM, and what `register` reads.
    pub fn state(&self) -> (Vec<u8>, Vec<u8>, impl Fn(u32) -> u32) {
        let board = self.lock();
        let read = |machine: &Machine, address, bytes| {
            let mut memory = vec![0; bytes];
            machine
                .read_memory(address, &mut memory)
                .expect("a memory of the chip");
            memory
        };
        let flash = read(&board.machine, 0, FLASH_BYTES);
        let ram = read(&board.machine, RAM, RAM_BYTES);
        (flash, ram, move |number| board.machine.register(number))
    }

    fn lock(&self) -> MutexGuard<'_, VirtualBoard> {
        self.board.lock().expect("nobody else holds the board")
    }
}

fn project() -> Project {
    let here = std::env::current_dir().expect("a current folder");
    Project::find(None, &here).expect("the bench runs in the project")
}

/// Where models and images are that aren't part of the project.
fn shared_folder(project: &Project) -> PathBuf {
    std::env::var_os("TINYBENCH_SHARED")
        .map_or_else(|| project.root().join("../shared"), PathBuf::from)
}

/// A board that has just finished one inference and stands on the image's breakpoint.
fn after_inference(
    project: &Project,
    name: &str,
    model: &Path,
    features: &[&str],
) -> Arc<Mutex<VirtualBoard>> {
    let board = Boards::open(&project.boards())
        .and_then(|boards| boards.load(name))
        .expect("a board of the project")
        .board;
    let runtime = project
        .runtimes()
        .find("interpreter")
        .expect("the project's runtime");
    let firmware = build::build(
        &Request {
            project_root: project.root(),
            target: board.target(),
            engine: Engine::of_crates(&runtime).expect("the runtime is in Rust"),
            features,
            operators: &[],
            room_words: 0,
            model,
            front_end: None,
            learning: false,
            mlperf_model: None,
            mark_pin: None,
            code_offset: 0,
            opt: Opt::Speed,
            from_source: false,
            profile: false,
        },
        &mut |_| {},
    )
    .expect("the firmware builds");
    let elf = std::fs::read(&firmware.elf).expect("the built image");
    let image = Image::load(&elf).expect("the built image is valid");
    let shared = Arc::new(Mutex::new(
        virtual_board::make(&board).expect("the virtual board"),
    ));
    let probe = tinybench_virtual_probe::open(Arc::clone(&shared));
    let mut session = Session::attach(probe, &board).expect("attaching");
    session
        .flash(&elf, &mut Progress::stderr())
        .expect("flashing");
    let symbolise = |_| None;
    let view = ImageView {
        block_address: image.block_address,
        memory: board.memory,
        symbolise: &symbolise,
    };
    let timeout = Duration::from_secs(60);
    let mut conversation =
        Conversation::start(&mut session, view, timeout).expect("the image starts");
    conversation.prepare(None).expect("the model is planned");
    conversation.run(1, Duration::ZERO).expect("the model runs");
    shared
}

/// Where the program of floats and calls stands in flash.
const FLOATS: u32 = 0x1000;

/// Calls a function of two levels 2,000 times: 120 instructions a time, half of them floating-point
/// or branches.
#[rustfmt::skip]
const FLOATS_AND_CALLS: &[u16] = &[
    0xBE00,         // start:  bkpt #0
    0xF44F, 0x64FA, //         mov r4, #2000
    0xEE00, 0x4A10, // again:  vmov s0, r4
    0xEEB8, 0x0AC0, //         vcvt.f32.s32 s0, s0
    0xF000, 0xF80A, //         bl series
    0xF000, 0xF83B, //         bl damp
    0xEEFD, 0x0AC0, //         vcvt.s32.f32 s1, s0
    0xEE10, 0x0A90, //         vmov r0, s1
    0x9000,         //         str r0, [sp]
    0x3C01,         //         subs r4, #1
    0xD1F0,         //         bne again
    0xE7EC,         //         b start
    0xB570,         // series: push {r4, r5, r6, lr}
    0xED2D, 0x8A02, //         vpush {s16, s17}
    0xF240, 0x0500, //         movw r5, #0
    0xF6C3, 0x4580, //         movt r5, #0x3C80 (1/64)
    0xEE00, 0x5A90, //         vmov s1, r5
    0xEE20, 0x0A20, //         vmul.f32 s0, s0, s1
    0xEEB0, 0x8A40, //         vmov.f32 s16, s0
    0x2604,         //         movs r6, #4
    0xEEB0, 0x0A48, // round:  vmov.f32 s0, s16
    0xF000, 0xF812, //         bl cubic
    0xEE38, 0x8A00, //         vadd.f32 s16, s16, s0
    0xEEB1, 0x1A00, //         vmov.f32 s2, #4.0
    0xEEB4, 0x8A41, //         vcmp.f32 s16, s2
    0xEEF1, 0xFA10, //         vmrs APSR_nzcv, fpscr
    0xDD01,         //         ble small
    0xEE28, 0x8A20, //         vmul.f32 s16, s16, s1
    0x3E01,         // small:  subs r6, #1
    0xD1EE,         //         bne round
    0xEEB0, 0x0A48, //         vmov.f32 s0, s16
    0xECBD, 0x8A02, //         vpop {s16, s17}
    0xBD70,         //         pop {r4, r5, r6, pc}
    0xEEF6, 0x1A00, // cubic:  vmov.f32 s3, #0.5
    0xEE20, 0x2A00, //         vmul.f32 s4, s0, s0
    0xEE62, 0x2A00, //         vmul.f32 s5, s4, s0
    0xEE22, 0x2A21, //         vmul.f32 s4, s4, s3
    0xEE02, 0x2AE1, //         vmls.f32 s4, s5, s3
    0xEE30, 0x0A02, //         vadd.f32 s0, s0, s4
    0xEE20, 0x0A20, //         vmul.f32 s0, s0, s1
    0x4770,         //         bx lr
    0xB580,         // damp:   push {r7, lr}
    0xB082,         //         sub sp, #8
    0xED8D, 0x0A00, //         vstr s0, [sp]
    0x9800,         //         ldr r0, [sp]
    0xF020, 0x4000, //         bic r0, r0, #0x80000000
    0x9001,         //         str r0, [sp, #4]
    0xED9D, 0x0A01, //         vldr s0, [sp, #4]
    0xEEF7, 0x0A00, //         vmov.f32 s1, #1.0
    0xEE70, 0x0A20, //         vadd.f32 s1, s0, s1
    0xEE80, 0x0A20, //         vdiv.f32 s0, s0, s1
    0xB002,         //         add sp, #8
    0xBD80,         //         pop {r7, pc}
];

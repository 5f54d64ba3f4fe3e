//! Speed of the virtual core: instructions of the target executed a second, on the inference of
//! the workload `kws`, with the whole cycle model and counting instructions only.
//!
//! ```text
//! cargo bench --bench virtual_core
//! ```
//! Criterion's `elem/s` are instructions of the virtual board a second.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tinybench::board::Boards;
use tinybench::conversation::{Conversation, ImageView};
use tinybench::firmware_build::{self, Memory, Request, Target};
use tinybench::image::Image;
use tinybench::progress::Progress;
use tinybench::project::Project;
use tinybench::session::Session;
use tinybench_virtual_board::debug_port::DebugTarget;
use tinybench_virtual_board::{AccessSize, Ended, Machine, Timing, VirtualBoard};

const DHCSR: u32 = 0xE000_EDF0;
/// DHCSR's key and C_DEBUGEN: run, with halting debug on.
const RUN: u32 = 0xA05F_0001;
/// The PC in the numbering of DCRSR.
const PC: u32 = 15;
/// More cycles than the inference takes.
const ENOUGH: u64 = 1 << 32;

/// A machine that has just finished one inference and stands on the image's breakpoint.
fn machine_after_inference() -> Arc<Mutex<VirtualBoard>> {
    let here = std::env::current_dir().expect("a current folder");
    let project = Project::find(None, &here).expect("the bench runs in the project");
    let board = Boards::open(&project.boards())
        .and_then(|boards| boards.load("nano33"))
        .expect("the board nano33")
        .board;
    let model = project.models().join("kws/kws.tflite");
    let region = |region: tinybench::board::Region| Memory {
        origin: region.origin,
        length: region.length,
    };
    let firmware = firmware_build::build(
        &Request {
            project_root: project.root(),
            target: Target {
                rustc_target: &board.rustc_target,
                core: &board.core,
                flash: region(board.memory.flash),
                ram: region(board.memory.ram),
                instruction_cache: board.memory_system.instruction_cache,
            },
            runtime: "interpreter",
            model: &model,
            front_end: None,
        },
        &mut |_| {},
    )
    .expect("the firmware builds");
    let elf = std::fs::read(&firmware.elf).expect("the built image");
    let image = Image::load(&elf).expect("the built image is valid");
    let shared = Arc::new(Mutex::new(
        VirtualBoard::new("nrf52840").expect("the virtual chip"),
    ));
    let probe = tinybench_virtual_probe::open(Arc::clone(&shared));
    let mut session = Session::attach(probe, &board.chip).expect("attaching");
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

/// Runs the last command of the image again, from breakpoint to breakpoint.
fn again(machine: &mut Machine) {
    let pc = machine.register(PC);
    machine.set_register(PC, pc + 2);
    machine
        .debug_write(DHCSR, AccessSize::Word, RUN)
        .expect("DHCSR is always there");
    assert_eq!(machine.run(ENOUGH), Ended::Halted);
}

fn virtual_core(criterion: &mut Criterion) {
    let shared = machine_after_inference();
    let mut board = shared.lock().expect("nobody else holds the board");
    let machine = &mut board.machine;
    let before = machine.instructions();
    again(machine);
    let instructions = machine.instructions() - before;

    let mut group = criterion.benchmark_group("virtual nano33, kws");
    group.throughput(Throughput::Elements(instructions));
    for (name, timing) in [
        ("full timing", Timing::Full),
        ("instructions only", Timing::InstructionsOnly),
    ] {
        machine.set_timing(timing);
        group.bench_function(name, |bencher| bencher.iter(|| again(machine)));
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(Duration::from_secs(5));
    targets = virtual_core
}
criterion_main!(benches);

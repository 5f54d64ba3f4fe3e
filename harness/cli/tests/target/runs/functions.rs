//! Single functions of programs that know nothing of tinybench. Skipped, saying so, where C can't be compiled.

use std::fs;
use std::process::Command;

use object::{Object, ObjectSymbol};

use crate::support::{Ended, Tinybench, c_compiler_is_there};
use tinybench_record::{FailureKind, InputSource, RunRecord, RunResult};

/// A program without start-up code.
const PROGRAM: &str = r#"
#include <stdint.h>
int32_t input[64];
int32_t weights[4] = {1, 2, 3, 4};
int32_t output = 5;
void fill(void)
{
    for (int32_t i = 0; i < 64; i++) input[i] = i;
    output = 0;
}
void dot(void)
{
    for (int32_t i = 0; i < 64; i++) output += input[i] * weights[i & 3];
}
void nothing(void) {}
void deep(void)
{
    volatile char bytes[1000];
    for (int i = 0; i < 1000; i++) bytes[i] = i;
}
__attribute__((noinline)) int recurse(volatile int *depth)
{
    volatile char bytes[200];
    bytes[0] = *depth;
    return recurse(depth) + bytes[0];
}
volatile int depth;
void endless(void) { recurse(&depth); }
void forever(void) { for (;;) {} }
void faults(void) { *(volatile int *)0xFFFFFFF0 = 1; }
void asserts(void) { __asm volatile("bkpt 1"); }
void cache_off(void) { *(volatile uint32_t *)0x4001E540 = 0; }
extern int32_t heap[];
void take(void)
{
    volatile char bytes[1000];
    for (int i = 0; i < 1000; i++) bytes[i] = i;
    for (int32_t i = 0; i < 64; i++) heap[i] = i;
    output = 0;
}
void sum(void) { for (int i = 0; i < 64; i++) output += heap[i]; }
static __attribute__((used)) void twin(void) { output = 1; }
static __attribute__((used)) int pair = 1;
void one(void) __asm__("_ZN4mine4same17h0123456789abcdefE");
void one(void) { output = 2; }
void other(void) __asm__("_ZN4mine4same17hfedcba9876543210E");
void other(void) { output = 3; }
"#;

/// Another file of it.
const OTHER: &str = "\
static __attribute__((used)) void twin(void) {}
static __attribute__((used)) int pair = 2;
";

/// Its linker script, with the memories of a board.
fn script(flash: &str, ram: &str) -> String {
    format!(
        "MEMORY {{ FLASH : ORIGIN = {flash}, LENGTH = 64K\n RAM : ORIGIN = {ram}, LENGTH = 32K }}\n\
         SECTIONS {{ .text : {{ *(.text*) *(.rodata*) }} > FLASH\n .data : {{ *(.data*) }} > RAM AT > FLASH\n\
         .bss : {{ *(.bss*) *(COMMON) }} > RAM\n . = ALIGN(4);\n heap = .; }}\n"
    )
}

/// Compiles it; false where that can't be done.
fn compile(tinybench: &Tinybench, cpu: &str, script: &str) -> bool {
    if !c_compiler_is_there() {
        return false;
    }
    tinybench.file("program.c", PROGRAM.as_bytes());
    tinybench.file("other.c", OTHER.as_bytes());
    tinybench.file("link.ld", script.as_bytes());
    let output = Command::new("arm-none-eabi-gcc")
        .args([
            cpu,
            "-mthumb",
            "-O2",
            "-g",
            "-ffreestanding",
            "-fno-tree-loop-distribute-patterns",
        ])
        .args([
            "-fno-optimize-sibling-calls",
            "-w",
            "-nostdlib",
            "-Wl,-T,link.ld",
            "-Wl,-e,fill",
        ])
        .args([
            "-Wl,--no-warn-rwx-segments",
            "-o",
            "program.elf",
            "program.c",
            "other.c",
        ])
        .current_dir(tinybench.folder.path())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    true
}

fn compiled() -> Option<Tinybench> {
    let tinybench = Tinybench::new();
    let there = compile(&tinybench, "-mcpu=cortex-m4", &script("0", "0x20000000"));
    there.then_some(tinybench)
}

/// What `dot` leaves in `output` behind `fill`.
fn expected() -> [u8; 4] {
    let products = (0..64).map(|it: i32| it * (it % 4 + 1));
    products.sum::<i32>().to_le_bytes()
}

fn call(tinybench: &Tinybench, board: &str, entry: &str, more: &[&str]) -> Ended {
    let start = [
        "run",
        "--board",
        board,
        "--on",
        "virtual",
        "--image",
        "program.elf",
        "--entry",
    ];
    let rest = [
        entry,
        "--runs",
        "3",
        "--timeout",
        "2s",
        "--out",
        "record.json",
    ];
    tinybench.run(&[&start[..], &rest, more].concat())
}

fn record(tinybench: &Tinybench) -> RunRecord {
    RunRecord::parse(&fs::read(tinybench.path("record.json")).unwrap()).unwrap()
}

fn measured(tinybench: &Tinybench, board: &str, entry: &str, more: &[&str]) -> RunResult {
    let ended = call(tinybench, board, entry, more);
    assert_eq!(ended.code, Some(0), "{entry}: {}", ended.stderr);
    record(tinybench).results.remove(0)
}

#[test]
fn a_function_is_called_measured_and_verified() {
    let Some(tinybench) = compiled() else { return };
    tinybench.file("output.bin", &expected());
    let verified = ["--setup", "fill", "--result", "output=output.bin"];
    let ended = call(&tinybench, "nano33", "dot", &verified);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains("stack"), "{}", ended.stdout);
    assert!(!ended.stdout.contains("  arena"), "{}", ended.stdout);
    let record = record(&tinybench);
    assert_eq!(record.toolchain, None);
    let asked = &record.asked[0].arguments.join(" ");
    assert!(
        asked.contains("--image program.elf --entry dot --setup fill --result output=output.bin"),
        "{asked}"
    );
    let dot = &record.results[0];
    assert_eq!(
        (dot.workload.as_str(), dot.runtime.name.as_str()),
        ("dot", "program")
    );
    assert_eq!(dot.inputs.source, InputSource::Program);
    let outputs = dot.outputs.as_ref().unwrap();
    assert_eq!(
        (outputs.verified, outputs.vectors, outputs.bytes_compared),
        (true, 3, 12)
    );
    let settings = dot.settings.as_ref().unwrap();
    assert_eq!(
        (settings.clock_hz, settings.instruction_cache),
        (Some(64_000_000), Some(true))
    );

    let nothing = measured(&tinybench, "nano33", "nothing", &[]);
    let instructions = |result: &RunResult| result.instructions.unwrap();
    // 64 rounds of at least a load, a multiplication and a branch.
    assert!(instructions(dot) > instructions(&nothing) + 3 * 64);
    assert!(dot.latency.min_cycles > nothing.latency.max_cycles + 3 * 64);
    // The last call finds the cache as the one before has left it.
    let [.., before, last] = dot.latency.cycles[..] else {
        panic!("{dot:?}");
    };
    assert_eq!(before, last);
    let stack = |result: &RunResult| result.memory.as_ref().unwrap().stack_peak_bytes;
    assert_eq!(stack(&nothing), 0);
    let deep = measured(&tinybench, "nano33", "deep", &[]);
    assert!((1_000..1_032).contains(&stack(&deep)), "{}", stack(&deep));
    assert_eq!(nothing.outputs, None);
}

#[test]
fn what_set_up_takes_of_a_heap_is_there_for_the_function() {
    let Some(tinybench) = compiled() else { return };
    tinybench.file("output.bin", &(0..64).sum::<i32>().to_le_bytes());
    let verified = ["--setup", "take", "--result", "output=output.bin"];
    let sum = measured(&tinybench, "nano33", "sum", &verified);
    // What set-up has left of its own stack isn't the function's.
    assert!(sum.memory.unwrap().stack_peak_bytes < 64);
    let ended = call(&tinybench, "nano33", "take", &[]);
    assert_eq!(ended.code, Some(6), "{}", ended.stderr);
    assert!(ended.stderr.contains("(malloc)"), "{}", ended.stderr);
}

#[test]
fn of_several_symbols_of_one_name_none_is_taken() {
    let Some(tinybench) = compiled() else { return };
    tinybench.file("output.bin", &expected());
    for (entry, more, words) in [
        ("twin", &[][..], ["program.c:", "other.c:"]),
        ("dot", &["--setup", "twin"], ["program.c:", "other.c:"]),
        (
            "dot",
            &["--result", "pair=output.bin"],
            ["4 bytes; `pair` at 0x2", "rename it"],
        ),
        (
            "mine::same",
            &[],
            ["cdefE` at", "`_ZN4mine4same17hfedcba9876543210E` at"],
        ),
    ] {
        let ended = call(&tinybench, "nano33", entry, more);
        assert_eq!(ended.code, Some(7), "{entry}: {}", ended.stderr);
        for words in words {
            assert!(ended.stderr.contains(words), "{entry}: {}", ended.stderr);
        }
    }
    measured(
        &tinybench,
        "nano33",
        "_ZN4mine4same17h0123456789abcdefE",
        &[],
    );
}

#[test]
fn a_function_for_a_cortex_m0_plus_is_counted_by_systick() {
    let tinybench = Tinybench::new();
    if !compile(
        &tinybench,
        "-mcpu=cortex-m0plus",
        &script("0x20000000", "0x20028000"),
    ) {
        return;
    }
    tinybench.file("output.bin", &expected());
    let verified = ["--setup", "fill", "--result", "output=output.bin"];
    let dot = measured(&tinybench, "pico", "dot", &verified);
    let nothing = measured(&tinybench, "pico", "nothing", &[]);
    // Without caches and wait states every call takes the same.
    assert_eq!(
        nothing.latency.cycles,
        vec![nothing.latency.overhead_cycles; 3]
    );
    assert_eq!(dot.latency.min_cycles, dot.latency.max_cycles);
    assert!(dot.latency.min_cycles > nothing.latency.min_cycles + 3 * 64);
    let ended = call(&tinybench, "pico", "forever", &[]);
    assert_eq!(ended.code, Some(6), "{}", ended.stderr);
}

#[test]
fn what_a_program_changes_of_the_chip_is_told_recorded_and_kept_apart() {
    let Some(tinybench) = compiled() else { return };
    let mut records = Vec::new();
    for (name, setup) in [("on.json", "fill"), ("off.json", "cache_off")] {
        let ended = call(&tinybench, "nano33", "dot", &["--setup", setup]);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let told = ended
            .stderr
            .contains("instruction_cache is off, and not on");
        assert_eq!(told, setup == "cache_off", "{}", ended.stderr);
        fs::rename(tinybench.path("record.json"), tinybench.path(name)).unwrap();
        let record = RunRecord::parse(&fs::read(tinybench.path(name)).unwrap()).unwrap();
        records.push(
            record.results[0]
                .settings
                .clone()
                .unwrap()
                .instruction_cache,
        );
    }
    assert_eq!(records, [Some(true), Some(false)]);
    let ended = tinybench.run(&["compare", "on.json", "off.json"]);
    assert_eq!(ended.code, Some(7), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("cache: on -> off"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_chip_is_set_up_through_the_probe_before_a_function_is_called() {
    let tinybench = Tinybench::new();
    let program = script("0x08000000", "0x20000000");
    for (board, cpu, clock_hz) in [
        ("nucleo-g0b1re", "-mcpu=cortex-m0plus", 64_000_000),
        ("nucleo-l4r5zi", "-mcpu=cortex-m4", 120_000_000),
        ("nucleo-u385rg-q", "-mcpu=cortex-m33", 96_000_000),
        ("nucleo-u575zi-q", "-mcpu=cortex-m33", 160_000_000),
    ] {
        if !compile(&tinybench, cpu, &program) {
            return;
        }
        tinybench.file("output.bin", &expected());
        let verified = ["--setup", "fill", "--result", "output=output.bin"];
        let result = measured(&tinybench, board, "dot", &verified);
        let settings = result.settings.unwrap();
        assert_eq!(settings.clock_hz, Some(clock_hz), "{board}");
        let on = (settings.instruction_cache, settings.prefetch);
        assert_eq!(on, (Some(true), Some(true)), "{board}");
    }
}

/// Has the symbol `name` say that its code isn't Thumb.
fn as_arm_code(elf: &mut [u8], name: &str) {
    let file = object::File::parse(&*elf).unwrap();
    let index = file
        .symbols()
        .find(|it| it.name() == Ok(name))
        .unwrap()
        .index()
        .0;
    let table = file.sections().find(|it| {
        use object::ObjectSection;
        it.name() == Ok(".symtab")
    });
    let (offset, _) = object::ObjectSection::file_range(&table.unwrap()).unwrap();
    // Elf32_Sym has 16 bytes, the value behind the name.
    elf[offset as usize + 16 * index + 4] &= !1;
}

#[test]
fn what_is_wrong_with_a_function_is_one_error_with_its_exit_code() {
    let Some(tinybench) = compiled() else { return };
    tinybench.file("output.bin", &expected());
    tinybench.file("other.bin", &[1, 2, 3, 4]);
    tinybench.file("short.bin", &[1]);
    use FailureKind as Kind;
    for (entry, more, kind, code, words) in [
        (
            "dott",
            &[][..],
            Kind::UnreadableInput,
            7,
            "no function `dott`; did you mean `dot`?",
        ),
        (
            "output",
            &[],
            Kind::UnreadableInput,
            7,
            "`output` is a variable, and no function",
        ),
        (
            "dot",
            &["--setup", "fil"],
            Kind::UnreadableInput,
            7,
            "did you mean `fill`?",
        ),
        (
            "dot",
            &["--result", "outputs=other.bin"],
            Kind::UnreadableInput,
            7,
            "no variable `outputs`; did you mean `output`?",
        ),
        (
            "dot",
            &["--result", "output=short.bin"],
            Kind::UnreadableInput,
            7,
            "`output` has 4 bytes and short.bin has 1",
        ),
        (
            "dot",
            &["--result", "output=none.bin"],
            Kind::UnreadableInput,
            7,
            "none.bin",
        ),
        (
            "dot",
            &["--setup", "fill", "--result", "output=other.bin"],
            Kind::Mismatch,
            3,
            "`output` isn't what is expected behind call 1: byte 0 is",
        ),
        ("forever", &[], Kind::Timeout, 6, "/program.c:"),
        ("faults", &[], Kind::Fault, 6, "/program.c:"),
        (
            "asserts",
            &[],
            Kind::Misbehaviour,
            6,
            "stopped at a breakpoint of its own",
        ),
        ("endless", &[], Kind::Fault, 6, "fault"),
    ] {
        let ended = call(&tinybench, "nano33", entry, more);
        assert_eq!(ended.code, Some(code), "{entry}: {}", ended.stderr);
        assert!(ended.stderr.contains(words), "{entry}: {}", ended.stderr);
        let failure = &record(&tinybench).failures[0];
        assert_eq!((&failure.kind, failure.workload.as_str()), (&kind, entry));
    }
    // Without a function that puts it in place the output is what the call before has left.
    let ended = call(
        &tinybench,
        "nano33",
        "fill",
        &["--result", "output=other.bin"],
    );
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);

    let mut elf = fs::read(tinybench.path("program.elf")).unwrap();
    as_arm_code(&mut elf, "dot");
    tinybench.file("program.elf", &elf);
    let ended = call(&tinybench, "nano33", "dot", &[]);
    assert_eq!(ended.code, Some(7), "{}", ended.stderr);
    assert!(ended.stderr.contains("is Arm code"), "{}", ended.stderr);
    // For a board whose memory is elsewhere.
    let ended = call(&tinybench, "pico", "fill", &[]);
    assert_eq!(ended.code, Some(7), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("is not for the pico"),
        "{}",
        ended.stderr
    );
    tinybench.file("program.elf", b"no program");
    let ended = call(&tinybench, "nano33", "fill", &[]);
    assert_eq!(ended.code, Some(7), "{}", ended.stderr);
    // What doesn't go together.
    for more in [&["--workload", "kws"][..], &["--profile"]] {
        assert_eq!(call(&tinybench, "nano33", "dot", more).code, Some(2));
    }
    let ended = tinybench.run_virtual(&["--entry", "dot"]);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
}

//! Engines of the user's own, in C and in Rust. Skipped, saying so, where firmware or C can't be compiled.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::pages::{python_is_there, reports_are_true};
use crate::support::{
    NANO33, Tinybench, compilers_are_there, project_root, runtime_of, toolchain_is_there,
};
use object::{Object, ObjectSection, ObjectSymbol};
use tinybench_execution::build::{Engine, Opt, Request, build, find_clang};
use tinybench_record::{ArenaSource, FailureKind, RunRecord};

/// A fully connected layer with its vectors: 37 values in, 11 out.
fn with_model(tinybench: &Tinybench) {
    let fixtures = project_root().join("targets/runtimes/interpreter/tests/fixtures");
    for name in ["dense.tflite", "dense.inputs.i8", "dense.outputs.i8"] {
        tinybench.file(name, &fs::read(fixtures.join(name)).unwrap());
    }
}

/// Measures the model on these runtimes.
fn run(tinybench: &Tinybench, runtimes: &[&str]) -> (Option<i32>, String, RunRecord) {
    let mut arguments = vec![
        "--model",
        "dense.tflite",
        "--reference",
        ".",
        "--timeout",
        "5s",
    ];
    for runtime in runtimes {
        arguments.extend(["--runtime", runtime]);
    }
    let ended = tinybench.run_virtual(&[&arguments[..], &["--out", "record.json"]].concat());
    let text = fs::read(tinybench.path("record.json"));
    let record = RunRecord::parse(&text.unwrap_or_else(|_| panic!("{}", ended.stderr))).unwrap();
    (ended.code, ended.stdout, record)
}

#[test]
fn small_code_is_not_asked_of_engines_of_the_user() {
    if !compilers_are_there() {
        return;
    }
    let tinybench = Tinybench::new();
    with_model(&tinybench);
    let engine = project_root().join("examples/runtimes/dense");
    let what = ["--model", "dense.tflite", "--reference", "."];
    let how = ["--runtime", engine.to_str().unwrap(), "--opt", "size"];
    let ended = tinybench.run_virtual(&[what, how].concat());
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(
        ended
            .stderr
            .contains("--opt size is for the project's own runtimes; dense is built as"),
        "{}",
        ended.stderr
    );
}

#[test]
fn engines_in_c_and_rust_are_measured_beside_the_interpreter() {
    if !compilers_are_there() {
        return;
    }
    let tinybench = Tinybench::new();
    with_model(&tinybench);
    let examples = project_root().join("examples/runtimes");
    let [c, rust] = ["dense", "dense-rust"].map(|name| examples.join(name).display().to_string());
    let (code, table, record) = run(&tinybench, &["interpreter", &c, &rust]);
    assert_eq!(code, Some(0), "{record:?}");
    assert!(table.contains("ratio"), "{table}");
    let names: Vec<_> = record
        .results
        .iter()
        .map(|it| it.runtime.name.as_str())
        .collect();
    assert_eq!(names, ["interpreter", "dense", "dense-rust"]);
    for result in &record.results {
        let outputs = result.outputs.as_ref().unwrap();
        assert!(outputs.verified && outputs.mismatches == 0);
        let (flash, memory) = (
            result.flash.as_ref().unwrap(),
            result.memory.as_ref().unwrap(),
        );
        let parts = [
            flash.model_bytes,
            flash.runtime_bytes,
            flash.harness_bytes,
            flash.system_bytes,
        ];
        assert_eq!(parts.iter().sum::<u32>(), flash.total_bytes);
        assert!(flash.runtime_bytes > 500, "{flash:?}");
        let parts = [
            memory.system_bytes,
            memory.runtime_bytes,
            memory.model_bytes,
            memory.intermediate_bytes,
            Some(memory.harness_bytes),
        ];
        let sum: u32 = parts.into_iter().flatten().sum();
        assert_eq!(sum, memory.ram_total_bytes, "{memory:?}");
    }
    let of = |index: usize| record.results[index].memory.as_ref().unwrap();
    assert_eq!(of(0).arena_source, Some(ArenaSource::Host));
    for index in [1, 2] {
        // Two halves of 37 bytes, found on the target in steps of 16.
        let memory = of(index);
        let found = (
            memory.arena_bytes,
            memory.arena_min_bytes,
            memory.arena_source,
        );
        assert_eq!(found, (74, 80, Some(ArenaSource::Target)));
    }
    let builds = record.results.iter().map(|it| it.runtime.build.as_ref());
    let compilers: Vec<_> = builds.map(|it| it.map(|it| it.compiler.clone())).collect();
    assert_eq!(compilers[0], None);
    assert!(compilers[1].as_ref().unwrap().contains("arm-none-eabi-gcc"));
    assert!(compilers[2].as_ref().unwrap().starts_with("rustc 1."));
    tinybench.file("record.json", record.to_json().unwrap().as_bytes());
    reports_are_true(&tinybench, &["record.json"], Some(&table));
}

#[test]
fn an_engine_is_compiled_by_clang() {
    if !compilers_are_there() {
        return;
    }
    if let Err(error) = find_clang() {
        eprintln!("skipped: {error}");
        return;
    }
    let tinybench = Tinybench::new();
    with_model(&tinybench);
    let dense = project_root().join("examples/runtimes/dense/dense.c");
    let text = fs::read_to_string(dense).unwrap();
    tinybench.file("engine/dense.c", text.as_bytes());
    let toml = "name = \"dense\"\nversion = \"1\"\nreads = [\"TFL3\"]\n[c]\nsources = [\"*.c\", \"*.cpp\"]\n\
                compiler = \"clang\"\n";
    tinybench.file("engine/runtime.toml", toml.as_bytes());
    // Headers of both libraries, and a constructor that the library has to keep.
    let cpp = "#include <array>\n#include <cstring>\nstruct S { std::array<char, 4> it;\n\
               S() { std::memset(it.data(), 1, it.size()); } };\nS s;\n";
    tinybench.file("engine/more.cpp", cpp.as_bytes());
    let (code, _, record) = run(&tinybench, &["./engine"]);
    assert_eq!(code, Some(0), "{record:?}");
    let result = &record.results[0];
    assert!(result.outputs.as_ref().unwrap().verified);
    let build = result.runtime.build.as_ref().unwrap();
    assert!(build.compiler.contains("clang"), "{build:?}");
    assert!(
        build
            .libraries
            .contains(&"libc_nano.a of the compiler".to_owned()),
        "{build:?}"
    );
}

#[test]
fn a_runtime_is_found_by_its_name_in_the_folders_of_project_and_user() {
    let tinybench = Tinybench::new();
    let toml = |name: &str| {
        format!(
            "name = \"{name}\"\nversion = \"1\"\nreads = [\"TFL3\"]\n[c]\nsources = [\"none.c\"]\n"
        )
    };
    tinybench.file("engines/here/runtime.toml", toml("of-project").as_bytes());
    tinybench.file(
        "data/tinybench/runtimes/x/runtime.toml",
        toml("of-user").as_bytes(),
    );
    tinybench.file("tinybench.toml", b"runtimes = [\"engines\"]\n");
    let data = tinybench.path("data");
    let run = |arguments: &[&str]| {
        tinybench.ended(
            tinybench
                .command()
                .env("XDG_DATA_HOME", &data)
                .args(arguments),
        )
    };
    let listed = run(&["runtimes"]);
    for name in ["of-project", "of-user"] {
        assert!(listed.stdout.contains(name), "{}", listed.stdout);
        let arguments = [
            "run",
            "--board",
            "nano33",
            "--on",
            "virtual",
            "--workload",
            "ad",
            "--runtime",
        ];
        // It is found, and its source isn't.
        let ended = run(&[&arguments[..], &[name]].concat());
        assert_eq!(ended.code, Some(7), "{}", ended.stderr);
        assert!(
            ended.stderr.contains("sources has `none.c`"),
            "{}",
            ended.stderr
        );
    }
    tinybench.file("tinybench.toml", b"runtimes = [\"engine\"]\n");
    let ended = run(&["runtimes"]);
    assert_eq!(ended.code, Some(7), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("there is no such folder"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_whole_program_is_measured_like_one_that_is_built() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    with_model(&tinybench);
    let (code, _, built) = run(&tinybench, &["interpreter"]);
    assert_eq!(code, Some(0), "{built:?}");
    let runtime = runtime_of(&project_root(), "interpreter");
    let model = tinybench.path("dense.tflite");
    let bytes = fs::read(&model).unwrap();
    let operators = runtime.host().operators(&bytes);
    let request = Request {
        project_root: &project_root(),
        target: NANO33,
        engine: Engine::of_crates(&runtime).unwrap(),
        features: &[],
        operators: &operators,
        room_words: runtime.host().room_words(&bytes),
        model: &model,
        front_end: None,
        learning: false,
        mlperf_model: None,
        mark_pin: None,
        code_offset: 0,
        opt: Opt::Speed,
        from_source: false,
        profile: false,
    };
    let elf = build(&request, &mut |_| ()).unwrap().elf;
    let options = [
        "--model",
        "dense.tflite",
        "--reference",
        ".",
        "--out",
        "record.json",
        "--image",
    ];
    let of_image = |path: &str| tinybench.run_virtual(&[&options[..], &[path]].concat());
    let ended = of_image(elf.to_str().unwrap());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let record = RunRecord::parse(&fs::read(tinybench.path("record.json")).unwrap()).unwrap();
    assert_eq!(record.toolchain, None);
    let [[one], [other]] = [&built, &record].map(|it| it.results.as_slice()) else {
        panic!("{record:?}");
    };
    assert_eq!(one.firmware, other.firmware);
    assert_eq!(one.latency.median_cycles, other.latency.median_cycles);
    assert_eq!(
        (&one.flash, &one.runtime.name),
        (&other.flash, &other.runtime.name)
    );
    let memory = other.memory.as_ref().unwrap();
    assert_eq!(memory.arena_source, Some(ArenaSource::Target));

    // What isn't such a program, or not for this board and this version.
    let bytes = fs::read(&elf).unwrap();
    let (version, symbol) = places_of_block(&bytes);
    let changed = |at: usize, with: &[u8]| {
        let mut bytes = bytes.clone();
        bytes[at..at + with.len()].copy_from_slice(with);
        bytes
    };
    for (name, bytes, code, words) in [
        ("text.elf", b"no program".to_vec(), 7, "text.elf"),
        (
            "other.elf",
            changed(symbol, b"X"),
            7,
            "no symbol `TINYBENCH_BLOCK`",
        ),
        (
            "later.elf",
            changed(version, &[99]),
            6,
            "interface version 99",
        ),
    ] {
        tinybench.file(name, &bytes);
        let ended = of_image(name);
        assert_eq!(ended.code, Some(code), "{name}: {}", ended.stderr);
        assert!(ended.stderr.contains(words), "{name}: {}", ended.stderr);
    }
    let arguments = ["run", "--board", "nucleo-l4r5zi", "--on", "virtual"];
    let elf = elf.to_str().unwrap();
    let ended = tinybench.run(&[&arguments, &options[..], &[elf]].concat());
    assert_eq!(ended.code, Some(7), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("is not for the nucleo-l4r5zi"),
        "{}",
        ended.stderr
    );
}

/// Where in an ELF file the version in its block is, and the name of the block's symbol.
fn places_of_block(elf: &[u8]) -> (usize, usize) {
    let file = object::File::parse(elf).unwrap();
    let symbol = file
        .symbols()
        .find(|it| it.name() == Ok("TINYBENCH_BLOCK"))
        .unwrap();
    let section = file
        .section_by_index(symbol.section_index().unwrap())
        .unwrap();
    let (offset, _) = section.file_range().unwrap();
    // Behind the magic.
    let version = offset + (symbol.address() - section.address()) + 4;
    let names = file
        .section_by_name(".strtab")
        .unwrap()
        .file_range()
        .unwrap()
        .0 as usize;
    let name = b"\0TINYBENCH_BLOCK\0";
    let at = elf[names..].windows(name.len()).position(|it| it == name);
    (version as usize, names + at.unwrap() + 1)
}

#[test]
fn an_update_of_a_library_is_told_and_caught() {
    if !compilers_are_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let programs = Path::new(env!("CARGO_BIN_EXE_tinybench"));
    let output = Command::new(project_root().join("examples/library-update/run"))
        .arg(folder.path())
        .env("PROGRAMS", programs.parent().unwrap())
        .output()
        .unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    // The script itself fails unless `compare` exits with 7 and then with 1.
    assert!(
        output.status.success(),
        "{stdout}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        stdout.contains("flags: ") && stdout.contains("REGRESSION"),
        "{stdout}"
    );
    let report = fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(report.contains("REGRESSION"));
}

/// The few classes of TensorFlow Lite Micro that the adapter uses, around the engine `dense`.
const STAND_IN: [(&str, &str); 3] = [
    (
        "tflm/tensorflow/lite/schema/schema_generated.h",
        "#pragma once\nnamespace tflite {\n\
         struct Model { int version() const { return 3; } };\n\
         inline const Model *GetModel(const void *file) { return static_cast<const Model *>(file); }\n}\n",
    ),
    (
        "tflm/tensorflow/lite/micro/micro_mutable_op_resolver.h",
        "#pragma once\nnamespace tflite {\nstruct MicroOpResolver {};\n\
         template <unsigned N> struct MicroMutableOpResolver : MicroOpResolver {\n\
         int AddFullyConnected() { static_assert(N == 1, \"others\"); return 0; }\n};\n}\n",
    ),
    (
        "tflm/tensorflow/lite/micro/micro_interpreter.h",
        "#pragma once\n#include <cstddef>\n#include <cstdint>\n\
         #include \"tensorflow/lite/micro/micro_mutable_op_resolver.h\"\n\
         #include \"tensorflow/lite/schema/schema_generated.h\"\n\
         #define TFLITE_SCHEMA_VERSION (3)\n\
         enum TfLiteStatus { kTfLiteOk, kTfLiteError };\n\
         struct TfLiteTensor { union { char *raw; } data; size_t bytes; };\n\
         struct Memory { void *data; size_t bytes; };\n\
         extern \"C\" { int32_t dense_prepare(const void *, size_t, void *, size_t);\n\
         Memory dense_input(size_t); Memory dense_output(size_t); int32_t dense_invoke(void);\n\
         size_t dense_used(void); void dense_release(void); }\n\
         namespace tflite {\nclass MicroInterpreter {\npublic:\n\
         MicroInterpreter(const Model *model, const MicroOpResolver &, uint8_t *arena, size_t bytes)\n\
         : model(model), arena(arena), bytes(bytes) {}\n\
         ~MicroInterpreter() { dense_release(); }\n\
         TfLiteStatus AllocateTensors() { return status(dense_prepare(model, 1 << 20, arena, bytes)); }\n\
         TfLiteTensor *input(size_t at) { return of(dense_input(at), tensors[0]); }\n\
         TfLiteTensor *output(size_t at) { return of(dense_output(at), tensors[1]); }\n\
         size_t inputs_size() const { return 1; }\nsize_t outputs_size() const { return 1; }\n\
         TfLiteStatus Invoke() { return status(dense_invoke()); }\n\
         TfLiteStatus Reset() { return kTfLiteOk; }\n\
         size_t arena_used_bytes() const { return dense_used(); }\nprivate:\n\
         static TfLiteStatus status(int32_t code) { return code ? kTfLiteError : kTfLiteOk; }\n\
         static TfLiteTensor *of(Memory memory, TfLiteTensor &tensor) {\n\
         tensor.data.raw = static_cast<char *>(memory.data); tensor.bytes = memory.bytes; return &tensor; }\n\
         const Model *model; uint8_t *arena; size_t bytes; TfLiteTensor tensors[2];\n};\n}\n",
    ),
];

/// Makes a library of the engine `dense` with other names, and what looks like a checkout.
const MAKE_STAND_IN: &str = r#"
git init -q tflm
git -C tflm -c user.name=t -c user.email=t@localhost commit -q --allow-empty -m stand-in
mkdir -p tflm/third_party/flatbuffers/include tflm/third_party/gemmlowp
arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -mfpu=fpv4-sp-d16 -mfloat-abi=hard -O2 -c -I"$1/targets/interface/include" \
    -Dtinybench_runtime_prepare=dense_prepare -Dtinybench_runtime_input=dense_input \
    -Dtinybench_runtime_output=dense_output -Dtinybench_runtime_invoke=dense_invoke \
    -Dtinybench_runtime_arena_used=dense_used -Dtinybench_runtime_release=dense_release \
    -o dense.o "$1/examples/runtimes/dense/dense.c"
arm-none-eabi-ar rcs libmicrolite.a dense.o
"#;

#[test]
fn the_adapter_for_tensorflow_lite_micro_is_compiled_against_a_stand_in() {
    if !compilers_are_there() || !python_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    with_model(&tinybench);
    for (name, text) in STAND_IN {
        tinybench.file(name, text.as_bytes());
    }
    let made = Command::new("sh")
        .args(["-ec", MAKE_STAND_IN, "sh"])
        .arg(project_root())
        .current_dir(tinybench.folder.path())
        .output()
        .unwrap();
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let adapter = project_root().join("examples/runtimes/tflm");
    let mut command = tinybench.command();
    command
        .env("TFLM_DIR", tinybench.path("tflm"))
        .env("TFLM_THIRD_PARTY", tinybench.path("tflm/third_party"))
        .env("TFLM_LIBRARY", tinybench.path("libmicrolite.a"))
        .args([
            "run",
            "--board",
            "nano33",
            "--on",
            "virtual",
            "--model",
            "dense.tflite",
        ])
        .args(["--reference", ".", "--out", "record.json", "--runtime"])
        .arg(adapter);
    let ended = tinybench.ended(&mut command);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let record = RunRecord::parse(&fs::read(tinybench.path("record.json")).unwrap()).unwrap();
    let result = &record.results[0];
    assert!(result.outputs.as_ref().unwrap().verified);
    let build = result.runtime.build.as_ref().unwrap();
    assert!(
        build.libraries[0].starts_with("libmicrolite.a sha256:"),
        "{build:?}"
    );
    assert!(build.flags.contains(&"-fno-exceptions".to_owned()));
}

/// An engine that gives zeros, and misbehaves as it is told by a macro.
const ENGINE: &str = r#"
#include <stdlib.h>
#include "tinybench_runtime.h"
static char *arena;
int32_t tinybench_runtime_prepare(const void *model, size_t size, void *given, size_t bytes)
{
    (void)model; (void)size;
#ifdef FAULTS
    *(volatile int *)0xFFFFFFF0 = 1;
#endif
#ifdef REFUSES
    return 77;
#endif
    if (bytes < 64) return TINYBENCH_RUNTIME_ARENA_TOO_SMALL;
    arena = given;
    return TINYBENCH_RUNTIME_OK;
}
struct tinybench_runtime_tensor tinybench_runtime_input(size_t position)
{
#ifdef OTHER_SIZES
    struct tinybench_runtime_tensor it = {arena, position ? 0 : 36};
#else
    struct tinybench_runtime_tensor it = {arena, position ? 0 : 37};
#endif
    return it;
}
struct tinybench_runtime_tensor tinybench_runtime_output(size_t position)
{
    struct tinybench_runtime_tensor it = {arena + 48, position ? 0 : 11};
    return it;
}
int32_t tinybench_runtime_invoke(void)
{
#ifdef OUTSIDE
    arena[64 + 20] = 1;
#endif
#ifdef FOREVER
    for (;;) {}
#endif
#ifdef RAISES
    extern void raise_it(void);
    raise_it();
#endif
#ifdef LEAKS
    *(volatile char *)malloc(2000) = 1;
#endif
    for (int i = 0; i < 11; i++) arena[48 + i] = 0;
    return TINYBENCH_RUNTIME_OK;
}
size_t tinybench_runtime_arena_used(void) { return 64; }
void tinybench_runtime_release(void) {}
"#;

#[test]
fn what_is_wrong_with_a_runtime_is_told_once_and_the_others_are_measured() {
    if !compilers_are_there() {
        return;
    }
    let tinybench = Tinybench::new();
    with_model(&tinybench);
    tinybench.file("engine.c", ENGINE.as_bytes());
    let throws = "struct S { S() { throw_it(); } void throw_it(); };\n\
                  #include <cstdlib>\nvoid S::throw_it() { abort(); }\nS s;\n";
    tinybench.file("throws/more.cpp", throws.as_bytes());
    tinybench.file(
        "raises/more.cpp",
        b"extern \"C\" void raise_it() { throw 1; }\n",
    );
    let constructs = "struct S { S() { *(volatile int *)0xFFFFFFF0 = 1; } };\nS s;\n";
    tinybench.file("constructs/more.cpp", constructs.as_bytes());
    tinybench.file(
        "broken/more.c",
        b"int nothing(void) { return undeclared; }\n",
    );
    let toml = |name: &str, head: &str, c: &str| {
        format!(
            "name = \"{name}\"\nversion = \"1\"\nreads = [\"TFL3\"]\n{head}\n[c]\n\
             sources = [\"../engine.c\"{}]\n{c}\n",
            match name {
                "throws" | "raises" | "constructs" => ", \"more.cpp\"",
                "broken" => ", \"more.c\"",
                "missing" => ", \"nowhere.c\"",
                _ => "",
            }
        )
    };
    use FailureKind as Kind;
    let cases = [
        (
            "faults",
            "",
            "define = [\"FAULTS\"]",
            Kind::Fault,
            6,
            "faulted",
        ),
        ("throws", "", "", Kind::Fault, 6, "abort"),
        ("constructs", "", "", Kind::Fault, 6, "faulted"),
        (
            "raises",
            "",
            "define = [\"RAISES\"]\nflags = [\"-fexceptions\"]",
            Kind::Fault,
            6,
            "abort",
        ),
        (
            "kind",
            "",
            "compiler = \"armcc\"",
            Kind::UnreadableInput,
            7,
            "with `gcc` or `clang` at its end",
        ),
        (
            "refuses",
            "",
            "define = [\"REFUSES\"]",
            Kind::RefusedModel,
            7,
            "its code 77",
        ),
        (
            "outside",
            "",
            "define = [\"OUTSIDE\"]",
            Kind::Misbehaviour,
            6,
            "20 bytes behind its end",
        ),
        (
            "sizes",
            "",
            "define = [\"OTHER_SIZES\"]",
            Kind::Misbehaviour,
            6,
            "has 37 bytes, the image says 36",
        ),
        (
            "forever",
            "",
            "define = [\"FOREVER\"]",
            Kind::Timeout,
            6,
            "hangs",
        ),
        (
            "leaks",
            "",
            "define = [\"LEAKS\"]\nheap_bytes = 131072",
            Kind::Misbehaviour,
            6,
            "it leaks",
        ),
        (
            "wrong",
            "",
            "",
            Kind::Mismatch,
            3,
            "differs from the reference",
        ),
        ("broken", "", "", Kind::Build, 5, "'undeclared' undeclared"),
        (
            "missing",
            "",
            "",
            Kind::UnreadableInput,
            7,
            "there is no such file",
        ),
        (
            "unset",
            "",
            "include = [\"${NO_SUCH_FOLDER}\"]",
            Kind::Build,
            5,
            "export NO_SUCH_FOLDER=",
        ),
        (
            "nocc",
            "",
            "compiler = \"no-such-gcc\"",
            Kind::Build,
            5,
            "apt-get install gcc-arm-none-eabi",
        ),
        (
            "unknown",
            "licence = \"MIT\"",
            "",
            Kind::UnreadableInput,
            7,
            "unknown field `licence`",
        ),
    ];
    let mut runtimes = Vec::new();
    for (name, head, c, ..) in &cases {
        tinybench.file(
            &format!("{name}/runtime.toml"),
            toml(name, head, c).as_bytes(),
        );
        runtimes.push(format!("./{name}"));
    }
    let mut named: Vec<&str> = runtimes.iter().map(String::as_str).collect();
    named.push("interpreter");
    let (code, _, record) = run(&tinybench, &named);
    assert_eq!(code, Some(6));
    let measured: Vec<_> = record
        .results
        .iter()
        .map(|it| it.runtime.name.as_str())
        .collect();
    assert_eq!(measured, ["interpreter"]);
    let failures: BTreeMap<_, _> = record
        .failures
        .iter()
        .map(|it| (it.runtime_name().unwrap(), it))
        .collect();
    for (name, _, _, kind, exit, words) in &cases {
        let failure = failures[name];
        let found = (&failure.kind, failure.exit_code);
        assert_eq!(found, (kind, *exit), "{name}: {}", failure.message);
        assert!(
            failure.message.contains(words),
            "{name}: {}",
            failure.message
        );
    }
}

//! Turns the board and the model, given as environment variables, into what the linker and the
//! compiler need: `memory.x`, `sections.x`, the model and its size.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::exit;

use tinybench_pipeline::tables::Tables;

/// Bytes at the top of RAM that the stack may use unless the board says otherwise.
const DEFAULT_STACK_BYTES: u32 = 8192;

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));

    // A static library is linked elsewhere, with memories and a model of its own.
    if variable("TINYBENCH_LINKED_ELSEWHERE").is_none() {
        link(&out);
    }

    if env::var_os("CARGO_FEATURE_MLPERF").is_some() {
        let model = required("TINYBENCH_MLPERF_MODEL");
        println!("cargo:rustc-env=TINYBENCH_MLPERF_MODEL={model}");
    }

    println!("cargo:rustc-check-cfg=cfg(armv6m)");
    if required("TARGET").starts_with("thumbv6m-") {
        println!("cargo:rustc-cfg=armv6m");
    }

    if env::var_os("CARGO_FEATURE_ENERGY").is_some() {
        let pin = number("TINYBENCH_MARK_PIN");
        let text = format!("const MARK_PIN: u32 = {pin};\n");
        write(&out.join("mark_pin.rs"), text.as_bytes());
    }

    println!(
        "cargo:rustc-check-cfg=cfg(setup, values(\"nrf52\", \"stm32g0b1\", \"stm32l4r5\", \"stm32u385\", \"stm32u575\"))"
    );
    println!("cargo:rustc-check-cfg=cfg(stm32)");
    if let Some(chip) = variable("TINYBENCH_SETUP") {
        let settings = match chip.as_str() {
            "nrf52" => switch("INSTRUCTION_CACHE"),
            "stm32g0b1" => [
                wait_states(7),
                switch("PREFETCH"),
                switch("INSTRUCTION_CACHE"),
            ]
            .concat(),
            "stm32l4r5" => [
                wait_states(15),
                switch("PREFETCH"),
                switch("INSTRUCTION_CACHE"),
                switch("DATA_CACHE"),
            ]
            .concat(),
            "stm32u385" | "stm32u575" => [
                wait_states(15),
                switch("PREFETCH"),
                switch("INSTRUCTION_CACHE"),
            ]
            .concat(),
            other => fail(&format!(
                "TINYBENCH_SETUP is `{other}`: it must be `nrf52`, `stm32g0b1`, `stm32l4r5`, `stm32u385`, `stm32u575` or unset"
            )),
        };
        write(&out.join("setup.rs"), settings.as_bytes());
        println!("cargo:rustc-cfg=setup=\"{chip}\"");
        if chip.starts_with("stm32") {
            println!("cargo:rustc-cfg=stm32");
        }
    }
}

/// What the linker needs: memories, script, and the parts of one model.
fn link(out: &Path) {
    let flash = region("FLASH");
    let ram = region("RAM");
    let stack_bytes = optional_number("TINYBENCH_STACK_BYTES").unwrap_or(DEFAULT_STACK_BYTES);
    if stack_bytes == 0 || !stack_bytes.is_multiple_of(8) || stack_bytes >= ram.length {
        fail(&format!(
            "TINYBENCH_STACK_BYTES is {stack_bytes}: it must be a multiple of 8, above zero and \
             below the size of RAM, {} bytes",
            ram.length
        ));
    }
    let last = match env::var_os("CARGO_FEATURE_LIBRARY") {
        Some(_) => ".tinybench.harness.support",
        None => ".tinybench.harness",
    };
    let memory = format!(
        "MEMORY\n{{\n  FLASH : ORIGIN = {:#010x}, LENGTH = {:#x}\n  RAM : ORIGIN = {:#010x}, LENGTH = {:#x}\n}}\n\
         /* cortex-m-rt's name for the lowest address of the stack. */\n\
         _stack_end = ORIGIN(RAM) + LENGTH(RAM) - {stack_bytes};\n\
         /* cortex-m-rt's name for where .text begins: behind the sections of tinybench.x. */\n\
         _stext = ALIGN(ADDR({last}) + SIZEOF({last}), 16);\n",
        flash.origin, flash.length, ram.origin, ram.length
    );
    write(&out.join("memory.x"), memory.as_bytes());
    // Of another name than the template, which the linker would find first.
    write(&out.join("sections.x"), script().as_bytes());
    // Where a device crate would name its interrupts.
    write(&out.join("device.x"), b"");
    println!("cargo:rerun-if-changed=tinybench.x");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-link-search={}", out.display());
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
    println!("cargo:rustc-link-arg-bins=-Tsections.x");
    if env::var_os("CARGO_FEATURE_LIBRARY").is_some() {
        link_library(out);
    }

    if env::var_os("CARGO_FEATURE_CALIBRATION").is_none() {
        // A runtime into which its model is compiled has none beside it.
        let bytes = match variable("TINYBENCH_NO_MODEL") {
            Some(_) => Vec::new(),
            None => model(),
        };
        write(&out.join("model.bin"), &bytes);
        write(&out.join("parts.rs"), operators().as_bytes());
    }
    if env::var_os("CARGO_FEATURE_PIPELINE").is_some() {
        let text = required("TINYBENCH_FRONT_END");
        let tables = text
            .parse()
            .and_then(Tables::new)
            .unwrap_or_else(|error| fail(&format!("TINYBENCH_FRONT_END is `{text}`: {error}")));
        write(&out.join("front_end.rs"), front_end(&tables).as_bytes());
    }
}

/// The model file.
fn model() -> Vec<u8> {
    let model = PathBuf::from(required("TINYBENCH_MODEL"));
    println!("cargo:rerun-if-changed={}", model.display());
    fs::read(&model).unwrap_or_else(|error| {
        fail(&format!(
            "can't read the model {}: {error}",
            model.display()
        ))
    })
}

/// The linker script, in which the bytes of the runtime's archives are the runtime's, and its code begins
/// so many bytes further on as is asked for.
fn script() -> String {
    const PLACE: &str = "@RUNTIME@";
    let of_crates = ["classical", "interpreter", "kernels"]
        .map(|name| format!("libtinybench_{name}-*"))
        .join(",");
    let archives = variable("TINYBENCH_RUNTIME_ARCHIVES").unwrap_or(of_crates);
    let offset = optional_number("TINYBENCH_CODE_OFFSET").unwrap_or(0);
    if !offset.is_multiple_of(4) {
        fail(&format!(
            "TINYBENCH_CODE_OFFSET is {offset}: it must be a multiple of 4"
        ));
    }
    let mut script = String::new();
    for line in include_str!("tinybench.x").split_inclusive('\n') {
        if line.contains("@OFFSET@") {
            if offset > 0 {
                script.push_str(&line.replace("@OFFSET@", &offset.to_string()));
            }
        } else if line.contains(":*(") && line.contains(PLACE) {
            script.extend(archives.split(',').map(|it| line.replace(PLACE, it)));
        } else {
            script.push_str(line);
        }
    }
    script
}

/// Has the static library of the runtime linked, and what it needs.
fn link_library(out: &Path) {
    write(&out.join("library.x"), include_bytes!("library.x"));
    println!("cargo:rerun-if-changed=library.x");
    println!("cargo:rustc-link-arg-bins=-Tlibrary.x");
    for name in ["NAME", "VERSION"] {
        let name = format!("TINYBENCH_RUNTIME_{name}");
        println!("cargo:rustc-env={name}={}", required(&name));
    }
    if required("TINYBENCH_RUNTIME_IN_RUST") == "1" {
        // It has a panic handler and a core library as well: those of this program come first.
        println!("cargo:rustc-link-arg-bins=--allow-multiple-definition");
    }
    // Before the compiler's own library, so that memcpy and its like are those of the C library, which
    // the engine has in a product.
    for path in required("TINYBENCH_RUNTIME_LIBRARIES").split('\u{1f}') {
        let path = Path::new(path);
        println!("cargo:rerun-if-changed={}", path.display());
        let (Some(folder), Some(file)) = (path.parent(), path.file_name()) else {
            fail(&format!("{} is no library", path.display()));
        };
        println!("cargo:rustc-link-search=native={}", folder.display());
        // Beside this crate's library, not in it: the linker script goes by the archives' names.
        // All of the engine's own objects are linked, as those of any program are: constructors alone
        // are nothing that anything refers to.
        let all = match file == "libruntime.a" {
            true => "+whole-archive,",
            false => "",
        };
        println!(
            "cargo:rustc-link-lib=static:-bundle,{all}+verbatim={}",
            file.to_string_lossy()
        );
    }
}

/// The registrations that the model needs, as Rust source: all there are, for whoever builds by hand, and
/// none where the runtime is no interpreter.
fn operators() -> &'static str {
    match env::var_os("CARGO_FEATURE_INTERPRETER") {
        Some(_) => "static OPERATORS: &[&Registration] = operators::ALL;\n",
        None => "static OPERATORS: &[&()] = &[];\n",
    }
}

/// A setting of the chip that is on or off, as Rust source.
fn switch(name: &str) -> String {
    let variable = format!("TINYBENCH_{name}");
    match required(&variable).as_str() {
        "1" => format!("pub const {name}: bool = true;\n"),
        "0" => format!("pub const {name}: bool = false;\n"),
        other => fail(&format!("{variable} is `{other}`: it must be 0 or 1")),
    }
}

/// Wait states of the flash, of which the register holds so many, as Rust source.
fn wait_states(most: u32) -> String {
    let states = number("TINYBENCH_WAIT_STATES");
    if states > most {
        fail(&format!(
            "TINYBENCH_WAIT_STATES is {states}: the register has room for {most}"
        ));
    }
    format!("pub const WAIT_STATES: u32 = {states};\n")
}

/// The front end as Rust source: its tables in the section of the pipeline, and what refers to them.
fn front_end(tables: &Tables) -> String {
    let floats = |name: &str, values: &[f32]| {
        let bits: String = values
            .iter()
            .map(|value| format!("f32::from_bits({:#010x}),", value.to_bits()))
            .collect();
        table(name, "f32", values.len(), &bits)
    };
    let edges: String = tables.edges.iter().map(|edge| format!("{edge},")).collect();
    let front_end = tables.front_end();
    [
        floats("WINDOW", &tables.window),
        table("EDGES", "u8", tables.edges.len(), &edges),
        floats("WEIGHTS", &tables.weights),
        floats("DCT", &tables.dct),
        format!(
            "#[unsafe(link_section = \".bss.tinybench_pipeline\")]\n\
             static mut WORK: [f32; {work}] = [0.0; {work}];\n\
             #[unsafe(no_mangle)]\n\
             static TINYBENCH_FRONT_END: FrontEnd = FrontEnd {{ frames: {}, hop_samples: {}, \
             fft_samples: {fft}, fft: features::rfft_{fft}, mel_bands: {}, \
             log_floor: f32::from_bits({:#010x}), first_bin: {}, window: Table::new(&WINDOW), \
             edges: Table::new(&EDGES), weights: Table::new(&WEIGHTS), dct: Table::new(&DCT), \
             work: (&raw mut WORK).cast(), work_words: {work} }};\n",
            front_end.frames,
            front_end.hop_samples,
            front_end.mel_bands,
            front_end.log_floor.to_bits(),
            front_end.first_bin,
            work = front_end.work_words(),
            fft = front_end.fft_samples,
        ),
    ]
    .concat()
}

/// A static array in the section of the pipeline.
fn table(name: &str, kind: &str, length: usize, values: &str) -> String {
    format!(
        "#[unsafe(link_section = \".tinybench.pipeline.{}\")]\n\
         static {name}: [{kind}; {length}] = [{values}];\n",
        name.to_lowercase()
    )
}

/// A memory of the board.
struct Region {
    origin: u32,
    length: u32,
}

fn region(name: &str) -> Region {
    let region = Region {
        origin: number(&format!("TINYBENCH_{name}_ORIGIN")),
        length: number(&format!("TINYBENCH_{name}_LENGTH")),
    };
    if region.length == 0 || region.origin.checked_add(region.length - 1).is_none() {
        fail(&format!(
            "{name} at {:#010x} with {:#x} bytes doesn't fit a 32-bit address space",
            region.origin, region.length
        ));
    }
    region
}

fn number(name: &str) -> u32 {
    optional_number(name).unwrap_or_else(|| {
        required(name);
        unreachable!("a variable that is set was parsed")
    })
}

fn optional_number(name: &str) -> Option<u32> {
    let text = variable(name)?;
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => text.parse(),
    };
    Some(parsed.unwrap_or_else(|_| fail(&format!("{name} is `{text}`, not a 32-bit number"))))
}

fn required(name: &str) -> String {
    variable(name).unwrap_or_else(|| {
        fail(&format!(
            "{name} isn't set. `tinybench run` builds this program with the board's values; \
             README.md lists them for a build by hand"
        ))
    })
}

fn variable(name: &str) -> Option<String> {
    println!("cargo:rerun-if-env-changed={name}");
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn write(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes)
        .unwrap_or_else(|error| fail(&format!("can't write {}: {error}", path.display())));
}

fn fail(message: &str) -> ! {
    eprintln!("error: {message}");
    exit(1)
}

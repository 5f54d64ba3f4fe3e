//! Runs cargo on the firmware's workspace.

use super::environment::changes_the_build;
use super::key::Sources;
use super::toolchain::Toolchain;
use super::{BuildError, Event, Job, cargo_config, firmware_folder, neighbours};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs, thread};
use tinybench_inputs::board::target::{FlashSetup, Setup, Target};
use tinybench_support::interrupt;

/// Compiler, linker or cargo refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("building the firmware failed:\n{words}")]
pub struct CompileError {
    /// What the compiler, or cargo if it came no further, said.
    pub words: String,
}

/// What cargo calls the firmware's library.
const LIBRARY: &str = "tinybench_firmware";

/// Compiles the firmware in `folder` and returns the path of the ELF file, or of the static library that is
/// to be linked.
pub(super) fn compile(
    job: &Job,
    toolchain: &Toolchain,
    folder: &Path,
    on_event: &mut dyn FnMut(Event),
) -> Result<PathBuf, BuildError> {
    let firmware = absolute(&firmware_folder(job.project_root))?;
    let total = count_packages(job, toolchain, &firmware);
    let mut command = command(job, toolchain, &firmware, &absolute(folder)?)?;
    let program = command.get_program().to_owned();
    let (mut child, watched) =
        interrupt::spawn(&mut command).map_err(BuildError::io(Path::new(&program)))?;
    let (Some(stdout), Some(mut stderr)) = (child.stdout.take(), child.stderr.take()) else {
        unreachable!("both were asked for")
    };
    // Read on a thread, so that neither pipe fills up while the other is waited for.
    let progress = thread::spawn(move || {
        let mut text = String::new();
        // What isn't text is not worth more than the compiler's messages.
        let _ = stderr.read_to_string(&mut text);
        text
    });

    let mut compiled = BTreeSet::new();
    let mut complaints = String::new();
    let mut made = None;
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        // Build scripts may print lines that aren't messages.
        let Ok(message) = serde_json::from_str(&line) else {
            continue;
        };
        match message {
            Line::CompilerArtifact(artifact) => {
                made = match job.binary {
                    Some(binary) if artifact.target.name == binary => artifact.executable,
                    None if artifact.target.name == LIBRARY => artifact.library(),
                    _ => None,
                }
                .or(made);
                if compiled.insert(artifact.package_id) {
                    on_event(Event::Compiling {
                        done: compiled.len(),
                        total: total.max(compiled.len()),
                        name: artifact.target.name,
                    });
                }
            }
            Line::CompilerMessage { message } if message.level.starts_with("error") => {
                complaints.push_str(&message.rendered);
            }
            Line::CompilerMessage { .. } | Line::Other => {}
        }
    }
    drop(watched);
    let status = child.wait().map_err(BuildError::io(Path::new(&program)))?;
    let progress = progress.join().unwrap_or_default();
    match made {
        Some(made) if status.success() => Ok(made),
        _ => {
            let words = if complaints.is_empty() {
                progress.clone()
            } else {
                complaints
            };
            if tells_of_a_full_disk(&words) || tells_of_a_full_disk(&progress) {
                return Err(BuildError::DiskFull(folder.to_owned()));
            }
            Err(too_big(&words, &job.target).unwrap_or_else(|| {
                CompileError {
                    words: words.trim_end().to_owned(),
                }
                .into()
            }))
        }
    }
}

/// Has cargo compile those of the project's own packages anew whose sources aren't the ones it
/// compiled last in `folder`.
///
/// Cargo itself goes by the times of files, which a restored backup or an unpacked archive can
/// set back; and an image with old code in it would be kept for good.
pub(super) fn forget_old_sources(
    job: &Job,
    toolchain: &Toolchain,
    folder: &Path,
    sources: &Sources,
) -> Result<(), BuildError> {
    let stamp = folder.join("sources.json");
    let last = fs::read(&stamp).unwrap_or_default();
    // Packages of other jobs keep their entries. Without a readable stamp nothing is known.
    let mut known: Sources = serde_json::from_slice(&last).unwrap_or_default();
    let old = sources
        .iter()
        .filter(|(package, hash)| known.get(*package) != Some(*hash));
    let old: Vec<_> = old
        .flat_map(|(package, _)| ["--package", package])
        .collect();
    if old.is_empty() {
        return Ok(());
    }
    fs::create_dir_all(folder).map_err(BuildError::place(folder))?;
    let mut command = cargo(toolchain, &firmware_folder(job.project_root));
    command
        .args([
            "clean",
            "--release",
            "--target",
            &toolchain.compiled_by.target,
        ])
        .args(&old)
        .arg("--target-dir")
        .arg(absolute(folder)?);
    let output = command
        .output()
        .map_err(BuildError::io(&toolchain.programs.cargo))?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr)
            .trim_end()
            .to_owned();
        return Err(CompileError { words }.into());
    }
    known.extend(sources.clone());
    let text = serde_json::to_vec(&known).expect("a map of texts has a JSON form");
    fs::write(&stamp, text).map_err(BuildError::io(&stamp))
}

/// The cargo call.
fn command(
    job: &Job,
    toolchain: &Toolchain,
    firmware: &Path,
    folder: &Path,
) -> Result<Command, BuildError> {
    let programs = &toolchain.programs;
    let mut command = cargo(toolchain, firmware);
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .arg(if job.binary.is_some() {
            "build"
        } else {
            "rustc"
        })
        .args(["--release", "--locked", "--message-format=json"])
        .args([
            "--target",
            &toolchain.compiled_by.target,
            "--features",
            &job.features,
        ])
        .arg("--target-dir")
        .arg(folder)
        .args(job.opt.arguments());
    match job.binary {
        Some(binary) => command.args(["--bin", binary]),
        None => command.args(["--lib", "--crate-type", "staticlib"]),
    };
    if programs.library_sources.is_some() {
        command.args(["-Z", "build-std=core"]);
    }
    let home = cargo_home();
    command.args(cargo_config::overruled(
        firmware,
        home.as_deref(),
        &toolchain.compiled_by.target,
        folder,
        cargo_config::FIRMWARE,
    )?);
    if let Some(linker) = &programs.linker {
        let triple = toolchain
            .compiled_by
            .target
            .to_uppercase()
            .replace(['-', '.'], "_");
        command.env(format!("CARGO_TARGET_{triple}_LINKER"), linker);
    }
    // The variable, rather than the one with blanks in between, allows for blanks in paths, and
    // it outranks flags in configuration files.
    let mut flags: Vec<String> = toolchain.rustc_flags().map(str::to_owned).collect();
    flags.extend(remapped_paths(job, toolchain, folder)?);
    command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));

    let target = &job.target;
    if job.binary.is_some() {
        tell_the_linker(&mut command, job)?;
    } else {
        command.env("TINYBENCH_LINKED_ELSEWHERE", "1");
    }
    if let Some(model) = job.mlperf_model {
        command.env("TINYBENCH_MLPERF_MODEL", model);
    }
    if let Some(pin) = job.mark_pin {
        command.env("TINYBENCH_MARK_PIN", pin.to_string());
    }
    if let Some(setup) = target.setup {
        command.envs(variables(setup));
    }
    Ok(command)
}

/// The environment variables of what is linked by cargo.
fn tell_the_linker(command: &mut Command, job: &Job) -> Result<(), BuildError> {
    let target = &job.target;
    command
        .env(
            "TINYBENCH_FLASH_ORIGIN",
            format!("{:#x}", target.flash.origin),
        )
        .env(
            "TINYBENCH_FLASH_LENGTH",
            format!("{:#x}", target.flash.length),
        )
        .env("TINYBENCH_RAM_ORIGIN", format!("{:#x}", target.ram.origin))
        .env("TINYBENCH_RAM_LENGTH", format!("{:#x}", target.ram.length));
    match job.model {
        Some(model) => command.env("TINYBENCH_MODEL", absolute(model)?),
        None => command.env("TINYBENCH_NO_MODEL", "1"),
    };
    if let Some(parameters) = job.front_end {
        command.env("TINYBENCH_FRONT_END", parameters.to_string());
    }
    if !job.archives.is_empty() {
        command.env("TINYBENCH_RUNTIME_ARCHIVES", &job.archives);
    }
    if let Some(library) = job.library {
        let paths: Vec<_> = library
            .archives
            .iter()
            .map(|it| it.display().to_string())
            .collect();
        command
            .env("TINYBENCH_RUNTIME_NAME", &library.name)
            .env("TINYBENCH_RUNTIME_VERSION", &library.version)
            .env("TINYBENCH_RUNTIME_LIBRARIES", paths.join("\u{1f}"))
            .env(
                "TINYBENCH_RUNTIME_IN_RUST",
                u8::from(library.in_rust).to_string(),
            );
    }
    if job.code_offset > 0 {
        command.env("TINYBENCH_CODE_OFFSET", job.code_offset.to_string());
    }
    Ok(())
}

/// The environment variables that tell the firmware's build how to set the chip up.
fn variables(setup: Setup) -> Vec<(&'static str, String)> {
    let switch = |on: bool| u8::from(on).to_string();
    let of_flash = |name: &str, flash: FlashSetup| {
        vec![
            ("TINYBENCH_SETUP", name.to_owned()),
            ("TINYBENCH_WAIT_STATES", flash.wait_states.to_string()),
            ("TINYBENCH_PREFETCH", switch(flash.prefetch)),
            (
                "TINYBENCH_INSTRUCTION_CACHE",
                switch(flash.instruction_cache),
            ),
        ]
    };
    match setup {
        Setup::Nrf52 { instruction_cache } => vec![
            ("TINYBENCH_SETUP", "nrf52".to_owned()),
            ("TINYBENCH_INSTRUCTION_CACHE", switch(instruction_cache)),
        ],
        Setup::Stm32g0b1(flash) => of_flash("stm32g0b1", flash),
        Setup::Stm32u385(flash) => of_flash("stm32u385", flash),
        Setup::Stm32u575(flash) => of_flash("stm32u575", flash),
        Setup::Stm32l4r5 { flash, data_cache } => {
            let mut all = of_flash("stm32l4r5", flash);
            all.push(("TINYBENCH_DATA_CACHE", switch(data_cache)));
            all
        }
    }
}

/// Cargo of a toolchain in the firmware's folder, free of what an outer cargo has set.
pub(super) fn cargo(toolchain: &Toolchain, firmware: &Path) -> Command {
    let programs = &toolchain.programs;
    let mut command = Command::new(&programs.cargo);
    command.current_dir(firmware).stdin(Stdio::null());
    for (name, _) in env::vars_os() {
        if name.to_str().is_none_or(changes_the_build) {
            command.env_remove(name);
        }
    }
    command.env("RUSTC", &programs.rustc);
    // Variables outrank configuration files: no wrapper, and nothing that is compiled in parts.
    command.env("RUSTC_WRAPPER", "");
    command.env("RUSTC_WORKSPACE_WRAPPER", "");
    command.env("CARGO_INCREMENTAL", "0");
    if programs.library_sources.is_some() {
        command.env("RUSTC_BOOTSTRAP", "1");
    }
    command
}

/// Cargo's own folder, as cargo finds it.
pub(super) fn cargo_home() -> Option<PathBuf> {
    let named = env::var_os("CARGO_HOME").map(PathBuf::from);
    named.or_else(|| env::home_dir().map(|home| home.join(".cargo")))
}

/// Flags that replace the paths of this machine, which debug information and panics hold, by
/// names that are the same everywhere.
fn remapped_paths(
    job: &Job,
    toolchain: &Toolchain,
    folder: &Path,
) -> Result<Vec<String>, BuildError> {
    let root = absolute(job.project_root)?;
    // Where several prefixes match, the compiler takes the last.
    let mut names = vec![(root.clone(), "/tinybench".to_owned())];
    names.extend(outer_names(toolchain));
    names.push((folder.to_owned(), "/target".to_owned()));
    for (link, name) in neighbours::names() {
        names.push((link.clone(), name.clone()));
        names.push((firmware_folder(&root).join(link), name));
    }
    Ok(names.iter().map(remapped).collect())
}

/// The folders outside of any project from which sources come, and what those are called: cargo's home, and
/// the library's sources where the library is built.
pub(super) fn outer_names(toolchain: &Toolchain) -> Vec<(PathBuf, String)> {
    let mut names = Vec::new();
    if let Some(home) = cargo_home() {
        names.push((home, "/cargo".to_owned()));
    }
    if let Some(sources) = &toolchain.programs.library_sources {
        names.push((sources.clone(), "/rustc".to_owned()));
        if let Ok(sources) = sources.canonicalize() {
            names.push((sources, "/rustc".to_owned()));
        }
    }
    names
}

/// The flag that replaces a path by a name.
pub(super) fn remapped((path, name): &(PathBuf, String)) -> String {
    format!("--remap-path-prefix={}={name}", path.display())
}

fn absolute(path: &Path) -> Result<PathBuf, BuildError> {
    path.canonicalize()
        .or_else(|_| std::path::absolute(path))
        .map_err(BuildError::io(path))
}

/// How many packages there are to compile; 0 if cargo doesn't say, for the build then will.
fn count_packages(job: &Job, toolchain: &Toolchain, firmware: &Path) -> usize {
    let output = cargo(toolchain, firmware)
        .args([
            "tree",
            "--locked",
            "--edges",
            "normal,build",
            "--prefix",
            "none",
        ])
        .args(["--target", &toolchain.compiled_by.target])
        .args(["--features", &job.features])
        .output();
    let text = output.map(|output| output.stdout).unwrap_or_default();
    // A package that was listed before is marked behind its name and version.
    let name_and_version = |line: &str| {
        let mut words = line.split(' ').map(str::to_owned);
        Some((words.next()?, words.next()?))
    };
    let packages: BTreeSet<_> = String::from_utf8_lossy(&text)
        .lines()
        .filter_map(name_and_version)
        .collect();
    let library = match toolchain.programs.library_sources {
        Some(_) => 2, // core and compiler_builtins
        None => 0,
    };
    packages.len() + library
}

/// Turns lld's `section '.text' will not fit in region 'FLASH': overflowed by 123 bytes` into
/// sizes. Each section that doesn't fit has its own line; the last one reaches furthest.
fn too_big(words: &str, target: &Target) -> Option<BuildError> {
    let overflow = |memory: &str| {
        let marker = format!("will not fit in region '{memory}': overflowed by ");
        words
            .lines()
            .filter_map(|line| {
                line.split_once(&marker)?
                    .1
                    .split(' ')
                    .next()?
                    .parse::<u64>()
                    .ok()
            })
            .max()
    };
    [("FLASH", target.flash), ("RAM", target.ram)]
        .into_iter()
        .find_map(|(name, memory)| {
            let available = u64::from(memory.length);
            let needed = available + overflow(name)?;
            Some(BuildError::ImageTooBig {
                memory: name.to_owned(),
                needed,
                available,
                advice: None,
            })
        })
}

/// Whether a failure is that of a full disk, which the compiler says, and of which the linker dies:
/// it writes to files that are mapped into memory.
fn tells_of_a_full_disk(words: &str) -> bool {
    let signs = [
        "No space left on device",
        "os error 28",
        "SIGBUS",
        "Bus error",
    ];
    signs.iter().any(|sign| words.contains(sign))
}

/// A line of cargo's JSON output (the Cargo Book, "External tools").
#[derive(Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
enum Line {
    CompilerArtifact(Artifact),
    CompilerMessage {
        message: Diagnostic,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Artifact {
    package_id: String,
    target: ArtifactTarget,
    executable: Option<PathBuf>,
    filenames: Vec<PathBuf>,
}

impl Artifact {
    /// The static library among its files.
    fn library(&self) -> Option<PathBuf> {
        let is_library = |file: &&PathBuf| file.extension().is_some_and(|it| it == "a");
        self.filenames.iter().find(is_library).cloned()
    }
}

#[derive(Deserialize)]
struct ArtifactTarget {
    name: String,
}

#[derive(Deserialize)]
struct Diagnostic {
    level: String,
    rendered: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use tinybench_inputs::board::target::Memory;
    use tinybench_inputs::runtimes::Runtimes;

    const TARGET: Target = Target {
        rustc_target: "thumbv7em-none-eabihf",
        core: "cortex-m4f",
        flash: Memory {
            origin: 0,
            length: 0x1000,
        },
        ram: Memory {
            origin: 0x2000_0000,
            length: 0x800,
        },
        setup: None,
    };

    #[test]
    fn the_crates_that_the_linker_script_takes_for_the_runtimes_are_those_of_their_manifests() {
        let targets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../targets");
        let program = fs::read_to_string(targets.join("firmware/build.rs")).unwrap();
        let (_, rest) = program.split_once("let of_crates = [").unwrap();
        let (listed, _) = rest.split_once(']').unwrap();
        let listed: Vec<&str> = listed.split(", ").map(|it| it.trim_matches('"')).collect();
        let runtimes = Runtimes::new(&targets.join(".."), &[]).all();
        let own = runtimes.iter().filter(|it| it.folder.starts_with(&targets));
        let crates = own.flat_map(|runtime| {
            let rust = runtime.manifest().unwrap().rust.as_ref().unwrap();
            rust.crates.iter().map(|it| it.name.as_str())
        });
        let mut crates: Vec<&str> = crates.collect();
        crates.sort_unstable();
        assert_eq!(listed, crates);
    }

    #[test]
    fn an_overflow_becomes_sizes() {
        let words = "error: linking with `rust-lld` failed: exit status: 1\n\
            = note: rust-lld: error: section '.text' will not fit in region 'FLASH': overflowed by 16 bytes\n\
            rust-lld: error: section '.rodata' will not fit in region 'FLASH': overflowed by 116 bytes\n";
        let error = too_big(words, &TARGET).unwrap();
        assert_eq!(
            error.to_string(),
            "the firmware is too big for FLASH: it needs 4212 bytes, the board has 4096"
        );
        let words =
            "ld.lld: error: section '.bss' will not fit in region 'RAM': overflowed by 2 bytes";
        assert!(matches!(
            too_big(words, &TARGET),
            Some(BuildError::ImageTooBig {
                needed: 0x802,
                available: 0x800,
                ..
            })
        ));
        assert!(too_big("error: cannot find value `x` in this scope", &TARGET).is_none());
    }

    #[test]
    fn a_linker_that_dies_of_a_full_disk_is_known() {
        for words in [
            "error: failed to write /x: No space left on device (os error 28)",
            "error: linking with `rust-lld` failed: signal: 7 (SIGBUS) (core dumped)",
            "collect2: fatal error: ld terminated with signal 7 [Bus error]",
        ] {
            assert!(tells_of_a_full_disk(words), "{words}");
        }
        assert!(!tells_of_a_full_disk("error: cannot find value `x`"));
    }
}

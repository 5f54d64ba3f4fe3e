//! Runs cargo on the firmware's workspace.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use serde::Deserialize;

use super::toolchain::Toolchain;
use super::{BuildError, Event, Request, Target, firmware_folder};

/// Name of the firmware's package and binary.
const PACKAGE: &str = "tinybench-firmware";

/// Compiler, linker or cargo refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("building the firmware failed:\n{words}")]
pub struct CompileError {
    /// What the compiler, or cargo if it came no further, said.
    pub words: String,
}

/// Compiles the firmware in `folder` and returns the path of the ELF file.
pub(super) fn compile(
    request: &Request,
    toolchain: &Toolchain,
    folder: &Path,
    on_event: &mut dyn FnMut(Event),
) -> Result<PathBuf, BuildError> {
    let firmware = absolute(&firmware_folder(request.project_root))?;
    let total = count_packages(&firmware.join("Cargo.lock"))?
        + if toolchain.programs.library_sources.is_some() {
            2
        } else {
            0
        };

    let mut command = command(request, toolchain, &firmware, &absolute(folder)?)?;
    let program = command.get_program().to_owned();
    let mut child = command
        .spawn()
        .map_err(BuildError::io(Path::new(&program)))?;
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
    let mut executable = None;
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        // Build scripts may print lines that aren't messages.
        let Ok(message) = serde_json::from_str(&line) else {
            continue;
        };
        match message {
            Message::CompilerArtifact(artifact) => {
                if artifact.target.name == PACKAGE && artifact.executable.is_some() {
                    executable = artifact.executable;
                }
                if compiled.insert(artifact.package_id) {
                    on_event(Event::Compiling {
                        done: compiled.len(),
                        total: total.max(compiled.len()),
                        name: artifact.target.name,
                    });
                }
            }
            Message::CompilerMessage { message } if message.level.starts_with("error") => {
                complaints.push_str(&message.rendered);
            }
            Message::CompilerMessage { .. } | Message::Other => {}
        }
    }
    let status = child.wait().map_err(BuildError::io(Path::new(&program)))?;
    let progress = progress.join().unwrap_or_default();
    match executable {
        Some(executable) if status.success() => Ok(executable),
        _ => {
            let words = if complaints.is_empty() {
                progress
            } else {
                complaints
            };
            Err(too_big(&words, &request.target).unwrap_or_else(|| {
                CompileError {
                    words: words.trim_end().to_owned(),
                }
                .into()
            }))
        }
    }
}

/// The cargo call.
fn command(
    request: &Request,
    toolchain: &Toolchain,
    firmware: &Path,
    folder: &Path,
) -> Result<Command, BuildError> {
    let programs = &toolchain.programs;
    let mut command = Command::new(&programs.cargo);
    command
        .current_dir(firmware)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .args(["build", "--release", "--locked", "--message-format=json"])
        .args(["--target", &toolchain.target])
        .args(["--features", request.runtime])
        .arg("--target-dir")
        .arg(folder);
    for (name, _) in env::vars_os() {
        if name.to_str().is_none_or(changes_the_build) {
            command.env_remove(name);
        }
    }
    command.env("RUSTC", &programs.rustc);
    if programs.library_sources.is_some() {
        command
            .args(["-Z", "build-std=core"])
            .env("RUSTC_BOOTSTRAP", "1");
    }
    if let Some(linker) = &programs.linker {
        let triple = toolchain.target.to_uppercase().replace(['-', '.'], "_");
        command.env(format!("CARGO_TARGET_{triple}_LINKER"), linker);
    }
    // The variable, rather than the one with blanks in between, allows for blanks in paths, and
    // it outranks flags in configuration files.
    let mut flags: Vec<String> = toolchain.rustc_flags().map(str::to_owned).collect();
    flags.extend(remapped_paths(request, toolchain, folder)?);
    command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));

    let target = &request.target;
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
        .env("TINYBENCH_RAM_LENGTH", format!("{:#x}", target.ram.length))
        .env("TINYBENCH_MODEL", absolute(request.model)?);
    if let Some(cache) = target.instruction_cache {
        command.env("TINYBENCH_INSTRUCTION_CACHE", if cache { "1" } else { "0" });
    }
    Ok(command)
}

/// Whether an environment variable could change the image: an outer cargo sets many.
fn changes_the_build(name: &str) -> bool {
    const HARMLESS: [&str; 5] = [
        "CARGO_HOME",
        "CARGO_HTTP_",
        "CARGO_NET_",
        "CARGO_REGISTRIES_",
        "CARGO_REGISTRY_",
    ];
    if HARMLESS.iter().any(|prefix| name.starts_with(prefix)) {
        return false;
    }
    let prefixes = [
        "CARGO",
        "RUSTC",
        "RUSTFLAGS",
        "RUSTDOC",
        "TINYBENCH_",
        "SOURCE_DATE_EPOCH",
    ];
    prefixes.iter().any(|prefix| name.starts_with(prefix))
}

/// Flags that replace the paths of this machine, which debug information and panics hold, by
/// names that are the same everywhere.
fn remapped_paths(
    request: &Request,
    toolchain: &Toolchain,
    folder: &Path,
) -> Result<Vec<String>, BuildError> {
    let root = absolute(request.project_root)?;
    // Where several prefixes match, the compiler takes the last.
    let mut names = vec![(root.clone(), "/tinybench".to_owned())];
    let home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| {
        // As cargo finds it.
        env::home_dir().map(|home| home.join(".cargo"))
    });
    if let Some(home) = home {
        names.push((home, "/cargo".to_owned()));
    }
    if let Some(sources) = &toolchain.programs.library_sources {
        names.push((sources.clone(), "/rustc".to_owned()));
        if let Ok(sources) = sources.canonicalize() {
            names.push((sources, "/rustc".to_owned()));
        }
    }
    names.push((folder.to_owned(), "/target".to_owned()));
    // The links through which the firmware's workspace holds its neighbours.
    for (link, crate_folder) in [
        ("interface", "interface".to_owned()),
        (request.runtime, format!("runtimes/{}", request.runtime)),
    ] {
        let link = Path::new("deps").join(link);
        let name = format!("/tinybench/targets/{crate_folder}");
        names.push((link.clone(), name.clone()));
        names.push((firmware_folder(&root).join(link), name));
    }
    Ok(names
        .into_iter()
        .map(|(path, name)| format!("--remap-path-prefix={}={name}", path.display()))
        .collect())
}

fn absolute(path: &Path) -> Result<PathBuf, BuildError> {
    path.canonicalize()
        .or_else(|_| std::path::absolute(path))
        .map_err(BuildError::io(path))
}

/// How many packages a lock file names.
fn count_packages(lock: &Path) -> Result<usize, BuildError> {
    let text = fs::read_to_string(lock).map_err(BuildError::io(lock))?;
    Ok(text.lines().filter(|line| *line == "[[package]]").count())
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
            })
        })
}

/// A line of cargo's JSON output (the Cargo Book, "External tools").
#[derive(Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
enum Message {
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

//! Finds a compiler for the firmware.
//!
//! Two kinds will do: a `rustc` on the search path whose installation has the target's library,
//! as `rustup target add` leaves it; or Debian's `rustc-web` and `cargo-web`, with which cargo
//! builds the library itself from the sources in `rust-web-src`. The sources must be of the
//! compiler's own version, and building them with a stable compiler needs `RUSTC_BOOTSTRAP`.

use super::Opt;
use serde::{Deserialize, Serialize};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tinybench_support::exits_with;

/// Chooses the kind of toolchain: `rustup` or `debian`. Unset: whichever is there, in this order.
const PREFERENCE: &str = "TINYBENCH_FIRMWARE_TOOLCHAIN";

/// Oldest compiler that can build the firmware, as `rust-version` in its manifest says.
const OLDEST: (u32, u32) = (1, 89);

/// A compiler for a target, and how it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toolchain {
    /// What is told of it beside what it compiles.
    pub compiled_by: CompiledBy,
    /// Which kind it is.
    pub source: ToolchainSource,
    pub(super) programs: Programs,
}

/// What compiled an image, as far as it decides the code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompiledBy {
    /// Version of the compiler, such as `1.95.0 (59807616e 2026-04-14)`.
    pub rustc: String,
    /// Target triple.
    pub target: String,
    /// Optimisation level of the kernels, and of the whole runtime for classical models.
    pub opt_level: String,
    /// Flags and settings that decide the code, free of paths.
    pub flags: Vec<String>,
}

/// The kinds of toolchain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToolchainSource {
    /// The `rustc` on the search path, with the target's library installed.
    Rustup,
    /// Debian's `rustc-web`, `cargo-web` and `rust-web-src`.
    DebianWeb,
}

/// Where the parts of a toolchain are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Programs {
    pub(super) rustc: PathBuf,
    pub(super) cargo: PathBuf,
    /// The linker, where the compiler doesn't bring its own.
    pub(super) linker: Option<PathBuf>,
    /// The library sources, where the library has to be built.
    pub(super) library_sources: Option<PathBuf>,
}

/// Why no toolchain can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ToolchainError {
    /// No toolchain is complete.
    #[error(
        "no Rust toolchain here can build firmware for {target}:\n  rustup: {rustup}\n  \
         Debian: {debian}\nRun scripts/setup --firmware in a clone of the repository, which installs one of the two; by hand: \
         `rustup target add {target}`, or `apt-get install rustc-web cargo-web rust-web-src lld`"
    )]
    Missing {
        /// Target triple.
        target: String,
        /// What the rustup kind lacks.
        rustup: String,
        /// What the Debian kind lacks.
        debian: String,
    },
    /// The variable that chooses names no kind.
    #[error("{PREFERENCE} is `{0}`; it must be `rustup`, `debian` or unset")]
    Preference(String),
}

exits_with!(ToolchainError => Build);

/// Finds a toolchain that can build for `target`.
pub fn find_toolchain(target: &str) -> Result<Toolchain, ToolchainError> {
    let preference = env::var(PREFERENCE).unwrap_or_default();
    find(target, &preference, &Places::default())
}

/// Where toolchains are looked for.
struct Places {
    /// The compiler and cargo that a rustup installation puts on the search path.
    path_rustc: PathBuf,
    path_cargo: PathBuf,
    /// Folder of Debian's programs.
    debian: PathBuf,
}

impl Default for Places {
    fn default() -> Self {
        Self {
            path_rustc: "rustc".into(),
            path_cargo: "cargo".into(),
            debian: "/usr/bin".into(),
        }
    }
}

fn find(target: &str, preference: &str, places: &Places) -> Result<Toolchain, ToolchainError> {
    let excluded = |kind: &str| Err(format!("not tried, {PREFERENCE} is `{kind}`"));
    let rustup = match preference {
        "" | "rustup" => on_path(target, places),
        "debian" => excluded(preference),
        other => return Err(ToolchainError::Preference(other.to_owned())),
    };
    let rustup = match rustup {
        Ok(toolchain) => return Ok(toolchain),
        Err(reason) => reason,
    };
    let debian = match preference {
        "rustup" => excluded(preference),
        _ => debian_web(target, places),
    };
    debian.map_err(|debian| ToolchainError::Missing {
        target: target.to_owned(),
        rustup,
        debian,
    })
}

/// The compiler on the search path, if it has the target's library.
fn on_path(target: &str, places: &Places) -> Result<Toolchain, String> {
    let rustc = &places.path_rustc;
    let version = Version::of(rustc)?;
    let folder = run(rustc, &["--print", "target-libdir", "--target", target])?;
    if !has_library(Path::new(folder.trim())) {
        return Err(format!(
            "rustc {} has no library for {target}",
            version.release
        ));
    }
    run(&places.path_cargo, &["--version"])?;
    Ok(Toolchain {
        compiled_by: CompiledBy {
            rustc: version.full,
            target: target.to_owned(),
            opt_level: Opt::Speed.level().to_owned(),
            flags: base_flags(),
        },
        source: ToolchainSource::Rustup,
        programs: Programs {
            rustc: rustc.clone(),
            cargo: places.path_cargo.clone(),
            linker: None,
            library_sources: None,
        },
    })
}

/// Debian's compiler, if library sources and a linker are there.
fn debian_web(target: &str, places: &Places) -> Result<Toolchain, String> {
    let rustc = places.debian.join("rustc");
    let version = Version::of(&rustc)?;
    let cargo = places.debian.join("cargo");
    run(&cargo, &["--version"])?;
    let sysroot = PathBuf::from(run(&rustc, &["--print", "sysroot"])?.trim());
    let sources = sysroot.join("lib/rustlib/src/rust");
    if !sources.join("library/core/src/lib.rs").is_file() {
        return Err(format!(
            "no library sources in {} (rust-web-src)",
            sources.display()
        ));
    }
    if let Ok(of_sources) = fs::read_to_string(sources.join("src/version"))
        && of_sources.trim() != version.release
    {
        return Err(format!(
            "the library sources are of version {}, the compiler is {}",
            of_sources.trim(),
            version.release
        ));
    }
    run(&rustc, &["--print", "target-libdir", "--target", target])?;
    let (linker, linker_version) = find_linker(&sysroot, &version.host, places)?;
    let mut flags = base_flags();
    flags.push("-Zbuild-std=core".to_owned());
    flags.push(format!("linker={linker_version}"));
    Ok(Toolchain {
        compiled_by: CompiledBy {
            rustc: version.full,
            target: target.to_owned(),
            opt_level: Opt::Speed.level().to_owned(),
            flags,
        },
        source: ToolchainSource::DebianWeb,
        programs: Programs {
            rustc,
            cargo,
            linker: Some(linker),
            library_sources: Some(sources),
        },
    })
}

/// An lld and its version: the compiler's own, rustup's, or the system's.
fn find_linker(sysroot: &Path, host: &str, places: &Places) -> Result<(PathBuf, String), String> {
    let beside = |sysroot: &Path| sysroot.join("lib/rustlib").join(host).join("bin/rust-lld");
    let rustup = run(&places.path_rustc, &["--print", "sysroot"]).ok();
    let candidates = [
        Some(beside(sysroot)),
        rustup.map(|sysroot| beside(Path::new(sysroot.trim()))),
        Some(places.debian.join("ld.lld")),
    ];
    for linker in candidates.into_iter().flatten() {
        let gnu: &[&str] = if linker.ends_with("rust-lld") {
            &["-flavor", "gnu"]
        } else {
            &[]
        };
        if let Ok(version) = run(&linker, &[gnu, &["--version"]].concat()) {
            // `[Debian ]LLD 14.0.6 (compatible with GNU linkers)`, or with a build's details.
            let short = version.split(" (").next().unwrap_or_default().trim();
            return Ok((linker, short.to_owned()));
        }
    }
    Err("no linker: neither rust-lld nor ld.lld (package lld)".to_owned())
}

/// What decides the code of every build, whatever the board. What doesn't begin with `-C` is set
/// in the firmware's manifest and told here for the record.
fn base_flags() -> Vec<String> {
    [
        "lto=off",
        "codegen-units=1",
        "panic=abort",
        "-Csymbol-mangling-version=v0",
    ]
    .map(str::to_owned)
    .into()
}

impl Toolchain {
    /// The same, with code scheduled for a core, such as `cortex-m4f`.
    pub(super) fn for_core(mut self, core: &str) -> Self {
        // The compiler's names leave the floating-point unit to the target triple.
        let cpu = match core {
            "cortex-m4f" => "cortex-m4",
            "cortex-m7f" => "cortex-m7",
            "cortex-m33f" => "cortex-m33",
            other => other,
        };
        self.compiled_by.flags.push(format!("-Ctarget-cpu={cpu}"));
        self
    }

    /// The same, with the optimisation level of a runtime of the project's own.
    pub(super) fn optimising(mut self, opt: Opt) -> Self {
        opt.level().clone_into(&mut self.compiled_by.opt_level);
        self
    }

    /// The flags that go to the compiler.
    pub(super) fn rustc_flags(&self) -> impl Iterator<Item = &str> {
        self.compiled_by
            .flags
            .iter()
            .map(String::as_str)
            .filter(|flag| flag.starts_with("-C"))
    }

    /// Everything about the toolchain that decides the image.
    pub(super) fn identity(&self) -> impl Iterator<Item = &str> {
        let CompiledBy {
            rustc,
            target,
            opt_level,
            flags,
        } = &self.compiled_by;
        [rustc.as_str(), target, opt_level]
            .into_iter()
            .chain(flags.iter().map(String::as_str))
    }
}

/// What a compiler says of itself.
struct Version {
    /// `1.95.0 (59807616e 2026-04-14)`
    full: String,
    /// `1.95.0`
    release: String,
    /// Host triple.
    host: String,
}

impl Version {
    fn of(rustc: &Path) -> Result<Self, String> {
        let text = run(rustc, &["-vV"])?;
        let version = Self::parse(&text)
            .ok_or_else(|| format!("{} doesn't tell its version", rustc.display()))?;
        let number = |part: Option<&str>| part.and_then(|part| part.parse().ok()).unwrap_or(0);
        let mut parts = version.release.split('.');
        if (number(parts.next()), number(parts.next())) < OLDEST {
            return Err(format!(
                "rustc {} is too old, {}.{} is needed",
                version.release, OLDEST.0, OLDEST.1
            ));
        }
        Ok(version)
    }

    /// Reads the output of `rustc -vV`.
    fn parse(text: &str) -> Option<Self> {
        let field = |name: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(name))
                .map(|value| value.trim())
        };
        Some(Self {
            full: field("rustc ")?.to_owned(),
            release: field("release:")?.to_owned(),
            host: field("host:")?.to_owned(),
        })
    }
}

/// Whether a target's folder of libraries has `core`.
fn has_library(folder: &Path) -> bool {
    let Ok(entries) = fs::read_dir(folder) else {
        return false;
    };
    entries.flatten().any(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.starts_with("libcore-") && name.ends_with(".rlib")
    })
}

/// What a program prints, or why it doesn't.
fn run(program: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("can't run {}: {error}", program.display()))?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        let words = words.lines().next().unwrap_or_default();
        return Err(format!(
            "`{} {}` failed: {words}",
            program.display(),
            arguments.join(" ")
        ));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET: &str = "thumbv7em-none-eabihf";

    #[test]
    fn what_is_told_of_the_profile_is_what_the_manifest_sets() {
        let manifest = include_str!("../../../targets/firmware/Cargo.toml");
        let profile = manifest.split_once("[profile.release]").unwrap().1;
        let profile = profile.split_once("\n[").unwrap().0;
        let setting = |name: &str| {
            let value = profile
                .lines()
                .find_map(|line| line.strip_prefix(name))
                .unwrap();
            value
                .trim_start_matches([' ', '='])
                .trim_matches('"')
                .to_owned()
        };
        assert_eq!(setting("opt-level"), Opt::Speed.level());
        for flag in base_flags().iter().filter(|flag| !flag.starts_with('-')) {
            let (name, value) = flag.split_once('=').unwrap();
            assert_eq!(setting(name), value, "{name}");
        }
    }

    #[test]
    fn without_any_compiler_the_error_says_what_to_install() {
        let nowhere = Path::new("/nonexistent");
        let places = Places {
            path_rustc: nowhere.join("rustc"),
            path_cargo: nowhere.join("cargo"),
            debian: nowhere.to_owned(),
        };
        let message = find(TARGET, "", &places).unwrap_err().to_string();
        assert!(message.contains("scripts/setup"), "{message}");
        assert!(
            message.contains("rustup target add thumbv7em-none-eabihf"),
            "{message}"
        );
        assert!(
            message.contains("can't run /nonexistent/rustc"),
            "{message}"
        );
    }

    #[test]
    fn an_unknown_preference_is_an_error() {
        assert_eq!(
            find(TARGET, "conda", &Places::default()),
            Err(ToolchainError::Preference("conda".to_owned()))
        );
    }

    /// With programs that answer as compilers would.
    #[cfg(unix)]
    mod with_programs {
        use super::*;
        use std::io;
        use std::os::unix::fs::PermissionsExt;
        use std::process::Command;
        use tempfile::TempDir;

        fn program(folder: &Path, name: &str, script: &str) {
            let path = folder.join(name);
            fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            // A process that another test begins right now has the file open for writing for a moment.
            let is_busy = |it: io::Error| it.kind() == io::ErrorKind::ExecutableFileBusy;
            while Command::new(&path).output().is_err_and(is_busy) {}
        }

        /// A compiler of this release with `folder` as its sysroot and libraries in `folder`/lib.
        fn rustc(folder: &Path, release: &str) {
            let at = folder.display();
            let script = format!(
                "case \"$*\" in\n\
                 -vV) echo 'rustc {release} (abc 2026-01-01)'; echo 'host: box'; echo 'release: {release}';;\n\
                 *libdir*) echo {at}/lib;;\n\
                 *sysroot*) echo {at};;\n\
                 esac"
            );
            program(folder, "rustc", &script);
        }

        /// Two complete toolchains: one with the library, one with its sources.
        struct Both {
            rustup: TempDir,
            debian: TempDir,
        }

        impl Both {
            fn new() -> Self {
                let (rustup, debian) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
                for folder in [rustup.path(), debian.path()] {
                    rustc(folder, "1.95.0");
                    program(folder, "cargo", "echo cargo 1.95.0");
                }
                let both = Self { rustup, debian };
                fs::create_dir(both.rustup.path().join("lib")).unwrap();
                fs::write(both.library(), "").unwrap();
                let sources = both.debian.path().join("lib/rustlib/src/rust");
                fs::create_dir_all(sources.join("library/core/src")).unwrap();
                fs::create_dir_all(sources.join("src")).unwrap();
                fs::write(sources.join("library/core/src/lib.rs"), "").unwrap();
                fs::write(sources.join("src/version"), "1.95.0\n").unwrap();
                let lld = "echo 'Debian LLD 14.0.6 (compatible with GNU linkers)'";
                program(both.debian.path(), "ld.lld", lld);
                both
            }

            fn library(&self) -> PathBuf {
                self.rustup.path().join("lib/libcore-0123.rlib")
            }

            fn find(&self, preference: &str) -> Result<Toolchain, ToolchainError> {
                let places = Places {
                    path_rustc: self.rustup.path().join("rustc"),
                    path_cargo: self.rustup.path().join("cargo"),
                    debian: self.debian.path().to_owned(),
                };
                find(TARGET, preference, &places)
            }
        }

        #[test]
        fn the_installed_library_is_preferred_to_building_it() {
            let both = Both::new();
            let found = both.find("").unwrap();
            assert_eq!(found.source, ToolchainSource::Rustup);
            assert_eq!(found.compiled_by.rustc, "1.95.0 (abc 2026-01-01)");
            let found = both.find("debian").unwrap();
            assert_eq!(found.source, ToolchainSource::DebianWeb);
            assert!(
                found
                    .compiled_by
                    .flags
                    .contains(&"linker=Debian LLD 14.0.6".to_owned()),
                "{found:?}"
            );
        }

        #[test]
        fn without_the_library_debian_steps_in_unless_rustup_is_demanded() {
            let both = Both::new();
            fs::remove_file(both.library()).unwrap();
            assert_eq!(both.find("").unwrap().source, ToolchainSource::DebianWeb);
            let message = both.find("rustup").unwrap_err().to_string();
            assert!(
                message.contains("rustup: rustc 1.95.0 has no library for thumbv7em-none-eabihf"),
                "{message}"
            );
            assert!(message.contains("Debian: not tried"), "{message}");
        }

        #[test]
        fn library_sources_of_another_version_are_refused() {
            let both = Both::new();
            let version = both.debian.path().join("lib/rustlib/src/rust/src/version");
            fs::write(version, "1.94.0").unwrap();
            let message = both.find("debian").unwrap_err().to_string();
            assert!(
                message
                    .contains("the library sources are of version 1.94.0, the compiler is 1.95.0"),
                "{message}"
            );
        }

        #[test]
        fn a_compiler_that_is_too_old_is_refused_with_both_versions() {
            let both = Both::new();
            rustc(both.rustup.path(), "1.63.0");
            let message = both.find("rustup").unwrap_err().to_string();
            assert!(
                message.contains("rustc 1.63.0 is too old, 1.89 is needed"),
                "{message}"
            );
        }
    }
}

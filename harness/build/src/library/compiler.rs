//! The C and C++ compiler: a GCC for Arm without an operating system, with newlib; or a Clang, which takes the
//! C library, its headers and the run-time library of that GCC.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use tinybench_inputs::board::target::Target;
use tinybench_inputs::runtimes::manifest::{Libc, Variables};
use tinybench_support::interrupt;

use super::sources::{Language, Source};
use super::{LibraryError, quiet};

/// Names the compiler where `runtime.toml` doesn't.
pub const VARIABLE: &str = "TINYBENCH_ARM_GCC";

/// The compiler that is looked for on the search path.
const USUAL: &str = "arm-none-eabi-gcc";

/// What holds for all sources, before the flags of `runtime.toml`, which may change it.
const BASE_FLAGS: [&str; 5] = [
    "-O2",
    "-g",
    "-ffunction-sections",
    "-fdata-sections",
    "-fno-common",
];

/// The same of C++: nothing that an image without an operating system can't have.
pub const CPP_FLAGS: [&str; 3] = ["-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics"];

/// A compiler for a core.
#[derive(Clone, Debug)]
pub struct Compiler {
    kind: Kind,
    program: String,
    cpp_program: String,
    /// The GCC that has the C library, and may be the compiler itself.
    gcc: String,
    ar: String,
    identity: String,
    core_flags: Vec<String>,
    flags: Vec<String>,
    /// Folders of the C library's headers, for C and for C++, where the compiler doesn't know them.
    system: [Vec<String>; 2],
}

/// What a compiler is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Gcc,
    Clang,
}

/// The compiler's kind and its name for C++, by its name for C: `gcc` or `clang` at the end, or before a
/// version as in `clang-19`.
fn kind_of(program: &str) -> Option<(Kind, String)> {
    let is_version = |text: &str| {
        let mut digits = text.strip_prefix('-').unwrap_or("-").chars();
        text.is_empty() || digits.all(|c| c.is_ascii_digit() || c == '.')
    };
    let kinds = [(Kind::Gcc, "gcc", "g++"), (Kind::Clang, "clang", "clang++")];
    kinds.into_iter().find_map(|(kind, name, of_cpp)| {
        let (stem, version) = program.rsplit_once(name)?;
        is_version(version).then(|| (kind, format!("{stem}{of_cpp}{version}")))
    })
}

impl Compiler {
    /// The compiler that `runtime.toml` names, or the usual one, for a board.
    pub fn find(
        named: Option<&str>,
        variables: &Variables,
        target: &Target,
    ) -> Result<Self, LibraryError> {
        let program = match named {
            Some(named) => variables.expand(named)?,
            None => usual(),
        };
        let (kind, cpp_program) =
            kind_of(&program).ok_or_else(|| LibraryError::UnknownCompiler(program.clone()))?;
        let identity = identity(&program)?;
        let core_flags = core_flags(target.core, target.rustc_target)
            .ok_or_else(|| LibraryError::Core(target.core.to_owned()))?;
        let gcc = match kind {
            Kind::Gcc => program.clone(),
            Kind::Clang => usual(),
        };
        let mut flags = core_flags.clone();
        flags.extend(BASE_FLAGS.map(str::to_owned));
        let mut system = [Vec::new(), Vec::new()];
        if kind == Kind::Clang {
            // Its own headers stay: those of what the compiler itself has.
            flags.extend(["--target=arm-none-eabi", "-nostdlibinc"].map(str::to_owned));
            system = [
                system_headers(&gcc, &core_flags, Language::C)?,
                // Without C++ that is no loss, but to who compiles it, and is told by the compiler.
                system_headers(&gcc, &core_flags, Language::Cpp).unwrap_or_default(),
            ];
        }
        // A version stands behind the names of both.
        let (stem, version) = gcc.rsplit_once("gcc").unwrap_or((&gcc, ""));
        Ok(Self {
            ar: match version {
                "" => format!("{stem}ar"),
                version => format!("{stem}gcc-ar{version}"),
            },
            kind,
            program,
            cpp_program,
            identity,
            core_flags,
            flags,
            system,
            gcc,
        })
    }

    /// Its name and version.
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// The flags for the core, and those for all sources.
    pub fn flags(&self) -> &[String] {
        &self.flags
    }

    /// The flags of each language: for the core, for all sources, for C++ alone, and where the headers are.
    pub fn all_flags(&self) -> (&[String], [&str; 3], &[Vec<String>; 2]) {
        (&self.flags, CPP_FLAGS, &self.system)
    }

    /// Takes a source file with these arguments. Gives what is printed, or what is wrong.
    pub fn run(
        &self,
        folder: &Path,
        source: &Source,
        arguments: &[String],
    ) -> Result<Vec<u8>, String> {
        let [of_c, of_cpp] = &self.system;
        let (program, of_language, system): (_, &[&str], _) = match source.language {
            Language::C => (&self.program, &[], of_c),
            Language::Cpp => (&self.cpp_program, &CPP_FLAGS, of_cpp),
        };
        let mut command = Command::new(program);
        command
            .current_dir(folder)
            .args(&self.flags)
            .args(of_language)
            .args(arguments)
            .args(system);
        // Clang says so of every flag that it has no use for where it only preprocesses.
        if self.kind == Kind::Clang {
            command.arg("-Wno-unused-command-line-argument");
        }
        command.arg(&source.path);
        output(&mut command)
    }

    /// Puts objects in `folder` into an archive, the same whenever it is made.
    pub fn archive(&self, folder: &Path, name: &str, objects: &[String]) -> Result<(), String> {
        let mut command = Command::new(&self.ar);
        command
            .current_dir(folder)
            .args(["rcsD", name])
            .args(objects);
        output(&mut command).map(drop)
    }

    /// The libraries that belong to the compiler, for this core.
    pub fn libraries(&self, libc: Libc) -> Result<Vec<PathBuf>, LibraryError> {
        let nano = match libc {
            Libc::Nano => "_nano",
            Libc::Newlib => "",
        };
        let names = [
            format!("libstdc++{nano}.a"),
            format!("libsupc++{nano}.a"),
            "libm.a".to_owned(),
            format!("libc{nano}.a"),
            "libgcc.a".to_owned(),
        ];
        let mut found = Vec::new();
        for name in names {
            let mut command = Command::new(&self.gcc);
            command
                .args(&self.core_flags)
                .arg(format!("-print-file-name={name}"));
            let printed = output(&mut command).map_err(|reason| self.not_run(reason))?;
            let path = PathBuf::from(String::from_utf8_lossy(&printed).trim());
            // The bare name is the answer where there is none. Without C++ that is no loss.
            if path.is_absolute() && path.is_file() {
                found.push(path);
            } else if !name.contains("++") {
                return Err(self.not_run(format!(
                    "it has no {name} for {}",
                    self.core_flags.join(" ")
                )));
            }
        }
        Ok(found)
    }

    fn not_run(&self, reason: String) -> LibraryError {
        LibraryError::NoCompiler {
            program: self.gcc.clone(),
            reason,
        }
    }
}

/// The folders in which a GCC looks for the headers of its C and C++ libraries, as flags for another compiler:
/// without those that belong to the compiler itself.
fn system_headers(
    gcc: &str,
    core_flags: &[String],
    language: Language,
) -> Result<Vec<String>, LibraryError> {
    let language = match language {
        Language::C => "-xc",
        Language::Cpp => "-xc++",
    };
    let mut command = Command::new(gcc);
    command.args(core_flags);
    command.args(["-E", "-Wp,-v", language, "/dev/null"]);
    let not_run = |reason: String| LibraryError::NoCompiler {
        program: gcc.to_owned(),
        reason,
    };
    let started = quiet(&mut command).output();
    let printed = started.map_err(|error| not_run(error.to_string()))?;
    let text = String::from_utf8_lossy(&printed.stderr);
    let listed = text
        .lines()
        .skip_while(|line| !line.starts_with("#include <"));
    let folders = listed.skip(1).take_while(|line| line.starts_with(' '));
    let mut flags = Vec::new();
    for folder in folders {
        let folder = PathBuf::from(folder.trim());
        let folder = folder.canonicalize().unwrap_or(folder);
        // Of the compiler itself: `lib/gcc/TARGET/VERSION/include` and `include-fixed`.
        let mut names = folder.components().rev();
        let (last, above) = (names.next(), names.nth(2));
        let named = |it: Option<std::path::Component>, name: &str| {
            it.is_some_and(|it| it.as_os_str() == name)
        };
        let is_own =
            (named(last, "include") || named(last, "include-fixed")) && named(above, "gcc");
        if !is_own {
            flags.extend(["-isystem".to_owned(), folder.display().to_string()]);
        }
    }
    match flags.is_empty() {
        true => Err(not_run("it doesn't tell where its headers are".to_owned())),
        false => Ok(flags),
    }
}

/// The compiler that is taken where none is named.
fn usual() -> String {
    let named = env::var(VARIABLE).ok().filter(|name| !name.is_empty());
    named.unwrap_or_else(|| USUAL.to_owned())
}

/// What the usual compiler says of itself.
///
/// # Errors
/// There is none.
pub fn find_usual() -> Result<String, LibraryError> {
    identity(&usual())
}

/// What the Clang says of itself that `compiler = "clang"` names.
///
/// # Errors
/// There is none.
pub fn find_clang() -> Result<String, LibraryError> {
    identity("clang")
}

fn identity(gcc: &str) -> Result<String, LibraryError> {
    let printed = output(Command::new(gcc).arg("--version"));
    let printed = printed.map_err(|reason| LibraryError::NoCompiler {
        program: gcc.to_owned(),
        reason,
    })?;
    let text = String::from_utf8_lossy(&printed);
    Ok(text.lines().next().unwrap_or_default().trim().to_owned())
}

/// The flags for a core, by its name in board files; none for what isn't a Cortex-M.
fn core_flags(core: &str, rustc_target: &str) -> Option<Vec<String>> {
    core.strip_prefix("cortex-m")?;
    let has_fpu = rustc_target.ends_with("hf");
    let cpu = match has_fpu {
        true => core.strip_suffix('f').unwrap_or(core),
        false => core,
    };
    let mut flags = vec![format!("-mcpu={cpu}"), "-mthumb".to_owned()];
    match (has_fpu, cpu) {
        (true, "cortex-m4") => {
            flags.extend(["-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"].map(str::to_owned));
        }
        (true, _) => flags.push("-mfloat-abi=hard".to_owned()),
        (false, _) => flags.push("-mfloat-abi=soft".to_owned()),
    }
    Some(flags)
}

/// What a command prints, or what it says where it fails.
pub fn output(command: &mut Command) -> Result<Vec<u8>, String> {
    let started = interrupt::spawn(quiet(command));
    let (child, watched) = started.map_err(|error| {
        format!(
            "can't run {}: {error}",
            command.get_program().to_string_lossy()
        )
    })?;
    let output = child
        .wait_with_output()
        .map_err(|error| error.to_string())?;
    drop(watched);
    if output.status.success() {
        return Ok(output.stdout);
    }
    let words = [output.stderr, output.stdout].concat();
    let words = String::from_utf8_lossy(&words).trim_end().to_owned();
    Err(match words.is_empty() {
        true => format!("it ended with {}", output.status),
        false => words,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_is_known_by_its_name() {
        for (program, kind, cpp) in [
            ("arm-none-eabi-gcc", Kind::Gcc, "arm-none-eabi-g++"),
            ("/opt/arm/bin/gcc-13.2", Kind::Gcc, "/opt/arm/bin/g++-13.2"),
            ("clang", Kind::Clang, "clang++"),
            ("/usr/bin/clang-19", Kind::Clang, "/usr/bin/clang++-19"),
        ] {
            assert_eq!(kind_of(program), Some((kind, cpp.to_owned())), "{program}");
        }
        for program in ["armcc", "gcc.sh", "clang-format", "gcc-wrapper", ""] {
            assert_eq!(kind_of(program), None, "{program}");
        }
    }

    #[test]
    fn each_core_has_its_flags() {
        let flags = |core, target| core_flags(core, target).map(|it| it.join(" "));
        assert_eq!(
            flags("cortex-m4f", "thumbv7em-none-eabihf").unwrap(),
            "-mcpu=cortex-m4 -mthumb -mfpu=fpv4-sp-d16 -mfloat-abi=hard"
        );
        assert_eq!(
            flags("cortex-m33f", "thumbv8m.main-none-eabihf").unwrap(),
            "-mcpu=cortex-m33 -mthumb -mfloat-abi=hard"
        );
        assert_eq!(
            flags("cortex-m0plus", "thumbv6m-none-eabi").unwrap(),
            "-mcpu=cortex-m0plus -mthumb -mfloat-abi=soft"
        );
        assert_eq!(flags("rv32imc", "riscv32imc-unknown-none-elf"), None);
    }
}

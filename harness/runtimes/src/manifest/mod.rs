//! `runtime.toml`: what makes a folder a runtime. `docs/runtimes.md` describes it for people.

mod variables;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use tinybench_classical::MAGIC;
use tinybench_interpreter::schema::{COMPRESSED_IDENTIFIER, IDENTIFIER};
use tinybench_support::exits_with;
use tinybench_support::files::{self, ReadError};
use tinybench_support::printable::{printable, printable_path};
use tinybench_support::suggest;

pub use variables::{VariableError, Variables};

/// Name of the file.
pub const FILE: &str = "runtime.toml";

/// Largest file that is read.
const MAX_FILE_BYTES: u64 = 256 * 1024;

/// Longest name, bytes.
const MAX_NAME: usize = 64;

/// Most bytes of heap that can be reserved.
const MAX_HEAP_BYTES: u32 = 16 << 20;

/// The version of what can't tell its own.
const UNKNOWN: &str = "unknown";

/// Bytes of a file's identifier.
const IDENTIFIER_BYTES: usize = 4;

/// What is in `runtime.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// What the runtime is called in tables and records.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// The command that prints its version, in place of `version`.
    pub version_command: Option<Vec<String>>,
    /// What it is, in a few words.
    #[serde(default)]
    pub summary: String,
    /// Its licence, an SPDX expression.
    pub license: Option<String>,
    /// Identifiers of the model files that it reads: four characters, at the beginning of a file or
    /// behind its first four bytes.
    #[serde(default)]
    pub reads: Vec<String>,
    /// Where the model is.
    #[serde(default)]
    pub model: ModelPlace,
    /// How its outputs are compared with the reference.
    #[serde(default)]
    pub outputs: Agreement,
    /// The engine of the project's own that the host has as well, by its name.
    pub host: Option<String>,
    /// How a runtime in Rust is built.
    pub rust: Option<RustBuild>,
    /// How a runtime in C or C++ is built.
    pub c: Option<CBuild>,
    /// A command that runs before.
    pub generate: Option<Generate>,
}

/// Where an engine has its model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelPlace {
    /// The model file lies in flash, and is read there.
    #[default]
    File,
    /// It was compiled into the engine's own code.
    CompiledIn,
}

/// How outputs are compared with the reference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    /// Byte for byte; float32 within the usual tolerance.
    #[default]
    Bytes,
    /// Quantised values may differ by so many steps, each of the size of the output's scale.
    Steps(u32),
    /// The largest value of the first output must be at the same place.
    Answer,
}

/// How a runtime in Rust is built: a user's by its crate and type, one of the project's own by a feature of
/// the firmware and its crates.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RustBuild {
    /// The folder of its Cargo.toml, from that of `runtime.toml`.
    #[serde(default = "here")]
    pub package: PathBuf,
    /// The type that implements `Runtime` of `tinybench-interface`, as a path in the crate.
    pub engine: Option<String>,
    /// The feature of the firmware's package that links it.
    pub feature: Option<String>,
    /// The crates that it is made of, by the names of their links in the firmware's workspace: whose
    /// bytes count as the runtime's, and whose sources decide the image.
    #[serde(default)]
    pub crates: Vec<Crate>,
}

/// A crate of a runtime.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crate {
    /// Its link in the firmware's workspace; its package is `tinybench-NAME`.
    pub name: String,
    /// Its folder, from that of `runtime.toml`.
    #[serde(default = "here")]
    pub folder: PathBuf,
}

fn here() -> PathBuf {
    PathBuf::from(".")
}

/// How a runtime in C or C++ is built. Paths are from the folder of `runtime.toml`; `*` and `**` stand
/// for any file and any folders; `${NAME}` for a variable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct CBuild {
    /// What holds for every core.
    #[serde(flatten)]
    pub all: Parts,
    /// The compiler: the name or path of a GCC or a Clang [default: arm-none-eabi-gcc].
    pub compiler: Option<String>,
    /// The C library.
    #[serde(default)]
    pub libc: Libc,
    /// Bytes that `malloc` has to give away.
    #[serde(default)]
    pub heap_bytes: u32,
    /// What is added for one core, by its name in board files, such as `cortex-m4f`.
    #[serde(default)]
    pub core: BTreeMap<String, Parts>,
}

/// What goes into a build.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Parts {
    /// Source files: `.c`, `.cpp`, `.cc`, `.cxx`, `.S`, `.s`.
    pub sources: Vec<String>,
    /// Source files whose constants are the model.
    pub model_sources: Vec<String>,
    /// Folders of headers.
    pub include: Vec<String>,
    /// Macros: `NAME` or `NAME=VALUE`.
    pub define: Vec<String>,
    /// Flags of the compiler, for C and C++.
    pub flags: Vec<String>,
    /// Static libraries that were built before.
    pub libraries: Vec<String>,
}

/// What the names of cores begin with.
const CORE: &str = "cortex-m";

/// Cores, as board files name them, with an `f` behind those that have a floating-point unit: what a name that
/// is none may have meant.
const CORES: [&str; 15] = [
    "cortex-m0",
    "cortex-m0plus",
    "cortex-m1",
    "cortex-m3",
    "cortex-m4",
    "cortex-m4f",
    "cortex-m7",
    "cortex-m7f",
    "cortex-m23",
    "cortex-m33",
    "cortex-m33f",
    "cortex-m52f",
    "cortex-m55f",
    "cortex-m85",
    "cortex-m85f",
];

/// The keys of [`CBuild`], which serde can't check where tables are flattened.
const C_KEYS: [&str; 10] = [
    "sources",
    "model_sources",
    "include",
    "define",
    "flags",
    "libraries",
    "compiler",
    "libc",
    "heap_bytes",
    "core",
];

/// How many of [`C_KEYS`] the table of a core knows.
const CORE_KEYS: usize = 6;

/// A C library.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Libc {
    /// newlib's small variant, as vendors' tools take it.
    #[default]
    Nano,
    /// newlib, whose memory functions are the faster ones.
    Newlib,
}

/// A command that makes sources or libraries. It runs in the folder of `runtime.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generate {
    /// The program and its arguments.
    pub command: Vec<String>,
}

/// A `runtime.toml` can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// The file can't be read.
    #[error("{0}")]
    Read(String),
    /// It isn't TOML, or has something in it that isn't known.
    #[error("{path}: {reason}")]
    Syntax {
        /// The file.
        path: String,
        /// What the parser says.
        reason: String,
    },
    /// What it says can't be.
    #[error("{path}: {problem}")]
    Problem {
        /// The file.
        path: String,
        /// What is wrong.
        problem: String,
    },
}

exits_with!(ManifestError => Input);

impl From<ReadError> for ManifestError {
    fn from(error: ReadError) -> Self {
        Self::Read(error.to_string())
    }
}

impl Manifest {
    /// Reads the `runtime.toml` in `folder`.
    ///
    /// # Errors
    /// It can't be read, isn't TOML, has an unknown key, or says what can't be.
    pub fn load(folder: &Path) -> Result<Self, ManifestError> {
        let path = folder.join(FILE);
        Self::parse(&files::read_text(&path, MAX_FILE_BYTES)?, &path)
    }

    /// Reads the text of the file at `path`.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, ManifestError> {
        let path = printable_path(path).to_string();
        let syntax = |error: toml::de::Error| ManifestError::Syntax {
            path: path.clone(),
            reason: lines(&error.to_string()),
        };
        let table: toml::Table = text.parse().map_err(syntax)?;
        let manifest: Self = toml::from_str(text).map_err(syntax)?;
        let problem = unknown_c_key(&table).or_else(|| manifest.problem());
        match problem {
            None => Ok(manifest),
            Some(problem) => Err(ManifestError::Problem { path, problem }),
        }
    }

    /// What can't be.
    fn problem(&self) -> Option<String> {
        let is_word = |name: &str| {
            let known = |c: char| c.is_ascii_alphanumeric() || "-_.+".contains(c);
            !name.is_empty() && name.len() <= MAX_NAME && name.chars().all(known)
        };
        if !is_word(&self.name) {
            return Some(format!(
                "name is `{}`: it must be letters, digits, `-`, `_`, `.` and `+`, {MAX_NAME} at most",
                printable(&self.name)
            ));
        }
        if self.version.as_deref().is_some_and(str::is_empty) {
            return Some("version is empty".to_owned());
        }
        let texts = [self.version.as_deref(), self.license.as_deref()];
        let mut texts = texts.into_iter().flatten().chain([self.summary.as_str()]);
        if texts.any(|text| printable(text) != text || text.len() > 4 * MAX_NAME) {
            return Some("version, license and summary must be short texts of one line".to_owned());
        }
        let identifiers = self.reads.iter();
        if let Some(name) = identifiers.into_iter().find(|it| !is_identifier(it)) {
            return Some(format!(
                "reads has `{}`: an identifier of model files is {IDENTIFIER_BYTES} characters, such \
                 as TFL3",
                printable(name)
            ));
        }
        if self.host.is_some() {
            return match (&self.rust, &self.c) {
                (Some(rust), None) if rust.feature.is_some() => None,
                _ => Some(
                    "host is for engines of the project's own, which have rust.feature".to_owned(),
                ),
            };
        }
        match (&self.version, &self.version_command) {
            // That of the crate.
            (None, None) if self.rust.is_some() => {}
            (None, None) => {
                return Some(
                    "a version is needed: version = \"1.0\", or version_command = [\"PROGRAM\", \
                     \"--version\"]"
                        .to_owned(),
                );
            }
            (Some(_), Some(_)) => {
                return Some("version and version_command are the same: take one".to_owned());
            }
            (None, Some(command)) if command.is_empty() => {
                return Some("version_command is empty".to_owned());
            }
            _ => {}
        }
        if self.reads.is_empty() {
            return Some(
                "reads is missing: which model files it is for, such as reads = [\"TFL3\"]"
                    .to_owned(),
            );
        }
        if self
            .generate
            .as_ref()
            .is_some_and(|it| it.command.is_empty())
        {
            return Some("generate.command is empty".to_owned());
        }
        match (&self.rust, &self.c) {
            (Some(_), Some(_)) => Some("there are [rust] and [c]: take one".to_owned()),
            (None, None) => Some("it doesn't say how it is built: add [c] or [rust]".to_owned()),
            (Some(_), None) if self.generate.is_some() => Some(
                "generate is for [c]: a crate has a build script for that".to_owned(),
            ),
            (Some(_), None) if self.version_command.is_some() => Some(
                "version_command is for [c]: the version of a crate is that of its Cargo.toml, or say \
                 version = \"1.0\""
                    .to_owned(),
            ),
            (Some(rust), None) => rust.problem(),
            (None, Some(c)) => c.problem(),
        }
    }

    /// Of a folder whose own can't be used: it has the folder's name and reads nothing.
    pub(crate) fn nameless(folder: &Path) -> Self {
        let name = folder.canonicalize().ok();
        let name = name.as_deref().unwrap_or(folder).file_name();
        let name = name.unwrap_or_default().to_string_lossy();
        Self {
            name: printable(&name).chars().take(MAX_NAME).collect(),
            version: Some(UNKNOWN.to_owned()),
            version_command: None,
            summary: String::new(),
            license: None,
            reads: Vec::new(),
            model: ModelPlace::default(),
            outputs: Agreement::default(),
            host: None,
            rust: None,
            c: None,
            generate: None,
        }
    }

    /// Of a program that was built before: it runs whatever model is in it, and is verified with one that
    /// the host can read.
    pub(crate) fn of_image(path: &Path) -> Self {
        let reads = [IDENTIFIER, COMPRESSED_IDENTIFIER, &MAGIC];
        Self {
            reads: reads
                .map(|it| String::from_utf8_lossy(it).into_owned())
                .into(),
            ..Self::nameless(&path.with_extension(""))
        }
    }

    /// Whether a file begins with one of the identifiers.
    pub fn reads(&self, model: &[u8]) -> bool {
        let at = |start: usize| model.get(start..start + IDENTIFIER_BYTES);
        let found = [at(0), at(IDENTIFIER_BYTES)];
        let mut reads = self.reads.iter();
        reads.any(|it| found.contains(&Some(it.as_bytes())))
    }
}

impl RustBuild {
    /// What can't be, of a user's.
    fn problem(&self) -> Option<String> {
        if self.feature.is_some() || !self.crates.is_empty() {
            return Some(
                "rust.feature and rust.crates are for the project's own runtimes, which have host; for \
                 yours say rust.engine = \"TYPE\""
                    .to_owned(),
            );
        }
        let engine = self.engine.as_deref().unwrap_or_default();
        let known = |c: char| c.is_ascii_alphanumeric() || "_:".contains(c);
        let is_path = !engine.is_empty() && engine.chars().all(known);
        (!is_path).then(|| {
            format!(
                "rust.engine is `{}`: it must be the path of a type in the crate, such as Engine or \
                 engine::Engine",
                printable(engine)
            )
        })
    }
}

impl CBuild {
    fn problem(&self) -> Option<String> {
        if self.heap_bytes > MAX_HEAP_BYTES || !self.heap_bytes.is_multiple_of(8) {
            return Some(format!(
                "c.heap_bytes is {}: it must be a multiple of 8, {MAX_HEAP_BYTES} at most",
                self.heap_bytes
            ));
        }
        if let Some(core) = self.core.keys().find(|it| !it.starts_with(CORE)) {
            return Some(format!(
                "c.core has `{}`, which is no core: {}",
                printable(core),
                suggest::hint(core, &CORES.map(str::to_owned))
            ));
        }
        let mut parts = self.core.values().chain([&self.all]);
        let has_code = parts.any(|it| !it.sources.is_empty() || !it.libraries.is_empty());
        (!has_code).then(|| "c.sources is missing: the files to compile".to_owned())
    }

    /// Everything for a core: what holds for all, then what is added.
    pub fn of_core(&self, core: &str) -> Parts {
        let mut parts = self.all.clone();
        if let Some(more) = self.core.get(core).cloned() {
            parts.sources.extend(more.sources);
            parts.model_sources.extend(more.model_sources);
            parts.include.extend(more.include);
            parts.define.extend(more.define);
            parts.flags.extend(more.flags);
            parts.libraries.extend(more.libraries);
        }
        parts
    }
}

fn is_identifier(text: &str) -> bool {
    text.len() == IDENTIFIER_BYTES && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A key of [c] or of one of its cores that isn't known.
fn unknown_c_key(manifest: &toml::Table) -> Option<String> {
    let c = manifest.get("c")?.as_table()?;
    let unknown = |table: &toml::Table, known: &[&str]| {
        let mut keys = table.keys();
        keys.find(|key| !known.contains(&key.as_str())).cloned()
    };
    let told = |place: &str, key: String, known: &[&str]| {
        format!(
            "{place} has the unknown key `{}`; there are: {}",
            printable(&key),
            known.join(", ")
        )
    };
    if let Some(key) = unknown(c, &C_KEYS) {
        return Some(told("[c]", key, &C_KEYS));
    }
    let known = &C_KEYS[..CORE_KEYS];
    let cores = c.get("core").and_then(toml::Value::as_table);
    cores.into_iter().flatten().find_map(|(core, table)| {
        let key = unknown(table.as_table()?, known)?;
        Some(told(&format!("[c.core.{}]", printable(core)), key, known))
    })
}

/// A parser's message, safe for a terminal.
fn lines(text: &str) -> String {
    let lines = text.trim_end().lines().map(printable);
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DENSE: &str = r#"
name = "dense"
version = "1.0"
reads = ["TFL3"]
outputs = { steps = 1 }

[c]
sources = ["dense.c"]
define = ["FAST"]
heap_bytes = 1024

[c.core.cortex-m4f]
define = ["DSP=1"]
"#;

    fn parse(text: &str) -> Result<Manifest, String> {
        let parsed = Manifest::parse(text, Path::new("runtime.toml"));
        parsed.map_err(|error| error.to_string())
    }

    #[test]
    fn a_core_adds_to_what_holds_for_all() {
        let manifest = parse(DENSE).unwrap();
        assert_eq!(manifest.outputs, Agreement::Steps(1));
        let c = manifest.c.as_ref().unwrap();
        assert_eq!(c.heap_bytes, 1024);
        assert_eq!(c.of_core("cortex-m4f").define, ["FAST", "DSP=1"]);
        assert_eq!(c.of_core("cortex-m0").define, ["FAST"]);
        assert!(manifest.reads(b"\x1c\0\0\0TFL3") && manifest.reads(b"TFL3"));
        assert!(!manifest.reads(b"\0TFL3") && !manifest.reads(b"TF"));
    }

    #[test]
    fn what_is_wrong_is_told_with_what_to_do() {
        let changed = |from: &str, to: &str| {
            assert!(DENSE.contains(from), "{from}");
            parse(&DENSE.replace(from, to)).unwrap_err()
        };
        let of_rust = |more: &str| {
            let version = match more.is_empty() {
                true => "version_command = [\"x\"]\n",
                false => "",
            };
            let head = "name = \"x\"\nreads = [\"TFL3\"]\n";
            parse(&format!("{head}{version}{more}[rust]\nengine = \"E\"\n")).unwrap_err()
        };
        let told = [
            changed("name = \"dense\"", "name = \"a b\""),
            changed("name = \"dense\"", "title = \"dense\""),
            changed("version = \"1.0\"", ""),
            changed(
                "version = \"1.0\"",
                "version = \"1\"\nversion_command = [\"x\"]",
            ),
            changed("reads = [\"TFL3\"]", ""),
            changed("TFL3", "tflite"),
            changed("{ steps = 1 }", "\"roughly\""),
            changed("sources = [\"dense.c\"]", "source = [\"dense.c\"]"),
            changed("sources = [\"dense.c\"]", ""),
            changed("1024", "1023"),
            changed("define = [\"DSP=1\"]", "heap_bytes = 8"),
            changed("[c]", "[rust]\nfeature = \"x\"\ncrates = []\n[c]"),
            changed("reads", "host = \"interpreter\"\nreads"),
            changed(
                "[c.core.cortex-m4f]",
                "[c.core.cortex-m4]\n[c.core.cortexm4f]",
            ),
            of_rust("[generate]\ncommand = [\"x\"]\n"),
            of_rust(""),
        ];
        insta::assert_snapshot!(told.join("\n\n"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(at in 0..DENSE.len(), with in any::<char>(), cut in 0_usize..40) {
            let mut text: Vec<char> = DENSE.chars().collect();
            text.splice(at..(at + cut).min(DENSE.len()), [with]);
            let _ = parse(&text.into_iter().collect::<String>());
        }
    }
}

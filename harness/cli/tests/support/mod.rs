//! What several integration tests need.

#![allow(dead_code, reason = "each test binary uses a part of it")]

pub mod calls;
pub mod pages;
pub mod records;
pub mod served;

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use tempfile::TempDir;
use tinybench_execution::build::{find_c_compiler, find_toolchain};
use tinybench_inputs::board::target::{Memory, Setup, Target};
use tinybench_inputs::runtimes::{Runtime, Runtimes};
use tinybench_record::reading::{self, Loaded};

/// What firmware for the board `nano33` is built for.
pub const NANO33: Target = Target {
    rustc_target: "thumbv7em-none-eabihf",
    core: "cortex-m4f",
    flash: Memory {
        origin: 0,
        length: 0x10_0000,
    },
    ram: Memory {
        origin: 0x2000_0000,
        length: 0x4_0000,
    },
    setup: Some(Setup::Nrf52 {
        instruction_cache: true,
    }),
};

/// The repository.
pub fn project_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap()
        .to_owned()
}

/// The command, in an empty folder of its own. Its project is this repository.
pub struct Tinybench {
    pub folder: TempDir,
    /// What is named as the project.
    pub project: Option<PathBuf>,
}

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Tinybench {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            project: Some(project_root()),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file in the folder.
    pub fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Puts the descriptions of this repository's runtimes into the project in the folder `project`.
    pub fn describe_runtimes(&self) {
        for runtime in ["interpreter", "classical"] {
            let name = format!("targets/runtimes/{runtime}/runtime.toml");
            let text = fs::read(project_root().join(&name)).unwrap();
            self.file(&format!("project/{name}"), &text);
        }
    }

    pub fn command(&self) -> Command {
        let mut command = Command::cargo_bin("tinybench").unwrap();
        command
            .current_dir(self.folder.path())
            .env_remove("TINYBENCH_PROJECT")
            .env("NO_COLOR", "1");
        if let Some(project) = &self.project {
            command.env("TINYBENCH_PROJECT", project);
        }
        command
    }

    /// Runs the command; the folder's path is replaced by `[FOLDER]` in what it says.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        self.ended(self.command().args(arguments))
    }

    /// Runs `tinybench run` on the virtual nano33.
    pub fn run_virtual(&self, more: &[&str]) -> Ended {
        let arguments = ["run", "--board", "nano33", "--on", "virtual"];
        self.run(&[&arguments, more].concat())
    }

    pub fn ended(&self, command: &mut Command) -> Ended {
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| {
            let text = String::from_utf8(bytes).unwrap();
            text.replace(&self.folder.path().display().to_string(), "[FOLDER]")
        };
        Ended {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Takes the record away, if there is one, of a run of which nothing could be measured.
    #[track_caller]
    pub fn take_failure(&self, code: Option<i32>) {
        let results = self.path("tinybench-results");
        if !results.is_dir() {
            return;
        }
        let loaded = reading::load(&results).unwrap().loaded;
        let [Loaded { record, .. }] = loaded.as_slice() else {
            panic!("{loaded:?}");
        };
        let codes: Vec<_> = record.failures.iter().map(|it| it.exit_code).collect();
        let code = u8::try_from(code.unwrap()).unwrap();
        assert_eq!((record.results.len(), codes), (0, vec![code]));
        fs::remove_dir_all(results).unwrap();
    }

    /// Names of what is in the folder.
    pub fn contents(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

/// Copies parts of the repository, with symbolic links as they are and without what cargo built.
pub fn copy_sources(parts: &[&str], to: &Path) {
    fs::create_dir_all(to).unwrap();
    let status = std::process::Command::new("sh")
        .args([
            "-ec",
            r#"to=$1; shift; tar --exclude=target -cf - "$@" | tar -xf - -C "$to""#,
        ])
        .arg("sh")
        .arg(to)
        .args(parts)
        .current_dir(project_root())
        .status()
        .unwrap();
    assert!(status.success());
}

/// The model of the workload `kws`.
pub fn kws_model() -> Vec<u8> {
    fs::read(project_root().join("workloads/models/kws/kws.tflite")).unwrap()
}

/// A runtime of the project at `root`.
pub fn runtime_of(root: &Path, name: &str) -> Runtime {
    Runtimes::new(root, &[]).find(name).unwrap()
}

/// Whether firmware can be built here; says so if not.
pub fn toolchain_is_there() -> bool {
    match find_toolchain("thumbv7em-none-eabihf") {
        Ok(_) => true,
        Err(error) => {
            eprintln!("skipped: {error}");
            false
        }
    }
}

/// Whether C can be compiled for a board; says so if not.
pub fn c_compiler_is_there() -> bool {
    let found = find_c_compiler();
    found.map_err(|error| eprintln!("skipped: {error}")).is_ok()
}

/// Whether firmware can be built here with an engine in C; says so if not.
pub fn compilers_are_there() -> bool {
    c_compiler_is_there() && toolchain_is_there()
}

/// The folder of shared models and vectors, if it is here; says so if not.
pub fn shared() -> Option<PathBuf> {
    let folder = std::env::var_os("TINYBENCH_SHARED")
        .map_or_else(|| project_root().join("../shared"), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: there is no {}", folder.display());
    None
}

/// Just enough of FlatBuffers to damage a model at a chosen place.
pub mod flatbuffer {
    fn u16_at(bytes: &[u8], at: usize) -> usize {
        u16::from_le_bytes([bytes[at], bytes[at + 1]]).into()
    }

    fn u32_at(bytes: &[u8], at: usize) -> usize {
        u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize
    }

    /// Position of the root table.
    pub fn root(bytes: &[u8]) -> usize {
        u32_at(bytes, 0)
    }

    /// Position of field `id` of the table at `table`.
    pub fn field(bytes: &[u8], table: usize, id: usize) -> usize {
        let back = i32::from_le_bytes(bytes[table..table + 4].try_into().unwrap());
        let vtable = usize::try_from(i64::try_from(table).unwrap() - i64::from(back)).unwrap();
        let offset = u16_at(bytes, vtable + 4 + 2 * id);
        assert_ne!(offset, 0, "the field is absent");
        table + offset
    }

    /// Position of element `index` of the vector of tables in field `id` of `table`.
    pub fn element(bytes: &[u8], table: usize, id: usize, index: usize) -> usize {
        let field = field(bytes, table, id);
        let entry = field + u32_at(bytes, field) + 4 + 4 * index;
        entry + u32_at(bytes, entry)
    }

    /// Field ids of `schema.fbs` of TensorFlow Lite.
    pub const MODEL_VERSION: usize = 0;
    pub const MODEL_OPERATOR_CODES: usize = 1;
    pub const MODEL_SUBGRAPHS: usize = 2;
    pub const SUBGRAPH_TENSORS: usize = 0;
    pub const TENSOR_TYPE: usize = 1;
    pub const OPERATOR_CODE_DEPRECATED: usize = 0;
    pub const OPERATOR_CODE_VERSION: usize = 2;
    pub const OPERATOR_CODE_BUILTIN: usize = 3;
}

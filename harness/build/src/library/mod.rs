//! Builds a runtime in C or C++: the static libraries that the firmware is linked with.
//!
//! They are kept under `target/tinybench/runtimes` in the project, filed under a key made of compiler,
//! flags and preprocessed sources, so that a header that changes anywhere is noticed.

mod compiler;
pub(super) mod place;
pub(super) mod rust;
mod sources;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tinybench_inputs::board::target::Target;
use tinybench_inputs::runtimes::manifest::{CBuild, Manifest, Parts, VariableError, Variables};
use tinybench_support::exit::{Exit, Exits};
use tinybench_support::files::{self, ReadError};
use tinybench_support::hash::sha256_hex;
use tinybench_support::interrupt;
use tinybench_support::printable::{printable, printable_path};
use tinybench_support::progress::Progress;

use super::toolchain::ToolchainError;
use compiler::Compiler;
pub use compiler::{find_clang, find_usual as find_c_compiler};
use place::{absolute, bound, lock, made_in};
use sources::{Language, Source};

/// Largest library that is read, bytes.
const MAX_LIBRARY_BYTES: u64 = 256 << 20;

/// Longest version that a command may tell, bytes.
const MAX_VERSION: usize = 64;

/// The archives, as the linker script of the firmware knows them.
const RUNTIME: &str = "libruntime.a";
const MODEL: &str = "libmodel.a";
const SUPPORT: &str = "libsupport.a";

/// What a runtime is built for.
#[derive(Clone, Copy, Debug)]
pub struct LibraryRequest<'a> {
    /// The folder with `targets/firmware` in it.
    pub project_root: &'a Path,
    /// The folder of the runtime.
    pub folder: &'a Path,
    /// What its `runtime.toml` says.
    pub manifest: &'a Manifest,
    /// The board.
    pub target: Target<'a>,
    /// The model file, for runtimes that compile it in.
    pub model: &'a Path,
}

/// A runtime as the firmware links it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Everything that is linked, in order.
    pub archives: Vec<PathBuf>,
    /// Names of those archives whose bytes are the runtime's.
    pub of_runtime: Vec<String>,
    /// A hash of all of it, hexadecimal.
    pub key: String,
    /// Whether it is in Rust, and has what the firmware has as well.
    pub in_rust: bool,
    /// What it was made with.
    pub made: Made,
}

/// What a runtime was made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// What the compiler says of itself.
    pub compiler: String,
    /// Its flags, free of paths.
    pub flags: Vec<String>,
    /// Libraries that were not compiled here.
    pub libraries: Vec<String>,
    /// SHA-256 of the sources as the compiler sees them, hexadecimal.
    pub sources_sha256: String,
}

/// A runtime can't be built.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// A variable has no value.
    #[error(transparent)]
    Variable(#[from] VariableError),
    /// There is no compiler of Rust.
    #[error(transparent)]
    Toolchain(#[from] ToolchainError),
    /// A file that `runtime.toml` names isn't there.
    #[error(
        "{runtime}: {key} has `{pattern}`: there is no such file in {}",
        printable_path(folder)
    )]
    Missing {
        /// The runtime.
        runtime: String,
        /// The key.
        key: &'static str,
        /// What it says.
        pattern: String,
        /// The runtime's folder.
        folder: PathBuf,
    },
    /// A file that isn't a source file.
    #[error(
        "{}: is it C (.c), C++ (.cpp, .cc, .cxx) or assembly (.S, .s)?",
        printable_path(.0)
    )]
    Kind(PathBuf),
    /// There is no compiler.
    #[error(
        "can't run {program}: {reason}\n  help: on Debian or Ubuntu `apt-get install \
         gcc-arm-none-eabi libnewlib-arm-none-eabi libstdc++-arm-none-eabi-newlib`; or name \
         another with compiler = \"PATH\" in runtime.toml or the variable {}",
        compiler::VARIABLE
    )]
    NoCompiler {
        /// The compiler.
        program: String,
        /// What the operating system says.
        reason: String,
    },
    /// What is to be the compiler isn't known as one.
    #[error(
        "compiler is `{}`: it must be the name or path of a GCC or a Clang, with `gcc` or `clang` at its end, or \
         before a version as in clang-19",
        printable(.0)
    )]
    UnknownCompiler(String),
    /// The compiler has no such core.
    #[error("C for the core {0} can't be compiled so far")]
    Core(String),
    /// Something that was run failed.
    #[error("building the runtime {runtime} failed: {what}\n{words}")]
    Failed {
        /// The runtime.
        runtime: String,
        /// What was run.
        what: String,
        /// What it said.
        words: String,
    },
    /// A library can't be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A file can't be read or written.
    #[error("{}: {source}", printable_path(path))]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
}

impl Exits for LibraryError {
    fn exit(&self) -> Exit {
        match self {
            Self::Missing { .. } | Self::Kind(_) | Self::Read(_) | Self::UnknownCompiler(_) => {
                Exit::Input
            }
            _ => Exit::Build,
        }
    }
}

impl LibraryError {
    fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        |source| Self::Io {
            path: path.to_owned(),
            source,
        }
    }
}

/// Builds a runtime's libraries, or finds them where they were built before.
///
/// # Errors
/// What is missing, and what the compiler says.
pub fn build(
    request: &LibraryRequest,
    c: &CBuild,
    progress: &mut Progress,
) -> Result<Library, LibraryError> {
    let place = Place::new(request)?;
    // Two builds of one runtime would take the generated sources from each other.
    let _lock = lock(&place.made_in)?;
    progress.begin("generating the runtime", None);
    let version = place.generate(request.manifest)?;
    let sources = Sources::find(request, c, &place)?;
    let (key, sources_sha256) = sources.key(progress)?;
    let built = place.made_in.join(&key);
    if !built.join(SUPPORT).is_file() {
        sources.compile(&built, progress)?;
    }
    progress.end();

    let mut archives: Vec<PathBuf> = [RUNTIME, MODEL].map(|name| built.join(name)).into();
    let mut of_runtime = vec![RUNTIME.to_owned()];
    let mut libraries = Vec::new();
    let mut text = format!("{} {key} {version} {:?}", request.manifest.name, c.libc);
    for path in &sources.libraries {
        let bytes = files::read(path, MAX_LIBRARY_BYTES)?;
        let sha256 = sha256_hex(&bytes);
        libraries.push(format!(
            "{} sha256:{}",
            printable(&file_name(path)),
            &sha256[..16]
        ));
        text += &sha256;
        let (kept, name) = keep(&built, &sha256, &bytes)?;
        of_runtime.push(name);
        archives.push(kept);
    }
    archives.push(built.join(SUPPORT));
    let of_compiler = sources.compiler.libraries(c.libc)?;
    // Its version doesn't tell that of the C library.
    for path in &of_compiler {
        text += &sha256_hex(&files::read(path, MAX_LIBRARY_BYTES)?);
    }
    let told = of_compiler.iter().map(|path| file_name(path));
    libraries.extend(told.map(|name| format!("{} of the compiler", printable(&name))));
    archives.extend(of_compiler);
    let generated = place
        .generated
        .is_dir()
        .then_some(place.generated.as_path());
    let used: Vec<&Path> = generated.into_iter().chain([built.as_path()]).collect();
    bound(&place.made_in, &used);
    let archives = archives.iter().map(|path| absolute(path));
    Ok(Library {
        name: request.manifest.name.clone(),
        version,
        archives: archives.collect::<Result<_, _>>()?,
        of_runtime,
        in_rust: false,
        key: sha256_hex(text.as_bytes()),
        made: Made {
            compiler: sources.compiler.identity().to_owned(),
            flags: sources.told,
            libraries,
            sources_sha256,
        },
    })
}

/// Where a runtime is built from and to.
struct Place {
    /// The folder of `runtime.toml`.
    folder: PathBuf,
    /// The project's, for all runtimes.
    made_in: PathBuf,
    /// What `${OUT}` stands for.
    generated: PathBuf,
    variables: Variables,
}

impl Place {
    fn new(request: &LibraryRequest) -> Result<Self, LibraryError> {
        let (root, core) = (request.project_root, request.target.core);
        let folder = absolute(request.folder)?;
        let model = absolute(request.model)?.display().to_string();
        let made_in = made_in(root)?;
        let of_what = format!("{} {model} {core}", folder.display());
        let hash = &sha256_hex(of_what.as_bytes())[..16];
        let generated = made_in.join(format!("generated-{}-{hash}", request.manifest.name));
        let variables = Variables::default()
            .with("OUT", generated.display().to_string())
            .with("MODEL", model)
            .with("CORE", core.to_owned())
            .with("TINYBENCH", absolute(root)?.display().to_string());
        Ok(Self {
            folder,
            made_in,
            generated,
            variables,
        })
    }

    /// Runs the command that makes sources, if there is one. Gives the runtime's version.
    fn generate(&self, manifest: &Manifest) -> Result<String, LibraryError> {
        let run = |command: &[String]| run(manifest, &self.folder, &self.variables, command);
        if let Some(generate) = &manifest.generate {
            make_anew(&self.generated)?;
            run(&generate.command)?;
        }
        Ok(match (&manifest.version, &manifest.version_command) {
            (Some(version), _) => version.clone(),
            (None, Some(command)) => version_of(&run(command)?),
            (None, None) => String::new(),
        })
    }
}

/// What is compiled, and how.
struct Sources<'a> {
    manifest: &'a Manifest,
    c: &'a CBuild,
    folder: &'a Path,
    compiler: Compiler,
    /// Each archive with its sources and the flags for them.
    groups: [(&'static str, Vec<Source>, Vec<String>); 3],
    /// Libraries that were built before.
    libraries: Vec<PathBuf>,
    /// Flags that keep this machine's paths out of debug information.
    remapped: Vec<String>,
    /// The flags as a record has them.
    told: Vec<String>,
}

impl<'a> Sources<'a> {
    fn find(
        request: &LibraryRequest<'a>,
        c: &'a CBuild,
        place: &'a Place,
    ) -> Result<Self, LibraryError> {
        let manifest = request.manifest;
        let root = absolute(request.project_root)?;
        let parts = c.of_core(request.target.core);
        let interface = root.join("targets/interface/include");
        let find = sources::Finder {
            runtime: &manifest.name,
            folder: &place.folder,
            variables: &place.variables,
        };
        let own = find.sources("sources", &parts.sources)?;
        let of_model = find.sources("model_sources", &parts.model_sources)?;
        let libraries = find.files("libraries", &parts.libraries)?;
        let include = find.folders(&parts.include)?;
        let support = Source::new(root.join("targets/firmware/support/support.c"))?;
        let compiler = Compiler::find(c.compiler.as_deref(), &place.variables, &request.target)?;
        let flags = flags(&parts, &include, &interface, &place.variables)?;
        let of_support = [
            format!("-I{}", interface.display()),
            format!("-DTINYBENCH_HEAP_BYTES={}", c.heap_bytes),
            "-Os".to_owned(),
        ];
        let has_cpp = own.iter().any(|it| it.language == Language::Cpp);
        // Where several match, the last one holds.
        let names = [
            (&root, "tinybench"),
            (&place.folder, "runtime"),
            (&place.generated, "generated"),
        ];
        let remapped =
            names.map(|(path, name)| format!("-ffile-prefix-map={}=/{name}", path.display()));
        Ok(Self {
            manifest,
            c,
            folder: &place.folder,
            told: told_flags(&compiler, &parts, has_cpp, &place.variables)?,
            compiler,
            groups: [
                (RUNTIME, own, flags.clone()),
                (MODEL, of_model, flags),
                (SUPPORT, vec![support], of_support.into()),
            ],
            libraries,
            remapped: remapped.into(),
        })
    }

    fn count(&self) -> u64 {
        let groups = self.groups.iter();
        groups.map(|(_, sources, _)| sources.len() as u64).sum()
    }

    /// Gives a source file to the compiler.
    fn take(
        &self,
        source: &Source,
        flags: &[String],
        more: &[String],
    ) -> Result<Vec<u8>, LibraryError> {
        check_interrupt()?;
        let printed = self
            .compiler
            .run(self.folder, source, &[flags, more].concat());
        printed.map_err(|words| failed(self.manifest, &source.path, words))
    }

    /// A hash of everything that decides the archives, and one of the runtime's sources as the compiler
    /// sees them, hexadecimal.
    fn key(&self, progress: &mut Progress) -> Result<(String, String), LibraryError> {
        progress.begin("reading the runtime's sources", Some(self.count()));
        let mut text = format!(
            "{}\n{:?}\n{:?} {}",
            self.compiler.identity(),
            self.compiler.all_flags(),
            self.groups.each_ref().map(|(_, _, flags)| flags),
            self.c.heap_bytes
        );
        let mut seen = String::new();
        let only_preprocess = ["-E", "-P"].map(str::to_owned);
        for (archive, sources, flags) in &self.groups {
            for source in sources {
                let preprocessed = self.take(source, flags, &only_preprocess)?;
                let lines = fs::read(&source.path).map_err(LibraryError::io(&source.path))?;
                let mut hashes = format!("\n{} {}", sha256_hex(&preprocessed), sha256_hex(&lines));
                // Of assembly that isn't to be preprocessed nothing is printed.
                if [&preprocessed, &lines]
                    .into_iter()
                    .any(|it| sources::has_files_of_assembler(it))
                {
                    hashes += &format!(" {}", self.hash_of_object(source, flags)?);
                }
                text += &format!("{hashes} {} {archive}", source.name());
                if *archive != SUPPORT {
                    seen += &hashes;
                }
                progress.advance(1);
            }
        }
        Ok((sha256_hex(text.as_bytes()), sha256_hex(seen.as_bytes())))
    }

    /// A hash of what a source file is compiled to, hexadecimal.
    fn hash_of_object(&self, source: &Source, flags: &[String]) -> Result<String, LibraryError> {
        let folder = tempfile::tempdir().map_err(LibraryError::io(Path::new("an object file")))?;
        let object = folder.path().join("it.o");
        self.take(source, flags, &self.to_object(&object))?;
        let bytes = fs::read(&object).map_err(LibraryError::io(&object))?;
        Ok(sha256_hex(&bytes))
    }

    /// What has the compiler make an object file.
    fn to_object(&self, object: &Path) -> Vec<String> {
        let output = [
            "-c".to_owned(),
            "-o".to_owned(),
            object.display().to_string(),
        ];
        [&self.remapped[..], &output].concat()
    }

    /// Compiles everything into archives in the new folder `built`.
    fn compile(&self, built: &Path, progress: &mut Progress) -> Result<(), LibraryError> {
        progress.begin("compiling the runtime", Some(self.count()));
        let made_in = built.parent().unwrap_or(Path::new("."));
        let new = tempfile::Builder::new()
            .prefix(place::NEW)
            .tempdir_in(made_in);
        let new = new.map_err(LibraryError::io(made_in))?;
        for (archive, sources, flags) in &self.groups {
            let mut objects = Vec::new();
            for (index, source) in sources.iter().enumerate() {
                let object = format!("{archive}-{index:04}-{}.o", source.name());
                self.take(source, flags, &self.to_object(&new.path().join(&object)))?;
                objects.push(object);
                progress.advance(1);
            }
            let archived = self.compiler.archive(new.path(), archive, &objects);
            archived.map_err(|words| failed(self.manifest, Path::new(archive), words))?;
        }
        // Another process may have built the same.
        if fs::rename(new.path(), built).is_ok() {
            let _ = new.keep();
        }
        Ok(())
    }
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// Copies a library to where its name is its own: the linker is told names, and two libraries, or one of
/// the user's and one of the compiler's, may have the same.
fn keep(folder: &Path, sha256: &str, bytes: &[u8]) -> Result<(PathBuf, String), LibraryError> {
    let name = format!("libof_runtime-{}.a", &sha256[..16]);
    let path = folder.join(&name);
    if !fs::read(&path).is_ok_and(|it| it == bytes) {
        fs::write(&path, bytes).map_err(LibraryError::io(&path))?;
    }
    Ok((path, name))
}

/// The flags that go to the compiler for the runtime's own sources.
fn flags(
    parts: &Parts,
    include: &[PathBuf],
    interface: &Path,
    variables: &Variables,
) -> Result<Vec<String>, VariableError> {
    let mut flags = Vec::new();
    for define in &parts.define {
        flags.push(format!("-D{}", variables.expand(define)?));
    }
    for folder in include {
        flags.push(format!("-I{}", folder.display()));
    }
    flags.push(format!("-I{}", interface.display()));
    for flag in &parts.flags {
        flags.push(variables.expand(flag)?);
    }
    Ok(flags)
}

/// The flags as a record has them: with what variables stand for, but for paths of this machine.
fn told_flags(
    compiler: &Compiler,
    parts: &Parts,
    cpp: bool,
    variables: &Variables,
) -> Result<Vec<String>, VariableError> {
    let mut told = compiler.flags().to_vec();
    if cpp {
        told.extend(compiler::CPP_FLAGS.map(str::to_owned));
    }
    let written = parts.define.iter().map(|it| format!("-D{it}"));
    for flag in written.chain(parts.flags.iter().cloned()) {
        let expanded = variables.expand(&flag)?;
        told.push(if expanded.contains('/') {
            flag
        } else {
            expanded
        });
    }
    Ok(told.iter().map(|it| printable(it).into_owned()).collect())
}

fn failed(manifest: &Manifest, path: &Path, words: String) -> LibraryError {
    LibraryError::Failed {
        runtime: manifest.name.clone(),
        what: path.display().to_string(),
        words,
    }
}

/// Runs a command of the `runtime.toml` in its folder, and gives what it prints.
fn run(
    manifest: &Manifest,
    folder: &Path,
    variables: &Variables,
    command: &[String],
) -> Result<Vec<u8>, LibraryError> {
    let words: Vec<String> = command
        .iter()
        .map(|it| variables.expand(it))
        .collect::<Result<_, _>>()?;
    let Some((program, arguments)) = words.split_first() else {
        return Ok(Vec::new());
    };
    let wrong = |words: String| LibraryError::Failed {
        runtime: manifest.name.clone(),
        what: format!("`{}`", printable(&command.join(" "))),
        words,
    };
    // A path is from the runtime's folder, a name is looked for on the search path.
    let program = match program.contains('/') {
        true => folder.join(program),
        false => PathBuf::from(program),
    };
    compiler::output(Command::new(program).args(arguments).current_dir(folder)).map_err(wrong)
}

fn version_of(printed: &[u8]) -> String {
    let text = String::from_utf8_lossy(printed);
    let line = printable(text.lines().next().unwrap_or_default().trim()).into_owned();
    line.chars().take(MAX_VERSION).collect()
}

/// An empty folder in place of what was there.
fn make_anew(folder: &Path) -> Result<(), LibraryError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => fs::create_dir_all(folder),
    }
    .map_err(LibraryError::io(folder))
}

fn check_interrupt() -> Result<(), LibraryError> {
    interrupt::check().map_err(|error| LibraryError::Io {
        path: PathBuf::from("the compiler"),
        source: io::Error::other(error),
    })
}

/// A command whose output is kept, with nothing to read.
fn quiet(command: &mut Command) -> &mut Command {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tinybench_inputs::board::target::Memory;

    const NANO33: Target = Target {
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
        setup: None,
    };

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    /// Builds the runtime in `folder`; none where nothing compiles C.
    fn built(folder: &Path, target: Target) -> Option<Library> {
        if let Err(error) = find_c_compiler() {
            eprintln!("skipped: {error}");
            return None;
        }
        let manifest = Manifest::load(folder).unwrap();
        let request = LibraryRequest {
            project_root: &root(),
            folder,
            manifest: &manifest,
            target,
            model: &root().join("workloads/models/ad/ad.tflite"),
        };
        let c = manifest.c.as_ref().unwrap();
        Some(build(&request, c, &mut Progress::hidden()).unwrap())
    }

    /// The architecture that the objects of an archive are for, as GNU's readelf tells it.
    fn architectures(archive: &Path) -> String {
        let mut command = Command::new("arm-none-eabi-readelf");
        let printed = compiler::output(command.arg("-A").arg(archive)).unwrap();
        let text = String::from_utf8_lossy(&printed).into_owned();
        let lines = text
            .lines()
            .filter_map(|it| it.trim().strip_prefix("Tag_CPU_arch: "));
        let mut found: Vec<_> = lines.collect();
        found.dedup();
        found.join(", ")
    }

    #[test]
    fn a_runtime_for_another_core_is_another_library() {
        let dense = root().join("examples/runtimes/dense");
        let pico = Target {
            rustc_target: "thumbv6m-none-eabi",
            core: "cortex-m0plus",
            ..NANO33
        };
        // The second time the library of the first core is in the cache.
        for (target, architecture) in [(NANO33, "v7E-M"), (pico, "v6S-M"), (NANO33, "v7E-M")] {
            let Some(library) = built(&dense, target) else {
                return;
            };
            assert_eq!(architectures(&library.archives[0]), architecture);
        }
    }

    #[test]
    fn what_an_assembler_takes_in_makes_another_library() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        file(
            "runtime.toml",
            "name = \"incbin\"\nversion = \"1\"\nreads = [\"TFL3\"]\n[c]\nsources = [\"a.S\"]\n",
        );
        file("a.S", ".section .rodata\n.incbin \"weights.bin\"\n");
        let mut keys = Vec::new();
        for weights in ["one", "two", "one"] {
            file("weights.bin", weights);
            let Some(library) = built(folder.path(), NANO33) else {
                return;
            };
            keys.push((library.key, library.made.sources_sha256));
        }
        assert_ne!(keys[0], keys[1]);
        assert_eq!(keys[0], keys[2]);
    }

    #[test]
    fn two_libraries_of_one_name_are_both_linked() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["one", "two"] {
            let path = folder.path().join(name);
            fs::create_dir(&path).unwrap();
            fs::write(path.join("libc.a"), format!("!<arch>\n{name}")).unwrap();
        }
        let toml = "name = \"twins\"\nversion = \"1\"\nreads = [\"TFL3\"]\n[c]\n\
                    libraries = [\"one/libc.a\", \"two/libc.a\"]\n";
        fs::write(folder.path().join("runtime.toml"), toml).unwrap();
        let Some(library) = built(folder.path(), NANO33) else {
            return;
        };
        let names: Vec<_> = library.archives.iter().map(|it| file_name(it)).collect();
        let mut different = names.clone();
        different.sort();
        different.dedup();
        assert_eq!(different.len(), names.len(), "{names:?}");
        let told: Vec<_> = library.made.libraries[..2]
            .iter()
            .map(|it| &it[..6])
            .collect();
        assert_eq!(told, ["libc.a", "libc.a"]);
    }
}

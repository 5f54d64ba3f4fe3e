//! Builds a runtime in Rust: a static library from the user's crate, in a crate that exports it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tinybench_inputs::runtimes::manifest::{Manifest, ModelPlace};
use tinybench_support::hash::sha256_hex;
use tinybench_support::printable::printable;
use tinybench_support::progress::Progress;

use super::compiler::output;
use super::place::{absolute, bound, lock, made_in};
use super::{Library, LibraryError, LibraryRequest, MAX_LIBRARY_BYTES, Made, failed};
use crate::cargo::{cargo, cargo_home, outer_names, remapped};
use crate::cargo_config;
use crate::key::hash_of;
use crate::toolchain::{Toolchain, find_toolchain};
use tinybench_support::files;

/// The archive of the crate that is made.
const ARCHIVE: &str = "libtinybench_wrapped.a";
/// Tells the crate's build script the model that it is to compile in.
const MODEL_VARIABLE: &str = "TINYBENCH_MODEL";
/// Name of the crate that is made.
const WRAPPER: &str = "tinybench-wrapped";

/// Where it is kept what cargo compiled last for a target, which stands behind it.
const STAMP: &str = "sources.sha256";

/// What is read of the manifest of the user's crate.
#[derive(Deserialize)]
struct CargoManifest {
    package: CargoPackage,
}

#[derive(Deserialize)]
struct CargoPackage {
    name: String,
}

/// What is read of a lock file.
#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
    source: Option<String>,
}

/// Builds the static library of a runtime in Rust.
///
/// # Errors
/// No compiler, or what it says.
pub fn build(
    request: &LibraryRequest,
    package: &Path,
    engine: &str,
    progress: &mut Progress,
) -> Result<Library, LibraryError> {
    let manifest = request.manifest;
    let folder = absolute(&request.folder.join(package))?;
    let toolchain = find_toolchain(request.target.rustc_target)?.for_core(request.target.core);
    let of_user: CargoManifest = read(manifest, &folder.join("Cargo.toml"))?;
    let name = &of_user.package.name;
    progress.begin("compiling the runtime", None);

    let made_in = made_in(request.project_root)?;
    let _lock = lock(&made_in)?;
    let of_path = sha256_hex(folder.display().to_string().as_bytes());
    let wrapper = made_in.join(format!("rust-{}-{}", manifest.name, &of_path[..16]));
    let interface = absolute(&request.project_root.join("targets/interface"))?;
    write_wrapper(&wrapper, name, &folder, &interface, engine)?;
    let target_folder = wrapper.join("target");
    let hash =
        |folder| hash_of(folder).map_err(|error| failed(manifest, folder, error.to_string()));
    let sources_sha256 = hash(&folder)?;
    let overruled = cargo_config::overruled(
        &wrapper,
        cargo_home().as_deref(),
        &toolchain.compiled_by.target,
        &target_folder,
        cargo_config::RUNTIME,
    );
    let cargo = Cargo {
        toolchain: &toolchain,
        wrapper: &wrapper,
        target_folder: &target_folder,
        overruled: overruled.map_err(|error| failed(manifest, &folder, error.to_string()))?,
    };
    let model = match manifest.model {
        ModelPlace::CompiledIn => Some(absolute(request.model)?),
        _ => None,
    };
    let mut sources = format!("{sources_sha256} {}", hash(&interface)?);
    if let Some(model) = &model {
        let bytes = fs::read(model).map_err(LibraryError::io(model))?;
        sources += &format!(" {} {}", sha256_hex(&bytes), model.display());
    }
    cargo.forget_old_sources(name, &sources, manifest)?;
    let mut command = cargo.command("build");
    command.arg("--quiet");
    if toolchain.programs.library_sources.is_some() {
        command.args(["-Z", "build-std=core"]);
    }
    if let Some(model) = &model {
        command.env(MODEL_VARIABLE, model);
    }
    let mut flags: Vec<String> = toolchain.rustc_flags().map(str::to_owned).collect();
    // Where several prefixes match, the compiler takes the last.
    let mut names = outer_names(&toolchain);
    names.extend([
        (made_in.clone(), "/runtimes".to_owned()),
        (folder.clone(), "/runtime".to_owned()),
        (interface, "/interface".to_owned()),
    ]);
    flags.extend(names.iter().map(remapped));
    command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    output(&mut command).map_err(|words| failed(manifest, &folder, words))?;

    let release = target_folder
        .join(&toolchain.compiled_by.target)
        .join("release");
    let compiled = files::read(&release.join(ARCHIVE), MAX_LIBRARY_BYTES)?;
    let sha256 = sha256_hex(&compiled);
    // Cargo replaces its own when the runtime is built for another core.
    let kept = made_in.join(&sha256);
    let archive = kept.join(ARCHIVE);
    if !archive.is_file() {
        fs::create_dir_all(&kept).map_err(LibraryError::io(&kept))?;
        fs::write(&archive, &compiled).map_err(LibraryError::io(&archive))?;
    }
    bound(&made_in, &[&kept, &wrapper]);
    let lock: Lock = read(manifest, &wrapper.join("Cargo.lock"))?;
    let version = match &manifest.version {
        Some(version) => version.clone(),
        None => lock.version_of(name).ok_or_else(|| {
            let words = format!("it doesn't have the version of {}", printable(name));
            failed(manifest, &wrapper.join("Cargo.lock"), words)
        })?,
    };
    let mut told: Vec<String> = toolchain.compiled_by.flags.clone();
    told.insert(
        0,
        format!("opt-level={}", cargo_config::RUNTIME.opt_level()),
    );
    Ok(Library {
        name: manifest.name.clone(),
        key: sha256_hex(format!("{} {sha256} {version}", manifest.name).as_bytes()),
        version,
        of_runtime: vec![ARCHIVE.to_owned()],
        archives: vec![archive],
        in_rust: true,
        made: Made {
            compiler: format!("rustc {}", toolchain.compiled_by.rustc),
            flags: told,
            libraries: lock.of_registry(),
            sources_sha256,
        },
    })
}

/// Cargo on the crate that is made.
struct Cargo<'a> {
    toolchain: &'a Toolchain,
    wrapper: &'a Path,
    target_folder: &'a Path,
    /// What overrules the user's configuration.
    overruled: Vec<String>,
}

impl Cargo<'_> {
    fn command(&self, what: &str) -> Command {
        let mut command = cargo(self.toolchain, self.wrapper);
        command
            .args([
                what,
                "--release",
                "--target",
                &self.toolchain.compiled_by.target,
            ])
            .arg("--target-dir")
            .arg(self.target_folder)
            .args(&self.overruled);
        command
    }

    /// Has cargo compile the engine anew if its sources and model, as `sources` hashes them, aren't those
    /// that it compiled last for this target: cargo itself goes by the times of files.
    fn forget_old_sources(
        &self,
        name: &str,
        sources: &str,
        manifest: &Manifest,
    ) -> Result<(), LibraryError> {
        let target = &self.toolchain.compiled_by.target;
        let stamp = self.wrapper.join(format!("{STAMP}-{target}"));
        if fs::read_to_string(&stamp).is_ok_and(|it| it == sources) {
            return Ok(());
        }
        if self.target_folder.is_dir() {
            let mut command = self.command("clean");
            command.args(["--package", name, "--package", "tinybench-interface"]);
            output(&mut command).map_err(|words| failed(manifest, self.wrapper, words))?;
        }
        fs::write(&stamp, sources).map_err(LibraryError::io(&stamp))
    }
}

/// Reads a TOML file.
fn read<T: DeserializeOwned>(manifest: &Manifest, path: &Path) -> Result<T, LibraryError> {
    let text = fs::read_to_string(path).map_err(LibraryError::io(path))?;
    toml::from_str(&text)
        .map_err(|error| failed(manifest, path, printable(&error.to_string()).into_owned()))
}

impl Lock {
    /// The version of the crate of this name that isn't of a registry.
    fn version_of(&self, name: &str) -> Option<String> {
        let mut own = self.package.iter().filter(|it| it.source.is_none());
        let found = own.find(|it| it.name == name)?;
        Some(printable(&found.version).into_owned())
    }

    /// The crates of the registry that were linked or could have been, with their versions.
    fn of_registry(&self) -> Vec<String> {
        let of_registry = self.package.iter().filter(|it| it.source.is_some());
        let names: BTreeSet<_> = of_registry
            .map(|it| format!("{} {}", printable(&it.name), printable(&it.version)))
            .collect();
        names.into_iter().collect()
    }
}

/// Writes the crate that exports the engine. Files that are as they should be are left alone.
fn write_wrapper(
    wrapper: &Path,
    name: &str,
    folder: &Path,
    interface: &Path,
    engine: &str,
) -> Result<(), LibraryError> {
    let path = |path: &Path| toml::Value::String(path.display().to_string()).to_string();
    let (folder, interface) = (path(folder), path(interface));
    let manifest = format!(
        "[package]\nname = \"{WRAPPER}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[lib]\n\
         crate-type = [\"staticlib\"]\n\n[dependencies]\n\
         engine = {{ package = {}, path = {folder} }}\n\
         tinybench-interface = {{ path = {interface} }}\n\n[patch.crates-io]\n\
         tinybench-interface = {{ path = {interface} }}\n\n[profile.release]\n{}\n[workspace]\n",
        toml::Value::String(name.to_owned()),
        cargo_config::RUNTIME.manifest(),
    );
    let source = format!("#![no_std]\ntinybench_interface::export_runtime!(engine::{engine});\n");
    let files: [(PathBuf, String); 2] = [
        (wrapper.join("Cargo.toml"), manifest),
        (wrapper.join("src/lib.rs"), source),
    ];
    fs::create_dir_all(wrapper.join("src")).map_err(LibraryError::io(wrapper))?;
    for (path, text) in files {
        if fs::read_to_string(&path).is_ok_and(|it| it == text) {
            continue;
        }
        fs::write(&path, text).map_err(LibraryError::io(&path))?;
    }
    Ok(())
}

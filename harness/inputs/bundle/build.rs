//! Packs what the program brings, or takes the package's own copy where the repository isn't around it.

use std::env;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Folders, from the project's root, all files of which are brought.
const FOLDERS: [&str; 4] = [
    "results",
    "targets/boards",
    "workloads/models",
    "workloads/suites",
];

fn main() -> io::Result<()> {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("bundle.zip");
    provide(&out)?;
    // All that differs between two bundles enters the hash of a name, which is for folders in a cache.
    let mut hash = DefaultHasher::new();
    fs::read(&out)?.hash(&mut hash);
    println!("cargo:rustc-env=TINYBENCH_BUNDLE={:016x}", hash.finish());
    Ok(())
}

/// Has the bundle be in the file `out`.
fn provide(out: &Path) -> io::Result<()> {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    println!("cargo:rerun-if-changed=build.rs");
    let root = here.join("../../..");
    if root.join("targets/boards").is_dir() {
        return pack(&root, out);
    }
    let packed = here.join("bundle.zip");
    println!("cargo:rerun-if-changed={}", packed.display());
    fs::copy(packed, out).map(drop)
}

/// The same bytes for the same files, whenever and wherever they are packed.
fn pack(root: &Path, out: &Path) -> io::Result<()> {
    let mut paths = descriptions(root)?;
    for folder in FOLDERS {
        list(&root.join(folder), &mut paths)?;
    }
    let mut files = Vec::new();
    for path in paths {
        let inner = path.strip_prefix(root).expect("it was found below");
        let names: Vec<_> = inner.iter().map(|name| name.to_string_lossy()).collect();
        files.push((names.join("/"), path));
    }
    files.sort();
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut archive = ZipWriter::new(BufWriter::new(File::create(out)?));
    for (name, path) in files {
        println!("cargo:rerun-if-changed={}", path.display());
        archive.start_file(name, options)?;
        archive.write_all(&fs::read(path)?)?;
    }
    archive.finish()?.flush()
}

/// The files that describe the project's own runtimes, whose sources aren't brought.
fn descriptions(root: &Path) -> io::Result<Vec<PathBuf>> {
    let folder = root.join("targets/runtimes");
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        paths.push(entry?.path().join("runtime.toml"));
    }
    paths.retain(|path| path.is_file());
    Ok(paths)
}

fn list(folder: &Path, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    println!("cargo:rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match path.is_dir() {
            true => list(&path, paths)?,
            false => paths.push(path),
        }
    }
    Ok(())
}

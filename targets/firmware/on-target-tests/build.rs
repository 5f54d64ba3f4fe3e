//! Gives the linker its scripts, and the tests the interpreter's fixtures as constants.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(out.join("memory.x"), include_bytes!("memory.x")).expect("OUT_DIR can be written");
    println!("cargo:rustc-link-search={}", out.display());
    println!("cargo:rustc-link-arg-tests=-Tlink.x");
    println!("cargo:rustc-link-arg-tests=-Tembedded-test.x");
    println!("cargo:rustc-check-cfg=cfg(rust_analyzer)");
    println!("cargo:rerun-if-changed=memory.x");
    println!("cargo:rerun-if-changed=build.rs");

    let root = env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR");
    let folder = Path::new(&root).join("../deps/interpreter/tests/fixtures");
    println!("cargo:rerun-if-changed={}", folder.display());
    fs::write(out.join("fixtures.rs"), fixtures(&folder)).expect("OUT_DIR can be written");
}

/// The elements of a table of all models in `folder` with their inputs and outputs.
fn fixtures(folder: &Path) -> String {
    let mut models: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the interpreter has fixtures")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|end| end == "tflite"))
        .collect();
    models.sort();
    let mut code = String::from("[\n");
    for model in models {
        let name = model.file_stem().and_then(|name| name.to_str());
        let name = name.expect("fixtures have plain names");
        let beside = |end: &str| folder.join(format!("{name}.{end}"));
        let (inputs, outputs) = (beside("inputs.i8"), beside("outputs.i8"));
        writeln!(
            code,
            "    fixture!({name:?}, {model:?}, {inputs:?}, {outputs:?}),"
        )
        .expect("text takes text");
    }
    code + "]\n"
}

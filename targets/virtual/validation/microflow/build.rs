//! Gives the linker the memory layout and MicroFlow's macro the paths of the models.

use std::path::PathBuf;
use std::{env, fs, process};

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(out.join("memory.x"), include_bytes!("memory.x")).expect("OUT_DIR can be written");
    println!("cargo:rustc-link-search={}", out.display());
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
    println!("cargo:rerun-if-changed=memory.x");
    println!("cargo:rerun-if-changed=build.rs");

    println!("cargo:rerun-if-env-changed=MICROFLOW_MODELS");
    let Some(models) = env::var_os("MICROFLOW_MODELS") else {
        eprintln!(
            "error: MICROFLOW_MODELS isn't set: it names the folder of sine.tflite, speech.tflite \
             and person_detect.tflite. targets/virtual/validation/microflow/validate sets it"
        );
        process::exit(1);
    };
    for name in ["sine", "speech", "person_detect"] {
        let model = PathBuf::from(&models).join(format!("{name}.tflite"));
        println!("cargo:rerun-if-changed={}", model.display());
        let path = model.to_str().expect("the models' path is text");
        let code = format!("#[microflow::model({path:?})]\npub struct Model;\n");
        fs::write(out.join(format!("{name}.rs")), code).expect("OUT_DIR can be written");
    }
}

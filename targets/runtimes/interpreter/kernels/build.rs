//! Sets `cfg(armv7e_m)` for targets with the DSP instructions, and `cfg(armv6m)` for those with the 16-bit
//! instructions of Thumb alone: stable Rust doesn't tell.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = std::env::var("TARGET").unwrap_or_default();
    if target.starts_with("thumbv7em-") {
        println!("cargo::rustc-cfg=armv7e_m");
    }
    if target.starts_with("thumbv6m-") {
        println!("cargo::rustc-cfg=armv6m");
    }
}

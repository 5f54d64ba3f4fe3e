//! Says whether the crate is compiled with optimisation.
//!
//! An operation is carried out by a function of its category, of which its handler needs one arm. With
//! optimisation that function has to be in the handler; without, the arms would all be there, a
//! thousand times.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(optimised)");
    if std::env::var("OPT_LEVEL").is_ok_and(|level| level != "0") {
        println!("cargo::rustc-cfg=optimised");
    }
}

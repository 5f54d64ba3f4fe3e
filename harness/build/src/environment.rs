//! The environment of a build.

/// Whether an environment variable could change the image: an outer cargo sets many.
pub(super) fn changes_the_build(name: &str) -> bool {
    const HARMLESS: [&str; 5] = [
        "CARGO_HOME",
        "CARGO_HTTP_",
        "CARGO_NET_",
        "CARGO_REGISTRIES_",
        "CARGO_REGISTRY_",
    ];
    if HARMLESS.iter().any(|prefix| name.starts_with(prefix)) {
        return false;
    }
    let prefixes = [
        "CARGO",
        "RUSTC",
        "RUSTFLAGS",
        "RUSTDOC",
        "TINYBENCH_",
        "SOURCE_DATE_EPOCH",
    ];
    prefixes.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outer_cargo_and_the_users_flags_stay_outside() {
        for name in [
            "CARGO_TARGET_DIR",
            "RUSTFLAGS",
            "CARGO_PROFILE_RELEASE_LTO",
            "RUSTC_WRAPPER",
        ] {
            assert!(changes_the_build(name), "{name}");
        }
        for name in ["CARGO_HOME", "CARGO_NET_OFFLINE", "RUSTUP_HOME", "PATH"] {
            assert!(!changes_the_build(name), "{name}");
        }
    }
}

//! What cargo's configuration files say that would change the image, and how that is undone: an image
//! is made of what the record says, whatever stands in a `.cargo/config.toml` above the project or in
//! cargo's home (the Cargo Book, "Configuration").
//!
//! Registries, mirrors, networking and the like stay as the user has set them; the lock file holds
//! the packages to their content. What the build's own arguments and variables outrank anyway is left
//! alone as well.

use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::BuildError;
use super::environment::changes_the_build;

/// A setting that can't be undone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{file} sets `{key}`, which would change the firmware that is built and can't be overruled: take \
     it out, or name another folder of cargo's with CARGO_HOME"
)]
pub struct ConfigurationError {
    /// The configuration file.
    pub file: PathBuf,
    /// What it sets.
    pub key: String,
}

/// The release profile of the firmware and of runtimes in Rust, in TOML: as the manifest sets it, and what
/// cargo takes to be the same whether it is set or not. Symbols are named by a hash of these settings, so
/// that another way to say the same would change the image.
const PROFILE: [(&str, &str); 8] = [
    ("codegen-units", "1"),
    ("lto", "\"off\""),
    ("panic", "\"abort\""),
    ("debug", "\"full\""),
    ("overflow-checks", "false"),
    ("debug-assertions", "false"),
    ("incremental", "false"),
    ("rpath", "false"),
];

/// Optimisation levels of the packages that differ: of the measuring program, and of the part of the
/// interpreter that prepares.
const LEVELS: [(&str, &str); 2] = [
    (super::key::PACKAGE, "\"s\""),
    ("tinybench-interpreter", "\"s\""),
];

/// What of a release profile differs from [`PROFILE`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Release {
    /// The optimisation level.
    opt_level: &'static str,
    /// Those of packages with another.
    levels: &'static [(&'static str, &'static str)],
}

impl Release {
    /// The optimisation level.
    pub(super) fn opt_level(self) -> &'static str {
        self.opt_level
    }

    /// The profile as lines of a manifest.
    pub(super) fn manifest(self) -> String {
        let settings = [("opt-level", self.opt_level)].into_iter().chain(PROFILE);
        settings
            .map(|(key, value)| format!("{key} = {value}\n"))
            .collect()
    }

    /// What it says of a setting, in TOML.
    fn setting(self, key: &str) -> Option<&'static str> {
        match key {
            "opt-level" => Some(self.opt_level),
            key => find(&PROFILE, key),
        }
    }
}

/// The firmware's.
pub(super) const FIRMWARE: Release = Release {
    opt_level: "2",
    levels: &LEVELS,
};

/// That of a runtime in Rust, as the crate that exports it sets it.
pub(super) const RUNTIME: Release = Release {
    opt_level: "3",
    levels: &[],
};

/// Build scripts and what they use, as cargo has them.
const BUILD_OVERRIDE: [(&str, &str); 4] = [
    ("opt-level", "0"),
    ("overflow-checks", "false"),
    ("debug-assertions", "false"),
    ("incremental", "false"),
];

/// The arguments by which cargo, called in `workspace`, builds for `target` in `folder` with this profile as
/// if no configuration file said otherwise. There are none where none does.
///
/// # Errors
/// A setting can't be overruled. A file that can't be read or isn't TOML is cargo's to complain of.
pub(super) fn overruled(
    workspace: &Path,
    home: Option<&Path>,
    target: &str,
    folder: &Path,
    release: Release,
) -> Result<Vec<String>, BuildError> {
    let mut arguments = Vec::new();
    for file in files(workspace, home) {
        let Some(table) = fs::read_to_string(&file)
            .ok()
            .and_then(|text| text.parse::<Table>().ok())
        else {
            continue;
        };
        for (key, section) in &table {
            let overruled = match key.as_str() {
                "profile" => profile(section, release),
                "build" => build(section, folder),
                "target" => targets(section, target),
                "env" => environment(section),
                "paths" | "unstable" | "host" | "include" => Err(key.clone()),
                _ => Ok(Vec::new()),
            };
            arguments.extend(overruled.map_err(|key| ConfigurationError {
                file: file.clone(),
                key,
            })?);
        }
    }
    let arguments = arguments
        .into_iter()
        .flat_map(|setting| ["--config".to_owned(), setting]);
    Ok(arguments.collect())
}

/// The files that cargo reads: those of the folder it is called in, of all above, and of its home.
fn files(workspace: &Path, home: Option<&Path>) -> impl Iterator<Item = PathBuf> {
    let above = workspace.ancestors().map(|folder| folder.join(".cargo"));
    let folders = above.chain(home.map(Path::to_owned));
    let files = folders.flat_map(|folder| ["config", "config.toml"].map(|name| folder.join(name)));
    files
        .filter(|path| path.is_file())
        .collect::<Vec<_>>()
        .into_iter()
}

/// Settings that overrule others, each `KEY=VALUE` in TOML; or the key that can't be overruled.
type Overruled = Result<Vec<String>, String>;

/// What overrules a table of a profile's settings, by those that are wanted. Tables in it are for
/// `nested`.
fn settings(
    place: &str,
    table: &Value,
    wanted: impl Fn(&str) -> Option<&'static str>,
    nested: impl Fn(&str, &Value) -> Option<Overruled>,
) -> Overruled {
    let mut overruled = Vec::new();
    for (key, value) in table.as_table().into_iter().flatten() {
        if let Some(more) = nested(key, value) {
            overruled.extend(more?);
            continue;
        }
        match wanted(key) {
            Some(wanted) => overruled.push(format!("{place}.{key}={wanted}")),
            None => return Err(format!("{place}.{key}")),
        }
    }
    Ok(overruled)
}

fn find(table: &[(&str, &'static str)], key: &str) -> Option<&'static str> {
    let found = table.iter().find(|(name, _)| *name == key);
    found.map(|(_, value)| *value)
}

/// Only the release profile is built with.
fn profile(section: &Value, wanted: Release) -> Overruled {
    let Some(release) = section.get("release") else {
        return Ok(Vec::new());
    };
    let place = "profile.release";
    settings(
        place,
        release,
        |key| wanted.setting(key),
        |key, value| match key {
            "build-override" => Some(settings(
                &format!("{place}.{key}"),
                value,
                |key| find(&BUILD_OVERRIDE, key),
                |_, _| None,
            )),
            "package" => Some(packages(&format!("{place}.{key}"), value, wanted)),
            _ => None,
        },
    )
}

/// Settings of other packages hold for build scripts too, which have others than the firmware: there
/// is no telling both apart.
fn packages(place: &str, section: &Value, release: Release) -> Overruled {
    let mut overruled = Vec::new();
    for (package, table) in section.as_table().into_iter().flatten() {
        let wanted = |key: &str| {
            let level = find(release.levels, package);
            level.filter(|_| key == "opt-level")
        };
        let place = format!("{place}.{}", Value::from(package.as_str()));
        overruled.extend(settings(&place, table, wanted, |_, _| None)?);
    }
    Ok(overruled)
}

/// Compiler, wrappers, flags and target are given with each build; intermediate files belong with
/// the others, whose place the image doesn't show.
fn build(section: &Value, folder: &Path) -> Overruled {
    let elsewhere = section.get("build-dir").is_some();
    let here = Value::from(folder.to_string_lossy().into_owned());
    Ok(elsewhere
        .then(|| format!("build.build-dir={here}"))
        .into_iter()
        .collect())
}

/// The compiler's flags are given with each build.
fn targets(section: &Value, target: &str) -> Overruled {
    const GIVEN: [&str; 4] = ["runner", "rustflags", "rustdocflags", "ar"];
    let mut overruled = Vec::new();
    for (name, table) in section.as_table().into_iter().flatten() {
        if name != target && !name.starts_with("cfg(") {
            continue;
        }
        for key in table.as_table().into_iter().flat_map(Table::keys) {
            match key.as_str() {
                key if GIVEN.contains(&key) => {}
                // The one that the target has of itself.
                "linker" if name == target => {
                    overruled.push(format!("target.{target}.linker=\"rust-lld\""));
                }
                // Another linker, or what replaces a build script.
                key => return Err(format!("target.{}.{key}", Value::from(name.as_str()))),
            }
        }
    }
    Ok(overruled)
}

/// Variables for the compiler and for build scripts.
fn environment(section: &Value) -> Overruled {
    let names = section.as_table().into_iter().flat_map(Table::keys);
    match names.into_iter().find(|name| changes_the_build(name)) {
        Some(name) => Err(format!("env.{name}")),
        None => Ok(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGET: &str = "thumbv7em-none-eabihf";

    /// What overrules a configuration in a folder above, and in cargo's home.
    fn of(above: &str, home: &str) -> Result<Vec<String>, String> {
        of_build(above, home, FIRMWARE)
    }

    fn of_build(above: &str, home: &str, release: Release) -> Result<Vec<String>, String> {
        let folder = tempfile::tempdir().unwrap();
        let firmware = folder.path().join("project/targets/firmware");
        fs::create_dir_all(&firmware).unwrap();
        for (place, text) in [(".cargo", above), ("home", home)] {
            let place = folder.path().join(place);
            fs::create_dir_all(&place).unwrap();
            fs::write(place.join("config.toml"), text).unwrap();
        }
        let home = folder.path().join("home");
        let arguments = overruled(&firmware, Some(&home), TARGET, Path::new("/build"), release);
        let arguments = arguments.map_err(|error| {
            let text = error.to_string();
            text.replace(&folder.path().display().to_string(), "[FOLDER]")
        })?;
        let (options, settings): (Vec<_>, Vec<_>) =
            arguments.into_iter().partition(|it| it == "--config");
        assert_eq!(options.len(), settings.len());
        Ok(settings)
    }

    #[test]
    fn mirrors_and_networking_stay() {
        let mirror = "[source.crates-io]\nreplace-with = \"mirror\"\n[source.mirror]\n\
                      registry = \"sparse+https://mirror.example/\"\n[net]\noffline = true\n\
                      [build]\njobs = 1\nrustflags = [\"-g\"]\n[profile.dev]\nopt-level = 3\n\
                      [target.thumbv7em-none-eabihf]\nrunner = \"probe-rs run\"\n\
                      [env]\nEDITOR = \"vi\"\n";
        assert_eq!(of(mirror, mirror), Ok(Vec::new()));
    }

    #[test]
    fn profiles_are_those_of_the_manifest() {
        let home = "[profile.release]\nlto = \"fat\"\nopt-level = 3\n";
        let above = "[profile.release]\nopt-level = 0\n\
                     [profile.release.package.tinybench-firmware]\nopt-level = 1\n\
                     [profile.release.build-override]\nopt-level = 3\n";
        let mut settings = of(above, home).unwrap();
        settings.sort();
        assert_eq!(
            settings,
            [
                r#"profile.release.build-override.opt-level=0"#,
                r#"profile.release.lto="off""#,
                r#"profile.release.opt-level=2"#,
                r#"profile.release.opt-level=2"#,
                r#"profile.release.package."tinybench-firmware".opt-level="s""#,
            ]
        );
    }

    #[test]
    fn a_runtime_has_another_profile_than_the_firmware() {
        let text = "[profile.release]\nopt-level = 0\nlto = \"fat\"\n";
        let mut settings = of_build(text, "", RUNTIME).unwrap();
        settings.sort();
        let wanted = [
            r#"profile.release.lto="off""#,
            r#"profile.release.opt-level=3"#,
        ];
        assert_eq!(settings, wanted);
        let text = "[profile.release.package.tinybench-firmware]\nopt-level = 1\n";
        assert!(of_build(text, "", RUNTIME).is_err());
    }

    #[test]
    fn a_linker_and_a_place_for_files_are_overruled() {
        let text = "[target.thumbv7em-none-eabihf]\nlinker = \"ld\"\n[build]\nbuild-dir = \"/b\"\n";
        assert_eq!(
            of(text, "").unwrap(),
            [
                r#"build.build-dir="/build""#,
                r#"target.thumbv7em-none-eabihf.linker="rust-lld""#
            ]
        );
    }

    #[test]
    fn what_cannot_be_overruled_is_refused_with_its_place() {
        for (text, key) in [
            ("paths = [\"/x\"]", "paths"),
            ("[unstable]\nbuild-std = [\"alloc\"]", "unstable"),
            ("[env]\nTINYBENCH_MODEL = \"x\"", "env.TINYBENCH_MODEL"),
            ("[env]\nRUSTFLAGS = \"x\"", "env.RUSTFLAGS"),
            (
                "[profile.release]\nrustflags = [\"-g\"]",
                "profile.release.rustflags",
            ),
            (
                "[profile.release.package.\"*\"]\nopt-level = 0",
                "profile.release.package.\"*\".opt-level",
            ),
            (
                "[target.'cfg(all())']\nlinker = \"ld\"",
                "target.\"cfg(all())\".linker",
            ),
        ] {
            let error = of(text, "").unwrap_err();
            let expected = format!("[FOLDER]/.cargo/config.toml sets `{key}`, ");
            assert!(error.starts_with(&expected), "{error}");
        }
    }

    /// The manifest and what stands here must be the same.
    #[test]
    fn the_profile_is_the_manifest_s() {
        let manifest: Table = include_str!("../../../targets/firmware/Cargo.toml")
            .parse()
            .unwrap();
        let mut release = manifest["profile"]["release"].as_table().unwrap().clone();
        let packages = release.remove("package").unwrap();
        for (key, value) in release {
            let wanted = FIRMWARE.setting(&key);
            assert_eq!(wanted, Some(value.to_string().as_str()), "{key}");
        }
        for (name, level) in LEVELS {
            assert_eq!(packages[name]["opt-level"].to_string(), level);
        }
        assert_eq!(packages.as_table().unwrap().len(), LEVELS.len());
    }
}

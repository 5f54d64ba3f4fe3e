//! What the project's own runtimes are built for.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// Whether code is to be fast or small.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Opt {
    /// Fast: the kernels at level 2, with loops of their own for what models often have.
    #[default]
    Speed,
    /// Small: the kernels at level s, and fewer of them.
    Size,
}

impl Opt {
    /// As the command line names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Speed => "speed",
            Self::Size => "size",
        }
    }

    /// The optimisation level of the kernels, and of the whole runtime for classical models.
    pub(super) fn level(self) -> &'static str {
        match self {
            Self::Speed => "2",
            Self::Size => "s",
        }
    }

    /// Arguments of cargo's that set it for the runtimes' packages.
    pub(super) fn arguments(self) -> Vec<String> {
        let packages: &[&str] = match self {
            // As the manifest has it.
            Self::Speed => &[],
            Self::Size => &["tinybench-kernels", "tinybench-classical"],
        };
        let set = |package: &&str| {
            let level = self.level();
            let key = format!("profile.release.package.{package}.opt-level");
            ["--config".to_owned(), format!("{key}=\"{level}\"")]
        };
        packages.iter().flat_map(set).collect()
    }

    /// The firmware's feature that turns it on.
    pub(super) fn feature(self) -> Option<&'static str> {
        match self {
            Self::Speed => None,
            Self::Size => Some("size"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use toml::Table;

    use super::*;

    #[test]
    fn small_code_is_what_the_manifests_have_a_feature_for() {
        assert!(Opt::Speed.arguments().is_empty() && Opt::Speed.feature().is_none());
        let arguments = Opt::Size.arguments();
        assert_eq!(
            arguments[..2],
            [
                "--config",
                "profile.release.package.tinybench-kernels.opt-level=\"s\""
            ]
        );
        let targets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../targets");
        let manifest = |folder: &str| -> Table {
            let path = targets.join(folder).join("Cargo.toml");
            std::fs::read_to_string(path).unwrap().parse().unwrap()
        };
        let feature = Opt::Size.feature().unwrap();
        for folder in [
            "firmware",
            "runtimes/interpreter",
            "runtimes/interpreter/kernels",
        ] {
            let features = &manifest(folder)["features"];
            assert!(features.get(feature).is_some(), "{folder}");
        }
        let packages = &manifest("firmware")["workspace"]["dependencies"];
        for argument in &arguments {
            let package = argument.split('.').nth(3);
            assert!(
                package.is_none_or(|it| packages.get(it).is_some()),
                "{argument}"
            );
        }
    }
}

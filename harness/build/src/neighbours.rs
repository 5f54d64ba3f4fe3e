//! The crates beside the firmware's folder that are part of its workspace.
//!
//! Cargo derives the crates' hashes, and with them symbol names and the order of code, from a package's place inside
//! the workspace, but from its absolute path where it lies outside. So the firmware's workspace has links to them in
//! its folder `deps`, made when they are needed: not every system can check links out.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{BuildError, firmware_folder};

/// Names of the links, and the folders of the crates from the project's root.
const NEIGHBOURS: [(&str, &str); 6] = [
    ("classical", "targets/runtimes/classical"),
    ("interface", "targets/interface"),
    ("interpreter", "targets/runtimes/interpreter"),
    ("kernels", "targets/runtimes/interpreter/kernels"),
    ("learning", "workloads/learning"),
    ("pipeline", "workloads/pipeline"),
];

/// The folder of the links, from the firmware's.
const FOLDER: &str = "deps";

/// Makes the links that aren't there.
///
/// # Errors
/// One can't be made.
pub(super) fn link(project_root: &Path) -> Result<(), BuildError> {
    let folder = firmware_folder(project_root).join(FOLDER);
    for (name, neighbour) in NEIGHBOURS {
        let place = folder.join(name);
        if place.is_dir() {
            continue;
        }
        fs::create_dir_all(&folder).map_err(BuildError::place(&folder))?;
        match link_folder(&Path::new("../../..").join(neighbour), &place) {
            // Another process was quicker.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => made.map_err(BuildError::place(&place))?,
        }
    }
    Ok(())
}

#[cfg(unix)]
fn link_folder(to: &Path, place: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(to, place)
}

/// Windows lets those make links who have its developer mode on.
#[cfg(windows)]
fn link_folder(to: &Path, place: &Path) -> io::Result<()> {
    let to: PathBuf = to.components().collect();
    std::os::windows::fs::symlink_dir(to, place)
}

/// The links from the firmware's folder, and what the folders behind them are called whichever machine it is. All of
/// them, whatever is built: with other flags cargo would compile everything anew.
pub(super) fn names() -> BTreeMap<PathBuf, String> {
    let named = |(name, folder)| (Path::new(FOLDER).join(name), format!("/tinybench/{folder}"));
    NEIGHBOURS.into_iter().map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    #[test]
    fn they_are_the_crates_of_the_firmware_s_workspace() {
        let manifest = fs::read_to_string(firmware_folder(&root()).join("Cargo.toml")).unwrap();
        let manifest: toml::Table = manifest.parse().unwrap();
        let members = manifest["workspace"]["members"].as_array().unwrap();
        let of_links = members
            .iter()
            .filter_map(|it| it.as_str()?.strip_prefix("deps/"));
        let known = NEIGHBOURS.iter().map(|(name, _)| *name);
        assert_eq!(of_links.collect::<Vec<_>>(), known.collect::<Vec<_>>());
        for (name, folder) in NEIGHBOURS {
            let manifest = fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
            let package = format!("name = \"tinybench-{name}\"");
            assert!(manifest.contains(&package), "{folder}");
        }
    }

    #[test]
    fn links_that_are_missing_are_made_and_others_left_alone() {
        let project = tempfile::tempdir().unwrap();
        for (_, folder) in NEIGHBOURS {
            let folder = project.path().join(folder);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("Cargo.toml"), "").unwrap();
        }
        let deps = firmware_folder(project.path()).join(FOLDER);
        let own = deps.join("kernels");
        fs::create_dir_all(&own).unwrap();
        for _ in 0..2 {
            link(project.path()).unwrap();
            assert!(deps.join("pipeline/Cargo.toml").is_file());
            assert!(own.is_dir() && !own.is_symlink());
        }
    }
}

//! Records kept under a name, to compare with: `.tinybench/baselines/NAME.json` in the user's
//! project.

use std::path::{Path, PathBuf};
use tinybench_support::{SETTINGS, exits_with};

pub use tinybench_record::BaselineName as Name;
use tinybench_support::files::{self, WriteError};
use tinybench_support::printable::{printable, printable_path};
use tinybench_support::suggest;

/// Folder of baselines in the user's project.
const FOLDER: &str = ".tinybench/baselines";

/// The baselines of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Baselines {
    folder: PathBuf,
}

/// What was named is neither a file or folder nor a baseline.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no file, folder or baseline `{}` (baselines are in {}; {hint})",
    printable(name),
    printable_path(folder)
)]
pub struct UnknownBaseline {
    /// What was named.
    pub name: String,
    /// Where baselines are looked for.
    pub folder: PathBuf,
    /// The nearest name, or all there are.
    pub hint: String,
}

exits_with!(UnknownBaseline => Usage);

impl Baselines {
    /// Those of the user's project around `folder`: the nearest folder at or above it that has a
    /// `.tinybench` or a `tinybench.toml`, otherwise `folder` itself.
    pub fn around(folder: &Path) -> Self {
        let project = folder
            .ancestors()
            .find(|folder| folder.join(".tinybench").is_dir() || folder.join(SETTINGS).is_file())
            .unwrap_or(folder);
        Self {
            folder: project.join(FOLDER),
        }
    }

    /// As [`Baselines::around`], of the current folder.
    pub fn around_current() -> Self {
        Self::around(&std::env::current_dir().unwrap_or_default())
    }

    /// Where they are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes the JSON text of a record under a name, replacing what was there. Returns the path.
    pub fn save(&self, name: &Name, json: &str) -> Result<PathBuf, WriteError> {
        let path = self.path(name);
        let made = files::make_folders(&self.folder).map_err(WriteError::of(&path))?;
        if let Err(error) = files::write(&path, json.as_bytes()) {
            made.undo();
            return Err(error);
        }
        Ok(path)
    }

    /// Tries whether [`Self::save`] can succeed, before the record is measured.
    pub fn try_save(&self, name: &Name) -> Result<(), WriteError> {
        let path = self.path(name);
        if path.is_dir() {
            return files::try_write(&path);
        }
        files::try_write_new(&self.folder)
    }

    /// What `argument` means: the file or folder of that path, otherwise the baseline of that name.
    pub fn resolve(&self, argument: &str) -> Result<PathBuf, UnknownBaseline> {
        let path = PathBuf::from(argument);
        if path.exists() {
            return Ok(path);
        }
        if let Ok(name) = argument.parse::<Name>() {
            let path = self.path(&name);
            if path.is_file() {
                return Ok(path);
            }
        }
        Err(UnknownBaseline {
            name: argument.to_owned(),
            folder: self.folder.clone(),
            hint: suggest::hint(argument, &self.names()),
        })
    }

    /// The names there are, in alphabetical order.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = files::list(&self.folder)
            .unwrap_or_default()
            .iter()
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "json")
            })
            .filter_map(|path| path.file_stem()?.to_str()?.parse::<Name>().ok())
            .map(|name| name.to_string())
            .collect();
        names.sort();
        names
    }

    fn path(&self, name: &Name) -> PathBuf {
        self.folder.join(format!("{name}.json"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    #[test]
    fn what_was_saved_is_found_from_folders_below() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("src/deep");
        std::fs::create_dir_all(&inner).unwrap();
        let here = Baselines::around(folder.path());
        let path = here.save(&name("main"), "{}").unwrap();
        assert_eq!(path, folder.path().join(".tinybench/baselines/main.json"));
        let below = Baselines::around(&inner);
        assert_eq!(below.resolve("main").unwrap(), path);
        assert_eq!(below.names(), ["main"]);
    }

    #[test]
    fn a_slip_gets_the_nearest_name() {
        let folder = tempfile::tempdir().unwrap();
        let baselines = Baselines::around(folder.path());
        let error = baselines.resolve("mian").unwrap_err().to_string();
        assert!(error.ends_with("there are none)"), "{error}");
        baselines.save(&name("main"), "{}").unwrap();
        let error = baselines.resolve("mian").unwrap_err().to_string();
        assert!(error.ends_with("did you mean `main`?)"), "{error}");
    }
}

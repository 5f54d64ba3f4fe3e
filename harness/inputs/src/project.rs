//! The tinybench project folder: boards, workloads, runtimes and the firmware's sources.

use std::path::{Path, PathBuf};
use std::process::Command;
use tinybench_runtimes::Runtimes;
use tinybench_support::exits_with;

/// The folder of board files, from the project's root.
pub const BOARDS: &str = "targets/boards";

/// Names the folder of what is made from a project, in place of its own.
pub const TARGET_VARIABLE: &str = "TINYBENCH_TARGET";

/// The folder of what is made from the project at `root`, and can be made again.
pub fn made(root: &Path) -> PathBuf {
    match std::env::var_os(TARGET_VARIABLE) {
        Some(folder) if !folder.is_empty() => PathBuf::from(folder),
        _ => root.join("target/tinybench"),
    }
}

/// A folder that holds a tinybench project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    root: PathBuf,
    /// Folders of runtimes besides its own.
    runtimes: Vec<PathBuf>,
}

/// There is no project where one was looked for.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// The folder that was named isn't a project.
    #[error("{0} is not a tinybench project: it has no targets/boards (check --project)")]
    NotAProject(PathBuf),
    /// None of the places that are searched is a project.
    #[error(
        "there is no tinybench project here: run inside a clone of the repository, or name one \
         with --project or TINYBENCH_PROJECT"
    )]
    NotFound,
}

exits_with!(ProjectError => Usage);

impl Project {
    /// Finds the project: `explicit` if given, otherwise the nearest one at or above `current`,
    /// otherwise the folder the binary was built from.
    pub fn find(explicit: Option<&Path>, current: &Path) -> Result<Self, ProjectError> {
        if let Some(root) = explicit {
            return Self::at(root).ok_or_else(|| ProjectError::NotAProject(root.to_owned()));
        }
        let built_from = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
        current
            .ancestors()
            .chain(built_from)
            .find_map(Self::at)
            .ok_or(ProjectError::NotFound)
    }

    fn at(root: &Path) -> Option<Self> {
        let project = Self {
            root: root.to_owned(),
            runtimes: Vec::new(),
        };
        project.boards().is_dir().then_some(project)
    }

    /// The project's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The same with more folders of runtimes: each is one, or holds some.
    #[must_use]
    pub fn with_runtimes(self, folders: Vec<PathBuf>) -> Self {
        Self {
            runtimes: folders,
            ..self
        }
    }

    /// The runtimes that have a name: its own, those of the folders that it was given, and the user's.
    pub fn runtimes(&self) -> Runtimes {
        Runtimes::new(&self.root, &self.runtimes)
    }

    /// The folder of board files.
    pub fn boards(&self) -> PathBuf {
        self.root.join(BOARDS)
    }

    /// The folder of workloads that are models.
    pub fn models(&self) -> PathBuf {
        self.root.join("workloads/models")
    }

    /// The folder of suites.
    pub fn suites(&self) -> PathBuf {
        self.root.join("workloads/suites")
    }

    /// The folder of results that others have published.
    pub fn published(&self) -> PathBuf {
        self.root.join("results/published")
    }

    /// The folder of models that were compressed for a run.
    pub fn compressed(&self) -> PathBuf {
        made(&self.root).join("compressed")
    }

    /// The commit of the project, with `-dirty` appended if files differ from it; `None` outside
    /// git.
    pub fn commit(&self) -> Option<String> {
        let output = Command::new("git")
            .arg("-C")
            .arg(&self.root)
            .args([
                "describe",
                "--always",
                "--dirty",
                "--abbrev=40",
                "--exclude=*",
            ])
            .output()
            .ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        let commit = text.trim();
        (output.status.success() && !commit.is_empty()).then(|| commit.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_nearest_project_above_the_current_folder_wins() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b/c");
        fs::create_dir_all(&inner).unwrap();
        fs::create_dir_all(folder.path().join("targets/boards")).unwrap();
        assert_eq!(Project::find(None, &inner).unwrap().root(), folder.path());
        fs::create_dir_all(folder.path().join("a/targets/boards")).unwrap();
        assert_eq!(
            Project::find(None, &inner).unwrap().root(),
            folder.path().join("a")
        );
    }

    #[test]
    fn elsewhere_it_is_the_one_the_binary_was_built_from() {
        let folder = tempfile::tempdir().unwrap();
        let project = Project::find(None, folder.path()).unwrap();
        assert!(project.boards().join("nano33.toml").is_file());
    }

    #[test]
    fn a_named_folder_must_be_a_project() {
        let folder = tempfile::tempdir().unwrap();
        let error = Project::find(Some(folder.path()), Path::new("/")).unwrap_err();
        assert!(
            error.to_string().contains("is not a tinybench project"),
            "{error}"
        );
    }
}

//! The tinybench project: boards, workloads and runtimes that tinybench brings, and what the user's own
//! folder has beside them.

use std::path::{Path, PathBuf};
use std::process::Command;

use tinybench_bundle::BundleError;
use tinybench_runtimes::Runtimes;
use tinybench_support::SETTINGS;
use tinybench_support::exit::{Exit, Exits};

use crate::fetch::{Cache, CacheError};

/// The folder of board files, from the project's root.
pub const BOARDS: &str = "targets/boards";

/// The user's own board files, in the folder with the settings.
pub const OWN_BOARDS: &str = "boards";
/// The user's own workloads, in the folder with the settings.
pub const OWN_WORKLOADS: &str = "workloads";

/// Names the folder of what is made from a project, in place of its own.
pub const TARGET_VARIABLE: &str = "TINYBENCH_TARGET";

/// The folder of what is made from the project at `root`, and can be made again.
pub fn made(root: &Path) -> PathBuf {
    match std::env::var_os(TARGET_VARIABLE) {
        Some(folder) if !folder.is_empty() => PathBuf::from(folder),
        _ => root.join("target/tinybench"),
    }
}

/// What there is to measure, and on what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    root: PathBuf,
    /// Whether the root holds what the program brings, and no sources.
    is_brought: bool,
    /// The user's own folder.
    own: Option<PathBuf>,
    /// Folders of runtimes besides its own.
    runtimes: Vec<PathBuf>,
}

/// There is no project where one was looked for.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// The folder that was named isn't a project.
    #[error(
        "{0} is not a tinybench project: it has neither a {SETTINGS} (`tinybench init` writes one) nor \
         targets/boards, as a clone of the repository has (check --project)"
    )]
    NotAProject(PathBuf),
    /// What the program brings can't be unpacked.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// There is no place to unpack it to.
    #[error(transparent)]
    Cache(#[from] CacheError),
}

impl Exits for ProjectError {
    fn exit(&self) -> Exit {
        match self {
            Self::NotAProject(_) => Exit::Usage,
            Self::Bundle(error) => error.exit(),
            Self::Cache(error) => error.exit(),
        }
    }
}

impl Project {
    /// The project: the clone of the repository at or above `explicit` or else `current`, or otherwise what the
    /// program brings, in either case with what the user's own folder has. That is `explicit`, if it has a
    /// `tinybench.toml`, or the nearest that has one at or above `current`.
    ///
    /// # Errors
    /// `explicit` is neither, or what the program brings can't be unpacked into the cache.
    pub fn find(explicit: Option<&Path>, current: &Path) -> Result<Self, ProjectError> {
        let nearest = |from: &Path, is: fn(&Path) -> bool| {
            let found = from.ancestors().find(|it| is(it));
            found.map(Path::to_owned)
        };
        let own = explicit.filter(|it| is_own(it)).map(Path::to_owned);
        let clone = match explicit {
            Some(named) if has_boards(named) => Some(named.to_owned()),
            Some(named) if own.is_none() => {
                return Err(ProjectError::NotAProject(named.to_owned()));
            }
            // What is above a folder is only told by its whole path.
            Some(named) => nearest(&named.canonicalize().unwrap_or_default(), is_clone),
            None => nearest(current, is_clone),
        };
        let is_brought = clone.is_none();
        Ok(Self {
            root: clone.map_or_else(brought, Ok)?,
            is_brought,
            own: own.or_else(|| nearest(current, is_own)),
            runtimes: Vec::new(),
        })
    }

    /// The folder with all that isn't the user's own: a clone of the repository, or what the program brings.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The user's own folder, if there is one.
    pub fn own(&self) -> Option<&Path> {
        self.own.as_deref()
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

    /// The folders of board files, the user's own last.
    pub fn boards(&self) -> Vec<PathBuf> {
        self.folders(BOARDS, OWN_BOARDS)
    }

    /// The folders of workloads that are models, the user's own last.
    pub fn models(&self) -> Vec<PathBuf> {
        self.folders("workloads/models", OWN_WORKLOADS)
    }

    fn folders(&self, brought: &str, own: &str) -> Vec<PathBuf> {
        let own = self.own.iter().map(|folder| folder.join(own));
        let brought = std::iter::once(self.root.join(brought));
        brought.chain(own.filter(|it| it.is_dir())).collect()
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
        // A cache may be in a repository of somebody's.
        if self.is_brought {
            return None;
        }
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

/// What the program brings, in the user's cache.
fn brought() -> Result<PathBuf, ProjectError> {
    let folder = Cache::of_the_user()?.bundle(&tinybench_bundle::identity());
    tinybench_bundle::unpack(&folder)?;
    Ok(folder)
}

fn has_boards(folder: &Path) -> bool {
    folder.join(BOARDS).is_dir()
}

/// Whether a folder is a clone of the repository. One of boards may be anybody's.
fn is_clone(folder: &Path) -> bool {
    has_boards(folder) && folder.join("targets/runtimes").is_dir()
}

fn is_own(folder: &Path) -> bool {
    folder.join(SETTINGS).is_file()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::board::Boards;
    use crate::workload::Workloads;

    fn names(folders: &[PathBuf]) -> Vec<String> {
        Boards::open(folders).unwrap().names()
    }

    #[test]
    fn the_nearest_clone_above_the_current_folder_wins() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b/c");
        fs::create_dir_all(&inner).unwrap();
        let make = |part: &str| fs::create_dir_all(folder.path().join(part)).unwrap();
        let found = || Project::find(None, &inner).unwrap().root().to_owned();
        make("targets/boards");
        make("targets/runtimes");
        assert_eq!(found(), folder.path());
        // Somebody else's, unless it is named.
        make("a/targets/boards");
        assert_eq!(found(), folder.path());
        let named = folder.path().join("a/b/..");
        let named = Project::find(Some(&named), Path::new("/")).unwrap();
        let whole = |path: &Path| path.canonicalize().unwrap();
        assert_eq!(whole(named.root()), whole(&folder.path().join("a")));
        make("a/targets/runtimes");
        assert_eq!(found(), folder.path().join("a"));
    }

    #[test]
    fn elsewhere_it_is_what_the_program_brings() {
        let folder = tempfile::tempdir().unwrap();
        let project = Project::find(None, folder.path()).unwrap();
        assert!(names(&project.boards()).contains(&"nano33".to_owned()));
        assert_eq!(project.commit(), None);
    }

    #[test]
    fn a_folder_with_settings_adds_its_boards_and_workloads() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("src");
        fs::create_dir_all(&inner).unwrap();
        let brought = Project::find(None, &inner).unwrap();
        fs::create_dir(folder.path().join(OWN_BOARDS)).unwrap();
        fs::write(folder.path().join("boards/mine.toml"), "").unwrap();
        assert_eq!(Project::find(None, &inner).unwrap(), brought);
        fs::write(folder.path().join(SETTINGS), "").unwrap();
        let own = Project::find(None, &inner).unwrap();
        assert_eq!(own.root(), brought.root());
        let mut expected = names(&brought.boards());
        expected.push("mine".to_owned());
        expected.sort();
        assert_eq!(names(&own.boards()), expected);
        assert_eq!(
            Project::find(Some(folder.path()), Path::new("/")).unwrap(),
            own
        );
        // There is no folder of workloads.
        assert_eq!(own.models().len(), 1);
    }

    #[test]
    fn a_name_that_is_taken_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(OWN_BOARDS)).unwrap();
        fs::write(folder.path().join(SETTINGS), "").unwrap();
        fs::write(folder.path().join("boards/nano33.toml"), "").unwrap();
        let project = Project::find(None, folder.path()).unwrap();
        let board = Boards::open(&project.boards()).unwrap_err().to_string();
        assert!(
            board.contains("boards/nano33.toml: tinybench brings a board"),
            "{board}"
        );
        for name in ["kws", "kws-audio"] {
            let own = folder.path().join("workloads");
            fs::create_dir_all(own.join(name)).unwrap();
            fs::write(own.join(name).join("card.toml"), "").unwrap();
            let project = Project::find(None, folder.path()).unwrap();
            let taken = Workloads::open(&project.models()).unwrap_err().to_string();
            let expected = format!("workloads/{name}/card.toml: tinybench brings a workload");
            assert!(taken.contains(&expected), "{taken}");
            fs::remove_dir_all(own).unwrap();
        }
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

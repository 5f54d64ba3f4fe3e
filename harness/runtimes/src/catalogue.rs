//! Where runtimes are found: in the project, in the user's data folder, or by a path.

use std::fs;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use tinybench_support::exits_with;
use tinybench_support::suggest;

use crate::manifest::{FILE, Manifest, ManifestError};
use crate::outside::Outside;
use crate::{ENGINES, HostRuntime, engine_for};

/// The folder of runtimes, from the project's root.
const FOLDER: &str = "targets/runtimes";

/// A runtime: what its `runtime.toml` says, and the engine as the host knows it.
#[derive(Debug)]
pub struct Runtime {
    /// The folder of its `runtime.toml`.
    pub folder: PathBuf,
    /// What that says, or why it can't be used.
    pub manifest: Result<Manifest, ManifestError>,
    /// The program that it is in, if that was built before.
    pub image: Option<PathBuf>,
    engine: Engine,
}

/// An engine as the host knows it.
#[derive(Debug)]
enum Engine {
    /// The project's own.
    Own(&'static dyn HostRuntime),
    /// Any other. One whose `runtime.toml` can't be used has the name of its folder, and reads nothing.
    Outside(Box<Outside>),
}

/// There is no such runtime.
#[derive(Debug, thiserror::Error)]
pub enum UnknownRuntime {
    /// None of this name.
    #[error("there is no runtime `{name}`; {hint} (`tinybench runtimes` lists them)")]
    Name {
        /// The name that was asked for.
        name: String,
        /// The nearest name, or all names.
        hint: String,
    },
    /// No folder with a `runtime.toml`.
    #[error(
        "{path} is no runtime: a runtime is a folder with a {FILE}; docs/runtimes.md says what is in it"
    )]
    Path {
        /// What was asked for.
        path: PathBuf,
    },
}

exits_with!(UnknownRuntime => Usage);

impl Runtime {
    /// The runtime in `folder`.
    pub fn load(folder: &Path) -> Self {
        let manifest = Manifest::load(folder).and_then(|it| match &it.host {
            Some(host) if own(host).is_none() => Err(ManifestError::Problem {
                path: folder.join(FILE).display().to_string(),
                problem: format!("host is `{host}`, an engine that the host doesn't have"),
            }),
            _ => Ok(it),
        });
        let engine = match &manifest {
            Ok(it) => match it.host.as_deref().and_then(own) {
                Some(engine) => Engine::Own(engine),
                None => Engine::Outside(Box::new(Outside(it.clone()))),
            },
            Err(_) => Engine::Outside(Box::new(Outside(Manifest::nameless(folder)))),
        };
        Self {
            folder: folder.to_owned(),
            manifest,
            image: None,
            engine,
        }
    }

    /// The runtime in a whole program, the file at `path`.
    pub fn of_image(path: &Path) -> Self {
        let manifest = Manifest::of_image(path);
        Self {
            folder: path.parent().unwrap_or(Path::new("")).to_owned(),
            manifest: Ok(manifest.clone()),
            image: Some(path.to_owned()),
            engine: Engine::Outside(Box::new(Outside(manifest))),
        }
    }

    /// The engine as the host knows it.
    pub fn host(&self) -> &dyn HostRuntime {
        match &self.engine {
            Engine::Own(engine) => *engine,
            Engine::Outside(engine) => &**engine,
        }
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        self.host().name()
    }

    /// What its `runtime.toml` says.
    ///
    /// # Errors
    /// It can't be used.
    pub fn manifest(&self) -> Result<&Manifest, ManifestError> {
        self.manifest.as_ref().map_err(Clone::clone)
    }
}

/// The project's own engine of this name.
fn own(name: &str) -> Option<&'static dyn HostRuntime> {
    ENGINES.into_iter().find(|engine| engine.name() == name)
}

/// The runtimes of a project and its user.
#[derive(Clone, Debug)]
pub struct Runtimes {
    folders: Vec<PathBuf>,
}

impl Runtimes {
    /// Those of the project at `root`, then those in `folders`, then those in the user's data folder: of two
    /// of one name the first is taken. Each of `folders` is a runtime, or holds some.
    pub fn new(root: &Path, folders: &[PathBuf]) -> Self {
        let of_user = etcetera::choose_base_strategy().ok();
        let of_user = of_user.map(|it| it.data_dir().join("tinybench/runtimes"));
        let of_project = [root.join(FOLDER)].into_iter();
        let folders = of_project.chain(folders.iter().cloned()).chain(of_user);
        Self {
            folders: folders.collect(),
        }
    }

    /// All of them, those of a folder sorted by theirs.
    pub fn all(&self) -> Vec<Runtime> {
        let is_one = |path: &PathBuf| path.join(FILE).is_file();
        let below = self.folders.iter().flat_map(|folder| {
            if is_one(folder) {
                return vec![folder.clone()];
            }
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            let mut here: Vec<_> = entries.map(|it| it.path()).filter(is_one).collect();
            here.sort();
            here
        });
        below.map(|folder| Runtime::load(&folder)).collect()
    }

    /// The names of all.
    pub fn names(&self) -> Vec<String> {
        let all = self.all();
        all.iter().map(|it| it.name().to_owned()).collect()
    }

    /// The runtime called `asked`, or that in the folder of this path.
    ///
    /// # Errors
    /// There is none. What is wrong with its `runtime.toml` is told when it is used.
    pub fn find(&self, asked: &str) -> Result<Runtime, UnknownRuntime> {
        let path = Path::new(asked);
        if path.join(FILE).is_file() {
            return Ok(Runtime::load(path));
        }
        if path.components().count() != 1 || asked.starts_with('.') {
            return Err(UnknownRuntime::Path {
                path: path.to_owned(),
            });
        }
        let mut all = self.all();
        match all.iter().position(|it| it.name() == asked) {
            Some(place) => Ok(all.swap_remove(place)),
            None => {
                let names: Vec<_> = all.iter().map(|it| it.name().to_owned()).collect();
                Err(UnknownRuntime::Name {
                    name: asked.to_owned(),
                    hint: suggest::hint(asked, &names),
                })
            }
        }
    }

    /// The runtime for a model that none was named for: of the project's own engines that which reads
    /// such files, or the first, which then says what is wrong with it.
    ///
    /// # Errors
    /// The project doesn't have it.
    pub fn for_model(&self, model: &[u8]) -> Result<Runtime, UnknownRuntime> {
        self.find(engine_for(model).name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project() -> Runtimes {
        with(&[])
    }

    /// Those of the project and of `folders`, but not what the user has.
    fn with(folders: &[PathBuf]) -> Runtimes {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut runtimes = Runtimes::new(&root, folders);
        runtimes.folders.truncate(1 + folders.len());
        runtimes
    }

    #[test]
    fn a_runtime_is_found_by_the_name_that_it_is_listed_by() {
        let folder = tempfile::tempdir().unwrap();
        for (place, name) in [
            ("many/a", "first"),
            ("many/b", "interpreter"),
            ("one", "third"),
        ] {
            let path = folder.path().join(place);
            fs::create_dir_all(&path).unwrap();
            let text = format!(
                "name = \"{name}\"\nversion = \"1\"\nreads = [\"TFL3\"]\n[c]\nsources = [\"x.c\"]\n"
            );
            fs::write(path.join(FILE), text).unwrap();
        }
        let folders = ["many", "one"].map(|name| folder.path().join(name));
        let runtimes = with(&folders);
        let names = runtimes.names();
        let added = &names[ENGINES.len()..];
        assert_eq!(added, ["first", "interpreter", "third"]);
        for name in ["first", "third"] {
            assert_eq!(runtimes.find(name).unwrap().name(), name);
        }
        // The project's own come first.
        assert!(
            runtimes
                .find("interpreter")
                .unwrap()
                .manifest()
                .unwrap()
                .host
                .is_some()
        );
        assert!(runtimes.find("a").is_err());
    }

    #[test]
    fn an_image_is_verified_with_whatever_an_engine_of_the_project_reads() {
        let image = Runtime::of_image(Path::new("x/program.elf"));
        assert_eq!(image.name(), "program");
        for model in [&b"\x1c\0\0\0TFL3"[..], b"\x1c\0\0\0TBZ1", b"TBCM"] {
            assert!(image.host().reads(model) && engine_for(model).reads(model));
        }
    }

    #[test]
    fn the_projects_own_engines_are_runtimes_like_any_other() {
        let all = project().all();
        for engine in ENGINES {
            let runtime = all.iter().find(|it| it.name() == engine.name()).unwrap();
            assert_eq!(runtime.host().version(), engine.version());
            assert!(runtime.manifest().unwrap().rust.is_some());
        }
        assert_eq!(project().for_model(b"TBCM").unwrap().name(), "classical");
    }

    #[test]
    fn an_unknown_runtime_gets_the_nearest_name() {
        let error = project().find("interpeter").unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no runtime `interpeter`; did you mean `interpreter`? (`tinybench runtimes` \
             lists them)"
        );
        let error = project().find("./nowhere").unwrap_err().to_string();
        assert!(
            error.starts_with("./nowhere is no runtime: a runtime is a folder"),
            "{error}"
        );
    }

    #[test]
    fn a_faulty_runtime_has_a_name_and_says_what_is_wrong_when_it_is_used() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine");
        fs::create_dir(&path).unwrap();
        fs::write(path.join(FILE), "nam = \"x\"\n").unwrap();
        let runtime = project().find(path.to_str().unwrap()).unwrap();
        assert_eq!(runtime.name(), "mine");
        let error = runtime.manifest().unwrap_err().to_string();
        assert!(error.contains("unknown field `nam`"), "{error}");
        let wrong = "name = \"x\"\nhost = \"another\"\n[rust]\nfeature = \"x\"\ncrates = []\n";
        fs::write(path.join(FILE), wrong).unwrap();
        let error = Runtime::load(&path).manifest().unwrap_err().to_string();
        assert!(
            error.contains("an engine that the host doesn't have"),
            "{error}"
        );
    }
}

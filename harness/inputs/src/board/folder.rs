//! The folders of board files, and files from anywhere.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Board, BoardError, Loaded, MAX_FILE_BYTES};
use tinybench_support::files;
use tinybench_support::suggest;

/// The name of the board whose file this is, if it is one.
fn board_of(path: &Path) -> Option<String> {
    let is_one = path.extension().is_some_and(|it| it == "toml");
    let stem = path.file_stem().filter(|_| is_one)?;
    stem.to_str().map(str::to_owned)
}

/// The folders of board files.
#[derive(Clone, Debug)]
pub struct Boards {
    files: BTreeMap<String, PathBuf>,
}

impl Boards {
    /// Lists the board files in `folders`.
    ///
    /// # Errors
    /// A folder can't be read, or has a board that is called like one of a folder before it.
    pub fn open(folders: &[impl AsRef<Path>]) -> Result<Self, BoardError> {
        let mut found = BTreeMap::new();
        for folder in folders {
            for path in files::list(folder.as_ref())? {
                let Some(name) = board_of(&path) else {
                    continue;
                };
                if found.contains_key(&name) {
                    return Err(BoardError::Taken { path });
                }
                found.insert(name, path);
            }
        }
        Ok(Self { files: found })
    }

    /// Names of all boards, sorted.
    pub fn names(&self) -> Vec<String> {
        self.files.keys().cloned().collect()
    }

    /// All boards whose files can be read.
    pub fn readable(&self) -> Vec<Board> {
        let loaded = self.files.keys().filter_map(|name| self.load(name).ok());
        loaded.map(|it| it.board).collect()
    }

    /// Where the file is of the board called `name`, or that is called so itself if it ends with `.toml`.
    ///
    /// # Errors
    /// There is no such board.
    pub fn file(&self, name: &str) -> Result<PathBuf, BoardError> {
        let own = || name.ends_with(".toml").then(|| PathBuf::from(name));
        let file = self.files.get(name).cloned().or_else(own);
        file.ok_or_else(|| BoardError::Unknown {
            name: name.to_owned(),
            hint: suggest::hint(name, &self.names()),
        })
    }

    /// Reads the board called `name`, or the file of that name if it ends with `.toml`.
    pub fn load(&self, name: &str) -> Result<Loaded, BoardError> {
        let path = self.file(name)?;
        files::check_regular(&path)?;
        let text = files::read_text(&path, MAX_FILE_BYTES)?;
        Board::parse(&text, &path)
    }
}

//! The files that a `runtime.toml` names.

use std::path::{Path, PathBuf};

use tinybench_inputs::runtimes::manifest::Variables;

use super::LibraryError;

/// The languages of source files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// C, and assembly, which the same program takes.
    C,
    /// C++
    Cpp,
}

/// A file to compile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Where it is.
    pub path: PathBuf,
    /// Its language.
    pub language: Language,
}

impl Source {
    /// The source file at `path`, whose language its name tells.
    pub fn new(path: PathBuf) -> Result<Self, LibraryError> {
        let language = match path.extension().and_then(|it| it.to_str()) {
            Some("c" | "S" | "s") => Language::C,
            Some("cpp" | "cc" | "cxx") => Language::Cpp,
            _ => return Err(LibraryError::Kind(path)),
        };
        Ok(Self { path, language })
    }

    /// Its name without the folder.
    pub fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }
}

/// Finds what a `runtime.toml` names.
pub struct Finder<'a> {
    /// The runtime's name.
    pub runtime: &'a str,
    /// Its folder.
    pub folder: &'a Path,
    /// What variables stand for.
    pub variables: &'a Variables,
}

impl Finder<'_> {
    /// Files that match the patterns of a key, in the order of the patterns and sorted in each.
    pub fn files(
        &self,
        key: &'static str,
        patterns: &[String],
    ) -> Result<Vec<PathBuf>, LibraryError> {
        let mut found = Vec::new();
        for pattern in patterns {
            // What is there by another's choice, the folder and what variables stand for, is no pattern.
            let folder = glob::Pattern::escape(&self.folder.to_string_lossy());
            let below = self.variables.expand_with(pattern, glob::Pattern::escape)?;
            let path = Path::new(&folder).join(below);
            let matching = glob::glob(&path.to_string_lossy());
            let files = matching.into_iter().flatten().flatten();
            let files: Vec<_> = files.filter(|path| path.is_file()).collect();
            if files.is_empty() {
                return Err(self.missing(key, pattern));
            }
            for file in files {
                if !found.contains(&file) {
                    found.push(file);
                }
            }
        }
        Ok(found)
    }

    /// The same of source files.
    pub fn sources(
        &self,
        key: &'static str,
        patterns: &[String],
    ) -> Result<Vec<Source>, LibraryError> {
        let files = self.files(key, patterns)?.into_iter();
        files.map(Source::new).collect()
    }

    /// Folders of headers.
    pub fn folders(&self, folders: &[String]) -> Result<Vec<PathBuf>, LibraryError> {
        let found = folders.iter().map(|folder| {
            let path = self.folder.join(self.variables.expand(folder)?);
            match path.is_dir() {
                true => Ok(path),
                false => Err(self.missing("include", folder)),
            }
        });
        found.collect()
    }

    fn missing(&self, key: &'static str, pattern: &str) -> LibraryError {
        LibraryError::Missing {
            runtime: self.runtime.to_owned(),
            key,
            pattern: pattern.to_owned(),
            folder: self.folder.to_owned(),
        }
    }
}

/// Whether an assembler takes in files that the preprocessor doesn't see.
pub fn has_files_of_assembler(preprocessed: &[u8]) -> bool {
    let has = |word: &[u8]| preprocessed.windows(word.len()).any(|it| it == word);
    has(b".incbin") || has(b".include")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn only_what_a_pattern_itself_says_stands_for_any_file() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path().join("v[12]*");
        for name in ["v[12]*", "v1", "v2x"] {
            let path = folder.path().join(name).join("src");
            fs::create_dir_all(&path).unwrap();
            fs::write(path.join("a.c"), "").unwrap();
        }
        fs::write(here.join("src/b.c"), "").unwrap();
        let variables = Variables::default().with("OUT", here.display().to_string());
        let finder = Finder {
            runtime: "it",
            folder: &here,
            variables: &variables,
        };
        let found = |pattern: &str| {
            let files = finder.files("sources", &[pattern.to_owned()]).unwrap();
            let names = files
                .iter()
                .map(|it| it.strip_prefix(&here).unwrap().to_owned());
            names.collect::<Vec<_>>()
        };
        let both = ["src/a.c", "src/b.c"].map(PathBuf::from);
        for pattern in ["src/*.c", "**/*.c", "${OUT}/src/*.c"] {
            assert_eq!(found(pattern), both, "{pattern}");
        }
        let error = finder
            .files("sources", &["src/c.c".to_owned()])
            .unwrap_err();
        assert!(
            error.to_string().contains("there is no such file"),
            "{error}"
        );
    }

    #[test]
    fn a_file_that_is_no_source_is_refused_by_what_there_is() {
        for name in ["a.rs", "a.c++", "a.C", "a"] {
            let error = Source::new(PathBuf::from(name)).unwrap_err().to_string();
            assert!(error.contains("C++ (.cpp, .cc, .cxx)"), "{error}");
        }
    }
}

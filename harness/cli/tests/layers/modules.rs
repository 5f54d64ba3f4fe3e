//! Which files of a crate use which, read from their paths.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The path of a module, or of an item, from its crate's root.
pub type Place = Vec<String>;
/// Which modules each module uses.
pub type Arrows = BTreeMap<Place, BTreeSet<Place>>;

/// The Rust files below a folder, by the path of their module.
struct Modules {
    files: BTreeMap<Place, PathBuf>,
    /// The names that a module hands on, and what they stand for.
    handed_on: BTreeMap<Place, BTreeMap<String, Place>>,
}

/// The part of a file that isn't its tests. Tests in a file of their own are only declared in it.
pub fn without_tests(text: &str) -> &str {
    const TESTS: &str = "\n#[cfg(test)]\nmod ";
    let mut tests = text.match_indices(TESTS).filter(|(start, _)| {
        let line = text[start + TESTS.len()..].lines().next();
        line.is_some_and(|line| line.ends_with('{'))
    });
    tests.next().map_or(text, |(start, _)| &text[..start])
}

/// The part of a file that isn't its tests, without comments.
fn code(text: &str) -> String {
    let lines = without_tests(text)
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

fn is_in_path(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == ':'
}

/// The paths of several parts in a text: a group in braces is as many. Each with whether it is handed
/// on by a `pub use`, and by which name.
fn paths(text: &str) -> Vec<(Place, Option<String>)> {
    let mut found = Vec::new();
    let mut rest = text;
    let mut line = text.trim_start();
    while let Some(start) = rest.find(is_in_path) {
        if let Some(end) = rest[..start].rfind('\n') {
            line = rest[end + 1..].lines().next().unwrap_or("").trim_start();
        }
        let is_visibility = rest[..start].ends_with("(in ");
        rest = &rest[start..];
        let end = rest.find(|c| !is_in_path(c)).unwrap_or(rest.len());
        let (path, behind) = rest.split_at(end);
        rest = behind;
        if is_visibility || !path.contains("::") || path.starts_with(':') {
            continue;
        }
        let first = found.len();
        if path.ends_with("::") && rest.starts_with('{') {
            rest = group(path, &rest[1..], &mut found);
        } else {
            let (name, behind) = renamed(path, rest);
            rest = behind;
            found.push((parts(path), Some(name)));
        }
        let is_handed_on = line
            .strip_prefix("pub")
            .map(|line| line.split_once(") ").map_or(line, |(_, use_)| use_))
            .is_some_and(|line| line.trim_start().starts_with("use "));
        if !is_handed_on {
            for (_, name) in &mut found[first..] {
                *name = None;
            }
        }
    }
    found
}

fn parts(path: &str) -> Place {
    let parts = path.split("::").filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

/// The name by which a path is used, and what stands behind it.
fn renamed<'a>(path: &str, behind: &'a str) -> (String, &'a str) {
    if let Some(new) = behind.trim_start().strip_prefix("as ") {
        let end = new.find(|c| !is_in_path(c)).unwrap_or(new.len());
        return (new[..end].to_owned(), &new[end..]);
    }
    (path.rsplit("::").next().unwrap().to_owned(), behind)
}

/// The paths of a group, of which `text` is what stands behind the opening brace; gives what stands
/// behind the closing one.
fn group<'a>(prefix: &str, text: &'a str, found: &mut Vec<(Place, Option<String>)>) -> &'a str {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        if let Some(behind) = rest.strip_prefix('}') {
            return behind;
        }
        let end = rest.find(|c| !is_in_path(c)).unwrap_or(rest.len());
        if end == 0 {
            return rest;
        }
        let path = format!("{prefix}{}", &rest[..end]);
        rest = &rest[end..];
        if path.ends_with("::") && rest.starts_with('{') {
            rest = group(&path, &rest[1..], found);
        } else {
            let (name, behind) = renamed(&path, rest);
            rest = behind;
            found.push((parts(&path), Some(name)));
        }
    }
}

impl Modules {
    fn below(source: &Path) -> Self {
        let mut files = BTreeMap::new();
        let mut folders = vec![source.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|it| it == "rs")
                    // A binary beside its library takes nothing from it by `crate::`.
                    && path.file_name().is_some_and(|name| name != "main.rs")
                {
                    let inner = path.strip_prefix(source).unwrap().with_extension("");
                    let mut module: Place = inner
                        .iter()
                        .map(|part| part.to_str().unwrap().to_owned())
                        .collect();
                    if matches!(module.last().map(String::as_str), Some("mod" | "lib")) {
                        module.pop();
                    }
                    files.insert(module, path);
                }
            }
        }
        let mut modules = Self {
            files,
            handed_on: BTreeMap::new(),
        };
        for (module, path) in &modules.files {
            let text = code(&fs::read_to_string(path).unwrap());
            let names = paths(&text).into_iter().filter_map(|(path, name)| {
                let stands_for = modules.absolute(module, &path)?;
                Some((name?, stands_for))
            });
            let names = names.collect();
            modules.handed_on.insert(module.clone(), names);
        }
        modules
    }

    /// A path that a module names, from the crate's root; `None` if it leads into another crate.
    fn absolute(&self, module: &Place, path: &[String]) -> Option<Place> {
        let mut place = match path[0].as_str() {
            "crate" => Place::new(),
            "self" | "super" => module.clone(),
            first => {
                let child = [module.as_slice(), &[first.to_owned()]].concat();
                self.files.contains_key(&child).then(|| module.clone())?
            }
        };
        for part in path {
            match part.as_str() {
                "crate" | "self" => {}
                "super" => drop(place.pop()),
                part => place.push(part.to_owned()),
            }
        }
        Some(place)
    }

    /// The module in which an item is defined that a path from the crate's root leads to.
    fn defines(&self, path: &[String], depth: usize) -> Place {
        let mut length = path.len();
        while length > 0 && !self.files.contains_key(&path[..length]) {
            length -= 1;
        }
        let (module, rest) = path.split_at(length);
        let handed_on = self.handed_on.get(module);
        match rest.split_first() {
            Some((name, behind)) if depth > 0 => match handed_on.and_then(|it| it.get(name)) {
                Some(other) => self.defines(&[other.as_slice(), behind].concat(), depth - 1),
                None => module.to_vec(),
            },
            _ => module.to_vec(),
        }
    }

    /// The modules whose items a module names by paths that begin with `crate` or `super`. What a
    /// folder's face takes from its own files, and what it hands on, are how the folder is put together,
    /// and no use.
    fn used_by(&self, module: &Place, text: &str) -> BTreeSet<Place> {
        let named = paths(&code(text)).into_iter();
        let used = named.filter(|(path, handed_on)| {
            handed_on.is_none() && matches!(path[0].as_str(), "crate" | "super")
        });
        used.filter_map(|(path, _)| self.absolute(module, &path))
            .map(|path| self.defines(&path, 8))
            .filter(|place| place != module && !place.is_empty())
            .collect()
    }
}

/// Which files below a crate's `src` use which.
pub fn arrows(source: &Path) -> Arrows {
    let modules = Modules::below(source);
    let arrows = modules.files.iter().map(|(module, path)| {
        let text = fs::read_to_string(path).unwrap();
        (module.clone(), modules.used_by(module, &text))
    });
    arrows.collect()
}

/// The modules on circles, and between two of them; none if there is no circle.
pub fn circle(arrows: &Arrows) -> Vec<String> {
    let mut left = arrows.clone();
    loop {
        let free: Vec<_> = left
            .iter()
            .filter(|(_, to)| to.iter().all(|it| !left.contains_key(it)))
            .map(|(from, _)| from.clone())
            .collect();
        if free.is_empty() {
            break;
        }
        for module in free {
            left.remove(&module);
        }
    }
    // What is left reaches a circle; those that nothing left uses are only on the way to one.
    loop {
        let used: BTreeSet<_> = left.values().flatten().cloned().collect();
        let before = left.len();
        left.retain(|module, _| used.contains(module));
        if left.len() == before {
            break;
        }
    }
    left.keys().map(|module| module.join("::")).collect()
}

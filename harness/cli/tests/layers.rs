//! The harness's crates are layers: none uses one above it, and no files use each other in a circle.
//! What documents point to is there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The repository.
fn project_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap()
        .to_owned()
}

/// The crates, each with those it may use. `ARCHITECTURE.md` draws them.
const LAYERS: [(&str, &[&str]); 8] = [
    ("support", &[]),
    ("record", &["support"]),
    ("analysis", &["record", "support"]),
    ("inputs", &["record", "support"]),
    ("pages", &["analysis", "record", "support"]),
    ("execution", &["inputs", "record", "support"]),
    ("devices", &["execution", "inputs", "record", "support"]),
    (
        "cli",
        &[
            "analysis",
            "devices",
            "execution",
            "inputs",
            "pages",
            "record",
            "support",
        ],
    ),
];

/// Most entries of a folder, and most lines of a file before its tests.
const MOST_ENTRIES: usize = 15;
const MOST_LINES: usize = 600;
const MOST_LINES_OF_A_CRATE: usize = 10_000;

/// The crates of the harness that a manifest depends on, for tests too.
fn uses(manifest: &str) -> BTreeSet<String> {
    let manifest: toml::Table = manifest.parse().unwrap();
    let known: Vec<&str> = LAYERS.iter().map(|(name, _)| *name).collect();
    let of_targets = manifest.get("target").and_then(toml::Value::as_table);
    let of_targets = of_targets.into_iter().flat_map(toml::Table::values);
    let tables = of_targets
        .filter_map(toml::Value::as_table)
        .chain([&manifest]);
    let sections = tables.flat_map(|table| {
        ["dependencies", "dev-dependencies", "build-dependencies"]
            .into_iter()
            .filter_map(|section| table.get(section)?.as_table())
    });
    sections
        .flat_map(toml::Table::keys)
        .filter_map(|name| match name.as_str() {
            "tinybench" => Some("cli"),
            name => name.strip_prefix("tinybench-"),
        })
        .filter(|name| known.contains(name))
        .map(str::to_owned)
        .collect()
}

/// What a crate uses and may not.
fn upwards(name: &str, manifest: &str) -> Vec<String> {
    let (_, allowed) = LAYERS.iter().find(|(layer, _)| *layer == name).unwrap();
    let used = uses(manifest).into_iter();
    used.filter(|it| !allowed.contains(&it.as_str())).collect()
}

/// The Rust files below a folder, by the path of their module from the crate's root.
fn modules(source: &Path) -> BTreeMap<Vec<String>, PathBuf> {
    let mut found = BTreeMap::new();
    let mut folders = vec![source.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let inner = path.strip_prefix(source).unwrap().with_extension("");
                let mut module: Vec<String> = inner
                    .iter()
                    .map(|part| part.to_str().unwrap().to_owned())
                    .collect();
                if matches!(
                    module.last().map(String::as_str),
                    Some("mod" | "lib" | "main")
                ) {
                    module.pop();
                }
                // A binary beside its library takes nothing from it by `crate::`.
                if path.file_name().is_some_and(|name| name == "main.rs") {
                    continue;
                }
                found.insert(module, path);
            }
        }
    }
    found
}

/// The part of a file that isn't its tests, without comments.
fn code(text: &str) -> String {
    let text = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or(text);
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The modules whose items a module names: paths that begin with `crate` or `super`. What a module
/// hands on by `pub use`, and its `mod` lines, are how a folder is put together, and no use.
fn named(
    module: &[String],
    text: &str,
    all: &BTreeMap<Vec<String>, PathBuf>,
) -> BTreeSet<Vec<String>> {
    let text = code(text);
    let mut found = BTreeSet::new();
    for (start, _) in text
        .match_indices("crate::")
        .chain(text.match_indices("super::"))
    {
        if text[..start].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
        if text[line..].trim_start().starts_with("pub use") {
            continue;
        }
        let path: String = text[start..]
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_' || *c == ':')
            .collect();
        let mut place = if path.starts_with("crate::") {
            Vec::new()
        } else {
            module[..module.len().saturating_sub(1)].to_vec()
        };
        for part in path.split("::").skip(1) {
            if part == "super" {
                place.pop();
                continue;
            }
            place.push(part.to_owned());
            if !all.contains_key(&place) {
                place.pop();
                break;
            }
        }
        // A folder's face is not what is meant by a path that ends in one of its items: that is in
        // the face only if the face defines it.
        if place != module && !place.is_empty() {
            found.insert(place);
        }
    }
    found
}

/// A circle of modules, if there is one.
fn circle(arrows: &BTreeMap<Vec<String>, BTreeSet<Vec<String>>>) -> Option<Vec<String>> {
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
    (!left.is_empty()).then(|| left.keys().map(|module| module.join("::")).collect())
}

fn arrows(source: &Path) -> BTreeMap<Vec<String>, BTreeSet<Vec<String>>> {
    let all = modules(source);
    let arrows = all.iter().map(|(module, path)| {
        let text = fs::read_to_string(path).unwrap();
        (module.clone(), named(module, &text, &all))
    });
    arrows.collect()
}

#[test]
fn no_crate_uses_one_above_it() {
    for (name, _) in LAYERS {
        let path = project_root().join("harness").join(name).join("Cargo.toml");
        let manifest = fs::read_to_string(path).unwrap();
        assert_eq!(upwards(name, &manifest), Vec::<String>::new(), "{name}");
    }
    let planted = "[dev-dependencies]\ntinybench-execution.workspace = true\n";
    assert_eq!(upwards("pages", planted), ["execution"]);
    let planted = "[target.'cfg(unix)'.dependencies]\ntinybench-devices.workspace = true\n";
    assert_eq!(upwards("execution", planted), ["devices"]);
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    for (name, _) in LAYERS {
        let source = project_root().join("harness").join(name).join("src");
        assert_eq!(circle(&arrows(&source)), None, "{name}");
    }
}

#[test]
fn a_circle_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    put("lib.rs", "mod a;\nmod b;\nmod c;\n");
    put("a.rs", "use crate::b::B;\npub struct A;\n");
    put("b.rs", "use super::c::C;\npub struct B;\n");
    put("c.rs", "//! Not a circle: crate::a.\npub struct C;\n");
    assert_eq!(circle(&arrows(folder.path())), None);
    put("c.rs", "pub fn c() -> super::a::A { todo!() }\n");
    let found = circle(&arrows(folder.path())).unwrap();
    assert_eq!(found, ["a", "b", "c"]);
}

#[test]
fn crates_folders_and_files_stay_small() {
    for (name, _) in LAYERS {
        let root = project_root().join("harness").join(name);
        let mut lines_of_the_crate = 0;
        let mut folders = vec![root];
        while let Some(folder) = folders.pop() {
            let entries: Vec<_> = fs::read_dir(&folder)
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .collect();
            let is_snapshots = folder.ends_with("snapshots");
            assert!(
                entries.len() <= MOST_ENTRIES || is_snapshots,
                "{} has {} entries",
                folder.display(),
                entries.len()
            );
            for path in entries {
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let is_source = path.extension().is_some_and(|it| it == "rs")
                    && !path.components().any(|part| part.as_os_str() == "tests")
                    && !path.ends_with("tests.rs");
                if !is_source {
                    continue;
                }
                let text = fs::read_to_string(&path).unwrap();
                let own = text
                    .split("\n#[cfg(test)]\nmod ")
                    .next()
                    .unwrap()
                    .lines()
                    .count();
                assert!(own <= MOST_LINES, "{} has {own} lines", path.display());
                lines_of_the_crate += own;
            }
        }
        assert!(
            lines_of_the_crate < MOST_LINES_OF_A_CRATE,
            "{name} has {lines_of_the_crate} lines"
        );
    }
}

/// The Markdown files of the project below a folder; not what a link leads to a second time.
fn documents(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let (path, kind) = entry
            .map(|it| (it.path(), it.file_type().unwrap()))
            .unwrap();
        let name = path.file_name().unwrap().to_string_lossy();
        if kind.is_dir() && name != "target" && !name.starts_with('.') {
            found.extend(documents(&path));
        } else if kind.is_file() && name.ends_with(".md") {
            found.push(path);
        }
    }
    found
}

/// The links of a document that lead to no file.
fn dead_links(document: &Path, text: &str) -> Vec<String> {
    let links = text
        .split("](")
        .skip(1)
        .filter_map(|it| it.split(')').next());
    let files = links.filter_map(|link| link.split('#').next().filter(|it| !it.is_empty()));
    let folder = document.parent().unwrap();
    files
        .filter(|link| !link.contains("://") && !folder.join(link).exists())
        .map(str::to_owned)
        .collect()
}

#[test]
fn links_of_documents_lead_to_files() {
    let all = documents(&project_root());
    assert!(all.len() > 20, "{all:?}");
    for path in all {
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(
            dead_links(&path, &text),
            Vec::<String>::new(),
            "{}",
            path.display()
        );
    }
    let planted = "[one](README.md#here), [two](nowhere.md) and [three](https://example.org)";
    assert_eq!(
        dead_links(&project_root().join("a.md"), planted),
        ["nowhere.md"]
    );
}

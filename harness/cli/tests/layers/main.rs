//! The harness's crates are layers: none uses one above it. In no crate of the project do files use each
//! other in a circle, and folders and files stay small. What documents point to is there.

mod modules;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use modules::{arrows, circle, without_tests};

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

/// Most entries of a folder, most lines of a file before its tests, and of a crate of the harness.
const MOST_ENTRIES: usize = 15;
const MOST_LINES: usize = 600;
const MOST_LINES_OF_A_CRATE: usize = 10_000;

/// Where code is.
const ROOMS: [&str; 5] = ["examples", "harness", "scripts", "targets", "workloads"];
/// Folders of files that tools write.
const WRITTEN_BY_TOOLS: [&str; 2] = ["fixtures", "snapshots"];

/// What isn't within the bounds yet. What is within them may not be here.
const WITH_CIRCLES: [&str; 0] = [];
const WITH_MANY_ENTRIES: [&str; 0] = [];
const WITH_MANY_LINES: [&str; 0] = [];

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

/// The folders with code below one of the project's, itself among them.
fn folders_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_owned()];
    let mut at = 0;
    while let Some(folder) = found.get(at) {
        let inner = fs::read_dir(folder).unwrap().map(Result::unwrap);
        let inner = inner.filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            // What a link leads to is looked at where it is.
            entry.file_type().unwrap().is_dir()
                && !name.starts_with(['.', '_'])
                && name != "target"
                && !WRITTEN_BY_TOOLS.contains(&&*name)
        });
        let inner: Vec<_> = inner.map(|entry| entry.path()).collect();
        found.extend(inner);
        at += 1;
    }
    found
}

/// All folders with code.
fn folders() -> Vec<PathBuf> {
    let rooms = ROOMS.map(|room| project_root().join(room));
    rooms.iter().flat_map(|room| folders_below(room)).collect()
}

/// A path from the project's root.
fn inner(path: &Path) -> String {
    let inner = path.strip_prefix(project_root()).unwrap();
    inner.to_string_lossy().replace('\\', "/")
}

/// Holds what was found to be out of bounds against what is known to be.
fn hold(found: &[(String, String)], known: &[&str]) {
    let new: Vec<_> = found
        .iter()
        .filter(|(place, _)| !known.contains(&place.as_str()))
        .collect();
    assert!(new.is_empty(), "out of bounds: {new:#?}");
    let mended: Vec<_> = known
        .iter()
        .filter(|known| found.iter().all(|(place, _)| place != *known))
        .collect();
    assert!(
        mended.is_empty(),
        "within bounds, to be listed no more: {mended:#?}"
    );
}

/// Rust files that aren't tests.
fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in folders() {
        if inner(&folder).split('/').any(|part| part == "tests") {
            continue;
        }
        let files = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        found.extend(files.filter(|path| {
            path.extension().is_some_and(|it| it == "rs") && !path.ends_with("tests.rs")
        }));
    }
    found
}

/// Lines of a file before its tests.
fn lines(path: &Path) -> usize {
    without_tests(&fs::read_to_string(path).unwrap())
        .lines()
        .count()
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    let crates = folders()
        .into_iter()
        .filter(|folder| folder.join("Cargo.toml").is_file() && folder.join("src").is_dir());
    let crates: Vec<_> = crates.collect();
    assert!(crates.len() > LAYERS.len() + 10, "{crates:?}");
    let found = crates.iter().filter_map(|folder| {
        let circle = circle(&arrows(&folder.join("src")));
        (!circle.is_empty()).then(|| (inner(folder), circle.join(", ")))
    });
    hold(&found.collect::<Vec<_>>(), &WITH_CIRCLES);
}

#[test]
fn a_circle_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    put("lib.rs", "mod a;\nmod b;\nmod c;\nmod d;\n");
    put("a.rs", "use crate::b::B;\npub struct A;\n");
    put("b.rs", "use super::c::C;\npub struct B;\n");
    put("c.rs", "//! Not a circle: crate::a.\npub struct C;\n");
    put(
        "d/mod.rs",
        "mod one;\nmod two;\n\npub use one::{Inner as One, inner};\npub(crate) use two::Two;\n",
    );
    put("d/one.rs", "pub struct Inner;\npub fn inner() {}\n");
    put(
        "d/two.rs",
        "use crate::a::A;\npub(in crate::d) struct Two;\n",
    );
    assert_eq!(circle(&arrows(folder.path())), [""; 0]);

    put("c.rs", "pub fn c() -> super::a::A { todo!() }\n");
    assert_eq!(circle(&arrows(folder.path())), ["a", "b", "c"]);

    // Of what a folder hands on only that counts which is taken, in whatever group.
    put(
        "c.rs",
        "use crate::{\n    d::{One, inner},\n};\npub struct C;\n",
    );
    assert_eq!(circle(&arrows(folder.path())), [""; 0]);
    put(
        "c.rs",
        "use crate::{\n    d::{One, Two as Three},\n};\npub struct C;\n",
    );
    assert_eq!(circle(&arrows(folder.path())), ["a", "b", "c", "d::two"]);
}

#[test]
fn folders_and_files_stay_small() {
    let entries = folders().into_iter().filter_map(|folder| {
        let entries = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name());
        let entries = entries.filter(|name| {
            let name = name.to_string_lossy();
            !name.starts_with(['.', '_']) && name != "target"
        });
        let entries = entries.count();
        (entries > MOST_ENTRIES).then(|| (inner(&folder), format!("{entries} entries")))
    });
    hold(&entries.collect::<Vec<_>>(), &WITH_MANY_ENTRIES);

    let sources = sources();
    assert!(sources.len() > 500, "{sources:?}");
    let long = sources.iter().filter_map(|path| {
        let lines = lines(path);
        (lines > MOST_LINES).then(|| (inner(path), format!("{lines} lines")))
    });
    hold(&long.collect::<Vec<_>>(), &WITH_MANY_LINES);
    for (name, _) in LAYERS {
        let folder = project_root().join("harness").join(name);
        let sources = sources.iter().filter(|path| path.starts_with(&folder));
        let lines: usize = sources.map(|path| lines(path)).sum();
        assert!(lines < MOST_LINES_OF_A_CRATE, "{name} has {lines} lines");
    }
}

#[test]
fn what_is_out_of_bounds_is_said_once_and_only_while_it_is() {
    let found = [("a".to_owned(), "16 entries".to_owned())];
    hold(&found, &["a"]);
    let fails = |known: &'static [&str]| {
        let found = found.clone();
        std::panic::catch_unwind(move || hold(&found, known)).is_err()
    };
    assert!(fails(&[]));
    assert!(fails(&["a", "b"]));
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

/// What a document names as a path from the project's root and isn't there.
fn missing_paths(text: &str) -> Vec<String> {
    let named = text.split('`').skip(1).step_by(2);
    let is_path = |name: &&str| {
        let first = name.split('/').next().unwrap_or_default();
        let placeholder = |part: &str| part.chars().all(|c| c.is_ascii_uppercase());
        name.contains('/')
            && (ROOMS.contains(&first) || ["docs", "results"].contains(&first))
            && !name.contains(|c: char| c.is_whitespace() || "*{}".contains(c))
            && !name.trim_end_matches('/').split('/').any(placeholder)
    };
    named
        .filter(is_path)
        .filter(|path| !project_root().join(path).exists())
        .map(str::to_owned)
        .collect()
}

#[test]
fn what_contributors_are_told_to_change_is_there() {
    for name in ["ARCHITECTURE.md", "CONTRIBUTING.md"] {
        let text = fs::read_to_string(project_root().join(name)).unwrap();
        // The example of a new workload, which isn't there yet.
        let text = text.replace("workloads/models/dense/card.toml", "card.toml");
        assert_eq!(missing_paths(&text), [""; 0], "{name}");
    }
    let planted = "`harness/nowhere/`, `scripts/run`, `targets/NAME/x.rs` and\n```\nscripts/no\n```\n`docs/no.md`";
    assert_eq!(missing_paths(planted), ["harness/nowhere/", "docs/no.md"]);
}

/// The crates of the project's workspaces: not those that only show or try something.
fn members() -> Vec<String> {
    let manifest = fs::read_to_string(project_root().join("Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let members = manifest["workspace"]["members"].as_array().unwrap().iter();
    let members = members.map(|member| member.as_str().unwrap().to_owned());
    members.chain(["targets/firmware".to_owned()]).collect()
}

#[test]
fn every_crate_says_what_it_is_for() {
    let without = members()
        .into_iter()
        .filter(|member| !project_root().join(member).join("README.md").is_file());
    assert_eq!(without.collect::<Vec<_>>(), [""; 0]);
}

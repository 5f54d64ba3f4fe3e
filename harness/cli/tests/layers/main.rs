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
const LAYERS: [(&str, &[&str]); 14] = [
    ("support", &[]),
    ("record", &["support"]),
    ("metrics", &["record", "support"]),
    ("analysis", &["metrics", "record", "support"]),
    ("runtimes", &["support"]),
    ("inputs", &["record", "runtimes", "support"]),
    ("instruments", &["support"]),
    ("pages", &["analysis", "record", "support"]),
    ("build", &["inputs", "support"]),
    ("image", &["inputs", "support"]),
    (
        "execution",
        &[
            "build",
            "image",
            "inputs",
            "instruments",
            "record",
            "support",
        ],
    ),
    (
        "devices",
        &["execution", "inputs", "instruments", "record", "support"],
    ),
    (
        "arguments",
        &[
            "devices",
            "execution",
            "inputs",
            "instruments",
            "metrics",
            "record",
            "support",
        ],
    ),
    (
        "cli",
        &[
            "analysis",
            "arguments",
            "devices",
            "execution",
            "inputs",
            "instruments",
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

/// The title and file of each link in a text, of those that lead to a page beside it.
fn pages_of(text: &str) -> Vec<(&str, &str)> {
    let links = text.split('[').skip(1).filter_map(|it| it.split_once("]("));
    links
        .filter_map(|(title, rest)| Some((title, rest.split([')', '#']).next()?)))
        .filter(|(_, file)| file.ends_with(".md") && !file.contains('/'))
        .collect()
}

#[test]
fn the_book_has_every_page_under_its_title() {
    let docs = project_root().join("docs");
    let read = |name: &str| fs::read_to_string(docs.join(name)).unwrap();
    let summary = read("SUMMARY.md");
    let chapters = pages_of(&summary);
    for &(title, file) in &chapters {
        assert_eq!(
            read(file).lines().next(),
            Some(&*format!("# {title}")),
            "{file}"
        );
    }
    let mut pages: Vec<_> = documents(&docs).iter().map(|it| inner(it)).collect();
    pages.retain(|it| it != "docs/SUMMARY.md");
    pages.sort();
    let mut of_book: Vec<_> = chapters
        .iter()
        .map(|(_, file)| format!("docs/{file}"))
        .collect();
    of_book.sort();
    assert_eq!(of_book, pages);
    let first = read("README.md");
    let shown: BTreeSet<_> = pages_of(&first).into_iter().map(|(_, file)| file).collect();
    let missing = chapters
        .iter()
        .filter(|(_, file)| *file != "README.md" && !shown.contains(file));
    assert_eq!(missing.collect::<Vec<_>>(), Vec::<&(&str, &str)>::new());
}

/// Everything in the project's folders, as paths from its root.
fn everything() -> Vec<String> {
    let mut found: Vec<String> = ROOMS
        .iter()
        .chain(&["docs", "results"])
        .map(|it| (*it).to_owned())
        .collect();
    let mut at = 0;
    while let Some(path) = found.get(at) {
        let folder = project_root().join(path);
        let is_built = folder.ends_with("target") && folder.with_file_name("Cargo.toml").is_file();
        if folder.is_dir() && !is_built {
            let entries = fs::read_dir(folder).unwrap();
            let inside: Vec<_> = entries.map(|it| inner(&it.unwrap().path())).collect();
            found.extend(inside);
        }
        at += 1;
    }
    found
}

/// Endings of files that documents name.
const ENDINGS: [&str; 9] = ["c", "css", "h", "html", "json", "md", "py", "rs", "toml"];

/// What a document in `folder` names as a file or folder of the project and isn't there: neither from the
/// root, nor beside the document, nor as the end of a path, such as `page/table.rs` where a sentence is about
/// pages.
fn missing_paths(folder: &Path, text: &str, everything: &[String]) -> Vec<String> {
    // Blocks are commands and examples.
    let prose = text.split("```").step_by(2);
    let named = prose.flat_map(|it| it.split('`').skip(1).step_by(2));
    let is_path = |name: &&str| {
        let ending = Path::new(name).extension().and_then(|it| it.to_str());
        let placeholder = |part: &str| {
            let stem = part.split('.').next().unwrap_or_default();
            stem.chars().all(|c| c.is_ascii_uppercase())
        };
        (name.contains('/') || ending.is_some_and(|it| ENDINGS.contains(&it)))
            && !name.starts_with(['/', '-', '.', '~'])
            && !name.contains(|c: char| c.is_whitespace() || "*{}<>:()=|$\"".contains(c))
            && !name.trim_end_matches('/').split('/').any(placeholder)
    };
    let is_there = |name: &&str| {
        let name = name.trim_end_matches('/');
        let end = format!("/{name}");
        project_root().join(name).exists()
            || folder.join(name).exists()
            || everything.iter().any(|it| it.ends_with(&end))
    };
    named
        .filter(is_path)
        .filter(|name| !is_there(name))
        .map(str::to_owned)
        .collect()
}

#[test]
fn what_contributors_are_told_to_change_is_there() {
    let everything = everything();
    let of_crates = members().into_iter().map(|it| format!("{it}/README.md"));
    let overall = ["ARCHITECTURE.md", "CONTRIBUTING.md"].map(str::to_owned);
    for name in overall.into_iter().chain(of_crates) {
        let path = project_root().join(&name);
        let text = fs::read_to_string(&path).unwrap();
        // The example of a new workload, which isn't there yet.
        let text = text.replace("workloads/models/dense/card.toml", "card.toml");
        // The user's own.
        let text = text.replace("`tinybench.toml`", "");
        let missing = missing_paths(path.parent().unwrap(), &text, &everything);
        assert_eq!(missing, [""; 0], "{name}");
    }
    let planted = "`harness/nowhere/`, `scripts/run`, `targets/NAME/x.rs`, `page/table.rs`, `src/lib.rs` and\n\
                   ```\nscripts/no\n```\n`docs/no.md`, `metrics/gone.rs`, `gone.rs`, `mod.rs`, `a/b c`";
    let folder = project_root().join("harness/pages");
    assert_eq!(
        missing_paths(&folder, planted, &everything),
        [
            "harness/nowhere/",
            "docs/no.md",
            "metrics/gone.rs",
            "gone.rs"
        ]
    );
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

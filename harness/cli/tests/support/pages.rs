//! Whether pages are true: `scripts/check-pages` reads them, and knows nothing of how they were made.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{Tinybench, project_root};

/// Whether there is Python; says so if not.
pub fn python_is_there() -> bool {
    let found = Command::new("python3").arg("--version").output();
    let is_there = found.is_ok_and(|it| it.status.success());
    if !is_there {
        eprintln!("skipped: there is no python3");
    }
    is_there
}

/// What a page says that its records, files or folders, don't: a line each.
pub fn unsupported(page: &Path, records: &[&Path]) -> Vec<String> {
    let checked = Command::new("python3")
        .arg(project_root().join("scripts/check-pages"))
        .arg(page)
        .args(records)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, error) = (text(&checked.stdout), text(&checked.stderr));
    assert!(matches!(checked.status.code(), Some(0 | 1)), "{error}");
    out.lines().map(str::to_owned).collect()
}

/// Makes reports on records in the folder of a test, `checked.html` and `checked.md`, and a dashboard, and expects
/// that they say what the records do, and so does what was shown of them in the terminal, if that is given.
#[track_caller]
pub fn reports_are_true(tinybench: &Tinybench, records: &[&str], shown: Option<&str>) {
    let mut pages = Vec::new();
    for page in ["checked.html", "checked.md"] {
        let arguments = [&["report"], records, &["-o", page]].concat();
        let ended = tinybench.run(&arguments);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        pages.push(tinybench.path(page));
    }
    if let Some(shown) = shown {
        pages.push(tinybench.file("checked.txt", shown.as_bytes()));
    }
    if !python_is_there() {
        return;
    }
    let records: Vec<_> = records.iter().map(|it| tinybench.path(it)).collect();
    let records: Vec<&Path> = records.iter().map(|it| it.as_path()).collect();
    for page in pages {
        let found = unsupported(&page, &records);
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
    dashboard_is_true(tinybench, &records);
}

/// The same of every page of a dashboard on these records.
#[track_caller]
fn dashboard_is_true(tinybench: &Tinybench, records: &[&Path]) {
    let history = tempfile::tempdir().unwrap();
    for (number, record) in records.iter().enumerate() {
        let path = history.path().join(format!("{number}.json"));
        fs::copy(record, path).unwrap();
    }
    let site = tempfile::tempdir().unwrap();
    let mut dashboard = tinybench.command();
    dashboard.arg("dashboard").arg(history.path());
    let ended = tinybench.ended(dashboard.arg("-o").arg(site.path()));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for folder in ["", "series", "reports"] {
        let path = site.path().join(folder);
        // Without a step there are no reports.
        if folder == "reports" && !path.exists() {
            continue;
        }
        for entry in fs::read_dir(path).unwrap() {
            let page = entry.unwrap().path();
            // Without a step there is no number on the page of steps.
            if page.extension().is_some_and(|it| it == "html") && !page.ends_with("steps.html") {
                let found = unsupported(&page, &[history.path()]);
                assert!(found.is_empty(), "{}: {}", page.display(), found.join("\n"));
            }
        }
    }
}

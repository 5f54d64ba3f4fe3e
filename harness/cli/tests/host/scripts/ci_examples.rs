//! The scripts in the files for CI, as far as a machine without their systems can run them: what each step
//! says is given to the shell that it would be given to, with a repository of the test's own behind
//! `origin`, and with stand-ins for what speaks to a server.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::support::project_root;
use crate::support::records::Record;

/// Longest comment of a pull request on GitHub, characters.
const GITHUB_MOST: usize = 65_536;

/// Stands in for `gh` and `curl`: keeps what it is given, and the file that is to be the comment.
const STAND_IN: &str = r#"#!/bin/sh
printf '%s\n' "$(basename "$0") $*" >>"$CALLS"
for word in "$@"; do
  case "$word" in
    --edit-last) exit 1 ;;
    *.md) cp "${word#body@}" "$POSTED" ;;
  esac
done
"#;

/// The script of a step: what stands behind its `run: |`, or a `- |` of a list, until it is indented less.
fn script(file: &str, before: &str, key: &str) -> String {
    let text = fs::read_to_string(project_root().join("examples/ci").join(file)).unwrap();
    let (_, behind) = text.split_once(before).expect(before);
    let (_, behind) = behind.split_once(key).expect(key);
    let lines: Vec<&str> = behind.lines().skip(1).collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let deep = indent(lines[0]);
    let body = lines
        .iter()
        .take_while(|line| line.trim().is_empty() || indent(line) >= deep);
    body.map(|line| line.get(deep..).unwrap_or("").to_owned() + "\n")
        .collect()
}

/// A job's machine: a checkout with an `origin`, and the programs that the scripts call.
struct Machine {
    folder: tempfile::TempDir,
}

impl Machine {
    fn new() -> Self {
        let machine = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let bin = machine.path("bin");
        fs::create_dir(&bin).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_tinybench"), bin.join("tinybench")).unwrap();
        for name in ["gh", "curl"] {
            fs::write(bin.join(name), STAND_IN).unwrap();
            fs::set_permissions(bin.join(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
        machine.git(&["init", "--quiet", "--bare", "origin"]);
        machine.git(&["init", "--quiet", "--initial-branch", "main", "work"]);
        let origin = machine.path("origin").display().to_string();
        for arguments in [
            &["remote", "add", "origin", &origin][..],
            &["config", "user.name", "test"],
            &["config", "user.email", "test@example.org"],
            &["commit", "--quiet", "--allow-empty", "--message", "first"],
        ] {
            machine.git(&[&["-C", "work"], arguments].concat());
        }
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn git(&self, arguments: &[&str]) {
        let mut git = Command::new("git");
        let status = git.current_dir(self.folder.path()).args(arguments).status();
        assert!(status.unwrap().success(), "git {arguments:?}");
    }

    /// Runs a script in the checkout as CI does, which ends it with the first command that fails.
    fn run(&self, shell: &str, script: &str) -> Output {
        let path = std::env::var("PATH").unwrap();
        let mut command = Command::new(shell);
        command
            .args(["-e", "-c", script])
            .current_dir(self.path("work"))
            .env("PATH", format!("{}:{path}", self.path("bin").display()))
            .env("CALLS", self.path("calls"))
            .env("POSTED", self.path("posted.md"))
            .env("GITHUB_STEP_SUMMARY", self.path("summary.md"))
            .env("GITHUB_SHA", "c0ffee")
            .env("GITHUB_REPOSITORY", "me/model")
            .env("GITHUB_REPOSITORY_OWNER", "me")
            .env("NUMBER", "7")
            .env("BENCHMARK_TOKEN", "secret")
            .env("CI_API_V4_URL", "https://gitlab.example.org/api/v4");
        command.output().unwrap()
    }

    /// Runs a script that has to end well.
    #[track_caller]
    fn works(&self, shell: &str, script: &str) {
        let output = self.run(shell, script);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{script}\n{stderr}");
    }

    fn write(&self, name: &str, record: &Value) {
        fs::write(self.path(name), record.to_string()).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }
}

/// A record of so many workloads whose inferences all take `cycles`.
fn taking(cycles: u32, workloads: usize) -> Value {
    let mut record = Record::real().cycles(&[cycles; 3]).0;
    let one = record["results"][0].clone();
    let named = (0..workloads).map(|number| {
        let mut result = one.clone();
        result["workload"] = json!(format!("workload-{number}"));
        result
    });
    record["results"] = named.collect();
    record
}

/// What a comment has to be: the verdict first, then what changed, then how to look further.
fn check_comment(text: &str) {
    let count = text.chars().count();
    assert!(count < GITHUB_MOST, "{count} characters");
    let first = text.lines().next().unwrap_or_default();
    assert!(first.contains("regression"), "{first}");
    let changed = text.find("workload-0").expect("what changed");
    let further = text.rfind("tinybench").expect("how to look further");
    assert!(changed < further, "{text}");
}

#[test]
fn the_file_for_github_measures_compares_and_keeps() {
    let file = "github-actions.yml";
    let step = |name: &str| script(file, &format!("- name: {name}\n"), "run: |");
    let machine = Machine::new();
    // The first commit of main begins the history, and a later one adds to it.
    for commit in ["a1", "b2"] {
        machine.write("work/new.json", &taking(8_826_588, 40));
        machine.works("bash", &step("Get the history"));
        let keep = step("Add to the history").replace("$GITHUB_SHA", commit);
        machine.works("bash", &keep);
        machine.works("bash", &step("Make the dashboard"));
        assert!(machine.read("work/site/index.html").contains("me/model"));
        assert!(
            machine
                .path(&format!("work/history/records/{commit}.json"))
                .exists()
        );
        machine.git(&["-C", "work", "worktree", "remove", "--force", "history"]);
    }
    // A pull request that is as fast as main is, one that is slower, and one that can't be compared.
    let mut other = taking(8_826_588, 1);
    other["toolchain"]["rustc"] = json!("1.99.0");
    for (record, code) in [
        (taking(8_826_588, 40), 0),
        (taking(9_826_588, 40), 1),
        (other, 7),
    ] {
        machine.write("work/new.json", &record);
        machine.works("bash", &step("Get the history"));
        let compared = machine.run("bash", &step("Compare with main"));
        assert_eq!(compared.status.code(), Some(code), "{compared:?}");
        machine.works("bash", &step("Comment"));
        if code == 1 {
            check_comment(&machine.read("posted.md"));
            assert!(machine.read("work/report.html").contains("REGRESSION"));
        }
        if code == 7 {
            assert_eq!(machine.read("work/comment.md"), "");
        }
        machine.git(&["-C", "work", "worktree", "remove", "--force", "history"]);
    }
    // A comment that isn't there yet is made anew.
    let calls = machine.read("calls");
    let last: Vec<&str> = calls.lines().rev().take(2).collect();
    assert_eq!(
        last,
        [
            "gh pr comment 7 --body-file comment.md",
            "gh pr comment 7 --edit-last --body-file comment.md"
        ]
    );
}

#[test]
fn the_file_for_gitlab_compares_and_comments() {
    let machine = Machine::new();
    let in_folder = |script: String| {
        let history = machine.path("history").display().to_string();
        script.replace("/tmp/history", &history)
    };
    let compare = in_folder(script("gitlab-ci.yml", "\nmerge-request:", "- |"));
    // GitLab's shell is bash where the image has it, and sh otherwise.
    machine.write("work/new.json", &taking(9_826_588, 40));
    machine.works("sh", &compare);
    assert!(!machine.path("calls").exists());
    fs::create_dir(machine.path("history")).unwrap();
    machine.write("history/latest.json", &taking(8_826_588, 40));
    let compared = machine.run("sh", &compare);
    assert_eq!(compared.status.code(), Some(1), "{compared:?}");
    check_comment(&machine.read("posted.md"));
    assert!(machine.read("calls").contains("body@comment.md"));
    machine.write("work/new.json", &taking(8_826_588, 40));
    machine.works("sh", &compare);
}

#[test]
fn every_step_that_is_run_here_is_in_the_files() {
    let has = |file: &str, text: &str| {
        let path: &Path = &project_root().join("examples/ci").join(file);
        fs::read_to_string(path).unwrap().contains(text)
    };
    assert!(has("github-actions.yml", "hashFiles('comment.md')"));
    assert!(!has("github-actions.yml", "report.md"));
    assert!(!has("gitlab-ci.yml", "report.md"));
}

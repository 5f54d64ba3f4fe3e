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

/// The action in the project's root.
const ACTION: &str = "action.yml";

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
    let folder = match file {
        ACTION => project_root(),
        _ => project_root().join("examples/ci"),
    };
    let text = fs::read_to_string(folder.join(file)).unwrap();
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
        self.command(shell, script).output().unwrap()
    }

    fn command(&self, shell: &str, script: &str) -> Command {
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
        command
    }

    /// Runs a step of the action with these inputs, and gives its exit code.
    fn act(&self, step: &str, inputs: &[(&str, &str)]) -> Option<i32> {
        let script = script(ACTION, &format!("- name: {step}\n"), "run: |");
        let path = std::env::var("PATH").unwrap();
        let found = fs::read_to_string(self.path("path")).unwrap_or_default();
        let mut command = self.command("bash", &script);
        command
            .env(
                "PATH",
                format!(
                    "{}:{}:{path}",
                    found.lines().last().unwrap_or("."),
                    self.path("bin").display()
                ),
            )
            .env("RUNNER_TEMP", self.path("temporary"))
            .env("GITHUB_PATH", self.path("path"))
            .env("GITHUB_OUTPUT", self.path("output"))
            .envs(inputs.iter().copied());
        command.output().unwrap().status.code()
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

/// The target that the action fetches for this machine; none where it is told by other means.
fn target() -> Option<&'static str> {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => Some("x86_64-unknown-linux-musl"),
        ("linux", "aarch64") => Some("aarch64-unknown-linux-musl"),
        _ => None,
    }
}

/// A release in a folder whose program is the one under test.
fn release(machine: &Machine, target: &str) -> String {
    let name = format!("tinybench-9.8.7-{target}");
    let folder = machine.path("releases/v9.8.7");
    fs::create_dir_all(folder.join(&name)).unwrap();
    let program = folder.join(&name).join("tinybench");
    let text = format!(
        "#!/bin/sh\nexec '{}' \"$@\"\n",
        env!("CARGO_BIN_EXE_tinybench")
    );
    fs::write(&program, text).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let pack =
        format!("tar -czf {name}.tar.gz {name}; sha256sum {name}.tar.gz >SHA256SUMS; rm -r {name}");
    let packed = Command::new("sh")
        .args(["-ec", &pack])
        .current_dir(folder)
        .status();
    assert!(packed.unwrap().success());
    format!("file://{}", machine.path("releases").display())
}

#[test]
fn the_action_fetches_a_release_measures_compares_comments_and_gates() {
    let curl = Command::new("curl").arg("--version").output();
    let (Some(target), Ok(_)) = (target(), curl) else {
        eprintln!("skipped: this system has no release or no curl");
        return;
    };
    let machine = Machine::new();
    for name in ["curl", "tinybench"] {
        fs::remove_file(machine.path("bin").join(name)).unwrap();
    }
    let releases = release(&machine, target);
    let get = |sha256: &str, version: &str| {
        let inputs = [
            ("RELEASES", &*releases),
            ("SHA256", sha256),
            ("VERSION", version),
        ];
        machine.act("Get tinybench", &inputs)
    };
    // There is no such release, and it isn't the archive that was asked for.
    assert_ne!(get("", "9.9.9"), Some(0));
    assert_ne!(get(&"0".repeat(64), "9.8.7"), Some(0));
    let sums = machine.read("releases/v9.8.7/SHA256SUMS");
    fs::write(
        machine.path("releases/v9.8.7/SHA256SUMS"),
        "0".repeat(64) + &sums[64..],
    )
    .unwrap();
    assert_ne!(get("", "9.8.7"), Some(0));
    assert_eq!(get(&sums[..64], "9.8.7"), Some(0));
    fs::write(machine.path("releases/v9.8.7/SHA256SUMS"), &sums).unwrap();
    assert_eq!(get("", "9.8.7"), Some(0));

    // What `run` is given, and that it gates: the boards of this project have no such name.
    let measure = |arguments: &str| {
        let inputs = [
            ("BOARD", "nowhere"),
            ("TARGET", "virtual"),
            ("RECORD", "new.json"),
            ("ARGUMENTS", arguments),
        ];
        machine.act("Measure", &inputs)
    };
    assert_eq!(measure("--workload kws"), Some(2));
    assert_eq!(measure("--help"), Some(0));

    machine.write("work/new.json", &taking(8_826_588, 40));
    let compare = |baseline: &str, limits: &str| {
        let _ = fs::remove_file(machine.path("output"));
        let inputs = [
            ("BASELINE", baseline),
            ("RECORD", "new.json"),
            ("LIMITS", limits),
        ];
        assert_eq!(machine.act("Compare", &inputs), Some(0));
        fs::read_to_string(machine.path("output")).ok()
    };
    assert_eq!(compare("main.json", ""), None);
    machine.write("work/main.json", &taking(8_826_588, 40));
    assert_eq!(compare("main.json", "").as_deref(), Some("status=0\n"));
    machine.write("work/main.json", &taking(8_000_000, 40));
    assert_eq!(
        compare("main.json", "latency=20%,cycles=20%,energy=20%").as_deref(),
        Some("status=0\n")
    );
    assert_eq!(compare("main.json", "").as_deref(), Some("status=1\n"));
    assert_eq!(machine.act("Comment", &[]), Some(0));
    check_comment(&machine.read("posted.md"));
    for status in [0, 1, 7] {
        assert_eq!(
            machine.act("Gate", &[("STATUS", &status.to_string())]),
            Some(status)
        );
    }
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

//! What `scripts/setup` says of a tool that it can't get, with made-up tools in the place of all
//! that it would call.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::project_root;

/// Ordinary tools that the script takes from the machine.
const ORDINARY: [&str; 13] = [
    "bash", "cmp", "cut", "dirname", "env", "head", "id", "mktemp", "rm", "sleep", "sort", "tail",
    "timeout",
];
/// Tools that only have to be there.
const THERE: [&str; 6] = [
    "cc",
    "chromium",
    "shellcheck",
    "slurmctld",
    "munged",
    "gdb-multiarch",
];

/// A copy of the script on a machine of its own.
struct Machine {
    folder: tempfile::TempDir,
}

impl Machine {
    /// With everything but QEMU, which apt doesn't have either, and probe-rs, which `cargo` installs
    /// like this.
    fn new(install: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let machine = Self { folder };
        fs::create_dir_all(machine.path("scripts")).unwrap();
        fs::create_dir_all(machine.path("bin")).unwrap();
        for script in ["setup", "environment.sh"] {
            let from = project_root().join("scripts").join(script);
            fs::copy(from, machine.path("scripts").join(script)).unwrap();
        }
        for tool in ORDINARY {
            let folders = ["/usr/bin", "/bin"].map(Path::new);
            let found = folders
                .iter()
                .map(|it| it.join(tool))
                .find(|it| it.exists());
            let found = found.unwrap_or_else(|| panic!("there is no {tool}"));
            std::os::unix::fs::symlink(found, machine.path("bin").join(tool)).unwrap();
        }
        for tool in THERE {
            machine.tool(tool, "");
        }
        machine.tool("sudo", "exec \"$@\"");
        machine.tool("apt-get", "echo \"E: no network\" >&2; exit 100");
        let library = machine.path("library");
        fs::create_dir_all(&library).unwrap();
        fs::write(library.join("libcore-1.rlib"), "").unwrap();
        machine.tool(
            "rustc",
            &format!(
                "case \"$1\" in --version) echo 'rustc 9.0.0';; *) echo '{}';; esac",
                library.display()
            ),
        );
        machine.tool(
            "cargo",
            &format!("case \"$1\" in install) {install};; esac"),
        );
        machine
    }

    fn path(&self, inner: &str) -> PathBuf {
        self.folder.path().join(inner)
    }

    fn tool(&self, name: &str, does: &str) {
        let path = self.path("bin").join(name);
        fs::write(&path, format!("#!/usr/bin/env bash\n{does}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// What the script says, and that it says it with success.
    fn set_up(&self, options: &[&str]) -> String {
        let output = Command::new(self.path("bin/bash"))
            .arg(self.path("scripts/setup"))
            .args(options)
            .env_clear()
            .env("PATH", self.path("bin"))
            .env("HOME", self.folder.path())
            .env("TMPDIR", self.folder.path())
            .env("TINYBENCH_PROBE_RS_PATIENCE", "1")
            .output()
            .unwrap();
        let said =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        said.into_owned()
    }
}

#[test]
fn what_takes_too_long_is_ended_and_called_a_time_out() {
    let machine = Machine::new("echo compiling; sleep 1000");
    let said = machine.set_up(&["--tests", "--probe-rs"]);
    assert!(
        said.contains("cargo install --quiet --locked")
            && said.contains("took longer than 1 seconds and was ended"),
        "{said}"
    );
    assert!(
        said.contains("the tests that drive the virtual board with probe-rs are skipped"),
        "{said}"
    );
    assert!(!said.contains("see above"), "{said}");
}

#[test]
fn what_fails_is_shown_and_what_is_optional_is_skipped() {
    let machine = Machine::new("echo 'error: no space left' >&2; exit 101");
    let said = machine.set_up(&["--tests", "--probe-rs"]);
    assert!(said.contains("error: no space left"), "{said}");
    assert!(
        said.contains("probe-rs can't be built, see above"),
        "{said}"
    );
    assert!(!said.contains("took longer"), "{said}");
    assert!(said.contains("E: no network"), "{said}");
    assert!(said.contains("no BakeNN and emlearn"), "{said}");
    assert!(
        said.contains(
            "no qemu-system-arm: the tests that compare the virtual core with it are skipped"
        ),
        "{said}"
    );
}

#[test]
fn the_first_table_needs_no_compiler_for_firmware() {
    let machine = Machine::new("exit 101");
    fs::remove_file(machine.path("library/libcore-1.rlib")).unwrap();
    let said = machine.set_up(&[]);
    assert_eq!(said, "setup: everything is here already\n");
}

#[test]
fn nothing_is_built_from_source_for_the_tests_unless_it_is_asked_for() {
    let machine = Machine::new("echo 'error: built' >&2; exit 101");
    let said = machine.set_up(&["--tests"]);
    assert!(!said.contains("probe-rs"), "{said}");
    assert!(!said.contains("built"), "{said}");
}

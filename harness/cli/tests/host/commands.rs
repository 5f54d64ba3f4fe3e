//! The commands that only tell something.

use std::fs;

use crate::support::{Ended, Tinybench, project_root, toolchain_is_there};

fn told(arguments: &[&str]) -> String {
    let Ended {
        code,
        stdout,
        stderr,
    } = Tinybench::new().run(arguments);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    stdout
}

#[test]
fn help_texts() {
    insta::assert_snapshot!("help", told(&["--help"]));
    insta::assert_snapshot!("help_run", told(&["run", "--help"]));
    for command in [
        "calibrate",
        "compare",
        "dashboard",
        "export",
        "inspect",
        "merge",
        "mlperf",
        "profile",
        "report",
        "serve",
    ] {
        insta::assert_snapshot!(format!("help_{command}"), told(&[command, "--help"]));
    }
}

#[test]
fn what_was_built_is_cleaned() {
    let tinybench = Tinybench::new();
    tinybench.file("project/targets/boards/nano33.toml", b"");
    let image = format!(
        "project/target/tinybench/firmware/{}/firmware.elf",
        "a".repeat(64)
    );
    let image = tinybench.file(&image, &[0; 12_345]);
    let elsewhere = tinybench.file("elsewhere/firmware/build/file", &[0; 67_890]);
    let clean = |more: &[&str], target: &str| {
        let mut command = tinybench.command();
        command.args(["clean", "--project", "project"]).args(more);
        command.env("TINYBENCH_TARGET", target);
        let ended = tinybench.ended(&mut command);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        (ended.stdout, ended.stderr)
    };
    let (stdout, stderr) = clean(&["--dry-run"], "");
    assert!(
        stdout.contains("12,345") && stdout.contains("firmware/aaaa"),
        "{stdout}"
    );
    assert_eq!(stderr, "12,345 bytes would be freed\n");
    assert!(image.exists());
    assert_eq!(clean(&[], "").1, "12,345 bytes freed\n");
    assert!(!image.exists() && elsewhere.exists());
    assert_eq!(clean(&[], "elsewhere").1, "67,890 bytes freed\n");
    assert!(!elsewhere.exists());
    assert_eq!(
        clean(&[], "none"),
        (String::new(), "0 bytes freed\n".to_owned())
    );
}

#[test]
fn lists() {
    assert!(told(&["boards"]).contains("nano33"));
    assert!(told(&["workloads"]).contains("Keyword spotting"));
    assert!(told(&["runtimes"]).contains("interpreter"));
}

#[test]
fn lists_are_documents_too() {
    let json = |command: &str| -> serde_json::Value {
        let text = told(&[command, "--format", "json"]);
        serde_json::from_str(&text).unwrap()
    };
    let boards = json("boards");
    assert_eq!(boards["schema"], "tinybench.boards/1");
    let boards = boards["boards"].as_array().unwrap();
    let nano33 = boards.iter().find(|board| board["name"] == "nano33");
    assert_eq!(nano33.unwrap()["clock_hz"], 64_000_000);
    let workloads = json("workloads");
    let names = |list: &serde_json::Value| -> Vec<String> {
        let all = list.as_array().unwrap().iter();
        all.map(|it| it["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert!(names(&workloads["workloads"]).contains(&"kws-audio".to_owned()));
    assert!(names(&workloads["suites"]).contains(&"mlperf-tiny".to_owned()));
    assert!(names(&json("runtimes")["runtimes"]).contains(&"interpreter".to_owned()));
    let doctor = Tinybench::new().run(&["doctor", "--format", "json"]);
    let doctor: serde_json::Value = serde_json::from_str(&doctor.stdout).unwrap();
    assert!(doctor["ready"].is_boolean() && doctor["findings"].is_array());
}

#[test]
fn the_list_of_workloads_fits_a_terminal() {
    let text = told(&["workloads"]);
    let widest = text.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(120), "{text}");
    assert!(text.contains("kws-pruned80-huffman"), "{text}");
}

#[test]
fn a_board_or_model_without_its_option_is_told_the_option() {
    let told = |word: &str| {
        let ended = Tinybench::new().run(&["run", word]);
        assert_eq!(ended.code, Some(2));
        ended.stderr
    };
    assert!(
        told("nano33").contains("--board nano33"),
        "{}",
        told("nano33")
    );
    assert!(told("my.tflite").contains("--model my.tflite"));
    assert!(!told("--bord").contains("named by an option"));
}

#[test]
fn completions_know_the_names_there_are() {
    for shell in ["bash", "zsh", "fish"] {
        let script = told(&["completions", shell]);
        for name in ["nucleo-l4r5zi", "kws-audio", "mlperf-tiny", "classical"] {
            assert!(script.contains(name), "{shell}: {name}");
        }
    }
}

#[test]
fn completions_know_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let script = told(&["completions", shell]);
        assert!(
            script.contains("doctor") && script.contains("board"),
            "{shell}"
        );
    }
}

#[test]
fn the_manual_has_a_page_of_every_command() {
    let tinybench = Tinybench::new();
    let ended = tinybench.run(&["manual", "share/man1"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let page = |name: &str| fs::read_to_string(tinybench.path("share/man1").join(name)).unwrap();
    let first = page("tinybench.1");
    for command in ["run", "compare", "boards", "manual"] {
        assert!(
            first.contains(&format!("tinybench\\-{command}(1)")),
            "{first}"
        );
        let its = page(&format!("tinybench-{command}.1"));
        assert!(
            its.contains(".SH SYNOPSIS") && its.contains(".SH OPTIONS"),
            "{its}"
        );
    }
    assert!(page("tinybench-boards-new.1").contains("\\-\\-chip"));
    fs::write(tinybench.path("file"), "").unwrap();
    assert_eq!(tinybench.run(&["manual", "file"]).code, Some(8));
}

#[test]
fn doctor_succeeds_without_a_toolchain_too_and_says_what_it_is_for() {
    let tinybench = Tinybench::new();
    for (toolchain, found) in [("", true), ("none", false)] {
        let mut command = tinybench.command();
        command
            .arg("doctor")
            .env("TINYBENCH_FIRMWARE_TOOLCHAIN", toolchain);
        let Ended { code, stdout, .. } = tinybench.ended(&mut command);
        assert_eq!(code, Some(0), "{stdout}");
        assert!(stdout.contains("virtual board: nano33"), "{stdout}");
        let brought = "firmware: objects for all workloads are part of tinybench";
        assert!(stdout.contains(brought), "{stdout}");
        let missing = stdout.contains("firmware for thumbv7em-none-eabihf: no toolchain");
        assert_eq!(missing, !(found && toolchain_is_there()), "{stdout}");
        assert_eq!(
            stdout.contains("only needed for --build"),
            missing,
            "{stdout}"
        );
    }
}

#[test]
fn doctor_fails_without_a_toolchain_where_sources_are_others() {
    let tinybench = Tinybench::new();
    tinybench.describe_runtimes();
    let board = project_root().join("targets/boards/nano33.toml");
    let board = fs::read(board).unwrap();
    tinybench.file("project/targets/boards/nano33.toml", &board);
    for folder in [
        "targets/firmware",
        "targets/interface",
        "targets/runtimes/interpreter/kernels",
        "workloads/pipeline",
        "workloads/learning",
        "workloads/models",
    ] {
        tinybench.file(&format!("project/{folder}/Cargo.toml"), b"[package]");
    }
    let mut command = tinybench.command();
    command
        .args(["--project", "project", "doctor"])
        .env("TINYBENCH_FIRMWARE_TOOLCHAIN", "none");
    let Ended {
        code,
        stdout,
        stderr,
    } = tinybench.ended(&mut command);
    assert_eq!(code, Some(5), "{stderr}");
    assert!(
        stdout.contains("MISSING firmware for thumbv7em-none-eabihf"),
        "{stdout}"
    );
    assert_eq!(
        stderr,
        "error: a virtual run is not possible yet: see what is missing above\n"
    );
}

#[test]
fn a_project_of_the_user_s_own_is_begun_and_nothing_replaced() {
    let tinybench = Tinybench::new();
    let init = |folder: &str| tinybench.run(&["init", folder]);
    let begun = init("thermostat");
    assert_eq!(begun.code, Some(0), "{}", begun.stderr);
    assert_eq!(
        begun.stdout,
        "thermostat/boards/README.md\nthermostat/workloads/README.md\nthermostat/tinybench.toml\n"
    );
    assert!(begun.stderr.contains("Next: `tinybench run --board nano33"));
    // Its settings hold.
    let mut compare = tinybench.command();
    compare.current_dir(tinybench.path("thermostat"));
    let ended = tinybench.ended(compare.args(["compare", "no-such", "no-such"]));
    assert!(!ended.stderr.contains("tinybench.toml"), "{}", ended.stderr);

    fs::write(tinybench.path("thermostat/tinybench.toml"), "mine").unwrap();
    fs::remove_dir_all(tinybench.path("thermostat/boards")).unwrap();
    let again = init("thermostat");
    assert_eq!(again.code, Some(8));
    assert!(
        again
            .stderr
            .contains("thermostat/workloads/README.md is there already")
    );
    assert!(!tinybench.path("thermostat/boards").exists());
    let text = fs::read_to_string(tinybench.path("thermostat/tinybench.toml"));
    assert_eq!(text.unwrap(), "mine");

    // All or nothing.
    tinybench.file("half/workloads", b"mine");
    assert_eq!(init("half").code, Some(8));
    let left: Vec<_> = fs::read_dir(tinybench.path("half")).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
    #[cfg(unix)]
    {
        fs::create_dir(tinybench.path("link")).unwrap();
        let link = tinybench.path("link/tinybench.toml");
        std::os::unix::fs::symlink("nowhere", &link).unwrap();
        assert_eq!(init("link").code, Some(8));
        assert!(link.is_symlink());
        assert!(!tinybench.path("link/boards").exists());
    }
}

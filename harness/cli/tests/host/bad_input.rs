//! Everything that is refused before anything is built: one clear error, its exit code, and no
//! result.

use crate::support::flatbuffer::{
    MODEL_OPERATOR_CODES, MODEL_SUBGRAPHS, MODEL_VERSION, OPERATOR_CODE_BUILTIN,
    OPERATOR_CODE_DEPRECATED, OPERATOR_CODE_VERSION, SUBGRAPH_TENSORS, TENSOR_TYPE, element, field,
    root,
};
use crate::support::{Ended, Tinybench, kws_model, project_root, toolchain_is_there};

/// Runs a command that must fail and must leave nothing behind but what was there, and the record of
/// the failure.
fn refused(tinybench: &Tinybench, arguments: &[&str]) -> String {
    let before = tinybench.contents();
    let Ended {
        code,
        stdout,
        stderr,
    } = tinybench.run(arguments);
    assert_eq!(stdout, "");
    tinybench.take_failure(code);
    assert_eq!(tinybench.contents(), before, "something was left behind");
    let error: Vec<_> = stderr
        .lines()
        .skip_while(|line| !line.starts_with("error"))
        .collect();
    format!("exit {}\n{}", code.unwrap(), error.join("\n"))
}

#[test]
fn numbers_of_vectors_that_no_memory_holds_are_refused() {
    let tinybench = Tinybench::new();
    tinybench.file("my.tflite", &kws_model());
    for vectors in ["18446744073709551615", "1000000000", "50000000", "136957"] {
        let arguments = ["run", "--board", "nano33", "--on", "virtual"];
        let model = ["--model", "my.tflite", "--vectors", vectors];
        let error = refused(&tinybench, &[&arguments[..], &model].concat());
        let expected = format!(
            "exit 2\nerror: --vectors {vectors}: inputs of 490 bytes are made for 136956 of them at \
             most; --reference takes your own"
        );
        assert_eq!(error, expected);
    }
}

#[test]
fn what_is_no_name_of_a_commit_is_refused_and_terminals_are_safe() {
    let tinybench = Tinybench::new();
    tinybench.file("my\u{1b}[2J.tflite", b"no model");
    for arguments in [
        &[
            "run",
            "--board",
            "nano33",
            "--on",
            "virtual",
            "--commit",
            "a\u{1b}[31m",
        ][..],
        &[
            "run",
            "--board",
            "nano33",
            "--on",
            "virtual",
            "--commit",
            &"c".repeat(201),
        ],
        &["run", "--board", "nano33", "--on", "\u{1b}[31m"],
        &["run", "--board", "\u{1b}[31m"],
        &["\u{1b}[31m"],
        &[
            "run",
            "--board",
            "nano33",
            "--on",
            "virtual",
            "--suite",
            "\u{1b}[31m",
        ],
        &["compare", "\u{1b}[31m", "b"],
    ] {
        let error = refused(&tinybench, arguments);
        assert!(error.starts_with("exit 2\n"), "{error}");
        assert!(!error.contains('\u{1b}'), "{error:?}");
    }
    let model = ["--model", "my\u{1b}[2J.tflite"];
    let arguments = ["run", "--board", "nano33", "--on", "virtual"];
    let error = refused(&tinybench, &[&arguments[..], &model].concat());
    assert!(
        error.starts_with("exit 7\n") && !error.contains('\u{1b}'),
        "{error:?}"
    );
}

/// The place of the result is tried before anything is built: without a compiler that would end with
/// exit code 5.
#[test]
fn a_place_that_takes_no_result_is_told_first() {
    let tinybench = Tinybench::new();
    tinybench.file("file", b"");
    tinybench.file("my.tflite", &kws_model());
    tinybench.file("blocked/tinybench-results", b"");
    tinybench.file("no-baselines/.tinybench/baselines/main.json/x", b"");
    let blocked = |folder: &str, more: &[&str]| {
        let mut command = tinybench.command();
        command
            .current_dir(tinybench.path(folder))
            .env("TINYBENCH_FIRMWARE_TOOLCHAIN", "none")
            .args([
                "run", "--build", "--board", "nano33", "--on", "virtual", "--model",
            ])
            .arg(tinybench.path("my.tflite"))
            .args(more);
        tinybench.ended(&mut command)
    };
    for (folder, more) in [
        ("", &["--out", "none/record.json"][..]),
        ("", &["--out", "file/record.json"]),
        ("", &["--out", "blocked"]),
        ("blocked", &[]),
        ("no-baselines", &["--save-baseline", "main"]),
    ] {
        let ended = blocked(folder, more);
        assert_eq!(ended.code, Some(8), "{folder} {more:?}: {}", ended.stderr);
        assert!(
            ended.stderr.contains("error: can't write"),
            "{}",
            ended.stderr
        );
    }
    // And where it does, nothing is left of the trial.
    let ended = blocked("", &["--save-baseline", "main"]);
    assert_eq!(ended.code, Some(5), "{}", ended.stderr);
    let expected = ["blocked", "file", "my.tflite", "no-baselines"];
    assert_eq!(tinybench.contents(), expected);
}

/// Runs a model that must be refused.
fn refused_model(bytes: &[u8]) -> String {
    let tinybench = Tinybench::new();
    tinybench.file("my.tflite", bytes);
    refused(
        &tinybench,
        &[
            "run",
            "--board",
            "nano33",
            "--on",
            "virtual",
            "--model",
            "my.tflite",
        ],
    )
}

#[test]
fn unknown_names_get_the_nearest_one() {
    let tinybench = Tinybench::new();
    let board = refused(&tinybench, &["run", "--board", "nano3"]);
    let workload = refused(
        &tinybench,
        &["run", "--board", "nano33", "--workload", "kwz"],
    );
    let runtime = refused(
        &tinybench,
        &["run", "--board", "nano33", "--runtime", "interpretor"],
    );
    let other = refused(
        &tinybench,
        &["run", "--board", "nano33", "--runtime", "no-such"],
    );
    let suite = refused(
        &tinybench,
        &["run", "--board", "nano33", "--suite", "mlperf"],
    );
    let model = refused(
        &tinybench,
        &[
            "run",
            "--board",
            "nano33",
            "--suite",
            "mlperf-tiny",
            "--workload",
            "kws",
        ],
    );
    insta::assert_snapshot!([board, workload, runtime, other, suite, model].join("\n\n"));
}

#[test]
fn usage_errors_are_clap_s() {
    let mut tinybench = Tinybench::new();
    // A usage names the options that were given, those of the environment among them.
    tinybench.project = None;
    let texts = [
        refused(&tinybench, &["run"]),
        refused(
            &tinybench,
            &["run", "--board", "nano33", "--reference", "somewhere"],
        ),
        refused(&tinybench, &["run", "--board", "nano33", "--timeout", "60"]),
        refused(
            &tinybench,
            &["run", "--board", "nano33", "--vectors", "none"],
        ),
        refused(
            &tinybench,
            &["run", "--board", "nano33", "--probe", "J-Link"],
        ),
        refused(&tinybench, &["rum"]),
    ];
    insta::assert_snapshot!(texts.join("\n\n"));
}

#[test]
fn a_folder_that_is_no_project_is_told() {
    let tinybench = Tinybench::new();
    let text = refused(
        &tinybench,
        &[
            "--project",
            tinybench.folder.path().to_str().unwrap(),
            "boards",
        ],
    );
    insta::assert_snapshot!(text);
}

#[test]
fn a_model_file_that_is_missing_or_empty_or_something_else() {
    let tinybench = Tinybench::new();
    let missing = refused(
        &tinybench,
        &["run", "--board", "nano33", "--model", "none.tflite"],
    );
    let folder = refused(&tinybench, &["run", "--board", "nano33", "--model", "."]);
    let texts = [
        missing,
        folder,
        refused_model(b""),
        refused_model(b"This is not a model at all."),
    ];
    insta::assert_snapshot!(texts.join("\n\n"));
}

#[test]
fn a_truncated_model_is_refused_wherever_it_ends() {
    let model = kws_model();
    for length in [9, 100, model.len() / 2, model.len() - 1] {
        let text = refused_model(&model[..length]);
        assert!(
            text.starts_with("exit 7\nerror: my.tflite: "),
            "{length}: {text}"
        );
    }
}

#[test]
fn a_model_with_corrupt_offsets_is_refused() {
    let mut model = kws_model();
    let subgraphs = field(&model, root(&model), MODEL_SUBGRAPHS);
    model[subgraphs..subgraphs + 4].copy_from_slice(&0x7FFF_FFF0_u32.to_le_bytes());
    let far = refused_model(&model);
    let mut model = kws_model();
    model[..4].copy_from_slice(&u32::MAX.to_le_bytes());
    insta::assert_snapshot!([far, refused_model(&model)].join("\n\n"));
}

#[test]
fn a_float_model_an_unknown_operator_and_newer_versions_are_refused() {
    let model = kws_model();
    let subgraph = element(&model, root(&model), MODEL_SUBGRAPHS, 0);
    let tensor = element(&model, subgraph, SUBGRAPH_TENSORS, 0);
    let code = element(&model, root(&model), MODEL_OPERATOR_CODES, 0);

    let mut float = model.clone();
    float[field(&model, tensor, TENSOR_TYPE)] = 0;

    // 35 is UNIDIRECTIONAL_SEQUENCE_RNN.
    let mut operator = model.clone();
    operator[field(&model, code, OPERATOR_CODE_DEPRECATED)] = 35;
    operator[field(&model, code, OPERATOR_CODE_BUILTIN)] = 35;

    let mut operator_version = model.clone();
    operator_version[field(&model, code, OPERATOR_CODE_VERSION)] = 99;

    let mut schema = model.clone();
    schema[field(&model, root(&model), MODEL_VERSION)] = 4;

    let texts = [float, operator, operator_version, schema].map(|model| refused_model(&model));
    insta::assert_snapshot!(texts.join("\n\n"));
}

/// A project whose only board has little flash and RAM.
fn small_board(tinybench: &Tinybench, flash: &str, ram: &str) -> String {
    let board = std::fs::read_to_string(project_root().join("targets/boards/nano33.toml")).unwrap();
    let board = board
        .replace("0x0010_0000 }", &format!("{flash} }}"))
        .replace("0x0004_0000 }", &format!("{ram} }}"));
    tinybench.file("project/targets/boards/nano33.toml", board.as_bytes());
    tinybench.describe_runtimes();
    tinybench.path("project").to_str().unwrap().to_owned()
}

#[test]
fn a_model_too_big_for_the_board_is_told_with_both_figures() {
    let tinybench = Tinybench::new();
    tinybench.file("my.tflite", &kws_model());
    let refused = |flash, ram| {
        let project = small_board(&tinybench, flash, ram);
        refused(
            &tinybench,
            &[
                "run",
                "--board",
                "nano33",
                "--model",
                "my.tflite",
                "--project",
                &project,
            ],
        )
    };
    insta::assert_snapshot!(
        [refused("0x8000", "0x40000"), refused("0x100000", "0x2000")].join("\n\n")
    );
}

#[test]
fn a_board_file_that_is_wrong_is_told() {
    let tinybench = Tinybench::new();
    let project = small_board(&tinybench, "0x1_0000_0000", "0x2000");
    let refused = refused(
        &tinybench,
        &["run", "--board", "nano33", "--project", &project],
    );
    assert!(
        refused.starts_with("exit 7\nerror: [FOLDER]/project/targets/boards/nano33.toml"),
        "{refused}"
    );
}

#[test]
fn reference_files_that_are_missing_or_of_the_wrong_size() {
    let tinybench = Tinybench::new();
    tinybench.file("my.tflite", &kws_model());
    let refused = || {
        refused(
            &tinybench,
            &[
                "run",
                "--board",
                "nano33",
                "--model",
                "my.tflite",
                "--reference",
                "reference",
            ],
        )
    };
    let mut texts = vec![refused()];
    tinybench.file("reference/my.inputs.i8", &[0; 981]);
    tinybench.file("reference/my.outputs.i8", &[0; 12]);
    texts.push(refused());
    tinybench.file("reference/my.inputs.i8", &[0; 980]);
    texts.push(refused());
    tinybench.file("reference/my.inputs.i8", b"");
    texts.push(refused());
    insta::assert_snapshot!(texts.join("\n\n"));
}

/// A project with the workload `kws`, whose card has `from` replaced by `to`.
fn changed_card(from: &str, to: &str) -> String {
    let tinybench = Tinybench::new();
    small_board(&tinybench, "0x100000", "0x40000");
    let folder = project_root().join("workloads/models/kws");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let mut bytes = std::fs::read(&path).unwrap();
        if name == "card.toml" {
            let card = String::from_utf8(bytes).unwrap();
            assert!(card.contains(from), "the card has no `{from}`");
            bytes = card.replace(from, to).into_bytes();
        }
        tinybench.file(&format!("project/workloads/models/kws/{name}"), &bytes);
    }
    let text = refused(
        &tinybench,
        &[
            "run",
            "--board",
            "nano33",
            "--project",
            "project",
            "--workload",
            "kws-audio",
        ],
    );
    text.replace("project/workloads/models/kws/", "")
}

#[test]
fn cards_and_vectors_that_do_not_match_their_model() {
    let model = "exit 7\nerror: kws.tflite is not the model that was promised: ";
    let card = "exit 7\nerror: card.toml: ";
    for (from, to, expected) in [
        (
            "macs = 2656768",
            "macs = 2656769",
            format!("{model}macs is 2656769, the model has 2656768"),
        ),
        (
            "parameters = 22604",
            "parameters = 1",
            format!("{model}parameters is 1, the model has 22604"),
        ),
        (
            "\"unknown\"]",
            "\"unknown\", \"more\"]",
            format!("{model}task.classes has 13 names, the model has 12 outputs"),
        ),
        (
            "\"silence\", \"unknown\"]",
            "\"silence\"]",
            format!("{card}there is a label 11, but there are only 11 classes"),
        ),
        (
            "frames = 49",
            "frames = 48",
            format!("{model}[features] gives 480 values, the model has 490 inputs"),
        ),
        (
            "count = 240",
            "count = 120",
            format!("{card}there are 240 labels for 120 vectors"),
        ),
        (
            "bytes = 46608",
            "bytes = 46609",
            format!("{card}kws.tflite has 46608 bytes, the card says 46609"),
        ),
        (
            "kind = \"classification\"",
            "kind = \"regression\"",
            "exit 7\nerror: card.toml is not a workload card: TOML parse error".to_owned(),
        ),
    ] {
        let text = changed_card(from, to);
        assert!(text.starts_with(&expected), "{text}");
    }
}

#[test]
fn a_probe_that_is_demanded_and_not_there() {
    let tinybench = Tinybench::new();
    tinybench.file("my.tflite", &kws_model());
    // No such probe is ever attached.
    let text = refused(
        &tinybench,
        &[
            "run",
            "--board",
            "nano33",
            "--model",
            "my.tflite",
            "--probe",
            "dead:beef:none",
        ],
    );
    // Whether one is attached depends on the machine, so only an absent one can be tested here.
    assert!(
        text.starts_with("exit 4\nerror: can't open the debug probe dead:beef:none"),
        "{text}"
    );
}

#[test]
fn a_build_that_fails_is_told_in_the_tool_s_own_words() {
    if !toolchain_is_there() {
        return;
    }
    let tinybench = Tinybench::new();
    tinybench.file("my.tflite", &kws_model());
    let project = small_board(&tinybench, "0x100000", "0x40000");
    tinybench.file("project/targets/interface/src/lib.rs", b"");
    tinybench.file("project/targets/runtimes/interpreter/Cargo.toml", b"");
    tinybench.file(
        "project/targets/runtimes/interpreter/kernels/Cargo.toml",
        b"",
    );
    tinybench.file("project/workloads/pipeline/Cargo.toml", b"");
    tinybench.file("project/workloads/learning/Cargo.toml", b"");
    tinybench.file("project/targets/firmware/Cargo.lock", b"");
    tinybench.file(
        "project/targets/firmware/Cargo.toml",
        b"this is no manifest",
    );
    let text = refused(
        &tinybench,
        &[
            "run",
            "--board",
            "nano33",
            "--model",
            "my.tflite",
            "--project",
            &project,
        ],
    );
    assert!(
        text.starts_with("exit 5\nerror: building the firmware failed"),
        "{text}"
    );
    assert!(text.contains("this is no manifest"), "{text}");
}

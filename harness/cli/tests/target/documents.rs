//! Figures of documents are what their commands print. A block of a document that stands behind
//!
//! ```text
//! <!-- figures of rustc 1.96.0: tinybench run --board nano33 --workload kws -->
//! ```
//!
//! has paragraphs of what the command prints on the virtual board, all or some of them. Another compiler
//! makes another image: they are compared where the same one builds the firmware. With `TINYBENCH_BLESS=1`
//! they are renewed: `scripts/renew-figures` does that.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use tinybench_execution::build::find_toolchain;

use tinybench_record::RunRecord;
use tinybench_support::number::grouped;

use crate::support::{Tinybench, project_root, shared, toolchain_is_there};

const BEGIN: &str = "<!-- figures of rustc ";
const COMMAND: &str = ": tinybench ";
const END: &str = " -->";
const FENCE: &str = "```";
/// What is said on stderr, beside the figures.
const TARGET: &str = "target: ";

/// The documents that have figures.
fn documents() -> Vec<PathBuf> {
    let folder = project_root().join("docs");
    let entries = fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    let mut all: Vec<_> = entries.chain([project_root().join("README.md")]).collect();
    all.retain(|path| {
        let is_text = path.extension().is_some_and(|it| it == "md");
        is_text && fs::read_to_string(path).unwrap().contains(BEGIN)
    });
    all.sort();
    all
}

/// What a paragraph is told by: its first two words.
fn key(paragraph: &str) -> String {
    let words: Vec<&str> = paragraph.split_whitespace().take(2).collect();
    words.join(" ")
}

/// `block` with the figures of `printed`.
fn renewed(block: &str, printed: &str) -> String {
    let known: BTreeMap<String, &str> = printed.split("\n\n").map(|it| (key(it), it)).collect();
    let paragraphs = block.trim_end().split("\n\n").map(|paragraph| {
        let (before, paragraph) = match paragraph.split_once('\n') {
            Some((line, rest)) if line.starts_with(TARGET) => (format!("{line}\n"), rest),
            _ => (String::new(), paragraph),
        };
        let found = known.get(&key(paragraph));
        let found = found.unwrap_or_else(|| panic!("`{paragraph}` is not in:\n{printed}"));
        format!("{before}{}", found.trim_end())
    });
    paragraphs.collect::<Vec<_>>().join("\n\n") + "\n"
}

/// A document with the figures that its commands print now, with the compiler `rustc`; those of another
/// one stay, unless `all` are to be renewed.
fn with_figures(
    text: &str,
    rustc: &str,
    all: bool,
    print: &mut impl FnMut(&str) -> String,
) -> String {
    let mut made = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(BEGIN) {
        let (mark, after) = after.split_once(END).expect("a mark ends");
        let (made_with, command) = mark.split_once(COMMAND).expect("a mark has a command");
        let (between, after) = after.split_once(FENCE).expect("a block follows");
        let (language, after) = after.split_once('\n').unwrap();
        let (block, after) = after.split_once(FENCE).expect("a block ends");
        assert_eq!((between.trim(), language), ("", ""), "{command}");
        made += before;
        if made_with != rustc && !all {
            eprintln!("skipped: figures of rustc {made_with}, this is {rustc}: {command}");
            made += &format!("{BEGIN}{mark}{END}{between}{FENCE}\n{block}{FENCE}");
        } else {
            made += &format!("{BEGIN}{rustc}{COMMAND}{command}{END}{between}{FENCE}\n");
            made += &renewed(block, &print(command));
            made += FENCE;
        }
        rest = after;
    }
    made + rest
}

#[test]
fn figures_are_what_their_commands_print() {
    if !toolchain_is_there() {
        return;
    }
    let toolchain = find_toolchain("thumbv7em-none-eabihf").unwrap();
    let rustc = toolchain.compiled_by.rustc.split(' ').next().unwrap();
    let renews = std::env::var_os("TINYBENCH_BLESS").is_some();
    let tinybench = Tinybench::new();
    let mut printed: BTreeMap<String, String> = BTreeMap::new();
    let mut print = |command: &str| {
        let run = || {
            // Records are compared where they are in the project; a regression is no error of the document.
            let is_compared = command.starts_with("compare ");
            let (folder, more, most): (_, &[&str], _) = match is_compared {
                true => (project_root(), &[], 1),
                false => (tinybench.folder.path().to_owned(), &["--on", "virtual"], 0),
            };
            let mut call = tinybench.command();
            call.current_dir(folder).args(command.split(' ')).args(more);
            let ended = tinybench.ended(&mut call);
            let is_fine = ended.code.is_some_and(|code| (0..=most).contains(&code));
            assert!(is_fine, "{command}: {}", ended.stderr);
            ended.stdout
        };
        printed
            .entry(command.to_owned())
            .or_insert_with(run)
            .clone()
    };
    let documents = documents();
    assert!(documents.len() >= 4, "{documents:?}");
    for path in documents {
        let text = fs::read_to_string(&path).unwrap();
        let now = with_figures(&text, rustc, renews, &mut print);
        if renews {
            fs::write(&path, now).unwrap();
            continue;
        }
        let differ = text.lines().zip(now.lines()).find(|(old, new)| old != new);
        assert!(
            text == now,
            "{}: the figures have changed, scripts/renew-figures renews them: {differ:?}",
            path.display()
        );
    }
}

/// Models, and how many bytes of arena and of the runtime's flash they may take up.
const LARGEST: [(&str, u32, u32); 2] = [
    ("mlperf-kws", 19_364, 36_416),
    ("mlperf-ad", 1_008, 14 * 1024),
];

/// Most bytes of flash that the runtime may take up where code is to be small, and what the README calls the model.
const SMALL: [(&str, &str, u32); 2] = [
    ("mlperf-kws", "keyword spotting", 26_000),
    ("mlperf-ad", "anomaly detection", 14 * 1024),
];

/// What a run of the official models in `from` prints, with these options too.
fn official(tinybench: &Tinybench, from: &str, board: &str, more: &[&str]) -> RunRecord {
    let what = ["run", "--board", board, "--on", "virtual"];
    let suite = ["--suite", "mlperf-tiny", "--from", from];
    let how = ["--vectors", "2", "--runs", "3", "--format", "json"];
    let ended = tinybench.run(&[&what[..], &suite, &how, more].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    RunRecord::parse(ended.stdout.as_bytes()).unwrap()
}

/// The cycles of the official models are a decision: who changes them changes the table too.
#[test]
fn cycles_of_the_models_of_mlperf_tiny_are_those_of_the_interpreter_s_readme() {
    let Some(shared) = shared().filter(|_| toolchain_is_there()) else {
        return;
    };
    let path = project_root().join("targets/runtimes/interpreter/README.md");
    let text = fs::read_to_string(path).unwrap();
    let toolchain = find_toolchain("thumbv7em-none-eabihf").unwrap();
    let (rustc, _) = toolchain.compiled_by.rustc.rsplit_once('.').unwrap();
    let (_, rest) = text.split_once("images built by rustc ").unwrap();
    let made_with = rest.split(',').next().unwrap();
    if rustc != made_with {
        eprintln!("skipped: cycles of rustc {made_with}, this is {rustc}");
        return;
    }
    let tinybench = Tinybench::new();
    let from = shared.join("mlperf-tiny").display().to_string();
    for board in ["nano33", "nucleo-l4r5zi", "nucleo-g0b1re"] {
        let record = official(&tinybench, &from, board, &[]);
        let rows = text.lines().filter(|row| row.starts_with('|'));
        let rows: Vec<_> = rows
            .filter(|row| row.contains(&format!("| {board} |")))
            .collect();
        assert_eq!(rows.len(), record.results.len(), "{board}");
        for (row, result) in rows.iter().zip(&record.results) {
            // As in the table of a run.
            let cycles = grouped(result.latency.median_cycles.round() as u64);
            let name = &result.workload;
            assert!(
                row.contains(&format!("| {cycles} |")),
                "{name}: {cycles}: {row}"
            );
            if board == "nano33" {
                let instructions = grouped(result.instructions.unwrap());
                let arena = grouped(result.memory.as_ref().unwrap().arena_bytes.into());
                let cells = format!("| {instructions} | {arena} |");
                assert!(text.contains(&cells), "{name}: {cells}");
            }
            let most = LARGEST.iter().find(|it| it.0 == name);
            if let Some((_, arena, runtime)) = most {
                let flash = result.flash.as_ref().unwrap();
                let memory = result.memory.as_ref().unwrap();
                assert!(memory.arena_bytes <= *arena, "{name}: {memory:?}");
                assert!(flash.runtime_bytes <= *runtime, "{name}: {flash:?}");
            }
        }
    }
    for (name, title, most) in SMALL {
        let record = official(
            &tinybench,
            &from,
            "nano33",
            &["--workload", name, "--opt", "size"],
        );
        assert_eq!(record.toolchain.unwrap().opt_level, "s");
        let result = &record.results[0];
        let cycles = grouped(result.latency.median_cycles.round() as u64);
        let runtime = result.flash.as_ref().unwrap().runtime_bytes;
        let row = format!("| {title} | size | {cycles} |");
        let row = text.lines().find(|line| line.starts_with(&row));
        let row = row.unwrap_or_else(|| panic!("{name}: {cycles} cycles with --opt size"));
        let flash = format!("| {} |", grouped(runtime.into()));
        assert!(
            row.contains(&flash) && runtime <= most,
            "{name}: {runtime}: {row}"
        );
    }
}

/// Two of the rows of the table "Standard shapes": all of them take an image each.
#[test]
fn cycles_of_standard_shapes_are_those_of_the_interpreter_s_readme() {
    if !toolchain_is_there() {
        return;
    }
    let folder = project_root().join("targets/runtimes/interpreter");
    let text = fs::read_to_string(folder.join("README.md")).unwrap();
    let toolchain = find_toolchain("thumbv7em-none-eabihf").unwrap();
    let (rustc, _) = toolchain.compiled_by.rustc.rsplit_once('.').unwrap();
    let made_with = format!("built by rustc {rustc}; all rows");
    if !text.contains(&made_with) {
        eprintln!("skipped: cycles of another rustc, this is {rustc}");
        return;
    }
    let tinybench = Tinybench::new();
    for name in ["add", "mean"] {
        let model = folder.join(format!("tests/fixtures/shapes/{name}.tflite"));
        let what = ["run", "--board", "nano33", "--on", "virtual"];
        let how = ["--vectors", "2", "--runs", "3", "--format", "json"];
        let model = ["--model", model.to_str().unwrap()];
        let ended = tinybench.run(&[&what[..], &how, &model].concat());
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let record = RunRecord::parse(ended.stdout.as_bytes()).unwrap();
        let cycles = grouped(record.results[0].latency.median_cycles.round() as u64);
        let row = format!("| `{name}` | {cycles} |");
        assert!(text.contains(&row), "{row}");
    }
}

#[test]
fn other_figures_are_found() {
    let mark = "a\n<!-- figures of rustc 1.2.3: tinybench x -->\n";
    let block = "```\ntarget: here\nkws on: 1\n\nOf all 2\n```\nb\n";
    let text = format!("{mark}{block}");
    let mut print = |command: &str| {
        assert_eq!(command, "x");
        "kws on: 3\nmore\n\nnot shown 5\n\nOf all 2\n".to_owned()
    };
    let made = with_figures(&text, "1.2.3", false, &mut print);
    let expected = "target: here\nkws on: 3\nmore\n\nOf all 2\n```\nb\n";
    assert!(made.starts_with(mark) && made.ends_with(expected), "{made}");
    assert_eq!(with_figures(&made, "1.2.3", false, &mut print), made);
    // Of another compiler they are another's.
    assert_eq!(with_figures(&text, "1.2.4", false, &mut print), text);
    let renewed = with_figures(&text, "1.2.4", true, &mut print);
    assert_eq!(renewed, made.replace("1.2.3", "1.2.4"));
}

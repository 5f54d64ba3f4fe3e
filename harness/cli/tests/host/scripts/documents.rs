//! Commands in documents are commands that there are. Each is parsed as the program parses it; those
//! that need neither a target nor the network are run.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{CommandFactory, Parser};
use serde_json::json;
use tinybench::args::Cli;

use crate::support::records::Record;
use crate::support::{Tinybench, kws_model, project_root};

/// Languages of blocks that hold commands.
const SHELL: [&str; 4] = ["", "sh", "console", "yaml"];

/// Commands that need no target, build nothing and ask nobody.
const RUN: [&str; 13] = [
    "boards",
    "compare",
    "completions",
    "compress",
    "dashboard",
    "export",
    "inspect",
    "manual",
    "merge",
    "meters",
    "report",
    "runtimes",
    "workloads",
];

/// Fewest commands that are found, so that a change of form doesn't hide them.
const LEAST_COMMANDS: usize = 70;
const LEAST_RUN: usize = 12;

/// A command as it stands in a document.
struct Command {
    /// The document, from the project's root, and the line.
    at: String,
    words: Vec<String>,
}

/// The words of each command in a line of a shell, without comments and where output goes.
///
/// # Panics
/// If a quote isn't closed.
fn commands(line: &str) -> Vec<Vec<String>> {
    let mut all = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut quote = None;
    let end = |word: &mut Option<String>, all: &mut Vec<Vec<String>>| {
        all.last_mut().unwrap().extend(word.take());
    };
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(mark), _) if letter == mark => quote = None,
            (Some(_), _) => word.get_or_insert_default().push(letter),
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => break,
            (None, '&' | '|' | ';') => {
                end(&mut word, &mut all);
                all.push(Vec::new());
            }
            // To a file, which is the next word.
            (None, '>') => {
                end(&mut word, &mut all);
                while letters.next_if(|it| it.is_whitespace()).is_some() {}
                while letters.next_if(|it| !it.is_whitespace()).is_some() {}
            }
            (None, _) if letter.is_whitespace() => end(&mut word, &mut all),
            (None, _) => word.get_or_insert_default().push(letter),
        }
    }
    assert_eq!(quote, None, "{line}");
    end(&mut word, &mut all);
    all.retain(|words| !words.is_empty());
    all
}

/// The commands in the blocks of a document that begin with one of the project's own programs.
fn in_blocks(name: &str, text: &str) -> Vec<Command> {
    let mut found = Vec::new();
    let mut language: Option<&str> = None;
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let line = line.trim();
        if let Some(behind) = line.strip_prefix("```") {
            language = match language {
                Some(_) => None,
                None => Some(behind),
            };
            continue;
        }
        if !language.is_some_and(|it| SHELL.contains(&it)) {
            continue;
        }
        let mut line = ["$ ", "- ", "run: "]
            .iter()
            .fold(line, |line, before| {
                line.strip_prefix(before).unwrap_or(line)
            })
            .to_owned();
        if !["tinybench ", "scripts/", "examples/"]
            .iter()
            .any(|it| line.starts_with(it))
        {
            continue;
        }
        while let Some(first) = line.strip_suffix('\\') {
            line = first.to_owned() + lines.next().expect("a line goes on").1;
        }
        found.extend(commands(&line).into_iter().map(|words| Command {
            at: format!("{name}:{}", number + 1),
            words,
        }));
    }
    found
}

/// What stands between single backquotes outside of blocks and begins with `tinybench `.
fn in_prose(text: &str) -> Vec<&str> {
    let outside = text.split("```").step_by(2);
    outside
        .flat_map(|prose| prose.split('`').skip(1).step_by(2))
        .filter(|code| code.starts_with("tinybench "))
        .collect()
}

/// What isn't so in a command of which only a part may stand there: its name, and its options.
fn unknown(code: &str) -> Option<String> {
    let command = Cli::command();
    let mut at = &command;
    let mut options: BTreeSet<&str> = at.get_arguments().filter_map(|it| it.get_long()).collect();
    options.extend(["help", "version"]);
    for (position, word) in code.split_whitespace().skip(1).enumerate() {
        if let Some(option) = word.strip_prefix("--") {
            let option = option.split('=').next().unwrap_or(option);
            if !options.contains(option) {
                return Some(format!("`{code}`: there is no --{option}"));
            }
        } else if let Some(inner) = at.find_subcommand(word) {
            options.extend(inner.get_arguments().filter_map(|it| it.get_long()));
            at = inner;
        } else if position == 0 && word != "help" && !word.starts_with(|it: char| it.is_uppercase())
        {
            return Some(format!("`{code}`: there is no {word}"));
        }
    }
    None
}

/// What isn't so in the call of a script: that it is there, and that it mentions each option.
fn wrong_call(words: &[String]) -> Option<String> {
    let Ok(script) = fs::read_to_string(project_root().join(&words[0])) else {
        return Some("no such script".to_owned());
    };
    let mut options = words[1..].iter().map(|it| it.trim_matches(['[', ']']));
    let missing = options.find(|it| it.starts_with("--") && !script.contains(*it));
    missing.map(|option| format!("it has no {option}"))
}

/// The documents of the project, with their names from its root.
fn documents() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = vec![project_root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            let kind = entry.file_type().unwrap();
            if kind.is_dir() && !name.starts_with('.') && name != "target" {
                folders.push(entry.path());
            } else if kind.is_file() && name.ends_with(".md") && name != "CHANGELOG.md" {
                let path = entry.path();
                let inner = path.strip_prefix(project_root()).unwrap();
                found.push((
                    inner.display().to_string(),
                    fs::read_to_string(&path).unwrap(),
                ));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn every_command_in_a_document_is_one() {
    let mut faults = Vec::new();
    let mut count = 0;
    for (name, text) in documents() {
        for Command { at, words } in in_blocks(&name, &text) {
            let fault = match words[0].as_str() {
                "tinybench" => Cli::try_parse_from(&words)
                    .err()
                    .map(|error| error.to_string()),
                script if script.contains('/') => wrong_call(&words),
                _ => continue,
            };
            count += 1;
            faults.extend(fault.map(|why| format!("{at}: {}: {why}", words.join(" "))));
        }
        let told = in_prose(&text).into_iter().filter_map(unknown);
        faults.extend(told.map(|fault| format!("{name}: {fault}")));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(count >= LEAST_COMMANDS, "{count}");
}

/// A folder with what a command of a document takes as there: files of these names.
fn prepared(words: &[String]) -> Tinybench {
    let tinybench = Tinybench::new();
    for part in ["workloads", "examples"] {
        if words.iter().any(|it| it.starts_with(&format!("{part}/"))) {
            std::os::unix::fs::symlink(project_root().join(part), tinybench.path(part)).unwrap();
        }
    }
    let mut is_output = false;
    for (number, word) in words.iter().enumerate().skip(2) {
        let is_made = is_output;
        is_output = ["-o", "--out"].contains(&word.as_str());
        let path = Path::new(word);
        if is_made || word.starts_with('-') || tinybench.path(word).exists() {
            continue;
        }
        let mut record = Record::real();
        if words[1] == "merge" {
            let name = json!(format!("workload-{number}"));
            record = record.with("/results/0/workload", name);
        }
        let ending = path.extension().and_then(|it| it.to_str());
        match (ending, word.as_str()) {
            (Some("json"), _) => tinybench.file(word, record.text().as_bytes()),
            (Some("tflite"), _) => tinybench.file(word, &kws_model()),
            (Some("cc"), _) => tinybench.file(word, as_c(&kws_model()).as_bytes()),
            (None, "main") => {
                let name = format!(".tinybench/baselines/{word}.json");
                tinybench.file(&name, record.text().as_bytes())
            }
            (None, _) if word.ends_with('/') => {
                tinybench.file(&format!("{word}first.json"), record.text().as_bytes())
            }
            _ => continue,
        };
    }
    tinybench
}

/// A model as an array in C.
fn as_c(model: &[u8]) -> String {
    let bytes: Vec<String> = model.iter().map(u8::to_string).collect();
    format!(
        "const unsigned char g_model[] = {{{}}};\n",
        bytes.join(", ")
    )
}

#[test]
fn commands_in_documents_that_need_no_target_work() {
    let mut done = BTreeSet::new();
    for (name, text) in documents() {
        for Command { at, words } in in_blocks(&name, &text) {
            let runs = words[0] == "tinybench" && RUN.contains(&words[1].as_str());
            // Only a run of the suite `learning` has curves.
            let has_curves = words.iter().any(|it| it == "learning.json");
            if !runs || has_curves || !done.insert(words.clone()) {
                continue;
            }
            let tinybench = prepared(&words);
            let arguments: Vec<&str> = words[1..].iter().map(String::as_str).collect();
            let ended = tinybench.run(&arguments);
            assert_eq!(
                ended.code,
                Some(0),
                "{at}: {}: {}",
                words.join(" "),
                ended.stderr
            );
        }
    }
    assert!(done.len() >= LEAST_RUN, "{done:?}");
}

#[test]
fn commands_are_found_and_faults_in_them() {
    assert_eq!(
        commands("a 'b c' \"d\"e && f >g h # i"),
        [vec!["a", "b c", "de"], vec!["f", "h"]]
    );
    let text = "```sh\n$ tinybench run \\\n  --board x | jq\nother\n```\n`tinybench no`\n```c\ntinybench c\n```\n";
    let found = in_blocks("a.md", text);
    let words: Vec<_> = found.iter().map(|it| it.words.join(" ")).collect();
    assert_eq!(words, ["tinybench run --board x", "jq"]);
    assert_eq!(found[0].at, "a.md:2");
    assert_eq!(in_prose(text), ["tinybench no"]);
    let told = |code: &str| unknown(code).unwrap_or_default();
    assert!(told("tinybench no").contains("no no"));
    assert!(told("tinybench run --nothing=1").contains("--nothing"));
    assert_eq!(unknown("tinybench boards new --chip X"), None);
    assert_eq!(unknown("tinybench COMMAND --help"), None);
    let call = |words: &str| wrong_call(&commands(words)[0]);
    assert!(call("scripts/nowhere").is_some());
    assert!(call("scripts/setup --nothing").is_some());
    assert_eq!(call("scripts/setup --tests"), None);
}

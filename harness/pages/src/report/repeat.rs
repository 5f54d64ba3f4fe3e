//! The commands that make the records again.

use super::Run;
use super::results::Results;
use crate::page::{Block, Section};
use tinybench_record::{Asked, Places, RunRecord};

/// The commands that repeat the runs.
pub fn section(results: &Results) -> Section {
    let mut section = Section::new("repeat", "How to repeat this");
    let (known, unknown): (Vec<&Run>, Vec<&Run>) = results
        .runs
        .iter()
        .partition(|run| !run.record.asked.is_empty());
    if !known.is_empty() {
        section.text(
            "`git` and `cargo` are for a clone of the repository, `tinybench` for the \
             folder from which paths lead to the files that are named; of files outside of that where \
             it was first run only the end of the path is known. On a virtual board the figures come \
             out the same, to the cycle, with the same compiler.",
        );
        let commands: Vec<_> = known
            .iter()
            .map(|run| {
                let label = results.has_several_runs().then_some(run.label.as_str());
                commands(&run.record, label)
            })
            .collect();
        section.blocks.push(Block::Commands(commands.join("\n")));
    }
    if !unknown.is_empty() {
        let names: Vec<_> = unknown.iter().map(|run| run.label.as_str()).collect();
        section.text(format!(
            "How it was asked for is not in the record, so there is no command that repeats it: {}.",
            names.join(", ")
        ));
    }
    section
}

/// What to type, a line each.
fn commands(record: &RunRecord, label: Option<&str>) -> String {
    let mut lines = Vec::new();
    if let Some(label) = label {
        lines.push(format!("# {}", label.replace(char::is_control, " ")));
    }
    match record.tinybench.commit.as_deref() {
        Some(commit) if commit.ends_with("-dirty") => lines.push(format!(
            "git checkout {}   # the run had changes that are in no commit",
            quoted(commit.trim_end_matches("-dirty"))
        )),
        Some(commit) => lines.push(format!("git checkout {}", quoted(commit))),
        None => lines.push("# of no commit that is known".to_owned()),
    }
    lines.push("cargo install --path harness/cli".to_owned());
    let runs = record.asked.iter().filter(|it| it.command == "run").count();
    let mut parts = Vec::new();
    // Records of before have whole paths.
    let places = Places::of(&record.asked, None);
    for asked in &record.asked {
        let mut line = command(&places.command(asked));
        if runs > 1 && asked.command == "run" {
            let part = format!("part-{}.json", parts.len() + 1);
            line += &format!(" --out {part}");
            parts.push(part);
        }
        lines.push(line);
    }
    if !parts.is_empty() {
        lines.push(format!("tinybench merge {}", parts.join(" ")));
    }
    lines.join("\n") + "\n"
}

fn command(asked: &Asked) -> String {
    let words = [&asked.command].into_iter().chain(&asked.arguments);
    let words: Vec<_> = words.map(|word| quoted(word)).collect();
    format!("tinybench {}", words.join(" "))
}

/// `text` as one word of a shell.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,=+@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tinybench_record::example::example;

    #[test]
    fn the_commands_are_those_that_the_record_was_asked_for_with() {
        let mut record = example();
        record.tinybench.commit = Some("abc123".to_owned());
        let mut fetch = Asked::new("fetch");
        fetch.argument("mlperf-tiny");
        record.asked.insert(0, fetch);
        record.asked[1].option("--model", "my models/a.tflite");
        assert_eq!(
            commands(&record, None),
            "git checkout abc123\ncargo install --path harness/cli\ntinybench fetch mlperf-tiny\n\
             tinybench run --board nano33 --workload kws --on virtual --model 'my models/a.tflite'\n"
        );
    }

    #[test]
    fn what_the_users_folders_are_called_is_not_told() {
        let mut record = example();
        record.asked[0].option("--model", "/home/me/secret/a.tflite");
        let text = commands(&record, None);
        assert!(text.ends_with("--model a.tflite\n"), "{text}");
    }

    #[test]
    fn the_parts_of_a_merged_record_are_merged_again() {
        let mut record = example();
        record.asked.push(record.asked[0].clone());
        let text = commands(&record, Some("main"));
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "# main");
        assert!(lines[3].ends_with(" --out part-1.json"), "{text}");
        assert!(lines[4].ends_with(" --out part-2.json"), "{text}");
        assert_eq!(lines[5], "tinybench merge part-1.json part-2.json");
    }

    #[test]
    fn a_record_that_does_not_know_has_no_command() {
        let mut record = example();
        record.asked.clear();
        let runs = [Run {
            label: "old".to_owned(),
            record,
        }];
        let section = section(&Results::new(&runs));
        let [Block::Text(text)] = section.blocks.as_slice() else {
            panic!("{:?}", section.blocks);
        };
        assert!(text.ends_with(": old."), "{text}");
    }

    #[test]
    fn names_can_not_become_commands() {
        assert_eq!(quoted("kws"), "kws");
        assert_eq!(quoted("a; rm -rf ~"), "'a; rm -rf ~'");
        assert_eq!(quoted("it's\n"), r"'it'\''s'");
        let mut record = example();
        record.asked[0].option("--workload", "$(reboot)");
        record.asked[0].command = "`reboot`".to_owned();
        let text = commands(&record, Some("a\nreboot"));
        assert!(text.starts_with("# a reboot\n"), "{text}");
        assert!(text.contains("tinybench '`reboot`' "), "{text}");
        assert!(text.contains("--workload '$(reboot)'"), "{text}");
    }
}

//! `tinybench completions`

use clap::CommandFactory;
use clap::builder::PossibleValuesParser;
use clap_complete::{Shell, generate};

use crate::args::Cli;
use crate::stdout;
use tinybench_inputs::board::Boards;
use tinybench_inputs::project::Project;
use tinybench_inputs::suite;
use tinybench_inputs::workload::{AUDIO_SUFFIX, Workloads};
use tinybench_support::exit::Failure;

/// Prints the completion script for `shell`. It knows the names that there are in the project now.
pub fn print(shell: Shell, project: Option<&Project>) -> Result<(), Failure> {
    let mut command = Cli::command();
    for (option, names) in project.map(names).into_iter().flatten() {
        if !names.is_empty() {
            command = with_names(command, option, &names);
        }
    }
    let mut script = Vec::new();
    generate(shell, &mut command, "tinybench", &mut script);
    stdout::print(String::from_utf8_lossy(&script).trim_end())
}

/// What can follow which option. What can't be read has no names.
fn names(project: &Project) -> [(&'static str, Vec<String>); 4] {
    let boards = Boards::open(&project.boards()).map(|boards| boards.names());
    let workloads = Workloads::open(&project.models()).map(|workloads| {
        let with_audio = |name: &String| {
            let card = workloads.card(name).ok()?;
            card.audio.map(|_| format!("{name}{AUDIO_SUFFIX}"))
        };
        let mut names: Vec<String> = workloads.names();
        let audio: Vec<_> = names.iter().filter_map(with_audio).collect();
        names.extend(audio);
        names
    });
    [
        ("board", boards.unwrap_or_default()),
        ("workload", workloads.unwrap_or_default()),
        ("suite", suite::names(&project.suites()).unwrap_or_default()),
        ("runtime", project.runtimes().names()),
    ]
}

/// The command whose options of this name, in all of its commands, take one of `names`.
fn with_names(mut command: clap::Command, option: &str, names: &[String]) -> clap::Command {
    let has_option = |command: &&mut clap::Command| {
        let mut arguments = command.get_arguments();
        arguments.any(|argument| is_called(argument, option))
    };
    for subcommand in command.get_subcommands_mut().filter(has_option) {
        let id = subcommand
            .get_arguments()
            .find(|argument| is_called(argument, option))
            .map(|argument| argument.get_id().clone());
        if let Some(id) = id {
            // clap keeps texts that live as long as the process, which ends when it has printed.
            let names: Vec<&'static str> = names.iter().map(|it| &*it.clone().leak()).collect();
            *subcommand = subcommand.clone().mut_arg(id, |argument| {
                argument.value_parser(PossibleValuesParser::new(names))
            });
        }
    }
    command
}

/// Whether an argument is an option of this name, or what stands in its place: a suite to fetch.
fn is_called(argument: &clap::Arg, name: &str) -> bool {
    argument.get_long() == Some(name) || argument.get_id() == name
}

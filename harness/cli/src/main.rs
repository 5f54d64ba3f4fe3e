//! The `tinybench` command.

use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use owo_colors::OwoColorize;
use std::io::IsTerminal;
use std::process::ExitCode;
use tinybench::args::Cli;
use tinybench::commands;
use tinybench_support::interrupt;
use tinybench_support::printable::printable_lines;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

fn main() -> ExitCode {
    let cli = Cli::try_parse().unwrap_or_else(|error| refuse(&error));
    let colour = std::io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let log = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(colour)
        .without_time()
        .with_target(cli.global.verbose > 0);
    tracing_subscriber::registry()
        .with(log.with_filter(log_filter(cli.global.verbose)))
        .init();
    if let Err(error) = interrupt::install() {
        tracing::warn!("Ctrl-C ends tinybench at once: {error}");
    }
    match commands::execute(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // It may name files and other things whose names are escape sequences.
            let text = printable_lines(&error.to_string());
            if colour {
                eprintln!("{}: {text}", "error".red().bold());
            } else {
                eprintln!("error: {text}");
            }
            error.exit().into()
        }
    }
}

/// Ends with what clap has to say. Where that repeats escape sequences of the command line, they lose
/// their power, and the text its colours.
fn refuse(error: &clap::Error) -> ! {
    if let Some(option) = option_for(error) {
        eprintln!(
            "{}",
            printable_lines(&error.render().to_string()).trim_end()
        );
        eprintln!(
            "\n  tip: it is named by an option: {}",
            printable_lines(&option)
        );
        std::process::exit(error.exit_code());
    }
    let text = error.render().to_string();
    let safe = printable_lines(&text);
    if error.use_stderr() && safe != text {
        eprint!("{safe}");
        std::process::exit(error.exit_code());
    }
    error.exit()
}

/// The option that names a word which stands alone, where that is a board or a model.
fn option_for(error: &clap::Error) -> Option<String> {
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    let command = std::env::args().nth(1)?;
    if word.starts_with('-') || !["run", "serve", "calibrate"].contains(&command.as_str()) {
        return None;
    }
    let is_model = [".tflite", ".tbcm", ".tbz"]
        .iter()
        .any(|end| word.ends_with(end));
    Some(match is_model {
        true if command == "run" => format!("--model {word}"),
        _ => format!("--board {word}"),
    })
}

/// What is logged. probe-rs warns of what isn't the user's business, and is quiet unless asked.
fn log_filter(verbose: u8) -> Targets {
    let (all, probe_rs) = match verbose {
        0 => (LevelFilter::WARN, LevelFilter::OFF),
        1 => (LevelFilter::INFO, LevelFilter::WARN),
        2 => (LevelFilter::DEBUG, LevelFilter::INFO),
        _ => (LevelFilter::TRACE, LevelFilter::TRACE),
    };
    Targets::new()
        .with_default(all)
        .with_target("probe_rs", probe_rs)
}

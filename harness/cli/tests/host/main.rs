//! What the command does without a target: input, output, pages, devices on a pty.

mod bad_input;
mod commands;
mod fetch;
mod inspect;
#[cfg(unix)]
mod interrupted;
#[cfg(unix)]
mod mlperf;
mod pages;
mod pages_in_browser;
mod parsers;
mod profile;
mod records;
mod scripts;
mod serve;
#[path = "../support/mod.rs"]
mod support;

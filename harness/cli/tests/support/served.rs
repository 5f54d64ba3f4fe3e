//! A board served by `tinybench serve`.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use probe_rs::probe::{DebugProbeSelector, list::Lister};
use probe_rs::{Permissions, Session};

/// A served board; killed when dropped.
pub struct Served {
    pub process: Child,
    /// As the tools of probe-rs take it.
    pub selector: String,
    /// Where its serial ports are.
    pub serial: Vec<String>,
    chip: &'static str,
}

impl Served {
    /// Serves a nano33.
    pub fn start(arguments: &[&str]) -> Self {
        Self::start_board("nano33", "nRF52840_xxAA", arguments)
    }

    /// Serves a nano33 by a command that says how tinybench is started.
    pub fn start_command(tinybench: Command, arguments: &[&str]) -> Self {
        Self::start_with(tinybench, "nano33", "nRF52840_xxAA", arguments)
    }

    /// Serves a board whose chip probe-rs calls `chip`.
    pub fn start_board(board: &str, chip: &'static str, arguments: &[&str]) -> Self {
        let tinybench = Command::new(env!("CARGO_BIN_EXE_tinybench"));
        Self::start_with(tinybench, board, chip, arguments)
    }

    fn start_with(
        mut tinybench: Command,
        board: &str,
        chip: &'static str,
        arguments: &[&str],
    ) -> Self {
        let mut process = tinybench
            .args(["serve", "--board", board])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut line = || lines.next().unwrap().unwrap();
        let selector = line();
        let ports = arguments.iter().filter(|word| **word == "--serial");
        let serial = ports.map(|_| line()).collect();
        Self {
            process,
            selector,
            serial,
            chip,
        }
    }

    /// Attaches with probe-rs's library.
    pub fn attach(&self) -> Session {
        let selector: DebugProbeSelector = self.selector.parse().unwrap();
        let probes = Lister::new().list(Some(&selector));
        let probe = probes.first().expect("the server is found").open().unwrap();
        probe.attach(self.chip, Permissions::default()).unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

//! `tinybench serve`: a virtual board for every tool of probe-rs.

mod support;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use probe_rs::probe::{DebugProbeSelector, list::Lister};
use probe_rs::{MemoryInterface, Permissions, Session};
use support::Tinybench;

/// A served board; killed when dropped.
struct Served {
    process: Child,
    selector: DebugProbeSelector,
}

impl Served {
    fn start(arguments: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_tinybench"))
            .args(["serve", "--board", "nano33"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let selector = line.trim().parse().unwrap();
        Self { process, selector }
    }

    fn attach(&self) -> Session {
        let probes = Lister::new().list(Some(&self.selector));
        let probe = probes.first().expect("the server is found").open().unwrap();
        probe
            .attach("nRF52840_xxAA", Permissions::default())
            .unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_served_board_lives_on_between_clients_and_ends_with_ctrl_c() {
    let mut served = Served::start(&[]);
    {
        let mut session = served.attach();
        let mut core = session.core(0).unwrap();
        assert_eq!(core.read_word_32(0x1000_0100).unwrap(), 0x0005_2840);
        core.write_word_32(0x2000_1000, 0x1234_5678).unwrap();
    }
    {
        let mut session = served.attach();
        let mut core = session.core(0).unwrap();
        assert_eq!(core.read_word_32(0x2000_1000).unwrap(), 0x1234_5678);
    }
    let signal = Command::new("kill")
        .args(["-INT", &served.process.id().to_string()])
        .status()
        .unwrap();
    assert!(signal.success());
    assert_eq!(served.process.wait().unwrap().code(), Some(0));
}

#[test]
fn a_board_is_served_on_a_unix_socket() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("board");
    let served = Served::start(&["--unix", socket.to_str().unwrap()]);
    let mut session = served.attach();
    let mut core = session.core(0).unwrap();
    assert_eq!(core.read_word_32(0x1000_0010).unwrap(), 4096);
}

#[test]
fn what_cannot_be_served_is_told() {
    let unknown = Tinybench::new().run(&["serve", "--board", "nano3"]);
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.stderr.contains("nano33"), "{}", unknown.stderr);

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let busy = Tinybench::new().run(&["serve", "--board", "nano33", "--port", &port]);
    assert_eq!(busy.code, Some(4));
    assert!(busy.stderr.contains(&port), "{}", busy.stderr);
}

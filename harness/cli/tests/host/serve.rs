//! `tinybench serve`: a virtual board for every tool of probe-rs.

use std::path::Path;
use std::process::Command;

use crate::support::Tinybench;
use crate::support::served::Served;
use probe_rs::MemoryInterface;

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

/// Clients aren't always where the server was started.
#[cfg(unix)]
#[test]
fn the_selector_of_a_unix_socket_holds_in_every_folder() {
    let folder = tempfile::tempdir().unwrap();
    let mut serve = Command::new(env!("CARGO_BIN_EXE_tinybench"));
    serve.current_dir(folder.path());
    let served = Served::start_command(serve, &["--unix", "board"]);
    let path = served.selector.strip_prefix("20b7:9db1:unix:").unwrap();
    assert!(Path::new(path).is_absolute(), "{path}");
    drop(served.attach());
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

    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    let file = Tinybench::new().run(&["serve", "--board", "nano33", "--unix", path]);
    assert_eq!(file.code, Some(4));
    assert!(file.stderr.contains("no socket"), "{}", file.stderr);
}

#[test]
fn serial_ports_that_cannot_be_offered_are_told() {
    let serve = |arguments: &[&str]| {
        Tinybench::new().run(&[&["serve", "--board", "nano33"], arguments].concat())
    };
    let many = serve(&["--serial", "pty", "--serial", "pty", "--serial", "pty"]);
    assert_eq!(many.code, Some(2));
    assert!(
        many.stderr.contains("nano33 has 2 UARTs"),
        "{}",
        many.stderr
    );

    let malformed = serve(&["--serial", "ttyS0"]);
    assert_eq!(malformed.code, Some(2));
    assert!(
        malformed.stderr.contains("`tcp:PORT` or `pty`"),
        "{}",
        malformed.stderr
    );

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let busy = serve(&["--serial", &format!("tcp:{port}")]);
    assert_eq!(busy.code, Some(4));
    assert!(busy.stderr.contains(&port.to_string()), "{}", busy.stderr);
}

//! What ends a run from outside: a server that is gone or silent, and signals.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::served::Served;
use crate::support::{Tinybench, kws_model, project_root};
use probe_rs::probe::list::Lister;
use tinybench_execution::target::select::{On, SelectError, choose};
use tinybench_execution::target::session::Session;
use tinybench_execution::target::virtual_board;
use tinybench_execution::target::{Target, TargetError, Wait};
use tinybench_inputs::board::Boards;
use tinybench_support::exit::{Exit, Exits};

/// Attaches to a served board as `run --probe` does.
fn attach(served: &Served) -> Result<Session, SelectError> {
    let boards = Boards::open(&[project_root().join("targets/boards")]).unwrap();
    let board = boards.load("nano33").unwrap().board;
    let selector = Some(served.selector.parse().unwrap());
    let lister = Lister::new();
    let choice = choose(On::Auto, selector, &board, &[])?;
    let probe = choice.open(&board, &lister, &virtual_board::open)?;
    Ok(Session::attach(probe, &board).unwrap())
}

fn signal(name: &str, process: u32) {
    let sent = Command::new("kill")
        .args([name, &process.to_string()])
        .status();
    assert!(sent.unwrap().success());
}

fn is_lost(result: Result<(), TargetError>) {
    match result {
        Err(error @ TargetError::Lost(_)) => assert_eq!(error.exit(), Exit::NoTarget),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_server_that_is_killed_is_lost_whatever_is_asked_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("board");
    for place in [&[][..], &["--unix", socket.to_str().unwrap()]] {
        let mut served = Served::start(place);
        let mut session = attach(&served).unwrap();
        let mut words = [0; 2];
        session.read_words(0x1000_0100, &mut words).unwrap();
        assert_eq!(words[0], 0x0005_2840);
        served.process.kill().unwrap();
        served.process.wait().unwrap();
        is_lost(session.read_words(0x1000_0100, &mut words));
        is_lost(session.write_words(0x2000_0000, &words));
        is_lost(session.reset());
        is_lost(session.run(Wait {
            quiet: Duration::ZERO,
            timeout: Duration::from_secs(3_600),
        }));
        let Err(gone @ SelectError::Open { .. }) = attach(&served) else {
            panic!("the server is gone")
        };
        assert_eq!(gone.exit(), Exit::NoTarget);
    }
}

#[test]
fn a_server_that_does_not_answer_any_more_is_lost() {
    let served = Served::start(&[]);
    let mut session = attach(&served).unwrap();
    signal("-STOP", served.process.id());
    is_lost(session.reset());
}

/// The server of one session takes the next.
#[test]
fn sessions_follow_each_other() {
    let served = Served::start(&[]);
    for value in 0..5 {
        let mut session = attach(&served).unwrap();
        session.write_words(0x2000_1000, &[value]).unwrap();
        let mut words = [u32::MAX];
        session.read_words(0x2000_1000, &mut words).unwrap();
        assert_eq!(words, [value]);
    }
}

/// The reference of so many vectors takes the host minutes, in which nothing looks for signals.
#[test]
fn a_signal_ends_the_host_s_own_computing() {
    for name in ["-INT", "-TERM"] {
        let tinybench = Tinybench::new();
        tinybench.file("kws.tflite", &kws_model());
        let mut run = Command::new(env!("CARGO_BIN_EXE_tinybench"))
            .current_dir(tinybench.folder.path())
            .args(["run", "--board", "nano33", "--on", "virtual"])
            .args(["--model", "kws.tflite", "--vectors", "130000"])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(run.stderr.take().unwrap()).lines();
        let target = lines.next().unwrap().unwrap();
        assert!(target.starts_with("target: virtual nano33"), "{target}");
        signal(name, run.id());
        assert_eq!(run.wait().unwrap().code(), Some(130), "{name}");
        let said: Vec<_> = lines.map(Result::unwrap).collect();
        assert!(
            said.iter().any(|line| line.contains("interrupted")),
            "{said:?}"
        );
        assert_eq!(tinybench.contents(), ["kws.tflite"]);
    }
}

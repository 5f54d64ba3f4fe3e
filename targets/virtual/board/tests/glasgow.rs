//! The Glasgow server: its protocol byte by byte, and its sockets with good and bad clients.

mod support;

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{Arc, Mutex},
    thread::JoinHandle,
    time::Duration,
};

use proptest::prelude::*;
use support::*;
use tinybench_virtual_board::glasgow::{ProtocolError, Server, Session, Stop, cobs};

const ROOT: u8 = 0;
const SWD: u8 = 1;

fn packet(target: u8, bytes: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    cobs::encode(&[&[target], bytes].concat(), &mut packet);
    packet.push(0);
    packet
}

/// Answers of one target, all packets together.
fn answers(output: &[u8], target: u8) -> Vec<u8> {
    output
        .split_inclusive(|&byte| byte == 0)
        .map(|packet| cobs::decode(&packet[..packet.len() - 1]).expect("answers are COBS"))
        .filter(|packet| packet[0] == target)
        .flat_map(|packet| packet[1..].to_vec())
        .collect()
}

fn ask(session: &mut Session, board: &mut Board, target: u8, bytes: &[u8]) -> Vec<u8> {
    let mut output = Vec::new();
    session
        .feed(board, &packet(target, bytes), &mut output)
        .expect("this is the protocol");
    answers(&output, target)
}

/// Line reset, selection, line reset, as probe-rs sends them.
fn connect_sequence() -> Vec<u8> {
    let ones = [0x20, 0xFF, 0xFF, 0xFF, 0xFF];
    let reset = [ones, [0x20 | 19, 0xFF, 0xFF, 0x07, 0]].concat();
    let to_swd = [0x20 | 16, 0x9E, 0xE7, 0, 0];
    let reset_and_idle = [ones, [0x20 | 22, 0xFF, 0xFF, 0x07, 0]].concat();
    [&reset[..], &to_swd, &reset_and_idle].concat()
}

const READ_DPIDR: u8 = 0b0010;
const DPIDR_ANSWER: [u8; 5] = [0x01, 0x77, 0x14, 0xA0, 0x2B];

fn write(port_and_address: u8, value: u32) -> Vec<u8> {
    [&[port_and_address][..], &value.to_le_bytes()].concat()
}

const WRITE_CTRL_STAT: u8 = 0b0100;
const WRITE_SELECT: u8 = 0b1000;
const READ_RDBUFF: u8 = 0b1110;
const WRITE_CSW: u8 = 0b0001;
const WRITE_TAR: u8 = 0b0101;
const WRITE_DRW: u8 = 0b1101;
const READ_DRW: u8 = 0b1111;

/// Everything up to an AHB-AP that accesses words, with auto-increment, from `address` on.
fn attach_sequence(address: u32) -> Vec<u8> {
    [
        connect_sequence(),
        vec![READ_DPIDR],
        write(WRITE_CTRL_STAT, 0x5000_0000),
        write(WRITE_SELECT, 0),
        write(WRITE_CSW, 0x12),
        write(WRITE_TAR, address),
    ]
    .concat()
}

#[test]
fn root_identifies_and_keeps_the_divisor() {
    let (mut session, mut board) = (Session::new(), board());
    assert_eq!(
        ask(&mut session, &mut board, ROOT, &[0x00]),
        b"probe-rs,v01"
    );
    let clock = ask(&mut session, &mut board, ROOT, &[0x10]);
    assert!(u32::from_le_bytes(clock.try_into().unwrap()) >= 1_000_000);
    assert_eq!(ask(&mut session, &mut board, ROOT, &[0x12, 0x34]), []);
    assert_eq!(
        ask(&mut session, &mut board, ROOT, &[0x12, 0x11]),
        [0x34, 0x12]
    );
}

#[test]
fn root_drives_nrst() {
    let (mut session, mut board) = (Session::new(), board());
    assert_eq!(ask(&mut session, &mut board, ROOT, &[0x20]), []);
    assert!(board.port.reset_asserted());
    assert_eq!(ask(&mut session, &mut board, ROOT, &[0x21]), []);
    assert!(!board.port.reset_asserted());
    assert_eq!(board.target.resets, 2);
}

#[test]
fn swd_transfers_reach_memory() {
    let (mut session, mut board) = (Session::new(), board());
    let commands = [
        attach_sequence(RAM),
        write(WRITE_DRW, 0x1234_5678),
        write(WRITE_TAR, RAM),
    ]
    .concat();
    let reply = ask(&mut session, &mut board, SWD, &commands);
    assert_eq!(reply, [&DPIDR_ANSWER[..], &[0x11; 6]].concat());
    assert_eq!(board.target.ram[..4], [0x78, 0x56, 0x34, 0x12]);
    let reply = ask(
        &mut session,
        &mut board,
        SWD,
        &[READ_DRW, READ_DRW, READ_RDBUFF],
    );
    assert_eq!(reply[5..], [0x01, 0x78, 0x56, 0x34, 0x12, 0x01, 0, 0, 0, 0]);
}

#[test]
fn a_fault_drops_the_rest_of_the_packet_and_the_next_works() {
    let (mut session, mut board) = (Session::new(), board());
    let commands = [
        attach_sequence(0x6000_0000),
        vec![READ_DRW; 4],
        write(WRITE_TAR, RAM),
    ]
    .concat();
    let reply = ask(&mut session, &mut board, SWD, &commands);
    assert_eq!(
        reply[9..],
        [0x01, 0, 0, 0, 0, 0x14],
        "one posted read, then the fault"
    );
    let commands = [write(WRITE_TAR, RAM), vec![READ_DRW, READ_RDBUFF]].concat();
    let reply = ask(&mut session, &mut board, SWD, &commands);
    assert_eq!((reply[0], reply[1], reply[6]), (0x11, 0x01, 0x01));
}

#[test]
fn a_silent_line_is_a_protocol_error() {
    let (mut session, mut board) = (Session::new(), board());
    assert_eq!(ask(&mut session, &mut board, SWD, &[READ_DPIDR]), [0x20]);
    let mut board = connected();
    board.port.disconnect_after(1);
    assert_eq!(
        ask(&mut session, &mut board, SWD, &[READ_DPIDR; 2])[5..],
        [0x20]
    );
}

#[test]
fn what_is_not_the_protocol_is_refused() {
    let cases: [(Vec<u8>, ProtocolError); 6] = [
        (vec![9, 1, 0], ProtocolError::Cobs(cobs::CobsError)),
        (vec![1, 0], ProtocolError::EmptyPacket),
        (packet(2, &[0]), ProtocolError::UnknownTarget(2)),
        (
            packet(ROOT, &[0x99]),
            ProtocolError::UnknownCommand {
                target: 0,
                command: 0x99,
            },
        ),
        (
            packet(SWD, &[0x10]),
            ProtocolError::UnknownCommand {
                target: 1,
                command: 0x10,
            },
        ),
        (vec![1; 0x1_0001], ProtocolError::PacketTooLong),
    ];
    for (input, expected) in cases {
        let result = Session::new().feed(&mut board(), &input, &mut Vec::new());
        assert_eq!(result, Err(expected));
    }
}

proptest! {
    /// How the bytes are cut into pieces and packets makes no difference.
    #[test]
    fn cuts_make_no_difference(
        words in prop::collection::vec(any::<u32>(), 0..20),
        packets in prop::collection::vec(1usize..40, 1..10),
        pieces in prop::collection::vec(1usize..40, 1..10),
    ) {
        let mut commands = attach_sequence(RAM);
        for word in &words {
            commands.extend(write(WRITE_DRW, *word));
        }
        commands.extend(write(WRITE_TAR, RAM));
        commands.extend(vec![READ_DRW; words.len()]);
        commands.push(READ_RDBUFF);
        let mut reference_board = board();
        let reference = ask(&mut Session::new(), &mut reference_board, SWD, &commands);

        let mut stream = Vec::new();
        let mut rest = commands.as_slice();
        for length in packets.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (head, tail) = rest.split_at((*length).min(rest.len()));
            stream.extend(packet(SWD, head));
            rest = tail;
        }
        let (mut session, mut cut_board, mut output) = (Session::new(), board(), Vec::new());
        let mut rest = stream.as_slice();
        for length in pieces.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (head, tail) = rest.split_at((*length).min(rest.len()));
            session.feed(&mut cut_board, head, &mut output).unwrap();
            rest = tail;
        }
        prop_assert_eq!(answers(&output, SWD), reference);
        prop_assert_eq!(cut_board.target.ram, reference_board.target.ram);
    }

    /// Whatever a client sends: no panic, and the next client finds a board that works.
    #[test]
    fn garbage_leaves_the_board_usable(
        raw: Vec<u8>,
        packets in prop::collection::vec((0u8..3, prop::collection::vec(any::<u8>(), 0..60)), 0..8),
    ) {
        let mut board = board();
        let _ = Session::new().feed(&mut board, &raw, &mut Vec::new());
        let mut session = Session::new();
        for (target, bytes) in packets {
            if session.feed(&mut board, &packet(target, &bytes), &mut Vec::new()).is_err() {
                break;
            }
        }
        let commands =
            [connect_sequence(), vec![READ_DPIDR], write(0, 0x1E), write(WRITE_SELECT, 0)];
        let reply = ask(&mut Session::new(), &mut board, SWD, &commands.concat());
        prop_assert_eq!(reply, [&DPIDR_ANSWER[..], &[0x11, 0x11]].concat());
    }
}

/// A server on a thread, stopped when dropped.
struct Running {
    address: SocketAddr,
    board: Arc<Mutex<Board>>,
    stop: Stop,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    fn new() -> Self {
        let server = Server::tcp("127.0.0.1:0").unwrap();
        let board = Arc::new(Mutex::new(board()));
        Self {
            address: server.local_addr().unwrap(),
            board: Arc::clone(&board),
            stop: server.stop_handle().unwrap(),
            thread: Some(std::thread::spawn(move || server.run(&board))),
        }
    }

    fn client(&self) -> TcpStream {
        let client = TcpStream::connect(self.address).unwrap();
        // Only so that a broken server fails the test and doesn't hang it.
        client
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        client
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.stop();
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the server ends without a panic");
        }
    }
}

fn identify(client: &mut TcpStream) -> Vec<u8> {
    client.write_all(&packet(ROOT, &[0])).unwrap();
    let mut answer = [0; 15];
    client.read_exact(&mut answer).unwrap();
    answers(&answer, ROOT)
}

#[test]
fn clients_come_one_after_the_other_and_the_board_lives_on() {
    let running = Running::new();
    for i in 0..3u32 {
        let mut client = running.client();
        assert_eq!(identify(&mut client), b"probe-rs,v01");
        let commands = [attach_sequence(RAM + 4 * i), write(WRITE_DRW, i + 1)].concat();
        client.write_all(&packet(SWD, &commands)).unwrap();
        let mut answer = [0; 5 + 5 + 3];
        client.read_exact(&mut answer).unwrap();
        assert_eq!(
            answers(&answer, SWD),
            [&DPIDR_ANSWER[..], &[0x11; 5]].concat()
        );
    }
    let board = running.board.lock().unwrap();
    assert_eq!(board.target.ram[..12], [1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0]);
}

#[test]
fn a_second_client_is_told_that_the_board_is_in_use() {
    let running = Running::new();
    let mut first = running.client();
    assert_eq!(identify(&mut first), b"probe-rs,v01");
    let mut second = running.client();
    assert_eq!(identify(&mut second), b"board in use");
    assert_eq!(
        second.read(&mut [0; 16]).unwrap(),
        0,
        "and then disconnected"
    );
    assert_eq!(identify(&mut first), b"probe-rs,v01");
    drop(first);
    assert_eq!(identify(&mut running.client()), b"probe-rs,v01");
}

#[test]
fn bad_clients_are_dropped_and_the_board_stays() {
    let running = Running::new();
    let mut garbage = running.client();
    garbage.write_all(&[9, 9, 9, 0]).unwrap();
    assert_eq!(
        garbage.read(&mut [0; 16]).unwrap_or(0),
        0,
        "garbage is disconnected"
    );

    let mut half = running.client();
    let whole = packet(SWD, &attach_sequence(RAM));
    half.write_all(&whole[..whole.len() / 2]).unwrap();
    drop(half);

    let mut silent = running.client();
    silent.write_all(&whole).unwrap();
    drop(silent);

    let mut good = running.client();
    assert_eq!(identify(&mut good), b"probe-rs,v01");
    good.write_all(&whole).unwrap();
    let mut answer = [0; 13 - 1];
    good.read_exact(&mut answer).unwrap();
    assert_eq!(
        answers(&answer, SWD),
        [&DPIDR_ANSWER[..], &[0x11; 4]].concat()
    );
}

#[test]
fn stopping_disconnects_the_client() {
    let mut running = Running::new();
    let mut client = running.client();
    assert_eq!(identify(&mut client), b"probe-rs,v01");
    running.stop.stop();
    running.thread.take().unwrap().join().unwrap();
    assert_eq!(client.read(&mut [0; 16]).unwrap_or(0), 0);
    assert!(
        TcpStream::connect(running.address).is_err(),
        "nobody listens any more"
    );
}

#[test]
fn an_address_in_use_is_an_error_that_names_it() {
    let server = Server::tcp("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap();
    assert_eq!(server.selector(), format!("20b7:9db1:tcp:{address}"));
    let error = Server::tcp(address).err().unwrap().to_string();
    assert!(error.contains(&address.to_string()), "{error}");
    assert!(error.contains("choose another port"), "{error}");
}

#[cfg(unix)]
#[test]
fn unix_sockets_are_served_replaced_and_removed() {
    use std::os::unix::net::{UnixListener, UnixStream};

    let path = std::env::temp_dir().join(format!("tinybench-test-{}.socket", std::process::id()));
    drop(UnixListener::bind(&path).unwrap());
    let server = Server::unix(&path).expect("a socket on which nobody listens is replaced");
    let error = Server::unix(&path).err().unwrap().to_string();
    assert!(error.contains("end the program that listens"), "{error}");
    assert_eq!(
        server.selector(),
        format!("20b7:9db1:unix:{}", path.display())
    );

    let stop = server.stop_handle().unwrap();
    let board = Arc::new(Mutex::new(board()));
    let thread = std::thread::spawn(move || server.run(&board));
    let mut client = UnixStream::connect(&path).unwrap();
    client.write_all(&packet(ROOT, &[0])).unwrap();
    let mut answer = [0; 15];
    client.read_exact(&mut answer).unwrap();
    assert_eq!(answers(&answer, ROOT), b"probe-rs,v01");
    stop.stop();
    thread.join().unwrap();
    assert!(!path.exists());
}

#[cfg(unix)]
#[test]
fn a_unix_socket_that_is_not_to_be_had_is_an_error_that_says_what_to_do() {
    let folder = std::env::temp_dir().join(format!("tinybench-test-{}", std::process::id()));
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("notes.txt");
    std::fs::write(&file, "mine").unwrap();
    for (path, advice) in [
        (file.clone(), "something that is no socket has this name"),
        (folder.clone(), "something that is no socket has this name"),
        (folder.join("none/socket"), "make its folder first"),
        (folder.join("x".repeat(200)), "choose a shorter path"),
    ] {
        let error = Server::unix(&path).err().unwrap().to_string();
        assert!(error.contains(advice), "{error}");
        assert!(error.contains(path.to_str().unwrap()), "{error}");
    }
    assert_eq!(std::fs::read(&file).unwrap(), b"mine");
    std::fs::remove_dir_all(&folder).unwrap();
}

//! The virtual board under ordinary, unmodified tools: probe-rs, cargo-embed, embedded-test and
//! gdb, with the programs of `targets/virtual/examples`. A test whose tool isn't installed is
//! skipped and says so; `scripts/setup --tests` installs gdb, and with `--probe-rs` builds probe-rs.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{LazyLock, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::served::Served;
use crate::support::{project_root, toolchain_is_there};
use probe_rs::flashing::{ElfLoader, ElfOptions, download_file};

/// The chip, as probe-rs names it.
const CHIP: &str = "nRF52840_xxAA";

/// The probe-rs that the project is built with and tested against.
const PROBE_RS: &str = "0.32.0";

/// How long a tool may take for what it does in a second; only a broken one takes that long.
const PATIENCE: Duration = Duration::from_secs(120);

/// Where the example programs are built.
static EXAMPLES: LazyLock<PathBuf> = LazyLock::new(|| {
    let output = cargo(&["build", "--locked", "--bins"]).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    target_folder().join("thumbv7em-none-eabihf/debug")
});

fn target_folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("examples")
}

/// Cargo in the folder of the examples, with a compiler for the chip.
fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(project_root().join("scripts/firmware-cargo"));
    command
        .current_dir(project_root().join("targets/virtual/examples"))
        .env("CARGO_TARGET_DIR", target_folder())
        .args(arguments);
    command
}

fn example(name: &str) -> String {
    EXAMPLES.join(name).to_str().unwrap().to_owned()
}

fn said(output: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    format!(
        "{}\n{}\n{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    )
}

/// Whether `program --version` says `version`; says so if not.
fn is_there(program: &str, version: &str) -> bool {
    let output = Command::new(program).arg("--version").output();
    let there = output.is_ok_and(|output| said(&output).contains(version));
    if !there {
        let option = match program {
            "probe-rs" => "--tests --probe-rs",
            _ => "--tests",
        };
        eprintln!("skipped: {program} {version} isn't installed (scripts/setup {option})");
    }
    there
}

fn probe_rs_is_there() -> bool {
    toolchain_is_there() && is_there("probe-rs", PROBE_RS)
}

/// A tool that has to find `served` and the chip.
fn tool(program: &str, served: &Served) -> Command {
    let mut command = Command::new(program);
    command
        .env("PROBE_RS_PROBE", &served.selector)
        .env("PROBE_RS_CHIP", CHIP)
        .env("NO_COLOR", "1")
        .stdin(Stdio::null());
    command
}

/// What probe-rs says, if all is well.
fn run_probe_rs(served: &Served, arguments: &[&str]) -> String {
    let output = tool("probe-rs", served).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    said(&output)
}

/// A program that runs until it is told to end, and is killed if it isn't.
struct Running {
    process: Child,
    lines: mpsc::Receiver<String>,
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let mut process = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self { process, lines }
    }

    /// Waits for a line with `text` in it.
    fn wait_for(&self, text: &str) -> String {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) if line.contains(text) => return line,
                Ok(_) => {}
                Err(error) => panic!("no `{text}`: {error}"),
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn info_recognises_the_chip() {
    if !is_there("probe-rs", PROBE_RS) {
        return;
    }
    let served = Served::start(&[]);
    let info = run_probe_rs(&served, &["info"]);
    assert!(info.contains("Detected chip: nRF52840_xxAA"), "{info}");
    assert!(!info.contains("Failed to read"), "{info}");
}

#[test]
fn memory_is_read_and_written_and_flash_erased() {
    if !probe_rs_is_there() {
        return;
    }
    let served = Served::start(&[]);
    run_probe_rs(&served, &["write", "b32", "0x20000100", "0xCAFE1234"]);
    let ram = run_probe_rs(&served, &["read", "b32", "0x20000100", "1"]);
    assert!(ram.contains("20000100: cafe1234"), "{ram}");

    run_probe_rs(&served, &["download", "--verify", &example("blinky")]);
    let vectors = run_probe_rs(&served, &["read", "b32", "0x0", "1"]);
    assert!(vectors.contains("00000000: 20040000"), "{vectors}");
    run_probe_rs(&served, &["erase"]);
    let vectors = run_probe_rs(&served, &["read", "b32", "0x0", "1"]);
    assert!(vectors.contains("00000000: ffffffff"), "{vectors}");
}

#[test]
fn a_program_runs_on_without_a_debugger_and_is_met_again() {
    if !probe_rs_is_there() {
        return;
    }
    let served = Served::start(&[]);
    let blinky = example("blinky");
    run_probe_rs(&served, &["download", &blinky]);
    run_probe_rs(&served, &["reset"]);
    // Only a board that runs by itself has anything to tell.
    let attached = Running::start(tool("probe-rs", &served).args(["attach", &blinky]));
    attached.wait_for("blink ");
}

#[test]
fn run_shows_what_a_program_prints_through_rtt() {
    if !probe_rs_is_there() {
        return;
    }
    let served = Served::start(&[]);
    let run = Running::start(tool("probe-rs", &served).args(["run", &example("blinky")]));
    for line in ["blink 1", "blink 2", "blink 3"] {
        assert!(run.wait_for("blink").ends_with(line));
    }
}

#[test]
fn run_decodes_defmt_and_ends_with_the_program() {
    if !probe_rs_is_there() {
        return;
    }
    let served = Served::start(&[]);
    let run = run_probe_rs(&served, &["run", &example("logging")]);
    for line in [
        "[INFO ] reading 1: 25 °C",
        "[INFO ] reading 3: 25 °C",
        "[WARN ] nothing more to say",
    ] {
        assert!(run.contains(line), "{run}");
    }
}

#[test]
fn gdb_breaks_steps_watches_and_shows_the_stack() {
    if !probe_rs_is_there() || !is_there("gdb-multiarch", "GNU gdb") {
        return;
    }
    const SCRIPT: &str = "\
set pagination off
set confirm off
monitor reset halt
break note
continue
backtrace
print count
next
delete
set can-use-hw-watchpoints 0
break note
continue
delete
watch blinky::BLINKS
continue
";
    let served = Served::start(&[]);
    let blinky = example("blinky");
    run_probe_rs(&served, &["download", &blinky]);
    let address = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().to_string()
    };
    let server = Running::start(tool("probe-rs", &served).args([
        "gdb",
        "--gdb-connection-string",
        &address,
        &blinky,
    ]));
    server.wait_for("GDB stub");

    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("script.gdb");
    std::fs::write(&script, format!("target remote {address}\n{SCRIPT}")).unwrap();
    let output = Command::new("gdb-multiarch")
        .args(["-nx", "-batch", "-x", script.to_str().unwrap(), &blinky])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let session = said(&output);
    let mut rest = session.as_str();
    for part in [
        "Breakpoint 1, blinky::note (count=1)",
        "#0  blinky::note (count=1)",
        "blinky::__cortex_m_rt_main",
        "$1 = 1",
        "rprintln!",
        "Breakpoint 2, blinky::note (count=2)",
        "Old value = 1\nNew value = 2",
    ] {
        let Some(at) = rest.find(part) else {
            panic!("no `{part}` in order in\n{session}");
        };
        rest = &rest[at + part.len()..];
    }
}

#[test]
fn cargo_embed_builds_flashes_and_shows_rtt() {
    if !probe_rs_is_there() || !is_there("script", "util-linux") {
        return;
    }
    let served = Served::start(&[]);
    // Its window is only for a terminal, which `script` provides.
    let embed = format!(
        "stty rows 24 cols 80; exec {} embed --probe {} --bin blinky",
        project_root().join("scripts/firmware-cargo").display(),
        served.selector
    );
    LazyLock::force(&EXAMPLES);
    let mut command = Command::new("script");
    command
        .args(["-qec", &embed, "/dev/null"])
        .current_dir(project_root().join("targets/virtual/examples"))
        .env("CARGO_TARGET_DIR", target_folder())
        .env("TERM", "xterm")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut process = command.spawn().unwrap();
    let mut screen = process.stdout.take().unwrap();
    let (sender, pieces) = mpsc::channel();
    // Reads to the end: a terminal that nobody reads holds up whoever writes to it.
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = screen.read(&mut buffer) {
            // Once the test has seen enough nobody listens.
            let _ = sender.send(String::from_utf8_lossy(&buffer[..count]).into_owned());
        }
    });
    let mut shown = String::new();
    let deadline = Instant::now() + PATIENCE;
    // What stands on the screen of its own that it switches to.
    let screen_shows = |shown: &str| {
        let screen = shown.split_once("\x1b[?1049h");
        screen.is_some_and(|(_, screen)| screen.contains("blink"))
    };
    while !screen_shows(&shown) {
        match pieces.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(piece) => shown.push_str(&piece),
            Err(error) => {
                // It may have ended already.
                let _ = process.kill();
                panic!("{error} after\n{shown}");
            }
        }
    }
    // Control-C, as typed at the terminal.
    process.stdin.take().unwrap().write_all(&[3]).unwrap();
    process.wait().unwrap();
    assert!(shown.contains("Finished"), "{shown}");
}

#[test]
fn embedded_test_runs_under_cargo_test() {
    if !probe_rs_is_there() {
        return;
    }
    let served = Served::start(&[]);
    LazyLock::force(&EXAMPLES);
    let test = |arguments: &[&str]| {
        cargo(&["test", "--locked", "--test", "temperature"])
            .args(arguments)
            .env("PROBE_RS_PROBE", &served.selector)
            .output()
            .unwrap()
    };
    let output = test(&[]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(
        said(&output).contains("3 passed; 0 failed"),
        "{}",
        said(&output)
    );
    let output = test(&["--", "--include-ignored"]);
    assert!(!output.status.success(), "{}", said(&output));
    assert!(
        said(&output).contains("3 passed; 1 failed"),
        "{}",
        said(&output)
    );
}

/// A board that echoes at the place given to `--serial`.
fn echoing(place: &str) -> Served {
    let served = Served::start(&["--serial", place]);
    let mut session = served.attach();
    download_file(
        &mut session,
        example("echo"),
        ElfLoader(ElfOptions::default()),
    )
    .unwrap();
    session.core(0).unwrap().reset().unwrap();
    drop(session);
    served
}

/// Reads from `port` until it has said `text`.
fn expect(port: &mut impl Read, text: &str) {
    let mut heard = vec![0; text.len()];
    port.read_exact(&mut heard).unwrap();
    assert_eq!(String::from_utf8_lossy(&heard), text);
}

#[test]
fn a_serial_port_is_reached_over_tcp_by_one_client_after_the_other() {
    if !toolchain_is_there() {
        return;
    }
    let served = echoing("tcp:0");
    let address = served.serial[0].strip_prefix("tcp:").unwrap();
    let mut first = TcpStream::connect(address).unwrap();
    first.set_read_timeout(Some(PATIENCE)).unwrap();
    // Sent before anybody was there.
    expect(&mut first, "ready\r\n");
    first.write_all(b"hello").unwrap();
    expect(&mut first, "HELLO");
    drop(first);
    let mut second = TcpStream::connect(address).unwrap();
    second.set_read_timeout(Some(PATIENCE)).unwrap();
    second.write_all(b"again").unwrap();
    expect(&mut second, "AGAIN");
}

#[cfg(unix)]
#[test]
fn a_serial_port_is_reached_through_a_pseudo_terminal() {
    if !toolchain_is_there() {
        return;
    }
    let served = echoing("pty");
    let mut terminal = OpenOptions::new()
        .read(true)
        .write(true)
        .open(&served.serial[0])
        .unwrap();
    expect(&mut terminal, "ready\r\n");
    // Control characters pass as they are.
    terminal.write_all(b"a\r\x03\x04z").unwrap();
    expect(&mut terminal, "A\r\x03\x04Z");
}

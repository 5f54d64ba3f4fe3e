//! `tinybench fetch` against a server of its own on the loopback address that misbehaves in all
//! the ways servers do, and against folders.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use crate::support::{Ended, Tinybench, project_root, shared};
use tinybench_support::hash::sha256_hex;

const FILE: &str = "small.tflite";
const BYTES: usize = 100_000;

/// What the suite of the tests wants.
fn content() -> Vec<u8> {
    (0..BYTES).map(|i| (i * 7 % 251) as u8).collect()
}

/// How the server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Behaviour {
    /// As it should, ranges included.
    Good,
    /// With all of the file, whatever range is asked for.
    IgnoresRanges,
    /// With the wrong part.
    OtherRange,
    /// 416, if a range is asked for.
    RefusesRanges,
    /// With another file of the same size.
    OtherFile,
    /// With one byte too many.
    TooLong,
    /// 404.
    NotFound,
    /// Ends the connection after so many bytes.
    Cut(usize),
    /// Falls silent after so many bytes.
    Stall(usize),
    /// Sends the first bytes one by one, every now and then.
    Trickle,
}

/// A server, and what it was asked for: paths and ranges.
struct Server {
    port: u16,
    behaviour: Arc<Mutex<Behaviour>>,
    requests: mpsc::Receiver<(String, Option<String>)>,
}

impl Server {
    fn new(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let behaviour = Arc::new(Mutex::new(behaviour));
        let (sender, requests) = mpsc::channel();
        let shared = Arc::clone(&behaviour);
        thread::spawn(move || {
            // Kept open: a stalled connection that is closed would be a cut one.
            let mut silent = Vec::new();
            for stream in listener.incoming() {
                let behaviour = *shared.lock().unwrap();
                let Ok(stream) = stream else { return };
                let Ok((stream, path, range)) = serve(stream, behaviour) else {
                    continue;
                };
                if matches!(behaviour, Behaviour::Stall(_)) {
                    silent.push(stream);
                }
                if sender.send((path, range)).is_err() {
                    return;
                }
            }
        });
        Self {
            port,
            behaviour,
            requests,
        }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/mirror/", self.port)
    }

    fn now(&self, behaviour: Behaviour) {
        *self.behaviour.lock().unwrap() = behaviour;
    }

    /// The ranges of all requests since the last call.
    fn ranges(&self) -> Vec<Option<String>> {
        self.requests
            .try_iter()
            .map(|(path, range)| {
                assert_eq!(path, format!("/mirror/{FILE}"));
                range
            })
            .collect()
    }
}

/// Reads one request and answers it.
fn serve(
    mut stream: TcpStream,
    behaviour: Behaviour,
) -> std::io::Result<(TcpStream, String, Option<String>)> {
    let mut path = String::new();
    let mut range = None;
    for (index, line) in BufReader::new(&stream).lines().enumerate() {
        let line = line?;
        if index == 0 {
            path = line.split(' ').nth(1).unwrap_or_default().to_owned();
        } else if line.is_empty() {
            break;
        } else if let Some((name, value)) = line.split_once(": ")
            && name.eq_ignore_ascii_case("range")
        {
            range = Some(value.to_owned());
        }
    }
    let mut body = content();
    match behaviour {
        Behaviour::OtherFile => body[BYTES / 2] ^= 1,
        Behaviour::TooLong => body.push(0),
        _ => {}
    }
    let from = range
        .as_deref()
        .and_then(|range| {
            range
                .strip_prefix("bytes=")?
                .strip_suffix('-')?
                .parse()
                .ok()
        })
        .filter(|_: &usize| behaviour != Behaviour::IgnoresRanges);
    let head = match (behaviour, from) {
        (Behaviour::NotFound, _) => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n".to_owned(),
        (Behaviour::RefusesRanges, Some(_)) => {
            "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 0\r\n".to_owned()
        }
        (_, Some(from)) => {
            let shift = usize::from(behaviour == Behaviour::OtherRange);
            body.drain(..from);
            format!(
                "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {}-{}/{BYTES}\r\n\
                 Content-Length: {}\r\n",
                from + shift,
                BYTES - 1,
                body.len()
            )
        }
        (_, None) => format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n", body.len()),
    };
    if head.ends_with(": 0\r\n") {
        body.clear();
    }
    if let Behaviour::Cut(count) | Behaviour::Stall(count) = behaviour {
        body.truncate(count);
    }
    stream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes())?;
    if behaviour == Behaviour::Trickle {
        for byte in &body {
            stream.write_all(&[*byte])?;
            stream.flush()?;
            thread::sleep(Duration::from_millis(20));
        }
    }
    stream.write_all(&body)?;
    stream.flush()?;
    Ok((stream, path, range))
}

/// A project with a suite that wants one file.
struct Setting {
    tinybench: Tinybench,
}

impl Setting {
    fn new() -> Self {
        let tinybench = Tinybench::new();
        let board = fs::read(project_root().join("targets/boards/nano33.toml")).unwrap();
        tinybench.file("project/targets/boards/nano33.toml", &board);
        tinybench.describe_runtimes();
        let sha256 = sha256_hex(&content());
        let suite = format!(
            r#"
name = "small"
title = "For tests"
[source]
url = "https://example.invalid"
licence = "MIT"
[vectors]
count = 1
seed = 1
reference = "none"
[[models]]
name = "small"
title = "Small"
path = "models/{FILE}"
sha256 = "{sha256}"
bytes = {BYTES}
macs = 1
parameters = 1
inputs_sha256 = "{sha256}"
outputs = "small.outputs.i8"
outputs_sha256 = "{sha256}"
"#
        );
        tinybench.file("project/workloads/suites/small.toml", suite.as_bytes());
        tinybench.file(
            "project/workloads/suites/standard.toml",
            b"name = \"standard\"\ntitle = \"S\"\nworkloads = [\"kws\"]\n",
        );
        Self { tinybench }
    }

    fn fetch(&self, from: &str) -> Ended {
        self.fetch_with(&["small", "--from", from])
    }

    fn fetch_with(&self, arguments: &[&str]) -> Ended {
        let mut command = self.tinybench.command();
        command
            .args(["--project", "project", "fetch"])
            .args(arguments)
            .env("TINYBENCH_CACHE", self.tinybench.path("cache"));
        for proxy in ["http_proxy", "https_proxy", "all_proxy"] {
            command.env_remove(proxy);
            command.env_remove(proxy.to_uppercase());
        }
        self.tinybench.ended(&mut command)
    }

    fn cached(&self) -> PathBuf {
        self.tinybench.path("cache/small").join(FILE)
    }

    /// What is kept of downloads that aren't complete, bytes.
    fn kept(&self) -> Option<u64> {
        let folder = self.tinybench.path("cache/partial");
        let mut files = fs::read_dir(folder).ok()?;
        let file = files.next()?.unwrap();
        assert!(files.next().is_none());
        Some(file.metadata().unwrap().len())
    }

    /// The file is in the cache, is the right one, and nothing else is.
    #[track_caller]
    fn is_fetched(&self, ended: &Ended) {
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert_eq!(ended.stdout, format!("[FOLDER]/cache/small/{FILE}\n"));
        assert!(fs::read(self.cached()).unwrap() == content());
        assert_eq!(self.kept(), None);
    }

    /// The command failed and the file isn't in the cache. Returns what was said.
    #[track_caller]
    fn failed(&self, ended: &Ended, code: i32) -> String {
        assert_eq!(ended.code, Some(code), "{}", ended.stderr);
        assert_eq!(ended.stdout, "");
        assert!(!self.cached().exists());
        let error = ended
            .stderr
            .lines()
            .find(|line| line.starts_with("error: "));
        error.unwrap_or_default().to_owned()
    }
}

#[test]
fn a_file_is_fetched_once() {
    let (setting, server) = (Setting::new(), Server::new(Behaviour::Good));
    setting.is_fetched(&setting.fetch(&server.url()));
    assert_eq!(server.ranges(), [None]);
    setting.is_fetched(&setting.fetch(&server.url()));
    assert_eq!(server.ranges(), []);
    // Without --from it is in the cache as well, though its server doesn't exist.
    setting.is_fetched(&setting.fetch_with(&["small"]));
}

#[test]
fn a_damaged_file_in_the_cache_is_fetched_again() {
    let (setting, server) = (Setting::new(), Server::new(Behaviour::Good));
    setting.is_fetched(&setting.fetch(&server.url()));
    let mut bytes = content();
    bytes[5] ^= 1;
    fs::write(setting.cached(), bytes).unwrap();
    setting.is_fetched(&setting.fetch(&server.url()));
    fs::write(setting.cached(), b"").unwrap();
    setting.is_fetched(&setting.fetch(&server.url()));
    assert_eq!(server.ranges(), [None, None, None]);
}

#[test]
fn another_file_is_refused_and_nothing_of_it_is_kept() {
    let (setting, server) = (Setting::new(), Server::new(Behaviour::OtherFile));
    let error = setting.failed(&setting.fetch(&server.url()), 7);
    assert!(
        error.contains("is not the file that was asked for: it has SHA-256"),
        "{error}"
    );
    assert_eq!(setting.kept(), None);
    server.now(Behaviour::TooLong);
    let error = setting.failed(&setting.fetch(&server.url()), 7);
    assert!(error.contains("it has more than 100000 bytes"), "{error}");
    assert_eq!(setting.kept(), None);
}

#[test]
fn a_server_that_does_not_have_it_is_told() {
    let (setting, server) = (Setting::new(), Server::new(Behaviour::NotFound));
    let error = setting.failed(&setting.fetch(&server.url()), 9);
    let expected = format!(
        "error: can't get {}{FILE}: the server answers 404 Not Found; name a mirror or a folder \
         with --from",
        server.url()
    );
    assert_eq!(error, expected);
}

#[test]
fn a_cut_download_goes_on_where_it_ended() {
    let (setting, server) = (Setting::new(), Server::new(Behaviour::Cut(30_000)));
    let error = setting.failed(&setting.fetch(&server.url()), 9);
    assert!(
        error.contains("the download ended after 30000 of 100000 bytes"),
        "{error}"
    );
    assert_eq!(setting.kept(), Some(30_000));
    // Once more, from there.
    setting.failed(&setting.fetch(&server.url()), 9);
    assert_eq!(setting.kept(), Some(60_000));
    server.now(Behaviour::Good);
    setting.is_fetched(&setting.fetch(&server.url()));
    let range = |from: &str| Some(format!("bytes={from}-"));
    assert_eq!(server.ranges(), [None, range("30000"), range("60000")]);
}

#[test]
fn a_server_without_ranges_sends_it_from_the_beginning() {
    for (behaviour, requests) in [
        (Behaviour::IgnoresRanges, 1),
        (Behaviour::RefusesRanges, 2),
        (Behaviour::OtherRange, 2),
    ] {
        let (setting, server) = (Setting::new(), Server::new(Behaviour::Cut(30_000)));
        setting.failed(&setting.fetch(&server.url()), 9);
        server.ranges();
        server.now(behaviour);
        setting.is_fetched(&setting.fetch(&server.url()));
        assert_eq!(server.ranges().len(), requests, "{behaviour:?}");
    }
}

#[test]
fn the_beginning_of_another_file_is_not_gone_on_with() {
    let (setting, server) = (Setting::new(), Server::new(Behaviour::Cut(30_000)));
    setting.failed(&setting.fetch(&server.url()), 9);
    let partial = setting.tinybench.path("cache/partial");
    let partial = partial.join(sha256_hex(&content()));
    server.now(Behaviour::Good);
    for length in [30_000, BYTES, BYTES + 1] {
        fs::write(&partial, vec![0; length]).unwrap();
        setting.is_fetched(&setting.fetch(&server.url()));
        fs::remove_file(setting.cached()).unwrap();
    }
}

#[test]
fn a_silent_server_is_given_up_and_what_came_is_kept() {
    let (setting, server) = (Setting::new(), Server::new(Behaviour::Stall(40_000)));
    let stalled = setting.fetch_with(&["small", "--from", &server.url(), "--timeout", "3s"]);
    let error = setting.failed(&stalled, 9);
    assert!(
        error.contains("the server has sent nothing for 3 s"),
        "{error}"
    );
    assert_eq!(setting.kept(), Some(40_000));
    server.now(Behaviour::Good);
    setting.is_fetched(&setting.fetch(&server.url()));
}

#[test]
fn a_server_that_sends_next_to_nothing_is_given_up_and_what_came_is_kept() {
    let (setting, server) = (Setting::new(), Server::new(Behaviour::Trickle));
    let slow = setting.fetch_with(&["small", "--from", &server.url(), "--timeout", "1s"]);
    let error = setting.failed(&slow, 9);
    assert!(
        error.contains("the server has sent no more than"),
        "{error}"
    );
    assert!(
        setting
            .kept()
            .is_some_and(|bytes| bytes > 0 && bytes < 1_000)
    );
}

#[test]
fn no_connection_is_told_with_what_to_do() {
    let setting = Setting::new();
    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let error = setting.failed(&setting.fetch(&format!("http://127.0.0.1:{port}")), 9);
    assert!(
        error.starts_with("error: can't get http://127.0.0.1:"),
        "{error}"
    );
    assert!(error.ends_with("name their folder with --from"), "{error}");
}

#[test]
fn a_folder_does_as_well() {
    let setting = Setting::new();
    let error = setting.failed(&setting.fetch("models"), 7);
    assert!(error.contains("can't read models/small.tflite"), "{error}");
    for (bytes, problem) in [
        (
            content()[1..].to_vec(),
            "it has 99999 bytes instead of 100000",
        ),
        (vec![0; BYTES], "it has SHA-256"),
        (vec![0; BYTES + 9], "it is larger than the limit"),
    ] {
        setting.tinybench.file("models/small.tflite", &bytes);
        let error = setting.failed(&setting.fetch("models"), 7);
        assert!(
            error.contains("models/small.tflite is not the file that was asked for")
                && error.contains(problem),
            "{error}"
        );
    }
    setting.tinybench.file("models/small.tflite", &content());
    setting.is_fetched(&setting.fetch("models"));
}

#[test]
fn what_cannot_be_fetched_is_a_usage_error() {
    let setting = Setting::new();
    for (arguments, expected) in [
        (
            ["smal"],
            "error: there is no suite `smal`; did you mean `small`?",
        ),
        (
            ["standard"],
            "error: the suite `standard` is part of the project: there is nothing to fetch",
        ),
    ] {
        let ended = setting.fetch_with(&arguments);
        assert_eq!(setting.failed(&ended, 2), expected);
    }
}

#[test]
fn a_cache_that_cannot_be_written_is_told() {
    let setting = Setting::new();
    setting.tinybench.file("models/small.tflite", &content());
    // A file is where a folder should be.
    setting.tinybench.file("cache", b"");
    let error = setting.failed(&setting.fetch("models"), 8);
    assert!(
        error.contains("TINYBENCH_CACHE names another folder"),
        "{error}"
    );
}

#[test]
fn a_run_wants_the_models_fetched_first() {
    let setting = Setting::new();
    let mut command = setting.tinybench.command();
    command
        .args([
            "--project",
            "project",
            "run",
            "--board",
            "nano33",
            "--on",
            "virtual",
        ])
        .args(["--suite", "small"])
        .env("TINYBENCH_CACHE", setting.tinybench.path("cache"));
    let error = setting.failed(&setting.tinybench.ended(&mut command), 7);
    assert!(error.contains("run `tinybench fetch small`"), "{error}");
    assert!(!setting.tinybench.path("cache/small").exists());
}

#[test]
fn the_official_models_are_those_of_the_shared_folder() {
    let Some(shared) = shared() else { return };
    let tinybench = Tinybench::new();
    let mut command = tinybench.command();
    command
        .args(["fetch", "mlperf-tiny", "--from"])
        .arg(shared.join("mlperf-tiny"))
        .env("TINYBENCH_CACHE", tinybench.path("cache"));
    let Ended {
        code,
        stdout,
        stderr,
    } = tinybench.ended(&mut command);
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(stdout.lines().count(), 5);
}

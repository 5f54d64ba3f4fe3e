//! Downloading a file, and going on where an earlier download ended.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::cache::{Cache, io_error};
use super::{FetchError, Wanted, check};
use tinybench_support::error_chain::describe;
use tinybench_support::files;
use tinybench_support::interrupt;
use tinybench_support::progress::Progress;

/// Bytes that are read at a time.
const CHUNK_BYTES: usize = 16 * 1024;

/// How often is looked whether the user wants to stop.
const TICK: Duration = Duration::from_millis(100);

/// The least that a server has to send, bytes a second on average over the time for which it may be
/// silent: slower than any connection that is of use.
const LEAST_RATE: f64 = 256.0;

/// What the thread that talks to the server has to tell.
enum Event {
    /// The answer begins.
    Answer(Answer),
    /// A part of the file.
    Bytes(Vec<u8>),
    /// The answer is over.
    End,
    /// There is no answer, or it broke off.
    Failed(String),
}

/// The beginning of an answer.
struct Answer {
    status: u16,
    words: String,
    /// Where the part of a 206 begins, by its Content-Range (RFC 9110, 14.4).
    from: Option<u64>,
}

/// How an attempt ended that is no error.
enum Attempt {
    Whole(Vec<u8>),
    /// The kept beginning is of no use; it is gone now.
    StartAnew,
}

/// Downloads `wanted` from `url`. What came before a failure is kept for the next time.
pub(super) fn download(
    cache: &Cache,
    wanted: &Wanted,
    url: &str,
    patience: Duration,
    progress: &mut Progress,
) -> Result<Vec<u8>, FetchError> {
    progress.begin("downloading", Some(wanted.bytes));
    loop {
        match attempt(cache, wanted, url, patience, progress)? {
            Attempt::Whole(bytes) => {
                progress.end();
                return Ok(bytes);
            }
            // An attempt that kept nothing from an earlier one doesn't ask for this.
            Attempt::StartAnew => {}
        }
    }
}

fn attempt(
    cache: &Cache,
    wanted: &Wanted,
    url: &str,
    patience: Duration,
    progress: &mut Progress,
) -> Result<Attempt, FetchError> {
    let path = cache.partial(wanted)?;
    let kept = fs::metadata(&path).map_or(0, |metadata| metadata.len());
    if kept >= wanted.bytes {
        // Whole, but it was not recognised: it can't be the file.
        remove(&path)?;
        return Ok(Attempt::StartAnew);
    }
    let events = ask(url, kept, patience);
    let mut file: Option<File> = None;
    let mut received = kept;
    let mut since = (Instant::now(), received);
    loop {
        match next(&events, url, patience)? {
            Event::Answer(answer) => {
                received = match (answer.status, answer.from) {
                    (200, _) => 0,
                    (206, Some(from)) if from == kept => kept,
                    // The range isn't there, or it is another one.
                    (206 | 416, _) if kept > 0 => {
                        remove(&path)?;
                        return Ok(Attempt::StartAnew);
                    }
                    _ => {
                        return Err(FetchError::Status {
                            url: url.to_owned(),
                            status: format!("{} {}", answer.status, answer.words)
                                .trim_end()
                                .to_owned(),
                        });
                    }
                };
                let opened = File::options()
                    .create(true)
                    .write(true)
                    .append(received > 0)
                    .truncate(received == 0)
                    .open(&path);
                file = Some(opened.map_err(io_error(&path))?);
                since = (Instant::now(), received);
                progress.set(received, wanted.bytes);
            }
            Event::Bytes(bytes) => {
                received += bytes.len() as u64;
                if received > wanted.bytes {
                    remove(&path)?;
                    return Err(FetchError::Wrong {
                        origin: url.to_owned(),
                        problem: format!("it has more than {} bytes", wanted.bytes),
                    });
                }
                if let Some(file) = &mut file {
                    file.write_all(&bytes).map_err(io_error(&path))?;
                }
                progress.set(received, wanted.bytes);
                let seconds = since.0.elapsed().as_secs_f64();
                if seconds >= patience.as_secs_f64() && received < wanted.bytes {
                    let bytes = received.saturating_sub(since.1);
                    if (bytes as f64) < LEAST_RATE * seconds {
                        return Err(FetchError::Slow {
                            url: url.to_owned(),
                            bytes,
                            seconds,
                        });
                    }
                    since = (Instant::now(), received);
                }
            }
            Event::Failed(reason) if file.is_none() => {
                return Err(FetchError::Connection {
                    url: url.to_owned(),
                    reason,
                });
            }
            Event::End | Event::Failed(_) => break,
        }
    }
    if received < wanted.bytes {
        return Err(FetchError::Cut {
            url: url.to_owned(),
            received,
            expected: wanted.bytes,
        });
    }
    drop(file);
    let bytes = files::read(&path, wanted.bytes + 1)?;
    // The caller puts the file into its place; a copy is of no use any more, right or wrong.
    remove(&path)?;
    match check(&bytes, wanted) {
        Ok(()) => Ok(Attempt::Whole(bytes)),
        // The beginning may have been another file's.
        Err(_) if kept > 0 => Ok(Attempt::StartAnew),
        Err(problem) => Err(FetchError::Wrong {
            origin: url.to_owned(),
            problem,
        }),
    }
}

/// The next event, unless the server is silent for longer than `patience` or the user stops.
fn next(events: &Receiver<Event>, url: &str, patience: Duration) -> Result<Event, FetchError> {
    let mut silent = Duration::ZERO;
    loop {
        interrupt::check()?;
        let wait = TICK.min(patience.saturating_sub(silent));
        match events.recv_timeout(wait) {
            Ok(event) => return Ok(event),
            Err(RecvTimeoutError::Disconnected) => {
                return Ok(Event::Failed("the connection ended".to_owned()));
            }
            Err(RecvTimeoutError::Timeout) => {
                silent += wait;
                if silent >= patience {
                    return Err(FetchError::Stalled {
                        url: url.to_owned(),
                        seconds: patience.as_secs_f64(),
                    });
                }
            }
        }
    }
}

/// Asks for the file from byte `from` on, on a thread of its own: a server that falls silent keeps
/// that thread waiting, not the user.
fn ask(url: &str, from: u64, patience: Duration) -> Receiver<Event> {
    // Bounded, so that a slow disk slows the download and doesn't fill memory.
    let (sender, events) = sync_channel(16);
    let url = url.to_owned();
    thread::spawn(move || {
        if let Err(reason) = answer(&url, from, patience, &sender) {
            // Nobody listens any more if the download was given up.
            let _ = sender.send(Event::Failed(reason));
        }
    });
    events
}

fn answer(
    url: &str,
    from: u64,
    patience: Duration,
    events: &SyncSender<Event>,
) -> Result<(), String> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_resolve(Some(patience))
        .timeout_connect(Some(patience))
        .http_status_as_error(false)
        .user_agent(concat!("tinybench/", env!("CARGO_PKG_VERSION")))
        .build()
        .into();
    let mut request = agent.get(url);
    if from > 0 {
        request = request.header("Range", format!("bytes={from}-"));
    }
    let mut response = request.call().map_err(|error| describe(&error))?;
    let range = response.headers().get("Content-Range");
    let begin = Event::Answer(Answer {
        status: response.status().as_u16(),
        words: response
            .status()
            .canonical_reason()
            .unwrap_or_default()
            .to_owned(),
        from: range
            .and_then(|value| value.to_str().ok())
            .and_then(range_begin),
    });
    let mut body = response.body_mut().as_reader();
    let mut event = begin;
    loop {
        if events.send(event).is_err() {
            return Ok(());
        }
        let mut chunk = vec![0; CHUNK_BYTES];
        let count = body.read(&mut chunk).map_err(|error| describe(&error))?;
        if count == 0 {
            let _ = events.send(Event::End);
            return Ok(());
        }
        chunk.truncate(count);
        event = Event::Bytes(chunk);
    }
}

/// The first byte of `bytes 100-199/200`.
fn range_begin(text: &str) -> Option<u64> {
    let range = text.strip_prefix("bytes ")?;
    range.split_once('-')?.0.parse().ok()
}

/// Removes a beginning that is of no use.
fn remove(path: &Path) -> Result<(), FetchError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(io_error(path)(error).into())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::range_begin;

    #[test]
    fn the_begin_of_a_range_is_read() {
        assert_eq!(range_begin("bytes 100-199/200"), Some(100));
        assert_eq!(range_begin("bytes 0-9/*"), Some(0));
        for other in [
            "",
            "bytes */200",
            "items 1-2/3",
            "bytes x-2/3",
            "bytes -1-2/3",
        ] {
            assert_eq!(range_begin(other), None, "{other}");
        }
    }
}

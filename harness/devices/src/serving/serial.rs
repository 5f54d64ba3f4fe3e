//! The far end of a board's serial port: a TCP port or a pseudo-terminal of this machine.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener};
use std::str::FromStr;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use tinybench_instruments::emulated::Terminal;
use tinybench_support::exit::{Exit, Exits};

/// Bytes that are kept for a listener who is slow or yet to come; the oldest are lost first.
const KEPT: usize = 1 << 16;

/// Bytes that may wait to go to the board; whoever sends more has to wait.
const MAX_WAITING: usize = 1 << 16;

/// Where a serial port can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SerialPlace {
    /// A TCP port on the loopback address; 0 lets the system choose.
    Tcp(u16),
    /// A new pseudo-terminal.
    Pty,
}

impl FromStr for SerialPlace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let port = text.strip_prefix("tcp:").and_then(|port| port.parse().ok());
        match (text, port) {
            ("pty", _) => Ok(Self::Pty),
            (_, Some(port)) => Ok(Self::Tcp(port)),
            _ => Err("it must be `tcp:PORT` or `pty`".to_owned()),
        }
    }
}

/// A serial port can't be offered.
#[derive(Debug, thiserror::Error)]
pub enum SerialError {
    /// The place is not to be had.
    #[error("can't offer a serial port on {place}: {source}; {advice}")]
    Place {
        /// Where it should have been.
        place: String,
        /// Why not.
        source: io::Error,
        /// What to do about it.
        advice: &'static str,
    },
    /// The chip has fewer UARTs.
    #[error("{board} has {uarts} UARTs: --serial can be given {uarts} times")]
    TooMany {
        /// The board.
        board: String,
        /// How many UARTs it has.
        uarts: usize,
    },
}

impl Exits for SerialError {
    fn exit(&self) -> Exit {
        match self {
            Self::TooMany { .. } => Exit::Usage,
            _ => Exit::NoTarget,
        }
    }
}

/// A serial port and whoever is at its other end.
pub struct Line {
    address: String,
    shared: Arc<Shared>,
}

/// What the threads of a line have in common.
#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    from_board: VecDeque<u8>,
    to_board: Vec<u8>,
}

impl Line {
    /// Offers a serial port at `place`.
    ///
    /// # Errors
    /// [`SerialError::Place`] if the place is not to be had.
    pub fn open(place: SerialPlace) -> Result<Self, SerialError> {
        let shared = Arc::default();
        let opened = match place {
            SerialPlace::Tcp(port) => open_tcp(port, &shared),
            SerialPlace::Pty => open_pty(&shared),
        };
        match opened {
            Ok(address) => Ok(Self { address, shared }),
            Err(source) => {
                let (place, advice) = match place {
                    SerialPlace::Tcp(port) => (
                        format!("TCP port {port}"),
                        "choose another port, or `tcp:0` for a free one",
                    ),
                    SerialPlace::Pty => (
                        "a pseudo-terminal".to_owned(),
                        "`tcp:0` offers it on a free TCP port instead",
                    ),
                };
                Err(SerialError::Place {
                    place,
                    source,
                    advice,
                })
            }
        }
    }

    /// Where it is: `tcp:127.0.0.1:PORT`, or the path of a terminal.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Sends what came from the board.
    pub fn send(&self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let mut state = self.shared.lock();
        state.from_board.extend(bytes);
        let excess = state.from_board.len().saturating_sub(KEPT);
        state.from_board.drain(..excess);
        self.shared.changed.notify_all();
    }

    /// Takes what has arrived for the board.
    pub fn take_input(&self) -> Vec<u8> {
        let input = std::mem::take(&mut self.shared.lock().to_board);
        if !input.is_empty() {
            self.shared.changed.notify_all();
        }
        input
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_while(&self, condition: impl FnMut(&mut State) -> bool) -> MutexGuard<'_, State> {
        self.changed
            .wait_while(self.lock(), condition)
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Passes on to the board what comes from `reader`, until that ends.
    fn receive(&self, mut reader: impl Read) {
        let mut buffer = [0; 4096];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return,
                Ok(count) => {
                    let mut state = self.wait_while(|state| state.to_board.len() >= MAX_WAITING);
                    state.to_board.extend(&buffer[..count]);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }

    /// Passes on to `writer` what comes from the board, until `goes_on` says no or that fails.
    fn transmit(&self, mut writer: impl Write, goes_on: impl Fn() -> bool) {
        loop {
            let mut state = self.wait_while(|state| state.from_board.is_empty() && goes_on());
            if !goes_on() {
                return;
            }
            let bytes: Vec<u8> = state.from_board.drain(..).collect();
            drop(state);
            if writer
                .write_all(&bytes)
                .and_then(|()| writer.flush())
                .is_err()
            {
                return;
            }
        }
    }
}

/// Listens on the loopback address and serves one client after the other.
fn open_tcp(port: u16, shared: &Arc<Shared>) -> io::Result<String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    let address = format!("tcp:{}", listener.local_addr()?);
    let shared = Arc::clone(shared);
    thread::spawn(move || {
        for stream in listener.incoming() {
            // A client that is gone before it was served is no loss.
            let Ok(stream) = stream else { continue };
            // What is typed and what is answered are single bytes.
            let _ = stream.set_nodelay(true);
            let connected = Mutex::new(true);
            let is_connected = || *connected.lock().unwrap_or_else(PoisonError::into_inner);
            thread::scope(|scope| {
                scope.spawn(|| {
                    shared.transmit(&stream, is_connected);
                    // Ends the reader if it was the writing that failed.
                    let _ = stream.shutdown(Shutdown::Both);
                });
                shared.receive(&stream);
                // Under the lock, so that the writer either sees it or is woken by it.
                let state = shared.lock();
                *connected.lock().unwrap_or_else(PoisonError::into_inner) = false;
                shared.changed.notify_all();
                drop(state);
                // A writer that is stuck in a send comes free.
                let _ = stream.shutdown(Shutdown::Both);
            });
        }
    });
    Ok(address)
}

/// Makes a pseudo-terminal that passes all bytes as they are. Whoever opens it is served.
fn open_pty(shared: &Arc<Shared>) -> io::Result<String> {
    let Terminal {
        controller: writer,
        terminal,
        path,
    } = Terminal::open()?;
    let reader = writer.try_clone()?;
    let (receiving, transmitting) = (Arc::clone(shared), Arc::clone(shared));
    thread::spawn(move || {
        receiving.receive(reader);
        drop(terminal);
    });
    thread::spawn(move || transmitting.transmit(writer, || true));
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_people_write_them() {
        assert_eq!("pty".parse(), Ok(SerialPlace::Pty));
        assert_eq!("tcp:0".parse(), Ok(SerialPlace::Tcp(0)));
        assert_eq!("tcp:4712".parse(), Ok(SerialPlace::Tcp(4712)));
        for bad in ["", "tcp", "tcp:", "tcp:x", "tcp:70000", "4712", "ptys"] {
            assert!(bad.parse::<SerialPlace>().is_err(), "{bad}");
        }
    }

    #[test]
    fn what_nobody_reads_is_kept_up_to_a_limit() {
        let line = Line::open(SerialPlace::Tcp(0)).unwrap();
        line.send(&vec![1; KEPT]);
        line.send(&[2; 3]);
        let address = line.address().strip_prefix("tcp:").unwrap();
        let mut client = std::net::TcpStream::connect(address).unwrap();
        let mut bytes = vec![0; KEPT];
        client.read_exact(&mut bytes).unwrap();
        assert_eq!(bytes[KEPT - 4..], [1, 2, 2, 2]);
    }

    #[test]
    fn clients_are_served_one_after_the_other() {
        let line = Line::open(SerialPlace::Tcp(0)).unwrap();
        let address = line.address().strip_prefix("tcp:").unwrap();
        for turn in 1..4 {
            let mut client = std::net::TcpStream::connect(address).unwrap();
            client.write_all(&[turn]).unwrap();
            let mut input = Vec::new();
            while input.is_empty() {
                input = line.take_input();
                thread::yield_now();
            }
            assert_eq!(input, [turn]);
            line.send(&[turn, turn]);
            let mut answer = [0; 2];
            client.read_exact(&mut answer).unwrap();
            assert_eq!(answer, [turn, turn]);
        }
    }
}

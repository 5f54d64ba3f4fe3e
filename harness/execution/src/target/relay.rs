//! The way to a board that is served over a network: a relay between probe-rs and the server.
//!
//! probe-rs 0.32 takes the end of such a connection for "nothing has come yet" and reads on without
//! end: a server that dies would keep it busy for ever, past every time-out. The relay resets its own
//! connection to probe-rs then, which probe-rs takes for the error that it is. So it does where the
//! server doesn't answer any more.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use probe_rs::probe::DebugProbeSelector;

/// How long a server may take for an answer: the slowest is that to a look at a running core, which
/// a virtual board lets run on for some milliseconds.
const SILENCE: Duration = Duration::from_secs(10);

/// How often a wait for bytes looks whether it is still of use.
const LOOK: Duration = Duration::from_millis(100);

/// How long probe-rs may take to connect to the relay.
const CONNECTION: Duration = Duration::from_secs(10);

/// VID and PID of a Glasgow, whose selectors can name a server in place of a serial number.
const GLASGOW: (u16, u16) = (0x20b7, 0x9db1);

/// The address of the server that a selector names, if it names one.
fn server(selector: &DebugProbeSelector) -> Option<&str> {
    let is_glasgow = (selector.vendor_id, selector.product_id) == GLASGOW;
    let address = selector.serial_number.as_deref().filter(|_| is_glasgow)?;
    let (kind, _) = address.split_once(':')?;
    (kind == "tcp" || cfg!(unix) && kind == "unix").then_some(address)
}

/// Connects to the server that `selector` names, and returns the selector by which probe-rs reaches
/// it through a relay, once. A selector that names no server stays as it is.
///
/// # Errors
/// There is no such server.
pub fn relayed(selector: &DebugProbeSelector) -> io::Result<DebugProbeSelector> {
    let Some(address) = server(selector) else {
        return Ok(selector.clone());
    };
    let server = connect(address)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let here = listener.local_addr()?;
    let name = address.to_owned();
    thread::Builder::new()
        .name("relay".to_owned())
        .spawn(move || {
            if let Err(error) = accept(&listener).and_then(|client| relay(client, server, &name)) {
                tracing::debug!("relay to {name}: {error}");
            }
        })?;
    Ok(DebugProbeSelector {
        serial_number: Some(format!("tcp:{here}")),
        ..selector.clone()
    })
}

/// A connection that can be used from two threads.
trait Stream: Read + Write + Send {
    fn another(&self) -> io::Result<Box<dyn Stream>>;
    fn shut_down(&self);
}

impl Stream for TcpStream {
    fn another(&self) -> io::Result<Box<dyn Stream>> {
        Ok(Box::new(self.try_clone()?))
    }

    fn shut_down(&self) {
        // It may be gone already.
        let _ = self.shutdown(Shutdown::Both);
    }
}

#[cfg(unix)]
impl Stream for UnixStream {
    fn another(&self) -> io::Result<Box<dyn Stream>> {
        Ok(Box::new(self.try_clone()?))
    }

    fn shut_down(&self) {
        // It may be gone already.
        let _ = self.shutdown(Shutdown::Both);
    }
}

/// A connection to the server, whose reads look up every now and then.
fn connect(address: &str) -> io::Result<Box<dyn Stream>> {
    #[cfg(unix)]
    if let Some(path) = address.strip_prefix("unix:") {
        let stream = UnixStream::connect(path)?;
        stream.set_read_timeout(Some(LOOK))?;
        return Ok(Box::new(stream));
    }
    let stream = TcpStream::connect(address.strip_prefix("tcp:").unwrap_or(address))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(LOOK))?;
    Ok(Box::new(stream))
}

/// Waits for probe-rs, which connects once.
fn accept(listener: &TcpListener) -> io::Result<TcpStream> {
    let end = Instant::now() + CONNECTION;
    loop {
        match listener.accept() {
            Ok((client, _)) => {
                client.set_nonblocking(false)?;
                client.set_nodelay(true)?;
                return Ok(client);
            }
            Err(error) if is_wait(&error) && Instant::now() < end => {
                thread::sleep(Duration::from_millis(1));
            }
            Err(error) => return Err(error),
        }
    }
}

/// Passes bytes on in both directions until one side is gone, or the server is silent for too long.
fn relay(mut client: TcpStream, mut server: Box<dyn Stream>, name: &str) -> io::Result<()> {
    // When the request was made that hasn't been answered yet.
    let asked = Arc::new(Mutex::new(None::<Instant>));
    let ended = Arc::new(AtomicBool::new(false));
    let requests = {
        let (mut client, mut server) = (client.try_clone()?, server.another()?);
        let (asked, ended) = (Arc::clone(&asked), Arc::clone(&ended));
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            loop {
                match client.read(&mut bytes) {
                    Ok(0) => break,
                    Ok(count) => {
                        let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
                        asked.get_or_insert_with(Instant::now);
                        drop(asked);
                        if server.write_all(&bytes[..count]).is_err() {
                            break;
                        }
                    }
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(_) => break,
                }
            }
            // probe-rs is done, or there is nobody to pass anything on to.
            ended.store(true, Ordering::Relaxed);
            server.shut_down();
        })
    };
    let mut bytes = vec![0; 1 << 16];
    while !ended.load(Ordering::Relaxed) {
        match server.read(&mut bytes) {
            Ok(0) => break,
            Ok(count) => {
                *asked.lock().unwrap_or_else(PoisonError::into_inner) = None;
                if client.write_all(&bytes[..count]).is_err() {
                    break;
                }
            }
            Err(error) if is_wait(&error) => {
                let asked = *asked.lock().unwrap_or_else(PoisonError::into_inner);
                if asked.is_some_and(|asked| asked.elapsed() > SILENCE) {
                    tracing::warn!(
                        "{name} hasn't answered for {} s: the connection is given up",
                        SILENCE.as_secs()
                    );
                    break;
                }
            }
            Err(_) => break,
        }
    }
    server.shut_down();
    reset(client)?;
    // The reset has ended its read.
    let _ = requests.join();
    Ok(())
}

/// Breaks a connection off so that the other end's reads and writes fail.
fn reset(client: TcpStream) -> io::Result<()> {
    #[cfg(unix)]
    {
        // Closing then sends no end of file.
        rustix::net::sockopt::set_socket_linger(&client, Some(Duration::ZERO))?;
        // The clone that the other thread reads from keeps the connection open: let it go first.
        client.shutdown(Shutdown::Read)?;
    }
    #[cfg(not(unix))]
    client.shutdown(Shutdown::Both)?;
    drop(client);
    Ok(())
}

/// Whether it is only that nothing has come yet.
fn is_wait(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
    )
}

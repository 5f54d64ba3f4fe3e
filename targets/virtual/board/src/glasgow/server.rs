//! The sockets: one client after the other, the board living on between them.

use std::{
    fmt,
    io::{self, ErrorKind, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs},
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};
#[cfg(unix)]
use std::{
    os::unix::{
        fs::FileTypeExt,
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
};

use tracing::{info, warn};

use crate::debug_port::Debuggable;

use super::session::{Session, in_use_packet};

/// USB vendor and product of a Glasgow, by which probe-rs chooses its driver.
const USB_ID: &str = "20b7:9db1";

/// How long a client waits for the one before it to go. A program that starts right after another
/// ended must not be turned away.
const QUEUE_TIME: Duration = Duration::from_secs(1);

/// How long a client that is turned away has to take notice.
const REFUSAL_TIME: Duration = Duration::from_secs(2);

/// How long a client may leave answers unread.
const WRITE_TIME: Duration = Duration::from_secs(10);

/// How many clients may wait.
const MAX_WAITING: usize = 8;

/// The server can't be reached under the address wanted.
#[derive(Debug, thiserror::Error)]
#[error("can't listen on {address}: {source}; {advice}")]
pub struct ServeError {
    address: String,
    source: io::Error,
    advice: &'static str,
}

impl ServeError {
    fn tcp(address: &str, source: io::Error) -> Self {
        let advice = match source.kind() {
            ErrorKind::AddrInUse => {
                "end the program that uses this port, or choose another port: 0 takes a free one"
            }
            ErrorKind::PermissionDenied => "choose a port above 1023, or 0 for a free one",
            _ => "choose an address of this machine",
        };
        Self {
            address: format!("TCP address {address}"),
            source,
            advice,
        }
    }

    #[cfg(unix)]
    fn unix(path: &Path, source: io::Error) -> Self {
        let advice = match source.kind() {
            ErrorKind::AddrInUse if is_socket(path) => {
                "end the program that listens there, or choose another path"
            }
            ErrorKind::AddrInUse => {
                "something that is no socket has this name: remove it, or choose another path"
            }
            ErrorKind::NotFound => "make its folder first, or choose another path",
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                "choose a path in a folder that you may write to"
            }
            ErrorKind::InvalidInput => "choose a shorter path",
            _ => "choose another path",
        };
        Self {
            address: format!("Unix socket {}", path.display()),
            source,
            advice,
        }
    }
}

enum Listener {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(UnixListener, PathBuf),
}

/// A connection of either kind.
trait Connection: Read + Write + Send {
    fn set_timeouts(&self, read: Option<Duration>, write: Option<Duration>) -> io::Result<()>;
    fn close(&self, how: Shutdown) -> io::Result<()>;
    fn handle(&self) -> io::Result<Box<dyn Connection>>;
}

impl Connection for TcpStream {
    fn set_timeouts(&self, read: Option<Duration>, write: Option<Duration>) -> io::Result<()> {
        self.set_read_timeout(read)?;
        self.set_write_timeout(write)
    }

    fn close(&self, how: Shutdown) -> io::Result<()> {
        self.shutdown(how)
    }

    fn handle(&self) -> io::Result<Box<dyn Connection>> {
        Ok(Box::new(self.try_clone()?))
    }
}

#[cfg(unix)]
impl Connection for UnixStream {
    fn set_timeouts(&self, read: Option<Duration>, write: Option<Duration>) -> io::Result<()> {
        self.set_read_timeout(read)?;
        self.set_write_timeout(write)
    }

    fn close(&self, how: Shutdown) -> io::Result<()> {
        self.shutdown(how)
    }

    fn handle(&self) -> io::Result<Box<dyn Connection>> {
        Ok(Box::new(self.try_clone()?))
    }
}

/// A socket at which a board can be reached.
pub struct Server {
    listener: Listener,
    address: String,
    shared: Arc<Shared>,
}

/// What the threads of a server have in common.
#[derive(Default)]
struct Shared {
    stopped: AtomicBool,
    waiting: AtomicUsize,
    /// The client that is served, if there is one.
    current: Mutex<Current>,
    changed: Condvar,
}

#[derive(Default)]
struct Current {
    busy: bool,
    connection: Option<Box<dyn Connection>>,
}

/// Ends a [`Server::run`] from another thread.
#[derive(Clone)]
pub struct Stop {
    shared: Arc<Shared>,
    wake: Wake,
}

#[derive(Clone)]
enum Wake {
    Tcp(SocketAddr),
    #[cfg(unix)]
    Unix(PathBuf),
}

impl Stop {
    /// Ends the server: the client it serves is disconnected, no other is accepted.
    pub fn stop(&self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        if let Some(connection) = &self.shared.current().connection {
            // The client may be gone already.
            let _ = connection.close(Shutdown::Both);
        }
        // A connection makes the listener look up and see that it is to stop.
        match &self.wake {
            Wake::Tcp(address) => drop(TcpStream::connect(address)),
            #[cfg(unix)]
            Wake::Unix(path) => drop(UnixStream::connect(path)),
        }
    }
}

impl Shared {
    fn current(&self) -> std::sync::MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until no client is served, and takes its place. None if that takes too long.
    fn take_place(self: &Arc<Self>) -> Option<Place> {
        let (mut current, timeout) = self
            .changed
            .wait_timeout_while(self.current(), QUEUE_TIME, |current| current.busy)
            .unwrap_or_else(PoisonError::into_inner);
        if timeout.timed_out() || self.stopped.load(Ordering::SeqCst) {
            return None;
        }
        current.busy = true;
        Some(Place(Arc::clone(self)))
    }
}

/// The place of the client that is served, given up when it is dropped.
struct Place(Arc<Shared>);

impl Drop for Place {
    fn drop(&mut self) {
        *self.0.current() = Current::default();
        self.0.changed.notify_one();
    }
}

/// One client in the queue, until it is dropped.
struct Waiting(Arc<Shared>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Server {
    /// Listens on a TCP address. Port 0 lets the system choose one.
    ///
    /// # Errors
    /// [`ServeError`] if the address is not to be had.
    pub fn tcp(address: impl ToSocketAddrs + fmt::Display) -> Result<Self, ServeError> {
        let listen = || {
            let listener = TcpListener::bind(&address)?;
            let address = format!("tcp:{}", listener.local_addr()?);
            Ok((listener, address))
        };
        let (listener, address) =
            listen().map_err(|source| ServeError::tcp(&address.to_string(), source))?;
        Ok(Self {
            listener: Listener::Tcp(listener),
            address,
            shared: Arc::default(),
        })
    }

    /// Listens on a Unix socket, which is removed when the server is dropped. A socket on which
    /// nobody listens any more is replaced.
    ///
    /// # Errors
    /// [`ServeError`] if the path is not to be had.
    #[cfg(unix)]
    pub fn unix(path: impl AsRef<Path>) -> Result<Self, ServeError> {
        let path = path.as_ref();
        remove_stale_socket(path);
        let listen = || {
            let listener = UnixListener::bind(path)?;
            // Clients may be in other folders.
            Ok((listener, std::path::absolute(path)?))
        };
        let (listener, absolute) = listen().map_err(|source| ServeError::unix(path, source))?;
        Ok(Self {
            address: format!("unix:{}", absolute.display()),
            listener: Listener::Unix(listener, absolute),
            shared: Arc::default(),
        })
    }

    /// Listens on a Unix socket, where there are such.
    ///
    /// # Errors
    /// Always: this system has none that `std` knows.
    #[cfg(not(unix))]
    pub fn unix(path: impl AsRef<std::path::Path>) -> Result<Self, ServeError> {
        Err(ServeError {
            address: format!("Unix socket {}", path.as_ref().display()),
            source: ErrorKind::Unsupported.into(),
            advice: "choose a TCP port",
        })
    }

    /// The selector by which probe-rs finds the board, as in `probe-rs info --probe SELECTOR`.
    pub fn selector(&self) -> String {
        format!("{USB_ID}:{}", self.address)
    }

    /// The TCP address that was bound, if it is one.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        match &self.listener {
            Listener::Tcp(listener) => listener.local_addr().ok(),
            #[cfg(unix)]
            Listener::Unix(..) => None,
        }
    }

    /// A handle that ends [`Self::run`].
    pub fn stop_handle(&self) -> io::Result<Stop> {
        let wake = match &self.listener {
            Listener::Tcp(listener) => {
                let mut address = listener.local_addr()?;
                if address.ip().is_unspecified() {
                    address.set_ip(match address {
                        SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
                        SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
                    });
                }
                Wake::Tcp(address)
            }
            #[cfg(unix)]
            Listener::Unix(_, path) => Wake::Unix(path.clone()),
        };
        Ok(Stop {
            shared: Arc::clone(&self.shared),
            wake,
        })
    }

    /// Serves one client after the other until it is stopped. A client that comes while another is
    /// served waits for a second and is then told `board in use`.
    pub fn run<B: Debuggable + Send + 'static>(&self, board: &Arc<Mutex<B>>) {
        while !self.shared.stopped.load(Ordering::SeqCst) {
            let connection = match self.accept() {
                Ok(connection) => connection,
                Err(error) => {
                    warn!("can't accept a client: {error}");
                    thread::sleep(Duration::from_millis(50));
                    continue;
                }
            };
            if self.shared.waiting.fetch_add(1, Ordering::SeqCst) >= MAX_WAITING {
                self.shared.waiting.fetch_sub(1, Ordering::SeqCst);
                warn!("turned a client away: {MAX_WAITING} are waiting");
                continue;
            }
            let waiting = Waiting(Arc::clone(&self.shared));
            let board = Arc::clone(board);
            thread::spawn(move || attend(waiting, connection, &board));
        }
    }

    fn accept(&self) -> io::Result<Box<dyn Connection>> {
        match &self.listener {
            Listener::Tcp(listener) => {
                let (stream, _) = listener.accept()?;
                // Answers are small, and the client waits for each.
                stream.set_nodelay(true)?;
                Ok(Box::new(stream))
            }
            #[cfg(unix)]
            Listener::Unix(listener, _) => Ok(Box::new(listener.accept()?.0)),
        }
    }
}

#[cfg(unix)]
impl Drop for Server {
    fn drop(&mut self) {
        if let Listener::Unix(_, path) = &self.listener {
            // Somebody may have removed it already.
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(unix)]
fn is_socket(path: &Path) -> bool {
    path.symlink_metadata()
        .is_ok_and(|data| data.file_type().is_socket())
}

#[cfg(unix)]
fn remove_stale_socket(path: &Path) {
    // Any other error, such as a lack of permission, doesn't mean that nobody listens.
    let refused = |error: io::Error| error.kind() == ErrorKind::ConnectionRefused;
    if is_socket(path) && UnixStream::connect(path).is_err_and(refused) {
        // If this fails, so does binding, which says why.
        let _ = std::fs::remove_file(path);
    }
}

fn attend<B: Debuggable>(waiting: Waiting, connection: Box<dyn Connection>, board: &Mutex<B>) {
    let place = waiting.0.take_place();
    match place {
        Some(place) => {
            drop(waiting);
            info!("a client is connected");
            match serve(&place, connection, board) {
                Ok(()) => info!("the client is gone"),
                Err(error) => warn!("the client is disconnected: {error}"),
            }
        }
        None if waiting.0.stopped.load(Ordering::SeqCst) => {}
        None => {
            warn!("turned a client away: the board serves another");
            // A client that doesn't stay to hear of it loses nothing.
            let _ = refuse(connection);
        }
    }
}

/// Serves one client until it goes, which is no error.
fn serve<B: Debuggable>(
    place: &Place,
    mut connection: Box<dyn Connection>,
    board: &Mutex<B>,
) -> Result<(), Box<dyn std::error::Error>> {
    connection.set_timeouts(None, Some(WRITE_TIME))?;
    place.0.current().connection = Some(connection.handle()?);
    let mut session = Session::new();
    let mut input = vec![0; 0x1_0000];
    let mut output = Vec::new();
    while !place.0.stopped.load(Ordering::SeqCst) {
        let count = match connection.read(&mut input) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let result = {
            let mut board = board.lock().unwrap_or_else(PoisonError::into_inner);
            session.feed(&mut *board, &input[..count], &mut output)
        };
        connection.write_all(&output)?;
        output.clear();
        result?;
    }
    Ok(())
}

/// Tells a client that the board is in use, in place of the identifier it asks for first.
fn refuse(mut connection: Box<dyn Connection>) -> io::Result<()> {
    connection.set_timeouts(Some(REFUSAL_TIME), Some(REFUSAL_TIME))?;
    let mut input = [0; 1024];
    if connection.read(&mut input)? == 0 {
        return Ok(());
    }
    connection.write_all(&in_use_packet())?;
    connection.close(Shutdown::Write)?;
    // Closing with input unread would take the answer back.
    while connection.read(&mut input)? > 0 {}
    Ok(())
}

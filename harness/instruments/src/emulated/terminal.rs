//! A pseudo-terminal, and who serves it.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How long to wait where there is nothing to do.
const PAUSE: Duration = Duration::from_micros(200);

/// A pseudo-terminal that passes all bytes as they are.
pub struct Terminal {
    /// The end of whoever serves it.
    pub controller: File,
    /// The other end. Kept open: with nobody there reading would be an error.
    pub terminal: File,
    /// Where it is.
    pub path: String,
}

impl Terminal {
    /// Makes one.
    ///
    /// # Errors
    /// If the system has none.
    #[cfg(unix)]
    pub fn open() -> io::Result<Self> {
        use std::fs::OpenOptions;
        use std::os::unix::fs::OpenOptionsExt;

        use rustix::fs::OFlags;
        use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
        use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

        let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        grantpt(&controller)?;
        unlockpt(&controller)?;
        let path = ptsname(&controller, Vec::new())?
            .into_string()
            .map_err(io::Error::other)?;
        let terminal = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(OFlags::NOCTTY.bits().cast_signed())
            .open(&path)?;
        let mut attributes = tcgetattr(&terminal)?;
        attributes.make_raw();
        tcsetattr(&terminal, OptionalActions::Now, &attributes)?;
        Ok(Self {
            controller: File::from(controller),
            terminal,
            path,
        })
    }

    /// Makes one.
    ///
    /// # Errors
    /// Always: this system has none.
    #[cfg(not(unix))]
    pub fn open() -> io::Result<Self> {
        Err(io::Error::new(
            ErrorKind::Unsupported,
            "this system has no pseudo-terminals",
        ))
    }
}

/// The device behind a terminal.
pub trait Device: Send + 'static {
    /// Takes what has come, and appends what it answers at once.
    fn receive(&mut self, bytes: &[u8], answer: &mut Vec<u8>);
    /// Appends what it sends by itself, if it sends anything now. False if it is gone.
    fn send(&mut self, bytes: &mut Vec<u8>) -> bool;
}

/// A terminal that a thread serves until this is dropped.
pub struct Served {
    path: String,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    /// Has `device` serve `terminal`.
    ///
    /// # Errors
    /// If reading it can't be made not to wait.
    pub fn new(terminal: Terminal, mut device: impl Device) -> io::Result<Self> {
        #[cfg(unix)]
        rustix::io::ioctl_fionbio(&terminal.controller, true)?;
        let ended = Arc::new(AtomicBool::new(false));
        let path = terminal.path.clone();
        let thread = thread::spawn({
            let ended = Arc::clone(&ended);
            move || serve(terminal, &mut device, &ended)
        });
        Ok(Self {
            path,
            ended,
            thread: Some(thread),
        })
    }

    /// Where it is.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic of the device has been told where it arose.
            let _ = thread.join();
        }
    }
}

/// Passes on what comes and goes. Both ends are closed when the device is gone.
fn serve(mut terminal: Terminal, device: &mut impl Device, ended: &AtomicBool) {
    let (mut received, mut sending, mut sent) = ([0; 1024], Vec::new(), 0);
    while !ended.load(Ordering::Relaxed) {
        let mut worked = false;
        match terminal.controller.read(&mut received) {
            Ok(0) => return,
            Ok(count) => {
                device.receive(&received[..count], &mut sending);
                worked = true;
            }
            Err(error) if waits(&error) => {}
            Err(_) => return,
        }
        if sent == sending.len() {
            sending.clear();
            sent = 0;
            if !device.send(&mut sending) {
                return;
            }
        }
        if sent < sending.len() {
            match terminal.controller.write(&sending[sent..]) {
                Ok(count) => {
                    sent += count;
                    worked |= count > 0;
                }
                Err(error) if waits(&error) => {}
                Err(_) => return,
            }
        }
        if !worked {
            thread::sleep(PAUSE);
        }
    }
}

fn waits(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

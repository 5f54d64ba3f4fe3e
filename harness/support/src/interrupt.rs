//! Ctrl-C and termination signals: the first asks for an orderly end, and makes one where none comes
//! within [`GRACE`]; the second ends at once.

use crate::exit::Exit;
use crate::exits_with;
use std::collections::BTreeSet;
use std::process::{self, Child, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{io, thread};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// The processes that are to end with this one.
static CHILDREN: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

/// What is said where a step is ended in its middle.
static FAREWELL: Mutex<Option<String>> = Mutex::new(None);

/// How long what is under way may take to come to its end: a step that doesn't look for signals, such
/// as the host's own computing of a reference, is ended in its middle.
pub const GRACE: Duration = Duration::from_millis(800);

/// The user asked to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("interrupted; no record was written")]
pub struct Interrupted;

exits_with!(Interrupted => Interrupted);

/// Catches signals from now on.
pub fn install() -> Result<(), ctrlc::Error> {
    ctrlc::set_handler(|| {
        let again = INTERRUPTED.swap(true, Ordering::SeqCst);
        for &child in &*children() {
            end(child);
        }
        if again {
            process::exit(Exit::Interrupted as i32);
        }
        thread::spawn(|| {
            thread::sleep(GRACE);
            eprintln!("\nerror: interrupted in the middle of a step");
            if let Some(farewell) = &*FAREWELL.lock().unwrap_or_else(PoisonError::into_inner) {
                eprintln!("{farewell}");
            }
            process::exit(Exit::Interrupted as i32);
        });
    })
}

/// Sets what else is said where a signal ends a step in its middle.
pub fn set_farewell(text: Option<String>) {
    *FAREWELL.lock().unwrap_or_else(PoisonError::into_inner) = text;
}

/// Fails once a signal has come.
pub fn check() -> Result<(), Interrupted> {
    if INTERRUPTED.load(Ordering::SeqCst) {
        return Err(Interrupted);
    }
    Ok(())
}

fn children() -> MutexGuard<'static, BTreeSet<u32>> {
    CHILDREN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps a child among those that end when a signal comes. See [`spawn`].
#[derive(Debug)]
pub struct Watched(u32);

impl Drop for Watched {
    fn drop(&mut self) {
        children().remove(&self.0);
    }
}

/// Starts a command whose process ends when a signal comes, with all that it has started itself, until
/// what is returned beside it is dropped. That is due before its end is waited for, or soon after.
pub fn spawn(command: &mut Command) -> io::Result<(Child, Watched)> {
    // A group of its own, so that all of it can be ended.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let child = command.spawn()?;
    children().insert(child.id());
    if check().is_err() {
        end(child.id());
    }
    let watched = Watched(child.id());
    Ok((child, watched))
}

#[cfg(unix)]
fn end(id: u32) {
    let id = i32::try_from(id)
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    if let Some(id) = id {
        // There may be none any more.
        let _ = rustix::process::kill_process_group(id, rustix::process::Signal::TERM);
    }
}

/// Elsewhere Ctrl-C reaches the child as well.
#[cfg(not(unix))]
fn end(_id: u32) {}

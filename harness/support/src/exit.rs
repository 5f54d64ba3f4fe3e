//! Exit codes of the `tinybench` command; `docs/exit-codes.md` explains each.

use std::error::Error;
use std::fmt;

/// Why the process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Everything was done.
    Success = 0,
    /// A comparison found a regression.
    Regression = 1,
    /// The command line asks for something that doesn't exist or doesn't go together.
    Usage = 2,
    /// The target's outputs differ from the reference.
    Mismatch = 3,
    /// There is no such board or probe, or it was lost.
    NoTarget = 4,
    /// The firmware can't be built: toolchain missing or a compiler error.
    Build = 5,
    /// The target faulted, hung, or doesn't keep to the protocol.
    Target = 6,
    /// An input file is unreadable or incompatible.
    Input = 7,
    /// A result can't be written.
    Output = 8,
    /// A file can't be downloaded: no connection, or the server doesn't send it.
    Download = 9,
    /// Stopped by Ctrl-C or a termination signal.
    Interrupted = 130,
}

impl Exit {
    /// All there are.
    pub const ALL: [Self; 11] = [
        Self::Success,
        Self::Regression,
        Self::Usage,
        Self::Mismatch,
        Self::NoTarget,
        Self::Build,
        Self::Target,
        Self::Input,
        Self::Output,
        Self::Download,
        Self::Interrupted,
    ];

    /// The reason of a process that ended with `code`.
    pub fn from_code(code: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|&exit| exit as i32 == code)
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// An error that can end the command, and with which code.
pub trait Exits: Error + Send + Sync + 'static {
    /// The exit code it leads to.
    fn exit(&self) -> Exit;
}

/// Any error that ends the command.
pub struct Failure(Box<dyn Exits>);

impl Failure {
    /// The exit code it leads to.
    pub fn exit(&self) -> Exit {
        self.0.exit()
    }

    /// The error itself.
    pub fn error(&self) -> &(dyn Error + 'static) {
        &*self.0
    }
}

impl<E: Exits> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// Gives each of several error types the exit code that all its values lead to.
#[macro_export]
macro_rules! exits_with {
    ($($error:ty => $exit:ident),+ $(,)?) => {
        $(
            impl $crate::exit::Exits for $error {
                fn exit(&self) -> $crate::exit::Exit {
                    $crate::exit::Exit::$exit
                }
            }
        )+
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_documentation_is_known() {
        let page = include_str!("../../../docs/exit-codes.md");
        let codes = page.lines().filter_map(|line| {
            let cell = line.strip_prefix("| ")?.split(" |").next()?;
            cell.trim_matches('`').parse::<i32>().ok()
        });
        let codes: Vec<_> = codes.filter(|&code| code != 101).collect();
        assert_eq!(codes.len(), Exit::ALL.len(), "{codes:?}");
        for code in codes {
            assert!(Exit::from_code(code).is_some(), "{code}");
        }
    }
}

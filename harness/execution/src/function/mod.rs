//! One function of any program, called as a debugger calls it: core and memory are as start-up code leaves
//! them, the cycle counter is read on both sides of the call, and the stack below it is painted before.

mod calling;
mod result;

use std::path::{Path, PathBuf};
use std::time::Duration;

use tinybench_inputs::board::{Board, Memory};
use tinybench_support::exit::{Exit, Exits};
use tinybench_support::printable::printable_path;

use crate::image::ImageError;
use crate::image::file::{self, FirmwareFileError};
use crate::image::program::{Program, SymbolError, Variable};
use crate::target::TargetError;
use tinybench_support::files::{self, ReadError};

pub use calling::{Called, Caller};
pub use result::outcome;

/// Largest file of expected bytes.
const MAX_RESULT_BYTES: u64 = 16 << 20;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The function.
    pub entry: String,
    /// The function that is called before each call of it.
    pub setup: Option<String>,
    /// A variable, and the file with the bytes that it must have behind each call.
    pub result: Option<(String, PathBuf)>,
}

/// The program and what of it is called.
pub struct Plan {
    program: Program,
    /// The bytes of its ELF file.
    pub elf: Vec<u8>,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    entry: u32,
    setup: Option<u32>,
    expected: Option<Expected>,
}

/// What a variable must hold.
struct Expected {
    name: String,
    variable: Variable,
    bytes: Vec<u8>,
}

/// A function can't be called, or does what it shouldn't.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each variant is what its text says")]
pub enum FunctionError {
    #[error(transparent)]
    File(#[from] FirmwareFileError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("{}: {source}", printable_path(path))]
    Unreadable { path: PathBuf, source: ImageError },
    #[error("{}: {source}", printable_path(path))]
    Symbol { path: PathBuf, source: SymbolError },
    #[error(
        "{} is not for the {board}: it has bytes at {address:#010x}, where that has neither flash nor RAM",
        printable_path(path)
    )]
    OtherBoard {
        path: PathBuf,
        board: String,
        address: u32,
    },
    #[error(
        "`{symbol}` has {there} bytes and {} has {given}: they must be as many",
        printable_path(file)
    )]
    ResultSize {
        symbol: String,
        there: u32,
        file: PathBuf,
        given: usize,
    },
    #[error("its variables leave no room for a stack: {0} bytes are left")]
    NoStack(u32),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(
        "it stopped at a breakpoint of its own, at {0}: an assertion, or a call to a host that isn't there"
    )]
    Breakpoint(String),
    #[error(
        "it needs more stack than the {0} bytes that there are between its variables, with what --setup took \
         of a heap behind them, and where the stack begins; or it takes of such a heap itself (malloc), which \
         can't be told from a stack: have --setup do that"
    )]
    Stack(u32),
    #[error("a call takes more than 2^{0} cycles, which the board's cycle counter can't tell")]
    TooLong(u32),
    #[error(
        "`{symbol}` isn't what is expected behind call {call}: byte {at} is {got:#04x} and should be \
         {expected:#04x} ({differing} of {bytes} bytes differ){}",
        again(*call)
    )]
    Mismatch {
        symbol: String,
        call: u32,
        at: usize,
        got: u8,
        expected: u8,
        differing: usize,
        bytes: usize,
    },
}

/// What helps where the first call was right.
fn again(call: u32) -> &'static str {
    match call {
        1 => "",
        _ => {
            "\n  help: what it begins with is what the call before has left; --setup names a function that puts \
              it in place before each call"
        }
    }
}

impl Exits for FunctionError {
    fn exit(&self) -> Exit {
        match self {
            Self::File(error) => error.exit(),
            Self::Read(_)
            | Self::Unreadable { .. }
            | Self::Symbol { .. }
            | Self::OtherBoard { .. }
            | Self::ResultSize { .. }
            | Self::NoStack(_) => Exit::Input,
            Self::Target(error) => error.exit(),
            Self::Breakpoint(_) | Self::Stack(_) | Self::TooLong(_) => Exit::Target,
            Self::Mismatch { .. } => Exit::Mismatch,
        }
    }
}

/// A function wasn't measured.
#[derive(Debug, thiserror::Error)]
#[error("{function}: {source}")]
pub struct NotCalled {
    /// The function.
    pub function: String,
    /// Why.
    pub source: FunctionError,
}

impl Exits for NotCalled {
    fn exit(&self) -> Exit {
        self.source.exit()
    }
}

impl Plan {
    /// Bytes that are compared behind each call.
    fn expected_bytes(&self) -> u64 {
        self.expected.as_ref().map_or(0, |it| it.bytes.len() as u64)
    }

    /// Reads the program at `path` and finds in it what is asked for.
    ///
    /// # Errors
    /// A file that isn't there, isn't an ELF file for the board, or hasn't got it.
    pub fn new(path: &Path, asked: &Asked, board: &Board) -> Result<Self, FunctionError> {
        let Memory { flash, .. } = board.memory;
        let ram = board.memory.all_ram();
        let elf = files::read(path, file::MAX_BYTES)?;
        let file = file::of_bytes(path, &elf, flash.origin)?;
        let mut segments = file.image.segments().iter();
        let outside = segments.find(|it| {
            let inside = [flash, ram].map(|region| region.contains(it.address, it.bytes.len()));
            inside == [false, false]
        });
        if let Some(segment) = outside {
            return Err(FunctionError::OtherBoard {
                path: path.to_owned(),
                board: board.name.clone(),
                address: segment.address,
            });
        }
        let program = Program::load(&elf, flash, ram);
        let program = program.map_err(|source| FunctionError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        let symbol = |source| FunctionError::Symbol {
            path: path.to_owned(),
            source,
        };
        let expected = match &asked.result {
            None => None,
            Some((name, file)) => {
                let variable = program.variable(name).map_err(symbol)?;
                let bytes = files::read(file, MAX_RESULT_BYTES)?;
                if bytes.len() != variable.bytes as usize {
                    return Err(FunctionError::ResultSize {
                        symbol: name.clone(),
                        there: variable.bytes,
                        file: file.clone(),
                        given: bytes.len(),
                    });
                }
                Some(Expected {
                    name: name.clone(),
                    variable,
                    bytes,
                })
            }
        };
        let setup = asked.setup.as_deref();
        Ok(Self {
            entry: program.function(&asked.entry).map_err(symbol)?,
            setup: setup
                .map(|name| program.function(name))
                .transpose()
                .map_err(symbol)?,
            expected,
            program,
            elf,
            sha256: file.sha256,
        })
    }
}

/// How it is called.
#[derive(Clone, Copy, Debug)]
pub struct How {
    /// How often.
    pub calls: u32,
    /// How long a call may take.
    pub timeout: Duration,
}

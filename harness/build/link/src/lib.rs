//! Links firmware: the objects of the on-target program, a board's memories and a model become an
//! image.
//!
//! Nothing is compiled for a model. What differs from model to model - the model's bytes, which
//! operators it needs, how much room its runtime wants, its front end - are sections that are made here, and what
//! of the objects nothing refers to is left out, so that an image holds what its model needs and no
//! more. Where everything goes is in [`mod@layout`]; it is the same place that `cortex-m-rt`'s
//! linker script and the firmware's `tinybench.x` give it.

mod debug;
mod file;
mod front_end;
mod kept;
mod layout;
mod library;
mod made;
mod names;
mod objects;
mod parts;
mod pieces;
mod relocate;
mod units;

use std::collections::BTreeSet;

use tinybench_support::exit::{Exit, Exits};

pub use library::read;
pub use objects::{Kind, Objects, Relocation, Section, Symbol};
pub use parts::Parts;
pub use units::{Unit, join, split};

/// Names that a program for a Cortex-M begins with, for [`read()`].
pub use names::ROOTS;

/// A memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// First address.
    pub origin: u32,
    /// Size, bytes.
    pub length: u32,
}

/// Where an image goes, and how it is laid out.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Code flash.
    pub flash: Memory,
    /// Data RAM.
    pub ram: Memory,
    /// Bytes at the top of RAM that are the stack's.
    pub stack_bytes: u32,
    /// The crates that are the runtime under test, in the order of their code.
    pub runtime: &'a [&'a str],
    /// Bytes by which the runtime's code, and all code behind it, is moved; a multiple of 4.
    pub code_offset: u32,
}

/// Why there is no image.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// It isn't a static library, or one of its objects is damaged.
    #[error("the firmware's library can't be read: {0}")]
    Library(#[from] object::read::Error),
    /// It holds what firmware doesn't.
    #[error("the firmware's library can't be linked: {0}")]
    Damaged(&'static str),
    /// Two objects define one name.
    #[error("the firmware's library can't be linked: two objects define `{0}`")]
    Twice(String),
    /// Nothing defines a name that is needed.
    #[error("the firmware can't be linked: nothing defines {}", listed(.0))]
    Undefined(BTreeSet<String>),
    /// The runtime has no such operator.
    #[error("the runtime has no operator `{0}`")]
    NoOperator(String),
    /// A place can't be written.
    #[error("the firmware can't be linked: in {section}, {problem}")]
    Relocation {
        /// The section.
        section: String,
        /// What is wrong.
        problem: String,
    },
    /// It doesn't fit.
    #[error(
        "the firmware is too big for {memory}: it needs {needed} bytes, the board has {available}"
    )]
    TooBig {
        /// `FLASH` or `RAM`.
        memory: &'static str,
        /// Bytes it needs.
        needed: u64,
        /// Bytes there are.
        available: u64,
    },
}

impl Exits for LinkError {
    fn exit(&self) -> Exit {
        match self {
            Self::TooBig { .. } => Exit::Input,
            _ => Exit::Build,
        }
    }
}

fn listed(names: &BTreeSet<String>) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// Links `objects` with what a model needs into an ELF file.
///
/// # Errors
/// Every variant of [`LinkError`] but those of reading a library.
pub fn link(mut objects: Objects, parts: &Parts, place: &Place) -> Result<Vec<u8>, LinkError> {
    parts.add_to(&mut objects)?;
    names::provide(&mut objects);
    let (kept, mut undefined) = kept::kept(&objects)?;
    let layout = layout::Layout::new(&objects, &kept, place)?;
    undefined.retain(|name| !layout.names.contains_key(name.as_str()));
    if !undefined.is_empty() {
        return Err(LinkError::Undefined(undefined));
    }
    let debug = debug::Debug::new(&objects);
    let values = relocate::Values::new(&objects, &layout, &debug);
    file::write(&objects, &layout, &debug, &values)
}

//! In which respects two results may have been obtained differently.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A part of the context, by the name with which `--allow` lets it differ.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    clap::ValueEnum,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Aspect {
    /// The board and its chip
    Board,
    /// The clock of the core
    Clock,
    /// How flash and caches are set
    Cache,
    /// How the board is supplied
    Supply,
    /// Measured on hardware or modelled
    Fidelity,
    /// The model file
    Model,
    /// The input vectors
    Inputs,
    /// The inference engine
    Runtime,
    /// The compiler and its target
    Compiler,
    /// The optimisation level and flags
    Flags,
}

impl Aspect {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 10] = [
        Self::Board,
        Self::Clock,
        Self::Cache,
        Self::Supply,
        Self::Fidelity,
        Self::Model,
        Self::Inputs,
        Self::Runtime,
        Self::Compiler,
        Self::Flags,
    ];

    /// Whether another board has another of these anyway, so that who allows two boards allows it.
    pub fn is_of_board(self) -> bool {
        matches!(self, Self::Clock | Self::Cache | Self::Supply)
    }

    /// Whether another runtime may well have another of these, so that who allows two runtimes allows it.
    pub fn is_of_runtime(self) -> bool {
        matches!(self, Self::Compiler | Self::Flags)
    }
}

impl fmt::Display for Aspect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Board => "board",
            Self::Clock => "clock",
            Self::Cache => "cache",
            Self::Supply => "supply",
            Self::Fidelity => "fidelity",
            Self::Model => "model",
            Self::Inputs => "inputs",
            Self::Runtime => "runtime",
            Self::Compiler => "compiler",
            Self::Flags => "flags",
        })
    }
}

//! Straight runs of instructions, decoded once.

mod block;
mod build;
mod cache;
mod fetch;

pub(crate) use block::{Block, NoBlock};
pub(crate) use cache::CodeCache;

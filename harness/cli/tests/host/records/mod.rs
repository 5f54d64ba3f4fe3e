//! What the command does with records.

mod compare;
mod export;
mod failures;
mod merge;
mod slurm;

//! What the command does with records.

mod compare;
mod export;
mod merge;
mod slurm;

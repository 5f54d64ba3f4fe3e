//! The regression dashboard of a project: the history of its records as a static website.
//!
//! [`History`] puts the records in order and finds the steps, free of I/O; the other modules make
//! pages, badges and the feed of it.

mod badge;
mod commits;
mod comparison;
mod failures;
mod feed;
mod history;
mod names;
mod overview;
mod reports;
mod series;
mod site;
mod state;
mod status;

pub use commits::Commit;
pub use history::{ContextChange, Group, History, Sample, Series, Step};
pub use names::Options;
pub use site::write;
pub use state::accept;

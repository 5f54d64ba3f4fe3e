//! Records as pages: a report of some, a dashboard of a history of them.

pub mod dashboard;
pub mod page;
pub mod plot;
pub mod report;

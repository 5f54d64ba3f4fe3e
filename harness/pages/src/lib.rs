//! Records as pages: a report of some, a dashboard of a history of them, a page of a profile.

pub mod dashboard;
pub mod page;
pub mod plot;
pub mod profile;
pub mod report;

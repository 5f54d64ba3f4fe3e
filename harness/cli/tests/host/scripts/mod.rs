//! What scripts of the project and its examples do.

mod book;
mod caught_regression;
#[cfg(unix)]
mod ci_examples;
#[cfg(unix)]
mod documents;
#[cfg(unix)]
mod set_up;

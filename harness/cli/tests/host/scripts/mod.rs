//! What scripts of the project and its examples do.

mod caught_regression;
#[cfg(unix)]
mod set_up;

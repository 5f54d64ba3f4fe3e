//! JSON text.

use serde::Serialize;

use crate::exits_with;

/// A value can't be written as JSON.
#[derive(Debug, thiserror::Error)]
#[error("can't write JSON: {0}")]
pub struct JsonError(#[from] serde_json::Error);

exits_with!(JsonError => Output);

/// `value` as indented JSON text, with a newline at the end.
///
/// # Errors
/// If it has numbers or keys that JSON doesn't know.
pub fn text<T: Serialize>(value: &T) -> Result<String, JsonError> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

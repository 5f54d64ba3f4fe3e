//! What the fields of a record are made of.

use serde::Serializer;
use serde_json::{Map, Value};

/// Fields of a newer minor version, kept as they are.
pub type Other = Map<String, Value>;

/// JSON has no infinities and no NaN, and a record must not hide one as `null`.
pub(crate) fn finite<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if !value.is_finite() {
        return Err(serde::ser::Error::custom(format!(
            "{value} is not a finite number"
        )));
    }
    serializer.serialize_f64(*value)
}

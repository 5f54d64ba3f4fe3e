//! The file of a model.

use std::path::Path;

use crate::runtimes::RuntimeError;
use crate::runtimes::foreign::Foreign;
use crate::workload::MAX_DATA_BYTES;
use tinybench_support::files;

use super::error::SubjectError;

/// Reads the file of a model.
///
/// # Errors
/// It can't be read; a folder is called what it is.
pub fn read_model(path: &Path) -> Result<Vec<u8>, SubjectError> {
    if path.join("saved_model.pb").is_file() {
        return Err(SubjectError::Model {
            path: path.to_owned(),
            source: RuntimeError::Foreign(Foreign::saved_model_folder()),
        });
    }
    Ok(files::read(path, MAX_DATA_BYTES)?)
}

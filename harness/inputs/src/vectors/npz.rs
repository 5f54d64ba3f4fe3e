//! NumPy's `.npz` files: a ZIP archive of `.npy` files, each an array under its name.

use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use super::npy::{Array, Problem};
use tinybench_support::printable::printable;

/// Most arrays of an archive.
const MAX_ARRAYS: usize = 10_000;

/// What is wrong with an archive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveProblem {
    /// It isn't one, or damaged.
    #[error("it is no .npz file: {0}")]
    Damaged(String),
    /// It has too many arrays.
    #[error("it has more than {MAX_ARRAYS} arrays")]
    TooMany,
    /// An array is too large.
    #[error("the array `{name}` is larger than the limit of {limit} bytes")]
    TooLarge {
        /// Its name.
        name: String,
        /// The limit.
        limit: u64,
    },
    /// An array can't be read.
    #[error("the array `{name}`: {problem}")]
    Array {
        /// Its name.
        name: String,
        /// What is wrong with it.
        problem: Problem,
    },
}

fn damaged(error: ZipError) -> ArchiveProblem {
    ArchiveProblem::Damaged(printable(&error.to_string()).into_owned())
}

/// An archive of arrays.
pub struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    limit: u64,
}

impl<'a> Archive<'a> {
    /// Reads the list of arrays of a `.npz` file. An array may have `limit` bytes.
    ///
    /// # Errors
    /// If it isn't a ZIP archive, or has too many arrays.
    pub fn open(file: &'a [u8], limit: u64) -> Result<Self, ArchiveProblem> {
        let zip = ZipArchive::new(Cursor::new(file)).map_err(damaged)?;
        if zip.len() > MAX_ARRAYS {
            return Err(ArchiveProblem::TooMany);
        }
        Ok(Self { zip, limit })
    }

    /// The names of its arrays, in the order of the archive.
    pub fn names(&self) -> Vec<String> {
        let files = self.zip.file_names();
        files
            .filter_map(|it| it.strip_suffix(".npy"))
            .map(str::to_owned)
            .collect()
    }

    /// The array of this name, which has to be one of [`Self::names`].
    ///
    /// # Errors
    /// If it can't be unpacked or read.
    pub fn array(&mut self, name: &str) -> Result<Array, ArchiveProblem> {
        let limit = self.limit;
        let entry = self.zip.by_name(&format!("{name}.npy")).map_err(damaged)?;
        let mut bytes = Vec::new();
        entry
            .take(limit + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| damaged(error.into()))?;
        let name = || printable(name).into_owned();
        if bytes.len() as u64 > limit {
            return Err(ArchiveProblem::TooLarge {
                name: name(),
                limit,
            });
        }
        Array::parse(&bytes).map_err(|problem| ArchiveProblem::Array {
            name: name(),
            problem,
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write;

    use proptest::prelude::*;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;
    use crate::vectors::npy::tests::of;

    /// An archive of these files.
    pub(crate) fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (index, (name, bytes)) in files.iter().enumerate() {
            // As numpy.savez and as numpy.savez_compressed.
            let method = match index % 2 {
                0 => zip::CompressionMethod::Stored,
                _ => zip::CompressionMethod::Deflated,
            };
            let options = SimpleFileOptions::default().compression_method(method);
            zip.start_file(*name, options).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    #[test]
    fn arrays_are_found_by_their_names() {
        let [first, second] = [of("|i1", &[2], &[1, 2]), of("|u1", &[1], &[9])];
        let file = archive(&[
            ("arr_0.npy", &first),
            ("x/y:0.npy", &second),
            ("other", b""),
        ]);
        let mut archive = Archive::open(&file, 1000).unwrap();
        let mut names = archive.names();
        names.sort();
        assert_eq!(names, ["arr_0", "x/y:0"]);
        assert_eq!(archive.array("arr_0").unwrap().values(), [1.0, 2.0]);
        assert_eq!(archive.array("x/y:0").unwrap().values(), [9.0]);
    }

    #[test]
    fn an_array_may_not_unpack_to_more_than_the_limit() {
        let large = of("|i1", &[100_000], &[0; 100_000]);
        let file = archive(&[("a.npy", b""), ("b.npy", &large)]);
        assert!(file.len() < 1000);
        let mut archive = Archive::open(&file, 4000).unwrap();
        let error = archive.array("b").unwrap_err().to_string();
        assert_eq!(
            error,
            "the array `b` is larger than the limit of 4000 bytes"
        );
        let error = archive.array("a").unwrap_err().to_string();
        assert!(
            error.starts_with("the array `a`: it is no .npy file"),
            "{error}"
        );
    }

    proptest! {
        #[test]
        fn damaged_archives_are_read_or_refused(at in 0_usize..400, byte: u8, cut in 0_usize..400) {
            let mut file = archive(&[
                ("a.npy", &of("|i1", &[2], &[1, 2])),
                ("b.npy", &of("|i1", &[2], &[1, 2])),
            ]);
            if let Some(place) = file.get_mut(at) {
                *place = byte;
            }
            file.truncate(file.len().saturating_sub(cut / 4));
            if let Ok(mut archive) = Archive::open(&file, 1000) {
                for name in archive.names() {
                    let _ = archive.array(&name);
                }
            }
        }
    }
}

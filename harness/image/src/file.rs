//! Firmware that others have built: ELF, Intel HEX or a plain binary.

use std::path::{Path, PathBuf};
use tinybench_support::exits_with;

use ihex::{Reader, ReaderError, Record};
use tinybench_virtual_board::{ElfError, Image, Segment};

use tinybench_support::files::{self, ReadError};
use tinybench_support::hash::sha256_hex;

/// Largest file that is read, bytes. An ELF file has much that isn't flashed.
pub const MAX_BYTES: u64 = 256 << 20;

/// A firmware file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum FirmwareFileError {
    /// It can't be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Its name doesn't say what it is.
    #[error("{path}: is it an ELF file (.elf), Intel HEX (.hex) or a plain binary (.bin)?")]
    UnknownKind {
        /// The file.
        path: PathBuf,
    },
    /// It is no sound ELF file.
    #[error("{path}: {source}")]
    Elf {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: ElfError,
    },
    /// It is no sound Intel HEX.
    #[error("{path} is no sound Intel HEX: {problem}; build or copy it again")]
    Hex {
        /// The file.
        path: PathBuf,
        /// What is wrong, and in which line.
        problem: String,
    },
    /// It is empty.
    #[error("{path} has no bytes to flash")]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

exits_with!(FirmwareFileError => Input);

/// A firmware file.
#[derive(Clone, Debug)]
pub struct FirmwareFile {
    /// What is in it.
    pub image: Image,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
}

/// Reads a firmware file. A plain binary belongs at `origin`, the start of the flash.
///
/// # Errors
/// [`FirmwareFileError`] if it can't be read or is damaged. Whether it fits a chip is for the board
/// to say.
pub fn read(path: &Path, origin: u32) -> Result<FirmwareFile, FirmwareFileError> {
    of_bytes(path, &files::read(path, MAX_BYTES)?, origin)
}

/// The same of the `bytes` of the file in `path`, for who needs these as well.
///
/// # Errors
/// [`FirmwareFileError`] if it is damaged.
pub fn of_bytes(path: &Path, bytes: &[u8], origin: u32) -> Result<FirmwareFile, FirmwareFileError> {
    Ok(FirmwareFile {
        sha256: sha256_hex(bytes),
        image: image(path, bytes, origin)?,
    })
}

fn image(path: &Path, bytes: &[u8], origin: u32) -> Result<Image, FirmwareFileError> {
    let extension = path
        .extension()
        .map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    let segments = match extension.as_deref() {
        // Whatever it is called.
        _ if bytes.starts_with(b"\x7fELF") => {
            return Image::parse(bytes).map_err(|source| FirmwareFileError::Elf {
                path: path.to_owned(),
                source,
            });
        }
        Some("elf" | "axf" | "out") => {
            return Err(FirmwareFileError::Elf {
                path: path.to_owned(),
                source: ElfError::NotElf,
            });
        }
        Some("hex" | "ihex" | "ihx") => {
            intel_hex(bytes).map_err(|problem| FirmwareFileError::Hex {
                path: path.to_owned(),
                problem,
            })?
        }
        Some("bin") if bytes.is_empty() => Vec::new(),
        Some("bin") => vec![segment(origin, bytes.to_vec())],
        _ => {
            return Err(FirmwareFileError::UnknownKind {
                path: path.to_owned(),
            });
        }
    };
    if segments.is_empty() {
        return Err(FirmwareFileError::Empty {
            path: path.to_owned(),
        });
    }
    Image::from_segments(segments).map_err(|source| FirmwareFileError::Elf {
        path: path.to_owned(),
        source,
    })
}

fn segment(address: u32, bytes: Vec<u8>) -> Segment {
    Segment {
        address,
        run_address: address,
        bytes,
    }
}

/// The bytes of an Intel HEX file, with those that follow each other put together. The error says
/// what is wrong, and in which line.
fn intel_hex(bytes: &[u8]) -> Result<Vec<Segment>, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is no text".to_owned())?;
    let mut segments: Vec<Segment> = Vec::new();
    let mut base = 0_u32;
    let mut ended = false;
    for (index, record) in Reader::new(text).enumerate() {
        let wrong = |problem: &str| format!("record {}: {problem}", index + 1);
        let record = record.map_err(|error| match error {
            ReaderError::ChecksumMismatch(computed, found) => wrong(&format!(
                "its checksum is {found:02X}, and its bytes give {computed:02X}"
            )),
            error => wrong(&error.to_string()),
        })?;
        match record {
            Record::Data { offset, value } => {
                let address = base
                    .checked_add(offset.into())
                    .filter(|address| u64::from(*address) + value.len() as u64 <= 1 << 32)
                    .ok_or_else(|| wrong("its bytes are beyond 32 bits of address"))?;
                match segments.last_mut() {
                    Some(last) if last.range().end == u64::from(address) => {
                        last.bytes.extend(value);
                    }
                    _ if value.is_empty() => {}
                    _ => segments.push(segment(address, value)),
                }
            }
            Record::ExtendedLinearAddress(high) => base = u32::from(high) << 16,
            Record::ExtendedSegmentAddress(paragraph) => base = u32::from(paragraph) << 4,
            Record::StartLinearAddress(_) | Record::StartSegmentAddress { .. } => {}
            Record::EndOfFile => ended = true,
        }
    }
    match ended {
        true => Ok(segments),
        false => Err("it has no end-of-file record, so a part is missing".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hex(records: &[Record]) -> Vec<u8> {
        ihex::create_object_file_representation(records)
            .unwrap()
            .into_bytes()
    }

    fn data(offset: u16, value: &[u8]) -> Record {
        Record::Data {
            offset,
            value: value.to_vec(),
        }
    }

    #[test]
    fn neighbouring_records_become_one_segment() {
        let text = hex(&[
            Record::ExtendedLinearAddress(0x0800),
            data(0, &[1, 2]),
            data(2, &[3]),
            data(0x100, &[4]),
            Record::StartLinearAddress(0x0800_0001),
            Record::EndOfFile,
        ]);
        let segments = intel_hex(&text).unwrap();
        let found: Vec<_> = segments.iter().map(|s| (s.address, &s.bytes[..])).collect();
        assert_eq!(
            found,
            [(0x0800_0000, &[1, 2, 3][..]), (0x0800_0100, &[4][..])]
        );
    }

    #[test]
    fn what_is_damaged_is_told_with_its_record() {
        let folder = tempfile::tempdir().unwrap();
        let said = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            let error = read(&path, 0).unwrap_err().to_string();
            error.replace(&folder.path().display().to_string(), "[FOLDER]")
        };
        let good = hex(&[data(0, &[1, 2]), Record::EndOfFile]);
        let text = String::from_utf8(good).unwrap();
        let high = hex(&[
            Record::ExtendedLinearAddress(0xFFFF),
            data(0xFFFF, &[1, 2]),
            Record::EndOfFile,
        ]);
        let twice = hex(&[data(0, &[1, 2]), data(1, &[3]), Record::EndOfFile]);
        let texts = [
            said("a.hex", text.replace("0102", "0103").as_bytes()),
            said("b.hex", text.lines().next().unwrap().as_bytes()),
            said("c.hex", &text.as_bytes()[1..]),
            said("d.hex", &high),
            said("e.hex", &twice),
            said("f.hex", b"\xff\xfe"),
            said("g.hex", b":00000001FF\n"),
            said("h.bin", b""),
            said("i.elf", b"#!/bin/sh"),
            said("j.txt", b"hello"),
        ];
        insta::assert_snapshot!(texts.join("\n"));
    }

    proptest! {
        #[test]
        fn a_damaged_hex_is_read_or_refused(at in 0_usize..200, with in any::<u8>()) {
            let mut text = hex(&[
                Record::ExtendedLinearAddress(0x0800),
                data(0, &[0x55; 16]),
                data(16, &[0xAA; 16]),
                Record::EndOfFile,
            ]);
            let at = at % text.len();
            text[at] = with;
            let _ = intel_hex(&text);
        }
    }
}

//! Objects that one compiler made once, kept in the program: whoever measures the project's own runtimes
//! needs no compiler, and has the same code as everybody else.
//!
//! The store is a ZIP file: an index, and for each core one compressed stream of all its crates' objects. Sets
//! of objects share most of them, and what they don't share is nearly the same.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read, Write};
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tinybench_link::{LinkError, Objects, ROOTS, Unit, join, split};
use zip::result::ZipResult;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::key::Sources;
use super::toolchain::CompiledBy;
use super::{BuildError, Job};

/// What `scripts/images` writes.
const STORE: &[u8] = include_bytes!("../images/objects.zip");
const INDEX: &str = "index.json";

/// What the store holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Index {
    /// Hashes of the sources that were compiled, by their packages.
    sources: Sources,
    sets: Vec<Set>,
    /// What is in each core's stream, in its order.
    streams: BTreeMap<String, Vec<Piece>>,
}

/// The objects of one crate in a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Piece {
    /// The hash of its bytes, hexadecimal.
    sha256: String,
    /// How many.
    bytes: usize,
}

/// The objects of images that have all but model, memories and place in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Set {
    /// What the compiler was asked for.
    asked: String,
    core: String,
    compiler: CompiledBy,
    /// The hashes of its units, in the order of their code.
    units: Vec<String>,
}

/// A set of the store.
pub(super) struct Pinned {
    /// What compiled it.
    pub compiler: CompiledBy,
    /// What tells it from all others, whichever program they are in.
    pub identity: String,
    core: String,
    units: Vec<String>,
}

/// What a compiler is asked for, in words.
fn asked(job: &Job) -> String {
    let mut words = vec![format!("{} for {}", job.features, job.target.core)];
    words.extend(job.target.setup.map(|it| format!("{it:?}")));
    words.extend(job.mlperf_model.map(|it| format!("device {it}")));
    words.extend(job.mark_pin.map(|it| format!("pin {it}")));
    words.join("; ")
}

/// The store's index. It is part of the program, and a test reads it.
fn index() -> &'static Index {
    static INDEX_OF_STORE: OnceLock<Index> = OnceLock::new();
    INDEX_OF_STORE.get_or_init(|| serde_json::from_slice(&index_bytes()).unwrap_or_default())
}

fn index_bytes() -> Vec<u8> {
    let archive = open().ok();
    archive
        .and_then(|mut archive| entry(&mut archive, INDEX).ok())
        .unwrap_or_default()
}

type Archive = ZipArchive<Cursor<&'static [u8]>>;

fn open() -> ZipResult<Archive> {
    ZipArchive::new(Cursor::new(STORE))
}

fn entry(archive: &mut Archive, name: &str) -> ZipResult<Vec<u8>> {
    let mut bytes = Vec::new();
    archive.by_name(name)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The objects for a job, if they are in the store: of these `sources`, where there are any.
pub(super) fn find(job: &Job, sources: Option<&Sources>) -> Option<Pinned> {
    if job.binary.is_some() {
        return None;
    }
    let index = index();
    let same = |(package, hash)| index.sources.get(package) == Some(hash);
    if !sources.is_none_or(|sources| sources.iter().all(same)) {
        return None;
    }
    let asked = asked(job);
    let target = job.target.rustc_target;
    let set = index
        .sets
        .iter()
        .find(|set| set.asked == asked && set.compiler.target == target)?;
    Some(Pinned {
        compiler: set.compiler.clone(),
        identity: format!("{asked} {}", set.units.join(" ")),
        core: set.core.clone(),
        units: set.units.clone(),
    })
}

/// A hash of all of the store, whose index has the hashes of the rest; none of sources that aren't those it was
/// made of.
pub(super) fn identity(sources: Option<&Sources>) -> Option<String> {
    let index = index();
    let same = sources.is_none_or(|sources| *sources == index.sources);
    (same && !index.sets.is_empty()).then(|| format!("{:x}", Sha256::digest(index_bytes())))
}

impl Pinned {
    /// Its objects.
    pub fn objects(&self) -> Result<Objects, BuildError> {
        const DAMAGED: LinkError = LinkError::Damaged("the objects in the program");
        let mut archive = open().map_err(|_| DAMAGED)?;
        let mut stream = archive.by_name(&place(&self.core)).map_err(|_| DAMAGED)?;
        let mut pieces = index().streams.get(&self.core).into_iter().flatten();
        let wanted: BTreeSet<&str> = self.units.iter().map(String::as_str).collect();
        let mut known = BTreeMap::new();
        // What is behind the last that is wanted isn't decompressed.
        while known.len() < wanted.len() {
            let piece = pieces.next().ok_or(DAMAGED)?;
            let mut bytes = vec![0; piece.bytes];
            stream.read_exact(&mut bytes).map_err(|_| DAMAGED)?;
            if wanted.contains(piece.sha256.as_str()) {
                known.insert(piece.sha256.as_str(), bytes);
            }
        }
        let unit = |hash: &String| {
            let bytes = known.get(hash.as_str());
            Unit::from_bytes(bytes.ok_or(DAMAGED)?)
        };
        let units: Result<Vec<_>, LinkError> = self.units.iter().map(unit).collect();
        Ok(join(units?)?)
    }
}

/// The name of a core's stream.
fn place(core: &str) -> String {
    format!("objects/{core}")
}

/// A store that is being made.
#[derive(Debug, Default)]
pub struct Store {
    index: Index,
    /// For each core its units, by their crates and hashes: alike ones beside each other.
    units: BTreeMap<String, BTreeMap<(String, String), Stored>>,
    asked: BTreeSet<(String, String)>,
}

/// A unit of a store that is being made.
#[derive(Debug, Default)]
struct Stored {
    bytes: Vec<u8>,
    /// How many sets have it.
    sets: usize,
}

impl Store {
    /// Whether a job's objects are in it.
    pub(super) fn has(&self, job: &Job) -> bool {
        let known = (asked(job), job.target.rustc_target.to_owned());
        self.asked.contains(&known)
    }

    /// Adds the objects of a static library.
    ///
    /// # Errors
    /// Of reading it.
    pub(super) fn add(
        &mut self,
        job: &Job,
        compiler: CompiledBy,
        sources: &Sources,
        library: &[u8],
    ) -> Result<(), BuildError> {
        let core = job.target.core.to_owned();
        let of_core = self.units.entry(core.clone()).or_default();
        let mut units = Vec::new();
        for unit in split(&tinybench_link::read(library, &ROOTS, false)?)? {
            let bytes = unit.to_bytes();
            let hash = format!("{:x}", Sha256::digest(&bytes));
            let stored = of_core.entry((unit.origin, hash.clone())).or_default();
            stored.bytes = bytes;
            stored.sets += 1;
            units.push(hash);
        }
        let asked = asked(job);
        let target = job.target.rustc_target.to_owned();
        self.asked.insert((asked.clone(), target));
        self.index.sources.extend(sources.clone());
        self.index.sets.push(Set {
            asked,
            core,
            compiler,
            units,
        });
        Ok(())
    }

    /// Those of its sets that the program's own store doesn't have, or has of other objects.
    pub fn differing(&self) -> Vec<&str> {
        let pinned = &index().sets;
        let sets = self.index.sets.iter();
        sets.filter(|set| !pinned.contains(set))
            .map(|set| set.asked.as_str())
            .collect()
    }

    /// The store as a file: the same bytes for the same objects, in whichever order they came.
    ///
    /// # Errors
    /// What the archive's writer says.
    pub fn to_bytes(&self) -> std::io::Result<Vec<u8>> {
        let mut index = self.index.clone();
        index
            .sets
            .sort_by(|a, b| (&a.compiler.target, &a.asked).cmp(&(&b.compiler.target, &b.asked)));
        let options = SimpleFileOptions::default().last_modified_time(zip::DateTime::default());
        // The levels above this one have larger dictionaries, and a stream fits into this one's 8 MiB.
        let solid = options
            .compression_method(CompressionMethod::Xz)
            .compression_level(Some(6));
        let mut streams = Vec::new();
        for (core, units) in &self.units {
            let mut units: Vec<_> = units.iter().collect();
            // What most need comes first: the rest need not be decompressed then.
            units.sort_by_key(|(_, it)| Reverse(it.sets));
            let piece = |((_, sha256), it): &(&(String, String), &Stored)| Piece {
                sha256: sha256.clone(),
                bytes: it.bytes.len(),
            };
            let pieces = units.iter().map(piece).collect();
            index.streams.insert(core.clone(), pieces);
            let stream: Vec<&[u8]> = units.iter().map(|(_, it)| it.bytes.as_slice()).collect();
            streams.push((core, stream.concat()));
        }
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        archive.start_file(
            INDEX,
            options.compression_method(CompressionMethod::Deflated),
        )?;
        archive.write_all(&serde_json::to_vec_pretty(&index)?)?;
        for (core, stream) in streams {
            archive.start_file(place(core), solid)?;
            archive.write_all(&stream)?;
        }
        Ok(archive.finish()?.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_of_the_store_can_be_read() {
        let index = index();
        assert!(!index.sets.is_empty());
        for set in &index.sets {
            let pinned = Pinned {
                compiler: set.compiler.clone(),
                identity: String::new(),
                core: set.core.clone(),
                units: set.units.clone(),
            };
            let objects = pinned.objects();
            assert!(
                objects.is_ok_and(|it| !it.sections.is_empty()),
                "{}",
                set.asked
            );
        }
    }
}

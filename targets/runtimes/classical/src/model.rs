//! Model files.

use crate::centroids::{CENTROID_BYTES, Centroids, MAX_CENTROIDS, SCALE_BYTES};
use crate::checksum::crc32;
use crate::error::ModelError;
use crate::features::{self, FEATURES};
use crate::forest::{Forest, MAX_CLASSES, MAX_TREES};

/// What every model file begins with.
pub const MAGIC: [u8; 4] = *b"TBCM";

const VERSION: u8 = 1;
const KIND_FOREST: u8 = 1;
const KIND_CENTROIDS: u8 = 2;
const FEATURE_SET: u8 = 1;
const HEADER_BYTES: usize = 20;
const CHECKSUM_BYTES: usize = 4;
/// What the length of each table is rounded up to.
const ALIGNMENT: usize = 4;

/// A model, read in place and checked as a whole.
#[derive(Clone, Copy, Debug)]
pub struct Model<'a> {
    samples: usize,
    classifier: Classifier<'a>,
}

/// What judges the features.
#[derive(Clone, Copy, Debug)]
pub enum Classifier<'a> {
    /// Trees that vote for a class.
    Forest(Forest<'a>),
    /// The distance from everything normal.
    Centroids(Centroids<'a>),
}

/// The header's fields.
#[derive(Clone, Copy)]
struct Header {
    kind: u8,
    samples: u16,
    /// Classes of a forest, or centroids.
    groups: u16,
    trees: u16,
    leaves: u16,
    nodes: u32,
}

impl Header {
    fn read(bytes: &[u8; HEADER_BYTES]) -> Result<Self, ModelError> {
        let half = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        let [version, kind, feature_set, reserved] = [4, 5, 6, 7].map(|at: usize| bytes[at]);
        if version != VERSION {
            return Err(ModelError::Version { found: version });
        }
        if feature_set != FEATURE_SET {
            return Err(ModelError::FeatureSet { found: feature_set });
        }
        if reserved != 0 {
            return Err(ModelError::Reserved { at: 7 });
        }
        let header = Self {
            kind,
            samples: half(8),
            groups: half(10),
            trees: half(12),
            leaves: half(14),
            nodes: u32::from(half(16)) | (u32::from(half(18)) << 16),
        };
        header.check()?;
        Ok(header)
    }

    fn check(&self) -> Result<(), ModelError> {
        if !features::is_window(self.samples.into()) {
            return Err(ModelError::Samples {
                found: self.samples,
            });
        }
        let count = |what, found: u32, least: u32, most: usize| {
            let most = most as u32;
            if (least..=most).contains(&found) {
                return Ok(());
            }
            Err(ModelError::Count {
                what,
                found,
                least,
                most,
            })
        };
        match self.kind {
            KIND_FOREST => {
                count("classes", self.groups.into(), 2, MAX_CLASSES)?;
                count("trees", self.trees.into(), 1, MAX_TREES)?;
                count("leaves", self.leaves.into(), 1, u16::MAX.into())?;
                count("nodes", self.nodes, 1, MAX_TREES * usize::from(u16::MAX))
            }
            KIND_CENTROIDS => {
                count("centroids", self.groups.into(), 1, MAX_CENTROIDS)?;
                for (at, value) in [
                    (12, self.trees.into()),
                    (14, self.leaves.into()),
                    (16, self.nodes),
                ] {
                    if value != 0 {
                        return Err(ModelError::Reserved { at });
                    }
                }
                Ok(())
            }
            found => Err(ModelError::Kind { found }),
        }
    }

    /// Bytes of the tables behind the header, in their order, without what fills them up.
    fn tables(&self) -> [usize; 3] {
        let groups = usize::from(self.groups);
        match self.kind {
            KIND_FOREST => [
                2 * usize::from(self.trees),
                4 * self.nodes as usize,
                usize::from(self.leaves) * groups,
            ],
            _ => [SCALE_BYTES * FEATURES, CENTROID_BYTES * groups, 0],
        }
    }
}

impl<'a> Model<'a> {
    /// Reads a model file and checks all of it: lengths, checksum, and every index in it.
    pub fn parse(file: &'a [u8]) -> Result<Self, ModelError> {
        if !file.starts_with(&MAGIC) {
            return Err(ModelError::NotAModel);
        }
        let length = |needed| ModelError::Length {
            needed,
            found: file.len(),
        };
        let (header, mut rest) = file
            .split_first_chunk()
            .ok_or(length(HEADER_BYTES + CHECKSUM_BYTES))?;
        let header = Header::read(header)?;
        let tables = header.tables();
        let filled = tables.map(|bytes| bytes.next_multiple_of(ALIGNMENT));
        let needed = HEADER_BYTES + filled.iter().sum::<usize>() + CHECKSUM_BYTES;
        if file.len() != needed {
            return Err(length(needed));
        }
        if let Some((contents, &found)) = file.split_last_chunk() {
            let (found, computed) = (u32::from_le_bytes(found), crc32(contents));
            if found != computed {
                return Err(ModelError::Checksum { found, computed });
            }
        }
        let [first, second, third] = {
            let mut at = HEADER_BYTES;
            let mut slices: [&[u8]; 3] = [&[]; 3];
            for ((slice, bytes), filled) in slices.iter_mut().zip(tables).zip(filled) {
                let (table, behind) = rest.split_at(filled);
                let (table, filling) = table.split_at(bytes);
                if let Some(offset) = filling.iter().position(|&byte| byte != 0) {
                    return Err(ModelError::Reserved {
                        at: at + bytes + offset,
                    });
                }
                *slice = table;
                rest = behind;
                at += filled;
            }
            slices
        };
        let classifier = match header.kind {
            KIND_FOREST => Classifier::Forest(Forest::new(
                header.groups.into(),
                first.as_chunks().0,
                second.as_chunks().0,
                third,
            )?),
            _ => Classifier::Centroids(Centroids::new(first.as_chunks().0, second.as_chunks().0)?),
        };
        Ok(Self {
            samples: header.samples.into(),
            classifier,
        })
    }

    /// Samples of each axis in a window.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// What judges the features.
    pub fn classifier(&self) -> Classifier<'a> {
        self.classifier
    }

    /// Bytes of an input: a window of 16-bit samples, axis after axis.
    pub fn input_bytes(&self) -> usize {
        2 * features::AXES * self.samples
    }

    /// Bytes of an output: one a class of a forest, or a 32-bit score.
    pub fn output_bytes(&self) -> usize {
        match self.classifier {
            Classifier::Forest(forest) => forest.classes(),
            Classifier::Centroids(_) => size_of::<u32>(),
        }
    }

    /// Multiply-accumulates of an inference, features included. The comparisons of a forest are
    /// none.
    pub fn macs(&self) -> u64 {
        let own = match self.classifier {
            Classifier::Forest(_) => 0,
            Classifier::Centroids(centroids) => centroids.macs(),
        };
        features::macs(self.samples) + own
    }

    /// Numbers that were learned: thresholds and probabilities, or means, scales and coordinates.
    pub fn parameters(&self) -> u64 {
        match self.classifier {
            Classifier::Forest(forest) => forest.parameters(),
            Classifier::Centroids(centroids) => centroids.parameters(),
        }
    }
}

//! Everything that can be wrong with a model or an arena.

use thiserror::Error;

/// Why a model file can't be run. Indices count from 0 in the order of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ModelError {
    /// Too short, or without the identifier of the format.
    #[error("not a classical model: the identifier TBCM is missing")]
    NotAModel,
    /// The format is of a version that isn't known.
    #[error("version {found} of the format is not supported, only 1 is")]
    Version {
        /// Version in the file.
        found: u8,
    },
    /// The file has another length than its header demands.
    #[error(
        "the model file has {found} bytes, its header needs {needed}: it is incomplete or damaged"
    )]
    Length {
        /// Bytes by the header.
        needed: usize,
        /// Bytes there are.
        found: usize,
    },
    /// The checksum isn't that of the file's contents.
    #[error(
        "the model file is damaged: its checksum is {found:#010x}, its contents have {computed:#010x}"
    )]
    Checksum {
        /// Checksum in the file.
        found: u32,
        /// Checksum of the contents.
        computed: u32,
    },
    /// The kind of model isn't known.
    #[error("model kind {found} is not supported: 1 (forest) and 2 (centroids) are")]
    Kind {
        /// Kind in the file.
        found: u8,
    },
    /// The set of features isn't known.
    #[error("feature set {found} is not supported, only 1 is")]
    FeatureSet {
        /// Number in the file.
        found: u8,
    },
    /// A field that has to be zero isn't.
    #[error("what is at byte {at} has to be zero")]
    Reserved {
        /// Byte position.
        at: usize,
    },
    /// A count is out of range.
    #[error("the model has {found} {what}, {least} to {most} are supported")]
    Count {
        /// What is counted.
        what: &'static str,
        /// Number in the file.
        found: u32,
        /// Least that is supported.
        least: u32,
        /// Most that is supported.
        most: u32,
    },
    /// The length of a window isn't one that the features allow.
    #[error("a window of {found} samples is not supported: it must be a multiple of 32 up to 512")]
    Samples {
        /// Samples in the file.
        found: u16,
    },
    /// The trees don't have as many nodes together as the file.
    #[error("the trees have {found} nodes together, the model {nodes}")]
    TreeSizes {
        /// Sum over the trees.
        found: u32,
        /// Nodes in the file.
        nodes: u32,
    },
    /// The children of a node are not where a tree's would be: they leave the tree, form a cycle
    /// or belong to another node.
    #[error("node {node}: its children don't form a tree")]
    Structure {
        /// Node index.
        node: u32,
    },
    /// A node asks for a feature that there isn't.
    #[error("node {node}: there is no feature {feature}")]
    Feature {
        /// Node index.
        node: u32,
        /// Feature index.
        feature: u8,
    },
    /// A node stands for a leaf that there isn't.
    #[error("node {node}: there is no leaf {leaf}")]
    Leaf {
        /// Node index.
        node: u32,
        /// Leaf index.
        leaf: u16,
    },
    /// A feature is scaled by more bits than a product has.
    #[error("feature {feature}: it can't be shifted by {shift} bits, at most by 31")]
    Shift {
        /// Feature index.
        feature: usize,
        /// Shift in the file.
        shift: u16,
    },
    /// A centroid is farther away than a scaled feature can be.
    #[error("centroid {centroid}: {value} is beyond the ±16383 of a scaled feature")]
    Centroid {
        /// Centroid index.
        centroid: usize,
        /// The value.
        value: i16,
    },
}

impl ModelError {
    /// A number for the error that stays the same from version to version.
    pub const fn code(&self) -> u32 {
        match self {
            Self::NotAModel => 1,
            Self::Version { .. } => 2,
            Self::Length { .. } => 3,
            Self::Checksum { .. } => 4,
            Self::Kind { .. } => 5,
            Self::FeatureSet { .. } => 6,
            Self::Reserved { .. } => 7,
            Self::Count { .. } => 8,
            Self::Samples { .. } => 9,
            Self::TreeSizes { .. } => 10,
            Self::Structure { .. } => 11,
            Self::Feature { .. } => 12,
            Self::Leaf { .. } => 13,
            Self::Shift { .. } => 14,
            Self::Centroid { .. } => 15,
        }
    }
}

/// The arena is too small.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the arena is too small: {needed} bytes are needed, {given} were given")]
pub struct ArenaTooSmall {
    /// Bytes that would do at the same address.
    pub needed: usize,
    /// Bytes that were given.
    pub given: usize,
}

//! The project's models and vectors, and model files made by hand.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::fs;
use std::path::{Path, PathBuf};

use tinybench_classical::features::FEATURES;
use tinybench_classical::{Engine, Model, arena_needed, crc32};

/// In a node's place for a feature: the node is a leaf.
pub const LEAF: u8 = 0xFF;

/// The folder of a workload.
pub fn workload(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../workloads/models")
        .join(name)
}

pub fn read(folder: &Path, name: &str) -> Vec<u8> {
    let path = folder.join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Outputs for windows one after the other.
pub fn infer(file: &[u8], windows: &[u8]) -> Vec<u8> {
    let model = Model::parse(file).unwrap();
    let mut arena = vec![0; arena_needed(&model) + 1];
    let mut engine = Engine::new(&model, &mut arena).unwrap();
    let mut outputs = Vec::new();
    for window in windows.chunks_exact(model.input_bytes()) {
        engine.input_mut().copy_from_slice(window);
        engine.invoke();
        outputs.extend_from_slice(engine.output());
    }
    outputs
}

/// Puts the right checksum behind the contents of a file.
pub fn sealed(mut contents: Vec<u8>) -> Vec<u8> {
    let checksum = crc32(&contents);
    contents.extend(checksum.to_le_bytes());
    contents
}

/// A file with its checksum made right again.
pub fn resealed(file: &[u8]) -> Vec<u8> {
    sealed(file[..file.len() - 4].to_vec())
}

fn filled(mut table: Vec<u8>) -> Vec<u8> {
    table.resize(table.len().next_multiple_of(4), 0);
    table
}

fn header(kind: u8, samples: u16, counts: [u16; 3], nodes: u32) -> Vec<u8> {
    let mut bytes = b"TBCM".to_vec();
    bytes.extend([1, kind, 1, 0]);
    bytes.extend(samples.to_le_bytes());
    bytes.extend(counts.iter().flat_map(|count| count.to_le_bytes()));
    bytes.extend(nodes.to_le_bytes());
    bytes
}

/// A node: feature, nodes ahead to the right child, threshold or leaf.
pub type Node = (u8, u8, i16);

/// A forest for windows of 32 samples, two classes.
pub fn forest(trees: &[Vec<Node>], leaves: &[[u8; 2]]) -> Vec<u8> {
    let nodes: Vec<_> = trees.iter().flatten().collect();
    let counts = [2, trees.len() as u16, leaves.len() as u16];
    let mut file = header(1, 32, counts, nodes.len() as u32);
    let sizes = trees.iter().map(|tree| tree.len() as u16);
    file.extend(filled(sizes.flat_map(u16::to_le_bytes).collect()));
    for (feature, ahead, value) in nodes {
        file.extend([*feature, *ahead]);
        file.extend(value.to_le_bytes());
    }
    file.extend(filled(leaves.concat()));
    sealed(file)
}

/// Two trees with one and two comparisons.
pub fn small_forest() -> Vec<u8> {
    let first = vec![(0, 2, 100), (LEAF, 0, 0), (LEAF, 0, 1)];
    let second = vec![
        (1, 4, 0),
        (2, 2, -5),
        (LEAF, 0, 1),
        (LEAF, 0, 2),
        (LEAF, 0, 0),
    ];
    forest(&[first, second], &[[255, 0], [0, 255], [128, 127]])
}

/// Centroids for windows of 32 samples; every feature is scaled by `multiplier` / 2^`shift`.
pub fn centroids(multiplier: u16, shift: u16, points: &[[i16; FEATURES]]) -> Vec<u8> {
    let mut file = header(2, 32, [points.len() as u16, 0, 0], 0);
    let mut scales = Vec::new();
    for _ in 0..FEATURES {
        scales.extend(0_i16.to_le_bytes());
        scales.extend(multiplier.to_le_bytes());
        scales.extend(shift.to_le_bytes());
    }
    file.extend(filled(scales));
    file.extend(
        points
            .iter()
            .flatten()
            .flat_map(|value| value.to_le_bytes()),
    );
    sealed(file)
}

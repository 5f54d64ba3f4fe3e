"""Writes model files of the runtime `classical`; targets/runtimes/classical/README.md describes
them."""

import struct
import zlib

import numpy as np

FOREST, CENTROIDS = 1, 2
VERSION, FEATURE_SET = 1, 1
LEAF = 0xFF
MOST_AHEAD = 0xFF
"""How many nodes ahead a right child can be."""

MOST_TREES, MOST_CLASSES = 256, 32


def _file(kind: int, samples: int, counts: tuple[int, ...], tables: list[bytes]) -> bytes:
    groups, trees, leaves, nodes = counts
    contents = b"TBCM" + struct.pack("<BBBB", VERSION, kind, FEATURE_SET, 0)
    contents += struct.pack("<HHHHI", samples, groups, trees, leaves, nodes)
    for table in tables:
        contents += table + bytes(-len(table) % 4)
    return contents + struct.pack("<I", zlib.crc32(contents))


def forest(samples: int, trees: list[list[tuple[int, int, int]]], leaves: np.ndarray) -> bytes:
    """A forest. A tree is its nodes in depth-first order, left before right: an inner node is
    (feature, nodes ahead to the right child, threshold), a leaf (LEAF, 0, index into `leaves`).
    `leaves`: uint8 [leaves, classes]. Raises ValueError if the forest is too large for the
    format."""
    if len(trees) > MOST_TREES or leaves.shape[1] > MOST_CLASSES or len(leaves) > 0xFFFF:
        raise ValueError(
            f"{len(trees)} trees, {leaves.shape[1]} classes and {len(leaves)} different leaves: "
            f"at most {MOST_TREES}, {MOST_CLASSES} and 65535 are possible"
        )
    for number, tree in enumerate(trees):
        if max(ahead for _, ahead, _ in tree) > MOST_AHEAD:
            raise ValueError(
                f"tree {number} is too large: limit it to 128 leaves (max_leaf_nodes=128)"
            )
    nodes = [
        struct.pack("<BBH", feature, ahead, value & 0xFFFF)
        for tree in trees
        for feature, ahead, value in tree
    ]
    sizes = b"".join(struct.pack("<H", len(tree)) for tree in trees)
    counts = (leaves.shape[1], len(trees), len(leaves), len(nodes))
    return _file(FOREST, samples, counts, [sizes, b"".join(nodes), leaves.tobytes()])


def centroids(samples: int, scales: np.ndarray, points: np.ndarray) -> bytes:
    """A one-class detector. `scales`: [features, 3], mean, multiplier and shift of each feature;
    `points`: int16 [centroids, features]."""
    table = b"".join(struct.pack("<hHH", *map(int, scale)) for scale in scales)
    counts = (len(points), 0, 0, 0)
    return _file(CENTROIDS, samples, counts, [table, points.astype("<i2").tobytes()])
